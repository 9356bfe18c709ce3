//! The edge: a scripted case book before the real outbox and a simulated disk.

use crate::{
    disk::{Case, Disk, Fact},
    trouble::Mutant,
};
use gridwarden::{
    base::time::{Monotonic, WallTime},
    domain::{
        ids::{CameraId, CaseId, DerivedIds, IdSource},
        outbox::{Outbox, OutboxLimits, OutboxRow, OutboxSeq},
        wire::{AckData, NodeAddress},
    },
};
use std::collections::{BTreeMap, VecDeque};

/// What a camera shows: these things stand there now.
pub struct Sight {
    pub camera: CameraId,
    pub things: Vec<u32>,
}

pub struct Edge {
    pub address: NodeAddress,
    pub disk: Disk,
    pub up: bool,
    pub epoch: u32,
    pub outbox: Outbox,
    ids: DerivedIds,
    /// Open cases by thing, as this process believes.
    book: BTreeMap<u32, Case>,
    waiting: VecDeque<Fact>,
    committing: Option<Fact>,
}

/// A small window and small lanes, so that 20 seeds meet their edges.
const LIMITS: OutboxLimits = OutboxLimits {
    in_flight_rows_max: 2,
    lane_rows_max: 4,
    resend_after: std::time::Duration::from_secs(5),
};

impl Edge {
    pub fn new(seed: u64) -> Self {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&seed.to_be_bytes());
        Self {
            address: NodeAddress {
                district: "440310".parse().unwrap(),
                node: "edge-1".parse().unwrap(),
            },
            disk: Disk::default(),
            up: false,
            epoch: 0,
            outbox: Outbox::new(LIMITS),
            ids: DerivedIds::new(digest),
            book: BTreeMap::new(),
            waiting: VecDeque::new(),
            committing: None,
        }
    }

    /// Everything but the disk is new.
    pub fn start(&mut self, mutant: Mutant) {
        self.up = true;
        self.outbox = Outbox::new(LIMITS);
        for camera in self.disk.cameras() {
            self.outbox.note_stored(&camera);
        }
        let open = self.disk.open_cases();
        self.book = match mutant {
            Mutant::ForgetsOpenCases => BTreeMap::new(),
            _ => open.into_iter().map(|case| (case.thing, case)).collect(),
        };
        self.read();
    }

    pub fn kill(&mut self) {
        self.up = false;
        self.epoch += 1;
        self.waiting.clear();
        self.book.clear();
    }

    pub fn take_cut_commit(&mut self) -> Option<Fact> {
        self.committing.take()
    }

    /// Looks at one camera: opens, goes on with, or ends cases. True when a commit must be started.
    pub fn look(&mut self, sight: &Sight, wall: WallTime) -> bool {
        for thing in &sight.things {
            let known = self.book.get(thing).cloned();
            let case = match known {
                Some(case) => Case { revision: case.revision + 1, ..case },
                None => Case {
                    case_id: CaseId(self.ids.next_uuid(wall)),
                    camera: sight.camera.clone(),
                    thing: *thing,
                    revision: 1,
                    open: true,
                },
            };
            self.book.insert(*thing, case.clone());
            self.write(case);
        }
        let gone: Vec<u32> = self
            .book
            .values()
            .filter(|case| case.camera == sight.camera && !sight.things.contains(&case.thing))
            .map(|case| case.thing)
            .collect();
        for thing in gone {
            if let Some(case) = self.book.remove(&thing) {
                self.write(Case { revision: case.revision + 1, open: false, ..case });
            }
        }
        self.begin()
    }

    fn write(&mut self, case: Case) {
        let payload = format!("{} {} {}", case.case_id, case.revision, case.open).into_bytes();
        self.waiting.push_back(Fact { case, payload });
    }

    pub fn begin(&mut self) -> bool {
        if self.committing.is_some() {
            return false;
        }
        self.committing = self.waiting.pop_front();
        self.committing.is_some()
    }

    /// The commit is durable; returns the fact and its place in the outbox.
    pub fn committed(&mut self) -> Option<(Fact, OutboxSeq)> {
        let fact = self.committing.take()?;
        let seq = self.disk.commit(&fact, &self.address);
        self.outbox.note_stored(&fact.case.camera);
        self.read();
        Some((fact, seq))
    }

    fn read(&mut self) {
        while let Some(want) = self.outbox.wants() {
            let rows = self.disk.rows(&want);
            self.outbox.load(&want, rows);
        }
    }

    pub fn next_to_send(&mut self, now: Monotonic) -> Option<OutboxRow> {
        self.outbox.next_to_send(now).cloned()
    }

    /// Rows to delete; the caller checks them and calls [`Self::delete`].
    pub fn acked(&mut self, ack: &AckData) -> Vec<OutboxSeq> {
        self.outbox.acked(ack)
    }

    pub fn delete(&mut self, seq: OutboxSeq) {
        self.disk.delete(seq);
        self.read();
    }

    pub fn uncommitted(&self) -> Vec<Fact> {
        self.waiting.iter().chain(&self.committing).cloned().collect()
    }

    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.committing.is_none()
    }
}
