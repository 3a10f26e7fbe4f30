//! Text as Data-Juicer's operators see it: words, special characters, Python's string methods.

mod count;
mod python;
mod special;
mod tokenization;
mod words;

pub use count::Counter;
pub(crate) use count::{hash_bytes, mix};
pub use python::{is_decimal, is_whitespace, lower_into, strip};
pub use special::is_special;
pub use tokenization::Tokenization;
pub use words::{RefinedWords, refined_lower_words, refined_words};
