//! Signing in through an identity provider: OpenID Connect, authorisation code with PKCE.
//!
//! ```text
//! begin  -> address at the provider, and what to remember (state, nonce, verifier)
//! finish <- code: exchanged for an ID token, whose signature, issuer, audience, times and nonce are right
//! ```
//!
//! The provider is asked where its ends are when somebody first signs in, so a provider that is away
//! keeps nobody from starting the hub. Its keys are read anew when a token names one that is not known,
//! at most once a minute.
//!
//! Failure: [`OidcError`]; nobody is signed in on a doubt.

mod token;

pub use token::{BadToken, Claims};

use crate::base::{secret::Secret, time::WallTime};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Client;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{path::PathBuf, time::Duration};
use token::{JwkSet, verify};
use tokio::sync::Mutex;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const KEYS_ANEW_AFTER: Duration = Duration::from_secs(60);

/// Which provider, and what it knows us as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcConfig {
    /// As in its tokens: `https://id.example.cn/realms/city`.
    pub issuer: String,
    pub client_id: String,
    /// Left out for a public client, which PKCE alone protects.
    pub client_secret: Option<Secret>,
    /// Where it sends people back to, on this hub.
    pub redirect_url: String,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    /// PEM file of trusted authorities; without it those of the system.
    pub ca: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("identity provider {issuer}: {reason}")]
    Setup { issuer: String, reason: String },
    #[error("{url}: the identity provider cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url}: the identity provider answered {status}: {said}")]
    Refused { url: String, status: u16, said: String },
    #[error("{url}: the identity provider's answer is not to be read: {reason}")]
    Unreadable { url: String, reason: String },
    #[error("the identity provider calls itself {found:?}, not {expected:?}")]
    OtherIssuer { expected: String, found: String },
    #[error("the ID token is not to be trusted: {0}")]
    Token(#[from] BadToken),
}

/// A sign-in that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub verifier: Secret,
}

/// Its ends, as it describes itself.
#[derive(Debug, Clone, Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Default)]
struct Known {
    ends: Option<Discovered>,
    keys: JwkSet,
    keys_at: Option<WallTime>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

pub struct Provider {
    config: OidcConfig,
    client: Client,
    known: Mutex<Known>,
}

impl Provider {
    pub fn new(config: OidcConfig) -> Result<Self, OidcError> {
        let setup = |reason: String| OidcError::Setup { issuer: config.issuer.clone(), reason };
        // The client panics without one; an error only says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect would carry the code to wherever it points.
        let mut builder =
            Client::builder().timeout(REQUEST_TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &config.ca {
            let bad = |error: &dyn std::fmt::Display| setup(format!("{}: {error}", path.display()));
            let pem = std::fs::read(path).map_err(|error| bad(&error))?;
            let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad(&error))?;
            builder = builder.tls_certs_only(found);
        }
        let client = builder.build().map_err(|error| setup(error.to_string()))?;
        Ok(Self { config, client, known: Mutex::default() })
    }

    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Random values of a new sign-in, and the address that carries them to the provider.
    pub async fn begin(&self) -> Result<Begun, OidcError> {
        let ends = self.ends().await?;
        let (state, nonce, verifier) = (random(), random(), random());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let scope = std::iter::once("openid").chain(self.config.scopes.iter().map(String::as_str));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_url),
            ("scope", &scope.collect::<Vec<_>>().join(" ")),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let ends = ends.authorization_endpoint;
        let url = format!("{ends}{}{query}", if ends.contains('?') { '&' } else { '?' });
        Ok(Begun { url, state, nonce, verifier: Secret::new(verifier) })
    }

    /// What the provider vouches for, in exchange for the code that it gave the browser.
    pub async fn finish(
        &self,
        code: &str,
        begun: &Begun,
        now: WallTime,
    ) -> Result<Claims, OidcError> {
        let ends = self.ends().await?;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*self.config.redirect_url),
            ("code_verifier", begun.verifier.reveal()),
        ];
        let mut request = self.client.post(&ends.token_endpoint);
        match &self.config.client_secret {
            // RFC 6749 2.3.1: each part is form-encoded first.
            Some(secret) => {
                let (id, secret) = (encode(&self.config.client_id), encode(secret.reveal()));
                request = request.basic_auth(id, Some(secret));
            }
            None => fields.push(("client_id", &self.config.client_id)),
        }
        let request =
            request.header("Content-Type", "application/x-www-form-urlencoded").body(form(&fields));
        let TokenAnswer { id_token } = self.answer(&ends.token_endpoint, request).await?;
        let keys = self.keys(&ends.jwks_uri, &id_token, now).await?;
        let expected = token::Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &begun.nonce,
            now,
        };
        Ok(verify(&id_token, &keys, &expected)?)
    }

    async fn ends(&self) -> Result<Discovered, OidcError> {
        let mut known = self.known.lock().await;
        if let Some(ends) = &known.ends {
            return Ok(ends.clone());
        }
        let issuer = self.config.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let ends: Discovered = self.answer(&url, self.client.get(&url)).await?;
        if ends.issuer != self.config.issuer {
            let (expected, found) = (self.config.issuer.clone(), ends.issuer);
            return Err(OidcError::OtherIssuer { expected, found });
        }
        known.ends = Some(ends.clone());
        Ok(ends)
    }

    /// Its keys; read anew for a token of one that is not known.
    async fn keys(&self, url: &str, token: &str, now: WallTime) -> Result<JwkSet, OidcError> {
        let mut known = self.known.lock().await;
        let rested = known.keys_at.is_none_or(|at| now.since(at) >= KEYS_ANEW_AFTER);
        if rested && !known.keys.knows(token) {
            known.keys = self.answer(url, self.client.get(url)).await?;
            known.keys_at = Some(now);
        }
        Ok(known.keys.clone())
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        url: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, OidcError> {
        let unreachable = |error: reqwest::Error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            OidcError::Unreachable { url: url.to_owned(), reason: cause.to_string() }
        };
        let mut answer =
            request.header("Accept", "application/json").send().await.map_err(unreachable)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                let reason = format!("more than {ANSWER_BYTES_MAX} bytes");
                return Err(OidcError::Unreadable { url: url.to_owned(), reason });
            }
        }
        let status = answer.status();
        if !status.is_success() {
            let said = String::from_utf8_lossy(&bytes).chars().take(200).collect();
            return Err(OidcError::Refused { url: url.to_owned(), status: status.as_u16(), said });
        }
        serde_json::from_slice(&bytes).map_err(|error| OidcError::Unreadable {
            url: url.to_owned(),
            reason: error.to_string(),
        })
    }
}

fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// `application/x-www-form-urlencoded`
fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_what_stands_in_it_apart() {
        assert_eq!(form(&[("a", "b&c=d"), ("e", "字 ~")]), "a=b%26c%3Dd&e=%E5%AD%97%20~");
    }
}
