//! What an edge tells about itself: camera cards, camera health, statistics. All retained.

use super::counters::EdgeCounters;
use crate::{
    base::clock::Clock,
    domain::{
        coverage::{CARD_CELLS_MAX, CardCoverage, card_coverage},
        geo::GeoPoint,
        health::Public,
        ids::{CameraId, IdSource, RandomIds},
        wire::{
            CameraCardData, CameraHealthData, CameraPlaceData, CardPattern, CloudEvent,
            DetectorData, Leaf, NodeAddress, RecordingSpan, SceneData, StatsData, Topic,
        },
    },
    drivers::{camera::SourceEvent, footage::Footage, mqtt::Publisher},
    roles::config::pipeline::Pipeline,
};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

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
            footage: Some(counters.footage()),
        };
        self.tell(Leaf::Stats, "stats", self.address.node.to_string(), data);
    }

    /// Where the camera is, what it sees and what it watches for.
    pub fn card(
        &self,
        pipeline: &Pipeline,
        seen: Option<&CardCoverage>,
        footage: Option<&Footage>,
        masks: String,
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
            .map(|span| RecordingSpan { from: span.from, to: span.to });
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
            masks: Some(masks),
            width_px: pipeline.scene.reference_size.width_px,
            height_px: pipeline.scene.reference_size.height_px,
            scene: Some(SceneData::of(&pipeline.scene, &pipeline.privacy)),
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

/// Tells a camera's health when it changes.
pub struct CameraReporter {
    teller: Teller,
    camera: CameraId,
    told: Option<Public>,
}

impl CameraReporter {
    pub fn new(teller: Teller, camera: CameraId) -> Self {
        Self { teller, camera, told: None }
    }

    pub fn source_event(&self, event: &SourceEvent) {
        match event {
            SourceEvent::Connected { connection, codec, decoder, size } => {
                let (width, height) = (size.width_px, size.height_px);
                tracing::info!(camera = %self.camera, connection, codec, decoder, width, height, "camera connected");
            }
            SourceEvent::Lost { error, retry_in } => {
                tracing::warn!(camera = %self.camera, %error, retry_secs = retry_in.as_secs_f64(), "camera lost");
            }
        }
    }

    /// `detail` goes with a change only.
    pub fn told(&mut self, health: Option<Public>, detail: Option<String>) {
        let Some(now) = health.filter(|_| health != self.told) else { return };
        let Public { condition, since } = now;
        if self.told.is_some() {
            tracing::info!(camera = %self.camera, ?condition, %since, "camera condition");
        }
        self.told = health;
        let data = CameraHealthData { camera: self.camera.clone(), condition, since, detail };
        self.teller.tell(
            Leaf::CameraHealth(self.camera.clone()),
            "camera.health",
            self.camera.to_string(),
            data,
        );
    }
}
