//! Live updates: what changed, not how. The page reads the rest itself.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Problem},
};
use crate::{base::shutdown::Shutdown, roles::hub::register::Change};
use axum::{
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    time::Sleep,
};

/// Open pages at once.
pub const STREAMS_MAX: usize = 128;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The page connects anew and is asked again who it is.
const STREAM_SPAN: Duration = Duration::from_secs(900);

struct Listening {
    state: AppState,
    person: Person,
    changes: broadcast::Receiver<Change>,
    shutdown: Shutdown,
    span: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
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
        state: state.clone(),
        person,
        changes: state.register.listen(),
        shutdown: state.shutdown.clone(),
        span: Box::pin(tokio::time::sleep(STREAM_SPAN)),
        _permit: permit,
    };
    let events = stream::unfold(listening, |mut listening| async move {
        let change = loop {
            let change = tokio::select! {
                change = listening.changes.recv() => change,
                () = listening.shutdown.begun() => return None,
                () = listening.span.as_mut() => return None,
            };
            // What cannot be told to be theirs is not told them.
            match &change {
                Ok(Change::Case { case_id, .. } | Change::Overdue { case_id, .. })
                    if listening.person.sees(&listening.state, *case_id).await.is_err() => {}
                _ => break change,
            }
        };
        let event = match change {
            Ok(change) => {
                let name = match &change {
                    Change::Case { .. } => "case",
                    Change::Overdue { .. } => "overdue",
                    Change::Camera { .. } => "camera",
                };
                Event::default().event(name).json_data(&change).ok()?
            }
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                Event::default().event("resync").data(format!("{{\"missed\":{missed}}}"))
            }
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        Some((Ok::<_, Infallible>(event), listening))
    });
    // The first line at once: the page then knows that it misses nothing from here on.
    let hello = stream::once(async { Ok(Event::default().event("hello").data("{}")) });
    let events = stream::StreamExt::chain(hello, events);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}
