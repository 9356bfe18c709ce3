//! Covers of single shapes with their cells, and shapes that have none.

use super::super::{
    CellBounds, GeoJson, GridCell, GridError, Level, Region, cover_bbox, cover_geojson,
};
use super::tests::{box_of, line, lonlat, ring};

#[test]
fn holes_stay_empty() {
    let cell: GridCell = "N50F05351".parse().unwrap();
    let inner: Vec<_> = cell.children().unwrap().collect();
    let rings = [cell, inner[16]].map(|cell| box_of(cell.bounds()).map(lonlat).to_vec());
    let cover = Region::polygon(&rings).unwrap().cells(Level::Five).unwrap();
    assert_eq!(cover.len(), 224);
    assert!(!cover.contains(&inner[16]));
}

#[test]
fn a_thin_diagonal_is_followed_without_gaps() {
    let thin = [(114.0, 22.0), (114.1, 22.1), (114.1, 22.100_000_001)];
    for cover in [ring(&thin).cells(Level::Five).unwrap(), line(&thin).cells(Level::Five).unwrap()]
    {
        for cell in &cover[1..] {
            assert!(cell.neighbours8().any(|beside| cover.contains(&beside)), "{cell} is alone");
        }
        assert!(cover.len() >= 90);
    }
}

#[test]
fn lines_on_grid_lines_belong_to_the_farther_cells() {
    let codes = |points: &[(f64, f64)]| -> Vec<String> {
        let cells = line(points).cells(Level::One).unwrap();
        cells.into_iter().map(|cell| cell.code().into()).collect()
    };
    assert_eq!(codes(&[(6.0, 1.0), (6.0, 3.0)]), ["N32A"]);
    assert_eq!(codes(&[(-6.0, 1.0), (-6.0, 3.0)]), ["N29A"]);
    assert_eq!(codes(&[(1.0, 4.0), (5.0, 4.0)]), ["N31B"]);
    assert_eq!(codes(&[(1.0, -4.0), (5.0, -4.0)]), ["S31B"]);
    assert_eq!(codes(&[(1.0, 0.0), (5.0, 0.0)]), ["N31A"]);
    // Through the corner of four sheets: the fourth is never entered.
    assert_eq!(codes(&[(5.0, 3.0), (7.0, 5.0)]), ["N31A", "N32B"]);
    assert_eq!(codes(&[(-5.0, 3.0), (-7.0, 5.0)]), ["N30A", "N29B"]);
    assert_eq!(codes(&[(-1.0, -1.0), (1.0, 1.0)]), ["S30A", "N31A"]);
    assert_eq!(codes(&[(180.0, 88.0)]), ["N60V"]);
    assert_eq!(codes(&[(-180.0, -88.0)]), ["S01V"]);
}

#[test]
fn boxes_without_extent_lie_in_one_cell() {
    let point = |lon: f64, lat: f64| CellBounds {
        west_deg: lon,
        east_deg: lon,
        south_deg: lat,
        north_deg: lat,
    };
    for (lon, lat) in [(114.34, 22.69), (-114.34, -22.69), (-6.0, -4.0)] {
        let cells = cover_bbox(point(lon, lat), Level::Five).unwrap();
        assert_eq!(cells, [GridCell::from_lonlat(lon, lat, Level::Five).unwrap()]);
    }
    assert_eq!(cover_bbox(point(180.0, 88.0), Level::One).unwrap()[0].code(), "N60V");
    assert_eq!(cover_bbox(point(-180.0, -88.0), Level::One).unwrap()[0].code(), "S01V");
}

#[test]
fn boxes_and_buffers_cross_the_180th_meridian() {
    let bbox = |west_deg, south_deg, east_deg, north_deg| {
        let cells = cover_bbox(CellBounds { west_deg, south_deg, east_deg, north_deg }, Level::One);
        cells.unwrap().into_iter().map(|cell| cell.code().into()).collect::<Vec<String>>()
    };
    assert_eq!(bbox(170.0, 1.0, -170.0, 2.0), ["N01A", "N02A", "N59A", "N60A"]);
    assert_eq!(bbox(170.0, 1.0, -170.0, 1.0), ["N01A", "N02A", "N59A", "N60A"]);
    assert_eq!(bbox(180.0, 1.0, -180.0, 2.0), ["N01A", "N60A"]);
    assert_eq!(bbox(1.0, 1.0, 0.0, 2.0).len(), 60);
    assert_eq!(bbox(-180.0, 1.0, 180.0, 2.0).len(), 60);
    // The same disc, half the globe apart.
    let disc = |lon: f64| line(&[(lon, 10.0001)]).buffered(300.0).unwrap();
    let (here, there) = (disc(0.0), disc(180.0));
    let count = |region: &Region| region.cells(Level::Six).unwrap().len();
    assert_eq!(count(&here), count(&there));
    let there = there.cells(Level::Six).unwrap();
    let east = there.iter().filter(|cell| cell.bounds().west_deg > 0.0).count();
    assert_eq!(2 * east, there.len());
}

