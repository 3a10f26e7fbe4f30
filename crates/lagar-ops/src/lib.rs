//! The operators of lagar: one file each, pure over a [`lagar_core::Batch`], found by name.
//!
//! Adding one is a new file and a `mod` line: the struct with its parameters is the manual page and
//! the schema, [`register!`](crate::register) puts it into the registry, and everything else
//! (documentation, `lagar ops`, recipe checks, property tests) is derived from there. No operator
//! ever sees a tensor; those that need a model receive a trait object from `lagar_core::models`.

pub mod any_or_all;
pub mod archive;
pub mod batched;
pub mod bounded;
pub mod byte_size;
pub mod caption;
mod choice;
mod chosen;
pub mod common;
pub mod context;
pub mod deduplicator;
pub mod dialog;
pub mod error;
mod expression;
pub mod filter;
pub mod grouper;
pub mod interval;
pub mod latex;
pub mod manual;
pub mod mapper;
pub mod memory;
pub mod mersenne;
pub mod minhash;
pub mod missing;
pub mod model;
pub mod near;
pub mod numpy;
pub mod operator;
pub mod pair_scores;
pub mod picture;
mod picture_scores;
pub mod registry;
pub mod selector;
pub mod serve;
pub mod soup;
pub mod text;
pub mod whole_row;

pub use any_or_all::AnyOrAll;
pub use batched::{gather, scatter};
pub use common::Common;
pub use context::{Context, Tokens};
pub use error::OperatorError;
pub use missing::{Missing, missing, why_missing};
pub use model::{FileWish, Model, ModelKind, ModelWish, Models, NoModels};
pub use operator::{
    Built, Candidates, Caution, Computed, Deduplicator, Fault, Filter, Grouper, Grouping, Mapped,
    Mapper, PRIVATE, Reason, Regroup, Selection, Selector, Signatures, Stats, Verdicts,
};
pub use registry::{Cost, Example, Kind, Operator, OperatorInfo, Parity, all, find, recipe_schema};

// The macro needs these under a name that is the same in every crate.
#[doc(hidden)]
pub use inventory;
#[doc(hidden)]
pub use schemars;
