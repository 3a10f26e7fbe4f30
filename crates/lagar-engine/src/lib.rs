//! Runs a recipe over a data set: in chunks, on all cores, resumable, with a reason for every row.
//!
//! The way of a row: [`source`] cuts files into chunks, [`segment`] maps a chunk through the
//! operators, [`global`] decides what needs all rows, [`assemble`] puts finished chunks in order into
//! [`sink`]s. Everything in between is kept under content keys in the run folder ([`store`]), so that a
//! killed run goes on where it was and gives the same bytes. [`run::Run`] is all of it.

pub mod assemble;
mod bands;
pub mod captions;
pub mod convert;
pub mod costs;
pub mod decision;
pub mod delta;
pub mod error;
pub mod events;
pub mod exec;
mod export;
pub mod fields;
mod gather;
pub mod global;
pub mod ipc;
pub mod ledger;
mod lines;
pub mod models;
pub mod monitor;
pub mod output;
mod pairs;
pub mod pass;
pub mod plan;
pub mod record;
pub mod reorder;
pub mod run;
pub mod segment;
pub mod sink;
pub mod source;
pub mod store;
mod traces;
pub mod walk;
pub mod why;
mod worker;

pub use error::EngineError;
pub use plan::{Plan, RunPaths};
pub use run::{Report, Run};
