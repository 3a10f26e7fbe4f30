//! Normalisation: characters replaced by the model's table, spaces made visible.
//!
//! The table (`precompiled_charsmap`) is a double-array trie (Darts) from byte strings to places in a
//! run of strings that end in a zero byte.

use super::proto::NormalizerSpec;
use super::trie::Trie;

/// What a space becomes.
const SPACE: &str = "\u{2581}";

#[derive(Debug)]
pub(super) struct Normalizer {
    spec: NormalizerSpec,
    whitespace_as_suffix: bool,
    /// The units of the double array.
    units: Vec<u32>,
    strings: Vec<u8>,
    /// Pieces that are never taken apart.
    own: Trie,
}

impl Normalizer {
    pub(super) fn new(
        spec: &NormalizerSpec,
        whitespace_as_suffix: bool,
        own: Trie,
    ) -> Result<Self, String> {
        let wrong = || "the table of characters is damaged".to_owned();
        let (mut units, mut strings) = (Vec::new(), Vec::new());
        if let Some((size, rest)) = spec.charsmap.split_first_chunk::<4>() {
            let (trie, table) =
                rest.split_at_checked(u32::from_le_bytes(*size) as usize).ok_or_else(wrong)?;
            units = trie.as_chunks::<4>().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
            strings = table.to_vec();
        }
        Ok(Self { spec: spec.clone(), whitespace_as_suffix, units, strings, own })
    }

    /// The length of the piece that must not be taken apart with which `text` begins, or 0.
    pub(super) fn own_length(&self, text: &str) -> usize {
        self.own.longest(text.as_bytes())
    }

    pub(super) fn normalize(&self, text: &str) -> String {
        let spec = &self.spec;
        let mut rest = text;
        if spec.removes_extra_spaces {
            while !rest.is_empty() {
                let (normal, length) = self.prefix(rest);
                if normal != " " {
                    break;
                }
                rest = &rest[length..];
            }
        }
        if rest.is_empty() {
            return String::new();
        }
        let space = if spec.escapes_spaces { SPACE } else { " " };
        let mut normalized = String::with_capacity(text.len() + 8);
        if spec.adds_prefix && !self.whitespace_as_suffix {
            normalized.push_str(space);
        }
        let mut after_space = spec.removes_extra_spaces;
        while !rest.is_empty() {
            let (mut normal, length) = self.prefix(rest);
            rest = &rest[length..];
            if after_space {
                normal = normal.trim_start_matches(' ');
            }
            if !normal.is_empty() {
                push_with_spaces(&mut normalized, normal, space);
                after_space = normal.ends_with(' ');
            }
            after_space &= spec.removes_extra_spaces;
        }
        if spec.removes_extra_spaces {
            let length = normalized.trim_end_matches(space).len();
            normalized.truncate(length);
        }
        if spec.adds_prefix && self.whitespace_as_suffix {
            normalized.push_str(space);
        }
        normalized
    }

    /// What the beginning of a text becomes, and how long that beginning is.
    fn prefix<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        let own = self.own.longest(text.as_bytes());
        if own > 0 {
            return (&text[..own], own);
        }
        if let Some((place, length)) = self.longest_match(text.as_bytes()) {
            let string = self.strings.get(place..).unwrap_or_default();
            let end = string.iter().position(|byte| *byte == 0).unwrap_or(string.len());
            let normal = str::from_utf8(&string[..end]).unwrap_or_default();
            // A table may match a part of a character only if it is damaged.
            if text.is_char_boundary(length) {
                return (normal, length);
            }
        }
        let length = text.chars().next().map_or(1, char::len_utf8);
        (&text[..length], length)
    }

    /// The longest byte string of the double array that `text` begins with: its value and length.
    fn longest_match(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut unit = *self.units.first()?;
        let mut place = offset(unit);
        let mut found = None;
        for (index, byte) in text.iter().enumerate() {
            place ^= *byte as usize;
            let Some(next) = self.units.get(place) else {
                return found;
            };
            unit = *next;
            if label(unit) != u32::from(*byte) {
                return found;
            }
            place ^= offset(unit);
            if has_leaf(unit) {
                let value = *self.units.get(place)? & 0x7fff_ffff;
                found = Some((value as usize, index + 1));
            }
        }
        found
    }
}

fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}

fn label(unit: u32) -> u32 {
    unit & 0x8000_00ff
}

fn has_leaf(unit: u32) -> bool {
    unit >> 8 & 1 == 1
}

/// Appends `text` with each of its spaces written as `space`.
fn push_with_spaces(normalized: &mut String, text: &str, space: &str) {
    for part in text.split_inclusive(' ') {
        let word = part.strip_suffix(' ');
        normalized.push_str(word.unwrap_or(part));
        if word.is_some() {
            normalized.push_str(space);
        }
    }
}
