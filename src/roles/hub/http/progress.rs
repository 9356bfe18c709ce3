//! Where a case stands in its handling: its unit, its clocks, what its place has had before, its checklist.

use super::problem::Answer;
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            clock::{Clock, Timed},
            lifecycle::{self, EventKind},
            recurrence::Recurrence,
        },
        wire::EventData,
    },
    drivers::store::hub::CaseRow,
    roles::hub::{KnownEvent, register::Register},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One run of a clock, spans in seconds.
#[derive(Serialize, ToSchema)]
pub struct ClockView {
    /// `review`, `dispatch`, `disposal`, `postcheck` or `total`
    pub clock: String,
    #[schema(value_type = String)]
    pub started_at: WallTime,
    /// `working` (hours of duty) or `continuous`; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<String>,
    /// Without extensions; absent where the city's table has none for this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_secs: Option<u64>,
    pub extensions: u32,
    pub paused_secs: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub paused_since: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub deadline: Option<WallTime>,
    /// Why there is a limit and no deadline: `no_calendar`, `no_calendar_2027`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub overdue_at: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stopped_at: Option<WallTime>,
}

#[derive(Serialize, ToSchema)]
pub struct ItemView {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    pub required: bool,
    pub done: bool,
}

#[derive(Serialize, ToSchema)]
pub struct ActionView {
    pub action: String,
    pub reasons: Vec<String>,
    /// Of `reclassify`: the events that it may be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<ChoiceView>,
    /// Of `undo`: it must be taken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub until: Option<WallTime>,
}

/// An event of the catalogue.
#[derive(Serialize, ToSchema)]
pub struct ChoiceView {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
}

/// Who looks, and what the catalogue has.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    pub name: &'a str,
    pub events: &'a [KnownEvent],
}

#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// A, B or C.
    pub priority_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The first that it was given to, whoever it was passed on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_handler: Option<String>,
    /// How often a unit said that it was not its duty; the history says why.
    pub return_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub suspended_until: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<WallTime>,
    /// It is closed, and its place shows the thing again: a person may `reopen` it.
    pub reopen_proposed: bool,
    /// The closed case that this one may show to be not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopens: Option<String>,
    /// The last case of its kind that was closed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_of: Option<String>,
    /// Cases of its event within 50 m in the 30 days before it came, itself among them.
    pub count_30d: i64,
    /// On how many days they came.
    pub days_30d: i64,
    /// `repeated` (屡治屡返) or `stubborn` (顽疾点)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurring: Option<String>,
    /// Oldest first; a clock may have run several times.
    pub clocks: Vec<ClockView>,
    pub checklist: Vec<ItemView>,
    pub actions: Vec<ActionView>,
}

fn clock(clock: &Clock) -> ClockView {
    ClockView {
        clock: clock.kind.to_string(),
        started_at: clock.started_at,
        pace: clock.allowance.map(|allowance| allowance.pace.to_string()),
        limit_secs: clock.allowance.map(|allowance| allowance.amount.as_secs()),
        extensions: clock.extensions,
        paused_secs: clock.paused.as_secs(),
        paused_since: clock.paused_since,
        deadline: clock.deadline,
        no_deadline: clock.no_deadline.clone(),
        overdue_at: clock.overdue_at,
        stopped_at: clock.stopped_at,
    }
}

/// What a person may do now, of what the table lists for the state.
fn actions(
    case: &CaseRow,
    clocks: &[Clock],
    has_checklist: bool,
    viewer: Viewer<'_>,
    now: WallTime,
) -> Vec<ActionView> {
    let running = |clock: &&Clock| clock.stopped_at.is_none();
    let possible = |kind: EventKind| match kind {
        EventKind::Suspend => case.suspensions == 0,
        EventKind::Extend => clocks.iter().filter(running).any(Clock::may_extend),
        EventKind::Reopen => case.reopen_proposed,
        EventKind::Check | EventKind::Uncheck => has_checklist,
        _ => true,
    };
    let undo = case.undo.as_ref().filter(|may| may.is_for(viewer.name, now));
    let undo = undo.map(|may| ActionView {
        action: EventKind::Undo.to_string(),
        reasons: Vec::new(),
        choices: Vec::new(),
        until: Some(may.until),
    });
    lifecycle::actions(case.state, case.phase)
        .into_iter()
        .filter(|(action, _)| possible(*action))
        .map(|(action, reasons)| ActionView {
            action: action.to_string(),
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
            choices: match action {
                EventKind::Reclassify => choices(&case.event.code, viewer.events),
                _ => Vec::new(),
            },
            until: None,
        })
        .chain(undo)
        .collect()
}

/// Each event but the one that it is, once: several patterns may look for one.
fn choices(own: &str, events: &[KnownEvent]) -> Vec<ChoiceView> {
    let other: BTreeMap<&str, &EventData> = events
        .iter()
        .rev()
        .map(|known| (known.event.code.as_str(), &known.event))
        .filter(|(code, _)| *code != own)
        .collect();
    let choice = |event: &EventData| ChoiceView {
        code: event.code.clone(),
        name_zh: event.name_zh.clone(),
        name_en: event.name_en.clone(),
    };
    other.into_values().map(choice).collect()
}

pub async fn progress(
    register: &Register,
    case: &CaseRow,
    viewer: Viewer<'_>,
) -> Answer<ProgressView> {
    let store = &register.store;
    let (policy, clocks) = (store.policy(), store.clocks(case.case_id).await?);
    let done = match policy.checklist.is_empty() {
        true => Default::default(),
        false => store.ticked(case.case_id).await?,
    };
    let checklist = policy.checklist.iter().map(|item| ItemView {
        id: item.id.clone(),
        name_zh: item.name_zh.clone(),
        name_en: item.name_en.clone(),
        required: item.required,
        done: done.contains(&item.id),
    });
    let timed = Timed { code: &case.event.code, priority: case.priority };
    let recurring = Recurrence::recurring(case.cases_30d, case.days_30d);
    Ok(ProgressView {
        priority_class: policy.class(timed).to_string(),
        unit: case.unit.clone(),
        first_handler: case.first_handler.clone(),
        return_count: case.return_count,
        suspended_until: case.suspended_until,
        closed_at: case.closed_at,
        reopen_proposed: case.reopen_proposed,
        reopens: case.reopens.map(|case_id| case_id.to_string()),
        recurrence_of: case.recurrence_of.map(|case_id| case_id.to_string()),
        count_30d: case.cases_30d,
        days_30d: case.days_30d,
        recurring: recurring.map(|recurring| recurring.to_string()),
        checklist: checklist.collect(),
        actions: actions(case, &clocks, !policy.checklist.is_empty(), viewer, register.now()),
        clocks: clocks.iter().map(clock).collect(),
    })
}
