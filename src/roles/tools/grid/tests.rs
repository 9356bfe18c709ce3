//! The commands as a person types them: arguments and stdin in, stdout and exit code out.

use clap::Parser;

use super::lines::LINE_BYTES_MAX;
use super::*;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    grid: GridArgs,
}

/// Stdout and exit code; clap's own refusals count as exit code 2.
fn grid(args: &str, stdin: &str) -> (String, u8) {
    let words = std::iter::once("grid").chain(args.split_whitespace());
    let Ok(cli) = Cli::try_parse_from(words) else { return (String::new(), 2) };
    let mut out = Vec::new();
    let outcome = run(cli.grid, stdin.as_bytes(), &mut out).unwrap();
    if let Outcome::BadInput(message) = &outcome {
        assert!(out.is_empty() && !message.is_empty());
    }
    (String::from_utf8(out).unwrap(), outcome.exit_code())
}

fn line(args: &str) -> String {
    let (out, code) = grid(args, "");
    assert_eq!(code, 0, "{args}");
    out.trim_end().to_owned()
}

#[test]
fn points_become_codes() {
    assert_eq!(line("encode 114.34 22.69"), "N50F0535166000000000");
    assert_eq!(line("encode --level 5 114.34 22.69"), "N50F0535166");
    assert_eq!(line("encode 114.34 22.69 --level 5 --height 42"), "N050F0005030510660");
}

#[test]
fn negative_numbers_are_values() {
    for args in [
        "encode --level 5 -114.34 -22.69",
        "encode -114.34 -22.69 --level 5",
        "encode -114.34 --level 5 -22.69",
        "encode --level=5 -- -114.34 -22.69",
    ] {
        assert_eq!(line(args), "S11F0535166", "{args}");
    }
    assert_eq!(line("encode --level 6 -1e-7 -.5"), "S30A01000000");
    assert_eq!(line("encode --height -0.5 114.34 -22.69 --level 6"), "S150F000503051066000");
}

#[test]
fn bad_arguments_exit_with_2() {
    for args in [
        "encode",
        "encode 114.34",
        "encode 181 22",
        "encode nan 22",
        "encode east 22",
        "encode --level 11 114 22",
        "encode --level 3 114 89",
        "encode --csv 114 22",
        "encode --depth 3 114 22",
        "encode --height 1e12 114 22",
        "decode n50f",
        "decode --3d N50F0535166",
        "decode --height-sign sideways N50F",
        "neighbours N61A",
        "neighbours N000",
        "parent N50F",
        "parent --level 9 N50F",
        "children N50F0535166000000000",
        "children --level 1 N50F05",
        "cover --level 5 no-such-file.geojson",
        "cover no-such-file.geojson",
        "resolve N50J475491E-80",
        "refer --from N50J475491E N50J0700000",
        "refer N50J475491E",
        "refer --place market N50J475491E",
        "decode --level 6 N50F0535166",
        "decode --3d --height-packing linear16 N050F0005030510660",
        "neighbours --3d N50F0535166",
        "parent --3d N050F00",
        "children --3d --level 1 N050F00050",
        "cover --level 5 --height-from 3 no-such-file.geojson",
        "set union no-such-file.txt -",
        "set union - -",
        "set mix a b",
        "geosot N50F05",
        "geosot G0130",
        "geosot G9",
        "geosot 417469484765282304",
        "geosot --level 33 417469484765282304",
        "geosot 114.34 22.69",
        "geosot west",
        "from-key 18446744073709551615",
        "from-key --3d 340282366920938463463374607431768211455",
        "from-key -1",
        "level --lat 91 1",
        "level --lat 22 -1",
        "level --lat 22 nan",
    ] {
        assert_eq!(grid(args, "").1, 2, "{args}");
    }
    assert_eq!(grid("compact", "N50F\n\nwrong\n").1, 2);
}

