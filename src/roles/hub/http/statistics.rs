//! Figures for people: what happened in a span of days, by day, event, camera or hour.

use super::{
    AppState,
    auth::Person,
    map::{HotSpotView, hot_spot},
    problem::{Answer, Pairs, Problem},
    sheets,
};
use crate::{
    base::time::{LocalDate, WallTime},
    domain::{people::Area, statistics::Figures},
    drivers::store::hub::{By, Span},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

const DAYS_DEFAULT: u32 = 7;
const DAYS_MAX: u32 = 92;
const DAY: Duration = Duration::from_secs(24 * 3_600);
const HOUR_MILLIS: i64 = 3_600_000;
const RECURRING_MAX: u32 = 20;
/// Cameras and events with false alarms; more hide the worst.
const ALARMS_MAX: usize = 100;
const BYS: [(&str, By); 4] =
    [("day", By::Day), ("event", By::Event), ("camera", By::Camera), ("hour", By::Hour)];

/// Figures with what they come to; a rate is absent where it would be of nothing.
#[derive(Serialize, ToSchema)]
pub struct FiguresView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub figures: Figures,
    /// 误报率: of what people reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_alarm_rate: Option<f64>,
    /// 无法判定率: of all verdicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undeterminable_rate: Option<f64>,
    /// 人工推翻率: of what video closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruled_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_time_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rework_rate: Option<f64>,
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        Self {
            false_alarm_rate: figures.false_alarm_rate(),
            undeterminable_rate: figures.undeterminable_rate(),
            overruled_rate: figures.overruled_rate(),
            on_time_rate: figures.on_time_rate(),
            rework_rate: figures.rework_rate(),
            figures,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct FigureItem {
    /// A day, an event's code, `<node>/<camera>` (empty: no camera saw it), or an hour.
    pub key: String,
    #[serde(flatten)]
    pub figures: FiguresView,
}

#[derive(Serialize, ToSchema)]
pub struct AlarmView {
    pub camera: String,
    pub node: String,
    pub event_code: String,
    /// Confirmed and rejected.
    pub reviewed: i64,
    pub false_alarms: i64,
    pub rate: f64,
}

#[derive(Serialize, ToSchema)]
pub struct StatisticsView {
    /// Days of China, both in it.
    pub from: String,
    pub to: String,
    pub by: String,
    pub totals: FiguresView,
    pub items: Vec<FigureItem>,
    /// By camera and event, most false alarms first.
    pub false_alarms: Vec<AlarmView>,
    /// Where it comes back, the worst first.
    pub recurrence: Vec<HotSpotView>,
    /// Cases found, by weekday (Monday first) and hour.
    pub heat: Vec<Vec<i64>>,
}

struct Asked {
    from: LocalDate,
    to: LocalDate,
    span: Span,
    by: (&'static str, By),
}

fn midnight(day: LocalDate) -> Option<WallTime> {
    format!("{day}T00:00:00+08:00").parse().ok()
}

fn today(now: WallTime) -> LocalDate {
    now.local(crate::domain::schedule::CHINA_OFFSET_SECS).date
}

fn asked(pairs: Vec<(String, String)>, now: WallTime) -> Answer<Asked> {
    let (mut from, mut to, mut by) = (None, None, BYS[0]);
    for (name, value) in pairs {
        let bad = |allowed: String| Problem::invalid(&name, &value, allowed);
        let day = || {
            let day = value.parse::<LocalDate>().ok();
            day.ok_or_else(|| bad("a day, for example 2026-01-31".to_owned()))
        };
        match name.as_str() {
            "from" => from = Some(day()?),
            "to" => to = Some(day()?),
            "by" => {
                let known = BYS.iter().find(|(word, _)| *word == value).copied();
                by = known.ok_or_else(|| bad(BYS.map(|(word, _)| word).join(" ")))?;
            }
            _ => return Err(bad("from to by".to_owned())),
        }
    }
    let to = to.unwrap_or_else(|| today(now));
    let unheard = |name: &str, day: LocalDate, allowed: String| {
        Problem::invalid(name, day.to_string(), allowed)
    };
    let end = midnight(to).ok_or_else(|| unheard("to", to, "a day".to_owned()))?.plus(DAY);
    let week = end.minus(DAY * DAYS_DEFAULT);
    let from = from.unwrap_or_else(|| today(week));
    let begin = midnight(from).ok_or_else(|| unheard("from", from, "a day".to_owned()))?;
    let most = DAY * DAYS_MAX;
    if begin >= end || end.since(begin) > most {
        let allowed = format!("a day before {to}, {DAYS_MAX} days before it at the most");
        return Err(unheard("from", from, allowed));
    }
    Ok(Asked { from, to, span: Span { from: begin, to: end }, by })
}

/// What happened to cases in the area of whoever asks. As a sheet: `/api/v1/statistics.csv`, or `Accept: text/csv`.
#[utoipa::path(get, path = "/api/v1/statistics", params(("from" = Option<String>, Query),
    ("to" = Option<String>, Query), ("by" = Option<String>, Query)),
    responses((status = 200, body = StatisticsView), (status = 422, body = Problem)))]
