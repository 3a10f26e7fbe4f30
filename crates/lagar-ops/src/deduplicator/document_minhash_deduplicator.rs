//! `document_minhash_deduplicator`: keeps the first of rows whose texts share most word sequences.

use std::sync::OnceLock;

use arrow::array::{BinaryBuilder, ListBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::minhash::{Permutations, band_bytes, best_bands};
use crate::text::{OptionalPattern, SentencePieces, ShortText, of_characters, of_pieces, prepared};
use crate::{
    Caution, Context, Deduplicator, Example, Grouping, OperatorError, Parity, Signatures, register,
};

/// What the shingles of `document_minhash_deduplicator` are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum MinhashTokens {
    /// Words between spaces.
    #[default]
    Space,
    /// Pieces between punctuation marks.
    Punctuation,
    /// Characters.
    Character,
    /// Pieces of a sentencepiece model.
    Sentencepiece,
}

/// Removes rows whose text says nearly the same as that of a row before them.
///
/// Captions of one shop differ in a colour or a size, and exact comparison keeps them all. A text is
/// taken as the set of its sequences of `window_size` words; two texts are compared by the share of
/// sequences they have in common (Jaccard), which a signature of `num_permutations` numbers
/// estimates. Signatures are cut into bands, and rows that agree in a whole band are one group, as
/// are those connected through others: the true share is not computed, so that pairs near
/// `jaccard_threshold` fall on either side by chance, the same way each time. The first row of a
/// group stays.
///
/// A text of fewer than `window_size` words has no sequence at all. Data-Juicer takes all such texts
/// for duplicates of each other, `two cats` and `sunset` alike; with its default window of 5 that is
/// every short caption. `short_text` decides: `merge` does the same and warns, `exact` removes only
/// those that say the same, `keep` none.
///
/// Words are what stands between spaces; line feeds and tabs do not separate. Signatures and bands
/// are Data-Juicer's to the bit.
///
/// Source: Data-Juicer 1.6.1, `document_minhash_deduplicator.py`; Broder 1997; Leskovec, Rajaraman,
/// Ullman, "Mining of Massive Datasets", section 3.4.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentMinhashDeduplicator {
    /// What the sequences are made of.
    pub tokenization: MinhashTokens,
    /// How many words make a sequence.
    pub window_size: std::num::NonZeroUsize,
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
    /// A regular expression for what is left out of the comparison.
    pub ignore_pattern: OptionalPattern,
    /// The numbers of a signature.
    pub num_permutations: std::num::NonZeroUsize,
    /// The share of common sequences from which texts are to count as duplicates, in [0, 1].
    pub jaccard_threshold: f64,
    /// The bands of a signature; the number that fits the threshold best if not set.
    pub num_bands: Option<std::num::NonZeroUsize>,
    /// The numbers in a band; what fits the threshold best if not set.
    pub num_rows_per_band: Option<std::num::NonZeroUsize>,
    /// The sentencepiece model, for `tokenization: sentencepiece`.
    pub tokenizer_model: Option<String>,
    /// What to do with texts that are too short for a sequence.
    pub short_text: ShortText,
    #[serde(skip)]
    #[schemars(skip)]
    state: OnceLock<State>,
}

/// What is made once per operator.
#[derive(Clone, Debug)]
struct State {
    permutations: Permutations,
    bands: usize,
    rows: usize,
}

impl Default for DocumentMinhashDeduplicator {
    fn default() -> Self {
        let number =
            |number| std::num::NonZeroUsize::new(number).unwrap_or(std::num::NonZeroUsize::MIN);
        Self {
            tokenization: MinhashTokens::default(),
            window_size: number(5),
            lowercase: true,
            ignore_pattern: OptionalPattern::default(),
            num_permutations: number(256),
            jaccard_threshold: 0.7,
            num_bands: None,
            num_rows_per_band: None,
            tokenizer_model: None,
            short_text: ShortText::default(),
            state: OnceLock::new(),
        }
    }
}

impl DocumentMinhashDeduplicator {
    fn state(&self) -> &State {
        self.state.get_or_init(|| {
            let permutations = self.num_permutations.get();
            let (bands, rows) = match (self.num_bands, self.num_rows_per_band) {
                (Some(bands), Some(rows)) => (bands.get(), rows.get()),
                _ => best_bands(self.jaccard_threshold, permutations),
            };
            State { permutations: Permutations::new(permutations), bands, rows }
        })
    }

