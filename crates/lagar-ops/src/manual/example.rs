//! Examples of manual pages: run, and shown as rows before and after.

use std::collections::BTreeMap;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryBuilder, ListBuilder, StringViewArray,
    StringViewBuilder,
};
use arrow::buffer::Buffer;
use lagar_core::diagnostic::SourceText;
use lagar_core::row::{
    batch_from_json_lines, rows_of_lines, value_of, whole_rows, write_stats, write_string,
};
use lagar_core::{Batch, Origin, RowKeys, StatColumn};
use lagar_image::{Mode, Picture};
use lagar_recipe::Node;

use crate::interval::Interval;
use crate::near::{Union, join_near};
use crate::picture::Pictures;
use crate::registry::{Cost, Example, OperatorInfo};
use crate::text::CutTexts;
use crate::{
    Built, Candidates, Context, Deduplicator, Filter, Grouper, Grouping, Mapper, PRIVATE, Regroup,
    Selection, Selector, Stats, Tokens, gather, scatter,
};

/// Runs an example and shows its rows before and after.
pub(super) fn table(info: &OperatorInfo, example: &Example) -> Result<String, String> {
    let mut batch = if example.pictures.is_empty() {
        batch_of(example.texts)
    } else {
        batch_with_pictures(example.pictures)
    }
    .map_err(|error| error.to_string())?;
    let pictures = if info.cost == Cost::Pixels {
        batch.image_bytes = None;
        Pictures::in_memory(drawn(example.pictures).map_err(|error| error.to_string())?)
    } else {
        Pictures::new(".")
    };
    let source = SourceText::new(info.name, example.parameters);
    let node = Node::parse(&source).map_err(|problem| problem.message)?;
    let (built, _) = (info.build)(&node).map_err(|error| error.to_string())?;
    let (keys, tokens) = (RowKeys::default(), Tokens::default());
    let (keys, tokens, pictures, cuts) = (&keys, &tokens, &pictures, &CutTexts::default());
    let context = Context { keys, tokens, seed: 42, pictures, cuts, suffix: "" };
    run(&built, &batch, &context).map_err(|error| error.to_string())
}

fn batch_of(texts: &[&str]) -> Result<Batch, lagar_core::CoreError> {
    let mut lines = Vec::new();
    for text in texts {
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok() {
            lines.extend_from_slice(text.as_bytes());
            lines.push(b'\n');
            continue;
        }
        lines.extend_from_slice(b"{\"text\":");
        write_string(text, &mut lines);
        lines.extend_from_slice(b"}\n");
    }
    let lines = Buffer::from(lines);
    let ranges = rows_of_lines(&lines);
    batch_from_json_lines(&lines, &ranges, 0, &RowKeys::default()).map(|(batch, _)| batch)
}

