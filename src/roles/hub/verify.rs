//! Asks edges to look, and applies what they saw.
//!
//! ```text
//! PRECHECKING  -> pick the camera that sees the place best -> verify/request -> result -> FILED | MANUAL
//!                   ^-- the next best, where that one cannot say ------------------'
//! DISPOSED     -> POSTCHECKING + request     -> result -> CLOSED | REWORK | again (rounds.rs) | MANUAL
//! no camera, no pattern, no answer in time   -> UNDETERMINABLE with its reason
//! ```
//!
//! All of it is read from the register at each [`Verify::step`], so a restart goes on where it was:
//! a request is sent again until its result is there or its deadline has passed. A CLEARED verdict
//! closes nothing before the hub has checked it (`domain::case::clearance`) and holds both pictures.

use super::{
    ingest::Outgoing,
    register::Register,
    sight::{Asked, Picked, spot_of},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            clearance,
            lifecycle::{Event, State},
            rounds::{PastLook, Said},
        },
        ids::PatternId,
        verdict::{Outcome, Reason, Verdict},
        wire::{Leaf, NodeAddress, PHOTOGRAPHS_MAX, Topic, VerifyKind, VerifyRequestData},
    },
    drivers::store::{
        StoreError,
        hub::{CaseRow, DecideError, Decision, HUB_NAME, NewVerification, VerificationRow},
    },
};
use std::sync::Arc;

pub use crate::domain::case::rounds::LookTimes;

/// Cases and looks handled in one step; the rest follows in the next.
const WORK_MAX: u32 = 200;

pub struct Verify {
    register: Arc<Register>,
    district: crate::domain::ids::DistrictId,
    times: LookTimes,
}

/// Where to look for a case.
struct Target {
    camera: Asked,
    pattern: PatternId,
}

impl Verify {
    pub fn new(
        register: Arc<Register>,
        district: crate::domain::ids::DistrictId,
        times: LookTimes,
    ) -> Self {
        Self { register, district, times }
    }

    /// Does everything that is due now; returns what is to be published.
    pub async fn step(&self) -> Result<Vec<Outgoing>, StoreError> {
        let store = &self.register.store;
        let now = self.register.now();
        let open = store.open_verifications(WORK_MAX).await?;
        for look in &open {
            self.settle_if_due(look, now).await?;
        }
        for case in store.cases_in_state(State::Prechecking, WORK_MAX).await? {
            self.begin_precheck(&case, now).await?;
        }
        for case in store.cases_in_state(State::Disposed, WORK_MAX).await? {
            self.begin_postcheck(&case, now).await?;
        }
        for case in store.cases_in_state(State::Postchecking, WORK_MAX).await? {
            self.look_again(&case, now).await?;
        }
        let mut outgoing = Vec::new();
        for look in store.open_verifications(WORK_MAX).await? {
            if look.result.is_none() && look.send_at <= now && now < look.request.deadline {
                store
                    .set_next_send(look.request.request_id, now.plus(self.times.resend_after))
                    .await?;
                outgoing.extend(self.request_message(&look, now));
            }
        }
        Ok(outgoing)
    }

    fn request_message(&self, look: &VerificationRow, now: WallTime) -> Option<Outgoing> {
        let request_id = look.request.request_id;
        let event = self.register.store.cloud_event(
            "verify.request",
            format!("{request_id}:{HUB_NAME}:{}", now.unix_millis()),
            now,
            look.case_id.to_string(),
            &look.request,
        );
        let address = NodeAddress { district: self.district.clone(), node: look.node.clone() };
        let topic = Topic { address, leaf: Leaf::VerifyRequest };
        match serde_json::to_vec(&event) {
            Ok(payload) => Some((topic, payload)),
            Err(error) => {
                tracing::error!(%request_id, %error, "request cannot be written");
                None
            }
        }
    }

