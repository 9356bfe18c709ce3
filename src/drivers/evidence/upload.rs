//! Uploads evidence files to the hub, named by SHA-256 and resumable (docs/http.md, `/evidence`).
//!
//! ```text
//! HEAD -> offset held -> PATCH a chunk -> new offset -> ... -> Upload-Complete: true
//!   ^-------------------- 409: another offset ----'
//! ```
//!
//! Enters: a file and its name. Leaves: `Ok` only after the hub said that it holds the whole file
//! and its digest is right. One chunk of at most [`CHUNK_BYTES_MAX`] is in memory.
//!
//! The one thing that comes the other way is a crew's photograph, which the hub holds and this node is
//! asked to compare: whole in memory, of at most [`PHOTOGRAPH_BYTES_MAX`], its digest checked.
//!
//! Failure: [`UploadError::is_final`] tells what no later attempt can cure. After anything else
//! call again: the hub is asked for its offset and the upload goes on from there.

use crate::{
    base::{
        hex::hex,
        secret::{Secret, SecretSource},
    },
    domain::wire::PHOTOGRAPH_BYTES_MAX,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use sha2::{Digest, Sha256};
use std::{
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one request: a chunk over a slow uplink (1 MiB at 35 kB/s).
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Times that the hub may correct our offset within one call.
const CORRECTIONS_MAX: u32 = 3;

const OFFSET: &str = "Upload-Offset";
const LENGTH: &str = "Upload-Length";
const COMPLETE: &str = "Upload-Complete";

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("evidence address {url:?}: {reason}; write http://hub:8080")]
    Setup { url: String, reason: String },
    #[error(
        "node token {path}: {reason}; a hub on this machine makes it on its first start, otherwise copy the hub's",
        path = path.display()
    )]
    Token { path: PathBuf, reason: String },
    #[error("evidence {path}: the file is gone", path = path.display())]
    Missing { path: PathBuf },
    #[error("evidence {path}: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("evidence {path}: its content no longer matches its name", path = path.display())]
    Spoiled { path: PathBuf },
    #[error("{url}: hub cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url}: hub answered {status}; {cure}")]
    Refused { url: String, status: u16, cure: &'static str },
    #[error("{url}: hub does not keep to the upload protocol: {reason}")]
    Protocol { url: String, reason: String },
}

impl UploadError {
    /// The file itself is gone or wrong.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Spoiled { .. })
    }
}

/// Clones share connections.
#[derive(Clone)]
pub struct Uploader {
    client: Client,
    base_url: Arc<str>,
    token: Option<SecretSource>,
}

/// How the two sides know each other over https.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadTls {
    /// PEM file of trusted authorities; without it those of the system.
    pub ca: Option<PathBuf>,
    /// PEM files of this node's certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// What the hub holds of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    offset: u64,
    complete: bool,
}

