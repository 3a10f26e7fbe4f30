//! Sentencepiece models: text into pieces, as the `sentencepiece` library cuts it.
//!
//! A reader of our own for what operators need: `EncodeAsPieces` of unigram and BPE models. Scores are
//! added in 32-bit floats and ties are broken as there, so that the pieces are the same.
//!
//! Source: google/sentencepiece v0.2, `normalizer.cc`, `unigram_model.cc`, `bpe_model.cc`; Kudo 2018
//! (arXiv:1804.10959); Sennrich et al. 2016 (arXiv:1508.07909).

mod bpe;
mod normalizer;
mod proto;
mod trie;
mod unigram;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use normalizer::Normalizer;
use proto::{Algorithm, Kind, Model};
use trie::Trie;

/// A sentencepiece model, ready to cut texts.
#[derive(Debug)]
pub struct SentencePieces {
    model: Model,
    normalizer: Normalizer,
    /// Pieces that texts may be cut into, by their string.
    ids: HashMap<String, u32>,
    trie: Trie,
    least_score: f32,
    most_score: f32,
}

/// A piece of a normalised text and whether the model knows it.
#[derive(Clone, Debug, PartialEq)]
struct Cut<'a> {
    piece: &'a str,
    is_unknown: bool,
}

impl SentencePieces {
    /// The model in a file; one that was opened before is not read again.
    ///
    /// # Errors
    /// In words, when the file cannot be read or is no unigram or BPE model.
    pub fn open(path: &Path) -> Result<Arc<Self>, String> {
        static OPEN: Mutex<BTreeMap<PathBuf, Arc<SentencePieces>>> = Mutex::new(BTreeMap::new());
        let mut open =
            OPEN.lock().map_err(|_error| "a model could not be read before".to_owned())?;
        if let Some(model) = open.get(path) {
            return Ok(Arc::clone(model));
        }
        let bytes = fs::read(path).map_err(|error| format!("read {}: {error}", path.display()))?;
        let model =
            Self::from_bytes(&bytes).map_err(|what| format!("{}: {what}", path.display()))?;
        let model = Arc::new(model);
        open.insert(path.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    /// The model that a `.model` file holds.
    ///
    /// # Errors
    /// In words, when the bytes are no unigram or BPE model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let model = Model::parse(bytes)?;
        let mut ids = HashMap::new();
        let mut trie = Trie::new();
        let (mut least_score, mut most_score) = (f32::MAX, f32::MIN);
        for (id, piece) in model.pieces.iter().enumerate() {
            if matches!(piece.kind, Kind::Normal | Kind::UserDefined | Kind::Unused) {
                ids.insert(piece.text.clone(), id as u32);
                trie.insert(piece.text.as_bytes(), id as u32);
            }
            if piece.kind == Kind::Normal {
                least_score = least_score.min(piece.score);
                most_score = most_score.max(piece.score);
            }
        }
        let mut own = Trie::new();
        for piece in model.pieces.iter().filter(|piece| piece.kind == Kind::UserDefined) {
            own.insert(piece.text.as_bytes(), 0);
        }
        let normalizer = Normalizer::new(&model.normalizer, model.whitespace_as_suffix, own)?;
        Ok(Self { model, normalizer, ids, trie, least_score, most_score })
    }

    /// The pieces of a text.
    pub fn pieces(&self, text: &str) -> Vec<String> {
        let text = self.normalizer.normalize(text);
        let cuts = match self.model.algorithm {
            Algorithm::Unigram => self.cut_unigram(&text),
            Algorithm::Bpe => self.cut_bpe(&text),
        };
        let mut pieces: Vec<String> = Vec::with_capacity(cuts.len());
        let mut after_unknown = false;
        for Cut { piece, is_unknown } in cuts {
            match pieces.last_mut() {
                _ if is_unknown && self.model.byte_fallback => {
                    pieces.extend(piece.bytes().map(|byte| format!("<0x{byte:02X}>")));
                }
                // Unknown pieces in a row are one piece.
                Some(last) if is_unknown && after_unknown => last.push_str(piece),
                _ => pieces.push(piece.to_owned()),
            }
            after_unknown = is_unknown;
        }
        pieces
    }

    fn kind(&self, id: u32) -> Kind {
        self.model.pieces[id as usize].kind
    }

    fn score(&self, id: u32) -> f32 {
        self.model.pieces[id as usize].score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_model_is_refused_in_words() {
        let error = SentencePieces::from_bytes(b"{\"a\": 1}").unwrap_err();
        assert!(error.contains("not a sentencepiece model"), "{error}");
        let error = SentencePieces::open(Path::new("no/such.model")).unwrap_err();
        assert!(error.starts_with("read no/such.model"), "{error}");
    }

    /// `tests/data/models/make.py` trained the models and wrote the pieces.
    #[test]
    fn pieces_are_those_of_the_library() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
        let golden = fs::read_to_string(folder.join("sentencepiece.jsonl")).unwrap();
        let mut compared = 0;
        for line in golden.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let model = folder.join(case["model"].as_str().unwrap());
            let pieces =
                SentencePieces::open(&model).unwrap().pieces(case["text"].as_str().unwrap());
            let expected: Vec<String> = serde_json::from_value(case["pieces"].clone()).unwrap();
            assert_eq!(pieces, expected, "{} {}", case["model"], case["text"]);
            compared += 1;
        }
        assert!(compared >= 400, "{compared}");
    }
}
