//! Operators for other languages: one JSON object per line in, one per line out.

mod failure;
mod global;
mod operator;
mod rows;
mod server;

pub use server::Server;
