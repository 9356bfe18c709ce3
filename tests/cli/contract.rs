//! What holds for every command.

use crate::support::{line, run, with_input};

/// Every command of this build.
fn commands() -> Vec<&'static str> {
    let mut all = vec![
        "check",
        "locate",
        "footprint",
        "calibrate",
        "track",
        "replay",
        "verify-package",
        "grid encode",
        "grid decode",
        "grid neighbours",
        "grid parent",
        "grid children",
        "grid cover",
        "grid compact",
        "grid uncompact",
        "grid set",
        "grid refer",
        "grid resolve",
        "grid geosot",
        "grid from-key",
        "grid level",
    ];
    if cfg!(feature = "edge") {
        all.extend(["edge", "detect", "verify"]);
        all.extend(["footage list", "footage cut", "footage fsck"]);
        all.extend(["models list", "models check", "models promote", "models rollback"]);
    }
    if cfg!(feature = "hub") {
        all.extend(["hub", "password", "dataset export", "package", "audit"]);
        all.extend(["pki init", "pki issue broker", "pki issue hub", "pki issue edge"]);
        all.extend(["pki renew", "pki revoke", "pki acl"]);
        all.extend(["user add", "user list", "user disable", "user enable", "user passwd"]);
    }
    if cfg!(feature = "demo") {
        all.push("demo");
    }
    all
}

#[test]
fn every_help_has_an_example_that_names_the_command() {
    for command in commands() {
        let help = run(command.split(' ').chain(["--help"]));
        assert_eq!(help.code, 0, "{command}: {}", help.shown());
        let example = help.stdout.split("Example").nth(1).unwrap_or_default();
        // The daemons share one text.
        let named =
            example.contains(&format!("gridwarden {command}")) || matches!(command, "edge" | "hub");
        assert!(
            named && example.contains("gridwarden "),
            "{command}: no example in\n{}",
            help.stdout
        );
        assert!(help.stderr.is_empty(), "{command}: {}", help.stderr);
    }
}

#[test]
fn the_list_of_commands_is_complete() {
    let help = line("--help").stdout;
    let listed: Vec<&str> = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .lines()
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|&command| command != "help")
        .collect();
    let known = commands();
    for command in listed {
        let is_known = known.iter().any(|known| known.split(' ').next() == Some(command));
        assert!(is_known, "{command} is in no test of this file");
    }
}

/// Lines of docs/cli.md that a person would type.
fn documented() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(crate::support::root().join("docs/cli.md")).unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .flat_map(|line| line.split(" | "))
        .filter_map(|command| command.trim().strip_prefix("gridwarden "))
        .map(|command| command.split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn the_page_of_commands_names_each_command_with_options_that_it_has() {
    let documented = documented();
    let known = commands();
    let begins = |words: &[String], command: &str| {
        command.split(' ').zip(words).all(|(part, word)| part == word)
    };
    for words in &documented {
        let Some(command) = known.iter().find(|command| begins(words, command)) else {
            // Of a role that this build leaves out.
            let whole_build = cfg!(feature = "demo");
            assert!(!whole_build, "{words:?} is no command");
            continue;
        };
        let help = run(command.split(' ').chain(["--help"])).stdout;
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option.as_str()), "{words:?}: {option} is not in\n{help}");
        }
    }
    for command in &known {
        assert!(
            documented.iter().any(|words| begins(words, command)),
            "{command} is not in docs/cli.md"
        );
    }
}

#[test]
fn bad_usage_is_exit_code_2_and_named_on_stderr() {
    let cases = [
        ("", "Usage"),
        ("paint", "paint"),
        ("grid", "Usage"),
        ("check", "PATHS"),
        ("grid encode --level 11 114 22", "11"),
        ("grid encode 114", "LAT"),
        ("locate", "--calibration"),
        ("track --fps 0 det.txt --out t.txt", "0.1 to 240"),
        ("replay --pipeline p.toml --out o.jsonl", "--source"),
        (
            "replay --pipeline p.toml --source a.mp4 --detections d.jsonl --out o.jsonl",
            "cannot be used",
        ),
        ("replay --pipeline p.toml --detections d.jsonl --out o.jsonl --start-at noon", "noon"),
    ];
    for (args, named) in cases {
        let ended = line(args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.shown());
        assert!(ended.stderr.contains(named), "{args:?}: {named:?} is not in\n{}", ended.shown());
        assert!(ended.stdout.is_empty(), "{args:?}: {}", ended.stdout);
    }
}