    /// A case's own camera if it has one, or else the best that sees its place.
    fn target(&self, case: &CaseRow) -> Result<Target, Reason> {
        let pattern = case.pattern.as_ref().ok_or(Reason::NotDecidableByVideo)?.id.clone();
        if let Some(own) = &case.camera {
            let camera = Asked { node: own.node.clone(), camera: own.id.clone() };
            return Ok(Target { camera, pattern });
        }
        let picked = self.pick(case, &pattern, &[]).ok_or(Reason::NoCameraCoversCell)?;
        Ok(Target { camera: picked.camera, pattern })
    }

    fn pick(&self, case: &CaseRow, pattern: &PatternId, asked: &[Asked]) -> Option<Picked> {
        let spot = spot_of(case.place.as_ref()?)?;
        self.register.sight.pick(&spot, pattern, asked)
    }

    async fn begin_precheck(&self, case: &CaseRow, now: WallTime) -> Result<(), StoreError> {
        let store = &self.register.store;
        if !store.verifications(case.case_id).await?.is_empty() {
            return Ok(());
        }
        match self.target(case) {
            Ok(target) => {
                let from = now.minus(self.times.look);
                let new = self.look(case, VerifyKind::Precheck, target, 1, from, now);
                self.absorb(store.request_verification(&new, None, now).await.map(|_| None))
            }
            Err(reason) => {
                let event = Event::VerdictPrecheck(Outcome::Undeterminable);
                self.give_up(case, event, reason, now).await
            }
        }
    }

    async fn begin_postcheck(&self, case: &CaseRow, now: WallTime) -> Result<(), StoreError> {
        let begins = Decision::new(Event::PostcheckStarted, "auto:postcheck", now);
        match self.target(case) {
            Ok(target) => {
                let from = self.postcheck_from(case, now);
                let mut new = self.look(case, VerifyKind::Postcheck, target, 1, from, now);
                let store = &self.register.store;
                if let Some(done_at) = case.disposed_at {
                    new.request.photographs = store.photographs(case.case_id, done_at).await?;
                    new.request.photographs.truncate(PHOTOGRAPHS_MAX);
                }
                self.absorb(store.request_verification(&new, Some(&begins), now).await)
            }
            Err(reason) => {
                let started = self.register.store.decide(case.case_id, None, &begins).await;
                self.absorb(started.map(Some))?;
                let event = Event::VerdictPostcheck(Outcome::Undeterminable);
                self.give_up(case, event, reason, now).await
            }
        }
    }

    /// A look that is not the last word is followed by another, at the time that `rounds` says.
    async fn look_again(&self, case: &CaseRow, now: WallTime) -> Result<(), StoreError> {
        let round = self.round(case).await?;
        let Some(last) = round.last().filter(|last| last.settled_at.is_some()) else {
            return Ok(());
        };
        let past = self.past(&round, case).await?;
        let Some(due) = self.times.next_from(&past, case.confirmed_at) else { return Ok(()) };
        let from = due.max(self.postcheck_from(case, now));
        if now < from {
            return Ok(());
        }
        match self.target(case) {
            Ok(target) => {
                let number = last.try_number + 1;
                let new = self.look(case, VerifyKind::Postcheck, target, number, from, now);
                self.absorb(self.register.store.request_verification(&new, None, now).await)
            }
            Err(reason) => {
                let event = Event::VerdictPostcheck(Outcome::Undeterminable);
                self.give_up(case, event, reason, now).await
            }
        }
    }

    /// The looks since the crew's last word, oldest first.
    async fn round(&self, case: &CaseRow) -> Result<Vec<VerificationRow>, StoreError> {
        let mut looks = self.register.store.verifications(case.case_id).await?;
        looks.retain(|look| look.request.kind == VerifyKind::Postcheck && look.round == case.round);
        Ok(looks)
    }

