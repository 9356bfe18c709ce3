//! A camera of the tests' own: pinhole with radial distortion, on a pole, looking down a street.
//!
//! World axes are east, north and up about [`STREET`]; raw pixels, the centre of the top-left one
//! is (0, 0).

use crate::earth::Metres;

pub const WIDTH: f64 = 1920.0;
pub const HEIGHT: f64 = 1080.0;

#[derive(Debug, Clone, Copy)]
pub struct Camera {
    pub focal: f64,
    pub centre: [f64; 2],
    pub k: [f64; 2],
    /// East, north, up.
    pub stands: Metres,
    right: Metres,
    down: Metres,
    forward: Metres,
}

impl Camera {
    /// Height over the ground in metres; degrees of view across, downwards, clockwise from north,
    /// and of the horizon's tilt.
    pub fn on_pole(
        height: f64,
        across: f64,
        pitch: f64,
        bearing: f64,
        roll: f64,
        k: [f64; 2],
    ) -> Self {
        let (sin_p, cos_p) = pitch.to_radians().sin_cos();
        let (sin_b, cos_b) = bearing.to_radians().sin_cos();
        let (sin_r, cos_r) = roll.to_radians().sin_cos();
        let forward = [sin_b * cos_p, cos_b * cos_p, -sin_p];
        let level_right = [cos_b, -sin_b, 0.0];
        let level_down = [-sin_b * sin_p, -cos_b * sin_p, -cos_p];
        let mix =
            |a: f64, b: f64| [0, 1, 2].map(|axis| a * level_right[axis] + b * level_down[axis]);
        Self {
            focal: WIDTH / 2.0 / (across / 2.0).to_radians().tan(),
            centre: [(WIDTH - 1.0) / 2.0, (HEIGHT - 1.0) / 2.0],
            k,
            stands: [0.0, 0.0, height],
            right: mix(cos_r, sin_r),
            down: mix(-sin_r, cos_r),
            forward,
        }
    }

    fn bent(&self, r2: f64) -> f64 {
        1.0 + r2 * (self.k[0] + r2 * self.k[1])
    }

    /// The raw pixel of a point, if it is before the camera and within the lens's honest part.
    pub fn pixel(&self, at: Metres) -> Option<[f64; 2]> {
        let from = [0, 1, 2].map(|axis| at[axis] - self.stands[axis]);
        let depth = dot(from, self.forward);
        if depth < 0.1 {
            return None;
        }
        let (x, y) = (dot(from, self.right) / depth, dot(from, self.down) / depth);
        let r2 = x * x + y * y;
        if 1.0 + r2 * (3.0 * self.k[0] + r2 * 5.0 * self.k[1]) < 0.2 {
            return None;
        }
        let bent = self.focal * self.bent(r2);
        Some([self.centre[0] + bent * x, self.centre[1] + bent * y])
    }

    /// The pixel, if it is in the frame with a margin.
    pub fn seen(&self, at: Metres, margin: f64) -> Option<[f64; 2]> {
        self.pixel(at).filter(|[u, v]| {
            (margin..WIDTH - 1.0 - margin).contains(u)
                && (margin..HEIGHT - 1.0 - margin).contains(v)
        })
    }

    /// Where a raw pixel's ray comes down to a height.
    pub fn ground(&self, [u, v]: [f64; 2], up: f64) -> Option<Metres> {
        let (x, y) = ((u - self.centre[0]) / self.focal, (v - self.centre[1]) / self.focal);
        // The radius is unbent by bisection on the part where it grows.
        let wanted = x.hypot(y);
        let (mut low, mut high) = (0.0, 4.0);
        for _ in 0..60 {
            let middle: f64 = (low + high) / 2.0;
            let r2 = middle * middle;
            let grows = 1.0 + r2 * (3.0 * self.k[0] + r2 * 5.0 * self.k[1]) > 0.0;
            if grows && middle * self.bent(r2) < wanted { low = middle } else { high = middle }
        }
        let share = if wanted > 0.0 { low / wanted } else { 1.0 };
        let (x, y) = (x * share, y * share);
        let ray = [0, 1, 2].map(|i| x * self.right[i] + y * self.down[i] + self.forward[i]);
        let along = (up - self.stands[2]) / ray[2];
        (along > 0.0).then(|| [0, 1, 2].map(|axis| self.stands[axis] + along * ray[axis]))
    }
}

fn dot(a: Metres, b: Metres) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[test]
fn a_pixel_of_the_ground_leads_back_to_it() {
    let camera = Camera::on_pole(6.5, 78.0, 24.0, 200.0, 1.5, [-0.21, 0.05]);
    for spot in [[-3.0, -9.0, 0.0], [-10.0, -14.0, 0.0], [2.0, -25.0, 0.0], [-8.0, -20.0, 2.5]] {
        let pixel = camera.seen(spot, 0.0).unwrap_or_else(|| panic!("{spot:?} is not in view"));
        let back = camera.ground(pixel, spot[2]).unwrap();
        assert!((0..3).all(|axis| (back[axis] - spot[axis]).abs() < 1e-6), "{spot:?} {back:?}");
    }
    // What lies straight below the view's middle is under it in the picture; left is left.
    let middle = Camera::on_pole(6.0, 60.0, 30.0, 0.0, 0.0, [0.0; 2]);
    let [u, v] = middle.pixel([-1.0, 6.0, 0.0]).unwrap();
    assert!(u < 959.5 && v > 539.5, "{u} {v}");
}
