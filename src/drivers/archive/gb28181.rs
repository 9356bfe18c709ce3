//! Footage of a GB/T 28181 platform, by the HTTP interface of its gateway: WVP-PRO with ZLMediaKit.
//!
//! ```text
//! user/login -> access-token
//! gb_record/query            which stretches the device has
//! gb_record/download/start   the device sends one to the media server, faster than it was recorded
//!     .../progress           until the media server has a file; it is fetched
//!     .../stop
//! playback/start, the stream itself, playback/stop    where the device downloads nothing
//! ```
//! The platform's times are Beijing's, to the second. Footage begins where it was asked to begin, or at the key
//! frame after: its times are good to about a second.

use super::download::Http;
use crate::{
    base::{
        clock::Clock,
        hex::hex,
        secret::Secret,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, FootagePart, Known, Span, holes},
        ids::CameraId,
        seams::FootageSource,
    },
};
use md5::{Digest, Md5};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::runtime::Handle;

const ANSWER_BYTES_MAX: usize = 4 << 20;
const BEIJING: Duration = Duration::from_secs(8 * 3_600);
/// Stretches of one interval.
const STRETCHES_MAX: usize = 16;
/// Times the recorded speed; devices that cannot take what they can.
const DOWNLOAD_SPEED: &str = "4";
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// For a device to begin, and for a file to be closed.
const SPARE_TIME: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// `http://gateway:18080`
    pub uri: String,
    pub username: String,
    pub password: Secret,
    /// 20 digits each.
    pub device: String,
    pub channel: String,
}

pub struct Gateway {
    config: GatewayConfig,
    http: Http,
    runtime: Handle,
}

