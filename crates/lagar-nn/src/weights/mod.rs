//! Checkpoints on disk: found, mapped into memory, and loaded tensor by tensor.
//!
//! [`Source`] knows which tensors a folder (or file) has and where their bytes are. [`load`] builds a
//! model from it in two passes over the same code: the first only writes down which tensors the
//! model asks for, so that everything that is missing, surplus or of another shape is said at once;
//! the second reads each straight into the form its layer computes with. The pages of a tensor that
//! has been read are given back, so that a model is never in memory twice.
//!
//! An [`Adapter`] may lie over the checkpoint ([`LoadOptions::overlay`]): layers find their share in
//! it by the names of their tensors, and a share that no layer takes up is an error.

mod adapter;
mod digest;
mod file;
mod reading;
mod rewrite;
mod rounding;
mod safetensors;
mod scope;
mod source;
mod torch;
mod writer;

pub use adapter::{Adapter, AdapterMode, Factors, LowRank, Overlay};
pub use digest::digest;
pub use rewrite::{Change, rewrite};
pub use rounding::{Form, Rounding};
pub(crate) use scope::Share;
pub use scope::{LoadOptions, Scope, load};
pub use source::Source;
pub use writer::{Planned, SafetensorsWriter};
