//! The second implementation against the golden vectors: a witness must be right itself.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::second::{
    coordinate::{Coordinate, DEGREE},
    height::{Briggs, PACKINGS, SIGNS, write},
    plane, refer, solid,
};

#[test]
fn the_second_implementation_holds_the_golden_vectors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = check(&root.join("tests/golden/grid_vectors.json"));
    assert!(checked >= 40, "only {checked} rows were looked at");
    let shared = std::env::var_os("GRIDWARDEN_SHARED")
        .map_or_else(|| root.join("../shared"), PathBuf::from)
        .join("beidou/vectors.json");
    if shared.exists() {
        let checked = check(&shared);
        assert!(checked >= 250, "only {checked} rows were looked at");
    } else {
        println!("skipped: {} is absent (set GRIDWARDEN_SHARED)", shared.display());
    }
}

/// Looks at every row that the second implementation has an answer to; returns how many.
fn check(file: &Path) -> usize {
    let root: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let rows = |key: &str| root[key].as_array().unwrap().clone();
    let briggs = Briggs::default();
    let mut checked = 0;
    for row in rows("encode") {
        check_encode(&row, &briggs);
        checked += 1;
    }
    for row in rows("operations") {
        checked += usize::from(check_operation(&row));
    }
    checked
}

fn check_encode(row: &Value, briggs: &Briggs) {
    let axis = |key: &str| Coordinate::of_number(row[key].as_f64().unwrap()).unwrap();
    let (lon, lat) = (axis("lon"), axis("lat"));
    let level = row["level"].as_u64().unwrap() as usize;
    let cell = plane::encode(&lon, &lat, level);
    let text = cell.map(|cell| cell.text).or_else(|| plane::encode_cap(&lon, &lat, level));
    assert_eq!(text.as_deref(), row["code2d"].as_str(), "{row}");
    let layer = briggs.layer(row["h"].as_f64().unwrap()).unwrap().layer;
    for (packing, packing_name) in PACKINGS.into_iter().zip(["radix15", "linear32", "geosot64"]) {
        for (sign, sign_name) in SIGNS.into_iter().zip(["mirror", "floorabs", "twos"]) {
            let name = format!("{packing_name}/{sign_name}");
            let Some(wanted) = row["code3d"][&name].as_str() else { continue };
            let digits = write(layer, packing, sign).unwrap();
            let cut = &digits[..crate::second::height::LENGTHS[level - 1]];
            let text = text.as_deref().unwrap();
            assert_eq!(solid::join(text, cut).as_deref(), Some(wanted), "{name} {row}");
            assert_eq!(solid::split(wanted), Some((text.to_owned(), cut.to_owned())));
        }
    }
}

fn check_operation(row: &Value) -> bool {
    let text = |key: &str| row[key].as_str().unwrap();
    match text("op") {
        "decode2d" => {
            let cell = plane::decode(text("code"));
            if let Some(valid) = row["valid"].as_bool() {
                assert_eq!(cell.is_some(), valid, "{row}");
                return true;
            }
            let edges = cell.unwrap().edges();
            for (edge, wanted) in edges.iter().zip(row["bounds"].as_array().unwrap()) {
                let wanted = wanted.as_f64().unwrap() * DEGREE as f64;
                assert!((*edge as f64 - wanted).abs() < 1e-4, "{edges:?} {row}");
            }
        }
        "neighbours2d" => {
            let cell = plane::decode(text("code")).unwrap();
            for east in -1..=1 {
                for north in -1..=1 {
                    if (east, north) != (0, 0) {
                        let found = plane::moved(&cell, east, north).map(|cell| cell.text);
                        let wanted = row["result"][format!("{east},{north}")].as_str();
                        assert_eq!(found.as_deref(), wanted, "{east},{north} {row}");
                    }
                }
            }
        }
        "refer" => {
            let cell = refer::resolve(text("result")).unwrap();
            assert_eq!(cell.text, text("target"), "{row}");
        }
        "split3d" => {
            let (flat, high) = solid::split(text("code")).unwrap();
            assert_eq!((flat.as_str(), high.as_str()), (text("code2d"), text("hcode")));
        }
        _ => return false,
    }
    true
}
