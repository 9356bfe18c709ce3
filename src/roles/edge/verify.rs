//! Verification at the edge: requests of the hub, answered from recorded footage, one after the other.
//!
//! ```text
//! verify/request -> stored -> queue (urgent first, then by deadline; footage there) -> looking.rs -> answer
//!                                \-> its deadline has passed: UNDETERMINABLE, nothing looked at
//! answer -> stored with its pictures, the request waits no more -> verify/result
//! ```
//! One thread that gives way to the cameras, one detector session of its own. The answer is stored before
//! it is sent, so that a repeated request gets the same answer; what a restart interrupts is looked at
//! anew. Whatever goes wrong becomes UNDETERMINABLE with a reason; nothing here can close a case by
//! failing.

use super::{
    counters::EdgeCounters,
    looking::{Answer, Looker},
    report::Teller,
};
use crate::{
    base::priority::give_way,
    domain::{
        verdict::{Reason, Verdict},
        verify_queue::{Next, VerifyQueue},
        wire::{EvidenceData, Leaf, PatternData, VerifyRequestData, VerifyResultData},
    },
    drivers::store::edge::{EdgeStore, UploadRow},
};
use std::{sync::mpsc::Receiver, time::Duration};
use tokio::runtime::Handle;

/// Of the thread. Inference waits for the cameras' anyway; this is for decoding and the rest.
const NICE: u8 = 5;
const LOOK_FOR_SHUTDOWN: Duration = Duration::from_millis(500);

pub struct Verifier {
    pub store: EdgeStore,
    pub teller: Teller,
    pub looker: Looker,
    pub runtime: Handle,
}

impl Verifier {
    /// Runs until shutdown.
    pub fn run(mut self, requests: &Receiver<VerifyRequestData>) {
        give_way(NICE);
        let mut queue = VerifyQueue::default();
        match self.runtime.block_on(self.store.verify_requests()) {
            Ok(waiting) => waiting.into_iter().for_each(|request| self.queue(&mut queue, request)),
            Err(error) => {
                tracing::error!(%error, "verifications of before the restart cannot be read")
            }
        }
        while !self.has_ended() {
            // All that came, so that the most urgent is next.
            while let Ok(request) = requests.try_recv() {
                self.queue(&mut queue, request);
            }
            let now = self.looker.shared.clock.wall();
            let wait = match queue.next(now) {
                Next::Look(request) => {
                    self.answer(&request);
                    continue;
                }
                Next::Late(request) => {
                    self.give(&request, self.too_late(&request));
                    continue;
                }
                Next::NotBefore(at) => at.since(now).min(LOOK_FOR_SHUTDOWN),
                Next::Nothing => LOOK_FOR_SHUTDOWN,
            };
            if let Ok(request) = requests.recv_timeout(wait) {
                self.queue(&mut queue, request);
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.looker.shared.shutdown.has_begun()
    }

    /// One that was answered before is answered again at once.
    fn queue(&self, queue: &mut VerifyQueue, request: VerifyRequestData) {
        let id = request.request_id;
        match self.runtime.block_on(self.store.verify_result(id)) {
            Ok(Some(payload)) => return self.send(&payload),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "whether this was answered before cannot be read"),
        }
        if !queue.offer(request) {
            tracing::warn!(request = %id, "too many verifications wait: this one is left out until the hub asks again");
        }
    }

    fn answer(&mut self, request: &VerifyRequestData) {
        let answer = self.looker.look(request);
        if self.has_ended() {
            // It may have been broken off; it waits for the next start.
            return;
        }
        let verdict = &answer.verdict;
        tracing::info!(request = %request.request_id, camera = %request.camera, verdict = ?verdict.verdict, reasons = ?verdict.reasons, "verified");
        self.give(request, answer);
    }

    fn too_late(&self, request: &VerifyRequestData) -> Answer {
        tracing::warn!(request = %request.request_id, deadline = %request.deadline, "a verification waited past its deadline");
        let pattern = PatternData { id: request.pattern.clone(), version: String::new() };
        Verdict::undeterminable(pattern, self.looker.model(), Reason::DeadlinePassed).into()
    }

    fn give(&self, request: &VerifyRequestData, answer: Answer) {
        EdgeCounters::add(&self.looker.shared.counters.verified, 1);
        let (evidence, uploads): (Vec<EvidenceData>, Vec<UploadRow>) =
            answer.pictures.into_iter().map(|stored| (stored.data, stored.upload)).unzip();
        let result = VerifyResultData {
            request_id: request.request_id,
            case_id: request.case_id,
            verdict: answer.verdict,
            evidence,
            measured: answer.measured.map(Box::new),
            photographs: answer.photographs,
        };
        let Ok(payload) = serde_json::to_vec(&result) else { return };
        let now = self.looker.shared.clock.wall();
        let kept = self.store.put_verify_result(request.request_id, &payload, now, &uploads);
        if let Err(error) = self.runtime.block_on(kept) {
            tracing::warn!(%error, "the answer is sent but could not be kept");
        }
        self.send(&payload);
    }

    fn send(&self, payload: &[u8]) {
        match serde_json::from_slice::<VerifyResultData>(payload) {
            Ok(result) => {
                let subject = result.request_id.to_string();
                self.teller.tell(Leaf::VerifyResult, "verify.result", subject, result);
            }
            Err(error) => tracing::error!(%error, "a stored answer cannot be read"),
        }
    }
}
