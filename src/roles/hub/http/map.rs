//! What the map page draws: the file it is drawn on, open cases by cell, spots that have it again and again.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Pairs, Problem, Segment},
    ranges::{Wanted, set},
};
use crate::{
    domain::{
        case::{
            lifecycle::State as CaseState,
            recurrence::{Recurrence, Recurring},
            same_place::SEARCH_LEVEL,
        },
        grid::{CellBounds, GridCell, GridError, Level, cover_bbox},
        people::Area,
    },
    drivers::{
        evidence::files::Digest256,
        store::hub::{HotSpot, MapFilter},
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Serialize;
use std::{
    path::Path,
    time::{Duration, SystemTime},
};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, SeekFrom},
};
use utoipa::ToSchema;

/// Cells of one answer; a person sees no more of them.
const CELLS_MAX: u32 = 2_000;
/// By so many cells at most a view is looked up.
const VIEW_CELLS_MAX: usize = 48;
const SPOTS_MAX: u32 = 500;
const DAYS_DEFAULT: u64 = 30;
const DAYS_MAX: u64 = 90;

/// What the map is drawn on; empty: the bare grid.
#[derive(Serialize, ToSchema)]
pub struct MapView {
    /// Address of a PMTiles file, to be read by ranges. It changes with the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pmtiles: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CellView {
    /// Shorter than the level asks for where a place is known less well than that.
    pub code: String,
    pub cases: i64,
    pub urgent: i64,
    pub overdue: i64,
    /// Suspicions (疑似) among them.
    pub suspected: i64,
}

#[derive(Serialize, ToSchema)]
pub struct CellCounts {
    pub level: u8,
    /// The fullest first.
    pub items: Vec<CellView>,
    /// There are more cells than these.
    pub more: bool,
}

#[derive(Serialize, ToSchema)]
pub struct HotSpotView {
    /// A cell of level 6.
    pub code: String,
    pub event_code: String,
    /// As many as it had within 30 days, at its worst, and on how many of them.
    pub cases_30d: i64,
    pub days_30d: i64,
    /// 屡治屡返
    pub recurring: bool,
    /// 顽疾点
    pub stubborn: bool,
}

#[derive(Serialize, ToSchema)]
pub struct HotSpots {
    pub items: Vec<HotSpotView>,
}

/// The file as it lies there now.
struct Tiles {
    file: File,
    bytes: u64,
    name: String,
}

async fn tiles_of(path: &Path) -> Option<Tiles> {
    let read = async {
        let file = File::open(path).await?;
        let about = file.metadata().await?;
        let changed = about.modified()?.duration_since(SystemTime::UNIX_EPOCH);
        let changed = changed.unwrap_or_default().as_nanos();
        let bytes = about.len();
        let version = Digest256::of(format!("{bytes}:{changed}").as_bytes());
        let name = format!("map-{}.pmtiles", &version.as_str()[..16]);
        Ok::<_, std::io::Error>(Tiles { file, bytes, name })
    };
    read.await.inspect_err(|error| tracing::error!(path = %path.display(), %error, "map")).ok()
}

/// What the map is drawn on.
#[utoipa::path(get, path = "/api/v1/map", responses((status = 200, body = MapView)))]
pub async fn map(State(state): State<AppState>) -> Json<MapView> {
    let config = &state.config.map;
    let tiles = match &config.pmtiles {
        Some(path) => tiles_of(path).await,
        None => None,
    };
    Json(MapView {
        attribution: config.attribution.clone().filter(|_| tiles.is_some()),
        pmtiles: tiles.map(|tiles| format!("/tiles/{}", tiles.name)),
    })
}

/// A part of the map's file. Its address is that of one state of the file: gone when that has changed.
#[utoipa::path(get, path = "/tiles/{name}", params(("name" = String, Path),
    ("Range" = Option<String>, Header)), responses(
    (status = 200, content_type = "application/octet-stream"),
    (status = 206, content_type = "application/octet-stream"),
    (status = 404, body = Problem), (status = 416, body = Problem)))]
