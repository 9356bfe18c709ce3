//! The part of GeoJSON (RFC 7946) that describes areas, as plain data for any serde
//! format. Other members of the objects are ignored; other geometries are refused.
//!
//! Areas across the 180th meridian come as several polygons, as the RFC demands.

use super::{GridError, LonLat};

/// A GeoJSON document that is an area.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(tag = "type")]
pub enum GeoJson {
    Polygon { coordinates: Vec<Ring> },
    MultiPolygon { coordinates: Vec<Vec<Ring>> },
    Feature { geometry: Geometry },
    FeatureCollection { features: Vec<Feature> },
}

/// The area of a feature.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(tag = "type")]
pub enum Geometry {
    Polygon { coordinates: Vec<Ring> },
    MultiPolygon { coordinates: Vec<Vec<Ring>> },
}

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Feature {
    pub geometry: Geometry,
}

/// Positions `[lon, lat, ...]`, the last one equal to the first.
pub type Ring = Vec<Vec<f64>>;

impl GeoJson {
    /// All polygons, each as its rings of points with the closing point left out.
    pub(super) fn polygons(&self) -> Result<Vec<Vec<Vec<LonLat>>>, GridError> {
        let polygons: Vec<&[Ring]> = match self {
            Self::Polygon { coordinates } => vec![coordinates],
            Self::MultiPolygon { coordinates } => coordinates.iter().map(Vec::as_slice).collect(),
            Self::Feature { geometry } => geometry.polygons(),
            Self::FeatureCollection { features } => {
                features.iter().flat_map(|feature| feature.geometry.polygons()).collect()
            }
        };
        if polygons.is_empty() {
            return Err(GridError::Area("it holds no polygon".into()));
        }
        polygons.into_iter().map(|rings| rings.iter().map(ring_points).collect()).collect()
    }
}

impl Geometry {
    fn polygons(&self) -> Vec<&[Ring]> {
        match self {
            Self::Polygon { coordinates } => vec![coordinates],
            Self::MultiPolygon { coordinates } => coordinates.iter().map(Vec::as_slice).collect(),
        }
    }
}

fn ring_points(ring: &Ring) -> Result<Vec<LonLat>, GridError> {
    let point = |position: &Vec<f64>| match position[..] {
        [lon_deg, lat_deg, ..] => Ok(LonLat { lon_deg, lat_deg }),
        _ => Err(GridError::Area(format!("position {position:?} has fewer than two numbers"))),
    };
    let mut points = ring.iter().map(point).collect::<Result<Vec<_>, _>>()?;
    let closed = points.len() >= 4 && points.first() == points.last();
    if !closed {
        let count = points.len();
        return Err(GridError::Area(format!(
            "a ring of {count} positions; a ring has four or more and ends where it starts"
        )));
    }
    points.pop();
    Ok(points)
}
