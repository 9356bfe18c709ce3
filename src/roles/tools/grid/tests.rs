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
    std::fs::write(&file, r#"{"type":"Point","coordinates":[1,2]}"#).unwrap();
    let cli = Cli::try_parse_from(
        ["grid", "cover", "--level", "5"]
            .into_iter()
            .map(Into::into)
            .chain([file.clone().into_os_string()]),
    )
    .unwrap();
    let Outcome::BadInput(message) = run(cli.grid, &b""[..], Vec::new()).unwrap() else {
        panic!("a point is no area");
    };
    assert!(message.contains("block.geojson") && message.contains("Point"), "{message}");
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
