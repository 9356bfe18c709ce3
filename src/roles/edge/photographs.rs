//! Photographs beside the filing: is it gone? Advice, never proof.
//!
//! Enters: how it looked, and a picture of later. Leaves: a verdict marked `advisory`, with the reason
//! `photographs_only`: a photograph shows one moment from a place nobody checked, and whoever took it may
//! have turned round. Shared by the edge, for a crew's photographs, and `gridwarden verify --images`.
//!
//! A crew's photograph is held in memory only. It shows people from close by, where masks made for
//! street cameras are no promise, so nothing of it but the advice leaves.

use super::{
    findings::{Memory, Target, look_at, one_footage},
    sight::Sight,
};
use crate::{
    base::time::WallTime,
    domain::{
        frame::Frame,
        pixel::PixelPolygon,
        scene::{Scene, Zone},
        seams::{FrameSource, PixelFault, SourceError},
        taxonomy::Pattern,
        verdict::{
            Reason, Verdict,
            judge::{Footage, Question, judge},
        },
        wire::{PHOTOGRAPHS_MAX, PhotographAdvice, VerifyKind},
    },
    drivers::{
        evidence::upload::{UploadError, Uploader},
        vision::still::frame_of,
    },
};
use std::time::Duration;
use tokio::runtime::Handle;

/// For all photographs of a request together: a verdict that is ready does not wait longer for advice.
const FETCHED_WITHIN: Duration = Duration::from_secs(5);
/// Photographs of telephones; a larger one is not decoded.
const PIXELS_MAX: u64 = 64_000_000;

/// Fetches and looks at one photograph after the other; each gets its answer.
pub struct Photographs<'a> {
    pub hub: &'a Uploader,
    pub runtime: &'a Handle,
    pub sight: &'a mut Sight,
}

#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Fetch(#[from] UploadError),
    #[error("not here within {} s", FETCHED_WITHIN.as_secs())]
    Slow,
    #[error("{}", .0.reason)]
    Picture(PixelFault),
}

impl Photographs<'_> {
    /// `taken_at`: when the crew says that it was done.
    pub fn advise(
        &mut self,
        named: &[String],
        taken_at: WallTime,
        pattern: &Pattern,
        filed: Option<&Frame>,
    ) -> Vec<PhotographAdvice> {
        let named = &named[..named.len().min(PHOTOGRAPHS_MAX)];
        let fetched = self.runtime.block_on(fetch(self.hub, named));
        let mut advice = Vec::new();
        for (sha256, fetched) in named.iter().zip(fetched) {
            let read = fetched.and_then(|bytes| {
                frame_of(&bytes, PIXELS_MAX, taken_at).map_err(Unusable::Picture)
            });
            let verdict = match read {
                Ok(frame) => compare(self.sight, pattern, filed, Some(&frame)),
                Err(error) => {
                    tracing::warn!(%sha256, %error, "a photograph is not compared");
                    let model = self.sight.detector().manifest().model_ref();
                    let reason = Reason::PhotographUnusable;
                    as_advice(Verdict::undeterminable(pattern.data(), model, reason))
                }
            };
            advice.push(PhotographAdvice { sha256: sha256.clone(), verdict });
        }
        advice
    }
}

async fn fetch(hub: &Uploader, named: &[String]) -> Vec<Result<Vec<u8>, Unusable>> {
    let ends_at = tokio::time::Instant::now() + FETCHED_WITHIN;
    let mut fetched = Vec::new();
    for sha256 in named {
        let one = tokio::time::timeout_at(ends_at, hub.photograph(sha256)).await;
        fetched.push(match one {
            Ok(answered) => answered.map_err(Unusable::Fetch),
            Err(_) => Err(Unusable::Slow),
        });
    }
    fetched
}

/// What two pictures say of the event; the whole of each is the zone.
pub fn compare(
    sight: &mut Sight,
    pattern: &Pattern,
    before: Option<&Frame>,
    after: Option<&Frame>,
) -> Verdict {
    // One picture is all there will ever be of each moment.
    let mut pattern = pattern.clone();
    (pattern.closure.valid_frames_min, pattern.closure.looks_min) = (1, 1);
    let before = before.and_then(|frame| footage(sight, &pattern, frame));
    let after = after.and_then(|frame| footage(sight, &pattern, frame));
    as_advice(judge(&Question {
        kind: VerifyKind::Postcheck,
        pattern: &pattern,
        model: sight.detector().manifest().model_ref(),
        // A photograph does not say what found the thing in it.
        filed_by: None,
        after: after.as_slice(),
        before: before.as_ref(),
    }))
}

fn footage(sight: &mut Sight, pattern: &Pattern, frame: &Frame) -> Option<Footage> {
    let size = frame.stamp.size;
    let polygon = PixelPolygon::whole(size).out_to_border(size);
    let zone = Zone {
        id: "picture".parse().ok()?,
        polygon,
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    };
    let scene = Scene {
        camera: "photograph".parse().ok()?,
        reference_size: size,
        zones: vec![zone],
        exceptions: Vec::new(),
    };
    let target = Target {
        pattern,
        scene: &scene,
        zones: scene.zones.iter().collect(),
        place: None,
        cell: None,
        ground: None,
        // Taken from who knows where: what stood where in the other picture says nothing of this one.
        memory: Memory::None,
    };
    sight.restart();
    let mut source = Once(Some(frame.clone()));
    let findings = look_at(sight, &mut source, &target).map(|looked| looked.finding);
    one_footage(frame.stamp.captured_at, findings.collect())
}

/// A source of one frame.
struct Once(Option<Frame>);

impl FrameSource for Once {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        Ok(self.0.take())
    }
}

fn as_advice(mut verdict: Verdict) -> Verdict {
    verdict.advisory = true;
    verdict.reasons.push(Reason::PhotographsOnly);
    verdict
}
