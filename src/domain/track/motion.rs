//! Where a thing will be next: a constant-velocity Kalman filter per box coordinate.
//!
//! Centre and size are filtered independently, which keeps every matrix 2x2. Noise scales with the
//! box height, as in ByteTrack, and with elapsed seconds, so that a dropped frame costs no identity.

use crate::{base::time::MediaTime, domain::pixel::PixelBox};

/// Standard deviations as a share of box height: position per update, velocity per second.
const POSITION_SHARE: f64 = 0.05;
const ACCELERATION_SHARE: f64 = 0.5;
/// First guess of speed, box heights a second.
const SPEED_SHARE: f64 = 1.0;
/// Sizes change slowly; velocity in size is damped to keep lost boxes from swelling.
const SIZE_ACCELERATION_SHARE: f64 = 0.1;

/// Position and velocity of one coordinate, with covariance.
#[derive(Debug, Clone, Copy)]
struct Axis {
    value: f64,
    speed: f64,
    var_value: f64,
    covariance: f64,
    var_speed: f64,
}

impl Axis {
    fn new(value: f64, height: f64, speed_share: f64) -> Self {
        Self {
            value,
            speed: 0.0,
            var_value: (2.0 * POSITION_SHARE * height).powi(2),
            covariance: 0.0,
            var_speed: (speed_share * height).powi(2),
        }
    }

    fn predict(&mut self, secs: f64, acceleration: f64) {
        self.value += self.speed * secs;
        let noise = acceleration * acceleration;
        self.var_value +=
            secs * (2.0 * self.covariance + secs * self.var_speed) + noise * secs.powi(3) / 3.0;
        self.covariance += secs * self.var_speed + noise * secs * secs / 2.0;
        self.var_speed += noise * secs;
    }

    fn correct(&mut self, measured: f64, deviation: f64) {
        let total = self.var_value + deviation * deviation;
        let (gain_value, gain_speed) = (self.var_value / total, self.covariance / total);
        let residual = measured - self.value;
        self.value += gain_value * residual;
        self.speed += gain_speed * residual;
        self.var_speed -= gain_speed * self.covariance;
        self.covariance *= 1.0 - gain_value;
        self.var_value *= 1.0 - gain_value;
    }
}

#[derive(Debug, Clone)]
pub struct Motion {
    at: MediaTime,
    centre_x: Axis,
    centre_y: Axis,
    width: Axis,
    height: Axis,
}

impl Motion {
    pub fn new(at: MediaTime, bbox: PixelBox) -> Self {
        let height = f64::from(bbox.height()).max(1.0);
        let centre = bbox.centre();
        Self {
            at,
            centre_x: Axis::new(centre.x, height, SPEED_SHARE),
            centre_y: Axis::new(centre.y, height, SPEED_SHARE),
            width: Axis::new(f64::from(bbox.width()), height, 0.1),
            height: Axis::new(height, height, 0.1),
        }
    }

    pub fn predict(&mut self, at: MediaTime) {
        let secs = at.since(self.at).as_secs_f64();
        self.at = self.at.max(at);
        let height = self.height.value.max(1.0);
        self.centre_x.predict(secs, ACCELERATION_SHARE * height);
        self.centre_y.predict(secs, ACCELERATION_SHARE * height);
        self.width.predict(secs, SIZE_ACCELERATION_SHARE * height);
        self.height.predict(secs, SIZE_ACCELERATION_SHARE * height);
    }

    pub fn correct(&mut self, bbox: PixelBox) {
        let height = f64::from(bbox.height()).max(1.0);
        let deviation = POSITION_SHARE * height;
        let centre = bbox.centre();
        self.centre_x.correct(centre.x, deviation);
        self.centre_y.correct(centre.y, deviation);
        self.width.correct(f64::from(bbox.width()), deviation);
        self.height.correct(height, deviation);
    }

    /// The box where the thing is now believed to be.
    pub fn bbox(&self) -> PixelBox {
        let (half_width, half_height) =
            (self.width.value.max(1.0) / 2.0, self.height.value.max(1.0) / 2.0);
        PixelBox::new(
            (self.centre_x.value - half_width) as f32,
            (self.centre_y.value - half_height) as f32,
            (self.centre_x.value + half_width) as f32,
            (self.centre_y.value + half_height) as f32,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_walker_is_predicted_ahead() {
        let walker = |secs: f64| {
            let x = (secs * 50.0) as f32;
            PixelBox::new(x, 100.0, x + 30.0, 180.0)
        };
        let mut motion = Motion::new(MediaTime::ZERO, walker(0.0));
        for step in 1..20 {
            let secs = f64::from(step) / 10.0;
            motion.predict(MediaTime::from_secs_f64(secs));
            motion.correct(walker(secs));
        }
        motion.predict(MediaTime::from_secs_f64(2.9));
        assert!(motion.bbox().iou(&walker(2.9)) > 0.8, "{:?}", motion.bbox());
    }
}
