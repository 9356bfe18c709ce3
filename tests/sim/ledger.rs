//! Who did what, kept outside of everything that can be killed, and the checks against it.

use crate::{broker::Message, disk::Fact};
use gridwarden::domain::{
    ids::{CameraId, CaseId},
    outbox::OutboxSeq,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation(String);

impl Violation {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Committed {
    seq: OutboxSeq,
    thing: u32,
    payload: Vec<u8>,
}

#[derive(Default)]
pub struct Ledger {
    /// Every fact that ever became durable at the edge.
    committed: BTreeMap<(CaseId, u32), Committed>,
    /// Every fact that the hub applied.
    applied: BTreeSet<(CaseId, u32)>,
    last_applied_seq: BTreeMap<CameraId, OutboxSeq>,
    pub duplicates: u32,
}

impl Ledger {
    pub fn committed(&mut self, fact: &Fact, seq: OutboxSeq) -> Result<(), Violation> {
        let case = &fact.case;
        let key = (case.case_id, case.revision);
        let entry = Committed { seq, thing: case.thing, payload: fact.payload.clone() };
        if case.revision > 1 && !self.committed.contains_key(&(case.case_id, case.revision - 1)) {
            return Err(Violation::new(format!("the edge skipped a revision before {key:?}")));
        }
        match self.committed.insert(key, entry) {
            None => Ok(()),
            Some(_) => Err(Violation::new(format!("the edge wrote {key:?} twice"))),
        }
    }

    /// The hub applied this fact: contiguous, in order per camera, once, unchanged.
    pub fn applied(&mut self, message: &Message) -> Result<(), Violation> {
        let key = (message.case_id, message.revision);
        let violation = |text: &str| Err(Violation::new(format!("hub: {key:?} {text}")));
        let Some(committed) = self.committed.get(&key) else {
            return violation("was applied but never durable at the edge");
        };
        if committed.payload != message.payload {
            return violation("was changed on its way");
        }
        if !self.applied.insert(key) {
            return violation("was applied twice");
        }
        if message.revision > 1 && !self.applied.contains(&(key.0, message.revision - 1)) {
            return violation("was applied before its predecessor");
        }
        let last = self.last_applied_seq.insert(message.camera.clone(), committed.seq);
        if last.is_some_and(|last| last > committed.seq) {
            return violation("was applied after a later fact of its camera");
        }
        Ok(())
    }

    /// A row leaves the edge's disk: the hub must hold it.
    pub fn deleted(
        &self,
        case_id: CaseId,
        revision: u32,
        hub_holds: bool,
    ) -> Result<(), Violation> {
        if hub_holds {
            return Ok(());
        }
        let text = format!("edge deleted ({case_id}, {revision}), which the hub does not hold");
        Err(Violation::new(text))
    }

    /// After the trouble: everything that was durable at the edge is at the hub, one case a thing.
    pub fn settled(&self, outbox_depth: usize) -> Result<(), Violation> {
        let lost: Vec<_> =
            self.committed.keys().filter(|key| !self.applied.contains(key)).collect();
        if !lost.is_empty() {
            return Err(Violation::new(format!(
                "{} facts never reached the hub: {lost:?}",
                lost.len()
            )));
        }
        if outbox_depth > 0 {
            return Err(Violation::new(format!("{outbox_depth} rows never left the outbox")));
        }
        let mut case_of_thing = BTreeMap::new();
        for ((case_id, _), committed) in &self.committed {
            let first = case_of_thing.entry(committed.thing).or_insert(*case_id);
            if first != case_id {
                let thing = committed.thing;
                return Err(Violation::new(format!(
                    "thing {thing} has cases {first} and {case_id}"
                )));
            }
        }
        Ok(())
    }

    pub fn facts(&self) -> usize {
        self.committed.len()
    }

    pub fn cases(&self) -> usize {
        self.committed.keys().map(|(case_id, _)| case_id).collect::<BTreeSet<_>>().len()
    }
}
