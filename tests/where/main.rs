//! Where things are, from outside: `calibrate`, `locate` and `footprint` of the built program held
//! to cameras of the tests' own, to the numbers the project promises and to spoiled input.
//!
//! `earth` and `lens` share nothing with the product. Real data is looked for in the folder that
//! `GRIDWARDEN_SHARED` names (default `../shared`), and its tests say so where it is absent.
#![cfg(feature = "edge")]

mod accuracy;
mod chance;
mod earth;
mod footprint;
mod ground;
mod lens;
mod program;
mod shared;
mod spoiled;
mod survey;
