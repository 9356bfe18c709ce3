//! Golden codes: this repository's own small set always, and the large differential set
//! where a shared folder is at hand (`GRIDWARDEN_SHARED`, default `../shared`).
//!
//! Both files have one form: `encode` rows (a point, its codes, its bounds) and
//! `operations` rows named by `op`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gridwarden::domain::grid::{
    CellBounds, Direction, GeosotCell, GridCell, GridCell3, HeightLayer, HeightScheme, Level,
    cover_bbox, geosot_height_word, layer_floor_metres, refer, resolve,
};
use serde_json::Value;

#[test]
fn own_vectors_hold() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/grid_vectors.json");
    let checked = check_file(&file);
    assert!(checked >= 40, "only {checked} vectors in {}", file.display());
}

#[test]
fn shared_vectors_hold() {
    let shared = std::env::var_os("GRIDWARDEN_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = shared.join("beidou/vectors.json");
    if !file.exists() {
        println!("skipped: {} is absent (set GRIDWARDEN_SHARED)", file.display());
        return;
    }
    let checked = check_file(&file);
    println!("{checked} vectors of {} hold", file.display());
    assert!(checked >= 300, "only {checked} vectors");
}

/// Checks every row, reports all that fail at once, and returns how many there were.
fn check_file(file: &Path) -> usize {
    let text = std::fs::read_to_string(file).unwrap();
    let root: Value = serde_json::from_str(&text).unwrap();
    let rows = |key: &str| root[key].as_array().unwrap().clone();
    let encoded = rows("encode").into_iter().map(|row| (check_encode(&row), row));
    let operated = rows("operations").into_iter().map(|row| (check_operation(&row), row));
    let results: Vec<_> = encoded.chain(operated).collect();
    let faults: Vec<String> = results
        .iter()
        .filter_map(|(result, row)| Some(format!("{}: {}", row["id"], result.as_ref().err()?)))
        .collect();
    assert!(
        faults.is_empty(),
        "{} of {} fail:\n{}",
        faults.len(),
        results.len(),
        faults.join("\n")
    );
    results.len()
}

type Check = Result<(), String>;

fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(got: T, wanted: U) -> Check {
    if got == wanted { Ok(()) } else { Err(format!("got {got:?}, wanted {wanted:?}")) }
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{row} lacks {key}"))
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{row} lacks {key}"))
}

fn texts(row: &Value) -> Vec<&str> {
    row.as_array().unwrap().iter().map(|each| each.as_str().unwrap()).collect()
}

fn level(row: &Value) -> Level {
    Level::try_from(row["level"].as_u64().unwrap() as u8).unwrap()
}

fn cell(code: &str) -> Result<GridCell, String> {
    code.parse().map_err(|error| format!("{error}"))
}

fn scheme(name: &str) -> HeightScheme {
    let (packing, sign) = name.split_once('/').unwrap();
    HeightScheme { packing: packing.parse().unwrap(), sign: sign.parse().unwrap() }
}

fn check_bounds(got: CellBounds, wanted: &Value, tolerance: f64) -> Check {
    let got = [got.west_deg, got.south_deg, got.east_deg, got.north_deg];
    let wanted: Vec<f64> =
        wanted.as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap()).collect();
    let close = got.iter().zip(&wanted).all(|(a, b)| (a - b).abs() <= tolerance);
    if close { Ok(()) } else { Err(format!("bounds {got:?}, wanted {wanted:?}")) }
}

fn check_encode(row: &Value) -> Check {
    let (lon, lat, height) = (number(row, "lon"), number(row, "lat"), number(row, "h"));
    let found = GridCell::from_lonlat(lon, lat, level(row)).map_err(|error| error.to_string())?;
    same(found.code().as_str(), text(row, "code2d"))?;
    same(cell(text(row, "code2d"))?, found)?;
    if let Some(bounds) = row.get("bounds") {
        check_bounds(found.bounds(), bounds, 1e-12)?;
    }
    let codes: BTreeMap<String, String> =
        serde_json::from_value(row["code3d"].clone()).unwrap_or_default();
    for (name, wanted) in &codes {
        let scheme = scheme(name);
        let cube =
            GridCell3::at_height(found, height, scheme).map_err(|error| error.to_string())?;
        same(cube.code().as_str(), wanted).map_err(|fault| format!("{name}: {fault}"))?;
        same(GridCell3::parse(wanted, scheme), Ok(cube))?;
    }
    if let Some(wanted) = row.get("hcode_default").and_then(Value::as_str) {
        let layer = HeightLayer::from_height(height, level(row), HeightScheme::default())
            .map_err(|error| error.to_string())?;
        same(layer.code().as_str(), wanted)?;
    }
    Ok(())
}

