//! One thing that several cameras of a node see is one case with several witnesses.
//!
//! Enters: the facts that each camera's analyser states, under that analyser's own case ids. Leaves: the
//! node's facts, revisions contiguous from 1, to be stored in the order in which they leave.
//!
//! ```text
//! analyser A --opened a1-->  case a1: opened                      witnesses: A
//! analyser B --opened b1-->  same event, same place, same time? -> a1: seen, witnesses: A, B
//! analyser A --gone a1---->  B has seen it lately?              -> a1: seen
//! analyser B --gone b1---->  nobody says that it is there       -> a1: gone
//! ```
//!
//! - The first camera opens the case and lends it its camera, zone, box and place; what is measured
//!   widens. A case with one witness leaves as its analyser states it.
//! - Another camera's case joins an open one of the same pattern, if both have a place and [`one_place`]
//!   holds, or if both are of one asset; if the camera is no witness of it yet, and if its first sight is no later than
//!   [`SILENT_AFTER`] after the case was last seen.
//! - A case is gone once one witness has had its clear looks and each other one has had them too, or has
//!   not seen the thing for [`SILENT_AFTER`]: a blind, hidden or dead camera holds it open for so long
//!   and no longer. It ends once. The silent camera's analyser must then forget the thing
//!   ([`NodeBook::take_over`]): what it sees there afterwards begins anew.
//! - A witness that saw it go and sees it again, while another one has seen it all the time, joins again.
//!
//! Two open cases of different patterns that share a family (data of the pattern files: what is often taken
//! for one another, such as an overflowing bin and waste beside it) and a place name each other in
//! `possibly_same_as`. That is a proposal to a person; nothing merges by itself.
//!
//! Bounds: open cases are bounded by the analysers' stays; [`ENDED_MAX`] ended ones wait for evidence.

use super::{
    CaseFact, CaseState,
    same_place::{one_place, side_by_side},
    witness::Witness,
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, CaseId},
        wire::{EvidenceData, FactKind},
    },
};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// How long a witness that has its clear looks waits for one that neither sees the thing nor calls it gone.
pub const SILENT_AFTER: Duration = Duration::from_secs(600);
/// Ended cases kept for evidence that is still being made.
const ENDED_MAX: usize = 256;
/// Sightings of one case that are kept; the oldest that are over give way.
const WITNESSES_MAX: usize = 16;
/// Cases that one case may be taken for.
const PROPOSALS_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct NodeBook {
    /// By the node's id, which is that of the first witness.
    open: BTreeMap<CaseId, Entry>,
    ended: VecDeque<Entry>,
    /// Which open case a camera's own case belongs to.
    case_of: BTreeMap<CaseId, CaseId>,
    /// Own cases that ended without their camera.
    over: BTreeMap<CameraId, Vec<CaseId>>,
}

#[derive(Debug)]
struct Entry {
    /// The node's picture; its `witnesses` are filled in where it leaves.
    state: CaseState,
    witnesses: Vec<Witness>,
}

impl NodeBook {
    /// With the cases that were open when the node stopped.
    pub fn restore(open: Vec<CaseState>) -> Self {
        let mut book = Self::default();
        for state in open {
            let witnesses = state.seen_by();
            let entry = Entry { state, witnesses };
            let case_id = entry.state.case_id;
            book.case_of.extend(entry.holding().map(|witness| (witness.own_id, case_id)));
            book.open.insert(case_id, entry);
        }
        book
    }

    /// What one camera's analyser takes up again: the cases that it has not called gone.
    pub fn own_cases(&self, camera: &CameraId) -> Vec<CaseState> {
        let of = |entry: &Entry| {
            let own = entry.holding().find(|witness| &witness.camera == camera);
            own.map(|witness| witness.own_case(&entry.state))
        };
        self.open.values().filter_map(of).collect()
    }

    /// Own cases of a camera that have ended without it, once: its analyser must forget them.
    pub fn take_over(&mut self, camera: &CameraId) -> Vec<CaseId> {
        self.over.remove(camera).unwrap_or_default()
    }

