//! Text as Data-Juicer's operators see it: words, special characters, Python's string methods.

mod chunks;
mod count;
mod python;
mod simhash;
mod special;
mod tokenization;
mod words;

pub use chunks::{TextChunk, chunks_of, insert_after_tokens, without_tokens};
pub use count::Counter;
pub(crate) use count::{hash_bytes, mix};
pub use python::{is_decimal, is_whitespace, lower_into, strip};
pub use simhash::{simhash, simhash_of_words};
pub use special::is_special;
pub use tokenization::Tokenization;
pub use words::{RefinedWords, refined_lower_words, refined_words};
