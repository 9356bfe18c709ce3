//! Where a thing will be next: a constant-velocity Kalman filter per box coordinate.
//!
//! Centre and size are filtered independently, which keeps every matrix 2x2. Noise scales with the
//! box height and with elapsed seconds, so that neither distance, frame rate nor a dropped frame
//! changes what is believed of a thing.

use crate::{base::time::MediaTime, domain::pixel::PixelBox};

/// What a sure detection errs by, a standard deviation in box heights: its centre (the height jumps when
/// feet are hidden) and its size, which errs less and changes slowly.
const CENTRE_SHARE: f64 = 0.09;
const SIZE_SHARE: f64 = 0.04;
/// A detection with score 0 errs by this many times more again: what the network doubts it also places badly.
const DOUBT: f64 = 2.0;
/// Change of speed in a second, box heights a second. Sizes change slowly.
const ACCELERATION_SHARE: f64 = 0.35;
const SIZE_ACCELERATION_SHARE: f64 = 0.05;
/// Wandering about the steady course in a second, box heights: a walker's gait, a swaying canopy.
const WANDER_SHARE: f64 = 0.05;
/// First guess of speed, box heights a second: a walker does about one, a cyclist two to three.
const SPEED_SHARE: f64 = 1.5;
const SIZE_SPEED_SHARE: f64 = 0.2;

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
            var_value: (2.0 * CENTRE_SHARE * height).powi(2),
            covariance: 0.0,
            var_speed: (speed_share * height).powi(2),
        }
    }

    fn predict(&mut self, secs: f64, acceleration: f64, wander: f64) {
        self.value += self.speed * secs;
        let noise = acceleration * acceleration;
        self.var_value += secs * (2.0 * self.covariance + secs * self.var_speed)
            + noise * secs.powi(3) / 3.0
            + wander * wander * secs;
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
            width: Axis::new(f64::from(bbox.width()), height, SIZE_SPEED_SHARE),
            height: Axis::new(height, height, SIZE_SPEED_SHARE),
        }
    }

    pub fn predict(&mut self, at: MediaTime) {
        let secs = at.since(self.at).as_secs_f64();
        self.at = self.at.max(at);
        let height = self.height.value.max(1.0);
        let (course, size, wander) =
            (ACCELERATION_SHARE * height, SIZE_ACCELERATION_SHARE * height, WANDER_SHARE * height);
        self.centre_x.predict(secs, course, wander);
        self.centre_y.predict(secs, course, wander);
        self.width.predict(secs, size, wander);
        self.height.predict(secs, size, wander);
    }

    /// `score` is the detection's, 0 to 1.
    pub fn correct(&mut self, bbox: PixelBox, score: f32) {
        let height = f64::from(bbox.height()).max(1.0);
        let unit = height * (1.0 + DOUBT * (1.0 - f64::from(score.clamp(0.0, 1.0))));
        let (of_centre, of_size) = (CENTRE_SHARE * unit, SIZE_SHARE * unit);
        let centre = bbox.centre();
        self.centre_x.correct(centre.x, of_centre);
        self.centre_y.correct(centre.y, of_centre);
        self.width.correct(f64::from(bbox.width()), of_size);
        self.height.correct(height, of_size);
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

    fn walker(secs: f64) -> PixelBox {
        let x = (secs * 50.0) as f32;
        PixelBox::new(x, 100.0, x + 30.0, 180.0)
    }

    /// Followed for two seconds.
    fn followed(looks_a_second: u32) -> Motion {
        let mut motion = Motion::new(MediaTime::ZERO, walker(0.0));
        for look in 1..=2 * looks_a_second {
            let secs = f64::from(look) / f64::from(looks_a_second);
            motion.predict(MediaTime::from_secs_f64(secs));
            motion.correct(walker(secs), 0.9);
        }
        motion
    }

    #[test]
    fn a_steady_walker_is_predicted_ahead_at_any_frame_rate() {
        for looks_a_second in [4, 10, 25] {
            let mut motion = followed(looks_a_second);
            motion.predict(MediaTime::from_secs_f64(3.0));
            let overlap = motion.bbox().iou(&walker(3.0));
            assert!(overlap > 0.8, "{looks_a_second}: {:?}", motion.bbox());
        }
    }

    #[test]
    fn a_doubtful_box_pulls_less_than_a_sure_one() {
        let pulled = |score| {
            let mut motion = followed(10);
            motion.predict(MediaTime::from_secs_f64(2.1));
            let before = motion.bbox();
            let PixelBox { x1, y1, x2, y2 } = before;
            motion.correct(PixelBox::new(x1, y1, x2 + 20.0, y2), score);
            motion.bbox().width() - before.width()
        };
        let (sure, doubtful) = (pulled(1.0), pulled(0.4));
        assert!(sure > 0.0 && sure < 20.0, "{sure}");
        assert!(doubtful > 0.0 && doubtful < 0.6 * sure, "{doubtful} against {sure}");
    }
}
