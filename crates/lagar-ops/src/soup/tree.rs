//! The tree: built by start and end tags, searched by name, written as HTML.

use super::scan::scan;
use crate::text::strip;

/// A parsed document; the first node is the document itself.
#[derive(Debug)]
pub struct Soup {
    nodes: Vec<Node>,
    /// The elements that are open, outermost first.
    open: Vec<usize>,
    /// Text that is not yet a node.
    pending: String,
    /// Empty elements whose end tags would be ignored.
    closed: Vec<String>,
}

#[derive(Debug)]
struct Node {
    content: Content,
    children: Vec<usize>,
}

#[derive(Debug)]
enum Content {
    Element {
        name: String,
        attributes: Vec<(String, String)>,
    },
    Text(String),
    /// A CDATA section: text that is written as it is.
    Section(String),
    /// What is written as it is and is nobody's text: comments, scripts, declarations.
    Raw(String),
}

/// Elements that have no content.
const EMPTY: [&str; 24] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "keygen", "link", "menuitem",
    "meta", "param", "source", "track", "wbr", "basefont", "bgsound", "command", "frame", "image",
    "isindex", "nextid", "spacer",
];

/// Attributes that are lists of words, wherever they stand.
const LISTS: [&str; 3] = ["class", "accesskey", "dropzone"];

impl Soup {
    /// Parses a document.
    ///
    /// # Errors
    /// Where Python's parser gives up.
    pub fn new(html: &str) -> Result<Self, String> {
        let document = Content::Element { name: String::new(), attributes: Vec::new() };
        let nodes = vec![Node { content: document, children: Vec::new() }];
        let mut soup = Self { nodes, open: vec![0], pending: String::new(), closed: Vec::new() };
        scan(html, &mut soup)?;
        Ok(soup)
    }

    fn name(&self, node: usize) -> &str {
        match &self.nodes[node].content {
            Content::Element { name, .. } => name,
            _ => "",
        }
    }

    fn add(&mut self, content: Content) -> usize {
        let parent = self.open.last().copied().unwrap_or(0);
        let node = self.nodes.len();
        self.nodes.push(Node { content, children: Vec::new() });
        self.nodes[parent].children.push(node);
        node
    }

    fn is_inside(&self, names: &[&str]) -> bool {
        self.open.iter().any(|node| names.contains(&self.name(*node)))
    }

    pub(super) fn add_text(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    pub(super) fn end_text(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.pending);
        let text = self.folded(&text).to_owned();
        let parent = self.open.last().map(|node| self.name(*node)).unwrap_or_default();
        let content = if matches!(parent, "script" | "style") {
            Content::Raw(text)
        } else if self.is_inside(&["script", "style", "template"]) {
            Content::Raw(escaped(&text))
        } else {
            Content::Text(text)
        };
        self.add(content);
    }

