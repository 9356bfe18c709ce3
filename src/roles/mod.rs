//! Wiring, task lifetimes, configuration; nothing clever.

pub mod cli;
pub mod config;
#[cfg(feature = "edge")]
pub mod edge;
pub mod tools;
