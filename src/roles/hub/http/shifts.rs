//! Shift handover (交接班): what is open on whoever asks, and how it goes to somebody else.

use super::{
    AppState,
    auth::Person,
    cases::note,
    problem::{Answer, Body, Problem, Segment},
    view::{self, CaseSummary},
};
use crate::{
    base::time::WallTime,
    domain::{case::lifecycle::State as CaseState, ids::CaseId},
    drivers::store::hub::{Access, AccessKind, CaseFilter, HANDED_MAX, Handover, HandoverError},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;
use uuid::Uuid;

/// A shift that nobody began by a handover began so long ago.
const SHIFT: Duration = Duration::from_secs(12 * 3_600);
const ASSIGNED_MAX: usize = 200;
const HANDOVERS_MAX: u32 = 50;
/// More are not counted out.
const LEFT_MAX: u32 = 1_000;

#[derive(Serialize, ToSchema)]
pub struct HandoverView {
    pub shift_id: String,
    pub from: String,
    pub to: String,
    #[schema(value_type = String)]
    pub at: WallTime,
    pub note: String,
    /// How many cases went with it.
    pub cases: i64,
    /// Absent: the receiver has not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub read_at: Option<WallTime>,
}

#[derive(Serialize, ToSchema)]
pub struct ShiftView {
    /// When the last handover to or by whoever asks was; 12 hours ago at the earliest.
    #[schema(value_type = String)]
    pub began_at: WallTime,
    /// What they did since, by the name of the act.
    #[schema(value_type = Object)]
    pub done: BTreeMap<String, i64>,
    /// Cases of their area that wait for a review; 1,000 stands for more.
    pub left_over: usize,
    /// With them, what is due first first; 200 at most.
    pub assigned: Vec<CaseSummary>,
    /// Handed to them and not read yet.
    pub unread: Vec<HandoverView>,
    /// The last handovers to or by them, newest first.
    pub handovers: Vec<HandoverView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandover {
    /// Who goes on: the name of an open account; of the grid's staff, where cases go with it.
    pub to: String,
    pub note: String,
    /// Left out: all cases that are with whoever hands over.
    #[schema(value_type = Option<Vec<String>>)]
    pub cases: Option<Vec<CaseId>>,
}

#[derive(Serialize, ToSchema)]
pub struct HandedOverView {
    #[serde(flatten)]
    pub handover: HandoverView,
    /// Cases that stay: the receiver handled them (four eyes), or they are not with whoever hands over.
    pub kept: Vec<String>,
}

fn view(handover: &Handover) -> HandoverView {
    HandoverView {
        shift_id: handover.handover_id.to_string(),
        from: handover.from.clone(),
        to: handover.to.clone(),
        at: handover.at,
        note: handover.note.clone(),
        cases: handover.cases,
        read_at: handover.read_at,
    }
}

/// What is open on whoever asks.
#[utoipa::path(get, path = "/api/v1/shifts/now", responses((status = 200, body = ShiftView)))]
pub async fn now(State(state): State<AppState>, person: Person) -> Answer<Json<ShiftView>> {
    let (store, now) = (&state.register.store, state.register.now());
    let handovers = store.handovers(&person.name, HANDOVERS_MAX).await?;
    let earliest = now.minus(SHIFT);
    let began_at = handovers.first().map_or(earliest, |last| last.at.max(earliest));
    let mut done = store.decided_since(&person.name, began_at).await?;
    // A handover is told by itself.
    done.retain(|kind, _| {
        crate::domain::people::Act::of_decision(kind).is_some() || kind == "undo"
    });
    let waiting = CaseFilter {
        states: vec![CaseState::PendingReview, CaseState::Manual],
        area: person.area.clone(),
        viewer: Some(person.name.clone()),
        ..CaseFilter::default()
    };
    let left_over = store.cases(&waiting, None, LEFT_MAX).await?.len();
    let assigned = store.cases_with(&person.name, ASSIGNED_MAX).await?;
    let unread = |one: &&Handover| one.to == person.name && one.read_at.is_none();
    Ok(Json(ShiftView {
        began_at,
        done,
        left_over,
        assigned: assigned.iter().map(view::summary).collect(),
        unread: handovers.iter().filter(unread).map(view).collect(),
        handovers: handovers.iter().map(view).collect(),
    }))
}

/// Hands what one had to somebody else, with a note.
#[utoipa::path(post, path = "/api/v1/shifts/handover", request_body = NewHandover, responses(
    (status = 201, body = HandedOverView), (status = 422, body = Problem)))]
pub async fn hand_over(
    State(state): State<AppState>,
    person: Person,
    Body(new): Body<NewHandover>,
) -> Answer<(StatusCode, Json<HandedOverView>)> {
    if new.to == person.name {
        return Err(Problem::invalid("to", new.to, "somebody else"));
    }
    let wanted = new.cases.as_deref();
    if wanted.is_some_and(|cases| cases.len() > HANDED_MAX) {
        let count = wanted.map_or(0, <[CaseId]>::len).to_string();
        return Err(Problem::invalid("cases", count, format!("at most {HANDED_MAX}")));
    }
    let register = &state.register;
    let mut handover = Handover {
        handover_id: register.new_id(),
        from: person.name.clone(),
        to: new.to,
        note: note(Some(new.note))?.unwrap_or_default(),
        at: register.now(),
        cases: 0,
        read_at: None,
    };
    let log = Access {
        detail: format!("{} -> {}", handover.from, handover.to),
        why: handover.handover_id.to_string(),
        ..register.access(AccessKind::Handover, &person.name, person.unit.as_deref())
    };
    let done = register.store.hand_over(&handover, wanted, &log).await;
    let done = done.map_err(|error| match error {
        HandoverError::Store(error) => error.into(),
        error => Problem::invalid("to", &handover.to, error.to_string()),
    })?;
    done.changes.iter().for_each(|change| register.announce(change));
    handover.cases = i64::try_from(done.changes.len()).unwrap_or(i64::MAX);
    let kept = done.kept.iter().map(CaseId::to_string).collect();
    Ok((StatusCode::CREATED, Json(HandedOverView { handover: view(&handover), kept })))
}

/// The receiver has read the note.
#[utoipa::path(post, path = "/api/v1/shifts/{shift_id}/read", params(("shift_id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn read(
    State(state): State<AppState>,
    person: Person,
    Segment(shift_id): Segment<Uuid>,
) -> Answer<StatusCode> {
    let register = &state.register;
    match register.store.read_handover(shift_id, &person.name, register.now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("handover to you")),
    }
}
