//! Footage that a network video recorder keeps: RTSP replay as ONVIF Profile G has it.
//!
//! ```text
//! DESCRIBE, SETUP, PLAY with Require: onvif-replay, Range: clock=<from>-<to>, Rate-Control: no
//!   -> RTP, each frame's wall time in its header -> access units -> Matroska, a file a stretch
//! ```
//! Enters: a camera's replay address and an interval. Leaves: files that begin with a key frame, with the
//! recorder's own wall times. Nothing is encoded again. As fast as the recorder sends; bounded in time and
//! bytes. Over TCP, RTP within the connection.
//!
//! # Failure
//! Each refusal is told in the recorder's words. A recorder that has nothing of the interval gives no file and
//! a hole. A stream without wall times is of no use: better no footage than footage of another time.

mod link;
mod rtp;
mod sdp;
mod units;
mod writer;

use crate::{
    base::{
        challenge::Login,
        clock::Clock,
        secret::Secret,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, FootagePart, HOLE_MIN, Known, Span, holes},
        ids::CameraId,
        seams::FootageSource,
    },
};
use link::{Fault, Link};
use sdp::Video;
use std::{path::Path, sync::Arc, time::Duration};
use units::Units;
use writer::Writer;

/// Some send no faster than it was recorded.
const SPARE_TIME: Duration = Duration::from_secs(60);
/// To the frame that would follow the interval, which not every recorder sends.
const NEARLY_ALL: Duration = Duration::from_secs(2);
const BYTES_MAX: u64 = 2 << 30;
const FEATURE: (&str, &str) = ("Require", "onvif-replay");

#[derive(Debug, Clone)]
pub struct ReplayConfig {
    /// `rtsp://host[:port]/path`, without user and password.
    pub uri: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

pub struct Replay {
    config: ReplayConfig,
    clock: Arc<dyn Clock>,
}

impl Replay {
    pub fn new(config: ReplayConfig, clock: Arc<dyn Clock>) -> Self {
        Self { config, clock }
    }

    fn error(&self, fault: Fault) -> FootageError {
        let source_name = self.config.uri.clone();
        match fault {
            Fault::Unreachable(reason) => FootageError::Unreachable { source_name, reason },
            Fault::Refused(reason) => FootageError::Refused { source_name, reason },
            Fault::Unusable(reason) => FootageError::Unusable { source_name, reason },
        }
    }

    /// Asked for and about to come; `None`: the recorder has nothing of it.
    fn play(&self, span: Span) -> Result<Option<Playing>, Fault> {
        let ReplayConfig { uri, username, password } = &self.config;
        let login = username.as_ref().map(|username| Login {
            username: username.clone(),
            password: password.clone().unwrap_or_else(|| Secret::new("")),
        });
        let mut link = Link::connect(uri, login, Arc::clone(&self.clock))?;
        let told = link.ask("DESCRIBE", uri, &[("Accept", "application/sdp")])?;
        let base = told.header("content-base").or(told.header("content-location")).unwrap_or(uri);
        let base = base.to_owned();
        let video = sdp::video(&String::from_utf8_lossy(&told.body));
        let video = video.ok_or_else(|| Fault::Unusable("it offers no video".to_owned()))?;
        let transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1");
        let set_up = link.ask("SETUP", &video.address(&base), &[transport, FEATURE])?;
        let channel = set_up.header("transport").and_then(channel).unwrap_or(0);
        let range = format!("clock={}-{}", utc(span.from), utc(span.to));
        let headers = [FEATURE, ("Range", &range), ("Rate-Control", "no")];
        match link.ask("PLAY", &base, &headers) {
            Ok(_) => Ok(Some(Playing { link, video, channel, base })),
            // Invalid Range.
            Err(Fault::Refused(reason)) if reason.starts_with("PLAY: 457") => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn take(
        &self,
        mut playing: Playing,
        span: Span,
        into: &Path,
    ) -> Result<Vec<FootagePart>, FootageError> {
        let refused = |fault| self.error(fault);
        let units = Units::of(&playing.video).map_err(|said| refused(Fault::Unusable(said)))?;
        let mut writer = Writer::new(into);
        let (asked_at, spare) = (self.clock.monotonic(), SPARE_TIME + 2 * span.length());
        let (mut frame, mut packets) = (None, 0_u64);
        while let Some(packet) = playing.packet(packets).map_err(refused)? {
            let time = rtp::frame_time(&packet);
            frame = time.or(frame);
            let Some(now) = frame else {
                let said =
                    "its frames carry no wall time: is that the replay address of Profile G?";
                return Err(refused(Fault::Unusable(said.to_owned())));
            };
            if now.at >= span.to {
                break;
            }
            packets += 1;
            if now.at >= span.to.minus(HOLE_MIN) {
                playing.link.be_patient(NEARLY_ALL).map_err(refused)?;
            }
            let ends = now.is_last && rtp::ends_frame(&packet);
            units.push(packet, now.at).map_err(|said| refused(Fault::Unusable(said)))?;
            while let Some((unit, at)) = units.next() {
                writer.write(&unit, at)?;
            }
            let taken = self.clock.monotonic().since(asked_at);
            if taken > spare || writer.bytes > BYTES_MAX {
                let said = format!("{} bytes in {} s and no end", writer.bytes, taken.as_secs());
                return Err(refused(Fault::Unusable(said)));
            }
            if ends {
                break;
            }
        }
        playing.link.hang_up(&playing.base);
        for (unit, at) in units.rest() {
            writer.write(&unit, at)?;
        }
        Ok(writer.finish())
    }
}

struct Playing {
    link: Link,
    video: Video,
    channel: u8,
    base: String,
}

impl Playing {
    /// A recorder that falls silent after footage has come has come to its end.
    fn packet(&mut self, so_far: u64) -> Result<Option<Vec<u8>>, Fault> {
        match self.link.packet(self.channel) {
            Err(Fault::Unreachable(_)) if so_far > 0 => Ok(None),
            heard => heard,
        }
    }
}

impl FootageSource for Replay {
    fn fetch(&self, _: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        if span.is_empty() {
            return Err(FootageError::Backwards { from: span.from, to: span.to });
        }
        let parts = match self.play(span).map_err(|fault| self.error(fault))? {
            Some(playing) => self.take(playing, span, into)?,
            None => Vec::new(),
        };
        let covered: Vec<_> =
            parts.iter().map(|part| Span::new(part.starts_at, part.ends_at)).collect();
        // The recorder does not say why something is missing.
        let known = Known { told: &[], kept_from: Some(span.from), now: self.clock.wall() };
        let holes = holes(span, &covered, &known);
        Ok(Fetched { parts, holes, clock: ClockQuality::Sender })
    }
}

/// `20260131T080000.250Z`
fn utc(at: WallTime) -> String {
    at.to_string().replace(['-', ':'], "")
}

/// Of `RTP/AVP/TCP;unicast;interleaved=2-3`.
fn channel(transport: &str) -> Option<u8> {
    let numbers = transport.split(';').find_map(|part| part.trim().strip_prefix("interleaved="))?;
    numbers.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_and_channels_read_as_the_standards_have_them() {
        assert_eq!(utc(WallTime::from_unix_millis(1_767_225_600_250)), "20260101T000000.250Z");
        assert_eq!(channel("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1"), Some(2));
        assert_eq!(channel("RTP/AVP;unicast;client_port=1-2"), None);
    }
}
