//! What is hidden in whatever leaves an edge: heads and plates by the detector's boxes and, where
//! `[masks] faces` names a network for them, faces.
//!
//! ```text
//! frame -> detector -> mask regions -+-> regions of a picture
//!       \-> face network -> faces   -+-> at 5 frames a second: BoxTrack -> over every frame of a clip
//! ```
//! Only frames that are exported are searched for faces, by sessions that live as long as the work: at 1080p
//! one takes 130 MB, and pictures are rare. What the face network cannot take does not leave:
//! no picture, and in footage a frame that is hidden whole, unless its neighbours tell.

use crate::{
    base::{hex::hex, toml_reader::Faults},
    domain::{
        detection::{Detection, ModelRef},
        frame::{Frame, FrameStamp, PlanesMut},
        pixel::{PixelBox, PixelSize},
        seams::{DetectError, FrameSource, SourceError},
        tiles::Tiling,
    },
    drivers::{
        detector::{
            LoadError,
            faces::{FaceFinder, FaceNetwork},
            onnx::OnnxDetector,
        },
        footage::{box_track::BoxTrack, mask::pixelate},
        vision::{
            mask::{face_region, mask_regions},
            tensor::PlaneTensorMaker,
        },
    },
    roles::config::{masks::FaceModel, pipeline::Pipeline},
};
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Frames a second of footage that heads, plates and faces are looked for in; masks hold from one to the next.
pub const MASK_FPS: f64 = 5.0;
/// Masks reach this far to both sides of their frame.
pub const MASK_HOLD: Duration = Duration::from_millis(600);
/// Part of the name of a masking: raise it when the same boxes hide something else.
const MASKS_VERSION: u32 = 1;

/// The node's face network, if it has one.
#[derive(Clone, Default)]
pub struct Faces(Option<Arc<Opened>>);

struct Opened {
    network: FaceNetwork,
    /// Of the cameras' pictures one is searched at a time, for the memory's sake.
    turn: Mutex<()>,
}

impl Faces {
    pub fn open(model: Option<&FaceModel>) -> Result<Self, Faults> {
        let Some(model) = model else { return Ok(Self::default()) };
        let opened = FaceNetwork::open(&model.path);
        let network = opened.map_err(|error| model.fault(&error.to_string()))?;
        let (file, sha256) = (model.path.display(), network.sha256());
        tracing::info!(%file, sha256, "faces in exported pictures are looked for");
        Ok(Self(Some(Arc::new(Opened { network, turn: Mutex::default() }))))
    }

    /// Everything to hide in a picture that leaves.
    pub fn masks(&self, frame: &Frame, for_masking: &[Detection]) -> anyhow::Result<Vec<PixelBox>> {
        let mut masks = mask_regions(for_masking);
        if let Some(opened) = &self.0 {
            let _turn = opened.turn.lock().unwrap_or_else(PoisonError::into_inner);
            masks.extend(face_regions(&mut opened.finder()?, frame)?);
        }
        Ok(masks)
    }

    /// For many frames.
    pub fn finder(&self) -> Result<Option<FaceFinder>, LoadError> {
        self.0.as_ref().map(|opened| opened.finder()).transpose()
    }

    /// Names what hides what: this program's way, the model, the face network, the camera's privacy zones.
    pub fn masks_name(&self, pipeline: &Pipeline, model: &ModelRef) -> String {
        let faces = self.0.as_ref().map(|opened| opened.network.sha256());
        let mut what = format!("{MASKS_VERSION} {} {:?}", model.sha256, pipeline.privacy);
        faces.inspect(|sha256| what += &format!(" {sha256}"));
        let with = if faces.is_some() { "+faces" } else { "" };
        format!("{MASKS_VERSION}-{}{with}-{}", model.id, &hex(&Sha256::digest(what))[..12])
    }
}

impl Opened {
    fn finder(&self) -> Result<FaceFinder, LoadError> {
        self.network.finder(Box::new(PlaneTensorMaker::new()))
    }
}

pub fn face_regions(finder: &mut FaceFinder, frame: &Frame) -> Result<Vec<PixelBox>, DetectError> {
    Ok(finder.find(frame)?.iter().map(face_region).collect())
}

/// Everything to hide in a frame that nobody has looked at yet.
pub fn regions(
    frame: &Frame,
    detector: &mut OnnxDetector,
    tiling: &Tiling,
    faces: Option<&mut FaceFinder>,
) -> Result<Vec<PixelBox>, DetectError> {
    let found = detector.detect_tiled(&[(frame.clone(), tiling)]).pop().transpose()?;
    let mut regions = mask_regions(&found.unwrap_or_default().for_masking);
    if let Some(finder) = faces {
        regions.extend(face_regions(finder, frame)?);
    }
    Ok(regions)
}

/// What is to be hidden in some footage, by what `look` finds on its frames.
pub fn find_masks(
    frames: &mut dyn FrameSource,
    look: &mut dyn FnMut(&Frame) -> Result<Vec<PixelBox>, DetectError>,
) -> Result<BoxTrack, SourceError> {
    let mut seen = Vec::new();
    while let Some(frame) = frames.next_frame()? {
        match look(&frame) {
            Ok(regions) => seen.push((frame.stamp.captured_at, regions)),
            Err(error) => tracing::warn!(%error, "a frame is hidden whole"),
        }
    }
    Ok(BoxTrack::new(seen, MASK_HOLD))
}

/// All masks of one frame; all of it, and `false`, where one of them does not know who stands in it.
pub fn hide(masks: &[BoxTrack], stamp: &FrameStamp, planes: &mut PlanesMut<'_>) -> bool {
    let at = stamp.captured_at;
    let known = masks.iter().all(|mask| mask.knows(at));
    if known {
        let all = masks.iter().flat_map(|mask| mask.around(at));
        all.for_each(|mask| pixelate(planes, &mask));
    } else {
        // Frames were dropped or failed here.
        pixelate(planes, &whole(stamp.size));
    }
    known
}

fn whole(size: PixelSize) -> PixelBox {
    PixelBox::new(0.0, 0.0, size.width_px as f32, size.height_px as f32)
}
