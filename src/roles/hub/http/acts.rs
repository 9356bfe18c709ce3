//! What people, and the city's platform for its units, do to a case.

use super::{
    AppState,
    auth::{Person, Reporter},
    cases::{answer, if_match, note},
    problem::{Answer, Body, Problem, Segment},
    view::CaseDetail,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            lifecycle::{Event, EventKind},
            policy::CasePolicy,
        },
        ids::CaseId,
        people::AssignedWhy,
        wire::EventData,
    },
    drivers::store::hub::{CaseChange, Decision},
    roles::hub::{KnownEvent, checks, text::without_contacts},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use std::{collections::BTreeSet, time::Duration};
use utoipa::ToSchema;

const REASON_CHARS_MAX: usize = 64;
/// 挂账: a year at most.
const SUSPENDED_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);

/// What the platform may do for its units and dispatchers.
const HANDLING: &[EventKind] = &[
    EventKind::Dispatch,
    EventKind::Return,
    EventKind::Accept,
    EventKind::Suspend,
    EventKind::Resume,
    EventKind::Extend,
];
/// What only a person may do.
const DECIDING: &[EventKind] = &[
    EventKind::Confirm,
    EventKind::Reject,
    EventKind::Close,
    EventKind::Rework,
    EventKind::Reopen,
    EventKind::Merge,
    EventKind::Unmerge,
    EventKind::Assign,
    EventKind::Reclassify,
    EventKind::Undo,
    EventKind::Check,
    EventKind::Uncheck,
];

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// `confirm`, `reject`, `close`, `rework`, `reopen`, `merge`, `unmerge`, `assign`, `reclassify`, `undo`, `check`,
    /// `uncheck`, or what the platform may do as well: `dispatch`, `return`, `accept`, `suspend`, `resume`, `extend`
    pub action: String,
    pub reason: Option<String>,
    /// Of `merge`: the case that goes on for both.
    pub into: Option<String>,
    /// Of `dispatch`: who is to deal with it.
    pub unit: Option<String>,
    /// Of `assign`: the name of one of the grid's staff; left out, the nearest.
    pub assignee: Option<String>,
    /// Of `reclassify`: what it is; one of the `choices` of the action.
    pub event_code: Option<String>,
    /// Of `suspend`: when it ends by itself.
    #[schema(value_type = Option<String>)]
    pub until: Option<WallTime>,
    /// Of `check` and `uncheck`: an item of the closure checklist.
    pub item: Option<String>,
    pub note: Option<String>,
}

/// A person's decision.
#[utoipa::path(post, path = "/api/v1/cases/{id}/act", params(("id" = String, Path),
    ("If-Match" = String, Header)), request_body = Act, responses(
    (status = 200, body = CaseDetail), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem)))]
pub async fn act(
    State(state): State<AppState>,
    person: Person,
    Segment(case_id): Segment<CaseId>,
    headers: HeaderMap,
    Body(act): Body<Act>,
) -> Answer<Response> {
    person.demand_decision(&act.action)?;
    // What is no id is refused below.
    if let Some(Ok(into)) = act.into.as_deref().map(str::parse) {
        person.sees(&state, into).await?;
    }
    let version = if_match(&headers)?;
    let allowed = [DECIDING, HANDLING].concat();
    done(&state, case_id, Some(version), act, &allowed, person.name).await
}

