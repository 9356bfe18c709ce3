//! The footage ring on real disks: what a stream does to it, what kills, cuts and full disks leave of it,
//! and what is cut out of it.
//!
//! `GRIDWARDEN_KILLS=300` and `GRIDWARDEN_CUTS=10000` make the long runs of the two that end in a number.
#![cfg(feature = "edge")]

mod archive;
mod blank;
mod cut;
mod disk;
mod http_server;
mod kill;
mod masks;
mod program;
#[cfg(feature = "demo")]
mod replay;
mod stream;
mod support;
mod torn;
