//! HTTP as both sources need it: short texts, and files that may be long and break off.

use crate::{base::clock::Clock, domain::footage::FootageError};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{fs::File, io::AsyncWriteExt};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Between two pieces of an answer. A gateway asks its device first.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// One file of a recording.
const FILE_BYTES_MAX: u64 = 2 << 30;
/// A file that breaks off is gone on with so often.
const TRIES_MAX: u32 = 5;
const REST: Duration = Duration::from_millis(500);

/// One server, or a gateway and its media server.
pub struct Http {
    client: Client,
    /// For messages.
    pub name: String,
    pub clock: Arc<dyn Clock>,
}

impl Http {
    pub fn new(name: &str, clock: Arc<dyn Clock>) -> Result<Self, FootageError> {
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE_MAX)
            .user_agent(concat!("gridwarden/", env!("CARGO_PKG_VERSION")))
            .build();
        let name = name.to_owned();
        let unusable = |error: reqwest::Error| FootageError::Unusable {
            source_name: name.clone(),
            reason: words(error),
        };
        Ok(Self { client: client.map_err(unusable)?, name: name.clone(), clock })
    }

    pub fn get(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    pub fn refused(&self, reason: impl Into<String>) -> FootageError {
        FootageError::Refused { source_name: self.name.clone(), reason: reason.into() }
    }

    pub fn unusable(&self, reason: impl Into<String>) -> FootageError {
        FootageError::Unusable { source_name: self.name.clone(), reason: reason.into() }
    }

    fn unreachable(&self, error: reqwest::Error) -> FootageError {
        FootageError::Unreachable { source_name: self.name.clone(), reason: words(error) }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Response, FootageError> {
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(self.refused(format!("{status}: check the user and password_file")))
            }
            status => Err(self.refused(status.to_string())),
        }
    }

    /// A whole answer of at most so many bytes.
    pub async fn text(
        &self,
        request: RequestBuilder,
        bytes_max: usize,
    ) -> Result<String, FootageError> {
        let mut answer = self.answer(request).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.unreachable(error))? {
            if bytes.len() + piece.len() > bytes_max {
                return Err(self.unusable(format!("an answer of more than {bytes_max} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        String::from_utf8(bytes).map_err(|_| self.unusable("an answer that is no UTF-8"))
    }

    /// A file; where it breaks off it goes on, if the server can and has still the same one.
    pub async fn file(
        &self,
        request: impl Fn() -> RequestBuilder,
        path: &Path,
    ) -> Result<u64, FootageError> {
        let mut file = Partial::create(path).await?;
        let mut tries = 0;
        loop {
            let mut asked = request();
            if let (Some(tag), 1..) = (&file.tag, file.bytes) {
                asked = asked.header(header::RANGE, format!("bytes={}-", file.bytes));
                asked = asked.header(header::IF_RANGE, tag);
            }
            let broken = match self.answer(asked).await {
                Ok(answer) => self.pour(answer, &mut file).await?,
                Err(error @ FootageError::Unreachable { .. }) => Some(error),
                Err(error) => return Err(error),
            };
            let Some(broken) = broken else { return file.finish().await };
            tries += 1;
            if tries == TRIES_MAX || (file.bytes > 0 && file.tag.is_none()) {
                return Err(broken);
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// What plays as it comes, for as long as that lasts; its end is the end of the connection.
    pub async fn stream(
        &self,
        request: RequestBuilder,
        path: &Path,
        within: Duration,
    ) -> Result<u64, FootageError> {
        let answer = self.answer(request).await?;
        let mut file = Partial::create(path).await?;
        // One that lasts longer plays on behind the interval.
        if let Ok(poured) = tokio::time::timeout(within, self.pour(answer, &mut file)).await {
            poured.map(drop)?;
        }
        file.finish().await
    }

    /// `Some`: why it broke off.
    async fn pour(
        &self,
        mut answer: Response,
        file: &mut Partial,
    ) -> Result<Option<FootageError>, FootageError> {
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            file.restart().await?;
        }
        let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        // A weak one does not promise the same bytes.
        file.tag = tag.filter(|tag| tag.starts_with('"')).map(str::to_owned);
        loop {
            match answer.chunk().await {
                Ok(None) => return Ok(None),
                Ok(Some(piece)) => {
                    file.append(&piece).await?;
                    if file.bytes > FILE_BYTES_MAX {
                        let said = format!("a file of more than {FILE_BYTES_MAX} bytes");
                        return Err(self.unusable(said));
                    }
                }
                Err(error) => return Ok(Some(self.unreachable(error))),
            }
        }
    }
}

/// Without the address, which may hold a token.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    causes.last().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A file that is being fetched.
struct Partial {
    path: PathBuf,
    file: File,
    bytes: u64,
    tag: Option<String>,
}

impl Partial {
    async fn create(path: &Path) -> Result<Self, FootageError> {
        let file = File::create(path).await.map_err(|error| FootageError::disk(path, error))?;
        Ok(Self { path: path.to_owned(), file, bytes: 0, tag: None })
    }

    async fn restart(&mut self) -> Result<(), FootageError> {
        if self.bytes > 0 {
            *self = Self::create(&self.path).await?;
        }
        Ok(())
    }

    async fn append(&mut self, piece: &[u8]) -> Result<(), FootageError> {
        let written = self.file.write_all(piece).await;
        written.map_err(|error| FootageError::disk(&self.path, error))?;
        self.bytes += piece.len() as u64;
        Ok(())
    }

    async fn finish(mut self) -> Result<u64, FootageError> {
        let written = self.file.flush().await;
        written.map_err(|error| FootageError::disk(&self.path, error))?;
        Ok(self.bytes)
    }
}
