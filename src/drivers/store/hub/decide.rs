//! Decisions: what the table of states has to know of each, and the message to the edges that must know.

use super::{
    HUB_NAME, HubStore, Tx,
    clocks::may_extend,
    merges::{BadMaster, merged_cases, still_seen},
    outbound::{OutboundRow, Waits, insert_outbound},
    records::{CaseRow, case_by_id, to_json},
    steps::{Background, Step},
    undo,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{self, Effect, Event, EventKind, Known, Refused, State, Transition},
        ids::CaseId,
        people::AssignedWhy,
        verdict::Outcome,
        wire::{CloudEvent, DecisionData, DecisionKind, Leaf, NodeAddress, Topic},
    },
    drivers::store::StoreError,
};

/// An event with what the history keeps of it.
#[derive(Debug, Clone)]
pub struct Decision {
    pub event: Event,
    /// A person's name, `edge:<node>` or `auto:<what>`.
    pub actor: String,
    /// Why, where the event itself carries no reason code.
    pub reason: Option<String>,
    pub note: Option<String>,
    pub at: WallTime,
    /// Tries and time of a postcheck are not spent; of no weight for other events.
    pub tries_left: bool,
}

impl Decision {
    pub fn new(event: Event, actor: impl Into<String>, at: WallTime) -> Self {
        Self { event, actor: actor.into(), reason: None, note: None, at, tries_left: false }
    }
}

/// What the world outside the store is told after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseChange {
    pub case_id: CaseId,
    pub version: i64,
    pub state: State,
    pub effect: Effect,
}

