//! Figures of a bench: the middle, the tail, and where they were taken.

use anyhow::Context;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Sorted on the way in.
pub struct Spread {
    sorted: Vec<f64>,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }

    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The value that this share of all does not exceed; zero where there is none.
    pub fn at(&self, share: f64) -> f64 {
        let rank = (self.sorted.len() as f64 * share).ceil() as usize;
        self.sorted.get(rank.max(1) - 1).copied().unwrap_or(0.0)
    }

    pub fn json(&self) -> Value {
        json!({
            "count": self.count(), "p50": round(self.at(0.5)), "p95": round(self.at(0.95)),
            "min": round(self.at(0.0)), "max": round(self.at(1.0)),
        })
    }
}

/// Three digits behind the point.
pub fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Processor, cores, and how busy others kept the machine.
pub fn machine() -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    json!({
        "cpu": model.map_or("unknown", |(_, name)| name.trim()),
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "load_average_1_min": read("/proc/loadavg").split_whitespace().next(),
    })
}

/// Prints the JSON, and writes it to the file named by `GRIDWARDEN_BENCH_JSON`, if there is one.
pub fn finish(mut report: Value) -> anyhow::Result<()> {
    report["machine"] = machine();
    println!("{report}");
    if let Some(path) = std::env::var_os("GRIDWARDEN_BENCH_JSON") {
        fs::write(&path, format!("{report:#}\n"))
            .with_context(|| format!("{}: cannot be written", Path::new(&path).display()))?;
    }
    Ok(())
}
