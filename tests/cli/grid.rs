//! `gridwarden grid`: how codes go in and out. What they must be is in `grid_vectors.rs`.

use crate::support::{file, line, with_input, with_input_in};
use serde_json::Value;

#[test]
fn a_code_decodes_to_a_cell_around_its_point() {
    for (lon, lat) in [(114.34, 22.69), (-114.34, -22.69), (-0.5, 51.5), (151.2, -33.87)] {
        for level in 1..=10 {
            let code = line(&format!("grid encode --level {level} {lon} {lat}"));
            assert_eq!(code.code, 0, "{}", code.shown());
            let decoded = line(&format!("grid decode {} --json", code.stdout.trim()));
            let cell: Value = serde_json::from_str(&decoded.stdout).unwrap();
            let edge = |name: &str| cell[name].as_f64().unwrap();
            assert!((edge("west_deg")..=edge("east_deg")).contains(&lon), "{lon} {lat} {cell}");
            assert!((edge("south_deg")..=edge("north_deg")).contains(&lat), "{lon} {lat} {cell}");
            assert_eq!(cell["level"], level);
        }
    }
}

#[test]
fn negative_numbers_are_values() {
    let south_west = line("grid encode --level 7 -46.63 -23.55");
    assert_eq!(south_west.code, 0, "{}", south_west.shown());
    assert!(south_west.stdout.starts_with('S'), "{}", south_west.stdout);
    let below = line("grid encode --level 7 --height -2.5 114.34 22.69");
    assert_eq!(below.code, 0, "{}", below.shown());
    let decoded = line(&format!("grid decode --3d {} --json", below.stdout.trim()));
    let cell: Value = serde_json::from_str(&decoded.stdout).unwrap();
    let height = |name: &str| cell[name].as_f64().unwrap();
    assert!((height("lower_metres")..=height("upper_metres")).contains(&-2.5), "{cell}");
}

#[test]
fn csv_answers_each_line_and_says_which_were_bad() {
    let input = "114.34,22.69,7\n114.34,22.69,7,42\n-46.63,-23.55,5,-3\n\
        200,22.69,7\n114.34,22.69,12\nabc,22.69,7\n114.34,22.69\n\n1,2,3,4,5\n114.34,22.69,7\n";
    let ended = with_input("grid encode --csv", input);
    assert_eq!(ended.code, 1, "{}", ended.shown());
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 10, "{}", ended.shown());
    for good in [0, 1, 2, 9] {
        assert!(!lines[good].contains("error"), "{}", lines[good]);
    }
    assert_eq!(lines[0], lines[9]);
    assert_ne!(lines[0], lines[1], "a height gives a 3D code");
    for (bad, named) in
        [(3, "200"), (4, "12"), (5, "abc"), (6, "level"), (7, "lon"), (8, "4 fields")]
    {
        let reason = lines[bad].strip_prefix("error,").unwrap_or_else(|| panic!("{}", lines[bad]));
        assert!(reason.contains(named) && !reason.contains(','), "{reason}");
    }
    assert_eq!(with_input("grid encode --csv", "114.34,22.69,7\n").code, 0);
    let empty = with_input("grid encode --csv", "");
    assert_eq!((empty.code, empty.stdout.as_str()), (0, ""));
}

#[test]
fn relatives_lead_back() {
    let code = "N50F0535166";
    let children = line(&format!("grid children {code}")).stdout;
    assert!(children.lines().count() > 3, "{children}");
    for child in children.lines() {
        assert_eq!(line(&format!("grid parent {child}")).stdout.trim(), code, "{child}");
    }
    let compacted = with_input("grid compact", &children);
    assert_eq!(compacted.stdout.trim(), code, "{}", compacted.shown());
    let around = line(&format!("grid neighbours {code}")).stdout;
    assert_eq!(around.lines().count(), 8, "{around}");
    let first = around.lines().next().unwrap();
    let back = line(&format!("grid neighbours {first}")).stdout;
    assert!(back.lines().any(|cell| cell == code), "{first}: {back}");
}

#[test]
fn a_cover_holds_its_corners_and_names_a_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    let area = r#"{"type":"Polygon","coordinates":[[[114.34,22.69],[114.341,22.69],[114.341,22.691],[114.34,22.691],[114.34,22.69]]]}"#;
    let path = file(folder.path(), "market.geojson", area);
    let cover = line(&format!("grid cover --level 7 {path}"));
    assert_eq!(cover.code, 0, "{}", cover.shown());
    for point in ["114.34 22.69", "114.3405 22.6905", "114.34 22.691"] {
        let code = line(&format!("grid encode --level 7 {point}")).stdout;
        assert!(cover.stdout.lines().any(|cell| cell == code.trim()), "{point}: {code}");
    }
    let bad = file(folder.path(), "bad.geojson", r#"{"type":"Circle"}"#);
    let refused = line(&format!("grid cover --level 7 {bad}"));
    assert_eq!(refused.code, 2, "{}", refused.shown());
    assert!(
        refused.stderr.contains(&bad) && refused.stderr.contains("Polygon"),
        "{}",
        refused.stderr
    );
}

