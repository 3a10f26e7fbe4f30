//! Reading figure environments.

use std::sync::LazyLock;

use crate::text::pattern::{Flags, Flavour, Pattern};
use crate::text::strip;

/// A figure, or one of the figures inside another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The text of its caption.
    pub caption: String,
    /// Its label.
    pub label: String,
    /// What `\includegraphics` names.
    pub images: Vec<String>,
    /// The figures inside it; its own pictures are then theirs.
    pub inner: Vec<Self>,
}

/// Balanced braces and what is inside them.
const NESTED: &str = r"(?:[^{}]|(?P<B>\{(?:[^{}]|(?&B))*\}))*";

/// The patterns, compiled once.
#[derive(Debug)]
struct Patterns {
    figure: Pattern,
    inner_environment: Pattern,
    inner_command: Pattern,
    inner_bare: Pattern,
    captions: [Pattern; 3],
    table_caption: Pattern,
    minipage: Pattern,
    label: Pattern,
    image: Pattern,
    stripped: Pattern,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let pattern = |text: &str| {
        let flags = Flags { dot_all: true, ..Flags::default() };
        Pattern::new(text, Flavour::Regex, flags).expect("the patterns are written here")
    };
    let environments = concat!(
        r"figure|figure\*|wrapfigure|table|table\*|tabular|tabular\*|equation|equation\*|align|align\*",
        r"|alignat|alignat\*|gather|gather\*|multline|multline\*|flalign|flalign\*|algorithm",
        r"|algorithm\*|lstlisting|verbatim|minted"
    );
    let arguments = r"(?:\[[^\]]*\])*(?:\{[^}]*\})*";
    let braced = format!(r"\{{({NESTED})\}}");
    Patterns {
        figure: pattern(&format!(
            r"\\begin\{{(?P<name>figure\*?|wrapfigure)\}}{arguments}.*?\\end\{{(?P=name)\}}"
        )),
        inner_environment: pattern(&format!(
            r"\\begin\{{subfigure\}}{arguments}.*?\\end\{{subfigure\}}"
        )),
        inner_command: pattern(&format!(r"\\(?:subfigure|subfloat)\[([^\]]*)\]\s*{braced}")),
        inner_bare: pattern(&format!(r"\\(?:subfigure|subfloat)(?!\[)\s*{braced}")),
        captions: [
            pattern(&format!(r"\\caption\*?(?:\[[^\]]*\])?{braced}")),
            pattern(&format!(r"\\subcaption(?:\[[^\]]*\])?{braced}")),
            pattern(&format!(r"\\captionof\{{figure\}}(?:\[[^\]]*\])?{braced}")),
        ],
        table_caption: pattern(&format!(r"\\captionof\{{table\}}(?:\[[^\]]*\])?{braced}")),
        minipage: pattern(&format!(r"\\begin\{{minipage\}}{arguments}(.*?)\\end\{{minipage\}}")),
        label: pattern(r"\\label\{([^}]+)\}"),
        image: pattern(r"\\includegraphics(?:\[[^\]]*\])?\{([^}]+)\}"),
        stripped: pattern(&format!(r"\\begin\{{({environments})\}}.*?\\end\{{\1\}}")),
    }
});

/// Where a match is, and its first two groups.
type Found = (std::ops::Range<usize>, [String; 2]);

/// The matches of a pattern; `needle` is a part that every match has, much faster to look for.
fn all(pattern: &Pattern, needle: &str, text: &str) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    if !text.contains(needle) {
        return Ok(found);
    }
    let mut matches = pattern.matches(text);
    while let Some(captures) = matches.advance()? {
        let group = |number: usize| {
            captures.get(number).map_or_else(String::new, |group| group.as_str().to_owned())
        };
        let Some(whole) = captures.get(0) else { break };
        found.push((whole.start()..whole.end(), [group(1), group(2)]));
    }
    Ok(found)
}

fn first(pattern: &Pattern, needle: &str, text: &str) -> Result<Option<String>, String> {
    if !text.contains(needle) {
        return Ok(None);
    }
    let captures = pattern.matches(text).advance()?;
    let group =
        captures.and_then(|captures| captures.get(1).map(|group| group.as_str().to_owned()));
    Ok(group.map(|group| strip(&group).to_owned()))
}

