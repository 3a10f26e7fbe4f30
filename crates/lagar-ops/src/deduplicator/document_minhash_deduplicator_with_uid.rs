//! `document_minhash_deduplicator_with_uid`: the row with the smallest `__dj__uid` of a group stays.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DocumentMinhashDeduplicator;
use crate::{
    Caution, Context, Deduplicator, Example, Grouping, OperatorError, Parity, Signatures, register,
};

/// Removes rows whose text says nearly the same, and keeps the one with the smallest `__dj__uid`.
///
/// For adding new rows to a set that is free of duplicates: numbers of the new rows that are above
/// all of the old ones make the old ones stay, wherever they stand in the input. Everything else is
/// as in `document_minhash_deduplicator`. A row without a whole number `__dj__uid` is put aside.
///
/// Source: Data-Juicer 1.6.1, `document_minhash_deduplicator.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct DocumentMinhashDeduplicatorWithUid(DocumentMinhashDeduplicator);

impl Deduplicator for DocumentMinhashDeduplicatorWithUid {
    fn signatures(
        &self,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        self.0.signatures(batch, context)
    }

    fn hash_key(&self) -> &'static str {
        self.0.hash_key()
    }

    fn priority_key(&self) -> Option<&'static str> {
        Some("__dj__uid")
    }

    fn grouping(&self) -> Grouping {
        self.0.grouping()
    }

    fn caution(&self) -> Option<Caution> {
        self.0.caution()
    }
}

register! {
    DocumentMinhashDeduplicatorWithUid, Deduplicator,
    name: "document_minhash_deduplicator_with_uid",
    version: 1,
    cost: Text,
    reads: &["text", "__dj__uid"],
    writes: &["__dj__minhash"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{window_size: 1}",
        texts: &[
            r#"{"text": "a dog on a beach", "__dj__uid": 8}"#,
            r#"{"text": "a dog on a beach", "__dj__uid": 3}"#,
            r#"{"text": "a boat", "__dj__uid": 9}"#,
        ],
        pictures: &[],
    }],
}
