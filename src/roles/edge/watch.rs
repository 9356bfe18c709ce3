//! Eyes on the eyes: measures each frame of one camera, judges it, and keeps the reference.

use crate::{
    base::time::WallTime,
    domain::{
        frame::Frame,
        health::{Assessment, HealthEngine, Picture, Public, Settings},
        wire::CameraCondition,
    },
    drivers::vision::health::HealthMeter,
};

pub struct HealthWatch {
    meter: HealthMeter,
    engine: HealthEngine,
}

/// What one frame was worth, and the numbers that say so; none if it could not be read.
pub struct Watched {
    pub condition: CameraCondition,
    pub picture: Option<Picture>,
}

impl HealthWatch {
    pub fn new(settings: Settings) -> Self {
        Self { meter: HealthMeter::new(), engine: HealthEngine::new(settings) }
    }

    /// Frames must come in order.
    pub fn look(&mut self, frame: &Frame) -> Watched {
        match self.meter.measure(frame) {
            Ok(picture) => {
                let Assessment { condition, learn } = self.engine.step(&frame.stamp, &picture);
                self.meter.learn(learn);
                Watched { condition, picture: Some(picture) }
            }
            Err(fault) => {
                tracing::warn!(%fault, "a frame could not be measured");
                let condition = self.engine.unreadable(&frame.stamp).condition;
                Watched { condition, picture: None }
            }
        }
    }

    /// The frames to come must show the view of those before.
    pub fn another_footage(&mut self) {
        self.meter.another_footage();
        self.engine.another_footage();
    }

    pub fn offline(&mut self, at: WallTime) {
        self.engine.offline(at);
    }

    pub fn public(&self) -> Option<Public> {
        self.engine.public()
    }
}
