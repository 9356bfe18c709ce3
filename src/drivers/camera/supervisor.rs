//! The thread that owns a camera's pipeline: connect, watch, take down, wait, again.

use super::{
    Shared, SourceEvent,
    backoff::Backoff,
    connection::{Connection, FIRST_FRAME, REFUSED},
    reason::Complaint,
};
use crate::{
    base::time::Monotonic,
    domain::{pixel::PixelSize, seams::SourceError},
};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// How often the watchdog and the shutdown are looked at. A message wakes the thread sooner.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// A connection that has delivered for so long begins the backoff anew.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// Granted to a camera before its first frame, beyond the time it may be silent: negotiation, the
/// fall from UDP to TCP, and the wait for a key frame.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(10);

/// Why a connection is over.
enum Over {
    Stopped,
    /// A file has been played to its end.
    Played,
    Lost {
        error: SourceError,
        failed_decoder: Option<String>,
    },
}

pub fn supervise(shared: &Arc<Shared>, on_event: &dyn Fn(SourceEvent)) {
    let mut backoff = Backoff::new();
    let mut avoided = Vec::new();
    while !shared.is_over() {
        match connect(shared, &avoided, &mut backoff, on_event) {
            Over::Stopped => break,
            Over::Played => {
                backoff.reset();
                tracing::debug!(source = %shared.address, "played to its end, beginning again");
            }
            Over::Lost { error, failed_decoder } => {
                if let Some(decoder) = failed_decoder {
                    tracing::warn!(source = %shared.address, decoder, "decoder failed, trying another");
                    avoided.push(decoder);
                }
                let retry_in = backoff.next_wait(rand::random());
                on_event(SourceEvent::Lost { error, retry_in });
                wait(shared, retry_in);
            }
        }
    }
    shared.frames.close();
}

fn wait(shared: &Shared, span: Duration) {
    let until = shared.clock.monotonic().plus(span);
    while !shared.is_over() {
        let left = until.since(shared.clock.monotonic());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left.min(WATCH_EVERY));
    }
}

/// One connection, from building the pipeline to its state being Null again.
fn connect(
    shared: &Arc<Shared>,
    avoided: &[String],
    backoff: &mut Backoff,
    on_event: &dyn Fn(SourceEvent),
) -> Over {
    let uri = shared.address.to_string();
    let opened = Connection::open(shared, avoided);
    let (pipeline, connection) = match opened {
        Ok(opened) => opened,
        Err(reason) => return lost(SourceError::Open { uri, reason }),
    };
    let over = match pipeline.set_state(gst::State::Playing) {
        Ok(_) => watch(shared, &pipeline, &connection, backoff, on_event),
        // The cause, if the element told one, is on the bus.
        Err(_) => match next_message(&pipeline, Duration::ZERO) {
            Some(message) => judge(shared, &message, false).unwrap_or_else(|| {
                lost(SourceError::Open { uri, reason: "it does not start".to_owned() })
            }),
            None => lost(SourceError::Open { uri, reason: "it does not start".to_owned() }),
        },
    };
    if pipeline.set_state(gst::State::Null).is_err() {
        tracing::error!(source = %shared.address, "the pipeline does not stop");
    }
    over
}

fn watch(
    shared: &Arc<Shared>,
    pipeline: &gst::Pipeline,
    connection: &Connection,
    backoff: &mut Backoff,
    on_event: &dyn Fn(SourceEvent),
) -> Over {
    let begun = shared.clock.monotonic();
    let mut delivering_since = None;
    loop {
        if shared.is_over() {
            return Over::Stopped;
        }
        if let Some(message) = next_message(pipeline, WATCH_EVERY) {
            if let Some(size) = first_frame(&message) {
                delivering_since = Some(shared.clock.monotonic());
                on_event(SourceEvent::Connected {
                    connection: shared.connections.fetch_add(1, Ordering::Relaxed) + 1,
                    codec: connection.codec(),
                    decoder: connection.decoder(),
                    size,
                });
            } else if let Some(over) = judge(shared, &message, delivering_since.is_some()) {
                return over;
            }
        }
        if let Some(over) = silence(shared, connection, begun) {
            return over;
        }
        let delivered = delivering_since.map(|since| shared.clock.monotonic().since(since));
        if delivered.is_some_and(|span| span >= STABLE_AFTER) {
            backoff.reset();
        }
    }
}

/// rtspsrc raises no error when a connected camera falls silent, so this does.
fn silence(shared: &Shared, connection: &Connection, begun: Monotonic) -> Option<Over> {
    let silent_after = shared.config.silent_after;
    let (silent, limit) = match connection.silent_for() {
        Some(silent) => (silent, silent_after),
        None => (shared.clock.monotonic().since(begun), silent_after + FIRST_FRAME_WITHIN),
    };
    (silent > limit).then(|| {
        lost(SourceError::Silent {
            uri: shared.address.to_string(),
            silent_secs: silent.as_secs_f64(),
        })
    })
}

fn next_message(pipeline: &gst::Pipeline, within: Duration) -> Option<gst::Message> {
    let kinds = [gst::MessageType::Error, gst::MessageType::Eos, gst::MessageType::Application];
    let within = gst::ClockTime::from_nseconds(within.as_nanos() as u64);
    pipeline.bus()?.timed_pop_filtered(within, &kinds)
}

fn first_frame(message: &gst::Message) -> Option<PixelSize> {
    let gst::MessageView::Application(told) = message.view() else { return None };
    let structure = told.structure().filter(|structure| structure.name() == FIRST_FRAME)?;
    Some(PixelSize {
        width_px: structure.get("width").ok()?,
        height_px: structure.get("height").ok()?,
    })
}

fn judge(shared: &Shared, message: &gst::Message, delivering: bool) -> Option<Over> {
    let uri = shared.address.to_string();
    match message.view() {
        gst::MessageView::Eos(_) if delivering => Some(match shared.address {
            super::Address::File(_) => Over::Played,
            _ => {
                lost(SourceError::Stream { uri, reason: "the camera ended the stream".to_owned() })
            }
        }),
        gst::MessageView::Eos(_) => {
            let reason = "it ended without a picture: there is no video stream in it".to_owned();
            Some(lost(SourceError::Open { uri, reason }))
        }
        gst::MessageView::Error(error) => {
            let complaint = Complaint::from_message(error);
            let reason = complaint.in_words(&shared.address);
            let error = if delivering {
                SourceError::Stream { uri, reason }
            } else {
                SourceError::Open { uri, reason }
            };
            Some(Over::Lost { error, failed_decoder: complaint.hardware_decoder })
        }
        gst::MessageView::Application(told) => {
            let structure = told.structure().filter(|structure| structure.name() == REFUSED)?;
            let reason = structure.get("reason").unwrap_or_default();
            Some(lost(SourceError::Open { uri, reason }))
        }
        _ => None,
    }
}

fn lost(error: SourceError) -> Over {
    Over::Lost { error, failed_decoder: None }
}
