//! KenLM's binary format: the header, and what the tables of both kinds share.
//!
//! A file is the image of KenLM's memory on a little-endian machine: a header, a table of words by
//! their hashes, and the n-grams. It is read into memory whole; nothing in it is trusted.
//!
//! Source: kpu/kenlm, `lm/binary_format.cc`, `lm/vocab.cc`; A. Appleby, `MurmurHash64A`.

use super::Grams;
use super::probing::Probing;
use super::trie::Trie;

const MAGIC: &[u8] = b"mmap lm http://kheafield.com/code";
const VERSION: &[u8] = b"mmap lm http://kheafield.com/code format version 5\n\0";
/// Where the order stands: behind the magic bytes and the values that tell machines apart.
const PARAMETERS: usize = 88;
const COUNTS: usize = PARAMETERS + 20;

const KINDS: [&str; 6] = [
    "probing hash tables",
    "probing hash tables with rest costs",
    "trie",
    "trie with quantization",
    "trie with array-compressed pointers",
    "trie with quantization and array-compressed pointers",
];

/// What the header says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Buckets of hash tables per entry.
    pub(super) multiplier: f32,
    /// N-grams of one word, two words, …
    pub(super) counts: Vec<u64>,
    /// Where the tables begin.
    pub(super) len: usize,
}

/// The bytes of a file, read by place; nothing where the file has none.
#[derive(Debug)]
pub(super) struct Image(Vec<u8>);

impl Image {
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn u64(&self, place: u64) -> Option<u64> {
        self.part(place).map(u64::from_le_bytes)
    }

    pub(super) fn u32(&self, place: u64) -> Option<u32> {
        self.part(place).map(u32::from_le_bytes)
    }

    pub(super) fn f32(&self, place: u64) -> Option<f32> {
        self.part(place).map(f32::from_le_bytes)
    }

    fn part<const N: usize>(&self, place: u64) -> Option<[u8; N]> {
        self.0.get(usize::try_from(place).ok()?..)?.first_chunk::<N>().copied()
    }
}

/// Whether the bytes are of a binary, whole or not.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let len = bytes.len().min(MAGIC.len());
    len >= 8 && bytes[..len] == MAGIC[..len]
}

/// The n-grams of a binary.
///
/// # Errors
/// In words, when it is of another version or kind, or cut off.
pub(super) fn open(bytes: Vec<u8>) -> Result<Box<dyn Grams>, String> {
    let cut_off = || "a binary of KenLM that is cut off".to_owned();
    if bytes.len() < COUNTS {
        return Err(cut_off());
    }
    if !bytes.starts_with(VERSION) {
        return Err("a binary of another version of KenLM; build it anew from its ARPA".to_owned());
    }
    let image = Image(bytes);
    let order = usize::from(image.part::<1>(PARAMETERS as u64).map_or(0, |[order]| order));
    let word = |place: usize| image.u32((PARAMETERS + place) as u64).unwrap_or_default();
    let (multiplier, kind, version) = (f32::from_bits(word(4)), word(8), word(16));
    let count = |number: usize| image.u64((COUNTS + 8 * number) as u64).ok_or_else(cut_off);
    let counts = (0..order).map(count).collect::<Result<Vec<u64>, _>>()?;
    let len = (COUNTS + 8 * order).next_multiple_of(8);
    let is_sound = (1.0..1e3).contains(&multiplier)
        && order >= 2
        && counts.iter().all(|count| *count < 1 << 40);
    if !is_sound {
        return Err("a binary of KenLM whose header makes no sense".to_owned());
    }
    let header = Header { multiplier, counts, len };
    match (kind, version) {
        (0, 0) => Ok(Box::new(Probing::new(image, &header).ok_or_else(cut_off)?)),
        (2, 1) => Ok(Box::new(Trie::new(image, &header).ok_or_else(cut_off)?)),
        (0 | 2, _) => Err(format!("a binary of KenLM with tables of version {version}")),
        (kind, _) => {
            let kind = KINDS.get(kind as usize).copied().unwrap_or("a kind unknown");
            Err(format!(
                "a binary of KenLM of the kind `{kind}`; `{}` and `{}` are read, and the \
                         ARPA it was made from",
                KINDS[0], KINDS[2]
            ))
        }
    }
}

/// The hash that words are looked for by.
pub(super) fn word_hash(word: &str) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    const SHIFT: u32 = 47;
    let mut hash = (word.len() as u64).wrapping_mul(FACTOR);
    let (whole, rest) = word.as_bytes().as_chunks::<8>();
    for chunk in whole {
        let mut part = u64::from_le_bytes(*chunk).wrapping_mul(FACTOR);
        part ^= part >> SHIFT;
        hash = (hash ^ part.wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let part = rest.iter().rev().fold(0, |part, byte| part << 8 | u64::from(*byte));
        hash = (hash ^ part).wrapping_mul(FACTOR);
    }
    hash ^= hash >> SHIFT;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ hash >> SHIFT
}
