//! The daemons as an operator runs them: real processes, real broker, real footage, on the
//! configuration files that are shipped.
//!
//! The release check of the outbox (500 cases while the broker is away for 60 s, the edge killed twice):
//! `GRIDWARDEN_KILL_CASES=500 GRIDWARDEN_KILL_DOWN_SECS=60 cargo test --test daemons five_hundred -- --nocapture`
#![cfg(all(feature = "edge", feature = "hub", feature = "demo"))]

mod arrived;
mod asked;
mod bad_input;
mod dry_run;
mod full_disk;
mod kill;
mod learned;
mod person;
mod playback;
mod signals;
mod stills;
mod two_nodes;
mod whole_loop;

#[path = "../support/daemons.rs"]
mod daemons;
#[path = "../support/facts.rs"]
mod facts;
#[path = "../support/mosquitto.rs"]
mod mosquitto;
#[path = "../support/platform.rs"]
mod platform;