/// Rows whose text names the sizes of their pictures, and which carry such pictures.
fn batch_with_pictures(rows: &[&[(u32, u32)]]) -> Result<Batch, lagar_core::CoreError> {
    let names = |row: &[(u32, u32)]| {
        row.iter().map(|(width, height)| name_of(*width, *height)).collect::<Vec<_>>()
    };
    let texts: Vec<String> = rows.iter().map(|row| names(row).join(", ")).collect();
    let mut batch = batch_of(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut paths = ListBuilder::new(StringViewBuilder::new());
    let mut bytes = ListBuilder::new(BinaryBuilder::new());
    for row in rows {
        for ((width, height), name) in row.iter().zip(names(row)) {
            paths.values().append_value(name);
            bytes.values().append_value(png_header(*width, *height));
        }
        paths.append(true);
        bytes.append(true);
    }
    batch.images = paths.finish();
    batch.image_bytes = Some(bytes.finish());
    Ok(batch)
}

fn name_of(width: u32, height: u32) -> String {
    format!("{width}×{height}")
}

/// Pictures of these sizes by name: from black at the left to white at the right.
fn drawn(rows: &[&[(u32, u32)]]) -> Result<BTreeMap<String, Vec<u8>>, lagar_image::ImageError> {
    let sizes = rows.iter().flat_map(|row| row.iter());
    sizes
        .map(|(width, height)| {
            let row = (0..*width).map(|column| (column * 255 / width) as u8);
            let pixels = (0..*height).flat_map(|_| row.clone()).collect();
            let picture = Picture::new(*width, *height, Mode::L, pixels)?;
            Ok((name_of(*width, *height), picture.encode_png()?))
        })
        .collect()
}

/// The least that is a PNG of that size to a reader of headers.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&width.to_be_bytes());
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(b"\x08\x02\0\0\0\0\0\0\0");
    bytes.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

fn run(
    built: &Built,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    match built {
        Built::Filter(filter) => filtered(filter.as_ref(), batch, context),
        Built::Mapper(mapper) => mapped(mapper.as_ref(), batch, context),
        Built::Deduplicator(deduplicator) => deduplicated(deduplicator.as_ref(), batch, context),
        Built::Selector(selector) => selected(selector.as_ref(), batch, context),
        Built::Grouper(grouper) => regrouped(grouper.as_ref(), batch, context),
    }
}

/// The row as the table shows it: its text, or all of it where there is more.
fn shown(batch: &Batch, row: usize) -> String {
    let Origin::Json(lines) = &batch.origin else {
        return literal(batch.text.value(row));
    };
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(lines.value(row)).unwrap_or_default();
    if fields.len() <= 1 {
        return literal(batch.text.value(row));
    }
    format!("`{}`", lines.value(row).replace('|', "\\|"))
}

fn filtered(
    filter: &dyn Filter,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    let computed = filter.stats(batch, context)?;
    let stats = Stats::new(&computed.stats, batch.len());
    let verdicts = filter.keep(&stats, Interval::default());
    let public: Vec<StatColumn> =
        computed.stats.iter().filter(|stat| !stat.key.starts_with(PRIVATE)).cloned().collect();
    let row = |row: usize| {
        let mut values = Vec::new();
        write_stats(&public, row, &mut values);
        let values = String::from_utf8_lossy(&values).into_owned();
        let kept = if verdicts.keep[row] { "kept" } else { "dropped" };
        [shown(batch, row), format!("`{values}`"), kept.to_owned()]
    };
    Ok(rows(["text", "statistics", "row"], (0..batch.len()).map(row)))
}

fn mapped(
    mapper: &dyn Mapper,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    let mapped = mapper.map(batch, context)?;
    let changed = mapped.images.clone().map(|images| Batch { images, ..batch.clone() });
    if let (Some(changed), None) = (&changed, &mapped.parents) {
        let row = |row: usize| [paths_of(batch, row), paths_of(changed, row)];
        return Ok(rows(["pictures before", "pictures after"], (0..batch.len()).map(row)));
    }
    let parent = |row: usize| match &mapped.parents {
        Some(parents) => parents[row] as usize,
        None => row,
    };
    let before: &StringViewArray = &batch.text;
    let count = mapped.parents.as_ref().map_or(batch.len(), Vec::len);
    let row = |row: usize| {
        let text = match &mapped.text {
            Some(after) => after.value(row),
            None => before.value(parent(row)),
        };
        let mut after = literal(text);
        if let Some(changed) = &changed {
            after.extend([" ", &paths_of(changed, row)]);
        }
        for edit in &mapped.fields {
            if let Some(value) = &edit.values[row] {
                let value = value.to_string().replace('|', "\\|");
                after.extend([" `", &edit.path.join("."), ": ", &value, "`"]);
            }
        }
        [shown(batch, parent(row)), after]
    };
    Ok(rows(["before", "after"], (0..count).map(row)))
}

/// The paths of a row's pictures, codes of produced ones shortened.
fn paths_of(batch: &Batch, row: usize) -> String {
    let paths = batch.images_of(row).map(|path| match path.split_once("__dj_hash_#") {
        Some((head, code)) => format!("`{head}__dj_hash_#{}…{}`", &code[..6], &code[32..]),
        None => format!("`{path}`"),
    });
    paths.collect::<Vec<_>>().join(", ")
}

fn deduplicated(
    deduplicator: &dyn Deduplicator,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    let signatures = deduplicator.signatures(batch, context)?;
    let values = &signatures.values;
    if let Grouping::Frequent { more_than } = deduplicator.grouping() {
        let lists: Vec<Vec<String>> = (0..batch.len()).map(|row| strings(values, row)).collect();
        let count = |string: &String| lists.iter().filter(|list| list.contains(string)).count();
        let frequent = lists.iter().flatten().filter(|one| !one.is_empty());
        let frequent = frequent.filter(|one| count(one) as u64 > more_than).cloned().collect();
        let after = deduplicator.cut(batch, values, &frequent).text;
        let after = after.as_ref().unwrap_or(&batch.text);
        let row = |row: usize| [shown(batch, row), literal(after.value(row))];
        return Ok(rows(["before", "after"], (0..batch.len()).map(row)));
    }
    let beside = |row: usize| signatures.beside.as_ref().map(|one| value_of(&one.values, row));
    let signature = |row: usize| (value_of(values, row), beside(row));
    let mut union = Union::new(batch.len());
    let hash = |row: usize| value_of(values, row).as_str().and_then(|hash| hash.parse().ok());
    for row in 0..batch.len() {
        for earlier in 0..row {
            let same = match deduplicator.grouping() {
                Grouping::Bands => {
                    let (one, other) = (strings(values, row), strings(values, earlier));
                    one.iter().zip(&other).any(|(one, other)| one == other)
                }
                Grouping::Hamming { distance } => {
                    let pair = [hash(row), hash(earlier)].map(Option::unwrap_or_default);
                    let mut near = Union::new(2);
                    join_near(&pair, distance, &mut near);
                    values.is_valid(row) && values.is_valid(earlier) && near.root(1) == 0
                }
                _ => values.is_valid(row) && signature(row) == signature(earlier),
            };
            if same {
                union.join(earlier as u32, row as u32);
            }
        }
    }
    let shows_signature = deduplicator.grouping() != Grouping::Bands;
    let mut row = |row: usize| {
        let fate = if union.root(row as u32) == row as u32 { "kept" } else { "dropped" };
        let signature = match signature(row) {
            (serde_json::Value::String(text), _) if shows_signature => format!("`{text}`"),
            _ => "…".to_owned(),
        };
        [shown(batch, row), signature, fate.to_owned()]
    };
    Ok(rows(["text", "signature", "row"], (0..batch.len()).map(&mut row)))
}

/// The strings of a list, or bytes as hexadecimal digits.
fn strings(values: &ArrayRef, row: usize) -> Vec<String> {
    let Some(lists) = values.as_list_opt::<i32>().filter(|lists| lists.is_valid(row)) else {
        return Vec::new();
    };
    let items = lists.value(row);
    if let Some(bytes) = items.as_binary_opt::<i32>() {
        return bytes.iter().map(|bytes| format!("{bytes:?}")).collect();
    }
    items.as_string::<i32>().iter().map(|item| item.unwrap_or_default().to_owned()).collect()
}

fn selected(
    selector: &dyn Selector,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    let count = batch.len() as u64;
    let values = selector.values(batch, context)?.unwrap_or_default();
    let order = match selector.select(Candidates { rows: count, values: &values }, context.seed)? {
        Selection::All => (0..count).collect(),
        Selection::Rows(order) => order,
    };
    let place = |row: usize| {
        let places = order.iter().enumerate().filter(|(_, from)| **from == row as u64);
        let places: Vec<String> = places.map(|(place, _)| (place + 1).to_string()).collect();
        if places.is_empty() { "–".to_owned() } else { places.join(", ") }
    };
    let row = |row: usize| [shown(batch, row), place(row)];
    Ok(rows(["text", "place in the output"], (0..batch.len()).map(row)))
}

fn regrouped(
    grouper: &dyn Grouper,
    batch: &Batch,
    context: &Context<'_>,
) -> Result<String, crate::OperatorError> {
    let all = whole_rows(batch, context.keys)?;
    let mut groups: Vec<(String, Vec<_>)> = Vec::new();
    if grouper.regroup() == Regroup::Scatter {
        let apart = all.into_iter().map(scatter).filter_map(Result::ok).flatten();
        groups.extend(apart.map(|row| (String::new(), vec![row])));
        let row = |(_, rows): (String, Vec<serde_json::Map<_, _>>)| {
            [format!("`{}`", serde_json::Value::from(rows[0].clone()))]
        };
        return Ok(rows(["row"], groups.into_iter().map(row)));
    }
    for (key, row) in grouper.keys(batch, context)?.into_iter().zip(all) {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let row = |(_, group)| [format!("`{}`", serde_json::Value::from(gather(group)))];
    Ok(rows(["batched row"], groups.into_iter().map(row)))
}

fn rows<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        table.push_str("| ");
        table.push_str(&row.join(" | "));
        table.push_str(" |\n");
    }
    table
}

/// A text as a quoted literal, in which every unusual space can be seen.
fn literal(text: &str) -> String {
    let mut shown = String::from("\"");
    for character in text.chars() {
        match character {
            ' ' => shown.push(' '),
            '|' => shown.push_str("\\|"),
            '\n' | '\t' | '\r' | '"' | '\\' => shown.extend(character.escape_default()),
            hidden if hidden.is_whitespace() || hidden.is_control() || is_invisible(hidden) => {
                shown.extend(hidden.escape_unicode());
            }
            other => shown.push(other),
        }
    }
    shown.push('"');
    let fence = if shown.contains('`') { "``" } else { "`" };
    format!("{fence}{shown}{fence}")
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fffc}')
}
