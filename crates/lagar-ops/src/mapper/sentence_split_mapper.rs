//! `sentence_split_mapper`: puts each sentence on a line of its own.

use std::path::Path;
use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::punkt::Punkt;
use crate::text::try_edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Puts each sentence of the text on a line of its own.
///
/// Sentences are found by NLTK's Punkt, which knows abbreviations, initials and numbers from a model
/// trained on the language. Data-Juicer downloads the model; lagar reads it from `model_dir`, where
/// the files of `punkt_tab` lie (`abbrev_types.txt`, `collocations.tab`, `ortho_context.tab`,
/// `sent_starters.txt`). Without a model no abbreviation is known: every `.`, `!` or `?` that white
/// space follows ends a sentence, unless a single capital letter or a number stands before it. So
/// `5 percent of U.S. pork.` is two sentences then, and one with the English model.
///
/// Parity: the rules are NLTK's, the model has to be given. Data-Juicer never runs without one.
///
/// Source: Data-Juicer 1.6.1, `sentence_split_mapper.py`; NLTK 3.10.4; Kiss and Strunk 2006.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SentenceSplitMapper {
    /// The language: `en`, `fr`, `pt` or `es`.
    pub lang: String,
    /// The folder of the model, or the one above it that has a folder per language (`english`);
    /// lagar's own parameter.
    pub model_dir: Option<String>,
    #[serde(skip)]
    model: OnceLock<Result<Punkt, String>>,
}

impl Default for SentenceSplitMapper {
    fn default() -> Self {
        Self { lang: "en".to_owned(), model_dir: None, model: OnceLock::new() }
    }
}

const LANGUAGES: [(&str, &str); 4] =
    [("en", "english"), ("fr", "french"), ("pt", "portuguese"), ("es", "spanish")];

impl SentenceSplitMapper {
    fn read(&self, language: &str) -> Result<Punkt, String> {
        let Some(folder) = &self.model_dir else { return Ok(Punkt::default()) };
        let folder = Path::new(folder);
        let of_language = folder.join(language);
        Punkt::read(if of_language.is_dir() { &of_language } else { folder })
    }
}

impl Mapper for SentenceSplitMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let wrong = |parameter: &str, message: String| {
            let (operator, parameter) = ("sentence_split_mapper".to_owned(), parameter.to_owned());
            OperatorError::Parameter { operator, parameter, message }
        };
        let known = LANGUAGES.iter().find(|(code, _)| *code == self.lang);
        let Some((_, language)) = known else {
            let message = format!("lang must be one of en, fr, pt and es, not `{}`", self.lang);
            return Err(wrong("lang", message));
        };
        let model = self.model.get_or_init(|| self.read(language)).as_ref();
        let model = model.map_err(|message| wrong("model_dir", message.clone()))?;
        Ok(try_edit_texts(batch, |text, new| {
            for sentence in model.sentences(text)? {
                if !new.is_empty() {
                    new.push('\n');
                }
                new.push_str(&text[sentence]);
            }
            Ok(new != text)
        }))
    }
}

register! {
    SentenceSplitMapper, Mapper,
    name: "sentence_split_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Differs("abbreviations (`U.S.`) end sentences unless `model_dir` names NLTK's model"),
    examples: &[Example {
        parameters: "{}",
        texts: &[
            "A dog. (It sleeps.) Why? It is 3.5 years old.",
            "J. S. Bach wrote it. No. 5 is short.",
        ],
        pictures: &[],
    }],
}
