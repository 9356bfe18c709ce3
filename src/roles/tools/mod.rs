//! Commands that do one thing and end.

#[cfg(feature = "edge")]
pub mod detect;
