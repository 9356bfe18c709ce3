//! Is a CLEARED verdict good enough to close a case? The hub's own second look at the edge's word.
//!
//! An edge judges with its own code and version; a case is closed on the hub's responsibility. So
//! the hub asks again for what every clearance must show. A doubt turns CLEARED into UNDETERMINABLE.

use crate::{
    base::time::WallTime,
    domain::verdict::{Look, Outcome, Reason, Verdict},
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    #[error("advisory_only")]
    AdvisoryOnly,
    #[error("positive_control_failed")]
    PositiveControlFailed,
    #[error("no_valid_frame")]
    NoValidFrame,
    #[error("found_in_a_look")]
    FoundInALook,
    /// It names a reason that keeps absence from being believed.
    #[error("reasons_against_it")]
    ReasonsAgainstIt,
    /// Of what its camera could see, more was hindered than not.
    #[error("mostly_hindered")]
    MostlyHindered,
    #[error("footage_before_feedback")]
    FootageBeforeFeedback,
    #[error("seen_after_the_look")]
    SeenAfterTheLook,
    #[error("still_seen_elsewhere")]
    StillSeenElsewhere,
}

/// What edges say of the thing when the verdict comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    pub last_seen_at: WallTime,
    /// Another node has not called it gone.
    pub still_seen_elsewhere: bool,
}

/// `Ok` for a verdict that is not CLEARED: only clearances can close a case by mistake.
/// `sight` is of every edge, also under another case that is merged into this one.
pub fn check(verdict: &Verdict, not_before: WallTime, sight: &Sight) -> Result<(), Doubt> {
    if verdict.verdict != Outcome::Cleared {
        return Ok(());
    }
    if verdict.advisory {
        return Err(Doubt::AdvisoryOnly);
    }
    if !(verdict.positive_control.ran && verdict.positive_control.found) {
        return Err(Doubt::PositiveControlFailed);
    }
    let blind = verdict.looks.iter().any(|look| look.valid_frames == 0);
    if verdict.looks.is_empty() || blind || verdict.health.valid == 0 {
        return Err(Doubt::NoValidFrame);
    }
    if verdict.looks.iter().any(|look| look.found > 0) {
        return Err(Doubt::FoundInALook);
    }
    if verdict.reasons.iter().any(|reason| *reason != Reason::NotFound) {
        return Err(Doubt::ReasonsAgainstIt);
    }
    let sum = |of: fn(&Look) -> u32| verdict.looks.iter().map(of).sum::<u32>();
    if sum(|look| look.hindered) > sum(|look| look.valid_frames) {
        return Err(Doubt::MostlyHindered);
    }
    if verdict.looks.iter().any(|look| look.from < not_before) {
        return Err(Doubt::FootageBeforeFeedback);
    }
    if verdict.looks.iter().all(|look| look.to < sight.last_seen_at) {
        return Err(Doubt::SeenAfterTheLook);
    }
    if sight.still_seen_elsewhere {
        return Err(Doubt::StillSeenElsewhere);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        detection::ModelRef,
        verdict::{PositiveControl, health::HealthSummary},
        wire::PatternData,
    };

    const FED_BACK: WallTime = WallTime::from_unix_millis(10_000);
    const LAST_SEEN: Sight =
        Sight { last_seen_at: WallTime::from_unix_millis(9_000), still_seen_elsewhere: false };

    fn cleared() -> Verdict {
        let look = |from, to| Look {
            from: WallTime::from_unix_millis(from),
            to: WallTime::from_unix_millis(to),
            frames: 40,
            valid_frames: 38,
            found: 0,
            hindered: 0,
        };
        Verdict {
            verdict: Outcome::Cleared,
            reasons: vec![Reason::NotFound],
            advisory: false,
            looks: vec![look(10_000, 20_000), look(20_000, 30_000)],
            positive_control: PositiveControl { ran: true, found: true },
            health: HealthSummary { frames: 80, valid: 76, ..HealthSummary::default() },
            hindrances: crate::domain::verdict::Hindrances::default(),
            fov_match: Some(0.98),
            model: ModelRef { id: "m".to_owned(), sha256: "0".repeat(64) },
            pattern: PatternData {
                id: "bin_overflowing".parse().unwrap(),
                version: "1".to_owned(),
            },
            unrecorded: Vec::new(),
        }
    }

    #[test]
    fn a_full_clearance_passes_and_each_missing_proof_is_named() {
        assert_eq!(check(&cleared(), FED_BACK, &LAST_SEEN), Ok(()));
        type Spoil = fn(&mut Verdict);
        let spoils: [(Spoil, Doubt); 10] = [
            (|v| v.advisory = true, Doubt::AdvisoryOnly),
            (|v| v.positive_control.found = false, Doubt::PositiveControlFailed),
            (|v| v.positive_control.ran = false, Doubt::PositiveControlFailed),
            (|v| v.looks.clear(), Doubt::NoValidFrame),
            (|v| v.looks[1].valid_frames = 0, Doubt::NoValidFrame),
            (|v| v.health.valid = 0, Doubt::NoValidFrame),
            (|v| v.looks[0].found = 1, Doubt::FoundInALook),
            (|v| v.reasons.push(Reason::MovedAside), Doubt::ReasonsAgainstIt),
            (|v| v.looks[1].hindered = 77, Doubt::MostlyHindered),
            (|v| v.looks[0].from = WallTime::from_unix_millis(9_999), Doubt::FootageBeforeFeedback),
        ];
        for (spoil, doubt) in spoils {
            let mut verdict = cleared();
            spoil(&mut verdict);
            assert_eq!(check(&verdict, FED_BACK, &LAST_SEEN), Err(doubt));
        }
        let mut passed_by = cleared();
        passed_by.looks[1].hindered = 76;
        assert_eq!(check(&passed_by, FED_BACK, &LAST_SEEN), Ok(()), "half of it was seen");
        let since = Sight { last_seen_at: WallTime::from_unix_millis(30_001), ..LAST_SEEN };
        assert_eq!(check(&cleared(), FED_BACK, &since), Err(Doubt::SeenAfterTheLook));
        let elsewhere = Sight { still_seen_elsewhere: true, ..LAST_SEEN };
        assert_eq!(check(&cleared(), FED_BACK, &elsewhere), Err(Doubt::StillSeenElsewhere));
    }
}
