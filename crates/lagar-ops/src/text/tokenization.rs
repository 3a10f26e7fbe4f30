//! The parameter `tokenization`: words are the pieces of a sentencepiece model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SentencePieces, is_special, lower_into};
use crate::{Context, FileWish, OperatorError};

/// A sentencepiece model as an operator's parameters name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PieceModel<'a> {
    /// The operator, for messages.
    pub operator: &'static str,
    /// The language, which chooses a file in a folder.
    pub lang: &'a str,
    /// `tokenizer_model`: the file, or the folder with `LANG.sp.model`.
    pub path: Option<&'a String>,
}

impl PieceModel<'_> {
    /// The model.
    ///
    /// # Errors
    /// When none is named, or it cannot be read.
    pub(crate) fn open(&self) -> Result<Arc<SentencePieces>, OperatorError> {
        let path = self.file().ok_or_else(|| self.wrong(self.hint()))?;
        SentencePieces::open(&path).map_err(|message| self.wrong(message))
    }

    /// The model if `is_wanted`.
    ///
    /// # Errors
    /// When it is wanted and not named, or cannot be read.
    pub(crate) fn open_if(
        &self,
        is_wanted: bool,
    ) -> Result<Option<Arc<SentencePieces>>, OperatorError> {
        is_wanted.then(|| self.open()).transpose()
    }

    fn file(&self) -> Option<PathBuf> {
        let path = Path::new(self.path?);
        let in_folder = || path.join(format!("{}.sp.model", self.lang));
        Some(if path.is_dir() { in_folder() } else { path.to_owned() })
    }

    /// What is asked of the provider of model files, if pieces are wanted at all.
    pub(crate) fn files(&self, is_wanted: bool) -> Vec<FileWish> {
        let own = format!("{}.sp.model", self.lang);
        let path = self.path.map(String::as_str);
        let wish = is_wanted.then(|| FileWish::in_folder("tokenizer_model", path, &own));
        wish.into_iter().collect()
    }

    fn hint(&self) -> String {
        let lang = self.lang;
        format!("name the sentencepiece model, `tokenizer_model: path/to/{lang}.sp.model`")
    }

    fn wrong(&self, message: String) -> OperatorError {
        OperatorError::Parameter {
            operator: self.operator.to_owned(),
            parameter: "tokenizer_model".to_owned(),
            message,
        }
    }
}

/// The pieces of a text, cut once for all operators that share the model.
pub(crate) fn pieces_of(
    context: &Context<'_>,
    model: &Arc<SentencePieces>,
    text: &str,
) -> Arc<[String]> {
    context.cuts.pieces(model, text)
}

/// The pieces as refined words: special characters stripped from both ends, empty ones dropped.
pub(crate) fn refined_pieces(pieces: &[String]) -> impl Iterator<Item = &str> {
    pieces.iter().map(|piece| piece.trim_matches(is_special)).filter(|word| !word.is_empty())
}

/// The pieces in lower case, each by itself.
pub(crate) fn lower_pieces(pieces: &[String]) -> Vec<String> {
    let lower = |piece: &String| {
        let mut lower = String::new();
        lower_into(piece, &mut lower);
        lower
    };
    pieces.iter().map(lower).collect()
}
