//! `remove_bibliography_mapper`: cuts LaTeX documents off before their bibliography.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes everything from the bibliography or the appendix of a LaTeX document on.
///
/// Lists of references are names and numbers. The text is cut at the first `\appendix`,
/// `\begin{references}`, `\begin{REFERENCES}`, `\begin{thebibliography}` or `\bibliography{…}`;
/// the last counts only if some `}` follows. As in Data-Juicer, `\appendix` also cuts where it is the
/// beginning of a longer command.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_bibliography_mapper.py`; RedPajama.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveBibliographyMapper {}

const STARTS: [&str; 4] =
    ["\\appendix", "\\begin{references}", "\\begin{REFERENCES}", "\\begin{thebibliography}"];
const COMMAND: &str = "\\bibliography{";

fn start_of_bibliography(text: &str) -> Option<usize> {
    let last_brace = memchr::memrchr(b'}', text.as_bytes());
    memchr::memchr_iter(b'\\', text.as_bytes()).find(|place| {
        let rest = &text[*place..];
        STARTS.iter().any(|start| rest.starts_with(start))
            || (rest.starts_with(COMMAND)
                && last_brace.is_some_and(|brace| brace >= place + COMMAND.len()))
    })
}

impl Mapper for RemoveBibliographyMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, |text, new| {
            let start = start_of_bibliography(text);
            start.inspect(|start| new.push_str(&text[..*start])).is_some()
        }))
    }
}

register! {
    RemoveBibliographyMapper, Mapper,
    name: "remove_bibliography_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            "We thank you.\n\\begin{thebibliography}{9}\n\\bibitem{a} A.\n\\end{thebibliography}",
            "See \\bibliography{refs}\n\\end{document}",
            "\\bibliography{refs",
        ],
        pictures: &[],
    }],
}