fn caption_of(text: &str) -> Result<String, String> {
    let needles = ["\\caption", "\\subcaption", "\\captionof{figure}"];
    for (pattern, needle) in PATTERNS.captions.iter().zip(needles) {
        if let Some(caption) = first(pattern, needle, text)? {
            return Ok(caption);
        }
    }
    Ok(String::new())
}

fn label_of(text: &str) -> Result<String, String> {
    Ok(first(&PATTERNS.label, "\\label{", text)?.unwrap_or_default())
}

fn images_of(text: &str) -> Result<Vec<String>, String> {
    let found = all(&PATTERNS.image, "\\includegraphics", text)?;
    Ok(found.into_iter().map(|(_, [path, _])| strip(&path).to_owned()).collect())
}

fn leaf(caption: String, content: &str) -> Result<Option<Figure>, String> {
    let images = images_of(content)?;
    let label = label_of(content)?;
    Ok((!images.is_empty()).then_some(Figure { caption, label, images, inner: Vec::new() }))
}

/// The figures of a document that have pictures.
///
/// # Errors
/// When a search takes too many steps.
pub fn figures_of(latex: &str) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for (range, _) in all(&PATTERNS.figure, "\\begin{", latex)? {
        figures.extend(figures_in(&latex[range])?);
    }
    Ok(figures)
}

fn figures_in(environment: &str) -> Result<Vec<Figure>, String> {
    let environments = all(&PATTERNS.inner_environment, "\\begin{subfigure}", environment)?;
    let commands = all(&PATTERNS.inner_command, "\\subf", environment)?;
    let bare = all(&PATTERNS.inner_bare, "\\subf", environment)?;
    if environments.is_empty() && commands.is_empty() && bare.is_empty() {
        return minipages_or_one(environment);
    }
    let mut inner = Vec::new();
    for (range, _) in &environments {
        let content = &environment[range.clone()];
        inner.extend(leaf(caption_of(content)?, content)?);
    }
    for (_, [caption, content]) in &commands {
        inner.extend(leaf(strip(caption).to_owned(), content)?);
    }
    for (_, [content, _]) in &bare {
        inner.extend(leaf(String::new(), content)?);
    }
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let mut outside = environment.to_owned();
    let all = environments.iter().chain(&commands).chain(&bare);
    let mut ranges: Vec<_> = all.map(|(range, _)| range.clone()).collect();
    ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
    for range in ranges {
        let end = range.end.min(outside.len());
        if range.start <= end {
            outside.replace_range(range.start..end, "");
        }
    }
    let (caption, label) = (caption_of(&outside)?, label_of(&outside)?);
    Ok(vec![Figure { caption, label, images: Vec::new(), inner }])
}

/// Several minipages are figures of their own, tables among them left out.
fn minipages_or_one(environment: &str) -> Result<Vec<Figure>, String> {
    let minipages = all(&PATTERNS.minipage, "\\begin{minipage}", environment)?;
    if minipages.len() < 2 {
        return Ok(leaf(caption_of(environment)?, environment)?.into_iter().collect());
    }
    let mut figures = Vec::new();
    for (_, [body, _]) in &minipages {
        if !PATTERNS.table_caption.is_in(body)? {
            figures.extend(leaf(caption_of(body)?, body)?);
        }
    }
    Ok(figures)
}

/// The paragraphs of prose, without floats, formulas and listings.
///
/// # Errors
/// When a search takes too many steps.
pub fn paragraphs_of(latex: &str, separator: &str) -> Result<Vec<String>, String> {
    let mut prose = String::with_capacity(latex.len());
    let mut place = 0;
    let mut matches = PATTERNS.stripped.matches(latex);
    while let Some(range) = matches.advance_over()? {
        prose.push_str(&latex[place..range.start]);
        place = range.end;
    }
    prose.push_str(&latex[place..]);
    let paragraphs = prose.split(separator).map(strip).filter(|paragraph| !paragraph.is_empty());
    Ok(paragraphs.map(str::to_owned).collect())
}
