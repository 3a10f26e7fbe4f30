//! VLMEvalKit's reading of an answer as yes or no.
//!
//! Source: `YOrN_Extraction` of VLMEvalKit at e8e78f0.

use super::python;
use super::vqa_text::{Dialect, punctuation};

/// `Yes` or `No` if exactly one of the words occurs, else `Unknown`.
pub fn vlmevalkit(answer: &str) -> &'static str {
    let text = punctuation(&answer.to_lowercase(), Dialect::VlmEvalKit);
    let has = |word: &str| python::split(&text).any(|other| other == word);
    match (has("yes"), has("no")) {
        (true, false) => "Yes",
        (false, true) => "No",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_words_or_neither_say_nothing() {
        assert_eq!(vlmevalkit("Yes, there is."), "Yes");
        assert_eq!(vlmevalkit("no-one"), "No");
        assert_eq!(vlmevalkit("yes and no"), "Unknown");
        assert_eq!(vlmevalkit("not at all"), "Unknown");
    }
}
