//! Cases against stands: which case means which stall.

use crate::street::{SECS, SIZE, Scenario, Stand, second};
use std::collections::BTreeSet;

use gridwarden::domain::{case::CaseFact, pixel::PixelBox, wire::FactKind};

/// How much later than its clear time a stall may be told gone.
const GONE_LATE_SECS: f64 = 10.0;
/// Overlap at which a case means a place.
const SAME_PLACE_IOU_MIN: f32 = 0.3;

#[derive(Debug, Default)]
pub struct Score {
    pub stands: u32,
    /// Of them, those that came back to a place.
    pub returned: u32,
    /// Cases that mean a stand.
    pub cases: u32,
    pub missed: u32,
    /// Cases that mean none.
    pub spurious: u32,
    pub gone: u32,
    /// Stands that had left for long enough and whose case was not told gone in time.
    pub late_gone: u32,
    /// Cases told gone while their stall stood.
    pub wrong_gone: u32,
}

impl Score {
    pub fn add(&mut self, other: &Self) {
        self.stands += other.stands;
        self.returned += other.returned;
        self.cases += other.cases;
        self.missed += other.missed;
        self.spurious += other.spurious;
        self.gone += other.gone;
        self.late_gone += other.late_gone;
        self.wrong_gone += other.wrong_gone;
    }

    pub fn factor(&self) -> f64 {
        f64::from(self.cases) / f64::from(self.stands)
    }
}

struct Case {
    place: PixelBox,
    first_seen: f64,
    confirmed: f64,
    gone: Option<f64>,
}

pub fn judge(stands: &[Stand], facts: &[CaseFact], scenario: &Scenario) -> Score {
    let places: BTreeSet<usize> = stands.iter().map(|stand| stand.place).collect();
    let mut score = Score {
        stands: stands.len() as u32,
        returned: (stands.len() - places.len()) as u32,
        ..Score::default()
    };
    let mut cases_of = vec![Vec::new(); stands.len()];
    let cases = cases(facts);
    for case in &cases {
        // First seen and confirmed while it stood, where it stood.
        let means = stands.iter().position(|stand| {
            case.place.iou(&stand.bbox) >= SAME_PLACE_IOU_MIN
                && (stand.from - 0.5..=stand.to + 0.5).contains(&case.first_seen)
                && (stand.from..=stand.to + 0.5).contains(&case.confirmed)
        });
        match means {
            Some(at) => cases_of[at].push(case),
            None => score.spurious += 1,
        }
    }
    for (stand, cases) in stands.iter().zip(&cases_of) {
        score.cases += cases.len() as u32;
        score.missed += u32::from(cases.is_empty());
        let gone: Vec<f64> = cases.iter().filter_map(|case| case.gone).collect();
        score.gone += gone.len() as u32;
        score.wrong_gone += gone.iter().filter(|at| **at < stand.to).count() as u32;
        let due = stand.to + scenario.clear_secs() + GONE_LATE_SECS;
        let late = due < SECS && cases.iter().any(|case| case.gone.is_none_or(|at| at > due));
        score.late_gone += u32::from(late);
    }
    score
}

fn cases(facts: &[CaseFact]) -> Vec<Case> {
    let opened = facts.iter().filter(|fact| fact.kind == FactKind::Opened);
    let scaled = |fact: &CaseFact| {
        let (width, height) = (SIZE.width_px as f32, SIZE.height_px as f32);
        fact.state.subject.bbox().scaled(width, height)
    };
    let gone = |fact: &CaseFact| {
        let same = |other: &&CaseFact| other.state.case_id == fact.state.case_id;
        let last = facts.iter().rfind(same)?;
        last.state.gone_at.map(second)
    };
    opened
        .map(|fact| Case {
            place: scaled(fact),
            first_seen: second(fact.state.first_seen_at),
            confirmed: second(fact.state.confirmed_at),
            gone: gone(fact),
        })
        .collect()
}
