//! `clean_html_mapper`: takes the tags out of HTML.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{edit_texts, text_of_html};
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces HTML by its text.
///
/// Captions scraped from attributes and pages carry tags and entities. `<li>` and `<ol>` become a
/// line feed and an asterisk, their closing tags nothing; then the text is parsed as browsers parse
/// documents, and what stands outside tags is kept, with entities decoded. Every text is treated as
/// HTML: white space at its start goes, carriage returns become line feeds, and what follows a `<`
/// and a letter is taken for a tag (`a<b` becomes `a`). Special tokens such as `<__dj__image>` stay,
/// because no tag begins with an underscore.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `clean_html_mapper.py`; selectolax 1.0.2 with lexbor.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanHtmlMapper {}

/// White space that a document may begin with.
const SPACE: [char; 5] = [' ', '\t', '\n', '\r', '\x0c'];

fn clean(text: &str, new: &mut String) -> bool {
    if memchr::memchr3(b'<', b'&', 0, text.as_bytes()).is_none() {
        let text_start = text.trim_start_matches(SPACE);
        if text_start.contains('\r') {
            new.push_str(&text_start.replace("\r\n", "\n").replace('\r', "\n"));
            return true;
        }
        new.push_str(text_start);
        return text_start.len() < text.len();
    }
    if text.contains("li>") || text.contains("ol>") {
        let listed = text.replace("<li>", "\n*").replace("</li>", "");
        let listed = listed.replace("<ol>", "\n*").replace("</ol>", "");
        text_of_html(&listed, new);
    } else {
        text_of_html(text, new);
    }
    new != text
}

impl Mapper for CleanHtmlMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, clean))
    }
}

register! {
    CleanHtmlMapper, Mapper,
    name: "clean_html_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            "<p>a <b>dog</b> &amp; a beach</p>",
            "<ul><li>one</li><li>two</li></ul>",
            "  a < b, a<b",
            "<__dj__image> a dog",
        ],
        pictures: &[],
    }],
}
