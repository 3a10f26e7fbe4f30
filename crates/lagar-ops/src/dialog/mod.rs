//! Dialogues with agents as they are recorded: messages, calls of tools, choices.
//!
//! Source: Data-Juicer 1.6.1, `agent_dialog_normalize_mapper.py`.

mod content;
mod history;
mod shorten;
mod tools;

pub use content::{choices_to_text, content_to_text};
pub use history::{History, HistoryOptions};
pub use tools::{skills_of, tools_of};
