//! The operators from outside: against Data-Juicer's results, as properties, and through the server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly, and its pictures are small"
)]

#[path = "operators/global.rs"]
mod global;
#[path = "operators/golden.rs"]
mod golden;
#[path = "operators/manual.rs"]
mod manual;
#[path = "operators/model_files.rs"]
mod model_files;
#[path = "operators/models.rs"]
mod models;
#[path = "operators/picture_operators.rs"]
mod picture_operators;
#[path = "operators/pictures.rs"]
mod pictures;
#[path = "operators/properties.rs"]
mod properties;
#[path = "operators/serve.rs"]
mod serve;
#[path = "operators/support.rs"]
mod support;
