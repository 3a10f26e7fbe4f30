//! All pictures of a data set, each once, and which texts they stand beside.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use lagar_core::models::PictureSource;
use lagar_ops::picture::Pictures as Reader;

use super::duplicates::{GROUPS, MEMBERS, duplicates, of_groups};
use super::extremes::Extremes;
use super::hash::{NumberMap, key_of};
use super::pictures::{Look, Seen};
use super::tally::Tally;
use crate::profile::{
    Defect, DuplicateGroup, Duplicates, Example, Picture, Pictures, Repeats, Share,
};

/// Bytes at the end of a file that are compared before all of it is.
const TAIL: u64 = 4 << 10;

/// The pictures so far.
#[derive(Debug, Default)]
pub(crate) struct Album {
    places: NumberMap<u64, u32>,
    pictures: Vec<Entry>,
    uses: u64,
    rows_without: u64,
    /// Text, picture, row: who stands beside whom.
    beside: Vec<(u64, u32, u64)>,
    /// Rows with pictures of each defect.
    defects: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
struct Entry {
    path: Box<str>,
    file: u32,
    row: u64,
    uses: u32,
    carried: bool,
    seen: Result<Seen, (&'static str, String)>,
    misnamed: Option<String>,
}

impl Album {
    /// Takes in the pictures of a row that follows.
    pub(crate) fn take(&mut self, looks: Vec<Look>, (row, file, text): (u64, u32, u64)) {
        if looks.is_empty() {
            self.rows_without += 1;
        }
        let mut kinds: Vec<&'static str> = Vec::new();
        for look in looks {
            self.uses += 1;
            if let Err((kind, _)) = &look.seen {
                kinds.push(kind);
            }
            if look.misnamed.is_some() {
                kinds.push("picture_misnamed");
            }
            let next = self.pictures.len() as u32;
            let place = *self.places.entry(look.key).or_insert(next);
            if place == next {
                self.pictures.push(Entry {
                    path: look.path.into(),
                    file,
                    row,
                    uses: 0,
                    carried: look.carried,
                    seen: look.seen,
                    misnamed: look.misnamed,
                });
            }
            self.pictures[place as usize].uses += 1;
            self.beside.push((text, place, row));
        }
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            *self.defects.entry(kind).or_default() += 1;
        }
    }

    /// The defects of pictures: different pictures, and the rows that use them.
    pub(crate) fn defect(&self, kind: &'static str, about: &str, shown: usize) -> Defect {
        let reason = |entry: &Entry| match &entry.seen {
            Err((found, reason)) if *found == kind => Some(reason.clone()),
            _ if kind == "picture_misnamed" => entry.misnamed.clone(),
            _ => None,
        };
        let found = || self.pictures.iter().filter_map(|entry| Some((entry, reason(entry)?)));
        let example = |(entry, note): (&Entry, String)| Example {
            picture: Some(entry.picture()),
            note,
            ..example(entry.row)
        };
        Defect {
            kind: kind.to_owned(),
            about: about.to_owned(),
            count: found().count() as u64,
            rows: self.defects.get(kind).copied().unwrap_or_default(),
            examples: found().take(shown).map(example).collect(),
        }
    }

    /// Everything that is said of each picture once.
    pub(crate) fn summary(&self) -> (Pictures, BTreeMap<String, Tally>) {
        let readable =
            || self.pictures.iter().filter_map(|entry| Some((entry, entry.seen.as_ref().ok()?)));
        let count = readable().count() as u64;
        let mut formats: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut modes: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut sizes = [("small", 0), ("medium", 0), ("large", 0)];
        let mut numbers: BTreeMap<&str, (Tally, Extremes)> = BTreeMap::new();
        for (entry, seen) in readable() {
            *formats.entry(seen.format.name()).or_default() += 1;
            *modes.entry(if seen.mode.is_empty() { "unknown" } else { seen.mode }).or_default() +=
                1;
            sizes[match seen.width.min(seen.height) {
                0..224 => 0,
                224..=512 => 1,
                _ => 2,
            }]
            .1 += 1;
            for (name, value) in numbers_of(seen) {
                let (tally, extremes) = numbers.entry(name).or_default();
                tally.push(value);
                extremes.push(value, entry.row, Some(&entry.path));
            }
        }
        let mut pictures = Pictures {
            uses: self.uses,
            count: self.pictures.len() as u64,
            readable: count,
            rows_without: self.rows_without,
            formats: shares(formats, count),
            modes: shares(modes, count),
            sizes: sizes.map(|(name, number)| share(name, number, count)).to_vec(),
            ..Pictures::default()
        };
        let mut tallies = BTreeMap::new();
        for (name, (tally, extremes)) in numbers {
            let (unit, about) = about(name);
            if let Some(mut found) = tally.distribution(about, unit) {
                found.missing = self.pictures.len() as u64 - tally.count();
                super::totals::show(&mut found, extremes);
                pictures.distributions.insert(name.to_owned(), found);
            }
            tallies.insert(name.to_owned(), tally);
        }
        (pictures, tallies)
    }

