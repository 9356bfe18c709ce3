//! The edge daemon: cameras in, case facts and evidence out.

pub mod publish;
pub mod uploads;
