//! Three years of a district, written straight into the tables of the register.

use crate::city::City;
use anyhow::Context;
use gridwarden::{
    base::time::WallTime,
    domain::{
        geo::GeoPoint,
        grid::{GridCell, Level},
        place::place_at,
        wire::{EventData, PatternData},
    },
    drivers::store::hub::Place,
};
use serde_json::json;
use sqlx::{
    Any, AnyConnection, Arguments, AssertSqlSafe, Connection, Encode, Executor, Type,
    any::AnyArguments, query::Query,
};
use std::time::Duration;
use uuid::Uuid;

pub const CAMERAS: u64 = 1_000;
pub const EVENTS: [&str; 4] = ["06042", "06041", "05012", "05011"];
const SPAN: Duration = Duration::from_secs(3 * 365 * 24 * 3_600);
/// The last ones, of which some are open.
const OPEN_SHARE: f64 = 0.004;
const ROWS: u64 = 100;

pub fn event(code: &str) -> EventData {
    EventData {
        std: "GB/T 47678.5".to_owned(),
        version: "2026".to_owned(),
        code: code.to_owned(),
        name_zh: "垃圾站（箱）满溢".to_owned(),
        name_en: "overflowing bin".to_owned(),
        local: false,
    }
}

pub fn pattern() -> PatternData {
    let id = "bin_overflowing".parse().expect("a name");
    PatternData { id, version: "3".to_owned() }
}

pub struct History {
    city: City,
    cases: Vec<u64>,
}

impl History {
    pub fn new() -> Self {
        Self { city: City::new(), cases: Vec::new() }
    }

    pub fn somewhere(&mut self) -> GeoPoint {
        self.city.spot()
    }

    pub fn camera(&mut self) -> String {
        format!("camera-{}", (self.city.share() * CAMERAS as f64) as u64)
    }

    pub fn case(&mut self) -> Uuid {
        case_id((self.city.share() * (self.cases.len() - 1) as f64) as u64)
    }

    pub async fn fill(&mut self, place: &Place, cases: u64, now: WallTime) -> anyhow::Result<()> {
        sqlx::any::install_default_drivers();
        let (url, fast) = match place {
            Place::File(path) => (
                format!("sqlite://{}", path.display()),
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000",
            ),
            Place::Postgres { url, .. } => (url.clone(), "SET synchronous_commit = off"),
        };
        let mut connection = AnyConnection::connect(&url).await.context("the database")?;
        connection.execute(fast).await?;
        for first in (0..cases).step_by(ROWS as usize) {
            self.write(&mut connection, first..(first + ROWS).min(cases), cases, now).await?;
        }
        // PostgreSQL does this by itself in a quiet hour; SQLite's planner needs no statistics.
        if let Place::Postgres { .. } = place {
            connection.execute("VACUUM ANALYZE").await?;
        } else {
            connection.execute("PRAGMA journal_mode = WAL").await?;
        }
        connection.close().await?;
        Ok(())
    }

