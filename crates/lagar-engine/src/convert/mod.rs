//! Data sets from any format to any other.

mod llava;
mod run;

pub use llava::{ConversationRules, LLAVA_IMAGE, LlavaRules, Questions, read_questions};
pub use run::{ConvertOptions, ConvertReport, RefusedRow, convert};
