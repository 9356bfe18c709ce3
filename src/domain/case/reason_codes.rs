//! Reason codes of people's decisions. Their words in Chinese and English live in the console.

use super::lifecycle::{EventKind, Phase};

/// 误报: what the camera showed was nothing to file.
pub const FALSE_ALARM: &[&str] = &[
    "light_or_reflection",
    "rain_snow_fog",
    "passing_or_brief_stop",
    "sanitation_at_work",
    "within_permit",
    "wrong_object",
    "wrong_zone",
    "duplicate",
    "picture_fault",
    "cannot_tell",
    "privacy",
];

/// 不予立案: it may be there, but no case is to be filed.
pub const NOT_FILED: &[&str] =
    &["outside_jurisdiction", "already_gone", "licensed", "insufficient_evidence"];

/// The false alarms at which nothing of the kind was in the picture: what teaches a detector to be
/// silent. At all others the thing was there, or nobody could tell.
pub const NOTHING_THERE: &[&str] = &["light_or_reflection", "rain_snow_fog", "wrong_object"];

/// Somebody's privacy is touched by the pictures: they serve no further purpose.
pub const PRIVACY: &str = "privacy";

/// Both lists: a first review may end either way.
const REVIEW: &[&str] = &[
    "light_or_reflection",
    "rain_snow_fog",
    "passing_or_brief_stop",
    "sanitation_at_work",
    "within_permit",
    "wrong_object",
    "wrong_zone",
    "duplicate",
    "picture_fault",
    "cannot_tell",
    "privacy",
    "outside_jurisdiction",
    "already_gone",
    "licensed",
    "insufficient_evidence",
];

/// 返工: the crew has to come again.
pub const REWORK: &[&str] = &["not_cleared", "partly_cleared", "wrong_place", "came_back"];

/// 结案 by a person, where video could not decide: how the person knows.
pub const CLOSE: &[&str] = &["seen_cleared_on_site", "seen_cleared_in_pictures"];

/// 退回: why a unit says that it is not its duty.
pub const RETURN: &[&str] = &["not_our_duty", "outside_our_area", "facts_unclear"];

/// 挂账, and more time: what the unit cannot hasten.
pub const WAITS: &[&str] = &["needs_coordination", "needs_works", "needs_procedure", "weather"];

/// Closing a complaint that was never filed: how the person knows that there is nothing to do.
const CLOSE_UNFILED: &[&str] =
    &["seen_cleared_on_site", "seen_cleared_in_pictures", "handled_elsewhere"];

/// The codes for a decision; empty where none is asked for.
pub fn allowed(event: EventKind, phase: Phase) -> &'static [&'static str] {
    match (event, phase) {
        (EventKind::Reject, _) => REVIEW,
        (EventKind::Rework, _) => REWORK,
        (EventKind::Return, _) => RETURN,
        (EventKind::Suspend | EventKind::Extend, _) => WAITS,
        (EventKind::Close, Phase::AfterFiling) => CLOSE,
        (EventKind::Close, Phase::BeforeFiling) => CLOSE_UNFILED,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_may_end_with_any_false_alarm_or_refusal() {
        assert_eq!(REVIEW, [FALSE_ALARM, NOT_FILED].concat());
    }

    #[test]
    fn what_teaches_is_a_false_alarm_and_privacy_is_none_of_it() {
        assert!(NOTHING_THERE.iter().all(|code| FALSE_ALARM.contains(code)));
        assert!(FALSE_ALARM.contains(&PRIVACY) && !NOTHING_THERE.contains(&PRIVACY));
    }
}
