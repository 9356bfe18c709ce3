//! A spot that stays quiet for a while, because a person called a case there a false alarm.
//!
//! Two hours the first time, a day when the same spot has been a false alarm before: a blue sign goes on
//! looking like a stall, and staff should not have to say so every ten minutes. Urgent events are never
//! muted. A mute silences new cases of one pattern in one zone at one place; nothing else.

use super::{CaseState, reason_codes::FALSE_ALARM};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, CaseId, PatternId, ZoneId},
        pixel::PixelBox,
        wire::{DecisionData, DecisionKind, Priority},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(2 * 3_600);
const AGAIN: Duration = Duration::from_secs(24 * 3_600);
/// A spot that was quiet for longer begins with the first length again.
pub const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Overlap at which a thing stands on the muted spot.
const SAME_SPOT_IOU_MIN: f32 = 0.5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mute {
    /// The case that was rejected.
    pub case_id: CaseId,
    pub camera: CameraId,
    pub pattern: PatternId,
    pub zone: ZoneId,
    /// Left, top, right, bottom as fractions of the frame.
    pub box_fraction: [f32; 4],
    pub until: WallTime,
}

impl Mute {
    /// What a decision on a case mutes, if anything. `earlier` are mutes of the same camera, over or not.
    pub fn of(decision: &DecisionData, state: &CaseState, earlier: &[Self]) -> Option<Self> {
        let false_alarm = decision.decision == DecisionKind::Rejected
            && decision.reason.as_deref().is_some_and(|reason| FALSE_ALARM.contains(&reason));
        if !false_alarm || state.priority == Priority::Urgent {
            return None;
        }
        let mut mute = Self {
            case_id: state.case_id,
            camera: state.camera.clone(),
            pattern: state.pattern.id.clone(),
            zone: state.zone.clone(),
            box_fraction: state.subject.box_fraction,
            until: decision.at.plus(FIRST),
        };
        let before = earlier.iter().any(|other| {
            other.case_id != mute.case_id
                && other.is_at(&mute.pattern, &mute.zone, &state.subject.bbox())
                && decision.at.since(other.until) <= REMEMBERED
        });
        if before {
            mute.until = decision.at.plus(AGAIN);
        }
        Some(mute)
    }

    /// Whether a new case there and then is not told. `place` is in fractions of the frame.
    pub fn silences(
        &self,
        pattern: &PatternId,
        zone: &ZoneId,
        place: &PixelBox,
        at: WallTime,
    ) -> bool {
        at < self.until && self.is_at(pattern, zone, place)
    }

    fn is_at(&self, pattern: &PatternId, zone: &ZoneId, place: &PixelBox) -> bool {
        let [x1, y1, x2, y2] = self.box_fraction;
        let same = &self.pattern == pattern && &self.zone == zone;
        same && PixelBox::new(x1, y1, x2, y2).iou(place) >= SAME_SPOT_IOU_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::ClockQuality,
        domain::{
            case::Subject,
            detection::ModelRef,
            wire::{EventData, PatternData},
        },
    };
    use std::slice::from_ref;

    const AT: WallTime = WallTime::from_unix_millis(1_000_000_000);

    fn case(number: u128, priority: Priority, x: f32) -> CaseState {
        CaseState {
            case_id: CaseId(uuid::Uuid::from_u128(number)),
            revision: 1,
            camera: "cam".parse().unwrap(),
            pattern: PatternData { id: "roadside_stall".parse().unwrap(), version: "1".into() },
            families: Vec::new(),
            event: EventData {
                std: "local".into(),
                version: "1".into(),
                code: "X".into(),
                name_zh: "x".into(),
                name_en: "x".into(),
                local: true,
            },
            priority,
            suspected: false,
            zone: "pavement".parse().unwrap(),
            asset: None,
            subject: Subject {
                class: "stall".parse().unwrap(),
                box_fraction: [x, 0.2, x + 0.1, 0.4],
                members_fraction: vec![],
            },
            place: None,
            first_seen_at: AT,
            confirmed_at: AT,
            last_seen_at: AT,
            gone_at: None,
            dwell_secs: 60.0,
            count: 1,
            score: 0.7,
            model: ModelRef { id: "m".into(), sha256: "0".into() },
            clock: ClockQuality::Assigned,
            evidence: vec![],
            witnesses: Vec::new(),
            possibly_same_as: Vec::new(),
        }
    }

    fn rejected(state: &CaseState, reason: &str, at: WallTime) -> DecisionData {
        let reason = Some(reason.to_owned());
        DecisionData { case_id: state.case_id, decision: DecisionKind::Rejected, reason, at }
    }

    #[test]
    fn a_false_alarm_is_quiet_for_two_hours_and_then_for_a_day() {
        let first = case(1, Priority::Normal, 0.1);
        let mute = Mute::of(&rejected(&first, "wrong_object", AT), &first, &[]).unwrap();
        assert_eq!(mute.until.since(AT).as_secs(), 7_200);
        let later = AT.plus(Duration::from_secs(10_000));
        let again = case(2, Priority::Normal, 0.11);
        let longer = Mute::of(&rejected(&again, "wrong_object", later), &again, from_ref(&mute));
        assert_eq!(longer.unwrap().until.since(later).as_secs(), 86_400);
        let elsewhere = case(3, Priority::Normal, 0.3);
        let other = Mute::of(&rejected(&elsewhere, "wrong_object", later), &elsewhere, &[mute]);
        assert_eq!(other.unwrap().until.since(later).as_secs(), 7_200);
    }

    #[test]
    fn urgent_events_and_other_decisions_mute_nothing() {
        let urgent = case(1, Priority::Urgent, 0.1);
        assert_eq!(Mute::of(&rejected(&urgent, "wrong_object", AT), &urgent, &[]), None);
        let normal = case(1, Priority::Normal, 0.1);
        for reason in ["already_gone", "licensed", "no such reason"] {
            assert_eq!(Mute::of(&rejected(&normal, reason, AT), &normal, &[]), None, "{reason}");
        }
        for decision in [DecisionKind::Filed, DecisionKind::Merged] {
            let other = DecisionData { decision, ..rejected(&normal, "wrong_object", AT) };
            assert_eq!(Mute::of(&other, &normal, &[]), None, "{decision:?}");
        }
    }

    #[test]
    fn a_mute_silences_its_spot_zone_and_pattern_until_its_end() {
        let state = case(1, Priority::Normal, 0.1);
        let mute = Mute::of(&rejected(&state, "wrong_object", AT), &state, &[]).unwrap();
        let (pattern, zone) = (state.pattern.id.clone(), state.zone.clone());
        let near = case(2, Priority::Normal, 0.12).subject.bbox();
        let far = case(2, Priority::Normal, 0.16).subject.bbox();
        assert!(mute.silences(&pattern, &zone, &near, AT));
        assert!(!mute.silences(&pattern, &zone, &far, AT));
        assert!(!mute.silences(&pattern, &"road".parse().unwrap(), &near, AT));
        assert!(!mute.silences(&"crowd".parse().unwrap(), &zone, &near, AT));
        assert!(!mute.silences(&pattern, &zone, &near, mute.until));
    }
}
