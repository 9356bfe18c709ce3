//! Wiring, task lifetimes, configuration; nothing clever.

#[cfg(feature = "edge")]
pub mod edge;
