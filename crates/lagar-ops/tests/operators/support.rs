//! Batches, operators and small pictures for the other modules.

use std::sync::Arc;

use arrow::buffer::Buffer;
use lagar_core::diagnostic::SourceText;
use lagar_core::row::{batch_from_json_lines, rows_of_lines};
use lagar_core::{Batch, RowKeys};
use lagar_ops::picture::Pictures;
use lagar_ops::text::CutTexts;
use lagar_ops::{Built, Context, OperatorInfo, Tokens};
use lagar_recipe::Node;

/// Rows of JSON, one object per line.
pub(crate) fn batch_of_lines(lines: &str) -> Batch {
    let bytes = Buffer::from(lines.as_bytes());
    let ranges = rows_of_lines(&bytes);
    let (batch, faults) = batch_from_json_lines(&bytes, &ranges, 0, &RowKeys::default()).unwrap();
    assert_eq!(faults, []);
    batch
}

/// One row per text.
pub(crate) fn batch_of_texts<T: AsRef<str>>(texts: &[T]) -> Batch {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| serde_json::json!({ "text": text.as_ref() }).to_string() + "\n")
        .collect();
    batch_of_lines(&lines.concat())
}

/// An operator with parameters in YAML; one that asks a model is given a double.
pub(crate) fn build(info: &OperatorInfo, parameters: &str) -> Built {
    let source = Arc::new(SourceText { name: "test".into(), text: parameters.into() });
    let (mut built, _) = (info.build)(&Node::parse(&source).unwrap()).unwrap();
    crate::models::attach_double(&mut built);
    built
}

/// What a run lends: default keys and tokens, seed 42, pictures relative to `folder`.
pub(crate) struct World {
    keys: RowKeys,
    tokens: Tokens,
    pub(crate) pictures: Pictures,
    pub(crate) cuts: CutTexts,
}

impl World {
    pub(crate) fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self {
            keys: RowKeys::default(),
            tokens: Tokens::default(),
            pictures: Pictures::new(folder),
            cuts: CutTexts::default(),
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            keys: &self.keys,
            tokens: &self.tokens,
            seed: 42,
            pictures: &self.pictures,
            cuts: &self.cuts,
            suffix: ".jsonl",
        }
    }
}

/// A JPEG of that size with the given segments behind its start, and a scan that no one decodes.
pub(crate) fn jpeg(width: u16, height: u16, segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    for (marker, content) in segments {
        bytes.extend([0xff, *marker]);
        bytes.extend((content.len() as u16 + 2).to_be_bytes());
        bytes.extend(*content);
    }
    bytes.extend([0xff, 0xc0, 0, 11, 8]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0]);
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xff, 0xd9]);
    bytes
}

/// An EXIF segment whose only tag is the orientation.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    block.extend(orientation.to_be_bytes());
    block.extend([0; 6]);
    block
}
