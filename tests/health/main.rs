//! Camera health on pixels: rendered streets with and without a fault of the camera, real footage, and
//! faults painted onto a quiet street.
#![cfg(feature = "edge")]

#[path = "../support/canvas.rs"]
mod canvas;
mod cases;
mod clips;
mod painted;
mod support;