    /// What the node says after one camera's analyser has spoken: of that camera's case first; nothing for
    /// a case that is over.
    pub fn admit(&mut self, fact: CaseFact) -> Vec<CaseFact> {
        match fact.kind {
            FactKind::Opened => self.opened(fact),
            _ => self.further(fact).into_iter().collect(),
        }
    }

    fn further(&mut self, fact: CaseFact) -> Option<CaseFact> {
        let own_id = fact.state.case_id;
        let Some(case_id) = self.case_of.get(&own_id) else { return self.late(fact) };
        let entry = self.open.get_mut(case_id)?;
        entry.hear(&fact.state);
        if fact.kind == FactKind::Gone {
            self.case_of.remove(&own_id);
        }
        let case_id = entry.state.case_id;
        if entry.is_over(fact.at) {
            return self.end(case_id, fact.at);
        }
        Some(entry.fact(FactKind::Seen, fact.at))
    }

    /// Cases that end because time has passed; to be asked now and then.
    pub fn tick(&mut self, now: WallTime) -> Vec<CaseFact> {
        let waiting = |entry: &&Entry| entry.witnesses.len() > 1 && entry.is_over(now);
        let over: Vec<CaseId> =
            self.open.values().filter(waiting).map(|entry| entry.state.case_id).collect();
        over.into_iter().filter_map(|case_id| self.end(case_id, now)).collect()
    }

    fn opened(&mut self, mut fact: CaseFact) -> Vec<CaseFact> {
        let own_id = fact.state.case_id;
        let known = self.same_thing(&fact.state);
        self.case_of.insert(own_id, known.unwrap_or(own_id));
        if let Some(entry) = known.and_then(|case_id| self.open.get_mut(&case_id)) {
            entry.join(&fact.state);
            return vec![entry.fact(FactKind::Seen, fact.at)];
        }
        let witnesses = vec![Witness::of(&fact.state)];
        let kin = self.open.values_mut().filter(|entry| entry.is_kin(&fact.state, &witnesses[0]));
        let (mut told, mut proposals) = (Vec::new(), Vec::new());
        for entry in kin.take(PROPOSALS_MAX) {
            proposals.push(entry.state.case_id);
            if entry.state.possibly_same_as.len() < PROPOSALS_MAX {
                entry.state.possibly_same_as.push(own_id);
                told.push(entry.fact(FactKind::Seen, fact.at));
            }
        }
        fact.state.possibly_same_as = proposals;
        self.open.insert(own_id, Entry { state: fact.state.clone(), witnesses });
        told.insert(0, fact);
        told
    }

    /// The open case of another camera that means the thing of a new one, the nearest of several.
    fn same_thing(&self, new: &CaseState) -> Option<CaseId> {
        let group = !new.subject.members_fraction.is_empty();
        let apart = |entry: &Entry| {
            let known = entry.holding().any(|witness| witness.camera == new.camera);
            let together = new.first_seen_at <= entry.state.last_seen_at.plus(SILENT_AFTER);
            let same = entry.state.pattern.id == new.pattern.id && together && !known;
            if !same {
                return None;
            }
            // A known asset is known whatever the cameras make of its place.
            if let (Some(one), Some(other)) = (&entry.state.asset, &new.asset) {
                return (one.component_id == other.component_id).then_some(0.0);
            }
            let place = new.place.as_ref()?;
            let places = entry.witnesses.iter().filter_map(|witness| witness.place.as_ref());
            places.filter_map(|seen| one_place(seen, place, group)).min_by(f64::total_cmp)
        };
        let near = self.open.iter().filter_map(|(case_id, entry)| Some((apart(entry)?, *case_id)));
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, case_id)| case_id)
    }

    /// Evidence that took longer than its case, or a word on a case that is over.
    fn late(&mut self, fact: CaseFact) -> Option<CaseFact> {
        let own_id = fact.state.case_id;
        let mine = |entry: &Entry| entry.witnesses.iter().any(|w| w.own_id == own_id);
        // A witness that called it gone while others still see it.
        if let Some(entry) = self.open.values_mut().find(|entry| mine(entry)) {
            let more = entry.add_evidence(&fact.state.evidence);
            return more.then(|| entry.fact(FactKind::Seen, fact.at));
        }
        let entry = self.ended.iter_mut().rfind(|entry| mine(entry))?;
        let more = entry.add_evidence(&fact.state.evidence);
        more.then(|| entry.fact(FactKind::Gone, fact.at))
    }

    fn end(&mut self, case_id: CaseId, at: WallTime) -> Option<CaseFact> {
        let mut entry = self.open.remove(&case_id)?;
        for silent in entry.holding() {
            self.case_of.remove(&silent.own_id);
            self.over.entry(silent.camera.clone()).or_default().push(silent.own_id);
        }
        entry.state.gone_at = Some(at);
        let fact = entry.fact(FactKind::Gone, at);
        if self.ended.len() == ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(entry);
        Some(fact)
    }
}

