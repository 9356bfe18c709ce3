//! Footage that others keep and give over HTTP: files on a server, and GB/T 28181 platforms by way of their
//! gateway.
//!
//! Enters: an interval of a camera. Leaves: files in a folder of the caller's. Times are those of whoever keeps
//! the footage, to about a second.
//!
//! # Failure
//! Who cannot be reached, refuses, or sends something else than footage is told as such. Everything is bounded:
//! answers, files, the time in all. Passwords and tokens stand in no message.

mod download;
pub mod files;
pub mod gb28181;