#[cfg(feature = "edge")]
#[test]
fn bad_usage_of_verify_is_exit_code_2() {
    let cases = [
        ("verify --pattern crowd", "--pipeline"),
        ("verify --pattern crowd --images one.jpg", "2 values"),
        ("verify --pattern crowd --images a.jpg b.jpg --zone z", "cannot be used"),
        ("verify --pattern crowd --pipeline pipelines/demo_pets.toml --before a.mp4", "--after"),
        (
            "verify --pattern burning --pipeline pipelines/demo_pets.toml --before a.mp4 --after b.mp4",
            "--pattern \"burning\": pipelines/demo_pets.toml has crowd, loitering",
        ),
        (
            "verify --pattern crowd --zone roof --pipeline pipelines/demo_pets.toml --before a.mp4 --after b.mp4",
            "--zone \"roof\": pipelines/demo_pets.toml has plaza",
        ),
        (
            "verify --pattern crowd --pipeline pipelines/demo_pets.toml --before a.mp4 --after b.mp4 \
             --before-start 2026-02-02T00:00:00Z --after-start 2026-02-01T00:00:00Z",
            "--after-start 2026-02-01",
        ),
        ("verify --pattern juggling --images a.jpg b.jpg", "one of abandoned_vehicle, animals"),
        ("verify --pattern crowd --images a.jpg b.jpg --model no.toml", "no.toml:1"),
    ];
    for (args, named) in cases {
        let ended = line(args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.shown());
        assert!(ended.stderr.contains(named), "{args:?}: {named:?} is not in\n{}", ended.shown());
    }
}

#[cfg(feature = "edge")]
#[test]
fn bad_usage_of_models_and_tiles_is_exit_code_2() {
    let promote = "models promote new.toml --over old.toml --frozen f.json --images .";
    let cases = [
        ("detect --model m.toml --out o.json --tile 10x10 a.png".to_owned(), "64 to 4096 px"),
        ("detect --model m.toml --out o.json --tile wide a.png".to_owned(), "such as 320x192"),
        ("detect --model m.toml --out o.json --tile-overlap 0.3 a.png".to_owned(), "--tile"),
        (format!("{promote} --loss-max 2"), "0 to 1"),
        (promote.to_owned(), "old.toml:1: cannot be read"),
        ("models rollback absent.toml".to_owned(), "absent.toml:1: cannot be read"),
        ("models list absent".to_owned(), "absent: cannot be read"),
    ];
    for (args, named) in cases {
        let ended = line(&args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.shown());
        assert!(ended.stderr.contains(named), "{args:?}: {named:?} is not in\n{}", ended.shown());
    }
}

#[test]
fn files_that_are_not_there_are_bad_input_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let out = folder.path().join("out");
    let (absent, out) = (absent.to_str().unwrap(), out.to_str().unwrap());
    let cases = [
        format!("check {absent}"),
        format!("locate --calibration {absent}"),
        format!("footprint --calibration {absent}"),
        format!("grid cover --level 7 {absent}"),
        format!("calibrate --points {absent} --out {out}"),
        format!("track --fps 7 {absent} --out {out}"),
        format!("replay --pipeline {absent} --detections {absent} --out {out}"),
        format!("replay --pipeline pipelines/demo_street.toml --detections {absent} --out {out}"),
        format!(
            "replay --pipeline pipelines/demo_street.toml --patterns {absent} --detections {absent} --out {out}"
        ),
    ];
    for args in cases {
        let ended = line(&args);
        assert_eq!(ended.code, 2, "{args}: {}", ended.shown());
        let said = ended.stderr + &ended.stdout;
        assert!(said.contains(absent), "{args}: {said}");
    }
}

#[cfg(feature = "hub")]
#[test]
fn a_password_becomes_a_hash_and_is_not_shown() {
    let ended = with_input("password", "correct horse battery");
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("$argon2"), "{}", ended.stdout);
    assert!(!ended.shown().contains("horse"), "{}", ended.shown());
}

#[test]
fn results_are_on_stdout_and_logs_on_stderr() {
    let ended = with_input("locate --calibration calibration/demo_pets.toml", "384,420\n");
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 1), "{}", ended.shown());
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}
