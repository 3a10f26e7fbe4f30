//! Recipes: the text of a Data-Juicer YAML file, read into a typed [`Recipe`] with exact places.
//!
//! A recipe is written by hand and read by a program that may then run for hours, so everything
//! that can be wrong with it is found first, all at once, and pointed at in the file. The text
//! becomes a tree of [`Node`]s that remember where they stand; settings and the parameters of
//! operators are then read from that tree by serde, so that a type mismatch deep inside still
//! knows its line. The crate knows no operator by name: `lagar-ops` reads [`OpCall`]s.

pub mod de;
pub mod error;
pub mod keys;
pub mod node;
pub mod overrides;
pub mod recipe;
pub mod schema;
pub mod suggest;

mod dataset;
mod process;
mod read;
mod resolved;
mod scalar;
mod yaml;

pub use dataset::{DataSource, Dataset};
pub use de::one_or_many;
pub use error::{NodeError, NodeErrorKind};
pub use node::{Key, Location, Node, Value};
pub use overrides::Override;
pub use process::OpCall;
pub use recipe::{ExportImagePaths, FusionStrategy, OnError, Recipe, TruncatedImages};
pub use schema::{OperatorSchema, recipe_schema};
pub use suggest::suggest;
