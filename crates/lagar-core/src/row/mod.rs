//! Rows between JSON and columns: read once, written back without touching what nobody changed.

mod edit;
mod encode;
mod field;
mod from_json;
mod to_json;

pub use edit::{FieldEdits, write_fields};
pub use encode::{is_json, json_field, record_batch_lines};
pub use field::{FieldReader, column_of, rows_with, value_of, whole_rows};
pub use from_json::{FaultKind, RowFault, batch_from_json_lines, rows_of_lines};
pub use to_json::{RowWriter, json_lines, write_stats, write_string};

/// The names of the fields that lagar looks at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RowKeys {
    /// The text field; dots go into nested objects (`text.output`).
    pub text: String,
    /// The field with the list of picture paths.
    pub images: String,
    /// The field with the list of encoded pictures.
    pub image_bytes: String,
}

impl Default for RowKeys {
    fn default() -> Self {
        Self {
            text: "text".to_owned(),
            images: "images".to_owned(),
            image_bytes: "image_bytes".to_owned(),
        }
    }
}

/// The field whose value names a row in messages and in the ledger.
pub const ID_KEY: &str = "id";
/// The field that Data-Juicer keeps statistics in.
pub const STATS_KEY: &str = "__dj__stats__";
/// The field that Data-Juicer keeps tags and other findings in.
pub const META_KEY: &str = "__dj__meta__";
/// The field that Data-Juicer keeps the ending of a row's file in.
pub const SUFFIX_KEY: &str = "__dj__suffix__";
