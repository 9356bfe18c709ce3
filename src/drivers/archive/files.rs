//! Recordings as files on an HTTP server, and a list that says which is of when.
//!
//! ```text
//! from,to,file
//! 2026-01-31T08:00:00.000Z,2026-01-31T08:10:00.000Z,2026-01-31/0800.mp4
//! ```
//! `file` is relative to the list. Files are fetched whole: any container that GStreamer takes apart.

use super::download::Http;
use crate::{
    base::{
        clock::Clock,
        secret::Secret,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, FootagePart, Known, Span, holes},
        ids::CameraId,
        seams::FootageSource,
    },
};
use reqwest::{RequestBuilder, Url};
use std::{path::Path, sync::Arc};
use tokio::runtime::Handle;

/// A year of files of a minute.
const LIST_BYTES_MAX: usize = 64 << 20;
/// Files of one interval.
const FILES_MAX: usize = 32;

#[derive(Debug, Clone)]
pub struct FilesConfig {
    /// Of the list.
    pub uri: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

pub struct HttpFiles {
    config: FilesConfig,
    http: Http,
    runtime: Handle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    span: Span,
    file: String,
}

impl HttpFiles {
    /// `runtime` does the waiting; never called on one of its own threads.
    pub fn new(
        config: FilesConfig,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Result<Self, FootageError> {
        let http = Http::new(&config.uri, clock)?;
        Ok(Self { config, http, runtime })
    }

    fn get(&self, url: &str) -> RequestBuilder {
        let request = self.http.get(url);
        match &self.config.username {
            Some(user) => {
                request.basic_auth(user, self.config.password.as_ref().map(Secret::reveal))
            }
            None => request,
        }
    }

    async fn take(&self, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        let list = self.http.text(self.get(&self.config.uri), LIST_BYTES_MAX).await?;
        let mut listed = read(&list).map_err(|reason| self.http.unusable(reason))?;
        listed.retain(|one| one.span.meets(span));
        listed.sort_by_key(|one| one.span);
        if listed.len() > FILES_MAX {
            let said = format!("{} files for {span}; allowed: {FILES_MAX}", listed.len());
            return Err(self.http.unusable(said));
        }
        let base = Url::parse(&self.config.uri);
        let base = base.map_err(|error| self.http.unusable(error.to_string()))?;
        let mut parts = Vec::new();
        for (nth, one) in listed.iter().enumerate() {
            let url = base.join(&one.file).ok().filter(|url| url.origin() == base.origin());
            // A list may not send the user and the password to somebody else.
            let url = url.ok_or_else(|| {
                self.http.unusable(format!("file {:?} is on another server", one.file))
            })?;
            let path = into.join(format!("{nth}.video"));
            self.http.file(|| self.get(url.as_str()), &path).await?;
            parts.push(FootagePart { path, starts_at: one.span.from, ends_at: one.span.to });
        }
        let covered: Vec<Span> = listed.iter().map(|one| one.span).collect();
        let now = self.http.clock.wall();
        let known = Known { told: &[], kept_from: Some(span.from), now };
        Ok(Fetched { parts, holes: holes(span, &covered, &known), clock: ClockQuality::Assigned })
    }
}

impl FootageSource for HttpFiles {
    fn fetch(&self, _: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        if span.is_empty() {
            return Err(FootageError::Backwards { from: span.from, to: span.to });
        }
        self.runtime.block_on(self.take(span, into))
    }
}

fn read(list: &str) -> Result<Vec<Listed>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(list.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?;
    if header.iter().ne(["from", "to", "file"]) {
        return Err(format!(
            "the list begins with {:?}; expected: from,to,file",
            header.as_slice()
        ));
    }
    let mut listed = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let time = |nth: usize| {
            let text = row.get(nth).unwrap_or_default();
            text.parse::<WallTime>().map_err(|error| format!("line {line}: {error}"))
        };
        let span = Span::new(time(0)?, time(1)?);
        if span.is_empty() {
            return Err(format!("line {line}: {span} ends before it begins"));
        }
        listed.push(Listed { span, file: row.get(2).unwrap_or_default().to_owned() });
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_a_bad_line_named() {
        let row = "2026-01-31T08:00:00Z,2026-01-31T08:10:00Z,a/b.mp4";
        let listed = read(&format!("from,to,file\n{row}\n")).unwrap();
        assert_eq!((listed.len(), listed[0].file.as_str()), (1, "a/b.mp4"));
        assert_eq!(listed[0].span.length().as_secs(), 600);
        for (list, part) in [
            (format!("begin,end,file\n{row}\n"), "expected: from,to,file"),
            (format!("from,to,file\n{row}\nnow,then,c.mp4\n"), "line 3"),
            ("from,to,file\n2026-01-31T08:00:00Z,2026-01-31T08:00:00Z,a\n".to_owned(), "line 2"),
        ] {
            let said = read(&list).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }
}
