//! Polices the repository: dependency order of the folders, file sizes, the folder map, unfinished marks.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each folder may import its own and the ones before it.
const ORDER: [&str; 4] = ["base", "domain", "drivers", "roles"];
/// Crates that a folder must not name: what would make it impure.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    ("base", &["gstreamer", "ort::", "opencv", "sqlx", "rumqttc", "axum", "clap", "anyhow"]),
    (
        "domain",
        &[
            "tokio",
            "gstreamer",
            "ort::",
            "opencv",
            "sqlx",
            "rumqttc",
            "axum",
            "clap",
            "anyhow",
            "std::fs",
            "std::net",
            "std::thread",
        ],
    ),
];
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Source without comments and doc text, which may name anything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Names after `crate::`, also inside `use crate::{a::.., b}`.
fn crate_imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => item.clear(),
                    c if depth == 0 && !c.is_whitespace() => {
                        item.push(c);
                        if let Some(first) =
                            item.strip_suffix("::").filter(|name| !name.contains("::"))
                        {
                            found.insert(first.to_owned());
                        }
                    }
                    _ => {}
                }
            }
        } else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn folders_import_only_themselves_and_earlier_ones() {
    let mut faults = Vec::new();
    for (rank, folder) in ORDER.iter().enumerate() {
        for file in rust_files(&root().join("src").join(folder)) {
            let code = code(&file);
            for later in &ORDER[rank + 1..] {
                if crate_imports(&code).contains(*later) {
                    faults.push(format!("{} imports {later}", file.display()));
                }
            }
            let forbidden = FORBIDDEN
                .iter()
                .filter(|(name, _)| name == folder)
                .flat_map(|(_, names)| names.iter());
            for name in forbidden {
                if code.contains(name) && !code.contains("#[tokio::test]") {
                    faults.push(format!("{} names {name}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_import_rule_sees_grouped_imports() {
    let code = "use crate::{\n    base::time::X,\n    domain::{ids::A, pixel::B},\n};\ncrate::roles::cli::run();";
    let imports = crate_imports(code);
    assert_eq!(imports, ["base", "domain", "roles"].map(str::to_owned).into());
}

#[test]
fn drivers_do_not_import_one_another() {
    let drivers = root().join("src/drivers");
    for entry in fs::read_dir(&drivers).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        let own = entry.file_name().into_string().unwrap();
        for file in rust_files(&entry.path()) {
            for rest in code(&file).split("drivers::").skip(1) {
                let named: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let shared =
                    named.is_empty() || named == own || rest.starts_with("install_crypto_provider");
                assert!(shared, "{} imports the driver {named}", file.display());
            }
        }
    }
}

#[test]
fn edge_and_hub_do_not_import_each_other() {
    for (role, other) in [("edge", "hub"), ("hub", "edge")] {
        for file in rust_files(&root().join("src/roles").join(role)) {
            let code = code(&file);
            let paths = [
                format!("roles::{other}::"),
                format!("super::{other}::"),
                format!("super::super::{other}::"),
            ];
            assert!(
                !paths.iter().any(|path| code.contains(path)),
                "{} imports {other}",
                file.display()
            );
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for file in rust_files(&root().join("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(
            lines <= LINES_MAX,
            "{} has {lines} lines; split it at {LINES_MAX}",
            file.display()
        );
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in rust_files(&root().join("src")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let test = name.ends_with("_tests.rs") || name == "tests.rs";
        assert!(test || text.starts_with("//!"), "{} has no header", file.display());
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = [
        "todo!(",
        "unimplemented!(",
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(&root().join(folder)) {
            if file.ends_with("tests/tidy.rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for mark in marks {
                assert!(!text.contains(mark), "{} contains {mark}", file.display());
            }
        }
    }
}

#[test]
fn the_folder_map_in_lib_rs_names_what_is_there() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for folder in ORDER {
        assert!(root().join("src").join(folder).is_dir());
        assert!(text.contains(&format!("{folder}`")), "lib.rs does not name {folder}");
    }
    let folders: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, ORDER.map(str::to_owned).into());
}

/// What a tool leaves in the folder it ran in must not be committed with the next `git add`.
#[test]
fn the_top_level_holds_what_it_is_meant_to() {
    const KNOWN: &str = "CHANGELOG.md Cargo.lock Cargo.toml LICENSE Makefile README.md benches calibration \
        clippy.toml console deny.toml docs fuzz models packaging pipelines rustfmt.toml src tests target";
    let known: Vec<&str> = KNOWN.split_whitespace().collect();
    for entry in fs::read_dir(root()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        assert!(name.starts_with('.') || known.contains(&&*name), "{name} does not belong there");
    }
}

#[test]
fn every_pattern_file_is_in_the_built_in_catalogue() {
    let source = fs::read_to_string(root().join("src/roles/config/pattern.rs")).unwrap();
    for entry in fs::read_dir(root().join("pipelines/patterns")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let id = name.trim_end_matches(".toml");
        assert!(source.contains(&format!("\"{id}\"")), "{name} is not built in");
    }
}
