//! Figures of what happened to cases, by what their histories say.
//!
//! Enters: entries of histories, each kind of them with how often it came. Leaves: [`Figures`], which add up: of a
//! day the hours, of a month the days, of all the cameras. What was taken back did not happen: whoever asks leaves
//! out a decision with its undo.

use super::case::{
    lifecycle::{EventKind, State},
    reason_codes::FALSE_ALARM,
};
use serde::Serialize;

/// Entries that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entries<'e> {
    pub kind: EventKind,
    pub from: Option<State>,
    pub to: State,
    pub reason: Option<&'e str>,
    pub count: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Cases that came: seen by a camera, or handed in.
    pub found: i64,
    pub filed: i64,
    /// Filed by a person, on review.
    pub confirmed: i64,
    pub rejected: i64,
    /// 误报, among the rejected.
    pub false_alarms: i64,
    pub merged: i64,
    pub unmerged: i64,
    pub vanished: i64,
    /// What a verdict closed, and what a person did.
    pub closed_by_video: i64,
    pub closed_by_person: i64,
    /// Cases that came to need a person, since no video could decide.
    pub manual: i64,
    pub rework: i64,
    pub reopened: i64,
    /// Clocks that ran out.
    pub overdue: i64,
    /// Verdicts on which something was decided, and those among them that decided nothing but that a person must.
    pub verdicts: i64,
    pub undeterminable: i64,
    /// Cases that a verdict closed and a person took up again (人工推翻).
    pub overruled: i64,
    /// Crews' feedback on cases with a limit, and what of it came in time.
    pub disposed: i64,
    pub on_time: i64,
}

impl Figures {
    pub fn count(&mut self, entries: Entries<'_>) {
        let Entries { kind, from, to, reason, count } = entries;
        let moves = from != Some(to);
        match kind {
            EventKind::OpenedByEdge | EventKind::ComplaintReceived => self.found += count,
            EventKind::Confirm => {
                self.filed += count;
                self.confirmed += count;
            }
            EventKind::Reject => {
                self.rejected += count;
                if reason.is_some_and(|reason| FALSE_ALARM.contains(&reason)) {
                    self.false_alarms += count;
                }
            }
            EventKind::Merge => self.merged += count,
            EventKind::Unmerge => self.unmerged += count,
            EventKind::Close => self.closed_by_person += count,
            EventKind::Reopen => self.reopened += count,
            EventKind::Overdue => self.overdue += count,
            EventKind::VerdictPrecheck | EventKind::VerdictPostcheck if moves => {
                self.verdicts += count;
                match to {
                    State::Filed => self.filed += count,
                    State::Closed => self.closed_by_video += count,
                    State::Manual => self.undeterminable += count,
                    _ => {}
                }
            }
            _ => {}
        }
        match to {
            State::Vanished if moves => self.vanished += count,
            // Taken out of a merge it is where it was.
            State::Manual if moves && kind != EventKind::Unmerge => self.manual += count,
            State::Rework if moves && kind != EventKind::Unmerge => self.rework += count,
            _ => {}
        }
    }

    pub fn add(&mut self, other: &Self) {
        let pairs = self.each_mut().into_iter().zip(other.each());
        pairs.for_each(|(own, (_, more))| *own += more);
    }