impl CaseChange {
    /// Nothing follows: the case stands as it did.
    pub(super) fn none(case: &CaseRow) -> Self {
        let CaseRow { case_id, version, state, .. } = *case;
        Self { case_id, version, state, effect: Effect::None }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("there is no case {0}")]
    NotFound(CaseId),
    #[error("the case has version {current}, not {expected}: someone was faster")]
    Stale { expected: i64, current: i64 },
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the closure checklist is not done; still open: {}", missing.join(" "))]
    Checklist { missing: Vec<String> },
    #[error("{name:?} is nobody of the grid's staff with an open account")]
    NoSuchStaff { name: String },
    #[error("the case is {code} already")]
    SameEvent { code: String },
    #[error("there is nobody of the grid's staff to give it to by itself: {why}")]
    NobodyNear { why: AssignedWhy },
    #[error(transparent)]
    Master(#[from] BadMaster),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HubStore {
    /// Applies one event to one case. `expected_version` is what the decider had on screen. A merge
    /// concerns two cases: see [`HubStore::merge`].
    pub async fn decide(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let change = self.step(&mut tx, &case, decision).await?;
        self.commit(tx).await?;
        Ok(change)
    }

    /// The crew says that it is done: remembers when, and begins a new round of looks.
    pub async fn feedback(
        &self,
        case_id: CaseId,
        unit: &str,
        disposed_at: WallTime,
        photos: &[String],
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_for_update(&mut tx, case_id).await?;
        // First, so that whoever is told of the step is told of the unit too.
        sqlx::query(
            "UPDATE cases SET disposed_at_millis = $1, round = round + 1, unit = $3, \
             first_handler = COALESCE(first_handler, $3) WHERE case_id = $2",
        )
        .bind(disposed_at.unix_millis())
        .bind(case_id.to_string())
        .bind(unit)
        .execute(&mut *tx)
        .await
        .map_err(|error| self.failed(error))?;
        let change = self.step(&mut tx, &case, decision).await?;
        for sha256 in photos {
            self.link_photograph(&mut tx, case_id, sha256, disposed_at).await?;
        }
        self.commit(tx).await?;
        Ok(change)
    }

    /// The case, if it is still as the decider had it on screen.
    pub(super) async fn case_expected(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        expected_version: Option<i64>,
    ) -> Result<CaseRow, DecideError> {
        let case = self.case_for_update(tx, case_id).await?;
        match expected_version.filter(|expected| *expected != case.version) {
            Some(expected) => Err(DecideError::Stale { expected, current: case.version }),
            None => Ok(case),
        }
    }

    pub(super) async fn case_for_update(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
    ) -> Result<CaseRow, DecideError> {
        self.case_in(tx, case_id).await?.ok_or(DecideError::NotFound(case_id))
    }

    pub(super) async fn case_in(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
    ) -> Result<Option<CaseRow>, StoreError> {
        case_by_id(&mut **tx, case_id).await.map_err(|error| self.failed(error))
    }

    /// From the case as it stands to the next state, and to whom it goes there, inside the caller's transaction.
    pub(super) async fn step(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let change = self.step_alone(tx, case, decision).await?;
        self.hand_on(tx, case, change, decision).await
    }

    pub(super) async fn step_alone(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let background = self.backgrounds(tx, &[case.case_id]).await?.remove(&case.case_id);
        let mut background = background.unwrap_or_default();
        if decision.event == Event::Undo {
            background.taken_back = Some(self.taken_back(tx, case, decision).await?);
        }
        let transition = self.transition(tx, case, decision, &background).await?;
        let step = self.stepped(case, &background, transition, decision);
        self.write(tx, std::slice::from_ref(&step)).await?;
        Ok(step.change())
    }

    /// What the table says of an event.
    pub(super) async fn transition(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        decision: &Decision,
        background: &Background,
    ) -> Result<Transition, DecideError> {
        let event = &decision.event;
        let taken_back = background.taken_back.as_ref();
        let known = Known {
            phase: match taken_back {
                Some(Ok(before)) => before.phase,
                _ => case.phase,
            },
            before_and_after: self.has_before_and_after(tx, case, event).await?,
            tries_left: decision.tries_left,
            seen_elsewhere: still_seen(&background.merged),
            merged_from: case.merged_from,
            handled_it: self.handled_it(tx, case.case_id, decision).await?,
            checklist_done: self.checklist_done(tx, case, event).await?,
            suspended_before: case.suspensions > 0,
            extension_left: may_extend(&background.runs),
            may_reopen: self.may_reopen(case, event),
            undo: undo::to(taken_back),
        };
        match lifecycle::next(Some(case.state), event, &known) {
            Err(Refused::Checklist) => {
                let missing = self.missing_items(tx, case.case_id).await?;
                Err(DecideError::Checklist { missing })
            }
            stepped => Ok(stepped?),
        }
    }

    /// Of a step that was just written, to the edges that must know.
    pub(super) async fn tell_edges(&self, tx: &mut Tx, step: &Step<'_>) -> Result<(), StoreError> {
        let Some(kind) = published_as(&step.transition) else { return Ok(()) };
        let (case_id, number, decision) = (step.case_id, step.version, step.decision);
        let reason = decision.event.reason().or(decision.reason.as_deref());
        let mut data = DecisionData {
            case_id,
            decision: kind,
            reason: reason.map(str::to_owned),
            at: decision.at,
        };
        let waits = step.undoable.as_ref().and_then(|undoable| undoable.told_at);
        let waits = waits.map(|until| Waits { held: undo::held(case_id, number), until });
        let message_id = format!("{case_id}:{HUB_NAME}:{number}");
        self.tell_writers(tx, &data, &message_id, waits.as_ref()).await?;
        if kind == DecisionKind::Rejected {
            // A false alarm is one before every witness; each knows the thing by its own case.
            let merged = merged_cases(tx, case_id).await;
            for merged in merged.map_err(|error| self.failed(error))? {
                data.case_id = merged.case_id;
                let message_id = format!("{}:{HUB_NAME}:{case_id}:{number}", merged.case_id);
                self.tell_writers(tx, &data, &message_id, waits.as_ref()).await?;
            }
        }
        Ok(())
    }

    /// A decision to every edge that reported its case; the message id ends with the node.
    async fn tell_writers(
        &self,
        tx: &mut Tx,
        data: &DecisionData,
        message_id: &str,
        waits: Option<&Waits>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        for address in self.writers_of(tx, data.case_id).await? {
            let topic = Topic::new(&address, Leaf::Decision(data.case_id)).to_string();
            let message_id = format!("{message_id}:{}", address.node);
            let event = self.cloud_event(
                "case.decision",
                message_id.clone(),
                data.at,
                data.case_id.to_string(),
                data,
            );
            let payload = to_json("payload", &event).map_err(failed)?;
            let row = OutboundRow { message_id, topic, payload };
            insert_outbound(tx, &row, &address, data.at, waits).await.map_err(failed)?;
        }
        Ok(())
    }

    /// A message of the hub.
    pub fn cloud_event<T>(
        &self,
        kind: &str,
        id: String,
        at: WallTime,
        subject: String,
        data: T,
    ) -> CloudEvent<T> {
        CloudEvent {
            specversion: "1.0".to_owned(),
            id,
            source: format!("/gridwarden/{}/{HUB_NAME}", self.district),
            kind: format!("cn.gridwarden.{kind}"),
            time: at,
            subject,
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }

    async fn writers_of(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
    ) -> Result<Vec<NodeAddress>, StoreError> {
        let writers: Vec<String> =
            sqlx::query_scalar("SELECT writer FROM fact_streams WHERE case_id = $1")
                .bind(case_id.to_string())
                .fetch_all(&mut **tx)
                .await
                .map_err(|error| self.failed(error))?;
        Ok(writers.iter().filter_map(|writer| self.address_of(writer)).collect())
    }

    /// Whether whoever closes this case, or is to look at it, handled it; nothing else asks.
    async fn handled_it(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        match &decision.event {
            Event::Close { .. } => {}
            Event::Assign { to, .. } => return self.took_it_on(tx, case_id, to).await,
            _ => return Ok(false),
        }
        let said: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM history WHERE case_id = $1 AND kind = $2 AND actor = $3",
        )
        .bind(case_id.to_string())
        .bind(EventKind::Feedback.as_str())
        .bind(&decision.actor)
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(said > 0)
    }

    /// A masked picture from before the disposal and one from after it, whole and checked; asked only
    /// where it decides.
    async fn has_before_and_after(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let (Some(disposed_at), Event::VerdictPostcheck(Outcome::Cleared)) =
            (case.disposed_at, event)
        else {
            return Ok(false);
        };
        let (before, after): (i64, i64) = sqlx::query_as(
            "SELECT COALESCE(SUM(CASE WHEN c.role <> 'after' AND c.captured_at_millis <= $2 THEN 1 ELSE 0 END), 0), \
                    COALESCE(SUM(CASE WHEN c.role = 'after' AND c.captured_at_millis >= $2 THEN 1 ELSE 0 END), 0) \
             FROM case_evidence c JOIN evidence e ON e.sha256 = c.sha256 \
             WHERE c.case_id = $1 AND e.complete = 1 AND c.masked = 1 AND c.media_type LIKE 'image/%'",
        )
        .bind(case.case_id.to_string())
        .bind(disposed_at.unix_millis())
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(before > 0 && after > 0)
    }
}

fn published_as(transition: &Transition) -> Option<DecisionKind> {
    if !transition.changes_state() {
        return None;
    }
    // Told that it was merged, an edge is told that it is not any more, wherever the case stands then.
    if transition.on == EventKind::Unmerge {
        return Some(DecisionKind::Reopened);
    }
    match transition.to {
        // It was filed before; who deals with it is no matter of the edge's.
        State::Filed if transition.on == EventKind::Return => None,
        State::Merged => Some(DecisionKind::Merged),
        State::Filed => Some(DecisionKind::Filed),
        State::Rejected => Some(DecisionKind::Rejected),
        State::Closed => Some(DecisionKind::Closed),
        State::Rework => Some(DecisionKind::Reopened),
        _ => None,
    }
}