/// Every answer of the gateway.
#[derive(Deserialize)]
struct Answer<T> {
    code: i64,
    #[serde(default)]
    msg: Option<String>,
    data: Option<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    access_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Records {
    #[serde(default)]
    record_list: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    start_time: String,
    end_time: String,
}

/// A stream of the media server, or a download.
#[derive(Deserialize)]
struct Stream {
    stream: String,
    #[serde(default)]
    fmp4: Option<String>,
    #[serde(default)]
    flv: Option<String>,
    #[serde(default, rename = "downLoadFilePath")]
    file: Option<FilePaths>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilePaths {
    #[serde(default)]
    http_path: Option<String>,
    #[serde(default)]
    https_path: Option<String>,
}

impl Gateway {
    /// `runtime` does the waiting; never called on one of its own threads.
    pub fn new(
        config: GatewayConfig,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Result<Self, FootageError> {
        let http = Http::new(&config.uri, clock)?;
        Ok(Self { config, http, runtime })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: Option<&str>,
    ) -> Result<T, FootageError> {
        let url = format!("{}/api/{path}", self.config.uri.trim_end_matches('/'));
        let url = match query {
            [] => Url::parse(&url),
            _ => Url::parse_with_params(&url, query),
        };
        let url = url.map_err(|error| self.http.unusable(error.to_string()))?;
        let mut request = self.http.get(url.as_str());
        if let Some(token) = token {
            request = request.header("access-token", token);
        }
        let text = self.http.text(request, ANSWER_BYTES_MAX).await?;
        let what = path.split('/').take(2).collect::<Vec<_>>().join("/");
        let answer: Answer<T> = serde_json::from_str(&text)
            .map_err(|error| self.http.unusable(format!("{what}: {error}")))?;
        match answer {
            Answer { code: 0, data: Some(data), .. } => Ok(data),
            Answer { code: 0, .. } => Err(self.http.unusable(format!("{what}: no data"))),
            Answer { code, msg, .. } => {
                let msg: String = msg.unwrap_or_default().chars().take(120).collect();
                Err(self.http.refused(format!("{what}: {code} {msg}")))
            }
        }
    }

    async fn take(&self, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        let GatewayConfig { username, password, .. } = &self.config;
        let password = hex(&Md5::digest(password.reveal()));
        let login = [("username", username.as_str()), ("password", password.as_str())];
        let User { access_token } = self.ask("user/login", &login, None).await?;
        let token = access_token.as_str();
        let recorded = self.recorded(span, token).await?;
        let mut parts = Vec::new();
        for (nth, stretch) in recorded.iter().enumerate() {
            let path = into.join(format!("{nth}.video"));
            self.stretch(*stretch, token, &path).await?;
            parts.push(FootagePart { path, starts_at: stretch.from, ends_at: stretch.to });
        }
        let now = self.http.clock.wall();
        let known = Known { told: &[], kept_from: Some(span.from), now };
        let holes = holes(span, &recorded, &known);
        Ok(Fetched { parts, holes, clock: ClockQuality::Assigned })
    }

    /// What of the interval the device has, without breaks between files that follow each other.
    async fn recorded(&self, span: Span, token: &str) -> Result<Vec<Span>, FootageError> {
        let path = self.of_channel("gb_record/query");
        let (from, to) = asked(span);
        let query = [("startTime", from.as_str()), ("endTime", to.as_str())];
        let Records { record_list } = self.ask(&path, &query, Some(token)).await?;
        let mut found = Vec::new();
        for record in record_list {
            let time = |text: &str| {
                from_beijing(text).ok_or_else(|| {
                    let text: String = text.chars().take(40).collect();
                    self.http.unusable(format!("gb_record/query: {text:?} is no time"))
                })
            };
            let record = Span::new(time(&record.start_time)?, time(&record.end_time)?).within(span);
            found.extend((!record.is_empty()).then_some(record));
        }
        found.sort();
        let mut merged: Vec<Span> = Vec::new();
        for one in found {
            match merged.last_mut() {
                Some(last) if one.from.since(last.to) <= Duration::from_secs(1) => {
                    last.to = last.to.max(one.to);
                }
                _ => merged.push(one),
            }
        }
        if merged.len() > STRETCHES_MAX {
            let said = format!("{} stretches in {span}; allowed: {STRETCHES_MAX}", merged.len());
            return Err(self.http.unusable(said));
        }
        Ok(merged)
    }

    fn of_channel(&self, what: &str) -> String {
        format!("{what}/{}/{}", self.config.device, self.config.channel)
    }

    async fn stretch(&self, span: Span, token: &str, path: &Path) -> Result<(), FootageError> {
        let (from, to) = asked(span);
        let query = [
            ("startTime", from.as_str()),
            ("endTime", to.as_str()),
            ("downloadSpeed", DOWNLOAD_SPEED),
        ];
        let start = self.of_channel("gb_record/download/start");
        match self.ask::<Stream>(&start, &query, Some(token)).await {
            Ok(started) => {
                let loaded = self.download(&started.stream, span, token, path).await;
                self.stop("gb_record/download/stop", &started.stream, token).await;
                loaded
            }
            Err(FootageError::Refused { reason, .. }) => {
                tracing::info!(
                    gateway = self.http.name,
                    reason,
                    "no download: it is played instead"
                );
                let start = self.of_channel("playback/start");
                let started: Stream = self.ask(&start, &query[..2], Some(token)).await?;
                let played = self.play(&started, span, path).await;
                self.stop("playback/stop", &started.stream, token).await;
                played
            }
            Err(error) => Err(error),
        }
    }

    async fn download(
        &self,
        stream: &str,
        span: Span,
        token: &str,
        path: &Path,
    ) -> Result<(), FootageError> {
        let progress = format!("{}/{stream}", self.of_channel("gb_record/download/progress"));
        let begun = self.http.clock.monotonic();
        loop {
            let now: Stream = self.ask(&progress, &[], Some(token)).await?;
            if let Some(url) = now.file.and_then(|file| file.http_path.or(file.https_path)) {
                return self.http.file(|| self.http.get(&url), path).await.map(drop);
            }
            let taken = self.http.clock.monotonic().since(begun);
            if taken > SPARE_TIME + span.length() {
                let said = format!("gb_record/download: no file after {} s", taken.as_secs());
                return Err(self.http.unusable(said));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn play(&self, stream: &Stream, span: Span, path: &Path) -> Result<(), FootageError> {
        let url = stream.fmp4.as_ref().or(stream.flv.as_ref());
        let url = url.ok_or_else(|| self.http.unusable("playback/start: neither fmp4 nor flv"))?;
        let within = SPARE_TIME + span.length();
        match self.http.stream(self.http.get(url), path, within).await? {
            0 => Err(self.http.unusable("playback: nothing came")),
            _ => Ok(()),
        }
    }

    /// The gateway ends what nobody asks for any more, but later.
    async fn stop(&self, what: &str, stream: &str, token: &str) {
        let path = format!("{}/{stream}", self.of_channel(what));
        let asked: Result<serde_json::Value, _> = self.ask(&path, &[], Some(token)).await;
        if let Err(error @ FootageError::Unreachable { .. }) = asked {
            tracing::warn!(%error, "a stream of the gateway is left to end by itself");
        }
    }
}

impl FootageSource for Gateway {
    fn fetch(&self, _: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        if span.is_empty() {
            return Err(FootageError::Backwards { from: span.from, to: span.to });
        }
        self.runtime.block_on(self.take(span, into))
    }
}

/// Whole seconds around it.
fn asked(span: Span) -> (String, String) {
    let up = Duration::from_millis(999);
    (to_beijing(span.from), to_beijing(span.to.plus(up)))
}

/// `2026-01-31 16:00:00`
fn to_beijing(at: WallTime) -> String {
    let text = at.plus(BEIJING).to_string().replace('T', " ");
    text.split('.').next().unwrap_or_default().to_owned()
}

fn from_beijing(text: &str) -> Option<WallTime> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let at: WallTime = format!("{date}T{time}Z").parse().ok()?;
    Some(at.minus(BEIJING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_beijings() {
        let at = WallTime::from_unix_millis(1_767_225_600_250);
        assert_eq!(to_beijing(at), "2026-01-01 08:00:00");
        assert_eq!(
            from_beijing("2026-01-01 08:00:00"),
            Some(WallTime::from_unix_millis(1_767_225_600_000))
        );
        let span = Span::new(at, at.plus(Duration::from_secs(10)));
        assert_eq!(asked(span), ("2026-01-01 08:00:00".into(), "2026-01-01 08:00:11".into()));
        for wrong in ["", "2026-01-01", "yesterday at noon", "2026-13-01 08:00:00"] {
            assert_eq!(from_beijing(wrong), None, "{wrong}");
        }
    }
}
