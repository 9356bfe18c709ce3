//! The register after years, as people meet it: pages of the queue, one case, the cameras of a cell, and
//! how soon a change is on every open page. `cargo bench --bench register`, 200,000 cases;
//! `GRIDWARDEN_BENCH_CASES=5000000` for the target (12 GB of disk and a quarter of an hour for each
//! database). PostgreSQL is measured where `tests/postgres.sh cargo bench --bench register` runs it.
//!
//! A real hub serves on a port, its clients ask it over HTTP one after the other, and each answer is read
//! to its end. The cases: three years of a district of 10 km by 10 km, 1,000 cameras, 20 events; 0.4 % are
//! open, as many as came in four days; each has an entry of history, a clock that stopped, and a picture.
//!
//! Budget: a page has 50 cases, each read by its key out of a file of gigabytes that the system holds in
//! memory: 50 x 20 us for the rows and 50 x 30 us for their pictures are 2.5 ms. What else it costs must
//! not grow with the number of cases.

#[path = "support/city.rs"]
mod city;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/history.rs"]
mod history;
#[path = "../tests/support/hub.rs"]
mod hub;

use anyhow::Context;
use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use city::{City, SIDE_CELLS};
use figures::{Spread, round};
use futures_util::StreamExt;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
    },
    domain::{
        geo::GeoPoint,
        grid::{GridCell, Level},
        people::{Area, Role},
        wire::{Presence, Priority, StatusData},
    },
    drivers::store::hub::{HubStore, Place},
    roles::hub::{self as role, HubConfig, KnownEvent, Running, User},
};
use history::{CAMERAS, EVENTS, History};
use reqwest::{Client, header};
use serde_json::{Value, json};
use std::{env, path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Of each kind of question.
const QUESTIONS: usize = 500;
const CONSOLES: usize = 500;
const CHANGES: usize = 40;

struct Asked {
    client: Client,
    base: String,
    cookie: String,
    clock: SystemClock,
}

impl Asked {
    async fn sign_in(running: &Running, name: &str) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let base = format!("http://{}/api/v1", running.address);
        let body = json!({"name": name, "password": "correct horse"});
        let answer = client.post(format!("{base}/session")).json(&body).send().await?;
        let cookie = answer.headers()[header::SET_COOKIE].to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { client, base, cookie, clock: SystemClock::new() })
    }

    /// The answer and the milliseconds that it took.
    async fn get(&self, path: &str) -> anyhow::Result<(Value, f64)> {
        let began = self.clock.monotonic();
        let request = self.client.get(format!("{}{path}", self.base));
        let answer = request.header(header::COOKIE, &self.cookie).send().await?;
        let text = answer.error_for_status()?.bytes().await?;
        let took = self.clock.monotonic().since(began);
        Ok((serde_json::from_slice(&text)?, took.as_secs_f64() * 1e3))
    }

    /// One path after the other.
    async fn all(&self, paths: impl IntoIterator<Item = String>) -> anyhow::Result<Spread> {
        let mut millis = Vec::new();
        for path in paths {
            millis.push(self.get(&path).await?.1);
        }
        Ok(Spread::of(millis))
    }

    /// Page after page from the first.
    async fn leaf(&self, path: &str, pages: usize) -> anyhow::Result<Spread> {
        let (mut millis, mut cursor) = (Vec::new(), String::new());
        for _ in 0..pages {
            let (page, took) = self.get(&format!("{path}{cursor}")).await?;
            millis.push(took);
            cursor = match page["next_cursor"].as_str() {
                Some(next) => format!("&cursor={next}"),
                None => String::new(),
            };
        }
        Ok(Spread::of(millis))
    }
}

fn told(spread: &Spread) -> Value {
    let mut told = spread.json();
    told["p99"] = json!(round(spread.at(0.99)));
    told
}

