//! Looking at a data set before anyone filters it: what is in it, what is wrong with it, and which
//! recipe follows from that.
//!
//! `measure` streams once over the data and gives a [`Profile`], the one record
//! that charts, reports, `lagar diff` and the suggested recipe are made from. A `problem` is a rule
//! over a profile, a file each; `suggest` turns problems into a recipe and says beforehand how many
//! rows each step will keep.

pub mod charts;
pub mod error;
mod gallery;
pub mod profile;
pub mod report;
mod rows;
pub mod words;

pub use error::ExploreError;
pub use profile::Profile;
pub use rows::Source;
