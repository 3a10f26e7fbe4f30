//! Deduplicators: find rows that say the same.

mod document_deduplicator;
mod image_deduplicator;

pub use document_deduplicator::DocumentDeduplicator;
pub use image_deduplicator::ImageDeduplicator;
