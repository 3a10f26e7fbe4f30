//! `flagged_words_filter`: keeps texts by their share of flagged words.

use std::path::Path;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::PieceModel;
use crate::text::word_list::{
    Augmentation, LazyWords, Words, bundled_flagged_words, read_word_lists, shares, words_of,
};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose share of flagged words lies between `min_ratio` and `max_ratio`.
///
/// Flagged are the words of a list, usually obscene ones. Words are lower-cased, split at space,
/// line feed and tab, and stripped of punctuation, digits and emoji; a text without words has
/// ratio 0.
///
/// Without `flagged_words_dir` the words are those of Data-Juicer's `flagged_words.json`, if it lies where
/// Data-Juicer keeps it (`~/.cache/data_juicer/assets`), and else, with a warning, the English list of
/// better-profanity. Word lists are not downloaded.
///
/// Parity: exact with the same list.
///
/// Source: Data-Juicer 1.6.1, `flagged_words_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlaggedWordsFilter {
    /// The language of the list; `all` joins all languages.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: bool,
    /// The smallest ratio that passes, in [0, 1].
    pub min_ratio: f64,
    /// The largest ratio that passes, in [0, 1].
    pub max_ratio: f64,
    /// A folder with files `*flagged_words*.json` in Data-Juicer's form, `{"en": ["word"]}`.
    pub flagged_words_dir: Option<String>,
    /// Whether groups of neighbouring words count as words, too: for Chinese and Vietnamese.
    pub use_words_aug: bool,
    /// The sizes of those groups, in words.
    pub words_aug_group_sizes: Vec<u32>,
    /// What stands between the words of a group.
    pub words_aug_join_char: String,
    /// The sentencepiece model, or the folder with `LANG.sp.model`; needed with `tokenization`.
    pub tokenizer_model: Option<String>,
    #[serde(skip)]
    words: LazyWords,
}

impl Default for FlaggedWordsFilter {
    fn default() -> Self {
        Self {
            lang: "en".to_owned(),
            tokenization: false,
            tokenizer_model: None,
            min_ratio: 0.0,
            max_ratio: 0.045,
            flagged_words_dir: None,
            use_words_aug: false,
            words_aug_group_sizes: vec![2],
            words_aug_join_char: String::new(),
            words: LazyWords::default(),
        }
    }
}

const FLAGGED_WORDS_RATIO: &str = "flagged_words_ratio";

impl FlaggedWordsFilter {
    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: "flagged_words_filter", lang, path }
    }

    fn words(&self) -> Result<&Words, OperatorError> {
        self.words.get("flagged_words_filter", "flagged_words_dir", || {
            let lists = match &self.flagged_words_dir {
                Some(folder) => read_word_lists(Path::new(folder), "flagged_words")?,
                None => bundled_flagged_words(),
            };
            words_of(&lists, &self.lang)
        })
    }
}

impl Filter for FlaggedWordsFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let words = self.words()?;
        let model = self.pieces().open_if(self.tokenization)?;
        let augmentation = self.use_words_aug.then_some(Augmentation {
            group_sizes: &self.words_aug_group_sizes,
            join: &self.words_aug_join_char,
        });
        let ratios = shares(batch, context, words, model.as_ref(), augmentation.as_ref());
        Ok(Computed::one(FLAGGED_WORDS_RATIO, ratios))
    }

    fn files(&self) -> Vec<FileWish> {
        let mut files = self.pieces().files(self.tokenization);
        if self.flagged_words_dir.is_none() {
            let bundled = "the flagged words of better-profanity";
            files.push(FileWish::word_list("flagged_words_dir", "flagged_words.json", bundled));
        }
        files
    }

    fn attach_file(&mut self, parameter: &str, path: &Path) {
        if parameter == "flagged_words_dir" {
            let folder = path.parent().unwrap_or(path);
            self.flagged_words_dir = Some(folder.to_string_lossy().into_owned());
        } else {
            self.tokenizer_model = Some(path.to_string_lossy().into_owned());
        }
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, FLAGGED_WORDS_RATIO, Some(self.min_ratio), Some(self.max_ratio))
    }
}

register! {
    FlaggedWordsFilter, Filter,
    name: "flagged_words_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["flagged_words_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
            parameters: "{}",
            texts: &["a dog on the beach", "CRAP! a dog"],
            pictures: &[],
        }],
}
