//! Live updates: what changed, not how. The page reads the rest itself.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Problem},
};
use crate::{base::shutdown::Shutdown, domain::people::Area, roles::hub::feed::Told};
use axum::{
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, StreamExt};
use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    time::Sleep,
};

/// Open pages at once.
pub const STREAMS_MAX: usize = 1_024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The page connects anew and is asked again who it is.
const STREAM_SPAN: Duration = Duration::from_secs(900);

struct Listening {
    name: String,
    area: Area,
    moments: broadcast::Receiver<Arc<[Told]>>,
    shutdown: Shutdown,
    span: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl Listening {
    /// What the person is told next; `None`: the stream ends.
    async fn next(&mut self) -> Option<Vec<Result<Event, Infallible>>> {
        let told = tokio::select! {
            told = self.moments.recv() => told,
            () = self.shutdown.begun() => return None,
            () = self.span.as_mut() => return None,
        };
        let told = match told {
            Ok(told) => told,
            Err(broadcast::error::RecvError::Lagged(missed)) => [Told::resync(missed)].into(),
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        let own = told.iter().filter(|told| told.is_for(&self.area, &self.name));
        Some(own.map(|told| Ok(Event::default().event(told.name).data(&told.data))).collect())
    }
}

/// Server-sent events `case`, `overdue`, `camera`, and `resync` after some were missed.
#[utoipa::path(get, path = "/api/v1/stream", responses(
    (status = 200, description = "text/event-stream"), (status = 503, body = Problem)))]
pub async fn listen(State(state): State<AppState>, person: Person) -> Answer<Response> {
    let permit = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-streams",
            format!("{STREAMS_MAX} pages are open; close one"),
        )
    })?;
    let listening = Listening {
        name: person.name,
        area: person.area,
        moments: state.register.feed.listen(),
        shutdown: state.shutdown.clone(),
        span: Box::pin(tokio::time::sleep(STREAM_SPAN)),
        _permit: permit,
    };
    let events = stream::unfold(listening, |mut listening| async move {
        let told = listening.next().await?;
        Some((stream::iter(told), listening))
    });
    // The first line at once: the page then knows that it misses nothing from here on.
    let hello = stream::once(async { Ok(Event::default().event("hello").data("{}")) });
    let events = hello.chain(events.flatten());
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}