    /// Pictures of which several files have the same bytes. Files are read only where size and sides
    /// agree, and wholly only where their ends do, too.
    pub(crate) fn duplicates(&self, folders: &[PathBuf]) -> Duplicates {
        let readers: Vec<Reader> = folders.iter().map(Reader::new).collect();
        let mut alike: Vec<((u64, u32, u32), u32)> = Vec::new();
        for (place, entry) in self.pictures.iter().enumerate().filter(|(_, entry)| !entry.carried) {
            if let Ok(seen) = &entry.seen {
                alike.push(((seen.bytes, seen.width, seen.height), place as u32));
            }
        }
        alike.sort_unstable();
        let mut keyed: Vec<(u64, u32)> = Vec::new();
        for group in alike.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1) {
            let tail = |place: u32| tail_of(&readers, &self.pictures[place as usize]);
            let mut tails: Vec<(u64, u32)> =
                group.iter().filter_map(|(_, place)| Some((tail(*place)?, *place))).collect();
            tails.sort_unstable();
            let ends = tails.chunk_by(|one, other| one.0 == other.0);
            for same in ends.filter(|same| same.len() > 1) {
                let whole = same.iter().map(|(_, place)| {
                    let entry = &self.pictures[*place as usize];
                    let bytes = readers[entry.file as usize].encoded(&entry.path).ok()?;
                    Some((key_of([bytes.as_slice()]), *place))
                });
                keyed.extend(whole.flatten());
            }
        }
        keyed.sort_unstable();
        let groups = keyed.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1);
        // Carried pictures with the same bytes are one entry that is used several times.
        let carried =
            self.pictures.iter().enumerate().filter(|(_, entry)| entry.carried && entry.uses > 1);
        let mut groups: Vec<Vec<u64>> = groups
            .map(|same| same.iter().map(|(_, place)| u64::from(*place)).collect())
            .chain(carried.map(|(place, entry)| vec![place as u64; entry.uses as usize]))
            .collect();
        groups.sort_unstable();
        self.of_pictures(of_groups(groups.into_iter()))
    }

    /// Pictures that look the same, if pixels were looked at.
    pub(crate) fn near_duplicates(&self) -> Duplicates {
        let hashes = self.pictures.iter().enumerate().filter_map(|(place, entry)| {
            Some((entry.seen.as_ref().ok()?.pixels?.hash, place as u64))
        });
        self.of_pictures(duplicates(hashes.collect()))
    }

    /// Groups whose members are places of pictures become groups of examples.
    fn of_pictures(&self, mut found: Duplicates) -> Duplicates {
        for example in found.largest.iter_mut().flat_map(|group| &mut group.examples) {
            let entry = &self.pictures[example.row as usize];
            example.row = entry.row;
            example.picture = Some(entry.picture());
        }
        found
    }

    /// Texts by the number of their different pictures, and pictures by that of their different texts.
    pub(crate) fn pairs(&self) -> [(Repeats, Vec<DuplicateGroup>); 2] {
        let mut beside = self.beside.clone();
        beside.sort_unstable();
        let texts =
            repeats(beside.chunk_by(|one, other| one.0 == other.0), |entry| u64::from(entry.1));
        beside.sort_unstable_by_key(|(text, picture, row)| (*picture, *text, *row));
        let pictures = repeats(beside.chunk_by(|one, other| one.1 == other.1), |entry| entry.0);
        [texts, pictures]
    }
}

