//! The text of an HTML document, as browsers and lexbor parse it.
//!
//! The parser is `html5ever`; this file keeps the tree it builds, in one vector, and reads it in
//! document order. Text of scripts, styles and titles counts, contents of templates do not.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, ns, parse_document};

/// Writes all text of the document `html` in order.
pub fn text_of_html(html: &str, new: &mut String) {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    let nodes = parse_document(Tree::default(), options).one(html);
    let mut todo = vec![DOCUMENT];
    while let Some(node) = todo.pop() {
        let node = &nodes[node];
        if let Content::Text(text) = &node.content {
            new.push_str(text);
        }
        todo.extend(node.children.iter().rev());
    }
}

const DOCUMENT: usize = 0;

#[derive(Debug)]
struct Node {
    content: Content,
    parent: Option<usize>,
    children: Vec<usize>,
}

#[derive(Debug)]
enum Content {
    Text(StrTendril),
    Element(QualName),
    /// The document, a comment, the contents of a template.
    Other,
}

/// The nodes of a document; the document itself is the first.
#[derive(Debug)]
struct Tree {
    nodes: RefCell<Vec<Node>>,
}

impl Default for Tree {
    fn default() -> Self {
        let document = Node { content: Content::Other, parent: None, children: Vec::new() };
        Self { nodes: RefCell::new(vec![document]) }
    }
}

impl Tree {
    fn add(&self, content: Content) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { content, parent: None, children: Vec::new() });
        nodes.len() - 1
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.nodes.borrow()[node].parent
    }

    /// Puts a child into `parent`, at `place` among its children.
    fn insert(&self, parent: usize, place: usize, child: NodeOrText<usize>) {
        let child = match child {
            NodeOrText::AppendNode(node) => {
                self.remove_from_parent(&node);
                node
            }
            NodeOrText::AppendText(text) => {
                let mut nodes = self.nodes.borrow_mut();
                let before = place.checked_sub(1).map(|before| nodes[parent].children[before]);
                if let Some(Content::Text(known)) = before.map(|before| &mut nodes[before].content)
                {
                    known.push_tendril(&text);
                    return;
                }
                drop(nodes);
                self.add(Content::Text(text))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let place = place.min(nodes[parent].children.len());
        nodes[parent].children.insert(place, child);
        nodes[child].parent = Some(parent);
    }
}

/// The name of an element.
#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = Vec<Node>;
    type ElemName<'a> = Name;

    fn finish(self) -> Vec<Node> {
        self.nodes.into_inner()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name {
        match &self.nodes.borrow()[*target].content {
            Content::Element(name) => Name(name.clone()),
            // The parser asks for names of elements only.
            _ => Name(QualName::new(None, ns!(html), LocalName::from(""))),
        }
    }

    fn create_element(
        &self,
        name: QualName,
        _attributes: Vec<Attribute>,
        _flags: ElementFlags,
    ) -> usize {
        self.add(Content::Element(name))
    }

    fn create_comment(&self, _text: StrTendril) -> usize {
        self.add(Content::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> usize {
        self.add(Content::Other)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        let end = self.nodes.borrow()[*parent].children.len();
        self.insert(*parent, end, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &usize,
        previous: &usize,
        child: NodeOrText<usize>,
    ) {
        if self.parent(*element).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(
        &self,
        _name: StrTendril,
        _public: StrTendril,
        _system: StrTendril,
    ) {
    }

    /// Nobody reads them: they hang on no other node.
    fn get_template_contents(&self, _target: &usize) -> usize {
        self.add(Content::Other)
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let Some(parent) = self.parent(*sibling) else { return };
        if let NodeOrText::AppendNode(node) = &child {
            self.remove_from_parent(node);
        }
        let place = self.nodes.borrow()[parent].children.iter().position(|node| node == sibling);
        self.insert(parent, place.unwrap_or(0), child);
    }

    fn add_attrs_if_missing(&self, _target: &usize, _attributes: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &usize) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[*target].parent.take() {
            nodes[parent].children.retain(|child| child != target);
        }
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[*node].children);
        for child in &children {
            nodes[*child].parent = Some(*new_parent);
        }
        nodes[*new_parent].children.extend(children);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are those of selectolax 1.0.2, `LexborHTMLParser(html).text()`.
    #[test]
    fn texts_are_those_of_lexbor() {
        for (html, expected) in [
            ("a<script>x<y</script>b", "ax<yb"),
            ("<head><title>T</title></head><body>b</body>", "Tb"),
            ("a<template>in<b>t</b></template>c", "ac"),
            ("<noscript>n<p>q</noscript>r", "nqr"),
            ("<textarea>\nab<b></textarea>", "ab<b>"),
            ("<![CDATA[x]]>y", "y"),
            ("<svg><title>t</title><![CDATA[q]]></svg>", "tq"),
            ("\n\n a", "a"),
            ("a\0b\r\nc\rd", "ab\nc\nd"),
            (
                "&amp;lt;&nbsp;&hellip;&notit;&#0;&#x80;",
                "&lt;\u{a0}\u{2026}\u{ac}it;\u{fffd}\u{20ac}",
            ),
            ("<frameset><frame></frameset>x", ""),
            ("<table>x<tr><td>y</table>z", "xyz"),
            ("<select><option>a<b>c</select>d", "acd"),
            ("<noscript><style>a</noscript>b", "a</noscript>b"),
            ("a < b > c<a", "a < b > c"),
            ("<pre>\n\nx</pre>", "\nx"),
            ("<a>1<a>2<table><a>3", "123"),
            ("<b>1<p>2</b>3<i>4", "1234"),
            ("\u{3000}a", "\u{3000}a"),
        ] {
            let mut new = String::new();
            text_of_html(html, &mut new);
            assert_eq!(new, expected, "{html}");
        }
    }
}
