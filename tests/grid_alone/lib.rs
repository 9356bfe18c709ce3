//! `domain::grid` as a crate of its own: it compiles here with nothing but `core`, `alloc`,
//! `libm`, `serde` and `thiserror`, so it needs neither std nor the rest of the product.
#![no_std]

extern crate alloc;

#[path = "../../src/domain/grid/mod.rs"]
pub mod grid;
