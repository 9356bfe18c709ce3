//! Evidence files: uploaded by the edge, named by their SHA-256.

#[cfg(feature = "hub")]
pub mod files;
#[cfg(feature = "edge")]
pub mod upload;