pub async fn tiles(
    State(state): State<AppState>,
    Segment(name): Segment<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let unknown = || Problem::not_found("map");
    let path = state.config.map.pmtiles.as_ref().ok_or_else(unknown)?;
    let tiles = tiles_of(path).await.filter(|tiles| tiles.name == name).ok_or_else(unknown)?;
    let Tiles { mut file, bytes, name } = tiles;
    let tag = format!("\"{name}\"");
    let wanted = Wanted::of(&headers, &tag, bytes);
    let mut response = match wanted.span(bytes) {
        Some(span) => {
            let sought = file.seek(SeekFrom::Start(span.from)).await;
            sought.map_err(|error| Problem::internal(&error))?;
            wanted.answer(span, bytes, file)
        }
        None if wanted == Wanted::Nothing => wanted.without_bytes(bytes),
        None => return Ok(wanted.without_bytes(bytes)),
    };
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    Ok(response)
}

/// Open cases by the cell of a level, in the area of whoever asks.
#[utoipa::path(get, path = "/api/v1/map/cells", params(("level" = u8, Query),
    ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees"),
    ("state" = Option<Vec<String>>, Query), ("event" = Option<String>, Query)),
    responses((status = 200, body = CellCounts), (status = 422, body = Problem)))]
pub async fn cells(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Json<CellCounts>> {
    let (filter, view) = asked(pairs, person.area)?;
    let level = u8::from(filter.level);
    let mut cells = state.register.store.cells(&filter, CELLS_MAX + 1).await?;
    let more = cells.len() > CELLS_MAX as usize;
    cells.truncate(CELLS_MAX as usize);
    // The cells by which a view is looked up reach beyond it.
    let shown = |code: &str| match (view, code.parse::<GridCell>()) {
        (Some(view), Ok(cell)) => meets(view, cell.bounds()),
        _ => true,
    };
    let items = cells.into_iter().filter(|cell| shown(&cell.code)).map(|cell| CellView {
        code: cell.code,
        cases: cell.cases,
        urgent: cell.urgent,
        overdue: cell.overdue,
        suspected: cell.suspected,
    });
    Ok(Json(CellCounts { level, items: items.collect(), more }))
}

fn asked(pairs: Vec<(String, String)>, area: Area) -> Answer<(MapFilter, Option<CellBounds>)> {
    let open = || CaseState::ALL.iter().copied().filter(|state| !state.is_final());
    let (mut level, mut view, mut states, mut event_code) = (None, None, Vec::new(), None);
    for (name, value) in pairs {
        let bad = |allowed: String| Problem::invalid(&name, &value, allowed);
        match name.as_str() {
            "level" => {
                let number = value.parse::<u8>().ok();
                let known = number.and_then(|number| Level::try_from(number).ok());
                level = Some(known.ok_or_else(|| bad("1 to 10".to_owned()))?);
            }
            "bbox" => {
                let told = "west,south,east,north in degrees, west of east, within 180 and 88";
                view = Some(bounds(&value).ok_or_else(|| bad(told.to_owned()))?);
            }
            "state" => {
                let known = value.parse().ok().filter(|state| open().any(|open| open == *state));
                let allowed = || open().map(CaseState::as_str).collect::<Vec<_>>().join(" ");
                states.push(known.ok_or_else(|| bad(allowed()))?);
            }
            "event" if value.len() <= 40 => event_code = Some(value),
            "event" => return Err(bad("an event code of at most 40 bytes".to_owned())),
            _ => return Err(bad("level bbox state event".to_owned())),
        }
    }
    let level = level.ok_or_else(|| Problem::invalid("level", "", "1 to 10"))?;
    let within = match view {
        Some(view) => covering(view, level)
            .map_err(|error| Problem::invalid("bbox", "", error.to_string()))?,
        None => Area::EVERYWHERE,
    };
    if states.is_empty() {
        states = open().collect();
    }
    states.sort_unstable();
    states.dedup();
    Ok((MapFilter { level, states, event_code, within, area }, view))
}

fn bounds(text: &str) -> Option<CellBounds> {
    let numbers: Vec<f64> =
        text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [west_deg, south_deg, east_deg, north_deg] = numbers[..] else { return None };
    let sound = -180.0 <= west_deg && west_deg < east_deg && east_deg <= 180.0;
    let sound = sound && -88.0 <= south_deg && south_deg < north_deg && north_deg <= 88.0;
    sound.then_some(CellBounds { west_deg, south_deg, east_deg, north_deg })
}

/// The finest cells, few enough to be asked for, that hold a view; not finer than a case is looked up by.
fn covering(view: CellBounds, finest: Level) -> Result<Area, GridError> {
    let mut covering = Area::EVERYWHERE;
    for level in Level::ALL.into_iter().filter(|level| *level <= finest.min(SEARCH_LEVEL)) {
        let cells = cover_bbox(view, level)?;
        if cells.len() > VIEW_CELLS_MAX {
            break;
        }
        let codes: Vec<String> = cells.iter().map(|cell| cell.code().to_string()).collect();
        // As few as these, an area may have.
        covering = Area::of_codes(codes.iter().map(String::as_str)).unwrap_or_default();
    }
    Ok(covering)
}

fn meets(one: CellBounds, other: CellBounds) -> bool {
    one.west_deg <= other.east_deg
        && other.west_deg <= one.east_deg
        && one.south_deg <= other.north_deg
        && other.south_deg <= one.north_deg
}

/// Spots that have had one event three times or more within 30 days (屡治屡返, 顽疾点), by cases of the last
/// days; the worst first.
#[utoipa::path(get, path = "/api/v1/map/hotspots", params(("days" = Option<u64>, Query)),
    responses((status = 200, body = HotSpots), (status = 422, body = Problem)))]
