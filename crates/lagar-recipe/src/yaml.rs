//! YAML text into a tree of [`Node`]s.
//!
//! Built on the events of the parser inside `serde-saphyr` and not on its `Spanned` values,
//! because only events tell a quoted scalar from a plain one and leave the reading of plain ones
//! to us (see [`crate::scalar`]). Aliases and merge keys (`<<`) work as in `PyYAML`. Depth and size
//! are bounded, so that no text can exhaust stack or memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use lagar_core::diagnostic::{Diagnostic, SourceText, Span};
use serde_saphyr::granit_parser::{
    Event, Options, Parser, ScalarStyle, ScanError, Span as Marked, StrInput, Tag,
};

use crate::node::{Key, Location, Node, Value};
use crate::scalar;

/// Deepest nesting that is read; recipes need about six.
const MAX_DEPTH: usize = 64;
/// Most nodes that are built, copies made by aliases included.
const MAX_NODES: usize = 200_000;
/// Prefix of the tags that YAML itself defines (`!!str`).
const CORE_TAG: &str = "tag:yaml.org,2002:";

/// Reads the text of `source` from byte `offset` to its end as one YAML document.
///
/// # Errors
/// See [`Node::parse`].
pub(crate) fn parse(source: &Arc<SourceText>, offset: usize) -> Result<Node, Diagnostic> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut builder = Builder {
        source,
        offset,
        parser: Parser::new_from_str_with_options(&source.text[offset..], options),
        anchors: BTreeMap::new(),
        num_nodes: 0,
    };
    builder.document()
}

struct Builder<'a> {
    source: &'a Arc<SourceText>,
    /// Added to every byte offset of the parser.
    offset: usize,
    parser: Parser<'a, StrInput<'a>>,
    /// Finished nodes by the parser's number of their anchor.
    anchors: BTreeMap<usize, Node>,
    num_nodes: usize,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Node, Diagnostic> {
        let mut root: Option<Node> = None;
        loop {
            let (event, marked) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    let at = self.location(marked);
                    return Err(at.error("more than one YAML document", "a second one starts here"));
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => root = Some(self.node(event, marked, 0)?),
            }
        }
        Ok(root.unwrap_or_else(|| Node {
            location: Location {
                source: Arc::clone(self.source),
                span: Span::new(self.offset, self.offset),
            },
            value: Value::Null,
        }))
    }

    fn next(&mut self) -> Result<(Event<'a>, Marked), Diagnostic> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax_error(&error)),
            None => Ok((Event::StreamEnd, Marked::default())),
        }
    }

    fn syntax_error(&self, error: &ScanError) -> Diagnostic {
        let start = error.marker().byte_offset().unwrap_or_default() + self.offset;
        let info = error.info();
        let diagnostic = Diagnostic::error(format!("invalid YAML: {info}"));
        let diagnostic = diagnostic.with_place(self.source, Span::new(start, start), "");
        if info.contains("tab") {
            diagnostic.with_hint("indent with spaces, YAML does not allow tabs there")
        } else {
            diagnostic
        }
    }

    fn location(&self, marked: Marked) -> Location {
        let range = marked.byte_range().unwrap_or_default();
        let span = Span::new(range.start + self.offset, range.end + self.offset);
        Location { source: Arc::clone(self.source), span }
    }

    /// Builds the node that starts with `event`.
    fn node(&mut self, event: Event<'a>, marked: Marked, depth: usize) -> Result<Node, Diagnostic> {
        let location = self.location(marked);
        self.num_nodes += 1;
        if depth > MAX_DEPTH {
            return Err(location.error(format!("nested deeper than {MAX_DEPTH} levels"), ""));
        }
        if self.num_nodes > MAX_NODES {
            return Err(location.error(format!("more than {MAX_NODES} values"), ""));
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar_value(&text, style, tag.as_deref(), &location)?;
                (anchor, Node { location, value })
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "seq", &location)?;
                (anchor, self.sequence(location, depth)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "map", &location)?;
                (anchor, self.mapping(location, depth)?)
            }
            Event::Alias(target) => return self.alias(target, &location),
            _ => return Err(location.error("invalid YAML: a value is missing here", "")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, target: usize, location: &Location) -> Result<Node, Diagnostic> {
        let node = self.anchors.get(&target).cloned().ok_or_else(|| {
            location.error("an alias cannot be used inside the value that it names", "")
        })?;
        self.num_nodes += count(&node);
        Ok(node)
    }

    fn sequence(&mut self, mut location: Location, depth: usize) -> Result<Node, Diagnostic> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, marked) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let inner = items.last().map(|item| item.location.span.end);
                self.extend(&mut location, inner, marked);
                return Ok(Node { location, value: Value::Seq(items) });
            }
            items.push(self.node(event, marked, depth + 1)?);
        }
    }

    fn mapping(&mut self, mut location: Location, depth: usize) -> Result<Node, Diagnostic> {
        let mut entries = Entries::default();
        loop {
            let (event, marked) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let inner = entries.list.last().map(|(_, node)| node.location.span.end);
                self.extend(&mut location, inner, marked);
                let value = Value::Map(entries.finish());
                return Ok(Node { location, value });
            }
            let (key, merge) = self.key(event, marked)?;
            let (event, marked) = self.next()?;
            let node = self.node(event, marked, depth + 1)?;
            if merge {
                entries.merge(node)?;
            } else {
                entries.insert(key, node)?;
            }
        }
    }

    /// The key that `event` holds, and whether it is the merge key.
    fn key(&mut self, event: Event<'a>, marked: Marked) -> Result<(Key, bool), Diagnostic> {
        let location = self.location(marked);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let merge = style == ScalarStyle::Plain && text == "<<";
                let name = text.into_owned();
                if anchor != 0 {
                    let value = Value::Str(name.clone());
                    self.anchors.insert(anchor, Node { location: location.clone(), value });
                }
                Ok((Key { name, location }, merge))
            }
            Event::Alias(target) => match self.alias(target, &location)?.value {
                Value::Str(name) => Ok((Key { name, location }, false)),
                _ => Err(location.error("a key must be a name", "this alias is not a string")),
            },
            _ => Err(location.error("a key must be a name", "not a list or a mapping")),
        }
    }

    /// Stretches a collection to its closing bracket, or to the end of its last value.
    fn extend(&self, location: &mut Location, inner_end: Option<usize>, closing: Marked) {
        let close = self.location(closing).span;
        let end = if close.end > close.start { Some(close.end) } else { inner_end };
        location.span.end = end.unwrap_or(location.span.end).max(location.span.end);
    }
}

