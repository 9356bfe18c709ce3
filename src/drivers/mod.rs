//! Each driver wraps exactly one outside thing. Drivers never import one another.

#[cfg(feature = "edge")]
pub mod camera;
#[cfg(feature = "edge")]
pub mod detector;
pub mod evidence;
#[cfg(feature = "edge")]
pub mod footage;
pub mod mqtt;
pub mod package;
pub mod signature;
pub mod store;
#[cfg(feature = "edge")]
pub mod vision;
