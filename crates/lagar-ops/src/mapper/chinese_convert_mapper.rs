//! `chinese_convert_mapper`: converts Chinese between its forms.

use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::text::opencc::Converter;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Converts Chinese text between simplified, traditional and Japanese characters.
///
/// The same caption in both forms has no word in common with itself. Phrases are converted before
/// characters, so that 头发 and 发展 get different characters for 发.
///
/// Parity: exact, with the dictionaries of OpenCC 1.4.2; other versions convert some phrases in
/// another way. Behind a null character, where OpenCC takes a text for ended, lagar goes on.
///
/// Source: Data-Juicer 1.6.1, `chinese_convert_mapper.py`; OpenCC 1.4.2.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChineseConvertMapper {
    /// From which form into which: `s` is simplified, `t` traditional, `tw` Taiwan's standard, `hk`
    /// Hong Kong's, `jp` Japanese; a `p` at the end also converts the phrases of Taiwan.
    pub mode: Mode,
    #[serde(skip)]
    converter: OnceLock<Option<Converter>>,
}

/// The conversions of OpenCC that Data-Juicer lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Mode {
    #[default]
    S2t,
    T2s,
    S2tw,
    Tw2s,
    S2hk,
    Hk2s,
    S2twp,
    Tw2sp,
    T2tw,
    Tw2t,
    Hk2t,
    T2hk,
    T2jp,
    Jp2t,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::S2t => "s2t",
            Self::T2s => "t2s",
            Self::S2tw => "s2tw",
            Self::Tw2s => "tw2s",
            Self::S2hk => "s2hk",
            Self::Hk2s => "hk2s",
            Self::S2twp => "s2twp",
            Self::Tw2sp => "tw2sp",
            Self::T2tw => "t2tw",
            Self::Tw2t => "tw2t",
            Self::Hk2t => "hk2t",
            Self::T2hk => "t2hk",
            Self::T2jp => "t2jp",
            Self::Jp2t => "jp2t",
        }
    }
}

impl Mapper for ChineseConvertMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let converter = self.converter.get_or_init(|| Converter::new(self.mode.name()));
        Ok(edit_texts(batch, |text, new| {
            let converted =
                converter.as_ref().is_some_and(|converter| converter.convert(text, new));
            converted && new != text
        }))
    }
}

register! {
    ChineseConvertMapper, Mapper,
    name: "chinese_convert_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &["一只头发很长的狗在发展", "a dog on a beach"],
            pictures: &[],
        },
        Example {
            parameters: "{mode: tw2sp}",
            texts: &["這個滑鼠和程式"],
            pictures: &[],
        },
    ],
}
