//! The scripted people of the demo, who use the hub's HTTP interface as anyone would.
//!
//! - A reviewer confirms the overflowing bin.
//! - A crew says too early that it was emptied: footage answers PRESENT, the case goes to rework.
//!   After the clip shows the emptying it says so again: CLEARED, and the case is closed. Each time it
//!   hands in a photograph, which is compared as advice.
//! - A citizen asks whether there is a crowd at a cell of the plaza.
//!
//! Everything else (stall, crowd) is left for the person at the page.

use super::{footage, say};
use crate::{
    base::{clock::Clock, secret::Secret, time::WallTime},
    roles::edge::counters::EdgeCounters,
};
use anyhow::Context;
use reqwest::{Client, Method, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// The rendered clip, seconds: its length and when its bin is full and emptied (tests/scenes/street.json).
const CLIP_SECS: f64 = 78.0;
const BIN_EMPTIED_SECS: f64 = 40.0;
/// A look after the feedback must end before the emptying, or begin after it.
const EARLY_UNTIL_SECS: f64 = BIN_EMPTIED_SECS - 10.0;
const LATE_FROM_SECS: f64 = BIN_EMPTIED_SECS + 3.0;
const LATE_UNTIL_SECS: f64 = CLIP_SECS - 10.0;

/// When the crew takes its photographs: of the full bin, and of the emptied one.
const PHOTOGRAPHED_SECS: [f64; 2] = [BIN_EMPTIED_SECS - 5.0, BIN_EMPTIED_SECS + 5.0];

const CREW: &str = "清运一队";

const POLL_EVERY: Duration = Duration::from_millis(1_000);
const SETTLE_MAX: Duration = Duration::from_secs(10);

/// What the demo did; `--summary` writes it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub frames: u64,
    pub analysed: u64,
    pub detections: u64,
    /// Opened at the edge.
    pub cases: u64,
    /// Of these, in the hub's register.
    pub published: u64,
    /// Verification requests that have their verdict.
    pub verified: u64,
    pub closed: u64,
    /// Opened at the edge and not in the register.
    pub lost: u64,
    pub cases_by_pattern: BTreeMap<String, u64>,
    /// Confirmed at the edge to received at the hub, milliseconds.
    pub latencies: Latencies,
    /// Verdicts in the order of their answers: `kind pattern verdict`.
    pub verdicts: Vec<String>,
    /// What was said of the crew's photographs, in the order of their answers.
    pub photographs: Vec<String>,
    /// Closed with pictures from before and after.
    pub closed_with_both_pictures: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct Latencies {
    pub count: usize,
    pub p50_millis: f64,
    pub p95_millis: f64,
    pub max_millis: f64,
}

pub struct Script {
    clock: Arc<dyn Clock>,
    client: Client,
    base: String,
    cookie: String,
    csrf_token: String,
    /// The crew has no account here: its word comes by the city's platform.
    platform: Secret,
    photographs: [Vec<u8>; 2],
    polled: Option<Duration>,
    states: BTreeMap<String, String>,
    early_reports: BTreeSet<String>,
    late_reports: BTreeSet<String>,
    complained: bool,
}

impl Script {
    pub async fn sign_in(
        base: &str,
        ticket: &str,
        platform: Secret,
        root: &Path,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let [early, late] = PHOTOGRAPHED_SECS.map(|at| footage::photograph(root, at));
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        let answer = client.get(format!("{base}/signin?ticket={ticket}")).send().await?;
        let cookie = answer
            .headers()
            .get(header::SET_COOKIE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .context("the hub gave no session")?
            .to_owned();
        let session = client.get(format!("{base}/api/v1/session")).header(header::COOKIE, &cookie);
        let session: Value = session.send().await?.error_for_status()?.json().await?;
        Ok(Self {
            clock,
            client,
            base: base.to_owned(),
            cookie,
            csrf_token: text(&session, "csrf_token"),
            platform,
            photographs: [early?, late?],
            polled: None,
            states: BTreeMap::new(),
            early_reports: BTreeSet::new(),
            late_reports: BTreeSet::new(),
            complained: false,
        })
    }

    /// One look at the register and what follows from it; faults are told and tried again.
    pub async fn act(&mut self, elapsed: Duration) {
        if self.polled.is_some_and(|polled| elapsed.saturating_sub(polled) < POLL_EVERY) {
            return;
        }
        self.polled = Some(elapsed);
        if let Err(error) = self.try_act(elapsed).await {
            tracing::warn!(error = format!("{error:#}"), "the script waits");
        }
    }

    async fn try_act(&mut self, elapsed: Duration) -> anyhow::Result<()> {
        let at = elapsed.as_secs_f64() % CLIP_SECS;
        for case in self.cases().await? {
            self.tell(elapsed, &case);
            let (id, state) = (text(&case, "case_id"), text(&case, "state"));
            let pattern = case["pattern"]["id"].as_str().unwrap_or_default();
            match (pattern, state.as_str(), text(&case, "source").as_str()) {
                ("bin_overflowing", "PENDING_REVIEW", _) => self.confirm(&case).await?,
                ("bin_overflowing", "FILED", "video")
                    if at < EARLY_UNTIL_SECS && self.early_reports.insert(id.clone()) =>
                {
                    say("a crew says, too early, that the bin was emptied");
                    self.feedback(&id, &self.photographs[0]).await?;
                }
                ("bin_overflowing", "FILED" | "REWORK", "video")
                    if (LATE_FROM_SECS..LATE_UNTIL_SECS).contains(&at)
                        && self.late_reports.insert(id.clone()) =>
                {
                    say("the crew says again that the bin was emptied");
                    self.feedback(&id, &self.photographs[1]).await?;
                }
                ("crowd", _, "video") if !self.complained => {
                    if let Some(code) = case["place"]["code_2d"].as_str() {
                        self.complained = true;
                        self.complain(code).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn tell(&mut self, elapsed: Duration, case: &Value) {
        let (id, state) = (text(case, "case_id"), text(case, "state"));
        if self.states.insert(id.clone(), state.clone()).is_none_or(|before| before != state) {
            let name = case["event"]["name_en"].as_str().unwrap_or_default();
            let place = case["place"]["code_2d"].as_str().unwrap_or("no place");
            let short = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
            say(&format!("{:>5.1} s  {name} ..{short} at {place}: {state}", elapsed.as_secs_f64()));
        }
    }

    async fn confirm(&self, case: &Value) -> anyhow::Result<()> {
        let (id, version) = (text(case, "case_id"), &case["version"]);
        self.post(&format!("/cases/{id}/act"), Some(version), &json!({ "action": "confirm" })).await
    }

    async fn feedback(&self, id: &str, photograph: &[u8]) -> anyhow::Result<()> {
        let by_platform = |path: &str| {
            let url = format!("{}/api/v1/cases/{id}/{path}", self.base);
            self.client.post(url).bearer_auth(self.platform.reveal())
        };
        let sent = by_platform("photographs").body(photograph.to_vec()).send().await?;
        let held: Value = sent.error_for_status()?.json().await?;
        let now = self.clock.wall();
        let body = json!({ "unit": CREW, "disposed_at": now, "photos": [held["sha256"]] });
        let answer = by_platform("feedback").json(&body).send().await?;
        // Someone at the page was faster; the next look shows the new state.
        anyhow::ensure!(
            answer.status().is_success() || answer.status() == StatusCode::CONFLICT,
            "feedback: {}",
            answer.status()
        );
        Ok(())
    }

    async fn complain(&self, code: &str) -> anyhow::Result<()> {
        say(&format!("a citizen asks: is there a crowd at {code}?"));
        let now = self.clock.wall();
        let complaint = json!({
            "external_no": "DEMO-0001", "source": "12345", "event": "crowd",
            "place": { "code": code }, "reported_at": now, "note": "是否有人群聚集？",
        });
        self.post("/complaints", None, &complaint).await
    }

    async fn cases(&self) -> anyhow::Result<Vec<Value>> {
        let page = self.get("/cases?limit=200").await?;
        Ok(page["items"].as_array().cloned().unwrap_or_default())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.request(Method::GET, path).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn post(&self, path: &str, version: Option<&Value>, body: &Value) -> anyhow::Result<()> {
        let mut request = self.request(Method::POST, path).json(body);
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let answer = request.send().await?;
        match answer.status() {
            // Someone at the page was faster; the next look shows the new state.
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => Ok(()),
            status if status.is_success() => Ok(()),
            status => {
                anyhow::bail!("{path}: {status}: {}", answer.text().await.unwrap_or_default())
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}/api/v1{path}", self.base))
            .header(header::COOKIE, &self.cookie)
            .header("X-CSRF-Token", &self.csrf_token)
    }

    /// Waits until the register holds what the edge opened, then counts.
    pub async fn settle(&self, counters: &EdgeCounters) -> anyhow::Result<Report> {
        let begun = self.clock.monotonic();
        loop {
            let report = self.count(counters).await?;
            if report.lost == 0 || self.clock.monotonic().since(begun) > SETTLE_MAX {
                return Ok(report);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn count(&self, counters: &EdgeCounters) -> anyhow::Result<Report> {
        let mut report = Report {
            frames: EdgeCounters::read(&counters.decoded),
            analysed: EdgeCounters::read(&counters.analysed),
            detections: EdgeCounters::read(&counters.detections),
            cases: EdgeCounters::read(&counters.cases),
            ..Report::default()
        };
        let mut millis = Vec::new();
        for summary in self.cases().await? {
            let case = self.get(&format!("/cases/{}", text(&summary, "case_id"))).await?;
            if text(&case, "source") == "video" {
                report.published += 1;
                *report
                    .cases_by_pattern
                    .entry(case["pattern"]["id"].as_str().unwrap_or_default().to_owned())
                    .or_default() += 1;
                if let (Ok(sent), Ok(received)) = (
                    text(&case, "confirmed_at").parse::<WallTime>(),
                    text(&case, "received_at").parse::<WallTime>(),
                ) {
                    millis.push((received.unix_millis() - sent.unix_millis()) as f64);
                }
            }
            if text(&case, "state") == "CLOSED" {
                report.closed += 1;
                let roles: BTreeSet<&str> = roles(&case);
                report.closed_with_both_pictures +=
                    u64::from(roles.contains("before") && roles.contains("after"));
            }
            for look in case["verifications"].as_array().into_iter().flatten() {
                if let Some(verdict) = look["verdict"]["verdict"].as_str() {
                    report.verified += 1;
                    let (kind, pattern) = (
                        look["kind"].as_str().unwrap_or_default(),
                        case["pattern"]["id"].as_str().unwrap_or_default(),
                    );
                    report.verdicts.push(format!("{kind} {pattern} {verdict}"));
                }
                for photograph in look["photographs"].as_array().into_iter().flatten() {
                    report
                        .photographs
                        .extend(photograph["verdict"]["verdict"].as_str().map(str::to_owned));
                }
            }
        }
        report.lost = report.cases.saturating_sub(report.published);
        report.latencies = latencies(millis);
        Ok(report)
    }
}

/// Roles of all pictures of a case, those of its verifications among them.
fn roles(case: &Value) -> BTreeSet<&str> {
    let looks =
        case["verifications"].as_array().into_iter().flatten().map(|look| &look["evidence"]);
    std::iter::once(&case["evidence"])
        .chain(looks)
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|evidence| evidence["role"].as_str())
        .collect()
}

fn latencies(mut millis: Vec<f64>) -> Latencies {
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank =
            ((millis.len() as f64 * share).ceil() as usize).clamp(1, millis.len().max(1)) - 1;
        millis.get(rank).copied().unwrap_or(0.0)
    };
    Latencies {
        count: millis.len(),
        p50_millis: at(0.5),
        p95_millis: at(0.95),
        max_millis: at(1.0),
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
