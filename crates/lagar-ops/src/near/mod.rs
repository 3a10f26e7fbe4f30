//! Groups of rows that are near each other without being equal.

mod hamming;
mod union;

pub use hamming::join_near;
pub use union::Union;
