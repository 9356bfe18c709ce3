//! Several writers may report one case; the hub shows one picture of it.
//!
//! Enters: the newest applied picture of each writer, the opener's first. Leaves: their fold. What
//! the thing *is* (event, pattern, zone) stays the opener's; what is measured widens: earliest
//! start, latest sight, largest count. It is gone only when every writer calls it gone.

use crate::domain::wire::CaseFactData;

/// `None` for no picture at all.
pub fn fold(pictures: &[CaseFactData]) -> Option<CaseFactData> {
    let (opener, others) = pictures.split_first()?;
    let mut folded = opener.clone();
    for other in others {
        folded.place = folded.place.or_else(|| other.place.clone());
        folded.component_id = folded.component_id.or_else(|| other.component_id.clone());
        folded.owner = folded.owner.or_else(|| other.owner.clone());
        folded.first_seen_at = folded.first_seen_at.min(other.first_seen_at);
        folded.confirmed_at = folded.confirmed_at.min(other.confirmed_at);
        folded.last_seen_at = folded.last_seen_at.max(other.last_seen_at);
        folded.gone_at = folded.gone_at.zip(other.gone_at).map(|(a, b)| a.max(b));
        folded.dwell_secs = folded.dwell_secs.max(other.dwell_secs);
        folded.count = folded.count.max(other.count);
        folded.score = folded.score.max(other.score);
        folded.priority = folded.priority.min(other.priority);
        folded.witnesses.extend(other.witnesses.iter().cloned());
        folded.possibly_same_as.extend(&other.possibly_same_as);
    }
    Some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::{ClockQuality, WallTime},
        domain::{
            detection::ModelRef,
            ids::CaseId,
            wire::{CameraData, EventData, FactKind, PatternData, Priority, PrivacyData},
        },
    };

    fn picture(node: &str, first: i64, last: i64, gone: Option<i64>) -> CaseFactData {
        let at = WallTime::from_unix_millis;
        CaseFactData {
            case_id: CaseId(uuid::Uuid::from_u128(1)),
            revision: 1,
            kind: FactKind::Opened,
            event: EventData {
                std: "local".to_owned(),
                version: "1".to_owned(),
                code: node.to_owned(),
                name_zh: String::new(),
                name_en: String::new(),
                local: true,
            },
            pattern: PatternData { id: "crowd".parse().unwrap(), version: "1".to_owned() },
            place: None,
            camera: CameraData {
                id: "c".parse().unwrap(),
                node: node.parse().unwrap(),
                gb28181_id: None,
            },
            zone: None,
            component_id: None,
            owner: None,
            subject: None,
            first_seen_at: at(first),
            confirmed_at: at(first),
            last_seen_at: at(last),
            gone_at: gone.map(at),
            dwell_secs: (last - first) as f64,
            count: 1,
            score: 0.5,
            model: ModelRef { id: "m".to_owned(), sha256: String::new() },
            clock: ClockQuality::Arrival,
            evidence: Vec::new(),
            source: "video".to_owned(),
            priority: Priority::Normal,
            suspected: false,
            dispatch_hint: None,
            privacy: PrivacyData { masked: true },
            witnesses: Vec::new(),
            possibly_same_as: Vec::new(),
        }
    }

    #[test]
    fn two_writers_widen_the_picture_and_only_both_end_it() {
        let (one, other) = (picture("a", 10, 20, Some(21)), picture("b", 5, 40, None));
        let both = fold(&[one.clone(), other.clone()]).unwrap();
        assert_eq!(both.event.code, "a");
        assert_eq!(
            (both.first_seen_at, both.last_seen_at),
            (other.first_seen_at, other.last_seen_at)
        );
        assert_eq!(both.gone_at, None);
        let ended = fold(&[one, picture("b", 5, 40, Some(41))]).unwrap();
        assert_eq!(ended.gone_at, Some(WallTime::from_unix_millis(41)));
        assert_eq!(fold(&[]), None);
    }
}