pub async fn figures(
    State(state): State<AppState>,
    person: Person,
    headers: HeaderMap,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accepts.is_some_and(|accepts| accepts.trim_start().starts_with("text/csv")) {
        return sheet(&state, &person, pairs).await;
    }
    let Asked { from, to, span, by: (word, by) } = asked(pairs, state.register.now())?;
    let (store, area) = (&state.register.store, &person.area);
    let found = store.figures(by, span, area).await?;
    let mut totals = Figures::default();
    found.values().for_each(|figures| totals.add(figures));
    let pairs = store.figures(By::CameraEvent, span, area).await?;
    let hours = store.figures(By::WeekHour, span, area).await?;
    let spots = store.hot_spots(area, span.from, RECURRING_MAX).await?;
    Ok(Json(StatisticsView {
        from: from.to_string(),
        to: to.to_string(),
        by: word.to_owned(),
        totals: totals.into(),
        items: items(by, found),
        false_alarms: false_alarms(pairs),
        recurrence: spots.into_iter().map(hot_spot).collect(),
        heat: heat(&hours),
    })
    .into_response())
}

/// The same as a sheet.
#[utoipa::path(get, path = "/api/v1/statistics.csv", params(("from" = Option<String>, Query),
    ("to" = Option<String>, Query), ("by" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv"), (status = 422, body = Problem)))]
pub async fn figures_csv(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    sheet(&state, &person, pairs).await
}

async fn sheet(
    state: &AppState,
    person: &Person,
    pairs: Vec<(String, String)>,
) -> Answer<Response> {
    let Asked { span, by: (word, by), .. } = asked(pairs, state.register.now())?;
    let found = state.register.store.figures(by, span, &person.area).await?;
    let names = Figures::default().each().map(|(name, _)| name);
    let mut rows: Vec<Vec<String>> =
        vec![std::iter::once(word).chain(names).map(str::to_owned).collect()];
    for item in items(by, found) {
        let figures = item.figures.figures.each().map(|(_, figure)| figure.to_string());
        rows.push(std::iter::once(item.key).chain(figures).collect());
    }
    sheets::sheet(rows, "statistics.csv")
}

/// The figures of one local day that is over, of the whole district.
#[derive(Serialize, ToSchema)]
pub struct DigestView {
    pub day: String,
    pub district: String,
    pub totals: FiguresView,
    pub events: Vec<FigureItem>,
    pub cameras: Vec<FigureItem>,
    pub hours: Vec<FigureItem>,
}

/// As it was first told, byte for byte, whatever becomes of the cases later. For people without bounds.
#[utoipa::path(get, path = "/api/v1/digest", params(("day" = String, Query)), responses(
    (status = 200, body = DigestView), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
pub async fn digest(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let mut day = None;
    for (name, value) in pairs {
        match (name.as_str(), value.parse::<LocalDate>()) {
            ("day", Ok(given)) => day = Some(given),
            ("day", Err(_)) => {
                return Err(Problem::invalid(&name, value, "a day, for example 2026-01-31"));
            }
            _ => return Err(Problem::invalid(&name, value, "day")),
        }
    }
    let begin = day.and_then(|day| Some((day, midnight(day)?)));
    let Some((day, from)) = begin else {
        return Err(Problem::invalid("day", "", "a day, for example 2026-01-31"));
    };
    if !person.area.is_everywhere() {
        let told = "a digest is of the whole district; the statistics are of your area";
        return Err(Problem::new(StatusCode::FORBIDDEN, "area", told));
    }
    let (store, now) = (&state.register.store, state.register.now());
    let span = Span { from, to: from.plus(DAY) };
    // What is decided in its last moments may be taken back.
    if now < span.to.plus(store.policy().undo_within) {
        return Err(Problem::new(StatusCode::CONFLICT, "day-not-over", "that day is not over yet"));
    }
    let kept = match store.digest(day).await? {
        Some(kept) => kept,
        None => {
            let told = told(&state, day, span).await?;
            let body = serde_json::to_string(&told).map_err(|error| Problem::internal(&error))?;
            store.keep_digest(day, &body, now).await?
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], kept).into_response())
}

