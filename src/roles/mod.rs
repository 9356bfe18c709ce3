//! Wiring, task lifetimes, configuration; nothing clever.

#[cfg(feature = "hub")]
pub mod hub;
