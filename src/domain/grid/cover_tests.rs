//! Covers against a second, slower way: does `geo` see the cell's box and the polygon share
//! ground?

use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon, Rect};
use proptest::prelude::*;

use crate::domain::grid::{
    CellBounds, GeoJson, GridCell, GridError, Level, cover_area, cover_bbox, cover_geojson,
};

fn polygon(points: &[(f64, f64)]) -> MultiPolygon<f64> {
    MultiPolygon(vec![Polygon::new(LineString::from(points.to_vec()), vec![])])
}

fn box_of(bounds: CellBounds) -> Polygon<f64> {
    let CellBounds { west_deg, south_deg, east_deg, north_deg } = bounds;
    Rect::new(Coord { x: west_deg, y: south_deg }, Coord { x: east_deg, y: north_deg }).to_polygon()
}

/// A star around a point: valid, and concave as often as not.
fn star() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let centre = prop::sample::select(vec![(114.34, 22.69), (0.0, 0.0), (-6.0, 4.0), (0.0, -30.0)]);
    (centre, prop::collection::vec(0.1..1.0f64, 3..12)).prop_map(|((lon, lat), radii)| {
        let turn = std::f64::consts::TAU / radii.len() as f64;
        let point = |(nth, radius): (usize, &f64)| {
            let (sin, cos) = (nth as f64 * turn).sin_cos();
            (lon + 0.003 * radius * cos, lat + 0.003 * radius * sin)
        };
        radii.iter().enumerate().map(point).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cover_is_the_cells_that_share_ground(points in star()) {
        let area = polygon(&points);
        let cover = cover_area(&area, Level::Five).unwrap();
        let whole = CellBounds {
            west_deg: points.iter().map(|p| p.0).fold(f64::MAX, f64::min) - 0.002,
            east_deg: points.iter().map(|p| p.0).fold(f64::MIN, f64::max) + 0.002,
            south_deg: points.iter().map(|p| p.1).fold(f64::MAX, f64::min) - 0.002,
            north_deg: points.iter().map(|p| p.1).fold(f64::MIN, f64::max) + 0.002,
        };
        let cell_area = (1.0f64 / 900.0).powi(2);
        let mut covered = 0.0;
        for cell in cover_bbox(whole, Level::Five).unwrap() {
            let share = area.intersection(&box_of(cell.bounds())).unsigned_area() / cell_area;
            let chosen = cover.contains(&cell);
            // The reference rounds; slivers it may lose are not judged.
            if share > 1e-6 {
                prop_assert!(chosen, "{cell} shares {share}");
            } else if share == 0.0 && chosen {
                let grown = 1e-9;
                let b = cell.bounds();
                let near = box_of(CellBounds {
                    west_deg: b.west_deg - grown, east_deg: b.east_deg + grown,
                    south_deg: b.south_deg - grown, north_deg: b.north_deg + grown,
                });
                prop_assert!(area.intersection(&near).unsigned_area() > 0.0, "{cell} is apart");
            }
            covered += share;
        }
        prop_assert!((covered * cell_area / area.unsigned_area() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_cover_of_a_cell_is_the_cell(
        (lon, lat) in (-180.0..180.0, -88.0..88.0),
        level in prop::sample::select(&Level::ALL[..]),
    ) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        prop_assert_eq!(cover_bbox(cell.bounds(), level).unwrap(), [cell]);
        let area = MultiPolygon(vec![box_of(cell.bounds())]);
        prop_assert_eq!(cover_area(&area, level).unwrap(), [cell]);
        if let Some(finer) = level.finer() {
            let mut inside: Vec<_> = cell.children().unwrap().collect();
            let mut cover = cover_area(&area, finer).unwrap();
            prop_assert_eq!(&cover, &cover_bbox(cell.bounds(), finer).unwrap());
            inside.sort_unstable();
            cover.sort_unstable();
            prop_assert_eq!(cover, inside);
        }
    }
}

#[test]
fn holes_stay_empty() {
    let cell: GridCell = "N50F05351".parse().unwrap();
    let inner: Vec<_> = cell.children().unwrap().collect();
    let hole = box_of(inner[16].bounds()).exterior().clone();
    let ring = Polygon::new(box_of(cell.bounds()).exterior().clone(), vec![hole]);
    let cover = cover_area(&MultiPolygon(vec![ring]), Level::Five).unwrap();
    assert_eq!(cover.len(), 224);
    assert!(!cover.contains(&inner[16]));
}

#[test]
fn a_thin_diagonal_is_followed_without_gaps() {
    let thin = polygon(&[(114.0, 22.0), (114.1, 22.1), (114.1, 22.100_000_001)]);
    let cover = cover_area(&thin, Level::Five).unwrap();
    for cell in &cover[1..] {
        assert!(cell.neighbours4().any(|beside| cover.contains(&beside)), "{cell} is alone");
    }
    assert!(cover.len() >= 90);
}

#[test]
fn boxes_without_extent_lie_in_one_cell() {
    let point = |lon: f64, lat: f64| CellBounds {
        west_deg: lon,
        east_deg: lon,
        south_deg: lat,
        north_deg: lat,
    };
    let cells = cover_bbox(point(114.34, 22.69), Level::Five).unwrap();
    assert_eq!(cells, [GridCell::from_lonlat(114.34, 22.69, Level::Five).unwrap()]);
    assert_eq!(cover_bbox(point(180.0, 88.0), Level::One).unwrap()[0].code(), "N60V");
    assert_eq!(cover_bbox(point(-180.0, -88.0), Level::One).unwrap()[0].code(), "S01V");
}

#[test]
fn areas_that_cannot_be_covered_are_refused() {
    let bbox = |west_deg, south_deg, east_deg, north_deg| {
        cover_bbox(CellBounds { west_deg, south_deg, east_deg, north_deg }, Level::Ten)
    };
    assert!(matches!(bbox(1.0, 0.0, 0.0, 1.0), Err(GridError::Bbox(_))));
    assert!(matches!(bbox(0.0, 80.0, 1.0, 89.0), Err(GridError::PolarUnsupported(_))));
    assert!(matches!(bbox(-180.0, -88.0, 180.0, 88.0), Err(GridError::TooManyCells { .. })));
    assert!(matches!(bbox(f64::NAN, 0.0, 1.0, 1.0), Err(GridError::Longitude(_))));
    let country = polygon(&[(73.0, 18.0), (135.0, 18.0), (135.0, 53.0)]);
    assert!(matches!(cover_area(&country, Level::Ten), Err(GridError::TooManyCells { .. })));
    let point = polygon(&[(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)]);
    assert!(matches!(cover_area(&point, Level::One), Err(GridError::Area(_))));
}

#[test]
fn geojson_areas_of_every_kind_agree() {
    let ring = "[[[114.33,22.68],[114.345,22.68],[114.345,22.695],[114.33,22.695],[114.33,22.68]]]";
    let shape = format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#);
    let many = format!(r#"{{"type":"MultiPolygon","coordinates":[{ring},{ring}]}}"#);
    let feature =
        format!(r#"{{"type":"Feature","properties":{{"name":"market"}},"geometry":{shape}}}"#);
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#);
    for text in [shape, many, feature, collection] {
        let area: GeoJson = serde_json::from_str(&text).unwrap();
        assert_eq!(cover_geojson(&area, Level::Five).unwrap().len(), 196, "{text}");
    }
    for bad in [
        r#"{"type":"Polygon","coordinates":[]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0],[1,1],[1,0],[0]]]}"#,
        r#"{"type":"FeatureCollection","features":[]}"#,
    ] {
        let area: GeoJson = serde_json::from_str(bad).unwrap();
        let refused = cover_geojson(&area, Level::Five);
        assert!(matches!(refused, Err(GridError::Area(_))), "{bad}: {refused:?}");
    }
}