pub async fn hotspots(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Json<HotSpots>> {
    let mut days = DAYS_DEFAULT;
    for (name, value) in pairs {
        if name != "days" {
            return Err(Problem::invalid(&name, value, "days"));
        }
        let sound = value.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
        days = sound.ok_or_else(|| Problem::invalid("days", &value, format!("1 to {DAYS_MAX}")))?;
    }
    let since = state.register.now().minus(Duration::from_secs(days * 24 * 3_600));
    let spots = state.register.store.hot_spots(&person.area, since, SPOTS_MAX).await?;
    Ok(Json(HotSpots { items: spots.into_iter().map(hot_spot).collect() }))
}

pub fn hot_spot(spot: HotSpot) -> HotSpotView {
    let recurring = Recurrence::recurring(spot.cases_30d, spot.days_30d);
    HotSpotView {
        code: spot.code,
        event_code: spot.event_code,
        cases_30d: spot.cases_30d,
        days_30d: spot.days_30d,
        recurring: recurring.is_some(),
        stubborn: recurring == Some(Recurring::Stubborn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_box_is_four_numbers_in_their_order() {
        assert!(bounds("114.3,22.6,114.4,22.7").is_some());
        for bad in [
            "",
            "114.3,22.6,114.4",
            "114.3,22.6,114.4,22.7,1",
            "a,22.6,114.4,22.7",
            "114.4,22.6,114.3,22.7",
            "114.3,22.7,114.4,22.6",
            "114.3,22.6,190,22.7",
            "114.3,-89,114.4,22.7",
            "NaN,22.6,114.4,22.7",
            "114.3,22.6,inf,22.7",
        ] {
            assert_eq!(bounds(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_lies_in_a_view_lies_in_the_cells_that_it_is_asked_by(
            west in 113.0..115.0_f64, south in 22.0..23.0_f64,
            wide in 1e-5..2.0_f64, high in 1e-5..2.0_f64, level in 1_u8..=10,
            (x, y) in (0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            let view = CellBounds {
                west_deg: west, south_deg: south, east_deg: west + wide, north_deg: south + high,
            };
            let level = Level::try_from(level).unwrap();
            let cells = covering(view, level).unwrap();
            prop_assert!(cells.cells().len() <= VIEW_CELLS_MAX);
            let at = GridCell::from_lonlat(west + x * wide, south + y * high, Level::Ten).unwrap();
            prop_assert!(cells.holds(at));
            let shown = at.ancestor(level).unwrap_or(at).bounds();
            prop_assert!(meets(view, shown));
        }
    }
}
