//! What the benches of the product share; each uses a part of it.
#![allow(dead_code, reason = "each bench uses a part")]

pub mod clips;
pub mod figures;
pub mod line;
#[path = "../../tests/support/mosquitto.rs"]
pub mod mosquitto;
pub mod process;