#[test]
fn boxes_and_buffers_are_covered_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let street = r#"{"type":"LineString","coordinates":[[114.3401,22.6901],[114.3412,22.6907]]}"#;
    let path = file(folder.path(), "street.geojson", street);
    let cover = |options: &str| {
        let ended = line(&format!("grid cover --level 7 {options} {path}"));
        assert_eq!(ended.code, 0, "{options}: {}", ended.shown());
        ended.stdout
    };
    let heights = "--height-from -2.5 --height-to 12";
    let (bare, wide, few) = (cover(""), cover("--buffer 60"), cover("--buffer 60 --compact"));
    assert!(bare.lines().count() * 3 < wide.lines().count());
    assert!(few.lines().count() < wide.lines().count());
    let wide_file = file(folder.path(), "wide.txt", &wide);
    let set = |operation: &str, codes: &str| {
        with_input(&format!("grid set {operation} {wide_file} -"), codes).stdout
    };
    assert_eq!(set("contains", &bare).trim(), "true");
    assert_eq!(set("union", &bare), few);
    assert_eq!(set("difference", &few), "");
    let boxes = cover(&format!("--buffer 60 {heights}"));
    assert_eq!(boxes.lines().count(), 3 * wide.lines().count());
    let fewest = cover(&format!("--buffer 60 --compact {heights}"));
    assert_eq!(with_input("grid compact --3d", &boxes).stdout, fewest);
    let code = boxes.lines().next().unwrap();
    let around = line(&format!("grid neighbours --3d {code}")).stdout;
    assert_eq!(around.lines().count(), 26, "{around}");
    let first = around.lines().next().unwrap();
    let back = line(&format!("grid neighbours --3d {first}")).stdout;
    assert!(back.lines().any(|beside| beside == code), "{first}: {back}");
    let bad = line(&format!("grid cover --level 7 --buffer wide {path}"));
    assert_eq!(bad.code, 2, "{}", bad.shown());
    assert!(bad.stderr.contains("wide") && bad.stderr.contains("buffer"), "{}", bad.stderr);
}

/// Commands of docs/grid.md, each with the output that the page shows.
#[test]
fn the_page_of_the_grid_shows_what_is_written() {
    let page = std::fs::read_to_string(crate::support::root().join("docs/grid.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut examples: Vec<(String, String)> = Vec::new();
    for shown in page.lines().filter_map(|line| line.strip_prefix("    ")) {
        match shown.strip_prefix("$ ") {
            Some(command) => examples.push((command.to_owned(), String::new())),
            None => {
                let (_, output) = examples.last_mut().unwrap();
                output.push_str(shown);
                output.push('\n');
            }
        }
    }
    assert!(examples.len() >= 20, "only {} examples", examples.len());
    for (command, output) in examples {
        if let Some(name) = command.strip_prefix("cat ") {
            std::fs::write(folder.path().join(name), output).unwrap();
            continue;
        }
        let mut piped = String::new();
        for part in command.split(" | ") {
            let args = part.strip_prefix("gridwarden ").unwrap_or_else(|| panic!("{part}"));
            let ended = with_input_in(folder.path(), args, &piped);
            assert_eq!(ended.code, 0, "{part}: {}", ended.shown());
            piped = ended.stdout;
        }
        assert_eq!(piped, output, "{command}");
    }
}

#[test]
fn refused_values_are_named_with_what_is_allowed() {
    for (args, named) in [
        ("grid encode --level 7 181 22.69", "181"),
        ("grid encode --level 7 114.34 95", "95"),
        ("grid encode --level 7 114.34 north", "north"),
        ("grid decode N50F05Z5166", "N50F05Z5166"),
        ("grid decode X", "X"),
        ("grid parent N", "N"),
        ("grid encode --level 7 22.69 114.34", "longitude comes first"),
        ("grid encode --level 7 114°20'24\" 22.69", "114°20'24"),
        ("grid decode --level 7 N50F0535166", "level 5"),
        ("grid decode --3d N050F0005030F10660", "0 to E"),
        ("grid neighbours --3d N050F0", "3D code"),
        ("grid geosot G001130230212102123", "levels 15"),
        ("grid from-key 18446744073709551615", "18446744073709551615"),
        ("grid encode --height 6e8 114.34 22.69", "600000000"),
    ] {
        let ended = line(args);
        assert_eq!(ended.code, 2, "{args}: {}", ended.shown());
        assert!(ended.stderr.contains(named), "{args}: {}", ended.stderr);
    }
}
