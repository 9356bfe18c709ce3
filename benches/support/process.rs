//! CPU time and memory of a process, as `/proc` has them.

use anyhow::Context;
use std::{fs, time::Duration};

/// What the kernel counts process times in, on every Linux that people install.
const TICKS_PER_SEC: u32 = 100;

/// User and system time of all threads, ended ones too; child processes are not in it. `pid` may be
/// `self`.
pub fn cpu_time(pid: &str) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name in parentheses may hold anything; fields count from behind it, the third one first.
    let (_, fields) = stat.rsplit_once(')').context("stat has no name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| -> anyhow::Result<u32> {
        Ok(fields.get(index).with_context(|| format!("{path} is short"))?.parse()?)
    };
    Ok(Duration::from_secs((ticks(11)? + ticks(12)?).into()) / TICKS_PER_SEC)
}

/// A line of `/proc/<pid>/status` in bytes, such as `VmRSS` (now) or `VmHWM` (the most so far).
pub fn memory_bytes(pid: &str, name: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next())
        .with_context(|| format!("{path} has no {name}"))?;
    Ok(kib.parse::<u64>()? * 1024)
}
