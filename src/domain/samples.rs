//! Values for tests, each whole and unremarkable; a test names only the fields that it is about.

use super::{
    detection::ModelRef,
    frame::{ColourMatrix, Frame, FrameStamp, OwnedImage},
    ids::CaseId,
    pixel::PixelSize,
    schedule::Schedule,
    taxonomy::{Closure, Pattern, PersonConstraint, Subjects},
    wire::{CameraData, CaseFactData, EventData, FactKind, PatternData, Priority, PrivacyData},
};
use crate::base::time::{ClockQuality, MediaTime, WallTime};
use std::{sync::Arc, time::Duration};

pub fn event() -> EventData {
    EventData {
        std: "local".to_owned(),
        version: "1".to_owned(),
        code: "X".to_owned(),
        name_zh: "测试".to_owned(),
        name_en: "test".to_owned(),
        local: true,
    }
}

/// A thing of one class that stands for half a minute.
pub fn pattern(class: &str) -> Pattern {
    Pattern {
        id: "test".parse().unwrap(),
        version: "1".to_owned(),
        event: event(),
        priority: Priority::Normal,
        suspected: false,
        families: Vec::new(),
        classes: vec![class.parse().unwrap()],
        score_min: 0.4,
        subjects: Subjects::Each { stationary: true },
        person: PersonConstraint::Any,
        schedule: Schedule::default(),
        dwell: Duration::from_secs(30),
        gap_max: Duration::from_secs(5),
        unseen_max: Duration::ZERO,
        hit_ratio_min: 0.5,
        clear: Duration::from_secs(180),
        closure: Closure::default(),
        description_zh: String::new(),
        description_en: String::new(),
    }
}

/// A case of one moment, opened by a node.
pub fn case_fact(node: &str, at: WallTime) -> CaseFactData {
    CaseFactData {
        case_id: CaseId(uuid::Uuid::from_u128(1)),
        revision: 1,
        kind: FactKind::Opened,
        event: event(),
        pattern: PatternData { id: "test".parse().unwrap(), version: "1".to_owned() },
        place: None,
        camera: CameraData {
            id: "c".parse().unwrap(),
            node: node.parse().unwrap(),
            gb28181_id: None,
        },
        zone: None,
        component_id: None,
        owner: None,
        subject: None,
        first_seen_at: at,
        confirmed_at: at,
        last_seen_at: at,
        gone_at: None,
        dwell_secs: 60.0,
        count: 1,
        score: 0.5,
        model: ModelRef { id: "m".to_owned(), sha256: String::new() },
        clock: ClockQuality::Arrival,
        evidence: Vec::new(),
        source: "video".to_owned(),
        priority: Priority::Normal,
        suspected: false,
        dispatch_hint: None,
        privacy: PrivacyData { masked: true },
        witnesses: Vec::new(),
        possibly_same_as: Vec::new(),
    }
}

/// A frame without colours, its luma by column and row.
#[cfg(feature = "edge")]
pub fn grey_frame(size: PixelSize, luma: impl Fn(usize, usize) -> u8) -> Frame {
    let (width, height) = (size.width_px as usize, size.height_px as usize);
    let luma = (0..width * height).map(|px| luma(px % width, px / width)).collect();
    let chroma = vec![128; width.div_ceil(2) * height.div_ceil(2)];
    frame_of_planes(size, [luma, chroma.clone(), chroma])
}

/// At time zero.
pub fn frame_of_planes(size: PixelSize, planes: [Vec<u8>; 3]) -> Frame {
    let image = OwnedImage::new(size, planes, ColourMatrix::Bt709, false).unwrap();
    let stamp = FrameStamp {
        pts: MediaTime::ZERO,
        captured_at: WallTime::from_unix_millis(0),
        clock: ClockQuality::Assigned,
        size,
    };
    Frame { stamp, image: Arc::new(image) }
}
