//! The words around a question, and their tokens.
//!
//! Source: the conversation template `gemma` and `tokenizer_image_token` of MGM; `preprocess_multimodal`
//! for where a picture's place is.

use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use crate::ModelsError;
use crate::folder::tokenizer;
use crate::mgm::MgmConfig;

/// What stands for a picture in a text.
const PICTURE: &str = "<image>";
const TURN: [&str; 2] = ["<start_of_turn>", "<end_of_turn>"];

/// A question, and what was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The question.
    pub question: String,
    /// The answer; `None` is to be generated.
    pub answer: Option<String>,
}

/// A stretch of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Tokens.
    Tokens(Vec<u32>),
    /// The place of the next picture.
    Picture,
}

/// Puts conversations into words and tokens.
#[derive(Debug)]
pub struct Prompter {
    path: PathBuf,
    tokenizer: Tokenizer,
    start: u32,
}

impl Prompter {
    /// Reads the tokenizer of a folder.
    ///
    /// # Errors
    /// When there is none, or it does not fit the model.
    pub(super) fn read(folder: &Path, config: &MgmConfig) -> Result<Self, ModelsError> {
        let tokenizer = tokenizer(folder, None)?;
        let path = folder.join("tokenizer.json");
        let refused = |message: String| ModelsError::Tokenizer { path: path.clone(), message };
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if largest >= config.vocab_size {
            let message =
                format!("it has a token {largest}, the model {} tokens", config.vocab_size);
            return Err(refused(message));
        }
        for mark in TURN {
            if tokenizer.token_to_id(mark).is_none() {
                return Err(refused(format!("it has no token `{mark}`")));
            }
        }
        let ids =
            [("<bos>", Some(config.bos_token_id)), ("<eos>", config.eos_token_id.first().copied())];
        for (mark, expected) in ids {
            let (Some(got), Some(expected)) = (tokenizer.token_to_id(mark), expected) else {
                continue;
            };
            if got != expected {
                let message = format!("its `{mark}` is the token {got}, the model's is {expected}");
                return Err(refused(message));
            }
        }
        Ok(Self { path, tokenizer, start: config.bos_token_id })
    }

    /// A conversation in words, with the places of pictures first.
    pub fn words(&self, exchanges: &[Exchange], pictures: usize) -> String {
        let [start, end] = TURN;
        let mut words = Vec::new();
        for (index, Exchange { question, answer }) in exchanges.iter().enumerate() {
            let mut question = without_places(question);
            if index == 0 && pictures > 0 {
                question = format!("{}{question}", format!("{PICTURE}\n").repeat(pictures));
            }
            words.push(format!("{start}user\n{question}{end}\n{start}model\n"));
            if let Some(answer) = answer.as_ref().filter(|answer| !answer.is_empty()) {
                words.push(format!("{}{end}\n<eos>", answer.replace(PICTURE, "")));
            }
        }
        words.concat()
    }

    /// The tokens of a prompt, cut where pictures stand.
    ///
    /// # Errors
    /// When the tokenizer refuses it.
    pub fn pieces(&self, words: &str) -> Result<Vec<Piece>, ModelsError> {
        let mut pieces = Vec::new();
        for (index, words) in words.split(PICTURE).enumerate() {
            let encoded = self.tokenizer.encode(words, false).map_err(|error| self.told(&error))?;
            let first: &[u32] = if index == 0 { &[self.start] } else { &[] };
            if index > 0 {
                pieces.push(Piece::Picture);
            }
            pieces.push(Piece::Tokens([first, encoded.get_ids()].concat()));
        }
        Ok(pieces)
    }

    /// The words of generated tokens, without special ones and without white space around.
    ///
    /// # Errors
    /// When the tokenizer refuses them.
    pub fn text(&self, ids: &[u32]) -> Result<String, ModelsError> {
        let text = self.tokenizer.decode(ids, true).map_err(|error| self.told(&error))?;
        Ok(text.trim().to_owned())
    }

    fn told(&self, error: &tokenizers::Error) -> ModelsError {
        ModelsError::Tokenizer { path: self.path.clone(), message: error.to_string() }
    }
}

/// A question without what stands for a picture in it.
fn without_places(question: &str) -> String {
    if question.contains(PICTURE) {
        question.replace(PICTURE, "").trim().to_owned()
    } else {
        question.to_owned()
    }
}
