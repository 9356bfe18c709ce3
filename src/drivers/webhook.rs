//! Signed messages to a city's platform over HTTP.
//!
//! `POST` of the message with `Gridwarden-Delivery: <message id>`, the same for every try, and
//! `Gridwarden-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 under the shared secret of
//! `<seconds>.<body>`. A receiver checks it, refuses what is older than it likes, and drops a message
//! id that it has had. Anything but a 2xx is a failure, redirects too: a message goes where the
//! configuration says and nowhere else.

use crate::base::{hex::hex, secret::Secret, time::WallTime};
use reqwest::{Client, Url, header, redirect};
use ring::hmac;
use std::time::Duration;

pub const SIGNATURE_HEADER: &str = "gridwarden-signature";
pub const DELIVERY_HEADER: &str = "gridwarden-delivery";
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Of an answer that refuses, for the log.
const SAID_CHARS_MAX: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("{url}: cannot be set up: {reason}")]
    Setup { url: String, reason: String },
    #[error("{url}: cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url}: answered {status}: {said}")]
    Refused { url: String, status: u16, said: String },
}

pub struct Webhook {
    client: Client,
    url: Url,
    key: hmac::Key,
}

impl Webhook {
    pub fn new(url: &Url, secret: &Secret) -> Result<Self, WebhookError> {
        // The client panics without one; an error only says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| WebhookError::Setup {
                url: url.to_string(),
                reason: error.to_string(),
            })?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        Ok(Self { client, url: url.clone(), key })
    }

    pub async fn send(
        &self,
        message_id: &str,
        body: &str,
        now: WallTime,
    ) -> Result<(), WebhookError> {
        let url = || self.url.to_string();
        let mut answer = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header(DELIVERY_HEADER, message_id)
            .header(SIGNATURE_HEADER, sign(&self.key, now.unix_millis() / 1_000, body))
            .body(body.to_owned())
            .send()
            .await
            .map_err(|error| WebhookError::Unreachable {
                url: url(),
                // Without the address, which is told already.
                reason: error.without_url().to_string(),
            })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = answer.chunk().await.ok().flatten().unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let said = said.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
        Err(WebhookError::Refused { url: url(), status: status.as_u16(), said })
    }
}

fn sign(key: &hmac::Key, secs: i64, body: &str) -> String {
    let tag = hmac::sign(key, format!("{secs}.{body}").as_bytes());
    format!("t={secs},v1={}", hex(tag.as_ref()))
}