impl Entry {
    /// Those that have not called it gone.
    fn holding(&self) -> impl Iterator<Item = &Witness> {
        self.witnesses.iter().filter(|witness| witness.gone_at.is_none())
    }

    /// The next revision.
    fn fact(&mut self, kind: FactKind, at: WallTime) -> CaseFact {
        self.state.revision += 1;
        let several = self.witnesses.len() > 1;
        self.state.witnesses = if several { self.witnesses.clone() } else { Vec::new() };
        CaseFact { kind, at, state: self.state.clone() }
    }

    fn join(&mut self, own: &CaseState) {
        if self.witnesses.len() == WITNESSES_MAX {
            // The first one lends the case its picture.
            let over = self.witnesses.iter().skip(1).position(|w| w.gone_at.is_some());
            over.map(|at| self.witnesses.remove(at + 1));
        }
        self.witnesses.push(Witness::of(own));
        self.widen(own);
    }

    /// What one witness says now.
    fn hear(&mut self, own: &CaseState) {
        if let [only] = &mut self.witnesses[..] {
            *only = Witness::of(own);
            self.state = CaseState {
                gone_at: None,
                revision: self.state.revision,
                possibly_same_as: std::mem::take(&mut self.state.possibly_same_as),
                ..own.clone()
            };
            return;
        }
        let at = self.witnesses.iter().position(|witness| witness.own_id == own.case_id);
        if let Some(at) = at {
            self.witnesses[at] = Witness::of(own);
            if at == 0 {
                self.state.subject = own.subject.clone();
            }
        }
        self.widen(own);
    }

    fn widen(&mut self, own: &CaseState) {
        let state = &mut self.state;
        state.first_seen_at = state.first_seen_at.min(own.first_seen_at);
        state.last_seen_at = state.last_seen_at.max(own.last_seen_at);
        state.dwell_secs = state.dwell_secs.max(own.dwell_secs);
        state.count = state.count.max(own.count);
        state.score = state.score.max(own.score);
        self.add_evidence(&own.evidence);
    }

    /// False: nothing new.
    fn add_evidence(&mut self, evidence: &[EvidenceData]) -> bool {
        let held = self.state.evidence.len();
        for file in evidence {
            if !self.state.evidence.contains(file) {
                self.state.evidence.push(file.clone());
            }
        }
        self.state.evidence.len() > held
    }

    /// Whether a new case may be another name for what this one means.
    fn is_kin(&self, new: &CaseState, witness: &Witness) -> bool {
        let related = self.state.pattern.id != new.pattern.id
            && self.state.families.iter().any(|family| new.families.contains(family));
        related
            && self.holding().any(|known| match known.camera == witness.camera {
                true => side_by_side(&known.subject.bbox(), &witness.subject.bbox()),
                false => known
                    .place
                    .as_ref()
                    .zip(witness.place.as_ref())
                    .is_some_and(|(one, other)| one_place(one, other, false).is_some()),
            })
    }

    fn is_over(&self, now: WallTime) -> bool {
        let silent = |witness: &Witness| now.since(witness.last_seen_at) >= SILENT_AFTER;
        self.witnesses.iter().any(|witness| witness.gone_at.is_some()) && self.holding().all(silent)
    }
}

#[cfg(test)]
#[path = "node_book_tests.rs"]
mod tests;
