//! Runs the built program and reads what it says.

#[path = "../support/ended.rs"]
mod ended;

pub use ended::Ended;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

impl Ended {
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.shown());
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.shown()))
    }
}

pub fn gridwarden(args: &[&str], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("RUST_LOG", "warn")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that refuses early closes its end; that is for the exit code to tell.
    let writer = thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

/// A folder with a survey in it, and where its calibration goes.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn calibration(&self) -> PathBuf {
        self.path("site_cam.toml")
    }

    pub fn calibrate(&self, csv: &str, options: &[&str]) -> Ended {
        let (points, out) = (self.file("survey.csv", csv), self.calibration());
        let mut args = vec!["calibrate", "--points", &points, "--out", out.to_str().unwrap()];
        args.extend(options);
        gridwarden(&args, "")
    }

    /// `calibrate` that must succeed; its report.
    pub fn calibrated(&self, csv: &str, options: &[&str]) -> serde_json::Value {
        let report = self.calibrate(csv, &[options, &["--json"]].concat()).json();
        assert!(self.calibration().exists());
        report
    }

    pub fn locate(&self, pixels: &[[f64; 2]], options: &[&str]) -> Vec<Located> {
        locate(&self.calibration(), pixels, options)
    }
}

/// A line of `locate --json`.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Located {
    pub refused: Option<String>,
    #[serde(default)]
    pub lon_deg: f64,
    #[serde(default)]
    pub lat_deg: f64,
    #[serde(default)]
    pub height_metres: f64,
    #[serde(default)]
    pub error_metres: f64,
    pub ellipse_95: Option<Ellipse>,
    #[serde(default)]
    pub plane: String,
}

#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct Ellipse {
    pub semi_major_metres: f64,
    pub semi_minor_metres: f64,
    /// Of the long axis, clockwise from north.
    pub bearing_deg: f64,
}

impl Ellipse {
    pub fn holds(&self, east: f64, north: f64) -> bool {
        let (sin, cos) = self.bearing_deg.to_radians().sin_cos();
        let (along, across) = (east * sin + north * cos, east * cos - north * sin);
        (along / self.semi_major_metres).hypot(across / self.semi_minor_metres) <= 1.0
    }
}

pub fn locate(calibration: &Path, pixels: &[[f64; 2]], options: &[&str]) -> Vec<Located> {
    let mut args = vec!["locate", "--json", "--calibration", calibration.to_str().unwrap()];
    args.extend(options);
    let input: String = pixels.iter().map(|[u, v]| format!("{u},{v}\n")).collect();
    let ended = gridwarden(&args, &input);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let lines: Vec<Located> = ended.stdout.lines().map(read).collect();
    assert_eq!(lines.len(), pixels.len(), "one answer a pixel");
    lines
}
