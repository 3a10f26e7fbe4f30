//! The ground that every lagar crate stands on: rows, digests, events, files and the traits of models.
//!
//! Data flows one way through lagar (files → rows → operators → rows → model → answers → verdict) and
//! this crate holds what flows: the [`Batch`], the [`event`]s it leaves behind, the
//! [`diagnostic`]s it raises, and the [`models`] an operator may ask without ever seeing a tensor.

pub mod batch;
pub mod diagnostic;
pub mod digest;
pub mod error;
pub mod event;
pub mod fsio;
pub mod models;
pub mod random;
pub mod row;
pub mod stat;

pub use batch::{Batch, Origin, StatColumn};
pub use digest::Digest;
pub use error::CoreError;
pub use row::RowKeys;