#[test]
fn large_areas_at_fine_levels_are_not_spelled_out() {
    let degree = CellBounds { west_deg: 114.0, south_deg: 22.0, east_deg: 115.0, north_deg: 23.0 };
    let region = Region::bbox(degree).unwrap();
    assert_eq!(region.compacted(Level::Ten).unwrap().cells().len(), 4);
    assert!(matches!(region.cells(Level::Ten), Err(GridError::TooManyCells { .. })));
    let disc = line(&[(114.34, 22.69)]).buffered(100.0).unwrap();
    let few = disc.compacted(Level::Nine).unwrap();
    let area = |cell: &GridCell| {
        let size = cell.level().cell_size_metres(22.69);
        size.east_west_metres * size.north_south_metres
    };
    let covered: f64 = few.cells().iter().map(area).sum();
    let disc = std::f64::consts::PI * 100.0 * 100.0;
    // A rim of half a cell of 0.12 m is covered beyond the disc.
    assert!(disc < covered && covered < disc * 1.005, "{covered}");
}

#[test]
fn areas_that_cannot_be_covered_are_refused() {
    let bbox = |west_deg, south_deg, east_deg, north_deg| {
        cover_bbox(CellBounds { west_deg, south_deg, east_deg, north_deg }, Level::Ten)
    };
    assert!(matches!(bbox(0.0, 1.0, 1.0, 0.0), Err(GridError::Bbox(_))));
    assert!(matches!(bbox(0.0, 80.0, 1.0, 89.0), Err(GridError::PolarUnsupported(_))));
    assert!(matches!(bbox(-180.0, -88.0, 180.0, 88.0), Err(GridError::TooManyCells { .. })));
    assert!(matches!(bbox(f64::NAN, 0.0, 1.0, 1.0), Err(GridError::Longitude(_))));
    let country = ring(&[(73.0, 18.0), (135.0, 18.0), (135.0, 53.0)]);
    assert!(matches!(country.cells(Level::Ten), Err(GridError::TooManyCells { .. })));
    assert!(matches!(country.compacted(Level::Ten), Err(GridError::TooManyCells { .. })));
    let point = vec![lonlat((1.0, 1.0)); 3];
    assert!(matches!(Region::polygon(std::slice::from_ref(&point)), Err(GridError::Area(_))));
    assert!(matches!(Region::line(&[]), Err(GridError::Area(_))));
    for metres in [-1.0, f64::NAN, f64::INFINITY, 100_000.1] {
        let refused = line(&[(1.0, 1.0)]).buffered(metres);
        assert!(matches!(refused, Err(GridError::Buffer(_))), "{metres}");
    }
    let zigzag: Vec<_> = (0..80).map(|n| (f64::from(n), f64::from(n % 2) * 160.0 - 80.0)).collect();
    assert!(matches!(line(&zigzag).buffered(1.0), Err(GridError::Area(_))));
    let polar = line(&[(1.0, 87.9995)]);
    assert!(matches!(polar.clone().buffered(100.0), Err(GridError::PolarUnsupported(_))));
    assert!(polar.buffered(10.0).is_ok());
    let around = [(179.0, 1.0), (-179.0, 1.0), (-179.0, 2.0), (179.0, 2.0)].map(lonlat);
    for refused in [Region::polygon(&[around.to_vec()]), Region::line(&around[..2])] {
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("180th meridian") && message.contains("-179"), "{message}");
    }
}

#[test]
fn geojson_of_every_kind_is_read() {
    let ring = "[[[114.33,22.68],[114.345,22.68],[114.345,22.695],[114.33,22.695],[114.33,22.68]]]";
    let shape = format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#);
    let many = format!(r#"{{"type":"MultiPolygon","coordinates":[{ring},{ring}]}}"#);
    let feature =
        format!(r#"{{"type":"Feature","properties":{{"name":"market"}},"geometry":{shape}}}"#);
    let nowhere = r#"{"type":"Feature","properties":null,"geometry":null}"#;
    let both =
        format!(r#"{{"type":"FeatureCollection","features":[{feature},{nowhere},{feature}]}}"#);
    let group = format!(r#"{{"type":"GeometryCollection","geometries":[{shape},{many}]}}"#);
    let count = |text: &str| {
        let area: GeoJson = serde_json::from_str(text).unwrap();
        cover_geojson(&area, Level::Five).map(|cells| cells.len())
    };
    for text in [shape, many, feature, both, group] {
        assert_eq!(count(&text), Ok(196), "{text}");
    }
    for (text, cells) in [
        (r#"{"type":"Point","coordinates":[114.34,22.69,12.5]}"#, 1),
        (r#"{"type":"MultiPoint","coordinates":[[114.34,22.69],[0,0]]}"#, 2),
        (r#"{"type":"LineString","coordinates":[[114.34,22.69],[114.343,22.69]]}"#, 3),
        (r#"{"type":"MultiLineString","coordinates":[[[114.34,22.69],[114.343,22.69]]]}"#, 3),
    ] {
        assert_eq!(count(text), Ok(cells), "{text}");
    }
    for bad in [
        r#"{"type":"Polygon","coordinates":[]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0],[1,1],[1,0],[0]]]}"#,
        r#"{"type":"LineString","coordinates":[[0,0]]}"#,
        r#"{"type":"FeatureCollection","features":[]}"#,
        nowhere,
    ] {
        assert!(matches!(count(bad), Err(GridError::Area(_))), "{bad}");
    }
}
