//! GStreamer's complaints in words that name the cure.
//!
//! Enters: an error message of the bus and where the stream comes from. Leaves: one sentence for
//! the person who looks after the camera. Never shows credentials: GStreamer's own text is used
//! only where it cannot hold the address.

use super::address::Address;
use gstreamer as gst;
use gstreamer::prelude::*;

/// A bus error, reduced to what tells causes apart.
#[derive(Debug, Clone)]
pub struct Complaint {
    kind: Kind,
    text: String,
    /// Factory name of the complaining element, if it is a hardware decoder.
    pub hardware_decoder: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NotAuthorised,
    NotFound,
    NoAccess,
    NoStream,
    NoDecoder,
    NotVideo,
    Other,
}

impl Complaint {
    pub fn from_message(error: &gst::message::Error) -> Self {
        let cause = error.error();
        let debug = error.debug().map(|text| text.to_string()).unwrap_or_default();
        let factory =
            error.src().and_then(|source| source.downcast_ref::<gst::Element>()?.factory());
        Self {
            kind: kind_of(&cause, &debug),
            text: cause.message().trim_end_matches('.').to_owned(),
            hardware_decoder: factory.filter(is_hardware).map(|found| found.name().to_string()),
        }
    }

    pub fn in_words(&self, address: &Address) -> String {
        let text = &self.text;
        match (self.kind, address) {
            (Kind::NotAuthorised, _) => {
                "401: the camera refuses the user or the password in its address".to_owned()
            }
            (Kind::NotFound, Address::File(_)) => {
                "no such file: check the path, it is relative to the pipeline file".to_owned()
            }
            (Kind::NotFound, _) => {
                "404: nothing is served at this path: check the part after the host".to_owned()
            }
            (Kind::NoAccess, Address::File(_)) => {
                "the file cannot be read: check its permissions".to_owned()
            }
            (Kind::NoStream, _) => {
                "no video stream in what is offered: choose another stream or path".to_owned()
            }
            (Kind::NoDecoder, _) => {
                format!("no decoder for it ({text}): install gstreamer1.0-libav")
            }
            (Kind::NotVideo, Address::File(_)) => {
                "not a video file, or a damaged one: does another player open it?".to_owned()
            }
            (Kind::NotVideo, _) => format!("what is served there is no video ({text})"),
            (Kind::NoAccess | Kind::Other, _) => {
                address.why_unreachable().unwrap_or_else(|| format!("the stream broke off: {text}"))
            }
        }
    }
}

pub fn is_hardware(factory: &gst::ElementFactory) -> bool {
    factory.klass().contains("Decoder") && factory.klass().contains("Hardware")
}

fn kind_of(cause: &gst::glib::Error, debug: &str) -> Kind {
    use gst::{CoreError, ResourceError, StreamError};
    if let Some(kind) = cause.kind::<ResourceError>() {
        return match kind {
            ResourceError::NotAuthorized => Kind::NotAuthorised,
            ResourceError::NotFound => Kind::NotFound,
            ResourceError::OpenRead | ResourceError::Read => Kind::NoAccess,
            _ => Kind::Other,
        };
    }
    match cause.kind::<StreamError>() {
        Some(StreamError::CodecNotFound) => Kind::NoDecoder,
        // rtspsrc, when every stream of the description was declined or none is video.
        Some(StreamError::WrongType) if debug.contains("rtspsrc") => Kind::NoStream,
        Some(
            StreamError::TypeNotFound
            | StreamError::WrongType
            | StreamError::Demux
            | StreamError::Format
            | StreamError::Decode
            | StreamError::Failed,
        ) => Kind::NotVideo,
        _ if cause.matches(CoreError::MissingPlugin) => Kind::NoDecoder,
        _ => Kind::Other,
    }
}
