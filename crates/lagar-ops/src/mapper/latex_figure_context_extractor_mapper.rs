//! `latex_figure_context_extractor_mapper`: makes a row of every figure of a LaTeX document.

use arrow::array::{Array as _, ListBuilder, StringViewBuilder};
use lagar_core::Batch;
use lagar_core::row::FieldEdits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::latex::{Figure, figures_of, paragraphs_of};
use crate::text::is_whitespace;
use crate::{Context, Example, Fault, Mapped, Mapper, OperatorError, register};

/// Makes one row of every figure in a LaTeX document: pictures, caption, and the paragraphs citing it.
///
/// Figures are `figure`, `figure*` and `wrapfigure` environments with an `\includegraphics`;
/// `subfigure` environments, `\subfigure`, `\subfloat` and several minipages give a row each, and know
/// the caption and the citing paragraphs of the figure around them. Rows without any figure vanish.
/// Other fields are copied. `\input` is not followed: merge the files first.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `latex_figure_context_extractor_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LatexFigureContextExtractorMapper {
    /// The commands that cite; `\ref`, `\cref`, `\Cref` and `\autoref` if not set.
    pub citation_commands: Option<Vec<String>>,
    /// What stands between paragraphs.
    pub paragraph_separator: String,
    /// The field for the caption.
    pub caption_key: String,
    /// The field for the label.
    pub label_key: String,
    /// The field for the paragraphs that cite the figure.
    pub context_key: String,
    /// The field for the caption of the figure around it, empty where there is none.
    pub parent_caption_key: String,
    /// The field for the label of the figure around it, empty where there is none.
    pub parent_label_key: String,
}

impl Default for LatexFigureContextExtractorMapper {
    fn default() -> Self {
        Self {
            citation_commands: None,
            paragraph_separator: "\n\n".to_owned(),
            caption_key: "caption".to_owned(),
            label_key: "label".to_owned(),
            context_key: "citing_paragraphs".to_owned(),
            parent_caption_key: "parent_caption".to_owned(),
            parent_label_key: "parent_label".to_owned(),
        }
    }
}

const COMMANDS: [&str; 4] = ["ref", "cref", "Cref", "autoref"];

/// Finds the paragraphs that cite a label.
struct Citations {
    /// Each paragraph with what its citing commands have in braces.
    paragraphs: Vec<(String, Vec<String>)>,
}

impl Citations {
    fn new(paragraphs: Vec<String>, commands: &[&str]) -> Self {
        let cited = |paragraph: String| {
            let lists = lists_in(&paragraph, commands).map(str::to_owned).collect();
            (paragraph, lists)
        };
        Self { paragraphs: paragraphs.into_iter().map(cited).collect() }
    }

    fn of(&self, label: &str) -> Vec<String> {
        if label.is_empty() {
            return Vec::new();
        }
        let cites = |lists: &[String]| lists.iter().any(|list| is_listed(label, list));
        let citing = self.paragraphs.iter().filter(|(_, lists)| cites(lists));
        citing.map(|(paragraph, _)| paragraph.clone()).collect()
    }
}

/// What stands in the braces of every `\\command{…}`, commands inside commands included.
fn lists_in<'t>(text: &'t str, commands: &[&str]) -> impl Iterator<Item = &'t str> {
    text.match_indices('\\').flat_map(move |(place, _)| {
        let behind = &text[place + 1..];
        let inside = |command: &&str| {
            let inside = behind.strip_prefix(*command)?.strip_prefix('{')?;
            Some(&inside[..inside.find('}')?])
        };
        commands.iter().filter_map(inside).collect::<Vec<_>>()
    })
}

/// Whether a label is an entry of a list with commas; only entries behind the first may have white
/// space before them, all may have it behind.
fn is_listed(label: &str, list: &str) -> bool {
    let is_entry = |rest: &str| {
        rest.strip_prefix(label).is_some_and(|rest| {
            let rest = rest.trim_start_matches(is_whitespace);
            rest.is_empty() || rest.starts_with(',')
        })
    };
    // A label may itself begin with white space, so every place in it counts.
    let behind_comma = |rest: &str| {
        let blanks = rest.len() - rest.trim_start_matches(is_whitespace).len();
        let starts = rest[..blanks].char_indices().map(|(place, _)| place);
        starts.chain([blanks]).any(|start| is_entry(&rest[start..]))
    };
    is_entry(list) || list.match_indices(',').any(|(comma, _)| behind_comma(&list[comma + 1..]))
}

