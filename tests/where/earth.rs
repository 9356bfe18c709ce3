//! Places on the ellipsoid and metres about an origin, by way of Earth-centred coordinates, which
//! is not how the product does it.

const SEMI_MAJOR_METRES: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;
const E2: f64 = FLATTENING * (2.0 - FLATTENING);

/// Degrees and metres above the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub lon: f64,
    pub lat: f64,
    pub height: f64,
}

/// East, north, up metres.
pub type Metres = [f64; 3];

/// Where the synthetic streets lie.
pub const STREET: Place = Place { lon: 114.34, lat: 22.69, height: 42.0 };

impl Place {
    fn centred(&self) -> [f64; 3] {
        let (sin, cos) = self.lat.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.lon.to_radians().sin_cos();
        let normal = SEMI_MAJOR_METRES / (1.0 - E2 * sin * sin).sqrt();
        let across = (normal + self.height) * cos;
        [across * cos_lon, across * sin_lon, (normal * (1.0 - E2) + self.height) * sin]
    }

    /// Another place as seen from here.
    pub fn metres_to(&self, other: &Self) -> Metres {
        let (from, to) = (self.centred(), other.centred());
        let [x, y, z] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
        let (sin, cos) = self.lat.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.lon.to_radians().sin_cos();
        let out = cos_lon * x + sin_lon * y;
        [cos_lon * y - sin_lon * x, cos * z - sin * out, cos * out + sin * z]
    }

    /// The place so many metres from here, found by correcting a guess.
    pub fn at(&self, metres: Metres) -> Self {
        let mut guess = *self;
        for _ in 0..6 {
            let reached = self.metres_to(&guess);
            guess.lon += (metres[0] - reached[0]) / 111_320.0 / self.lat.to_radians().cos();
            guess.lat += (metres[1] - reached[1]) / 110_950.0;
            guess.height += metres[2] - reached[2];
        }
        guess
    }

    /// Horizontal distance in metres.
    pub fn apart(&self, lon: f64, lat: f64) -> f64 {
        let [east, north, _] = self.metres_to(&Self { lon, lat, height: self.height });
        east.hypot(north)
    }
}

/// Longitude and latitude of a point of a northern UTM zone: Krueger's series to the third order,
/// good to millimetres within a zone and to centimetres two degrees beyond it.
pub fn from_utm_north(zone: i32, easting: f64, northing: f64) -> (f64, f64) {
    let n = FLATTENING / (2.0 - FLATTENING);
    let radius = SEMI_MAJOR_METRES / (1.0 + n) * (1.0 + n * n / 4.0 + n.powi(4) / 64.0);
    let beta = [
        n / 2.0 - 2.0 / 3.0 * n * n + 37.0 / 96.0 * n.powi(3),
        n * n / 48.0 + n.powi(3) / 15.0,
        17.0 / 480.0 * n.powi(3),
    ];
    let delta = [
        2.0 * n - 2.0 / 3.0 * n * n - 2.0 * n.powi(3),
        7.0 / 3.0 * n * n - 8.0 / 5.0 * n.powi(3),
        56.0 / 15.0 * n.powi(3),
    ];
    let (xi, eta) = (northing / (0.9996 * radius), (easting - 500_000.0) / (0.9996 * radius));
    let (mut xi_sphere, mut eta_sphere) = (xi, eta);
    for (at, beta) in beta.iter().enumerate() {
        let twice = 2.0 * (at + 1) as f64;
        xi_sphere -= beta * (twice * xi).sin() * (twice * eta).cosh();
        eta_sphere -= beta * (twice * xi).cos() * (twice * eta).sinh();
    }
    let conformal = (xi_sphere.sin() / eta_sphere.cosh()).asin();
    let mut lat = conformal;
    for (at, delta) in delta.iter().enumerate() {
        lat += delta * (2.0 * (at + 1) as f64 * conformal).sin();
    }
    let lon = eta_sphere.sinh().atan2(xi_sphere.cos());
    (f64::from(zone * 6 - 183) + lon.to_degrees(), lat.to_degrees())
}

#[test]
fn metres_lead_there_and_back() {
    let there = STREET.at([31.5, -18.25, 3.0]);
    let back = STREET.metres_to(&there);
    assert!((back[0] - 31.5).abs() < 1e-6 && (back[1] + 18.25).abs() < 1e-6, "{back:?}");
    assert!((back[2] - 3.0).abs() < 1e-6, "{back:?}");
    // A level-7 cell is a quarter second: 7.135 m by 7.690 m at 22.7 N.
    let corner = Place { lat: 22.7, ..STREET };
    let quarter = corner.metres_to(&Place {
        lon: corner.lon + 0.25 / 3600.0,
        lat: corner.lat + 0.25 / 3600.0,
        height: 0.0 + corner.height,
    });
    assert!((quarter[0] - 7.135).abs() < 2e-3 && (quarter[1] - 7.690).abs() < 2e-3, "{quarter:?}");
}

#[test]
fn utm_of_a_known_place() {
    // On the central meridian the northing is 0.9996 of the meridian's arc: 4 984 944.378 m to 45 N.
    let (lon, lat) = from_utm_north(32, 500_000.0, 0.9996 * 4_984_944.378);
    assert!((lon - 9.0).abs() < 1e-9 && (lat - 45.0).abs() < 2e-8, "{lon} {lat}");
}
