//! Kernels for the CPU: plain functions over slices that know nothing of tensors or models.
//!
//! Each exists once in portable Rust, compiled anew for AVX2 and AVX-512 where the compiler can
//! vectorise it by itself, and by hand with intrinsics where it cannot (the inner loop of the matrix
//! product). [`Level`] says which of them this machine may run; [`level`] is what is run.
//!
//! The sum behind every output element has one order, which depends neither on the number of threads
//! nor on the number of rows. Between levels the order is the same, but fused multiply-add and the
//! bfloat16 unit (which flushes denormals) round differently.
#![expect(
    clippy::inline_always,
    reason = "generic bodies must be compiled inside the functions that enable CPU features"
)]

pub mod activation;
pub mod attention;
pub mod cache;
pub mod depthwise;
mod finish;
mod level;
pub mod low_rank;
pub mod math;
mod memory;
mod operand;
pub mod packed;
pub mod product;
pub mod quantise;
pub mod resample;
pub mod rows;
mod tile;
mod tile_int8;

pub use activation::Activation;
pub use level::{Level, level, set_level};
