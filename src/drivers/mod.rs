//! Each driver wraps exactly one outside thing. Drivers never import one another.

#[cfg(feature = "edge")]
pub mod camera;
#[cfg(feature = "edge")]
pub mod detector;
pub mod evidence;
pub mod mqtt;
pub mod store;
#[cfg(feature = "edge")]
pub mod vision;
