//! The program as people and scripts meet it: arguments, files, stdout, stderr, exit codes.
//!
//! Every command of `docs/cli.md` runs here or in the test of the role that it starts.

#[cfg(feature = "edge")]
mod bad_models;
mod check;
mod contract;
#[cfg(feature = "hub")]
mod dataset;
mod grid;
#[cfg(feature = "edge")]
mod models;
#[cfg(feature = "hub")]
mod package;
#[cfg(feature = "edge")]
mod pairs;
mod replay;
mod survey;
mod support;
mod verify_package;
#[cfg(feature = "edge")]
mod with_model;