/// The entries of a mapping while it is read.
#[derive(Default)]
struct Entries {
    list: Vec<(Key, Node)>,
    /// Index into `list` by name.
    index: BTreeMap<String, usize>,
    /// Entries of merged mappings, which give way to written ones.
    merged: Vec<(Key, Node)>,
}

impl Entries {
    fn insert(&mut self, key: Key, node: Node) -> Result<(), Diagnostic> {
        if let Some(first) = self.index.get(&key.name) {
            let first = &self.list[*first].0.location;
            let line = first.error("", "").line_column().map_or(1, |(line, _)| line);
            let message = format!("duplicate key `{}`", key.name);
            return Err(key.location.error(message, format!("already given on line {line}")));
        }
        self.index.insert(key.name.clone(), self.list.len());
        self.list.push((key, node));
        Ok(())
    }

    fn merge(&mut self, node: Node) -> Result<(), Diagnostic> {
        match node.value {
            Value::Map(entries) => self.merged.extend(entries),
            Value::Seq(nodes) if nodes.iter().all(|node| node.as_map().is_some()) => {
                for node in nodes {
                    self.merge(node)?;
                }
            }
            _ => {
                let message = "`<<` merges a mapping or a list of mappings";
                let label = format!("this is {}", node.value.describe());
                return Err(node.location.error(message, label));
            }
        }
        Ok(())
    }

    /// Written entries first, then merged ones; of those with one name the first counts.
    fn finish(mut self) -> Vec<(Key, Node)> {
        for (key, node) in self.merged {
            if !self.index.contains_key(&key.name) {
                self.index.insert(key.name.clone(), self.list.len());
                self.list.push((key, node));
            }
        }
        self.list
    }
}

fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    location: &Location,
) -> Result<Value, Diagnostic> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => scalar::resolve(text),
            _ => Value::Str(text.to_owned()),
        });
    };
    let value = match (tag.handle(), tag.suffix()) {
        (CORE_TAG, "str") | ("!", "") | ("", "!") => Some(Value::Str(text.to_owned())),
        (CORE_TAG, "int") => scalar::integer(text).map(Value::Int),
        (CORE_TAG, "float") => match scalar::resolve(text) {
            Value::Int(value) => Some(Value::Float(value as f64)),
            value @ Value::Float(_) => Some(value),
            _ => None,
        },
        (CORE_TAG, "bool") => {
            Some(scalar::resolve(text)).filter(|value| matches!(value, Value::Bool(_)))
        }
        (CORE_TAG, "null") => {
            Some(scalar::resolve(text)).filter(|value| matches!(value, Value::Null))
        }
        _ => return Err(unknown_tag(tag, location)),
    };
    value.ok_or_else(|| {
        location.error(format!("`{text}` cannot be read as `!!{}`", tag.suffix()), "")
    })
}

fn check_tag(tag: Option<&Tag>, kind: &str, location: &Location) -> Result<(), Diagnostic> {
    match tag {
        Some(tag) if tag.handle() != CORE_TAG || tag.suffix() != kind => {
            Err(unknown_tag(tag, location))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, location: &Location) -> Diagnostic {
    let name = format!("{}{}", tag.handle(), tag.suffix());
    location.error(format!("the tag `{name}` has no meaning in a recipe"), "")
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::Seq(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| count(node)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn read(text: &str) -> Result<Node, Diagnostic> {
        parse(&SourceText::new("t.yaml", text), 0)
    }

    fn json(text: &str) -> String {
        serde_json::to_string(&read(text).unwrap()).unwrap()
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn quoted_scalars_are_strings_and_plain_ones_are_resolved() {
        assert_eq!(
            json("a: '5'\nb: 5\nc: \"yes\"\nd: yes\ne: |\n  7\nf: !!str 8\ng: ! 9\nh: !!float 1"),
            r#"{"a":"5","b":5,"c":"yes","d":true,"e":"7\n","f":"8","g":"9","h":1.0}"#
        );
    }

    #[test]
    fn aliases_and_merge_keys_work() {
        assert_eq!(
            json("a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {<<: [{r: 1}, {r: 2}]}"),
            r#"{"a":{"p":1,"q":2},"b":{"p":1,"q":2},"c":{"q":3,"p":1},"d":{"r":1}}"#
        );
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "数据: [1, 图]\nmap:\n  key: word  # comment\n  flow: {a: b}\n";
        let node = read(text).unwrap();
        let slice = |node: &Node| &text[node.location.span.start..node.location.span.end];
        assert_eq!(slice(node.get("数据").unwrap()), "[1, 图]");
        assert_eq!(slice(&node.get("数据").unwrap().as_seq().unwrap()[1]), "图");
        let map = node.get("map").unwrap();
        assert_eq!(slice(map), "key: word  # comment\n  flow: {a: b}");
        assert_eq!(slice(map.get("key").unwrap()), "word");
        assert_eq!(slice(map.get("flow").unwrap()), "{a: b}");
        let key = &map.as_map().unwrap()[0].0;
        assert_eq!(&text[key.location.span.start..key.location.span.end], "key");
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        assert_eq!(message("a: 1\na: 2"), "duplicate key `a`");
        assert_eq!(message("a: 1\n---\nb: 2"), "more than one YAML document");
        assert_eq!(message("a: &x [*x]"), "an alias cannot be used inside the value that it names");
        assert_eq!(message("[1]: 2"), "a key must be a name");
        assert_eq!(message("<<: 3"), "`<<` merges a mapping or a list of mappings");
        assert!(message("a: !!python/object:os.system x").contains("has no meaning in a recipe"));
        assert_eq!(message("a: !!int x"), "`x` cannot be read as `!!int`");
        assert!(message("a: [1").starts_with("invalid YAML: "));
        assert!(message("a: *nowhere").starts_with("invalid YAML: "));
    }

    #[test]
    fn bombs_are_refused() {
        assert_eq!(message(&("[".repeat(100) + &"]".repeat(100))), "nested deeper than 64 levels");
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            let items = [alias.as_str(); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{items}]").unwrap();
        }
        assert_eq!(message(&text), "more than 200000 values");
    }

    #[test]
    fn an_empty_text_is_null() {
        for text in ["", "# only a comment\n", "---\n", "\u{feff}"] {
            assert_eq!(read(text).unwrap().value, Value::Null, "{text:?}");
        }
    }
}
