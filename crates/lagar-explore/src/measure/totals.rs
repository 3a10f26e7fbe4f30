//! What all chunks give together, taken in one after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{Float64Type, Int64Type};
use lagar_ops::Cost;

use super::album::{Album, shares};
use super::battery::{Battery, Gauge};
use super::chunk::{Findings, NUMBERS};
use super::duplicates::{duplicates, of_groups};
use super::extremes::{Extremes, Found};
use super::fields::Fields;
use super::grid::Cells;
use super::near::Bands;
use super::rows::RowTable;
use super::script;
use super::tally::{Sum, Tally};
use super::vocabulary::WordBook;
use crate::ExploreError;
use crate::profile::{Defect, Distribution, Example, Integrity, Pairs, Picture, Pictures};

/// How many rows a defect shows.
const SHOWN: usize = 10;

/// Rows whose picture tokens do not fit their pictures.
const MISMATCH: &str = "placeholder_mismatch";
/// Rows without any token that have pictures: a mismatch only if other rows have tokens.
const WITHOUT: &str = "without_placeholder";

/// The kinds of defect of rows, with what they mean.
const ROW_DEFECTS: [(&str, &str); 9] = [
    ("malformed_row", "Lines or records that cannot be read"),
    ("missing_text", "Rows whose text field is missing or null"),
    ("wrong_type", "Rows whose text or pictures have another type than they should"),
    ("empty_text", "Rows whose text is nothing but special tokens and white space"),
    ("mojibake", "Texts that were decoded with the wrong encoding, as ftfy recognises it"),
    ("replacement_character", "Texts with U+FFFD, which stands for bytes that were lost"),
    ("control_character", "Texts with control characters other than tabs and line ends"),
    ("html_entity", "Texts with HTML entities that were not unescaped"),
    (MISMATCH, "Rows whose text has another number of picture tokens than pictures"),
];

/// The kinds of defect of pictures, with what they mean.
pub(crate) const PICTURE_DEFECTS: [(&str, &str); 5] = [
    ("picture_missing", "Pictures whose file is not there"),
    ("picture_empty", "Pictures of 0 bytes"),
    ("picture_truncated", "Pictures that are cut off"),
    ("picture_unreadable", "Files that are no picture, or a damaged one"),
    ("picture_misnamed", "Pictures whose name promises another format than their bytes have"),
];

/// A statistic with its extremes.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    pub(crate) tally: Tally,
    pub(crate) extremes: Extremes,
    pub(crate) unit: &'static str,
    pub(crate) about: String,
    pub(crate) cost: Option<Cost>,
}

impl Measure {
    /// A statistic of an operator, without values.
    fn of(gauge: &Gauge, key: &str) -> Self {
        let info = gauge.operator.info;
        // Whatever it costs, a statistic that needs no picture is one of texts.
        let cost = if info.reads.contains(&"images") { info.cost } else { Cost::Text };
        let about = format!("`{key}` of `{}`", info.name);
        Self { unit: unit_of(key), about, cost: Some(cost), ..Self::default() }
    }

    fn push(&mut self, value: f64, row: u64, picture: Option<&str>) {
        self.tally.push(value);
        if value.is_finite() {
            self.extremes.push(value, row, picture);
        }
    }
}

/// Everything so far.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) rows: u64,
    pub(crate) sound: u64,
    pub(crate) fields: Fields,
    defects: BTreeMap<&'static str, (u64, Vec<Example>)>,
    ids: Vec<(u64, u64)>,
    texts: Vec<(u64, u64)>,
    row: Vec<u64>,
    pub(crate) bands: Bands,
    pub(crate) table: RowTable,
    pub(crate) measures: BTreeMap<String, Measure>,
    pub(crate) words: WordBook,
    scripts: [u64; script::NAMES.len()],
    languages: BTreeMap<String, u64>,
    pub(crate) album: Album,
    any_tokens: bool,
    moments: Moments,
    words_by_megapixels: Cells,
}

/// All distributions, with the values they are of.
#[derive(Debug)]
pub(crate) struct Distributions {
    pub(crate) text: BTreeMap<String, Distribution>,
    pub(crate) pictures: Pictures,
    pub(crate) pairs: Pairs,
    pub(crate) tallies: BTreeMap<String, Tally>,
}

/// Sums for the correlation of words and pixels.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: u64,
    x: Sum,
    y: Sum,
    xx: Sum,
    yy: Sum,
    xy: Sum,
}

impl Totals {
    pub(crate) fn new(scratch: &Path) -> Result<Self, ExploreError> {
        Ok(Self {
            rows: 0,
            sound: 0,
            fields: Fields::default(),
            defects: BTreeMap::new(),
            ids: Vec::new(),
            texts: Vec::new(),
            row: Vec::new(),
            bands: Bands::new(scratch),
            table: RowTable::new(scratch)?,
            measures: BTreeMap::new(),
            words: WordBook::new(scratch)?,
            scripts: [0; script::NAMES.len()],
            languages: BTreeMap::new(),
            album: Album::default(),
            any_tokens: false,
            moments: Moments::default(),
            words_by_megapixels: Cells::default(),
        })
    }

