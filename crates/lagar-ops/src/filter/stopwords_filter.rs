//! `stopwords_filter`: keeps texts by their share of stop words.

use std::path::Path;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::text::PieceModel;
use crate::text::word_list::{
    Augmentation, LazyWords, Words, bundled_stopwords, read_word_lists, shares, words_of,
};
use crate::{
    Computed, Context, Example, FileWish, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose share of stop words lies between `min_ratio` and `max_ratio`.
///
/// Sentences have many of them (the, a, of); lists of keywords have none, and neither has text of
/// another language. Words are lower-cased, split at space, line feed and tab, and stripped of
/// punctuation, digits and emoji; a text without words has ratio 0.
///
/// Without `stopwords_dir` the words are those of Data-Juicer's `stopwords.json`, if it lies where
/// Data-Juicer keeps it (`~/.cache/data_juicer/assets`), and else, with a warning, the lists of NLTK for 32
/// languages. Word lists are not downloaded.
///
/// Parity: exact with the same list.
///
/// Source: Data-Juicer 1.6.1, `stopwords_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StopwordsFilter {
    /// The language of the list; `all` joins all languages.
    pub lang: String,
    /// Whether to split with a sentencepiece model instead of at spaces.
    pub tokenization: bool,
    /// The smallest ratio that passes, in [0, 1].
    pub min_ratio: f64,
    /// The largest ratio that passes, in [0, 1].
    pub max_ratio: f64,
    /// A folder with files `*stopwords*.json` in Data-Juicer's form, `{"en": ["word"]}`.
    pub stopwords_dir: Option<String>,
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

impl Default for StopwordsFilter {
    fn default() -> Self {
        Self {
            lang: "en".to_owned(),
            tokenization: false,
            tokenizer_model: None,
            min_ratio: 0.3,
            max_ratio: 1.0,
            stopwords_dir: None,
            use_words_aug: false,
            words_aug_group_sizes: vec![2],
            words_aug_join_char: String::new(),
            words: LazyWords::default(),
        }
    }
}

const STOPWORDS_RATIO: &str = "stopwords_ratio";

impl StopwordsFilter {
    fn pieces(&self) -> PieceModel<'_> {
        let (lang, path) = (self.lang.as_str(), self.tokenizer_model.as_ref());
        PieceModel { operator: "stopwords_filter", lang, path }
    }

    fn words(&self) -> Result<&Words, OperatorError> {
        self.words.get("stopwords_filter", "stopwords_dir", || match &self.stopwords_dir {
            Some(folder) => words_of(&read_word_lists(Path::new(folder), "stopwords")?, &self.lang),
            None => words_of(bundled_stopwords(), &self.lang),
        })
    }
}

impl Filter for StopwordsFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let words = self.words()?;
        let model = self.pieces().open_if(self.tokenization)?;
        let augmentation = self.use_words_aug.then_some(Augmentation {
            group_sizes: &self.words_aug_group_sizes,
            join: &self.words_aug_join_char,
        });
        let ratios = shares(batch, context, words, model.as_ref(), augmentation.as_ref());
        Ok(Computed::one(STOPWORDS_RATIO, ratios))
    }

    fn files(&self) -> Vec<FileWish> {
        let mut files = self.pieces().files(self.tokenization);
        if self.stopwords_dir.is_none() {
            let bundled = "the stop words of NLTK";
            files.push(FileWish::word_list("stopwords_dir", "stopwords.json", bundled));
        }
        files
    }

    fn attach_file(&mut self, parameter: &str, path: &Path) {
        if parameter == "stopwords_dir" {
            let folder = path.parent().unwrap_or(path);
            self.stopwords_dir = Some(folder.to_string_lossy().into_owned());
        } else {
            self.tokenizer_model = Some(path.to_string_lossy().into_owned());
        }
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        interval.judge(stats, STOPWORDS_RATIO, Some(self.min_ratio), Some(self.max_ratio))
    }
}

register! {
    StopwordsFilter, Filter,
    name: "stopwords_filter",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["stopwords_ratio"],
    thresholds: &["min_ratio", "max_ratio"],
    parity: Parity::Exact,
    examples: &[Example {
            parameters: "{}",
            texts: &["a dog on the beach", "dog beach sand shop buy cheap", "Hund am Strand"],
            pictures: &[],
        }],
}
