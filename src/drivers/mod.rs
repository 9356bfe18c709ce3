//! Each driver wraps exactly one outside thing. Drivers never import one another.

pub mod evidence;
pub mod mqtt;
pub mod store;
