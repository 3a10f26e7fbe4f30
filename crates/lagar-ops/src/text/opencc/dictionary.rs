//! The dictionaries, unpacked when first used.
//!
//! `dictionaries.zz` is written by `bench/parity/make_opencc_dictionaries.py`, which also says how it
//! is laid out.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use flate2::read::ZlibDecoder;

/// Entries, and how long those are that begin with a character.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    entries: HashMap<String, String>,
    /// Bit `n` of the number stands for keys of `n` characters.
    lengths: HashMap<char, u64>,
}

/// The longest key, in characters.
const LONGEST: usize = 63;

impl Dictionary {
    fn add(&mut self, key: String, value: String) {
        if let Some(first) = key.chars().next() {
            *self.lengths.entry(first).or_default() |= 1 << key.chars().count().min(LONGEST);
            self.entries.insert(key, value);
        }
    }

    /// The longest entry at the start of `text`: its length in bytes and what it becomes.
    pub(super) fn entry(&self, text: &str) -> Option<(usize, &str)> {
        let first = text.chars().next()?;
        if first.is_ascii() {
            return None;
        }
        let lengths = *self.lengths.get(&first)?;
        let mut ends = [0; LONGEST + 1];
        let mut count = 0;
        for (place, character) in text.char_indices().take(LONGEST) {
            if lengths >> count <= 1 {
                break;
            }
            count += 1;
            ends[count] = place + character.len_utf8();
        }
        (1..=count).rev().filter(|length| lengths >> length & 1 == 1).find_map(|length| {
            let end = ends[length];
            self.entries.get(&text[..end]).map(|value| (end, value.as_str()))
        })
    }
}

static PACKED: &[u8] = include_bytes!("dictionaries.zz");

static UNPACKED: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    let unpacked = ZlibDecoder::new(PACKED).read_to_string(&mut text);
    unpacked.map(|_| text).unwrap_or_default()
});

/// The union of the dictionaries of those names; of equal entries the first counts.
pub(super) fn dictionary(names: &[&str]) -> Arc<Dictionary> {
    static MADE: Mutex<BTreeMap<String, Arc<Dictionary>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.entry(names.join("+")).or_insert_with(|| {
        let mut dictionary = Dictionary::default();
        for name in names.iter().rev() {
            read(name, |key, value| dictionary.add(key, value));
        }
        Arc::new(dictionary)
    });
    Arc::clone(made)
}

/// Hands over the entries of one dictionary.
fn read(name: &str, mut each: impl FnMut(String, String)) {
    let mut lines = UNPACKED.split('\n').skip_while(|line| line.strip_prefix('#') != Some(name));
    let by_characters = name.starts_with("STPhrases");
    let singles = if by_characters { single_characters() } else { BTreeMap::new() };
    let mut before: Vec<char> = Vec::new();
    for line in lines.by_ref().skip(1).take_while(|line| !line.starts_with('#')) {
        let (packed, value) = match line.split_once('\t') {
            Some((packed, value)) => (packed, Some(value)),
            None => (line, None),
        };
        let mut characters = packed.chars();
        let shared = characters.next().map_or(0, |letter| letter as usize - 'A' as usize);
        before.truncate(shared);
        before.extend(characters);
        let usual = |character: &char| singles.get(character).copied().unwrap_or(*character);
        let value = value.map_or_else(|| before.iter().map(usual).collect(), str::to_owned);
        each(before.iter().collect(), value);
    }
}

fn single_characters() -> BTreeMap<char, char> {
    let mut singles = BTreeMap::new();
    read("STCharacters", |key, value| {
        singles.extend(key.chars().next().zip(value.chars().next()));
    });
    singles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of OpenCC 1.4.2.
    #[test]
    fn all_dictionaries_are_unpacked() {
        let names: Vec<&str> =
            UNPACKED.split('\n').filter_map(|line| line.strip_prefix('#')).collect();
        assert_eq!(names.len(), 22);
        assert_eq!(dictionary(&["STPhrases"]).entry("憎恶之"), Some((6, "憎惡")));
        assert_eq!(dictionary(&["STPhrases"]).entry("a"), None);
    }
}