    /// Takes in the chunk that follows, of the data set's file number `file`.
    pub(crate) fn take(
        &mut self,
        mut findings: Findings,
        battery: &Battery,
        file: u32,
    ) -> Result<(), ExploreError> {
        self.rows += findings.rows;
        self.sound += findings.row.len() as u64;
        self.fields.merge(std::mem::take(&mut findings.fields));
        for (kind, row, note) in std::mem::take(&mut findings.defects) {
            self.defect(kind, row, note);
        }
        let ids = findings.id.iter().zip(&findings.row);
        self.ids.extend(ids.filter_map(|(id, row)| Some(((*id)?, *row))));
        self.texts.extend(findings.text.iter().copied().zip(findings.row.iter().copied()));
        self.row.extend(&findings.row);
        if let Some(bands) = &findings.bands {
            self.bands.push(bands)?;
        }
        let keys = [&findings.row, &findings.text, &findings.look].map(Vec::as_slice);
        self.table.push(keys, &findings.stats)?;
        self.statistics(&findings, battery);
        self.numbers(&findings);
        self.words.take(&mut findings)?;
        for script in &findings.script {
            self.scripts[*script] += 1;
        }
        self.pictures(findings, file);
        Ok(())
    }

    fn defect(&mut self, kind: &'static str, row: u64, note: String) {
        let (count, examples) = self.defects.entry(kind).or_default();
        *count += 1;
        if examples.len() < SHOWN {
            examples.push(Example { row, note, ..Example::default() });
        }
    }

    fn statistics(&mut self, findings: &Findings, battery: &Battery) {
        let columns = battery.gauges.iter().zip(&findings.stats);
        for (gauge, stat) in
            columns.flat_map(|(gauge, stats)| stats.iter().map(move |s| (gauge, s)))
        {
            if stat.key == "lang" {
                self.languages(&stat.values);
                continue;
            }
            let measure = self.measures.entry(gauge.name_of(&stat.key)).or_default();
            if measure.cost.is_none() {
                *measure = Measure::of(gauge, &stat.key);
            }
            each_number(&stat.values, &mut |place, value| {
                measure.push(value, findings.row[place], None);
            });
        }
    }

    fn languages(&mut self, labels: &ArrayRef) {
        let labels = labels.as_string_opt::<i32>();
        for label in labels.into_iter().flat_map(|labels| labels.iter().flatten()) {
            *self.languages.entry(label.to_owned()).or_default() += 1;
        }
    }

    fn numbers(&mut self, findings: &Findings) {
        for ((name, unit, about), values) in NUMBERS.iter().zip(&findings.numbers) {
            let measure = self.measures.entry((*name).to_owned()).or_default();
            (measure.unit, measure.cost) = (unit, Some(Cost::Text));
            (*about).clone_into(&mut measure.about);
            for (value, row) in values.iter().zip(&findings.row) {
                measure.push(*value, *row, None);
            }
        }
    }

    fn pictures(&mut self, findings: Findings, file: u32) {
        let words = findings.numbers.first().cloned().unwrap_or_default();
        let per_row = ["pictures_per_row", "words_per_megapixel"];
        for (place, looks) in findings.pictures.into_iter().enumerate() {
            let row = findings.row[place];
            let tokens = u64::from(findings.placeholders[place]);
            let count = looks.len() as u64;
            self.any_tokens |= tokens > 0;
            if tokens != count {
                let note = format!("{tokens} tokens, {count} pictures");
                let kind = if tokens > 0 { MISMATCH } else { WITHOUT };
                self.defect(kind, row, note);
            }
            let pixels = looks.first().and_then(|look| look.seen.as_ref().ok());
            let pixels = pixels.map(|seen| f64::from(seen.width) * f64::from(seen.height));
            if let Some(pixels) = pixels {
                self.moments.push(words[place], pixels);
                self.words_by_megapixels.push(pixels / 1e6, words[place]);
            }
            let density = pixels.map_or(f64::NAN, |pixels| words[place] / (pixels / 1e6));
            for (name, value) in per_row.into_iter().zip([count as f64, density]) {
                let measure = self.measures.entry(name.to_owned()).or_default();
                (measure.unit, measure.cost) = ("", Some(Cost::Model));
                about_pair(name).clone_into(&mut measure.about);
                measure.push(value, row, None);
            }
            self.album.take(looks, (row, file, findings.text[place]));
        }
    }