fn config(dir: &Path, database: Place, small: Area, large: Area) -> anyhow::Result<HubConfig> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).map_err(anyhow::Error::msg)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(b"correct horse").map_err(anyhow::Error::msg)?.to_string();
    let user = |name: &str, area: Area| User {
        name: name.to_owned(),
        password_hash: Secret::new(hash.clone()),
        unit: None,
        roles: Role::ALL.into_iter().collect(),
        area,
    };
    Ok(HubConfig {
        database,
        users: vec![user("li", Area::EVERYWHERE), user("wang", small), user("zhao", large)],
        events: EVENTS
            .iter()
            .map(|code| KnownEvent {
                event: history::event(code),
                pattern: history::pattern(),
                priority: Priority::Normal,
            })
            .collect(),
        ..hub::quiet(dir)
    })
}

/// The cell of a place.
fn area_about(at: GeoPoint, level: Level) -> anyhow::Result<Area> {
    let cell = GridCell::from_lonlat(at.lon_deg, at.lat_deg, level)?;
    Ok(Area::of_codes([cell.code().as_str()])?)
}

async fn questions(running: &Running, history: &mut History) -> anyhow::Result<Value> {
    let li = Asked::sign_in(running, "li").await?;
    let open = "state=PENDING_REVIEW&state=MANUAL&state=FILED&state=DISPATCHED&state=REWORK";
    let mut lists = serde_json::Map::new();
    let mut everything = Vec::new();
    let mut keep = |name: &str, spread: Spread| {
        lists.insert(name.to_owned(), told(&spread));
        everything.push(spread);
    };
    let times = |path: String| std::iter::repeat_n(path, QUESTIONS);
    keep("everything", li.all(times("/cases?limit=50".to_owned())).await?);
    keep("what is open", li.all(times(format!("/cases?limit=50&{open}"))).await?);
    keep("what is closed", li.all(times("/cases?limit=50&state=CLOSED".to_owned())).await?);
    keep("page after page", li.leaf("/cases?limit=50", QUESTIONS).await?);
    let cameras: Vec<String> = (0..QUESTIONS).map(|_| history.camera()).collect();
    let of = |camera: &String| format!("/cases?limit=50&camera={camera}");
    keep("of a camera", li.all(cameras.iter().map(of)).await?);
    let of = |camera: &String| format!("/cases?limit=50&camera={camera}&{open}");
    keep("open of a camera", li.all(cameras.iter().map(of)).await?);
    let events: Vec<&str> = EVENTS.iter().copied().cycle().take(QUESTIONS).collect();
    let of = |event: &&str| format!("/cases?limit=50&event={event}&{open}");
    keep("open of an event", li.all(events.iter().map(of)).await?);
    let of = |event: &&str| format!("/cases?limit=50&event={event}&state=REJECTED");
    keep("false alarms of an event", li.all(events.iter().map(of)).await?);
    for (name, person) in [("60 m", "wang"), ("1.8 km", "zhao")] {
        let person = Asked::sign_in(running, person).await?;
        let all = person.all(times("/cases?limit=50".to_owned())).await?;
        keep(&format!("an area of {name}"), all);
        let open = person.all(times(format!("/cases?limit=50&{open}"))).await?;
        keep(&format!("open in an area of {name}"), open);
    }
    let lists_p99 = everything.iter().map(|spread| spread.at(0.99)).fold(0.0, f64::max);
    let details = (0..QUESTIONS).map(|_| format!("/cases/{}", history.case()));
    let details = li.all(details.collect::<Vec<_>>()).await?;
    let cells = (0..QUESTIONS).map(|_| {
        let at = history.somewhere();
        let cell = GridCell::from_lonlat(at.lon_deg, at.lat_deg, Level::Seven);
        Ok(format!("/grid/{}/cameras", cell?.code()))
    });
    let cells = cells.collect::<anyhow::Result<Vec<_>>>()?;
    let cells = li.all(cells).await?;
    Ok(json!({"lists_millis": lists, "lists_worst_p99_millis": round(lists_p99),
              "detail_millis": told(&details), "cell_to_cameras_millis": told(&cells)}))
}