    /// What they said, as far as the hub believes it.
    async fn past(
        &self,
        round: &[VerificationRow],
        case: &CaseRow,
    ) -> Result<Vec<PastLook>, StoreError> {
        let mut past = Vec::new();
        for look in round {
            let verdict = look.result.as_ref().map(|result| &result.verdict);
            let is_outside =
                |verdict: &&Verdict| verdict.reasons.contains(&Reason::OutsideSchedule);
            let said = match verdict {
                Some(verdict) if verdict.verdict == Outcome::Cleared => {
                    match self.doubt(look, case).await? {
                        None => Said::Cleared,
                        Some(_) => Said::Nothing,
                    }
                }
                verdict if verdict.as_ref().is_some_and(is_outside) => Said::OutsideDaypart,
                _ => Said::Nothing,
            };
            past.push(PastLook {
                from: look.request.from,
                to: look.request.to,
                began_at: look.requested_at.max(look.request.to),
                ended_at: look.settled_at.unwrap_or_else(|| self.register.now()),
                said,
            });
        }
        Ok(past)
    }

    /// Not before the place has settled, and as fresh as can be: a late feedback is no reason to
    /// look at old footage.
    fn postcheck_from(&self, case: &CaseRow, now: WallTime) -> WallTime {
        let disposed_at = case.disposed_at.unwrap_or(now);
        disposed_at.plus(self.times.settle).max(now.minus(self.times.look))
    }

    fn look(
        &self,
        case: &CaseRow,
        kind: VerifyKind,
        target: Target,
        try_number: i64,
        from: WallTime,
        now: WallTime,
    ) -> NewVerification {
        let to = from.plus(self.times.look);
        let send_at = now.max(to);
        let not_before = match kind {
            VerifyKind::Precheck => None,
            VerifyKind::Postcheck => case.disposed_at,
        };
        NewVerification {
            case_id: case.case_id,
            round: case.round,
            try_number,
            node: target.camera.node,
            send_at,
            request: VerifyRequestData {
                request_id: self.register.new_id(),
                kind,
                camera: target.camera.camera,
                cell: case.place.as_ref().map(|place| place.code_2d.clone()),
                pattern: target.pattern,
                zone: case.zone.clone(),
                from,
                to,
                not_before,
                deadline: send_at.plus(self.times.answer_within),
                case_id: Some(case.case_id),
                priority: Some(case.priority),
                photographs: Vec::new(),
            },
        }
    }

    async fn settle_if_due(&self, look: &VerificationRow, now: WallTime) -> Result<(), StoreError> {
        let store = &self.register.store;
        let Some(case) = store.case(look.case_id).await? else { return Ok(()) };
        let late = now >= look.request.deadline;
        let (outcome, reason) = match &look.result {
            None if late => (Outcome::Undeterminable, "deadline_passed".to_owned()),
            None => return Ok(()),
            Some(result) => {
                let verdict = &result.verdict;
                let stated = verdict.reasons.first().map(reason_code).unwrap_or_default();
                match self.doubt(look, &case).await? {
                    Some(doubt) => (Outcome::Undeterminable, doubt),
                    None => (verdict.verdict, stated),
                }
            }
        };
        if look.request.kind == VerifyKind::Precheck
            && outcome == Outcome::Undeterminable
            && case.state == State::Prechecking
            && let Some(next) = self.next_precheck(look, &case, now).await?
        {
            return store.pass_on(look.request.request_id, &next, now).await;
        }
        let is_postcheck = look.request.kind == VerifyKind::Postcheck;
        let past = match is_postcheck {
            true => self.past(&self.round(&case).await?, &case).await?,
            false => Vec::new(),
        };
        let clears = outcome == Outcome::Cleared && is_postcheck;
        let (outcome, reason) = match clears && !self.times.is_confirmed(&past) {
            true => (Outcome::Undeterminable, "cleared_once".to_owned()),
            false => (outcome, reason),
        };
        let clears = outcome == Outcome::Cleared && is_postcheck;
        let has_pictures = !clears || self.pictures_are_held(&case).await?;
        if !has_pictures && !late {
            // They are being uploaded; the verdict waits for them until its deadline.
            return Ok(());
        }
        let reason = if has_pictures { reason } else { "pictures_missing".to_owned() };
        let event = match look.request.kind {
            VerifyKind::Precheck => Event::VerdictPrecheck(outcome),
            VerifyKind::Postcheck => Event::VerdictPostcheck(outcome),
        };
        let mut decision = Decision::new(event, actor(look), now);
        decision.reason = (!reason.is_empty()).then_some(reason);
        decision.tries_left = self.times.may_look_again(&past);
        let settled = store.settle(look.request.request_id, look.case_id, &decision).await;
        self.absorb(settled)
    }

