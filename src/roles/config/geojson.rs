//! A zone out of a GeoJSON file: what a city's map already has need not be drawn again.

use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Document {
    Polygon { coordinates: Vec<Vec<Vec<f64>>> },
    Feature(Feature),
    FeatureCollection { features: Vec<Feature> },
}

#[derive(Deserialize)]
struct Feature {
    id: Option<serde_json::Value>,
    properties: Option<serde_json::Map<String, serde_json::Value>>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Geometry {
    Polygon {
        coordinates: Vec<Vec<Vec<f64>>>,
    },
    #[serde(other)]
    Other,
}

impl Feature {
    fn is_named(&self, name: &str) -> bool {
        let is = |value: &serde_json::Value| value.as_str() == Some(name);
        let property = |key: &str| self.properties.as_ref().and_then(|all| all.get(key));
        self.id.as_ref().is_some_and(is) || ["id", "name"].into_iter().filter_map(property).any(is)
    }
}

/// Corners in lon, lat, the first not repeated: of the only polygon, or of the feature with this id or name.
pub fn polygon_of(path: &Path, feature: Option<&str>) -> Result<Vec<[f64; 2]>, String> {
    let text = super::read_text(path).map_err(|faults| faults.to_string())?;
    let document: Document =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let coordinates = match document {
        Document::Polygon { coordinates } => coordinates,
        Document::Feature(only) => polygon(only)?,
        Document::FeatureCollection { features } => {
            let mut named: Vec<Feature> = features
                .into_iter()
                .filter(|one| feature.is_none_or(|name| one.is_named(name)))
                .collect();
            match (named.pop(), named.len()) {
                (Some(only), 0) => polygon(only)?,
                (None, _) => return Err("the file has no feature of that id or name".to_owned()),
                (Some(_), more) => {
                    let count = more + 1;
                    return Err(format!("the file has {count} of them: name one by `feature`"));
                }
            }
        }
    };
    let [ring] = &coordinates[..] else {
        return Err("a polygon without holes".to_owned());
    };
    let corner = |position: &Vec<f64>| match position[..] {
        [lon, lat, ..] => Ok([lon, lat]),
        _ => Err("each position has a longitude and a latitude".to_owned()),
    };
    let mut corners = ring.iter().map(corner).collect::<Result<Vec<_>, _>>()?;
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    Ok(corners)
}

fn polygon(feature: Feature) -> Result<Vec<Vec<Vec<f64>>>, String> {
    match feature.geometry {
        Some(Geometry::Polygon { coordinates }) => Ok(coordinates),
        _ => Err("the feature is a Polygon".to_owned()),
    }
}