#[test]
fn csv_answers_every_line_in_its_place() {
    let (out, code) = grid(
        "encode --csv",
        "114.34,22.69,5\r\n-114.34, -22.69 ,5\nlon,lat,level\n114.34,22.69,5,42\n\n1,2\n\
         114.34,22.69,5,\n1,2,3,4,5\n114.34,22.69,5",
    );
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[0], "N50F0535166");
    assert_eq!(lines[1], "S11F0535166");
    assert_eq!(lines[2], "error,lon \"lon\" is not allowed: a decimal number such as -114.34");
    assert_eq!(lines[3], "N050F0005030510660");
    assert_eq!(lines[4], "error,no lon: a line is lon;lat;level[;height_metres]");
    assert_eq!(lines[5], "error,no level: a line is lon;lat;level[;height_metres]");
    assert_eq!(lines[6], "N50F0535166");
    assert!(lines[7].starts_with("error,more than 4 fields"));
    assert_eq!(lines[8], "N50F0535166");
    assert_eq!((lines.len(), code), (9, 1));
    assert_eq!(grid("encode --csv", "1,2,3\n").1, 0);
    assert_eq!(grid("encode --csv", ""), (String::new(), 0));
}

#[test]
fn csv_survives_hostile_lines() {
    let mut input = vec![b'7'; 3 * LINE_BYTES_MAX];
    input.extend(b"\n\xFF\xFE,2,3\n1,2,3\n");
    let cli = Cli::try_parse_from(["grid", "encode", "--csv"]).unwrap();
    let mut out = Vec::new();
    let outcome = run(cli.grid, &input[..], &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(outcome, Outcome::Failed);
    assert!(lines[0].starts_with("error,a line of more than"));
    assert!(lines[1].starts_with("error,a line that is not UTF-8"));
    assert_eq!(lines[2], "N31A240");
}

#[test]
fn codes_become_tables_and_objects() {
    let table = line("decode N50F0535166");
    assert!(table.contains("west_deg            114.34\n"), "{table}");
    let object: Value =
        serde_json::from_str(&line("decode --3d --json N050F0005030510660")).unwrap();
    assert_eq!(object["code_2d"], "N50F0535166");
    assert_eq!(object["level"], 5);
    assert_eq!(object["lower_metres"], 0.0);
    assert!((object["upper_metres"].as_f64().unwrap() - 122.623).abs() < 0.001);
    assert_eq!(object["height_packing"], "radix15");
}

#[test]
fn relatives_are_listed() {
    assert_eq!(line("neighbours N50F0535165 --edges").lines().count(), 4);
    assert_eq!(line("neighbours N50F0535165").lines().next(), Some("N50F0535166"));
    assert!(line("neighbours --json N31A0000000").contains(r#""S31A0000000""#));
    assert_eq!(line("parent N50F0535166000"), "N50F05351660");
    assert_eq!(line("parent --level 4 N50F0535166000"), "N50F05351");
    assert_eq!(line("children N50F0535166").lines().count(), 4);
    assert_eq!(line("children --level 7 N50F0535166").lines().count(), 256);
    assert_eq!(line("refer --from N50J475491E N50J475493E"), "N50J475491E-20");
    assert_eq!(line("resolve N50J475491E-20"), "N50J475493E");
}

#[test]
fn sets_are_covered_and_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("block.geojson");
    let ring = "[[[114.33,22.68],[114.345,22.68],[114.345,22.695],[114.33,22.695],[114.33,22.68]]]";
    std::fs::write(&file, format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#)).unwrap();
    let cover = line(&format!("cover --level 5 {}", file.display()));
    assert_eq!(cover.lines().count(), 196);
    let fine = line(&format!("cover --level 6 {}", file.display()));
    let (small, code) = grid("compact", &fine);
    assert_eq!(code, 0);
    assert!(small.lines().count() < fine.lines().count() / 3);
    assert_eq!(small.trim_end(), line(&format!("cover --compact --level 6 {}", file.display())));
    let (spelled, _) = grid("uncompact --level 6", &small);
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&spelled), sorted(&fine));
    std::fs::write(&file, r#"{"type":"Circle","coordinates":[1,2]}"#).unwrap();
    let cli = Cli::try_parse_from(
        ["grid", "cover", "--level", "5"]
            .into_iter()
            .map(Into::into)
            .chain([file.clone().into_os_string()]),
    )
    .unwrap();
    let Outcome::BadInput(message) = run(cli.grid, &b""[..], Vec::new()).unwrap() else {
        panic!("a circle is no geometry");
    };
    assert!(message.contains("block.geojson") && message.contains("Polygon"), "{message}");
}

#[test]
fn lines_and_heights_are_covered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("street.geojson");
    std::fs::write(
        &file,
        r#"{"type":"LineString","coordinates":[[114.34,22.69],[114.343,22.69]]}"#,
    )
    .unwrap();
    let cover = |options: &str| line(&format!("cover {options} {}", file.display()));
    assert_eq!(cover("--level 5").lines().count(), 3);
    // The line runs along a grid line: one metre of buffer takes the cells south of it, too,
    // and the one west of its start.
    assert_eq!(cover("--level 5 --buffer 1").lines().count(), 8);
    let boxes = cover("--level 6 --height-from -1 --height-to 61.3");
    assert_eq!(boxes.lines().count(), 2 * cover("--level 6").lines().count());
    assert_eq!(line(&format!("decode --3d {}", boxes.lines().next().unwrap())).lines().count(), 19);
    let few = cover("--level 7 --buffer 70 --compact --height-from 0 --height-to 122.6");
    let many = cover("--level 7 --buffer 70 --height-from 0 --height-to 122.6");
    assert!(few.lines().count() < many.lines().count());
    let (small, _) = grid("compact --3d", &many);
    assert_eq!(small.trim_end(), few);
    let (spelled, _) = grid("uncompact --3d --level 7", &few);
    assert_eq!(spelled.lines().count(), many.lines().count());
    for refused in ["--level 5 --buffer -1", "--level 5 --height-from 2 --height-to 1"] {
        assert_eq!(grid(&format!("cover {refused} {}", file.display()), "").1, 2, "{refused}");
    }
}

#[test]
fn boxes_have_relatives() {
    let code = "N050F0005030510660";
    assert_eq!(line(&format!("neighbours --3d --edges {code}")).lines().count(), 6);
    let around = line(&format!("neighbours --3d --json {code}"));
    let around: Value = serde_json::from_str(&around).unwrap();
    assert_eq!(around.as_array().unwrap().len(), 26);
    let down = around.as_array().unwrap().iter().find(|one| one["direction"] == "down").unwrap();
    // The first layer below the ellipsoid, as each convention writes it.
    assert_eq!(down["code"], "N150F0005030510660");
    let twos = line(&format!("neighbours --3d --height-sign twos {code}"));
    assert!(twos.lines().any(|beside| beside == "N150F630573151E66E"), "{twos}");
    assert_eq!(line(&format!("parent --3d {code}")), "N050F0005030510");
    assert_eq!(line(&format!("children --3d {code}")).lines().count(), 8);
    let key = |code: &str, field: &str| {
        let object: Value = serde_json::from_str(&line(&format!("decode --json {code}"))).unwrap();
        object[field].as_str().map_or_else(|| object[field].to_string(), str::to_owned)
    };
    let tall = key(&format!("--3d {code}"), "key_3d");
    assert_eq!(line(&format!("from-key --3d {tall}")), code);
    assert_eq!(line(&format!("from-key {}", key("N50F0535166", "key"))), "N50F0535166");
    assert_eq!(
        line("decode --level 5 N50F0535166").lines().next(),
        Some("code                N50F0535166")
    );
}

#[test]
fn sets_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yard.txt");
    std::fs::write(&file, "N50F0535166\n\nN50F05351670\n").unwrap();
    let set = |operation: &str, other: &str| {
        let (out, code) = grid(&format!("set {operation} {} -", file.display()), other);
        assert_eq!(code, 0, "{operation}");
        out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        set("union", "N50F05351671\nN50F05351672\nN50F05351673"),
        ["N50F0535166", "N50F0535167"]
    );
    assert_eq!(set("intersection", "N50F053"), ["N50F0535166", "N50F05351670"]);
    assert_eq!(
        set("difference", "N50F05351662\nN50F0535167"),
        ["N50F05351660", "N50F05351661", "N50F05351663"]
    );
    assert_eq!(set("contains", "N50F0535166000"), ["true"]);
    assert_eq!(set("contains", "N50F0535167"), ["false"]);
    assert_eq!(set("intersects", "N50F0535167"), ["true"]);
    assert_eq!(set("intersects", "N50F0535168"), ["false"]);
    std::fs::write(&file, "N50F0535166\nwrong\n").unwrap();
    let cli = Cli::try_parse_from(["grid", "set", "union", file.to_str().unwrap(), "-"]).unwrap();
    let Outcome::BadInput(message) = run(cli.grid, &b""[..], Vec::new()).unwrap() else {
        panic!("a wrong line is bad input");
    };
    assert!(message.contains("yard.txt line 2") && message.contains("wrong"), "{message}");
}

