//! Deduplicators: find rows that say the same.

mod document_deduplicator;

pub use document_deduplicator::DocumentDeduplicator;
