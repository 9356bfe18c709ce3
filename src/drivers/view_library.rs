//! A view library (视图库) over HTTP, as GA/T 1400 has its lower partners speak to it.
//!
//! ```text
//!             .----------- thrown out (401, or an unknown device at a keepalive) ----------.
//!             v                                                                            |
//! outside --register, Digest--> inside --keepalive, each minute--> inside --three lost--> outside
//!    |                            '--push--> inside
//!    '--refused, or nobody there--> waiting, 10 s to 5 min --> outside
//! ```
//!
//! Enters: bodies that are complete. Leaves: whether the library has taken them: a 2xx whose every `StatusCode` is 0.
//! Passwords travel as digests only; a library that wants one in the clear is refused. Redirects are failures: a picture
//! goes where the configuration says and nowhere else. Bounds: answers of 64 KiB, half a minute for each.

use crate::{
    base::{
        challenge::{Challenge, Login},
        time::{Monotonic, WallTime},
    },
    domain::view_library::{
        Answered, DeviceCode, SceneList, Speaker, Status, TimeTold, local_time,
    },
};
use reqwest::{Client, Method, Response, StatusCode, Url, header, redirect};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::Mutex;

const REGISTER: &str = "/VIID/System/Register";
const UNREGISTER: &str = "/VIID/System/UnRegister";
const KEEPALIVE: &str = "/VIID/System/Keepalive";
const TIME: &str = "/VIID/System/Time";
const SCENES: &str = "/VIID/Scenes";
/// Who speaks, on every request.
const USER_IDENTIFY: &str = "user-identify";
const MEDIA_TYPE: &str = "application/VIID+JSON";

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Of an answer that refuses, for the log.
const SAID_CHARS_MAX: usize = 200;
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// At once after a refused password: some libraries lock out who tries often.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const KEEPALIVES_LOST_MAX: u32 = 3;

#[derive(Debug, thiserror::Error)]
pub enum ViewLibraryError {
    #[error("{url}: cannot be set up: {reason}")]
    Setup { url: String, reason: String },
    #[error("{url}: cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url}: does not know who asks (401){said}; check username, password_file, device_id")]
    Unauthorized { url: String, said: String },
    #[error("{url}: answered {status}: {said}")]
    Status { url: String, status: u16, said: String },
    #[error("{url}: refused: {status}")]
    Refused { url: String, status: String },
    #[error("{url}: its answer cannot be read: {reason}")]
    Unintelligible { url: String, reason: String },
    #[error("{url}: not registered there: {reason}")]
    Outside { url: String, reason: String },
}

use ViewLibraryError as Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewLibrarySettings {
    /// Without `/VIID`.
    pub url: Url,
    pub device_id: DeviceCode,
    pub login: Login,
    pub keepalive: Duration,
}

#[derive(Debug)]
enum Session {
    Outside,
    Inside {
        asked_at: Monotonic,
        lost: u32,
        /// A look has told of it.
        told: bool,
    },
    Waiting {
        until: Monotonic,
        failures: u32,
        reason: String,
    },
    /// For good.
    Left,
}

/// What a look after the registration found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Registered since the last look.
    Registered,
    Inside,
    Outside,
}

pub struct ViewLibrary {
    client: Client,
    settings: ViewLibrarySettings,
    session: Mutex<Session>,
}

struct Answer {
    url: String,
    status: StatusCode,
    body: String,
}