#[test]
fn places_have_short_codes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("places.csv");
    std::fs::write(&file, "name,code\n市场, N50J475491E\n").unwrap();
    let places = file.display();
    assert_eq!(line(&format!("refer --place 市场 --gazetteer {places} N50J475493E")), "市场-20");
    assert_eq!(line(&format!("resolve --gazetteer {places} 市场-20")), "N50J475493E");
    assert_eq!(grid(&format!("resolve --gazetteer {places} nowhere-20"), "").1, 2);
    for wrong in ["a\n", "a,N50J475491E\na,N50J475491E\n", "a,N50\n", "a,b,c\n"] {
        std::fs::write(&file, wrong).unwrap();
        assert_eq!(grid(&format!("resolve --gazetteer {places} a-20"), "").1, 2, "{wrong}");
    }
}

#[test]
fn geosot_goes_both_ways() {
    let object = |args: &str| -> Value {
        serde_json::from_str(&line(&format!("geosot --json {args}"))).unwrap()
    };
    let there = object("N50F0535166");
    let text = there["geosot"].as_str().unwrap();
    assert_eq!(object(text)["code"], "N50F0535166");
    let number = there["geosot_number"].as_str().unwrap();
    assert_eq!(object(&format!("--level 19 {number}")), there);
    assert_eq!(object("--level 19 114.3401234 22.6903")["geosot"], there["geosot"]);
    let point = object("--level 15 116.31522216796876 39.91027777777778");
    assert_eq!(point["geosot"], "G001310322230230");
    assert_eq!(point["geosot_number"], "526548078363148288");
    let tall = object("--level 15 --height 10 116.31522216796876 39.91027777777778");
    assert_eq!(tall["geosot"], "GZ002620644460460");
    let code = tall["code"].as_str().unwrap();
    assert_eq!(object(&format!("--3d {code}"))["geosot"], tall["geosot"]);
    assert_eq!(object("GZ002620644460460"), tall);
    assert_eq!(object("--level 16 -114.34 -22.69").get("code"), None);
    assert_eq!(line("level --lat 22.7 2.5"), "7");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let cli = Cli::try_parse_from(["grid", "children", "--level", "9", "N50F0535166"]).unwrap();
    assert_eq!(run(cli.grid, &b""[..], Closed).unwrap(), Outcome::Done);
}

#[test]
fn every_command_shows_an_example() {
    use clap::CommandFactory;
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains(&format!("gridwarden grid {name}")), "{name} lacks an example");
    }
}