    /// The same look by the next best camera that can see now, where the one asked could not say.
    async fn next_precheck(
        &self,
        look: &VerificationRow,
        case: &CaseRow,
        now: WallTime,
    ) -> Result<Option<NewVerification>, StoreError> {
        let reasons = look.result.iter().flat_map(|result| &result.verdict.reasons);
        let hopeless = reasons.into_iter().any(|reason| *reason == Reason::NotDecidableByVideo);
        if hopeless || look.try_number >= i64::from(self.times.tries_max) {
            return Ok(None);
        }
        let looks = self.register.store.verifications(case.case_id).await?;
        let asked: Vec<Asked> = looks
            .into_iter()
            .map(|one| Asked { node: one.node, camera: one.request.camera })
            .collect();
        let picked = self.pick(case, &look.request.pattern, &asked);
        Ok(picked.filter(|picked| picked.blind.is_none()).map(|picked| {
            let target = Target { camera: picked.camera, pattern: look.request.pattern.clone() };
            let from = now.minus(self.times.look);
            self.look(case, VerifyKind::Precheck, target, look.try_number + 1, from, now)
        }))
    }

    /// Why a CLEARED verdict of a postcheck must not be believed.
    async fn doubt(
        &self,
        look: &VerificationRow,
        case: &CaseRow,
    ) -> Result<Option<String>, StoreError> {
        let Some(result) = &look.result else { return Ok(None) };
        if look.request.kind == VerifyKind::Precheck {
            return Ok(None);
        }
        let not_before = look.request.not_before.unwrap_or(look.request.from);
        let sight = self.register.store.sight(case).await?;
        let checked = clearance::check(&result.verdict, not_before, &sight);
        Ok(checked.err().map(|doubt| doubt.to_string()))
    }

    async fn pictures_are_held(&self, case: &CaseRow) -> Result<bool, StoreError> {
        let Some(disposed_at) = case.disposed_at else { return Ok(false) };
        let files = self.register.store.case_evidence(case.case_id).await?;
        let pictures = || {
            files
                .iter()
                .filter(|file| file.available && file.evidence.media_type.starts_with("image/"))
        };
        let before = pictures()
            .any(|file| file.evidence.role != "after" && file.evidence.captured_at <= disposed_at);
        let after = pictures()
            .any(|file| file.evidence.role == "after" && file.evidence.captured_at >= disposed_at);
        Ok(before && after)
    }

    async fn give_up(
        &self,
        case: &CaseRow,
        event: Event,
        reason: Reason,
        now: WallTime,
    ) -> Result<(), StoreError> {
        let mut decision = Decision::new(event, "auto:verify", now);
        decision.reason = Some(reason_code(&reason));
        let decided = self.register.store.decide(case.case_id, None, &decision).await;
        self.absorb(decided.map(Some))
    }

    /// Announces what changed. A person who was faster is no fault.
    fn absorb(
        &self,
        result: Result<Option<crate::drivers::store::hub::CaseChange>, DecideError>,
    ) -> Result<(), StoreError> {
        match result {
            Ok(Some(change)) => self.register.announce(&change),
            Ok(None) => {}
            Err(DecideError::Store(error)) => return Err(error),
            Err(overtaken) => tracing::info!(%overtaken, "nothing to verify any more"),
        }
        Ok(())
    }
}

fn actor(look: &VerificationRow) -> String {
    match &look.result {
        Some(result) => {
            let pattern = &result.verdict.pattern;
            format!("auto:{}@{}", pattern.id, pattern.version)
        }
        None => "auto:verify".to_owned(),
    }
}

/// The code as it stands on the wire.
fn reason_code(reason: &Reason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
