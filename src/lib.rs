//! gridwarden (格巡): city cameras to verified cases.
//!
//! ```text
//! camera -> Frame -> Detector -> [Detection] -> Tracker -> [Track] -> Rule -> Observation
//!   -> case book -> Case opened --(one transaction: case + outbox row)--> publish loop
//!   -> hub commit -> hub ack (row deleted) -> hub register -> review -> filed -> dispatched -> disposed
//!   -> verify request -> footage -> Verdict -> closed | rework | to a person
//! ```
//!
//! | folder | what lives there | may import |
//! |---|---|---|
//! | [`base`] | no product words: clocks, bounded queues, secrets, shutdown | - |
//! | [`domain`] | the product, pure: no runtime, files, sockets, threads, and never "now" | base |
//! | `drivers` | each wraps exactly one outside thing | base, domain |
//! | [`roles`] | wiring, task lifetimes, configuration; nothing clever | everything |
//!
//! # Glossary
//! - **detection**: one box of one class in one frame. **track**: detections of one thing over time, in one camera.
//! - **observation**: "rule R held on subject S from t0 to t1". **case** (案卷): one real thing, opened once.
//! - **merged** (并案): one thing with another case, its **master**, which goes on for both.
//! - **fact**: an append-only statement about a case by one writer; `(case_id, writer, revision)` is its key.
//! - **precheck** (核查): is it there, before filing. **postcheck** (核实): is it gone, before closing.
//! - **clock** (时限): how long a stage of a case has taken and may take; **overdue** is a flag, never a state.
//! - **root of the day**: one hash over the histories of all cases, made at midnight.
//! - **dwell**: how long a condition has held, in media time. **footprint**: ground cells that a camera sees.

// Named by `domain::grid`, which also compiles without std.
extern crate alloc;

/// Of every program that links this.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod base;
pub mod domain;
pub mod drivers;
pub mod roles;
