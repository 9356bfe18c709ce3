//! What every byte string must survive: one function a fuzz target.
//!
//! In: any bytes. Out: nothing; a broken promise is a panic. `tests/fuzz_seeds.rs` runs the same
//! functions over the seeds on a stable compiler.

use gridwarden::domain::grid::{
    GeoJson, GeosotCell, GeosotLevel, GridCell, GridCell3, GridCode, HeightLayer, HeightPacking,
    HeightScheme, HeightSign, Level, compact, cover_geojson, layer_number, refer, resolve,
};

fn schemes() -> impl Iterator<Item = HeightScheme> {
    let packings = [HeightPacking::Radix15, HeightPacking::Linear32, HeightPacking::Geosot64];
    let signs = [HeightSign::Mirror, HeightSign::FloorAbs, HeightSign::Twos];
    packings.into_iter().flat_map(move |packing| signs.map(|sign| HeightScheme { packing, sign }))
}

/// Every reader of codes: what is accepted is written back letter by letter, and its relatives and
/// keys lead back to it.
pub fn codes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cell) = text.parse::<GridCell>() {
        assert_eq!(cell.code().as_str(), text);
        assert_eq!(GridCell::from_key(cell.key()), Ok(cell));
        for beside in cell.neighbours8() {
            assert!(beside.neighbours8().any(|back| back == cell), "{text} {beside}");
        }
        for child in cell.children().into_iter().flatten().take(3) {
            assert_eq!(child.parent(), Some(cell));
        }
        let centre = cell.centre();
        assert!(cell.contains_point(centre.lon_deg, centre.lat_deg), "{text}");
    }
    assert_eq!(text.parse::<GridCode>().is_ok(), text.parse::<GridCell>().is_ok());
    for scheme in schemes() {
        if let Ok(solid) = GridCell3::parse(text, scheme) {
            assert_eq!(solid.code().as_str(), text);
        }
        if let Ok(layer) = HeightLayer::parse(text, scheme) {
            assert_eq!(layer.code().as_str(), text);
            assert!(layer.lower_metres() < layer.upper_metres(), "{text}");
        }
    }
    if let Ok(cell) = resolve(text) {
        assert_eq!(cell.code().as_str().parse(), Ok(cell));
    }
    // Two codes of which one is told by the other.
    if let Some((target, reference)) = text.split_once(' ')
        && let (Ok(target), Ok(reference)) = (target.parse(), reference.parse())
        && let Ok(told) = refer(target, reference)
    {
        assert_eq!(resolve(&told), Ok(target), "{told}");
    }
}

/// Longitude, latitude and height as raw numbers of eight bytes, NaN and infinities included.
pub fn points(data: &[u8]) {
    let mut numbers = data.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
    let mut next = || numbers.next().unwrap_or(0.0);
    let (lon, lat, height) = (next(), next(), next());
    for level in Level::ALL {
        let Ok(cell) = GridCell::from_lonlat(lon, lat, level) else { continue };
        assert!(cell.contains_point(lon, lat), "{lon:?} {lat:?} {cell}");
        for scheme in schemes() {
            if let Ok(solid) = GridCell3::at_height(cell, height, scheme) {
                let code = solid.code();
                assert_eq!(GridCell3::parse(code.as_str(), scheme), Ok(solid), "{height:?}");
            }
        }
    }
    for level in 0..=32 {
        let level = GeosotLevel::try_from(level).unwrap_or_else(|fault| panic!("{fault}"));
        if let Ok(cell) = GeosotCell::from_lonlat(lon, lat, level) {
            let _ = (cell.code(), cell.number(), cell.code_at_height(height));
        }
    }
    let _ = layer_number(height);
    let _ = Level::for_accuracy(height, lat);
}

/// Cells after which an area is not looked at more finely.
const CELLS_ENOUGH: usize = 200;

/// A GeoJSON document: read or refused, and covered the finer the smaller it is.
pub fn areas(data: &[u8]) {
    let Ok(area) = serde_json::from_slice::<GeoJson>(data) else { return };
    for level in Level::ALL {
        let Ok(cells) = cover_geojson(&area, level) else { return };
        assert!(cells.iter().all(|cell| cell.level() == level));
        assert!(compact(cells.iter().copied()).len() <= cells.len());
        if cells.len() > CELLS_ENOUGH {
            return;
        }
    }
}