    /// What is whole and what is not.
    pub(crate) fn integrity(
        &mut self,
        folders: &[PathBuf],
        pixels: bool,
    ) -> Result<Integrity, ExploreError> {
        if let Some((count, examples)) = self.defects.remove(WITHOUT).filter(|_| self.any_tokens) {
            let known = self.defects.entry(MISMATCH).or_default();
            known.0 += count;
            known.1.extend(examples);
            known.1.sort_by_key(|example| example.row);
            known.1.truncate(SHOWN);
        }
        let of_rows = ROW_DEFECTS.map(|(kind, about)| {
            let (count, examples) = self.defects.remove(kind).unwrap_or_default();
            let (kind, about) = (kind.to_owned(), about.to_owned());
            Defect { kind, about, count, rows: count, examples }
        });
        let of_pictures =
            PICTURE_DEFECTS.map(|(kind, about)| self.album.defect(kind, about, SHOWN));
        let roots = self.bands.roots(&vec![true; self.row.len()])?;
        let mut near: Vec<(u32, u64)> = roots.into_iter().zip(self.row.iter().copied()).collect();
        near.sort_unstable();
        let near = near.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1);
        let near_texts = of_groups(near.map(|group| group.iter().map(|(_, row)| *row).collect()));
        let counts = script::NAMES.into_iter().zip(self.scripts).filter(|(_, count)| *count > 0);
        let languages = self.languages.iter().map(|(name, count)| (name.as_str(), *count));
        Ok(Integrity {
            rows: self.rows,
            sound: self.sound,
            fields: std::mem::take(&mut self.fields).finish(),
            defects: of_rows.into_iter().chain(of_pictures).collect(),
            ids: duplicates(std::mem::take(&mut self.ids)),
            texts: duplicates(std::mem::take(&mut self.texts)),
            near_texts,
            pictures: self.album.duplicates(folders),
            near_pictures: pixels.then(|| self.album.near_duplicates()),
            scripts: shares(counts, self.sound),
            languages: shares(languages, self.sound),
        })
    }

    /// The distributions that look at texts alone, and everything about pictures and pairs.
    pub(crate) fn distributions(&mut self) -> Distributions {
        let mut text = BTreeMap::new();
        let (mut pictures, mut tallies) = self.album.summary();
        let [(pictures_per_text, shared_texts), (texts_per_picture, shared_pictures)] =
            self.album.pairs();
        let mut pairs = Pairs {
            words_pixels_correlation: self.moments.correlation(),
            words_by_megapixels: self.words_by_megapixels.grid(),
            pictures_per_text,
            shared_texts,
            texts_per_picture,
            shared_pictures,
            ..Pairs::default()
        };
        for (name, measure) in &mut self.measures {
            let found = measure.tally.distribution(&measure.about, measure.unit);
            let Some(mut found) = found else { continue };
            show(&mut found, std::mem::take(&mut measure.extremes));
            match measure.cost {
                Some(Cost::Text) => text.insert(name.clone(), found),
                Some(Cost::Header | Cost::Pixels) => {
                    pictures.distributions.insert(name.clone(), found)
                }
                _ => pairs.distributions.insert(name.clone(), found),
            };
        }
        let measures = std::mem::take(&mut self.measures);
        tallies.extend(measures.into_iter().map(|(name, measure)| (name, measure.tally)));
        Distributions { text, pictures, pairs, tallies }
    }
}

impl Moments {
    fn push(&mut self, x: f64, y: f64) {
        // Pixels in millions, so that squares keep their digits.
        let y = y / 1e6;
        self.count += 1;
        self.x.add(x);
        self.y.add(y);
        self.xx.add(x * x);
        self.yy.add(y * y);
        self.xy.add(x * y);
    }

    fn correlation(self) -> Option<f64> {
        let n = self.count as f64;
        let (x, y) = (self.x.get(), self.y.get());
        let covariance = n * self.xy.get() - x * y;
        let spread = (n * self.xx.get() - x * x) * (n * self.yy.get() - y * y);
        (spread > 0.0).then(|| covariance / spread.sqrt())
    }
}

/// Puts the extremes into a distribution, as examples.
pub(crate) fn show(distribution: &mut Distribution, extremes: Extremes) {
    let example = |found: Found| Example {
        row: found.row,
        value: Some(found.value),
        picture: found.picture.map(|path| Picture { path, carried: false }),
        ..Example::default()
    };
    distribution.lowest = extremes.lowest.into_iter().map(example).collect();
    distribution.highest = extremes.highest.into_iter().map(example).collect();
}

/// Calls `take` with every number of a column and its row; a row without one gives NaN.
pub(crate) fn each_number(values: &ArrayRef, take: &mut dyn FnMut(usize, f64)) {
    if let Some(lists) = values.as_list_opt::<i32>() {
        for row in 0..lists.len() {
            if lists.is_null(row) {
                take(row, f64::NAN);
                continue;
            }
            each_number(&lists.value(row), &mut |_, value| take(row, value));
        }
        return;
    }
    let number = |row: usize| {
        if values.is_null(row) {
            return f64::NAN;
        }
        if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
            return numbers.value(row);
        }
        values.as_primitive_opt::<Int64Type>().map_or(f64::NAN, |numbers| numbers.value(row) as f64)
    };
    for row in 0..values.len() {
        take(row, number(row));
    }
}

fn unit_of(key: &str) -> &'static str {
    match key {
        "num_words" => "words",
        "text_len" | "avg_line_length" | "max_line_length" => "characters",
        "image_width" | "image_height" => "pixels",
        "image_sizes" => "bytes",
        _ if key.ends_with("ratio") => "share",
        _ => "",
    }
}

fn about_pair(name: &str) -> &'static str {
    if name == "pictures_per_row" {
        "Different pictures of each row"
    } else {
        "Words of each text per million pixels of its first picture"
    }
}
