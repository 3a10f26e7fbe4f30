//! `latex_merge_tex_mapper`: reads the LaTeX files of an archive into the text.

use std::path::Path;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::archive::{Limits, tex_files};
use crate::whole_row::{Scope, edit_fields};
use crate::{Context, Mapped, Mapper, OperatorError, register};

/// Joins all `.tex` files of the archive that a row names to its text.
///
/// Archives are `.tar`, `.tar.gz`, `.tgz` and `.zip`; their files come in the order in which the
/// archive has them. Files above `max_file_size` are left out, and what would exceed
/// `max_total_size` ends the reading.
///
/// Parity: exact, but for archives that cannot be read: Data-Juicer gives their rows an empty text,
/// lagar puts them aside.
///
/// Source: Data-Juicer 1.6.1, `latex_merge_tex_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LatexMergeTexMapper {
    /// The field with the path of the archive.
    pub compressed_file_key: String,
    /// What stands between the files.
    pub separator: String,
    /// The largest size of a file, in bytes; 0 or null for no limit.
    pub max_file_size: Option<u64>,
    /// The largest size of all files together, in bytes; 0 or null for no limit.
    pub max_total_size: Option<u64>,
}

impl Default for LatexMergeTexMapper {
    fn default() -> Self {
        Self {
            compressed_file_key: "compressed_file".to_owned(),
            separator: "\n\n".to_owned(),
            max_file_size: Some(50 * 1024 * 1024),
            max_total_size: Some(100 * 1024 * 1024),
        }
    }
}

impl Mapper for LatexMergeTexMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let limits = Limits {
            file: self.max_file_size.unwrap_or(0),
            total: self.max_total_size.unwrap_or(0),
        };
        let text_key = context.keys.text.clone();
        let scope = Scope { reads: &[&self.compressed_file_key], writes: &[&text_key] };
        edit_fields(batch, context, scope, |row| {
            let Some(path) = row.get(&self.compressed_file_key).and_then(Value::as_str) else {
                let field = &self.compressed_file_key;
                return Err(format!("field `{field}` with the path of the archive is not there"));
            };
            let files = tex_files(Path::new(path), limits)
                .map_err(|message| format!("archive `{path}`: {message}"))?;
            row.insert(text_key.clone(), files.join(&self.separator).into());
            Ok(())
        })
    }
}

register! {
    LatexMergeTexMapper, Mapper,
    name: "latex_merge_tex_mapper",
    version: 1,
    cost: Text,
    reads: &["compressed_file"],
    writes: &["text"],
    thresholds: &[],
    parity: crate::Parity::Differs("an archive that cannot be read puts its row aside"),
    examples: &[],
}