/// A row to be.
struct Extracted {
    figure: Figure,
    citing: Vec<String>,
    parent_caption: String,
    parent_label: String,
}

/// The paragraphs in the order of their first occurrence.
fn without_repetitions(paragraphs: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::with_capacity(paragraphs.len());
    for paragraph in paragraphs {
        if !once.contains(&paragraph) {
            once.push(paragraph);
        }
    }
    once
}

impl LatexFigureContextExtractorMapper {
    fn commands(&self) -> Vec<&str> {
        self.citation_commands.as_ref().map_or_else(
            || COMMANDS.to_vec(),
            |given| given.iter().map(|command| command.trim_start_matches('\\')).collect(),
        )
    }

    fn extract(&self, latex: &str) -> Result<Vec<Extracted>, String> {
        let figures = figures_of(latex)?;
        if figures.is_empty() {
            return Ok(Vec::new());
        }
        let paragraphs = paragraphs_of(latex, &self.paragraph_separator)?;
        let citations = Citations::new(paragraphs, &self.commands());
        let mut rows = Vec::new();
        for mut figure in figures {
            let of_figure = citations.of(&figure.label);
            for inner in std::mem::take(&mut figure.inner) {
                let mut citing = of_figure.clone();
                citing.extend(citations.of(&inner.label));
                let citing = without_repetitions(citing);
                let (parent_caption, parent_label) = (figure.caption.clone(), figure.label.clone());
                rows.push(Extracted { figure: inner, citing, parent_caption, parent_label });
            }
            if !figure.images.is_empty() {
                let (parent_caption, parent_label) = (String::new(), String::new());
                rows.push(Extracted { figure, citing: of_figure, parent_caption, parent_label });
            }
        }
        Ok(rows)
    }
}

impl Mapper for LatexFigureContextExtractorMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let (mut parents, mut faults) = (Vec::new(), Vec::new());
        let mut images = ListBuilder::new(StringViewBuilder::new());
        let mut text = StringViewBuilder::new();
        let names = [
            &self.caption_key,
            &self.label_key,
            &self.context_key,
            &self.parent_caption_key,
            &self.parent_label_key,
        ];
        let mut values: [Vec<Option<Value>>; 5] = Default::default();
        for index in 0..batch.len() {
            let latex = if batch.text.is_valid(index) { batch.text.value(index) } else { "" };
            let rows = match self.extract(latex) {
                Ok(rows) => rows,
                Err(message) => {
                    faults.push(Fault { index, message });
                    continue;
                }
            };
            for row in rows {
                parents.push(index as u32);
                text.append_value(latex);
                for image in &row.figure.images {
                    images.values().append_value(image);
                }
                images.append(true);
                let new: [Value; 5] = [
                    row.figure.caption.into(),
                    row.figure.label.into(),
                    row.citing.into(),
                    row.parent_caption.into(),
                    row.parent_label.into(),
                ];
                values.iter_mut().zip(new).for_each(|(values, new)| values.push(Some(new)));
            }
        }
        let edits = names.iter().zip(values).map(|(name, values)| FieldEdits::of(name, values));
        Ok(Mapped {
            parents: Some(parents),
            text: Some(text.finish()),
            images: Some(images.finish()),
            fields: edits.collect(),
            faults,
        })
    }
}

register! {
    LatexFigureContextExtractorMapper, Mapper,
    name: "latex_figure_context_extractor_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["images", "caption", "label", "citing_paragraphs", "parent_caption", "parent_label"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            "See \\ref{fig:a}.\n\n\\begin{figure}\\includegraphics{a.png}\\caption{A dog}\\label{fig:a}\\end{figure}",
            "no figure",
        ],
        pictures: &[],
    }],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cited_alone_or_in_a_list() {
        let cites =
            |text: &str, label: &str| lists_in(text, &COMMANDS).any(|list| is_listed(label, list));
        assert!(cites(r"see \ref{fig:a}", "fig:a") && cites(r"\cref{x, fig:a ,y}", "fig:a"));
        assert!(cites(r"\ref{a \ref{b}", "b") && cites(r"\autoref{x,a,b}", "a,b"));
        assert!(!cites(r"\ref{ fig:a}", "fig:a") && !cites(r"\ref{fig:ab}", "fig:a"));
        assert!(!cites(r"\reference{fig:a}", "fig:a") && !cites(r"\ref{fig:a", "fig:a"));
    }
}
