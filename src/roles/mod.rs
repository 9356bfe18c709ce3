//! Wiring, task lifetimes, configuration; nothing clever.

pub mod tools;
