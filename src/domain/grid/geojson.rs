//! GeoJSON (RFC 7946), as plain data for any serde format, read into a [`Region`].
//!
//! Coordinates are longitude and latitude in degrees; a third number is ignored, as are the
//! other members of the objects. What crosses the 180th meridian comes cut in two, as the
//! RFC demands.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::{GridError, LonLat, Region};

/// A GeoJSON object.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(tag = "type")]
pub enum GeoJson {
    Point {
        coordinates: Position,
    },
    MultiPoint {
        coordinates: Vec<Position>,
    },
    LineString {
        coordinates: Vec<Position>,
    },
    MultiLineString {
        coordinates: Vec<Vec<Position>>,
    },
    Polygon {
        coordinates: Vec<Vec<Position>>,
    },
    MultiPolygon {
        coordinates: Vec<Vec<Vec<Position>>>,
    },
    GeometryCollection {
        geometries: Vec<GeoJson>,
    },
    /// Without a geometry it is nowhere.
    Feature {
        geometry: Option<Box<GeoJson>>,
    },
    FeatureCollection {
        features: Vec<GeoJson>,
    },
}

/// `[lon, lat, ...]` in degrees.
pub type Position = Vec<f64>;

impl GeoJson {
    /// Everything in the object as one region.
    pub fn region(&self) -> Result<Region, GridError> {
        let mut parts = Vec::new();
        self.collect(&mut parts)?;
        parts
            .into_iter()
            .reduce(Region::and)
            .ok_or_else(|| GridError::Area("it holds no point, line or polygon".into()))
    }

    fn collect(&self, parts: &mut Vec<Region>) -> Result<(), GridError> {
        match self {
            Self::Point { coordinates } => parts.push(Region::point(point(coordinates)?)?),
            Self::MultiPoint { coordinates } => {
                for position in coordinates {
                    parts.push(Region::point(point(position)?)?);
                }
            }
            Self::LineString { coordinates } => parts.push(line(coordinates)?),
            Self::MultiLineString { coordinates } => {
                for positions in coordinates {
                    parts.push(line(positions)?);
                }
            }
            Self::Polygon { coordinates } => parts.push(polygon(coordinates)?),
            Self::MultiPolygon { coordinates } => {
                for rings in coordinates {
                    parts.push(polygon(rings)?);
                }
            }
            Self::Feature { geometry } => {
                if let Some(geometry) = geometry {
                    geometry.collect(parts)?;
                }
            }
            Self::GeometryCollection { geometries: objects }
            | Self::FeatureCollection { features: objects } => {
                for object in objects {
                    object.collect(parts)?;
                }
            }
        }
        Ok(())
    }
}

fn point(position: &Position) -> Result<LonLat, GridError> {
    match position[..] {
        [lon_deg, lat_deg, ..] => Ok(LonLat { lon_deg, lat_deg }),
        _ => Err(GridError::Area(format!("position {position:?} has fewer than two numbers"))),
    }
}

fn line(positions: &[Position]) -> Result<Region, GridError> {
    let points = positions.iter().map(point).collect::<Result<Vec<_>, _>>()?;
    if points.len() < 2 {
        let count = points.len();
        return Err(GridError::Area(format!(
            "a line of {count} positions; a line has two or more"
        )));
    }
    Region::line(&points)
}

fn polygon(rings: &[Vec<Position>]) -> Result<Region, GridError> {
    Region::polygon(&rings.iter().map(|ring| ring_points(ring)).collect::<Result<Vec<_>, _>>()?)
}

fn ring_points(ring: &[Position]) -> Result<Vec<LonLat>, GridError> {
    let points = ring.iter().map(point).collect::<Result<Vec<_>, _>>()?;
    let closed = points.len() >= 4 && points.first() == points.last();
    if !closed {
        let count = points.len();
        return Err(GridError::Area(format!(
            "a ring of {count} positions; a ring has four or more and ends where it starts"
        )));
    }
    Ok(points)
}
