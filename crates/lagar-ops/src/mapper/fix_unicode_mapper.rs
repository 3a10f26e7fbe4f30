//! `fix_unicode_mapper`: repairs texts that went through the wrong encoding.

use std::borrow::Cow;

use lagar_core::Batch;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::edit_texts;
use crate::text::ftfy::{NormalForm, fix_text};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Repairs mojibake and other accidents of Unicode, as ftfy does with its defaults.
///
/// `sÃ³` becomes `só`: UTF-8 that was read as Latin-1, Windows-1250 to 1257, MacRoman or CP437 is
/// found by pairs of characters that hardly ever meet, and decoded anew. Also: entities of HTML are
/// replaced unless the line or one before it has a `<`; curly quotation marks become straight,
/// ligatures of Latin letters and full-width forms plain; line ends become line feeds; terminal
/// colours and control characters go. Last the text is brought into a normal form.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `fix_unicode_mapper.py`; ftfy 6.3.1.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FixUnicodeMapper {
    /// The normal form: `NFC` (if not set), `NFKC`, `NFD` or `NFKD`, in any case.
    pub normalization: Option<FormName>,
}

/// The name of a normal form.
#[derive(Clone, Debug)]
pub struct FormName {
    name: String,
    form: NormalForm,
}

impl Serialize for FormName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for FormName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let form = match name.to_uppercase().as_str() {
            "" | "NFC" => NormalForm::Nfc,
            "NFKC" => NormalForm::Nfkc,
            "NFD" => NormalForm::Nfd,
            "NFKD" => NormalForm::Nfkd,
            _ => {
                return Err(D::Error::custom(format_args!(
                    "normalization mode [{name}] is not supported; there are NFC, NFKC, NFD and NFKD"
                )));
            }
        };
        Ok(Self { name, form })
    }
}

impl JsonSchema for FormName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NormalForm".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl Mapper for FixUnicodeMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let form = self.normalization.as_ref().map(|name| name.form).unwrap_or_default();
        Ok(edit_texts(batch, |text, new| fix_text(text, form, new)))
    }
}

register! {
    FixUnicodeMapper, Mapper,
    name: "fix_unicode_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["âœ” No problems", "voilÃ le travail &hellip;", "ＬＯＵＤ “ﬁsh”", "a dog"],
            pictures: &[],
        },
        Example {
            parameters: "{normalization: NFKC}",
            texts: &["10³ ㎏"],
            pictures: &[],
        },
    ],
}
