//! How many verdicts were what they must be.

use crate::{kinds::Kind, places::Place};
use gridwarden::domain::verdict::{Outcome, Verdict, target::Likeness};
use std::collections::BTreeMap;

#[derive(Default, Clone, Copy)]
struct Count {
    all: u32,
    present: u32,
    cleared: u32,
}

pub struct Tally {
    eyes: &'static str,
    of_kind: BTreeMap<Kind, Count>,
    decidable: u32,
    decided: u32,
    right: u32,
    must_not_close: u32,
    false_closures: Vec<String>,
    /// Closed though nothing could be known; it was gone.
    unproven: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    pub fn new(eyes: &'static str) -> Self {
        Self {
            eyes,
            of_kind: BTreeMap::new(),
            decidable: 0,
            decided: 0,
            right: 0,
            must_not_close: 0,
            false_closures: Vec::new(),
            unproven: Vec::new(),
            wrong: Vec::new(),
        }
    }

    pub fn add(
        &mut self,
        number: usize,
        place: &Place,
        kind: Kind,
        verdict: &Verdict,
        likeness: &[Likeness],
    ) {
        let outcome = verdict.verdict;
        let count = self.of_kind.entry(kind).or_default();
        count.all += 1;
        count.present += u32::from(outcome == Outcome::Present);
        count.cleared += u32::from(outcome == Outcome::Cleared);
        let mean = |of: &dyn Fn(&Likeness) -> Option<f32>| {
            let all: Vec<f32> = likeness.iter().filter_map(of).collect();
            all.iter().sum::<f32>() / all.len().max(1) as f32
        };
        let told = format!(
            "{number} {} {} {:?} there={}: {outcome:?} {:?} looks {:?} alike {:.2} around {:.2} aside {:.2} {:?} control {:?}",
            place.clip,
            place.pattern,
            kind.matter,
            kind.there,
            verdict.reasons,
            verdict
                .looks
                .iter()
                .map(|look| (look.frames, look.valid_frames, look.found))
                .collect::<Vec<_>>(),
            mean(&|one| Some(one.places)),
            mean(&|one| one.around),
            likeness.iter().map(|one| one.aside).fold(0.0, f32::max),
            verdict.hindrances,
            verdict.positive_control.found,
        );
        if std::env::var_os("VARIANTS_SHOW").is_some() {
            println!("{told}");
        }
        self.must_not_close += u32::from(kind.must_not_close());
        if outcome == Outcome::Cleared && kind.must_not_close() {
            self.false_closures.push(told.clone());
        } else if outcome == Outcome::Cleared && kind.expected().is_none() {
            self.unproven.push(told.clone());
        }
        if let Some(expected) = kind.expected() {
            self.decidable += 1;
            self.decided += u32::from(outcome != Outcome::Undeterminable);
            self.right += u32::from(outcome == expected);
            if outcome != expected {
                self.wrong.push(told);
            }
        }
    }

    fn decided_share(&self) -> f64 {
        f64::from(self.decided) / f64::from(self.decidable.max(1))
    }

    fn right_share(&self) -> f64 {
        f64::from(self.right) / f64::from(self.decided.max(1))
    }

    pub fn print(&self) {
        println!("== {}", self.eyes);
        for (kind, count) in &self.of_kind {
            let Count { all, present, cleared } = *count;
            let there = if kind.there { "there" } else { "gone" };
            println!(
                "  {:<22} {all:>3}: present {present:>3}, cleared {cleared:>3}, undeterminable {:>3}",
                format!("{:?}, {there}", kind.matter),
                all - present - cleared
            );
        }
        for line in self.false_closures.iter().chain(&self.unproven).chain(&self.wrong) {
            println!("  {line}");
        }
        let all: u32 = self.of_kind.values().map(|count| count.all).sum();
        // None in n: with 95 % certainty fewer than this share.
        let bound = 1.0 - 0.05f64.powf(1.0 / f64::from(self.must_not_close.max(1)));
        println!(
            "{}: {all} variants; false closures {} of {} that must not close (95 % bound when none: {:.2} %); \
             closed without proof {}; of {} decidable ones decided {} ({:.1} %), of those rightly {} ({:.1} %)",
            self.eyes,
            self.false_closures.len(),
            self.must_not_close,
            100.0 * bound,
            self.unproven.len(),
            self.decidable,
            self.decided,
            100.0 * self.decided_share(),
            self.right,
            100.0 * self.right_share(),
        );
    }

    /// A few variants say little of a share.
    pub fn check(&self, decided_min: f64) {
        assert!(self.false_closures.is_empty(), "{}: {:#?}", self.eyes, self.false_closures);
        assert!(self.unproven.is_empty(), "{}: {:#?}", self.eyes, self.unproven);
        assert!(self.decided_share() >= decided_min, "{}: {:#?}", self.eyes, self.wrong);
        assert!(self.right_share() >= 0.99, "{}: {:#?}", self.eyes, self.wrong);
    }
}