async fn told(state: &AppState, day: LocalDate, span: Span) -> Answer<DigestView> {
    let store = &state.register.store;
    let of = async |by| store.figures(by, span, &Area::EVERYWHERE).await;
    let (events, cameras, hours) =
        (of(By::Event).await?, of(By::Camera).await?, of(By::Hour).await?);
    let mut totals = Figures::default();
    hours.values().for_each(|figures| totals.add(figures));
    Ok(DigestView {
        day: day.to_string(),
        district: state.config.district.to_string(),
        totals: totals.into(),
        events: items(By::Event, events),
        cameras: items(By::Camera, cameras),
        hours: items(By::Hour, hours),
    })
}

/// In the order of days and hours; events and cameras with most found first.
fn items(by: By, found: BTreeMap<String, Figures>) -> Vec<FigureItem> {
    let mut found: Vec<(String, Figures)> = found.into_iter().collect();
    let number = |key: &str| key.parse::<i64>().unwrap_or_default();
    match by {
        By::Day | By::Hour | By::WeekHour => found.sort_by_key(|(key, _)| number(key)),
        _ => found.sort_by_key(|(_, figures)| -figures.found),
    }
    let key = |key: String| match by {
        By::Day => {
            WallTime::from_unix_millis(number(&key) * 24 * HOUR_MILLIS).local(0).date.to_string()
        }
        _ => key,
    };
    let item =
        |(own, figures): (String, Figures)| FigureItem { key: key(own), figures: figures.into() };
    found.into_iter().map(item).collect()
}

fn false_alarms(pairs: BTreeMap<String, Figures>) -> Vec<AlarmView> {
    let alarm = |(key, figures): (String, Figures)| {
        let (camera, event_code) = key.rsplit_once(' ')?;
        // What no camera saw is no camera's alarm.
        let (node, camera) = camera.split_once('/')?;
        Some(AlarmView {
            camera: camera.to_owned(),
            node: node.to_owned(),
            event_code: event_code.to_owned(),
            reviewed: figures.confirmed + figures.rejected,
            false_alarms: figures.false_alarms,
            rate: figures.false_alarm_rate()?,
        })
    };
    let mut alarms: Vec<AlarmView> = pairs.into_iter().filter_map(alarm).collect();
    alarms.sort_by(|a, b| b.false_alarms.cmp(&a.false_alarms).then(b.rate.total_cmp(&a.rate)));
    alarms.truncate(ALARMS_MAX);
    alarms
}

fn heat(hours: &BTreeMap<String, Figures>) -> Vec<Vec<i64>> {
    let found = |hour: usize| hours.get(&hour.to_string()).map_or(0, |figures| figures.found);
    (0..7).map(|day| (0..24).map(|hour| found(day * 24 + hour)).collect()).collect()
}
