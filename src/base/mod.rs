//! Things without product words that could serve any daemon.

pub mod bounded;
pub mod challenge;
pub mod clock;
pub mod hex;
pub mod priority;
pub mod secret;
pub mod shutdown;
pub mod time;
pub mod toml_reader;