/// What the platform says of a unit's work; a person may say it here too.
#[utoipa::path(post, path = "/api/v1/cases/{id}/handling", params(("id" = String, Path)),
    request_body = Act, responses((status = 200, body = CaseDetail),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn handling(
    State(state): State<AppState>,
    reporter: Reporter,
    Segment(case_id): Segment<CaseId>,
    headers: HeaderMap,
    Body(act): Body<Act>,
) -> Answer<Response> {
    reporter.demand_decision(&act.action)?;
    let version = headers.contains_key("if-match").then(|| if_match(&headers)).transpose()?;
    done(&state, case_id, version, act, HANDLING, reporter.name).await
}

async fn done(
    state: &AppState,
    case_id: CaseId,
    version: Option<i64>,
    act: Act,
    allowed: &[EventKind],
    actor: String,
) -> Answer<Response> {
    let now = state.register.now();
    let event = event(&act, allowed, state, now)?;
    let into = into(&event, act.into)?;
    let assignee = act.assignee;
    let said = note(act.note)?;
    let mut decision = Decision::new(event, actor.as_str(), now);
    decision.reason = act.reason.filter(|reason| !reason.is_empty());
    // The history has no columns of its own for these.
    decision.note = match (&decision.event, said) {
        (Event::Dispatch { unit }, Some(said)) => Some(format!("{unit}: {said}")),
        (Event::Dispatch { unit }, None) => Some(unit.clone()),
        (Event::Suspend { until, .. }, Some(said)) => Some(format!("→ {until}: {said}")),
        (Event::Suspend { until, .. }, None) => Some(format!("→ {until}")),
        (_, said) => said,
    };
    let store = &state.register.store;
    let changes: Vec<CaseChange> = match (&decision.event, into) {
        (_, Some(into)) => store.merge(case_id, version, into, &decision).await?,
        (Event::Unmerge, None) => store.unmerge(case_id, version, &decision).await?,
        (Event::Assign { .. }, None) => {
            vec![store.assign(case_id, version, assignee.as_deref(), &decision).await?]
        }
        (Event::Reopen, None) => store.reopen(case_id, version, &decision).await?,
        (Event::Reclassify { .. }, None) => {
            vec![store.reclassify(case_id, version, &decision).await?]
        }
        (Event::Undo, None) => store.undo(case_id, version, &decision).await?,
        (_, None) => vec![store.decide(case_id, version, &decision).await?],
    };
    changes.iter().for_each(|change| state.register.announce(change));
    answer(state, StatusCode::OK, case_id, &actor).await
}

fn event(act: &Act, allowed: &[EventKind], state: &AppState, now: WallTime) -> Answer<Event> {
    let policy = state.register.store.policy();
    let words: Vec<&str> = allowed.iter().map(|kind| kind.as_str()).collect();
    let kind = act.action.parse::<EventKind>().ok().filter(|kind| allowed.contains(kind));
    let kind = kind.ok_or_else(|| Problem::invalid("action", &act.action, words.join(" ")))?;
    let reason = act.reason.clone().unwrap_or_default();
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Problem::invalid("reason", reason, "a reason code"));
    }
    let checks = matches!(kind, EventKind::Check | EventKind::Uncheck);
    only("unit", act.unit.as_deref(), kind == EventKind::Dispatch, "dispatch")?;
    only("item", act.item.as_deref(), checks, "check and uncheck")?;
    only("assignee", act.assignee.as_deref(), kind == EventKind::Assign, "assign")?;
    only("event_code", act.event_code.as_deref(), kind == EventKind::Reclassify, "reclassify")?;
    let until = act.until.map(|until| until.to_string());
    only("until", until.as_deref(), kind == EventKind::Suspend, "suspend")?;
    Ok(match kind {
        EventKind::Confirm => Event::Confirm,
        EventKind::Reject => Event::Reject { reason },
        EventKind::Close => Event::Close { reason },
        EventKind::Rework => Event::Rework { reason },
        EventKind::Reopen => Event::Reopen,
        EventKind::Merge => Event::Merge,
        EventKind::Unmerge => Event::Unmerge,
        EventKind::Dispatch => {
            Event::Dispatch { unit: unit(act.unit.as_deref().unwrap_or_default())? }
        }
        EventKind::Return => Event::Return { reason },
        EventKind::Accept => Event::Accept,
        EventKind::Suspend => Event::Suspend { reason, until: ends(act.until, now)? },
        EventKind::Resume => Event::Resume,
        EventKind::Extend => Event::Extend { reason },
        // Who it is stands where the accounts are.
        EventKind::Assign => Event::Assign {
            to: act.assignee.clone().unwrap_or_default(),
            why: AssignedWhy::ByPerson,
            metres: None,
        },
        EventKind::Reclassify => Event::Reclassify { to: known(act, &state.config.events)? },
        EventKind::Undo => Event::Undo,
        EventKind::Check => Event::Check { item: item(act, policy)? },
        EventKind::Uncheck => Event::Uncheck { item: item(act, policy)? },
        _ => return Err(Problem::invalid("action", &act.action, words.join(" "))),
    })
}

/// A field that stands with one action and with no other.
fn only(field: &str, given: Option<&str>, belongs: bool, action: &str) -> Answer<()> {
    match given {
        Some(value) if !belongs => {
            Err(Problem::invalid(field, value, format!("nothing: only with action {action}")))
        }
        _ => Ok(()),
    }
}

/// The name of a unit: bounded, not blank, without contact data.
pub fn unit(given: &str) -> Answer<String> {
    checks::note("unit", given)?;
    let unit = without_contacts(given.trim()).replace(['\r', '\n', '\t'], " ");
    match unit.is_empty() {
        true => Err(Problem::invalid("unit", given, "the name of the unit")),
        false => Ok(unit),
    }
}

fn ends(until: Option<WallTime>, now: WallTime) -> Answer<WallTime> {
    let latest = now.plus(SUSPENDED_MAX);
    let given = until.map(|until| until.to_string()).unwrap_or_default();
    let sound = until.filter(|until| *until > now && *until <= latest);
    sound.ok_or_else(|| {
        Problem::invalid(
            "until",
            given,
            format!("a time after {now} (now), {latest} at the latest"),
        )
    })
}

/// An event of the catalogue.
fn known(act: &Act, events: &[KnownEvent]) -> Answer<Box<EventData>> {
    let given = act.event_code.as_deref().unwrap_or_default();
    match events.iter().find(|known| known.event.code == given) {
        Some(known) => Ok(Box::new(known.event.clone())),
        None => {
            let codes: BTreeSet<&str> =
                events.iter().map(|known| known.event.code.as_str()).collect();
            let codes: Vec<&str> = codes.into_iter().collect();
            Err(Problem::invalid("event_code", given, codes.join(" ")))
        }
    }
}

fn item(act: &Act, policy: &CasePolicy) -> Answer<String> {
    let given = act.item.clone().unwrap_or_default();
    match policy.item(&given) {
        Some(item) => Ok(item.id.clone()),
        None => {
            let ids: Vec<&str> = policy.checklist.iter().map(|item| item.id.as_str()).collect();
            Err(Problem::invalid(
                "item",
                given,
                format!("an item of this hub's checklist: {}", ids.join(" ")),
            ))
        }
    }
}

/// Which case to merge into: named with a merge and with nothing else.
fn into(event: &Event, given: Option<String>) -> Answer<Option<CaseId>> {
    match (event, given) {
        (Event::Merge, Some(id)) => {
            let bad = |error| Problem::invalid("into", &id, format!("a case id; {error}"));
            id.parse().map(Some).map_err(bad)
        }
        (Event::Merge, None) => Err(Problem::invalid("into", "", "the id of a case")),
        (_, Some(id)) => Err(Problem::invalid("into", id, "nothing: only with action merge")),
        (_, None) => Ok(None),
    }
}
