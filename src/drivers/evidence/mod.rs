//! Evidence files: pictures and clips named by their SHA-256, on their way to the hub and held there.

#[cfg(feature = "hub")]
pub mod bucket;
#[cfg(feature = "hub")]
pub mod files;
#[cfg(feature = "edge")]
pub mod upload;
