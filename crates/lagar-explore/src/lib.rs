//! Looking at a data set before anyone filters it: what is in it, what is wrong with it, and which
//! recipe follows from that.
//!
//! [`measure()`] streams once over the data and gives a [`Profile`], the one record that charts,
//! reports, `lagar diff` and the suggested recipe are made from. A [`problem`] is a rule over it, a file
//! each; [`suggest`] makes a recipe of what was found and says beforehand how many rows it will keep.

pub mod charts;
pub mod diff;
pub mod error;
mod gallery;
pub mod measure;
pub mod problem;
pub mod profile;
pub mod removed;
pub mod report;
mod rows;
pub mod suggest;

pub use error::ExploreError;
pub use measure::{Measured, Options, Watch, measure};
pub use profile::Profile;
pub use rows::Source;
