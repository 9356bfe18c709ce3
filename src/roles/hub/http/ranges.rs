//! Parts of files: what a browser asks of one, and the answer.

use super::problem::Problem;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncReadExt};

const READ_BYTES: usize = 64 * 1024;

/// One range of a file, ends included. `None`: the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: u64,
    pub to: u64,
}

/// RFC 9110: a single satisfiable range, else the whole; `Err` where it lies behind the end.
fn span(header: Option<&str>, bytes: u64) -> Result<Option<Span>, ()> {
    let Some(range) = header.and_then(|text| text.strip_prefix("bytes=")) else { return Ok(None) };
    let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
        return Ok(None);
    };
    let end = bytes.checked_sub(1).ok_or(())?;
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to && from <= end => Ok(Some(Span { from, to: to.min(end) })),
        (Ok(from), Err(_)) if last.trim().is_empty() && from <= end => {
            Ok(Some(Span { from, to: end }))
        }
        (Err(_), Ok(count)) if first.trim().is_empty() && count > 0 => {
            Ok(Some(Span { from: bytes.saturating_sub(count), to: end }))
        }
        (Ok(from), _) if from > end => Err(()),
        _ => Ok(None),
    }
}

/// What is asked of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Whoever asks has it.
    Nothing,
    Whole,
    Part(Span),
    /// A part behind the end.
    NoSuchPart,
}

impl Wanted {
    pub fn of(headers: &HeaderMap, tag: &str, bytes: u64) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if text(header::IF_NONE_MATCH) == Some(tag) {
            return Self::Nothing;
        }
        // A part of another file would not fit what the client has of it.
        let same = text(header::IF_RANGE).is_none_or(|held| held == tag);
        match span(text(header::RANGE).filter(|_| same), bytes) {
            Ok(None) => Self::Whole,
            Ok(Some(span)) => Self::Part(span),
            Err(()) => Self::NoSuchPart,
        }
    }

    /// The bytes to send, if any are.
    pub fn span(self, bytes: u64) -> Option<Span> {
        match self {
            Self::Whole => Some(Span { from: 0, to: bytes.saturating_sub(1) }),
            Self::Part(span) => Some(span),
            Self::Nothing | Self::NoSuchPart => None,
        }
    }

    /// `source` begins with the first byte of the span.
    pub fn answer(
        self,
        span: Span,
        bytes: u64,
        source: impl AsyncRead + Unpin + Send + 'static,
    ) -> Response {
        let count = if bytes == 0 { 0 } else { span.to - span.from + 1 };
        let mut response = Body::from_stream(chunks(source, count)).into_response();
        set(&mut response, header::CONTENT_LENGTH, &count.to_string());
        if let Self::Part(_) = self {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {}-{}/{bytes}", span.from, span.to);
            set(&mut response, header::CONTENT_RANGE, &range);
        }
        response
    }

    /// The answer that needs no bytes: it is unchanged, or a refusal.
    pub fn without_bytes(self, bytes: u64) -> Response {
        if self == Self::Nothing {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        let told = format!("the file has {bytes} bytes");
        let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", told);
        let mut response = problem.into_response();
        set(&mut response, header::CONTENT_RANGE, &format!("bytes */{bytes}"));
        response
    }
}

pub fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn chunks(
    file: impl AsyncRead + Unpin + Send + 'static,
    count: u64,
) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((file, count), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; READ_BYTES.min(usize::try_from(left).unwrap_or(READ_BYTES))];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        Ok(Some((Bytes::from(chunk), (file, left - read as u64))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_the_standard() {
        let at = |from, to| Ok(Some(Span { from, to }));
        for (header, expected) in [
            ("bytes=0-0", at(0, 0)),
            ("bytes=2-", at(2, 9)),
            ("bytes=-3", at(7, 9)),
            ("bytes=-99", at(0, 9)),
            ("bytes=5-99", at(5, 9)),
            ("bytes=10-", Err(())),
            ("bytes=10-12", Err(())),
            ("bytes=5-2", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("bytes=a-b", Ok(None)),
            ("lines=1-2", Ok(None)),
        ] {
            assert_eq!(span(Some(header), 10), expected, "{header}");
        }
        assert_eq!(span(Some("bytes=0-"), 0), Err(()));
        assert_eq!(span(None, 10), Ok(None));
    }
}