fn check_operation(row: &Value) -> Check {
    match text(row, "op") {
        "split3d" => {
            let cube: GridCell3 = text(row, "code").parse().map_err(|error| format!("{error}"))?;
            same(cube.cell().code().as_str(), text(row, "code2d"))?;
            same(cube.layer().code().as_str(), text(row, "hcode"))
        }
        "refer" => {
            let target = cell(text(row, "target"))?;
            let told = refer(target, cell(text(row, "reference"))?);
            same(told.as_deref().ok(), Some(text(row, "result")))?;
            same(resolve(text(row, "result")), Ok(target))
        }
        "encode2d" => {
            let found = GridCell::from_lonlat(number(row, "lon"), number(row, "lat"), level(row));
            same(found, Ok(cell(text(row, "result"))?))
        }
        "decode2d" => {
            let parsed = text(row, "code").parse::<GridCell>();
            if let Some(valid) = row["valid"].as_bool() {
                return same(parsed.is_ok(), valid);
            }
            check_bounds(
                parsed.map_err(|e| e.to_string())?.bounds(),
                &row["bounds"],
                number(row, "tol_deg"),
            )
        }
        "h_bounds" => {
            let scheme = HeightScheme {
                packing: text(row, "packing").parse().unwrap(),
                sign: text(row, "sign").parse().unwrap(),
            };
            let layer =
                HeightLayer::parse(text(row, "hcode"), scheme).map_err(|e| e.to_string())?;
            let close = (layer.lower_metres() - number(row, "lower")).abs() < 1e-6
                && (layer.upper_metres() - number(row, "upper")).abs() < 1e-6;
            same((close, layer.lower_metres(), layer.upper_metres()).0, true)
        }
        "height_of_index" => {
            let height = layer_floor_metres(row["n"].as_i64().unwrap());
            same((height - number(row, "height")).abs() <= number(row, "tol_m"), true)
        }
        "neighbours2d" => check_neighbours(row),
        "children2d" => {
            let children = cell(text(row, "code"))?.children().map_err(|e| e.to_string())?;
            let children: Vec<_> = children.map(|child| child.code()).collect();
            same(children, texts(&row["result"]))
        }
        "parents2d" => {
            let parents = std::iter::successors(cell(text(row, "code"))?.parent(), |c| c.parent());
            let mut codes: Vec<_> = parents.map(|parent| parent.code()).collect();
            codes.reverse();
            same(codes, texts(&row["result"]))
        }
        "cover_bbox" => {
            let bbox = CellBounds {
                west_deg: number(row, "lon0"),
                south_deg: number(row, "lat0"),
                east_deg: number(row, "lon1"),
                north_deg: number(row, "lat1"),
            };
            let cover = cover_bbox(bbox, level(row)).map_err(|e| e.to_string())?;
            let codes: Vec<_> = cover.iter().map(|cell| cell.code()).collect();
            same(codes.len() as u64, row["count"].as_u64().unwrap())?;
            match row.get("result") {
                Some(result) => same(codes, texts(result)),
                None => {
                    same(codes[0], text(row, "first"))?;
                    same(codes[codes.len() - 1], text(row, "last"))
                }
            }
        }
        "geosot2d" => {
            let found = geosot(row)?;
            same(found.code().as_str(), text(row, "code"))?;
            same(found.number().to_string().as_str(), text(row, "geo_num"))
        }
        "geosot3d" => {
            let height = number(row, "h");
            let code = geosot(row)?.code_at_height(height).map_err(|e| e.to_string())?;
            same(code.as_str(), text(row, "code"))?;
            let word = geosot_height_word(height, geosot_level(row)).map_err(|e| e.to_string())?;
            same(u64::from(word), row["zcode"].as_u64().unwrap())
        }
        unknown => Err(format!("no check for operation {unknown}")),
    }
}

fn geosot_level(row: &Value) -> gridwarden::domain::grid::GeosotLevel {
    (row["level"].as_u64().unwrap() as u8).try_into().unwrap()
}

fn geosot(row: &Value) -> Result<GeosotCell, String> {
    GeosotCell::from_lonlat(number(row, "lon"), number(row, "lat"), geosot_level(row))
        .map_err(|error| error.to_string())
}

fn check_neighbours(row: &Value) -> Check {
    let centre = cell(text(row, "code"))?;
    for direction in Direction::ALL {
        let (east, north) = direction.step();
        let wanted = row["result"][format!("{east},{north}")].as_str();
        let found = centre.neighbour(direction).map(|beside| String::from(beside.code()));
        same(found.as_deref(), wanted).map_err(|fault| format!("{}: {fault}", direction.name()))?;
    }
    Ok(())
}
