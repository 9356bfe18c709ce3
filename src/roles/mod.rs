//! Wiring, task lifetimes, configuration; nothing clever.

pub mod cli;
pub mod config;
pub mod tools;