impl Entry {
    fn picture(&self) -> Picture {
        Picture { path: self.path.to_string(), carried: self.carried }
    }
}

/// Of groups that are sorted by what `of` gives: how many have how many different ones, and those with
/// the most.
fn repeats<'a>(
    groups: impl Iterator<Item = &'a [(u64, u32, u64)]>,
    of: impl Fn(&(u64, u32, u64)) -> u64,
) -> (Repeats, Vec<DuplicateGroup>) {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    let mut largest: Vec<(u64, u64, Vec<u64>)> = Vec::new();
    for group in groups {
        let distinct = group.chunk_by(|one, other| of(one) == of(other));
        let rows: Vec<u64> = distinct.filter_map(|same| Some(same.first()?.2)).collect();
        let count = rows.len() as u64;
        *counts.entry(count).or_default() += 1;
        if count < 2 {
            continue;
        }
        let first = rows.iter().copied().min().unwrap_or_default();
        let order = |(count, first, _): &(u64, u64, Vec<u64>)| (std::cmp::Reverse(*count), *first);
        let place =
            largest.partition_point(|known| order(known) < (std::cmp::Reverse(count), first));
        if place < GROUPS {
            let mut rows = rows;
            rows.sort_unstable();
            rows.truncate(MEMBERS);
            largest.insert(place, (count, first, rows));
            largest.truncate(GROUPS);
        }
    }
    let group = |(count, _, rows): (u64, u64, Vec<u64>)| DuplicateGroup {
        count,
        examples: rows.into_iter().map(example).collect(),
    };
    (counts.into_iter().collect(), largest.into_iter().map(group).collect())
}

fn example(row: u64) -> Example {
    Example { row, ..Example::default() }
}

fn tail_of(readers: &[Reader], entry: &Entry) -> Option<u64> {
    let reader = &readers[entry.file as usize];
    match reader.source(&entry.path) {
        PictureSource::File(path) => {
            let mut file = File::open(path).ok()?;
            let len = file.metadata().ok()?.len();
            file.seek(SeekFrom::Start(len.saturating_sub(TAIL))).ok()?;
            let mut tail = Vec::with_capacity(TAIL as usize);
            file.read_to_end(&mut tail).ok()?;
            Some(key_of([tail.as_slice()]))
        }
        _ => Some(key_of([reader.encoded(&entry.path).ok()?.as_slice()])),
    }
}

fn numbers_of(seen: &Seen) -> Vec<(&'static str, f64)> {
    let (width, height) = (f64::from(seen.width), f64::from(seen.height));
    let mut numbers = vec![
        ("width", width),
        ("height", height),
        ("aspect", width / height),
        ("megapixels", width * height / 1e6),
        ("bytes", seen.bytes as f64),
    ];
    if let Some(pixels) = seen.pixels {
        numbers.push(("sharpness", pixels.sharpness));
        numbers.push(("brightness", pixels.brightness));
        numbers.push(("contrast", pixels.contrast));
    }
    numbers
}

fn about(name: &str) -> (&'static str, &'static str) {
    match name {
        "width" => ("pixels", "Width of each picture, as shown"),
        "height" => ("pixels", "Height of each picture, as shown"),
        "aspect" => ("", "Width over height of each picture"),
        "megapixels" => ("megapixels", "Area of each picture"),
        "bytes" => ("bytes", "Length of each encoded picture"),
        "sharpness" => {
            ("", "Variance of the Laplacian of the grey picture: low where it is blurred")
        }
        "brightness" => ("", "Mean grey level of each picture, from 0 to 255"),
        _ => ("", "Standard deviation of the grey levels of each picture"),
    }
}

fn share(name: &str, count: u64, all: u64) -> Share {
    Share { name: name.to_owned(), count, share: count as f64 / all.max(1) as f64 }
}

/// Counts as shares of `all`, the largest first.
pub(crate) fn shares<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>, all: u64) -> Vec<Share> {
    let mut shares: Vec<Share> =
        counts.into_iter().map(|(name, count)| share(name, count, all)).collect();
    shares
        .sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
    shares
}
