//! Words, labels, and the rows of the input matrix that a text stands for.

use std::collections::HashMap;

use super::reader::Reader;

/// How labels begin.
pub(super) const LABEL: &str = "__label__";
/// The word at the end of a text.
const END: &[u8] = b"</s>";

#[derive(Debug)]
pub(super) struct Dictionary {
    word_ngrams: usize,
    buckets: usize,
    min_n: usize,
    max_n: usize,
    ids: HashMap<Vec<u8>, usize>,
    words: Vec<Vec<u8>>,
    labels: Vec<(String, i64)>,
    /// Which buckets are left and where, in a pruned model.
    pruned: Option<HashMap<i32, i32>>,
    /// Whether no bucket is left at all.
    has_no_buckets: bool,
}

impl Dictionary {
    pub(super) fn read(reader: &mut Reader, sizes: [usize; 4]) -> Result<Self, String> {
        let [word_ngrams, buckets, min_n, max_n] = sizes;
        let (entries, _words, _labels) = (reader.int()?, reader.int()?, reader.int()?);
        let _tokens = reader.long()?;
        let left = reader.long()?;
        let mut dictionary = Self {
            word_ngrams,
            buckets,
            min_n,
            max_n,
            ids: HashMap::new(),
            words: Vec::new(),
            labels: Vec::new(),
            pruned: None,
            has_no_buckets: left == 0,
        };
        for _ in 0..entries {
            let name = reader.string()?;
            let count = reader.long()?;
            if reader.byte()? == 0 {
                dictionary.ids.insert(name.clone(), dictionary.words.len());
                dictionary.words.push(name);
            } else {
                let name = String::from_utf8_lossy(&name).into_owned();
                dictionary.labels.push((name, count));
            }
        }
        let mut pruned = HashMap::new();
        for _ in 0..left.max(0) {
            let (bucket, place) = (reader.int()?, reader.int()?);
            pruned.insert(bucket, place);
        }
        dictionary.pruned = (left > 0).then_some(pruned);
        Ok(dictionary)
    }

    pub(super) fn label(&self, place: usize) -> &str {
        self.labels.get(place).map_or("", |(name, _)| name)
    }

    pub(super) fn label_counts(&self) -> Vec<i64> {
        self.labels.iter().map(|(_, count)| *count).collect()
    }

    /// The rows of a text: its words, their parts, and sequences of words.
    pub(super) fn features(&self, text: &str) -> Vec<usize> {
        let (mut rows, mut hashes) = (Vec::new(), Vec::new());
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 11 | 12 | 0);
        let text = text.as_bytes();
        let text = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        for token in text.split(is_space).filter(|token| !token.is_empty()).chain([END]) {
            let id = self.ids.get(token).copied();
            if id.is_none() && token.starts_with(LABEL.as_bytes()) {
                continue;
            }
            self.add_word(token, id, &mut rows);
            hashes.push(hash(token));
            if token == END {
                break;
            }
        }
        self.add_sequences(&hashes, &mut rows);
        rows
    }

    fn add_word(&self, token: &[u8], id: Option<usize>, rows: &mut Vec<usize>) {
        rows.extend(id);
        if token == END || (id.is_some() && self.max_n == 0) {
            return;
        }
        let word = [b"<", token, b">"].concat();
        let starts: Vec<usize> = (0..word.len())
            .filter(|place| word[*place] & 0xc0 != 0x80)
            .chain([word.len()])
            .collect();
        for first in 0..starts.len() - 1 {
            for count in 1..=self.max_n.min(starts.len() - 1 - first) {
                let (start, end) = (starts[first], starts[first + count]);
                let is_edge = count == 1 && (start == 0 || end == word.len());
                if count >= self.min_n && !is_edge && self.buckets > 0 {
                    self.add_bucket((hash(&word[start..end]) as usize % self.buckets) as i32, rows);
                }
            }
        }
    }

    fn add_sequences(&self, hashes: &[u32], rows: &mut Vec<usize>) {
        for (first, start) in hashes.iter().enumerate() {
            // The library keeps hashes as signed numbers and widens them.
            let widen = |hash: u32| i64::from(hash as i32) as u64;
            let mut sequence = widen(*start);
            for next in hashes.iter().take(first + self.word_ngrams).skip(first + 1) {
                sequence = sequence.wrapping_mul(116_049_371).wrapping_add(widen(*next));
                if self.buckets > 0 {
                    self.add_bucket((sequence % self.buckets as u64) as i32, rows);
                }
            }
        }
    }

    fn add_bucket(&self, bucket: i32, rows: &mut Vec<usize>) {
        if self.has_no_buckets {
            return;
        }
        let place = match &self.pruned {
            Some(pruned) => pruned.get(&bucket).copied(),
            None => Some(bucket),
        };
        rows.extend(place.map(|place| self.words.len() + place as usize));
    }
}

/// FNV-1a, over bytes that are taken as signed.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |hash, byte| {
        (hash ^ i32::from(*byte as i8) as u32).wrapping_mul(16_777_619)
    })
}
