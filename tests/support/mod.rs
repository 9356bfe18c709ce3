//! Shared by the integration tests.

pub mod facts;
pub mod mosquitto;
