//! What an edge tells about itself: camera cards, camera health, statistics. All retained.

use super::counters::EdgeCounters;
use crate::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::{
        coverage::{CARD_CELLS_MAX, CardCoverage, card_coverage},
        geo::GeoPoint,
        ids::{CameraId, IdSource, RandomIds},
        wire::{
            CameraCardData, CameraCondition, CameraHealthData, CameraPlaceData, CardPattern,
            CloudEvent, DetectorData, Leaf, NodeAddress, RecordingSpan, StatsData, Topic,
        },
    },
    drivers::{camera::SourceEvent, footage::Footage, mqtt::Publisher},
    roles::config::pipeline::Pipeline,
};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// A condition must last this long before it is told: one bad frame is no fault.
const CONDITION_LASTS: Duration = Duration::from_secs(3);

/// Sends retained messages of one node.
#[derive(Clone)]
pub struct Teller {
    pub publisher: Publisher,
    pub address: NodeAddress,
    pub clock: Arc<dyn Clock>,
}

impl Teller {
    pub fn tell<T: Serialize>(&self, leaf: Leaf, kind: &str, subject: String, data: T) {
        let now = self.clock.wall();
        let id = RandomIds.next_uuid(now).to_string();
        let event = CloudEvent::new(&self.address, kind, id, now, subject, data);
        let topic = Topic::new(&self.address, leaf);
        match serde_json::to_vec(&event) {
            Ok(payload) => {
                if let Err(error) = self.publisher.try_publish(&topic, payload) {
                    tracing::warn!(%topic, %error, "not published");
                }
            }
            Err(error) => tracing::error!(%topic, %error, "cannot be written as JSON"),
        }
    }

    pub fn stats(
        &self,
        boot_id: Uuid,
        counters: &EdgeCounters,
        (outbox_depth, uploads_pending): (u64, u64),
        detector: &DetectorData,
    ) {
        let data = StatsData {
            boot_id,
            uptime_secs: self.clock.monotonic().as_secs_f64() as u64,
            frames_decoded: EdgeCounters::read(&counters.decoded),
            frames_analysed: EdgeCounters::read(&counters.analysed),
            inferences: EdgeCounters::read(&counters.inferences),
            frames_dropped: EdgeCounters::read(&counters.dropped),
            detections: EdgeCounters::read(&counters.detections),
            cases_opened: EdgeCounters::read(&counters.cases),
            outbox_depth,
            uploads_pending,
            detector: Some(detector.clone()),
        };
        self.tell(Leaf::Stats, "stats", self.address.node.to_string(), data);
    }

    /// Where the camera is, what it sees and what it watches for.
    pub fn card(
        &self,
        pipeline: &Pipeline,
        seen: Option<&CardCoverage>,
        footage: Option<&Footage>,
    ) {
        let calibration = pipeline.calibration.as_ref();
        let place = calibration.zip(seen).map(|(calibration, seen)| {
            let (at, height_metres) = calibration.camera_position();
            let corner = |GeoPoint { lon_deg, lat_deg }: &GeoPoint| [*lon_deg, *lat_deg];
            CameraPlaceData {
                lon_deg: at.lon_deg,
                lat_deg: at.lat_deg,
                height_metres,
                datum: "CGCS2000".to_owned(),
                footprint_lonlat: seen.outline.iter().map(corner).collect(),
            }
        });
        let recording = footage
            .and_then(|footage| footage.recording_span(&pipeline.camera).ok().flatten())
            .map(|(from, to)| RecordingSpan { from, to });
        let data = CameraCardData {
            camera: pipeline.camera.clone(),
            place,
            calibration_id: calibration.map(|calibration| calibration.id.clone()),
            footprint: seen.map(|seen| seen.codes.clone()).unwrap_or_default(),
            cells: seen.map(|seen| seen.cells.clone()).unwrap_or_default(),
            patterns: pipeline
                .patterns
                .iter()
                .map(|(pattern, _)| CardPattern {
                    id: pattern.id.clone(),
                    version: pattern.version.clone(),
                    name_zh: pattern.event.name_zh.clone(),
                    name_en: pattern.event.name_en.clone(),
                    dwell_secs: pattern.dwell.as_secs_f64(),
                })
                .collect(),
            recording,
            width_px: pipeline.scene.reference_size.width_px,
            height_px: pipeline.scene.reference_size.height_px,
            note_zh: pipeline.note_zh.clone(),
            note_en: pipeline.note_en.clone(),
        };
        self.tell(
            Leaf::CameraCard(pipeline.camera.clone()),
            "camera.card",
            pipeline.camera.to_string(),
            data,
        );
    }
}

/// What a pipeline's camera sees, for its cards; it changes only with the calibration.
pub fn coverage_of(pipeline: &Pipeline) -> Option<CardCoverage> {
    let view = &pipeline.calibration.as_ref()?.view;
    let camera = &pipeline.camera;
    match card_coverage(view) {
        Ok(seen) => {
            if seen.left_out > 0 {
                let left_out = seen.left_out;
                tracing::warn!(%camera, left_out, "the card holds the nearest {CARD_CELLS_MAX} cells");
            }
            Some(seen)
        }
        Err(error) => {
            tracing::warn!(%camera, %error, "no footprint");
            None
        }
    }
}

/// Tells a camera's health when it changes for good.
pub struct CameraReporter {
    teller: Teller,
    camera: CameraId,
    told: Option<CameraCondition>,
    candidate: Option<(CameraCondition, Monotonic, WallTime)>,
}

impl CameraReporter {
    pub fn new(teller: Teller, camera: CameraId) -> Self {
        Self { teller, camera, told: None, candidate: None }
    }

    /// What a frame shows; told once it has lasted.
    pub fn condition(&mut self, condition: CameraCondition, at: WallTime) {
        if self.told == Some(condition) {
            self.candidate = None;
            return;
        }
        let now = self.teller.clock.monotonic();
        match self.candidate {
            Some((same, begun, since)) if same == condition => {
                if now.since(begun) >= CONDITION_LASTS || self.told.is_none() {
                    self.health(condition, since, None);
                }
            }
            _ => self.candidate = Some((condition, now, at)),
        }
    }

    pub fn source_event(&mut self, event: &SourceEvent) {
        match event {
            SourceEvent::Connected { connection, codec, decoder, size } => {
                let (width, height) = (size.width_px, size.height_px);
                tracing::info!(camera = %self.camera, connection, codec, decoder, width, height, "camera connected");
                if self.told == Some(CameraCondition::Offline) {
                    self.health(CameraCondition::Ok, self.teller.clock.wall(), None);
                }
            }
            SourceEvent::Lost { error, retry_in } => {
                tracing::warn!(camera = %self.camera, %error, retry_secs = retry_in.as_secs_f64(), "camera lost");
                self.health(
                    CameraCondition::Offline,
                    self.teller.clock.wall(),
                    Some(error.to_string()),
                );
            }
        }
    }

    fn health(&mut self, condition: CameraCondition, since: WallTime, detail: Option<String>) {
        self.told = Some(condition);
        self.candidate = None;
        let data = CameraHealthData { camera: self.camera.clone(), condition, since, detail };
        self.teller.tell(
            Leaf::CameraHealth(self.camera.clone()),
            "camera.health",
            self.camera.to_string(),
            data,
        );
    }
}