    /// Names and figures, in the order of a sheet's columns.
    pub fn each(&self) -> [(&'static str, i64); 19] {
        [
            ("found", self.found),
            ("filed", self.filed),
            ("confirmed", self.confirmed),
            ("rejected", self.rejected),
            ("false_alarms", self.false_alarms),
            ("merged", self.merged),
            ("unmerged", self.unmerged),
            ("vanished", self.vanished),
            ("closed_by_video", self.closed_by_video),
            ("closed_by_person", self.closed_by_person),
            ("manual", self.manual),
            ("rework", self.rework),
            ("reopened", self.reopened),
            ("overdue", self.overdue),
            ("verdicts", self.verdicts),
            ("undeterminable", self.undeterminable),
            ("overruled", self.overruled),
            ("disposed", self.disposed),
            ("on_time", self.on_time),
        ]
    }

    fn each_mut(&mut self) -> [&mut i64; 19] {
        [
            &mut self.found,
            &mut self.filed,
            &mut self.confirmed,
            &mut self.rejected,
            &mut self.false_alarms,
            &mut self.merged,
            &mut self.unmerged,
            &mut self.vanished,
            &mut self.closed_by_video,
            &mut self.closed_by_person,
            &mut self.manual,
            &mut self.rework,
            &mut self.reopened,
            &mut self.overdue,
            &mut self.verdicts,
            &mut self.undeterminable,
            &mut self.overruled,
            &mut self.disposed,
            &mut self.on_time,
        ]
    }

    /// Of what people decided on review, what was a false alarm.
    pub fn false_alarm_rate(&self) -> Option<f64> {
        share(self.false_alarms, self.confirmed + self.rejected)
    }

    pub fn undeterminable_rate(&self) -> Option<f64> {
        share(self.undeterminable, self.verdicts)
    }

    pub fn overruled_rate(&self) -> Option<f64> {
        share(self.overruled, self.closed_by_video)
    }

    pub fn on_time_rate(&self) -> Option<f64> {
        share(self.on_time, self.disposed)
    }

    pub fn rework_rate(&self) -> Option<f64> {
        share(self.rework, self.rework + self.closed_by_video + self.closed_by_person)
    }
}

/// To four places; none of nothing.
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EventKind, from: State, to: State, reason: Option<&str>) -> Entries<'_> {
        Entries { kind, from: Some(from), to, reason, count: 2 }
    }

    #[test]
    fn each_entry_counts_as_what_it_did() {
        use EventKind as On;
        use State::*;
        let mut figures = Figures::default();
        for entries in [
            Entries {
                kind: On::OpenedByEdge,
                from: None,
                to: PendingReview,
                reason: None,
                count: 10,
            },
            entry(On::Confirm, PendingReview, Filed, None),
            entry(On::Reject, Manual, Rejected, Some("wrong_object")),
            entry(On::Reject, PendingReview, Rejected, Some("licensed")),
            entry(On::GoneAtEdge, PendingReview, Vanished, None),
            entry(On::GoneAtEdge, Filed, Filed, None),
            entry(On::VerdictPrecheck, Prechecking, Filed, None),
            entry(On::VerdictPostcheck, Postchecking, Closed, None),
            entry(On::VerdictPostcheck, Postchecking, Manual, None),
            entry(On::VerdictPostcheck, Postchecking, Rework, None),
            // Another look follows; nothing is decided.
            entry(On::VerdictPostcheck, Postchecking, Postchecking, None),
            entry(On::Close, Manual, Closed, Some("seen_cleared_on_site")),
            entry(On::Unmerge, Merged, Rework, None),
            entry(On::Reopen, Closed, Rework, None),
            entry(On::Overdue, Filed, Filed, Some("dispatch")),
        ] {
            figures.count(entries);
        }
        let expected = Figures {
            found: 10,
            filed: 4,
            confirmed: 2,
            rejected: 4,
            false_alarms: 2,
            unmerged: 2,
            vanished: 2,
            closed_by_video: 2,
            closed_by_person: 2,
            manual: 2,
            rework: 4,
            reopened: 2,
            overdue: 2,
            verdicts: 8,
            undeterminable: 2,
            ..Figures::default()
        };
        assert_eq!(figures, expected);
        assert_eq!(figures.false_alarm_rate(), Some(0.3333));
        assert_eq!(figures.undeterminable_rate(), Some(0.25));
        assert_eq!(figures.on_time_rate(), None);
        let mut twice = figures;
        twice.add(&figures);
        assert!(
            twice.each().iter().zip(figures.each()).all(|((_, sum), (_, one))| *sum == 2 * one)
        );
    }
}
