//! Text as Data-Juicer's operators see it: words, special characters, Python's string methods.

mod chunks;
mod count;
pub mod ftfy;
mod html;
mod lambda;
mod letters;
mod lines;
pub mod opencc;
pub mod pattern;
mod pieces;
pub mod punkt;
mod python;
mod rewrite;
mod simhash;
mod special;
mod tokenization;
pub mod word_list;
mod words;

pub use chunks::{TextChunk, chunks_of, insert_after_tokens, without_tokens};
pub use count::Counter;
pub(crate) use count::{hash_bytes, mix};
pub use html::text_of_html;
pub use lambda::PythonLambda;
pub use letters::{is_alphabetic, is_alphanumeric};
pub use lines::{Lines, lines};
pub(crate) use pieces::keep_words;
pub use python::{is_decimal, is_whitespace, lower_into, strip};
pub(crate) use rewrite::{edit_texts, try_edit_texts};
pub use simhash::{simhash, simhash_of_words};
pub use special::is_special;
pub use tokenization::Tokenization;
pub use words::{RefinedWords, refined_lower_words, refined_words};
