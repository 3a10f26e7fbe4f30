//! Layers and kernels of neural networks; the only crate that names the tensor framework.
//!
//! Four storeys, each using only the one below:
//!
//! * [`kernels`]: plain functions over slices, chosen at run time by what the CPU can do. All the
//!   `unsafe` code of lagar is here and in the memory maps of [`weights`].
//! * [`ops`], the seam: some 25 functions over [`Tensor`], a newtype over candle's. On the CPU they
//!   call a kernel; on another device they compose candle's operations. Changing the framework, or a
//!   kernel, means changing this storey.
//! * [`layers`]: structs that hold weights and call `ops`.
//! * [`weights`]: checkpoints on disk, loaded tensor by tensor into the form a layer wants.
//!
//! Models (`lagar-models`) are written against the upper three and never see candle.
//!
//! **Numbers.** On the CPU activations are always `f32`. [`Dtype::Bf16`] means that the big matrices
//! are kept in bfloat16 and that what is multiplied with them is rounded to bfloat16, while sums,
//! norms, softmax and residuals stay in `f32`.
//!
//! **Determinism.** Every output element is summed in one fixed order, whatever the number of
//! threads, rows or neighbours in the batch: a row's result is the same bits alone and in company.
//! Between CPUs with different instruction sets the last bits differ.

mod cpu;
mod dtype;
mod error;
pub mod kernels;
pub mod layers;
pub mod ops;
mod tensor;
mod threads;
mod weight;
pub mod weights;

pub use dtype::{Device, Dtype};
pub use error::NnError;
pub use tensor::Tensor;
pub use threads::Threads;
pub use weight::Weight;