impl ViewLibrary {
    pub fn new(settings: ViewLibrarySettings) -> Result<Self, Error> {
        // The client panics without one; an error only says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| Error::Setup {
                url: settings.url.to_string(),
                reason: error.to_string(),
            })?;
        Ok(Self { client, settings, session: Mutex::new(Session::Outside) })
    }

    pub fn device_id(&self) -> &DeviceCode {
        &self.settings.device_id
    }

    /// Registers where that is not done, and says that it is still there when that is due.
    pub async fn keep_up(&self, now: Monotonic) -> Result<Kept, Error> {
        let mut session = self.session.lock().await;
        match &mut *session {
            Session::Left => return Ok(Kept::Outside),
            Session::Waiting { until, .. } if now < *until => return Ok(Kept::Outside),
            Session::Outside | Session::Waiting { .. } => {}
            Session::Inside { told: told @ false, .. } => {
                *told = true;
                return Ok(Kept::Registered);
            }
            Session::Inside { asked_at, .. } if now.since(*asked_at) < self.settings.keepalive => {
                return Ok(Kept::Inside);
            }
            Session::Inside { asked_at, lost, .. } => {
                match self.speak(KEEPALIVE, "KeepaliveObject").await {
                    Ok(()) => {
                        (*asked_at, *lost) = (now, 0);
                        return Ok(Kept::Inside);
                    }
                    Err(error) if is_absence(&error) && *lost + 1 < KEEPALIVES_LOST_MAX => {
                        (*asked_at, *lost) = (now, *lost + 1);
                        return Err(error);
                    }
                    // It is there and does not know who this is, or it was away for long.
                    Err(_) => *session = Session::Outside,
                }
            }
        }
        self.enter(&mut session, now, true).await?;
        Ok(Kept::Registered)
    }

    /// Registers where that is not done; an error where nothing that is sent now would be taken.
    pub async fn ready(&self, now: Monotonic) -> Result<(), Error> {
        self.enter(&mut *self.session.lock().await, now, false).await
    }

    /// Hands in a scene; the library must be [`ready`](Self::ready).
    pub async fn push(&self, scene: &SceneList, now: Monotonic) -> Result<(), Error> {
        let taken = self.tell(SCENES, scene).await;
        let mut session = self.session.lock().await;
        match (&taken, &mut *session) {
            // Anything that is taken keeps a registration alive.
            (Ok(()), Session::Inside { asked_at, lost, .. }) => (*asked_at, *lost) = (now, 0),
            (Err(Error::Unauthorized { .. }), Session::Inside { .. }) => {
                *session = Session::Outside;
            }
            _ => {}
        }
        taken
    }

    /// Says good-bye, if it was registered, and does not come back.
    pub async fn leave(&self) -> Result<(), Error> {
        let mut session = self.session.lock().await;
        let was = std::mem::replace(&mut *session, Session::Left);
        match was {
            Session::Inside { .. } => self.speak(UNREGISTER, "UnRegisterObject").await,
            _ => Ok(()),
        }
    }

    /// What its clock shows.
    pub async fn time(&self) -> Result<WallTime, Error> {
        let answer = self.ask(Method::GET, TIME, None).await?;
        let Answer { url, body, .. } = successful(answer)?;
        let told: TimeTold = serde_json::from_str(&body).map_err(|error| {
            Error::Unintelligible { url: url.clone(), reason: error.to_string() }
        })?;
        let text = told.time.local_time;
        local_time(&text).ok_or_else(|| Error::Unintelligible {
            url,
            reason: format!("LocalTime is {:?}; expected: YYYYMMDDhhmmss", said(&text)),
        })
    }

    /// `told`: whoever looks after the registration asks.
    async fn enter(&self, session: &mut Session, now: Monotonic, told: bool) -> Result<(), Error> {
        let outside = |reason: &str| {
            let (url, reason) = (self.settings.url.to_string(), reason.to_owned());
            Err(Error::Outside { url, reason })
        };
        let failures = match session {
            Session::Inside { .. } => return Ok(()),
            Session::Left => return outside("the hub ends"),
            Session::Waiting { until, reason, .. } if now < *until => return outside(reason),
            Session::Waiting { failures, .. } => *failures,
            Session::Outside => 0,
        };
        let error = match self.speak(REGISTER, "RegisterObject").await {
            Ok(()) => {
                *session = Session::Inside { asked_at: now, lost: 0, told };
                return Ok(());
            }
            Err(error) => error,
        };
        let doubled = FIRST_PAUSE.saturating_mul(1 << failures.min(8)).min(LONGEST_PAUSE);
        let refused = matches!(error, Error::Unauthorized { .. });
        let until = now.plus(if refused { LONGEST_PAUSE } else { doubled });
        let (failures, reason) = (failures + 1, error.to_string());
        *session = Session::Waiting { until, failures, reason };
        Err(error)
    }

    /// Who this is, under the name that the request has for it.
    async fn speak(&self, path: &str, object: &str) -> Result<(), Error> {
        let speaker = Speaker { device_id: &self.settings.device_id };
        self.tell(path, &BTreeMap::from([(object, speaker)])).await
    }

    async fn tell(&self, path: &str, body: &impl Serialize) -> Result<(), Error> {
        let body = serde_json::to_string(body).map_err(|error| Error::Setup {
            url: self.settings.url.to_string(),
            reason: error.to_string(),
        })?;
        accepted(self.ask(Method::POST, path, Some(&body)).await?)
    }

    /// The answer, whatever it is; a challenge is met once.
    async fn ask(&self, method: Method, path: &str, body: Option<&str>) -> Result<Answer, Error> {
        let mut url = self.settings.url.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        let mut response = self.send(&method, &url, body, None).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(challenge) = digest_asked(&response)
        {
            let (login, cnonce) = (&self.settings.login, format!("{:016x}", rand::random::<u64>()));
            let authorization = challenge.answer(login, method.as_str(), url.path(), &cnonce);
            response = self.send(&method, &url, body, Some(authorization)).await?;
        }
        read(url.to_string(), response).await
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&str>,
        authorization: Option<String>,
    ) -> Result<Response, Error> {
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header(USER_IDENTIFY, self.settings.device_id.to_string())
            .header(header::ACCEPT, MEDIA_TYPE);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, MEDIA_TYPE).body(body.to_owned());
        }
        request.send().await.map_err(|error| unreachable(url.as_str(), error))
    }
}