/// From a complaint sent to the last of all open pages having heard of its case.
async fn consoles(running: &Running, history: &mut History) -> anyhow::Result<Value> {
    let li = Asked::sign_in(running, "li").await?;
    let (heard, mut hearing) = mpsc::channel::<String>(4 * CONSOLES);
    for _ in 0..CONSOLES {
        let stream = li.client.get(format!("{}/stream", li.base));
        let stream = stream.header(header::COOKIE, &li.cookie).send().await?;
        let (mut bytes, heard) = (stream.error_for_status()?.bytes_stream(), heard.clone());
        tokio::spawn(async move {
            while let Some(Ok(chunk)) = bytes.next().await {
                let text = String::from_utf8_lossy(&chunk).into_owned();
                if heard.send(text).await.is_err() {
                    break;
                }
            }
        });
    }
    for _ in 0..CONSOLES {
        hearing.recv().await.context("a page ended")?; // hello
    }
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        let began = li.clock.monotonic();
        let millis = || li.clock.monotonic().since(began).as_secs_f64() * 1e3;
        let at = history.somewhere();
        let cell = GridCell::from_lonlat(at.lon_deg, at.lat_deg, Level::Seven)?;
        let complaint = json!({
            "external_no": format!("bench-{number}-{}", li.clock.wall().unix_millis()),
            "source": "citizen", "event": EVENTS[0], "reported_at": li.clock.wall(),
            "place": {"code": cell.code().as_str()},
        });
        let answer = li.client.post(format!("{}/complaints", li.base));
        let answer = answer.bearer_auth(hub::PLATFORM_TOKEN).json(&complaint).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let case_id = answer["case_id"].as_str().context("a case")?.to_owned();
        let mut left = CONSOLES;
        while left > 0 {
            let text = tokio::time::timeout(Duration::from_secs(30), hearing.recv()).await?;
            if text.context("a page ended")?.contains(&case_id) {
                left -= 1;
                if first.len() == number {
                    first.push(millis());
                }
            }
        }
        last.push(millis());
    }
    Ok(json!({"open": CONSOLES, "first_millis": told(&Spread::of(first)),
              "last_millis": told(&Spread::of(last))}))
}

async fn measure(name: &str, place: Place, cases: u64) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let clock = SystemClock::new();
    let mut city = City::new();
    let mut history = History::new();
    HubStore::open(place.clone(), "440310".parse()?).await?.close().await;
    let began = clock.monotonic();
    history.fill(&place, cases, clock.wall()).await.context("the cases")?;
    eprintln!("{name}: {cases} cases in {} s", clock.monotonic().since(began).as_secs());
    let centre = history.somewhere();
    let (small, large) = (area_about(centre, Level::Six)?, area_about(centre, Level::Four)?);
    let config = config(folder.path(), place, small, large)?;
    let running = role::start(config, Arc::new(SystemClock::new()), Shutdown::new()).await?;
    for number in 0..CAMERAS {
        let node = format!("edge-{}", number / 50).parse()?;
        let version = String::new();
        let boot_id = running.register.new_id();
        running
            .register
            .sight
            .status(&node, &StatusData { state: Presence::Online, version, boot_id });
        running
            .register
            .sight
            .card(&node, &city.card(number as usize, history.somewhere(), SIDE_CELLS));
    }
    let mut report = questions(&running, &mut history).await?;
    eprintln!("{name}: {report:#}");
    report["consoles"] = consoles(&running, &mut history).await?;
    eprintln!("{name}: {:#}", report["consoles"]);
    Ok(report)
}

fn main() -> anyhow::Result<()> {
    let cases = env::var("GRIDWARDEN_BENCH_CASES").map_or(Ok(200_000), |cases| cases.parse())?;
    gridwarden::drivers::mqtt::install_crypto_provider();
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(async {
        let dir = env::var("GRIDWARDEN_BENCH_DIR").unwrap_or_else(|_| ".".to_owned());
        let folder = tempfile::tempdir_in(dir)?;
        let mut report = json!({"cases": cases});
        match env::var("GRIDWARDEN_TEST_POSTGRES") {
            Ok(server) => {
                let url = format!("{server}/postgres");
                let place = Place::Postgres { url, password: None::<Secret> };
                report["PostgreSQL"] = measure("PostgreSQL", place, cases).await?;
            }
            Err(_) => {
                let place = Place::File(folder.path().join("hub.db"));
                report["SQLite"] = measure("SQLite", place, cases).await?;
            }
        }
        anyhow::Ok(report)
    })?;
    figures::finish(report)
}
