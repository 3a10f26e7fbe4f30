//! Deduplicators: find rows that say the same.

mod document_deduplicator;
mod document_line_deduplicator;
mod document_minhash_deduplicator;
mod document_minhash_deduplicator_with_uid;
mod document_simhash_deduplicator;
mod image_deduplicator;

pub use document_deduplicator::DocumentDeduplicator;
pub use image_deduplicator::ImageDeduplicator;

pub use document_line_deduplicator::DocumentLineDeduplicator;
pub use document_minhash_deduplicator::DocumentMinhashDeduplicator;
pub use document_minhash_deduplicator_with_uid::DocumentMinhashDeduplicatorWithUid;
pub use document_simhash_deduplicator::DocumentSimhashDeduplicator;
