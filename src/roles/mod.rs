//! Wiring, task lifetimes, configuration; nothing clever.

pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(feature = "edge")]
pub mod edge;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "net")]
mod signals;
pub mod tools;
