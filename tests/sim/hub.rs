//! The hub: the real inbox over a simulated database that commits all or nothing.

use crate::{
    broker::Message,
    ledger::{Ledger, Violation},
    trouble::Mutant,
};
use gridwarden::domain::{
    ids::CaseId,
    inbox::{Admission, Stream},
    wire::AckData,
};
use std::collections::{BTreeMap, VecDeque};

/// What survives a kill.
#[derive(Default)]
pub struct Database {
    streams: BTreeMap<CaseId, (u32, Vec<u32>)>,
    kept: BTreeMap<(CaseId, u32), Message>,
}

#[derive(Default)]
pub struct Hub {
    pub database: Database,
    pub up: bool,
    /// Counts starts, so that work of a killed process is recognised.
    pub epoch: u32,
    waiting: VecDeque<Message>,
    committing: Option<Message>,
}

impl Hub {
    pub fn kill(&mut self) {
        self.up = false;
        self.epoch += 1;
        self.waiting.clear();
    }

    /// The commit under way when the process died.
    pub fn take_cut_commit(&mut self) -> Option<Message> {
        self.committing.take()
    }

    /// True when a commit must be started.
    pub fn receive(&mut self, message: Message) -> bool {
        self.waiting.push_back(message);
        self.begin()
    }

    /// Takes the next message under commit; false when there is none or one is under way.
    pub fn begin(&mut self) -> bool {
        if self.committing.is_some() {
            return false;
        }
        self.committing = self.waiting.pop_front();
        self.committing.is_some()
    }

    pub fn under_commit(&self) -> Option<&Message> {
        self.committing.as_ref()
    }

    /// The commit is durable; returns what to acknowledge.
    pub fn committed(
        &mut self,
        ledger: &mut Ledger,
        mutant: Mutant,
    ) -> Result<Option<AckData>, Violation> {
        match self.committing.take() {
            Some(message) => self.database.admit(message, ledger, mutant),
            None => Ok(None),
        }
    }
}

impl Database {
    /// One transaction: admit, apply or keep, move the stream on.
    pub fn admit(
        &mut self,
        message: Message,
        ledger: &mut Ledger,
        mutant: Mutant,
    ) -> Result<Option<AckData>, Violation> {
        let (case_id, revision) = (message.case_id, message.revision);
        let (applied_upto, kept) = self.streams.entry(case_id).or_default();
        let mut stream = Stream::restore(*applied_upto, kept.iter().copied());
        if mutant == Mutant::AppliesWhateverArrives {
            ledger.applied(&message)?;
            return Ok(Some(AckData { case_id, upto_revision: revision }));
        }
        match stream.admit(revision).map_err(|refusal| Violation::new(refusal.to_string()))? {
            Admission::Duplicate => ledger.duplicates += 1,
            Admission::Keep => {
                self.kept.insert((case_id, revision), message);
            }
            Admission::Apply(range) => {
                let mut arrived = Some(message);
                for revision in range {
                    let next = arrived.take().or_else(|| self.kept.remove(&(case_id, revision)));
                    let next = next.ok_or_else(|| Violation::new("a kept fact is missing"))?;
                    ledger.applied(&next)?;
                }
            }
        }
        *applied_upto = stream.applied_upto();
        *kept = stream.kept().iter().copied().collect();
        Ok(stream.upto_revision().map(|upto_revision| AckData { case_id, upto_revision }))
    }

    pub fn holds(&self, case_id: CaseId, revision: u32) -> bool {
        self.streams.get(&case_id).is_some_and(|(upto, _)| revision <= *upto)
    }
}