    async fn write(
        &mut self,
        connection: &mut AnyConnection,
        numbers: std::ops::Range<u64>,
        cases: u64,
        now: WallTime,
    ) -> anyhow::Result<()> {
        let numbered = connection.backend_name() != "SQLite";
        let mut tx = connection.begin().await?;
        let mut rows = Rows::into(
            numbered,
            "cases (case_id, version, sealed_version, state, phase, source, event_code, event, \
             pattern_id, pattern_version, camera_id, node, zone, place, spot, cell, first_seen_millis, \
             confirmed_millis, last_seen_millis, gone_millis, dwell_secs, count, score, urgency, \
             received_at_millis, closed_at_millis, round, rework_count)",
        );
        let mut history = Rows::into(
            numbered,
            "history (case_id, number, at_millis, actor, kind, to_state, hash)",
        );
        let mut clocks = Rows::into(
            numbered,
            "clocks (case_id, kind, run, started_millis, extensions, counted_from_millis, left_millis, \
             paused_millis, stopped_millis, watched)",
        );
        let mut named = Rows::into(
            numbered,
            "case_evidence (case_id, sha256, role, url, media_type, width_px, height_px, \
             captured_at_millis, masked)",
        );
        let mut files = Rows::into(numbered, "evidence (sha256, bytes, complete, first_at_millis)");
        for number in numbers {
            self.cases.push(number);
            let id = case_id(number).to_string();
            let back = SPAN.mul_f64(1.0 - number as f64 / cases as f64);
            let at = now.minus(back).unix_millis();
            let of_late = (cases - number) as f64 <= cases as f64 * OPEN_SHARE;
            let states = match of_late {
                true => ["PENDING_REVIEW", "FILED", "DISPATCHED", "MANUAL"],
                false => ["CLOSED", "CLOSED", "REJECTED", "VANISHED"],
            };
            let state = states[(self.city.share() * 3.999) as usize];
            let phase = if state == "CLOSED" { "after_filing" } else { "before_filing" };
            let spot = self.city.spot();
            let place = place_at(spot, 42.0, 2.0).context("a place")?;
            let cell = GridCell::from_lonlat(spot.lon_deg, spot.lat_deg, Level::Six)?;
            let code = EVENTS[(self.city.share() * 3.999) as usize];
            let camera = self.camera();
            let closed = (state == "CLOSED").then_some(at + 7_200_000);
            let urgency = [0_i64, 1, 1, 1, 1, 1, 1, 1, 2, 2][(self.city.share() * 9.999) as usize];
            rows.row().add(id.clone()).add(1_i64).add(1_i64).add(state).add(phase).add("video");
            rows.add(code).add(json!(event(code)).to_string()).add("bin_overflowing").add("3");
            rows.add(camera).add("edge-1").add("pavement").add(json!(place).to_string());
            rows.add(cell.code().to_string()).add(cell.code().to_string());
            rows.add(at).add(at).add(at + 600_000).add(None::<i64>).add(5.0).add(1_i64).add(0.8);
            rows.add(urgency).add(at).add(closed).add(0_i64).add(0_i64);
            let sha256 = format!("{number:064x}");
            history.row().add(id.clone()).add(1_i64).add(at).add("edge:edge-1").add("opened");
            history.add(state).add(sha256.clone());
            clocks.row().add(id.clone()).add("review").add(1_i64).add(at).add(0_i64).add(at);
            clocks.add(0_i64).add(0_i64).add(closed).add(0_i64);
            named.row().add(id).add(sha256.clone()).add("snapshot").add("/").add("image/jpeg");
            named.add(1920_i64).add(1080_i64).add(at).add(1_i64);
            files.row().add(sha256).add(100_000_i64).add(1_i64).add(at);
        }
        for rows in [rows, history, clocks, named, files] {
            rows.query()?.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn case_id(number: u64) -> Uuid {
    // In the order of time, as the ids of edges are.
    Uuid::from_u64_pair(0x0190_0000_0000_7000 | number << 16, 0x8000_0000_0000_0000 | number)
}

/// `INSERT INTO` with many rows.
struct Rows {
    text: String,
    arguments: AnyArguments,
    bound: usize,
    of_row: usize,
    numbered: bool,
}

impl Rows {
    /// SQLite looks up each numbered parameter among all of them.
    fn into(numbered: bool, table: &str) -> Self {
        let text = format!("INSERT INTO {table} VALUES ");
        Self { text, arguments: AnyArguments::default(), bound: 0, of_row: 0, numbered }
    }

    fn row(&mut self) -> &mut Self {
        self.text.push_str(if self.bound > 0 { "), (" } else { "(" });
        self.of_row = 0;
        self
    }

    fn add<'t>(&mut self, value: impl Encode<'t, Any> + Type<Any>) -> &mut Self {
        self.arguments.add(value).expect("a number or a text");
        (self.bound, self.of_row) = (self.bound + 1, self.of_row + 1);
        self.text.push_str(if self.of_row > 1 { ", " } else { "" });
        match self.numbered {
            true => self.text.push_str(&format!("${}", self.bound)),
            false => self.text.push('?'),
        }
        self
    }

    fn query(mut self) -> anyhow::Result<Query<'static, Any, AnyArguments>> {
        self.text.push(')');
        Ok(sqlx::query_with(AssertSqlSafe(self.text), self.arguments))
    }
}