fn unreachable(url: &str, error: reqwest::Error) -> Error {
    // Without the address, which is told already.
    Error::Unreachable { url: url.to_owned(), reason: error.without_url().to_string() }
}

/// Nobody there, or nobody who could answer for it.
fn is_absence(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } => true,
        Error::Status { status, .. } => *status >= 500,
        _ => false,
    }
}

fn digest_asked(response: &Response) -> Option<Challenge> {
    let offered = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let best = Challenge::best(offered.filter_map(|value| value.to_str().ok()))?;
    matches!(best, Challenge::Digest { .. }).then_some(best)
}

async fn read(url: String, mut response: Response) -> Result<Answer, Error> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&url, error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            let reason = format!("it is longer than {ANSWER_BYTES_MAX} bytes");
            return Err(Error::Unintelligible { url, reason });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { url, status, body: String::from_utf8_lossy(&body).into_owned() })
}

fn said(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
}

fn successful(answer: Answer) -> Result<Answer, Error> {
    let Answer { url, status, body } = answer;
    match status {
        StatusCode::UNAUTHORIZED => {
            let said = said(&body);
            let said = if said.is_empty() { said } else { format!(": {said}") };
            Err(Error::Unauthorized { url, said })
        }
        _ if status.is_success() => Ok(Answer { url, status, body }),
        _ => Err(Error::Status { url, status: status.as_u16(), said: said(&body) }),
    }
}

/// A success in words as well: each object that the answer speaks of was taken, and it speaks of one.
fn accepted(answer: Answer) -> Result<(), Error> {
    let Answer { url, body, .. } = successful(answer)?;
    let unintelligible = |reason: String| Error::Unintelligible { url: url.clone(), reason };
    let answered: Answered =
        serde_json::from_str(&body).map_err(|error| unintelligible(error.to_string()))?;
    let statuses = answered.statuses();
    if statuses.is_empty() {
        return Err(unintelligible("it has no ResponseStatusObject".to_owned()));
    }
    match statuses.into_iter().find(|status| !status.is_ok()) {
        None => Ok(()),
        Some(status) => Err(Error::Refused { url, status: told(&status) }),
    }
}

fn told(status: &Status) -> String {
    said(&status.to_string())
}