    /// Blank text, even of no characters, is one space or line feed, except where it is formatted.
    fn folded<'t>(&self, text: &'t str) -> &'t str {
        let is_blank = text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0x0c | b'\r'));
        match is_blank && !self.is_inside(&["pre", "textarea"]) {
            true if text.contains('\n') => "\n",
            true => " ",
            false => text,
        }
    }

    /// Adds a comment, a declaration or an instruction, with what stands around it.
    pub(super) fn add_special(&mut self, (before, after): (&str, &str), inner: &str) {
        self.end_text();
        let raw = format!("{before}{}{after}", self.folded(inner));
        self.add(Content::Raw(raw));
    }

    /// Adds a CDATA section.
    pub(super) fn add_section(&mut self, inner: &str) {
        self.end_text();
        let inner = self.folded(inner).to_owned();
        self.add(Content::Section(inner));
    }

    pub(super) fn start(
        &mut self,
        name: &str,
        attributes: Vec<(String, String)>,
        closes_itself: bool,
    ) {
        self.end_text();
        let node = self.add(Content::Element { name: name.to_owned(), attributes });
        self.open.push(node);
        if closes_itself {
            self.end(name);
        } else if EMPTY.contains(&name) {
            self.open.pop();
            self.closed.push(name.to_owned());
        }
    }

    pub(super) fn end(&mut self, name: &str) {
        if let Some(place) = self.closed.iter().position(|closed| closed == name) {
            self.closed.remove(place);
            return;
        }
        self.end_text();
        let place = self.open.iter().rposition(|node| self.name(*node) == name);
        if let Some(place) = place.filter(|place| *place > 0) {
            self.open.truncate(place);
        }
    }

    /// All elements of that name below `node`, in document order; 0 is the document.
    pub fn descendants(&self, node: usize, name: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut todo: Vec<usize> = self.nodes[node].children.iter().rev().copied().collect();
        while let Some(node) = todo.pop() {
            if self.name(node) == name {
                found.push(node);
            }
            todo.extend(self.nodes[node].children.iter().rev());
        }
        found
    }

    /// The children of `node` with one of these names.
    pub fn children(&self, node: usize, names: &[&str]) -> Vec<usize> {
        let children = self.nodes[node].children.iter().copied();
        children.filter(|child| names.contains(&self.name(*child))).collect()
    }

    /// The texts below `node`, each without white space at its ends, joined.
    pub fn stripped_text(&self, node: usize) -> String {
        let mut text = String::new();
        let mut todo = vec![node];
        while let Some(node) = todo.pop() {
            if let Content::Text(piece) | Content::Section(piece) = &self.nodes[node].content {
                text.push_str(strip(piece));
            }
            todo.extend(self.nodes[node].children.iter().rev());
        }
        text
    }

    /// The element as HTML.
    pub fn html(&self, node: usize) -> String {
        enum Step {
            Open(usize),
            Close(usize),
        }
        let mut html = String::new();
        let mut todo = vec![Step::Open(node)];
        while let Some(step) = todo.pop() {
            match step {
                Step::Close(node) => html.extend(["</", self.name(node), ">"]),
                Step::Open(node) => match &self.nodes[node].content {
                    Content::Text(text) => html.push_str(&escaped(text)),
                    Content::Raw(raw) => html.push_str(raw),
                    Content::Section(inner) => html.extend(["<![CDATA[", inner, "]]>"]),
                    Content::Element { name, attributes } => {
                        let children = &self.nodes[node].children;
                        let is_empty = children.is_empty() && EMPTY.contains(&name.as_str());
                        open_tag(name, attributes, is_empty, &mut html);
                        if !is_empty {
                            todo.push(Step::Close(node));
                            todo.extend(children.iter().rev().map(|child| Step::Open(*child)));
                        }
                    }
                },
            }
        }
        html
    }
}

fn open_tag(name: &str, attributes: &[(String, String)], is_empty: bool, html: &mut String) {
    html.extend(["<", name]);
    let mut sorted: Vec<&(String, String)> = attributes.iter().collect();
    sorted.sort();
    for (key, value) in sorted {
        let is_list = LISTS.contains(&key.as_str())
            || matches!(
                (name, key.as_str()),
                ("td" | "th", "headers") | ("a" | "link", "rel" | "rev")
            );
        let value = if is_list {
            value.split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            value.clone()
        };
        let value = escaped(&value);
        let (quote, value) = match (value.contains('"'), value.contains('\'')) {
            (true, true) => ("\"", value.replace('"', "&quot;")),
            (true, false) => ("'", value),
            _ => ("\"", value),
        };
        html.extend([" ", key, "=", quote, &value, quote]);
    }
    html.push_str(if is_empty { "/>" } else { ">" });
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are `BeautifulSoup`'s (4.15.0, Python 3.11).
    #[test]
    fn sections_comments_and_attributes_are_those_of_beautiful_soup() {
        for (html, expected, texts) in [
            (
                "<table b=1 a='2'><tr><td>x <![CDATA[y & z]]></td><td>\u{b}</td><td><!---->w<![if a]></td></tr></table>",
                "<table a=\"2\" b=\"1\"><tr><td>x <![CDATA[y & z]]></td><td>\u{b}</td><td><!-- -->w<?if a?></td></tr></table>",
                ["xy & z", "", "w"].as_slice(),
            ),
            (
                "<table><tr><td><![cdata[ ]]>a<!-- \t --><?p  q?></td></tr></table>",
                "<table><tr><td><![CDATA[ ]]>a<!-- --><?p  q?></td></tr></table>",
                ["a"].as_slice(),
            ),
        ] {
            let soup = Soup::new(html).unwrap();
            assert_eq!(soup.html(soup.descendants(0, "table")[0]), expected);
            let cells = soup.descendants(0, "td");
            let found: Vec<String> = cells.iter().map(|cell| soup.stripped_text(*cell)).collect();
            assert_eq!(found, texts);
        }
    }
}