impl Uploader {
    /// `base_url` is the hub's address, for example `http://hub:8080`; a token file is read at each
    /// upload, since the hub may make it later than this node starts. Without a token the node is known
    /// by its certificate.
    pub fn new(
        base_url: &str,
        token: Option<SecretSource>,
        tls: &UploadTls,
    ) -> Result<Self, UploadError> {
        let setup = |reason: String| UploadError::Setup { url: base_url.to_owned(), reason };
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            return Err(setup("the scheme is neither http:// nor https://".to_owned()));
        }
        // The client panics without one; an error only says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder =
            Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).no_proxy();
        let bad = |path: &Path, error: &dyn std::fmt::Display| {
            setup(format!("{}: {error}", path.display()))
        };
        let read = |path: &Path| std::fs::read(path).map_err(|error| bad(path, &error));
        if let Some(path) = &tls.ca {
            let found = reqwest::Certificate::from_pem_bundle(&read(path)?);
            builder = builder.tls_certs_only(found.map_err(|error| bad(path, &error))?);
        }
        if let Some((cert, key)) = &tls.identity {
            let both = [read(cert)?, read(key)?].concat();
            let identity = reqwest::Identity::from_pem(&both).map_err(|error| bad(cert, &error))?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|error| setup(error.to_string()))?;
        Ok(Self { client, base_url: base_url.trim_end_matches('/').into(), token })
    }

    pub async fn upload(
        &self,
        sha256: &str,
        path: &Path,
        media_type: &str,
    ) -> Result<(), UploadError> {
        let url = format!("{}/api/v1/evidence/{sha256}", self.base_url);
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => UploadError::Missing { path: path.to_owned() },
            _ => UploadError::Unreadable { path: path.to_owned(), reason: error.to_string() },
        };
        let protocol = |reason: String| UploadError::Protocol { url: url.clone(), reason };
        let token = self.token()?;
        let mut held = self.held(&url, token.as_ref()).await?;
        // Asked before the file is opened: what the hub holds may have left this disk, when two
        // cases of one moment name the same picture.
        if held.complete {
            return Ok(());
        }
        let mut file = File::open(path).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let mut corrections = 0;
        let mut chunk = Vec::new();
        while !held.complete {
            if held.offset > length {
                return Err(protocol(format!("it holds {} of {length} bytes", held.offset)));
            }
            file.seek(SeekFrom::Start(held.offset)).await.map_err(unreadable)?;
            chunk.clear();
            let left = length - held.offset;
            let taken = (&mut file).take(left.min(CHUNK_BYTES_MAX as u64));
            { taken }.read_to_end(&mut chunk).await.map_err(unreadable)?;
            let end = held.offset + chunk.len() as u64;
            let answer = self
                .request(Method::PATCH, &url, token.as_ref())
                .header("Content-Type", media_type)
                .header(OFFSET, held.offset)
                .header(LENGTH, length)
                .body(chunk.clone())
                .send()
                .await
                .map_err(|error| unreachable_hub(&url, &error))?;
            match answer.status() {
                StatusCode::NO_CONTENT => {
                    let next = read_held(&url, &answer)?;
                    let stands = next.offset == held.offset && !chunk.is_empty();
                    if !next.complete && (next.offset != end || stands || end == length) {
                        let at = next.offset;
                        return Err(protocol(format!("offset {at} of {length} after byte {end}")));
                    }
                    held = next;
                }
                StatusCode::CONFLICT if corrections < CORRECTIONS_MAX => {
                    corrections += 1;
                    held = self.held(&url, token.as_ref()).await?;
                }
                StatusCode::UNPROCESSABLE_ENTITY => {
                    return Err(match digest_of(path).await.map_err(unreadable)? == sha256 {
                        true => refused(&url, answer.status()),
                        false => UploadError::Spoiled { path: path.to_owned() },
                    });
                }
                status => return Err(refused(&url, status)),
            }
        }
        Ok(())
    }

    /// A crew's photograph that this node is asked to compare.
    pub async fn photograph(&self, sha256: &str) -> Result<Vec<u8>, UploadError> {
        let url = format!("{}/api/v1/photographs/{sha256}", self.base_url);
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let reason = format!("{sha256:?} is no SHA-256");
            return Err(UploadError::Protocol { url, reason });
        }
        let gone = |error: reqwest::Error| unreachable_hub(&url, &error);
        let request = self.request(Method::GET, &url, self.token()?.as_ref());
        let mut answer = request.send().await.map_err(gone)?;
        if answer.status() != StatusCode::OK {
            return Err(refused(&url, answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(gone)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > PHOTOGRAPH_BYTES_MAX {
                let reason = format!("more than {PHOTOGRAPH_BYTES_MAX} bytes");
                return Err(UploadError::Protocol { url, reason });
            }
        }
        if hex(&Sha256::digest(&bytes)) != sha256 {
            let reason = "its digest is another".to_owned();
            return Err(UploadError::Protocol { url, reason });
        }
        Ok(bytes)
    }

    fn token(&self) -> Result<Option<Secret>, UploadError> {
        match &self.token {
            None => Ok(None),
            Some(SecretSource::Given(token)) => Ok(Some(token.clone())),
            Some(SecretSource::File(path)) => match Secret::from_file(path) {
                Ok(token) => Ok(Some(token)),
                Err(error) => {
                    Err(UploadError::Token { path: path.clone(), reason: error.to_string() })
                }
            },
        }
    }

    fn request(&self, method: Method, url: &str, token: Option<&Secret>) -> RequestBuilder {
        let request = self.client.request(method, url);
        match token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    async fn held(&self, url: &str, token: Option<&Secret>) -> Result<Held, UploadError> {
        let answer = self
            .request(Method::HEAD, url, token)
            .send()
            .await
            .map_err(|error| unreachable_hub(url, &error))?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(Held { offset: 0, complete: false }),
            status if status.is_success() => read_held(url, &answer),
            status => Err(refused(url, status)),
        }
    }
}

fn read_held(url: &str, answer: &Response) -> Result<Held, UploadError> {
    let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let offset = text(OFFSET).and_then(|value| value.parse().ok());
    let complete = text(COMPLETE) == Some("true");
    match offset {
        Some(offset) => Ok(Held { offset, complete }),
        None if complete => Ok(Held { offset: 0, complete }),
        None => Err(UploadError::Protocol {
            url: url.to_owned(),
            reason: format!("the answer has no {OFFSET}"),
        }),
    }
}

fn refused(url: &str, status: StatusCode) -> UploadError {
    let cure = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "give this node the token that the hub lists for it, or a certificate of its district; the file may be another node's"
        }
        StatusCode::NOT_FOUND => "check `evidence.url`: that server takes no evidence",
        StatusCode::PAYLOAD_TOO_LARGE => "raise the hub's limit of file size, or shorten clips",
        StatusCode::INSUFFICIENT_STORAGE => "free disk space at the hub",
        StatusCode::UNPROCESSABLE_ENTITY => "the file was damaged on its way; it is sent again",
        _ => "see the hub's log",
    };
    UploadError::Refused { url: url.to_owned(), status: status.as_u16(), cure }
}

/// The innermost cause says why; the outer ones repeat the address.
fn unreachable_hub(url: &str, error: &reqwest::Error) -> UploadError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    UploadError::Unreachable { url: url.to_owned(), reason: cause.to_string() }
}

async fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path).await?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 64 * 1024];
    loop {
        match file.read(&mut block).await? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&block[..count]),
        }
    }
}

// The tests run a real HTTP server, which only the hub links.
#[cfg(all(test, feature = "hub"))]
#[path = "upload_tests.rs"]
mod tests;
