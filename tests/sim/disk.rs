//! The edge's disk: what was committed stays, what was not is gone; a commit is all or nothing.

use gridwarden::domain::{
    ids::{CameraId, CaseId},
    outbox::{OutboxRow, OutboxSeq, Want},
    wire::{Leaf, NodeAddress, Topic},
};
use std::collections::BTreeMap;

/// The edge's picture of one case: enough of `CaseState` for the simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub case_id: CaseId,
    pub camera: CameraId,
    /// The thing in the world; a case is about exactly one.
    pub thing: u32,
    pub revision: u32,
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub case: Case,
    pub payload: Vec<u8>,
}

#[derive(Default)]
pub struct Disk {
    cases: BTreeMap<CaseId, Case>,
    rows: BTreeMap<OutboxSeq, OutboxRow>,
    last_seq: i64,
}

impl Disk {
    /// One transaction: the case's row and its outbox row.
    pub fn commit(&mut self, fact: &Fact, address: &NodeAddress) -> OutboxSeq {
        self.last_seq += 1;
        let seq = OutboxSeq(self.last_seq);
        let case = &fact.case;
        self.cases.insert(case.case_id, case.clone());
        let row = OutboxRow {
            seq,
            case_id: case.case_id,
            camera: case.camera.clone(),
            revision: case.revision,
            topic: Topic::new(address, Leaf::Case(case.case_id)),
            payload: fact.payload.clone(),
        };
        self.rows.insert(seq, row);
        seq
    }

    pub fn open_cases(&self) -> Vec<Case> {
        self.cases.values().filter(|case| case.open).cloned().collect()
    }

    pub fn cameras(&self) -> Vec<CameraId> {
        let mut cameras: Vec<_> = self.rows.values().map(|row| row.camera.clone()).collect();
        cameras.dedup();
        cameras
    }

    pub fn rows(&self, want: &Want) -> Vec<OutboxRow> {
        let later = self.rows.values().filter(|row| row.seq > want.after);
        later.filter(|row| row.camera == want.camera).take(want.rows_max).cloned().collect()
    }

    pub fn row(&self, seq: OutboxSeq) -> Option<&OutboxRow> {
        self.rows.get(&seq)
    }

    pub fn delete(&mut self, seq: OutboxSeq) {
        self.rows.remove(&seq);
    }

    pub fn outbox_depth(&self) -> usize {
        self.rows.len()
    }
}
