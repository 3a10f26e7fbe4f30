//! fastText classifiers: labels of texts, as `fasttext`'s `predict` gives them.
//!
//! A reader of our own for supervised models, plain (`.bin`) and quantized (`.ftz`), with any of the
//! losses `softmax`, `hs`, `ova` and `ns`. Sums are made in 32-bit floats in the library's order.
//!
//! Source: facebookresearch/fastText v0.9.2, `fasttext.cc`, `dictionary.cc`, `loss.cc`; Joulin et al.
//! 2016 (arXiv:1607.01759, arXiv:1612.03651).

mod dictionary;
mod loss;
mod matrix;
mod reader;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dictionary::Dictionary;
use loss::Loss;
use matrix::Matrix;
use reader::Reader;

/// The number that model files begin with.
const MAGIC: i32 = 793_712_314;
/// The newest version of the format.
const VERSION: i32 = 12;
/// What model files call a supervised model.
const SUPERVISED: i32 = 3;

/// A classifier of texts.
#[derive(Debug)]
pub struct FastText {
    dictionary: Dictionary,
    input: Matrix,
    output: Matrix,
    loss: Loss,
}

impl FastText {
    /// The model in a file; one that was opened before is not read again.
    ///
    /// # Errors
    /// In words, when the file cannot be read or is no supervised model.
    pub fn open(path: &Path) -> Result<Arc<Self>, String> {
        static OPEN: Mutex<BTreeMap<PathBuf, Arc<FastText>>> = Mutex::new(BTreeMap::new());
        let mut open =
            OPEN.lock().map_err(|_error| "a model could not be read before".to_owned())?;
        if let Some(model) = open.get(path) {
            return Ok(Arc::clone(model));
        }
        let say = |what: String| format!("{}: {what}", path.display());
        let file = File::open(path).map_err(|error| say(error.to_string()))?;
        let model = Arc::new(Self::read(BufReader::with_capacity(1 << 18, file)).map_err(say)?);
        open.insert(path.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    fn read(file: BufReader<File>) -> Result<Self, String> {
        let mut reader = Reader::new(file);
        if reader.int()? != MAGIC {
            return Err("not a fastText model".to_owned());
        }
        let version = reader.int()?;
        if version > VERSION {
            return Err(format!("version {version} of the format, {VERSION} is the newest known"));
        }
        let mut numbers = [0; 12];
        for number in &mut numbers {
            *number = reader.int()?;
        }
        let _sampling = reader.bytes(8)?;
        let [_, _, _, _, _, word_ngrams, loss, model, buckets, min_n, max_n, _] = numbers;
        if model != SUPERVISED {
            return Err("word vectors without a classifier".to_owned());
        }
        // Old supervised models had no parts of words, whatever their settings say.
        let max_n = if version == 11 { 0 } else { max_n };
        let sizes = [word_ngrams, buckets, min_n, max_n].map(|size| size.max(0) as usize);
        let dictionary = Dictionary::read(&mut reader, sizes)?;
        let is_quantized = reader.flag()?;
        let input = Matrix::read(&mut reader, is_quantized)?;
        let quantized_output = reader.flag()?;
        let output = Matrix::read(&mut reader, is_quantized && quantized_output)?;
        let loss = Loss::new(loss, &dictionary.label_counts())?;
        Ok(Self { dictionary, input, output, loss })
    }

    /// The best label of a text, without `__label__`, and its score; `None` where the text has
    /// nothing that the model knows. A line feed ends the text.
    pub fn predict(&self, text: &str) -> Option<(&str, f32)> {
        let rows = self.dictionary.features(text);
        if rows.is_empty() {
            return None;
        }
        let mut hidden = vec![0.0; self.input.columns()];
        for row in &rows {
            self.input.add_row(*row, &mut hidden);
        }
        let share = (1.0 / rows.len() as f64) as f32;
        for value in &mut hidden {
            *value *= share;
        }
        let (label, score) = self.loss.best(&self.output, &hidden)?;
        let name = self.dictionary.label(label);
        Some((name.strip_prefix(dictionary::LABEL).unwrap_or(name), score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/data/models/make.py` trained the models and wrote the answers of the library.
    #[test]
    fn labels_and_scores_are_those_of_the_library() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
        let golden = std::fs::read_to_string(folder.join("fasttext.jsonl")).unwrap();
        let mut compared = 0;
        for line in golden.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let model = FastText::open(&folder.join(case["model"].as_str().unwrap())).unwrap();
            let found = model.predict(case["text"].as_str().unwrap());
            let scores: Vec<f64> = serde_json::from_value(case["scores"].clone()).unwrap();
            let Some((label, score)) = found else {
                assert!(scores.is_empty(), "{line}");
                continue;
            };
            assert!((f64::from(score) - scores[0]).abs() < 1e-6, "{score} {line}");
            if scores[0] - scores[1] > 1e-6 {
                assert_eq!(format!("__label__{label}"), case["labels"][0], "{line}");
                compared += 1;
            }
        }
        assert!(compared > 250, "{compared}");
    }

    #[test]
    fn other_files_are_refused_in_words() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
        let error = FastText::open(&folder.join("trigram.arpa")).unwrap_err();
        assert!(error.ends_with("not a fastText model"), "{error}");
    }
}
