//! Each driver wraps exactly one outside thing. Drivers never import one another.

#[cfg(feature = "edge")]
pub mod archive;
#[cfg(feature = "edge")]
pub mod camera;
#[cfg(feature = "edge")]
pub mod detector;
#[cfg(feature = "net")]
pub mod evidence;
#[cfg(feature = "edge")]
pub mod footage;
#[cfg(feature = "net")]
pub mod mqtt;
#[cfg(feature = "hub")]
pub mod oidc;
pub mod package;
#[cfg(feature = "hub")]
pub mod pki;
pub mod signature;
#[cfg(feature = "net")]
pub mod store;
#[cfg(feature = "hub")]
pub mod view_library;
#[cfg(feature = "edge")]
pub mod vision;
#[cfg(feature = "hub")]
pub mod webhook;
