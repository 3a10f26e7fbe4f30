//! Hugging Face tokenizers, by the file `tokenizer.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokenizers::Tokenizer;

/// A tokenizer, ready to work.
#[derive(Debug)]
pub struct HfTokenizer(Tokenizer);

impl HfTokenizer {
    /// The tokenizer in a file, or in the folder that has it; one that was opened before is not read
    /// again.
    ///
    /// # Errors
    /// In words, when there is no such file or it is no tokenizer.
    pub fn open(path: &Path) -> Result<Arc<Self>, String> {
        static OPEN: Mutex<BTreeMap<PathBuf, Arc<HfTokenizer>>> = Mutex::new(BTreeMap::new());
        let path = if path.is_dir() { path.join("tokenizer.json") } else { path.to_owned() };
        let mut open =
            OPEN.lock().map_err(|_error| "a tokenizer could not be read before".to_owned())?;
        if let Some(tokenizer) = open.get(&path) {
            return Ok(Arc::clone(tokenizer));
        }
        if !path.is_file() {
            let path = path.display();
            return Err(format!("{path} is no file: name a tokenizer.json or the folder it is in"));
        }
        let read = Tokenizer::from_file(&path);
        let mut read = read.map_err(|error| format!("{}: {error}", path.display()))?;
        // A tokenizer may be stored with a length to cut at; what is counted is the whole text.
        read.with_padding(None);
        read.with_truncation(None).map_err(|error| format!("{}: {error}", path.display()))?;
        let tokenizer = Arc::new(Self(read));
        open.insert(path, Arc::clone(&tokenizer));
        Ok(tokenizer)
    }

    /// How many tokens a text has, without those put around it.
    ///
    /// # Errors
    /// In words, when the tokenizer fails.
    pub fn count(&self, text: &str) -> Result<usize, String> {
        self.tokens(text).map(|encoding| encoding.len())
    }

    /// The numbers of a text's tokens, with those put around it, as `encode` of transformers has them.
    ///
    /// # Errors
    /// In words, when the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.0.encode_fast(text, true).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, those put around it included, as `decode` of transformers has it.
    ///
    /// # Errors
    /// In words, when the tokenizer fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String, String> {
        self.0.decode(ids, false).map_err(|error| error.to_string())
    }

    fn tokens(&self, text: &str) -> Result<tokenizers::Encoding, String> {
        self.0.encode_fast(text, false).map_err(|error| error.to_string())
    }
}
