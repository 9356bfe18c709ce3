//! What is permitted: a licensed stall, a permit to park, between two dates and at certain hours.
//!
//! While it holds, a thing whose foot is in the area begins no case, and the time that it stands there counts
//! for nothing. A case that is open when it begins to hold goes on, and ends as any other. By the clocks of
//! China, as schedules are.

use super::{
    ids::PatternId,
    pixel::{PixelPoint, PixelPolygon},
    schedule::{CHINA_OFFSET_SECS, Schedule},
};
use crate::base::time::{LocalDate, WallTime};

#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Of these; none named: of every pattern.
    pub patterns: Vec<PatternId>,
    /// In the scene's reference pixels.
    pub area: PixelPolygon,
    pub valid_from: LocalDate,
    /// The last day.
    pub valid_until: LocalDate,
    /// Weekdays and hours within these days.
    pub schedule: Schedule,
    /// Who permitted what, for people.
    pub note: String,
}

impl Exception {
    pub fn is_of(&self, pattern: &PatternId) -> bool {
        self.patterns.is_empty() || self.patterns.contains(pattern)
    }

    pub fn permits(&self, foot: PixelPoint, at: WallTime) -> bool {
        let today = at.local(CHINA_OFFSET_SECS).date;
        (self.valid_from..=self.valid_until).contains(&today)
            && self.schedule.is_open(at)
            && self.area.contains(foot)
    }

    pub fn has_expired(&self, at: WallTime) -> bool {
        at.local(CHINA_OFFSET_SECS).date > self.valid_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pixel::PixelSize;

    #[test]
    fn a_permit_holds_from_its_first_day_to_the_end_of_its_last_and_at_its_hours() {
        let permit = Exception {
            patterns: vec!["roadside_stall".parse().unwrap()],
            area: PixelPolygon::whole(PixelSize { width_px: 100, height_px: 100 }),
            valid_from: "2026-11-01".parse().unwrap(),
            valid_until: "2026-11-30".parse().unwrap(),
            schedule: Schedule {
                hours: vec!["18:00-24:00".parse().unwrap()],
                ..Schedule::default()
            },
            note: "night market".to_owned(),
        };
        let here = PixelPoint { x: 50.0, y: 50.0 };
        for (at, holds) in [
            ("2026-10-31T20:00", false),
            ("2026-11-01T17:59", false),
            ("2026-11-01T18:00", true),
            ("2026-11-30T23:59", true),
            ("2026-12-01T20:00", false),
        ] {
            let at: WallTime = format!("{at}:00+08:00").parse().unwrap();
            assert_eq!(permit.permits(here, at), holds, "{at}");
            assert!(!permit.permits(PixelPoint { x: 150.0, y: 50.0 }, at));
            assert_eq!(permit.has_expired(at), *at.to_string() > *"2026-11-30T16");
        }
        assert!(permit.is_of(&"roadside_stall".parse().unwrap()));
        assert!(!permit.is_of(&"crowd".parse().unwrap()));
    }
}