    /// The places of each band; they are cut off where the signature ends, as in Data-Juicer.
    fn cut<'s>(&self, signature: &'s [u32]) -> impl Iterator<Item = &'s [u32]> {
        let State { bands, rows, .. } = *self.state();
        (0..bands).map(move |band| {
            let end = ((band + 1) * rows).min(signature.len());
            &signature[(band * rows).min(end)..end]
        })
    }

    fn shingles(&self, text: &str, pieces: Option<&SentencePieces>, take: impl FnMut(&str)) {
        let size = self.window_size.get();
        match self.tokenization {
            MinhashTokens::Character => of_characters(text, size, take),
            MinhashTokens::Punctuation => {
                of_pieces(text.split(crate::text::is_punctuation), " ", size, take);
            }
            MinhashTokens::Space => {
                of_pieces(text.split(' ').filter(|word| !word.is_empty()), " ", size, take);
            }
            MinhashTokens::Sentencepiece => {
                let tokens = pieces.map(|model| model.pieces(text)).unwrap_or_default();
                of_pieces(tokens.iter().map(String::as_str), "", size, take);
            }
        }
    }

    /// The model behind `tokenization: sentencepiece`.
    fn model(&self) -> Result<Option<std::sync::Arc<SentencePieces>>, OperatorError> {
        if self.tokenization != MinhashTokens::Sentencepiece {
            return Ok(None);
        }
        let wrong = |message: String| OperatorError::Parameter {
            operator: "document_minhash_deduplicator".to_owned(),
            parameter: "tokenizer_model".to_owned(),
            message,
        };
        let path = self.tokenizer_model.as_ref();
        let path = path.ok_or_else(|| wrong("sentencepiece tokenization needs a model".to_owned()));
        SentencePieces::open(std::path::Path::new(path?)).map(Some).map_err(wrong)
    }
}

impl Deduplicator for DocumentMinhashDeduplicator {
    fn signatures(
        &self,
        batch: &Batch,
        _context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        let model = self.model()?;
        let State { permutations, .. } = self.state();
        let mut lists = ListBuilder::new(BinaryBuilder::new());
        let mut buffer = String::new();
        for text in &batch.text {
            let Some(text) = text else {
                lists.append(false);
                continue;
            };
            let text = prepared(text, self.lowercase, &self.ignore_pattern, &mut buffer);
            let mut signature = permutations.empty();
            let mut shingles = 0_usize;
            self.shingles(&text, model.as_deref(), |shingle| {
                shingles += 1;
                permutations.add(shingle.as_bytes(), &mut signature);
            });
            match self.short_text {
                ShortText::Keep if shingles == 0 => {
                    lists.append(false);
                    continue;
                }
                ShortText::Exact if shingles == 0 => {
                    permutations.add(text.as_bytes(), &mut signature);
                }
                _ => {}
            }
            for band in self.cut(&signature) {
                lists.values().append_value(band_bytes(band));
            }
            lists.append(true);
        }
        Ok(Signatures::new(lists.finish()))
    }

    fn hash_key(&self) -> &'static str {
        "__dj__minhash"
    }

    fn grouping(&self) -> Grouping {
        Grouping::Bands
    }

    fn caution(&self) -> Option<Caution> {
        if self.short_text != ShortText::Merge {
            return None;
        }
        let empty = self.state().permutations.empty();
        let signature = self.cut(&empty).next().map(band_bytes)?;
        let message = format!(
            "have fewer than {} tokens and count as duplicates of each other, as in Data-Juicer; \
             `short_text: exact` compares them as they are",
            self.window_size
        );
        Some(Caution { signature, message })
    }
}

register! {
    DocumentMinhashDeduplicator, Deduplicator,
    name: "document_minhash_deduplicator",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["__dj__minhash"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{window_size: 2, jaccard_threshold: 0.5}",
            texts: &[
                "a small brown dog runs along the beach",
                "a small brown dog runs along the long beach",
                "a boat on the lake at night",
                "sunset",
                "two",
            ],
            pictures: &[],
        },
        Example {
            parameters: "{window_size: 2, jaccard_threshold: 0.5, short_text: exact}",
            texts: &["sunset", "two", "Sunset"],
            pictures: &[],
        },
    ],
}
