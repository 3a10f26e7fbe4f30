//! `xtask sample-data`: a small data set with every kind of row a data set from the web has.
//!
//! Whoever tries lagar needs data at hand, and tests need rows whose fate is known. Everything follows
//! from one seed, so the committed folder can be compared with a fresh generation byte by byte.

mod captions;
pub(crate) mod pictures;
pub(crate) mod plan;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lagar_core::fsio::{self, AtomicFile, Durability};
use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value, json};

use crate::picture::scene::Scene;
use crate::random::Random;
use crate::sample_data::plan::{CaptionKind, PictureKind};

/// The seed of the sample; nothing that is trained for it may be drawn from the same one.
pub(crate) const SEED: u64 = 2024;

/// Where the sample goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder that receives data.jsonl and images/.
    #[arg(long, default_value = "examples/sample")]
    out: PathBuf,
}

/// Writes the sample.
///
/// # Errors
/// When a picture cannot be encoded or a file cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<String> {
    let mut lines = String::new();
    let mut total_bytes = 0;
    let rows = all_rows()?;
    for row in &rows {
        lines.push_str(&spaced(&row.line)?);
        lines.push('\n');
        if let Some(bytes) = &row.picture {
            total_bytes += bytes.len();
            write_cached(&options.out.join(&row.path), bytes)?;
        }
    }
    total_bytes += lines.len();
    fsio::write(options.out.join("data.jsonl"), lines.as_bytes())?;
    Ok(format!("{}: {} rows, {} kB", options.out.display(), rows.len(), total_bytes / 1000))
}

/// A row of the sample with the bytes of its picture; `None` is the picture that is missing.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    line: Map<String, Value>,
    /// Where the picture lies, from the folder of the sample.
    pub(crate) path: String,
    picture: Option<Vec<u8>>,
    picture_kind: PictureKind,
    scene: Scene,
}

impl Row {
    /// What the picture shows; `None` where there is no picture that can be read.
    pub(crate) fn shown(&self) -> Option<&Scene> {
        self.picture_kind.is_readable().then_some(&self.scene)
    }
}

/// A sound JPEG of the sample, with what it shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The position of its row.
    pub(crate) row: usize,
    /// The bytes of its file.
    pub(crate) jpeg: Vec<u8>,
    /// What is on it.
    pub(crate) scene: Scene,
}

/// The sample's ordinary pictures: upright JPEGs that fit a screen, each once, in the order of the
/// rows.
///
/// # Errors
/// When a picture cannot be encoded.
pub(crate) fn ordinary_pictures() -> anyhow::Result<Vec<Shown>> {
    let mut shown: Vec<Shown> = Vec::new();
    for (place, row) in all_rows()?.into_iter().enumerate() {
        let ordinary = row.picture_kind == PictureKind::Web
            && Path::new(&row.path).extension().is_some_and(|ending| ending == "jpg");
        if let Some(jpeg) = row.picture.filter(|_| ordinary)
            && !shown.iter().any(|other| other.jpeg == jpeg)
        {
            shown.push(Shown { row: place, jpeg, scene: row.scene });
        }
    }
    Ok(shown)
}

/// Every row of the sample, in order.
///
/// # Errors
/// When a picture cannot be encoded.
pub(crate) fn all_rows() -> anyhow::Result<Vec<Row>> {
    let plan = plan::shuffled(&mut Random::new(SEED, u64::MAX));
    let mut rows: Vec<Row> = Vec::with_capacity(plan.len());
    let mut ordinary: Vec<usize> = Vec::new();
    for (place, kinds) in plan.into_iter().enumerate() {
        let mut random = Random::new(SEED, place as u64);
        let mut row = one_row(place, kinds, &mut random)
            .with_context(|| format!("make row {place} of the sample"))?;
        let is_jpeg = Path::new(&row.path).extension().is_some_and(|ending| ending == "jpg");
        if kinds.caption == CaptionKind::Duplicate && !ordinary.is_empty() {
            let twin = &rows[*random.pick(&ordinary)];
            row.line.insert("text".into(), twin.line["text"].clone());
            row.picture.clone_from(&twin.picture);
            row.scene = twin.scene.clone();
        } else if (kinds.caption, kinds.picture) == (CaptionKind::Fitting, PictureKind::Web)
            && is_jpeg
        {
            ordinary.push(place);
        }
        rows.push(row);
    }
    Ok(rows)
}

fn one_row(place: usize, kinds: plan::Kinds, random: &mut Random) -> anyhow::Result<Row> {
    let scene = pictures::scene(kinds, random);
    let caption = captions::caption(kinds.caption, &scene, random);
    let picture = pictures::file(kinds.picture, &scene, random)?;
    let id = format!("{place:09}");
    let path = format!("images/{}/{id}.{}", &id[..3], pictures::extension(place, kinds, &scene));
    let picture = match picture {
        pictures::File::Pixels(pixels) => Some(pictures::encoded(&path, &pixels)?),
        pictures::File::Bytes(bytes) => Some(bytes),
        pictures::File::Missing => None,
    };
    let mut line = Map::new();
    line.insert("id".into(), json!(id));
    line.insert("text".into(), json!(captions::text(&caption)));
    line.insert("images".into(), json!([path]));
    add_fields(&mut line, place, random);
    Ok(Row { line, path, picture, picture_kind: kinds.picture, scene })
}

/// Fields that no operator knows and that differ from row to row: they must survive a run exactly.
fn add_fields(line: &mut Map<String, Value>, place: usize, random: &mut Random) {
    if random.chance(1, 2) {
        let source = *random.pick(&["shop", "news", "blog", "encyclopedia"]);
        line.insert("source".into(), json!(source));
    }
    match random.below(8) {
        0 => line.insert("score".into(), json!(1.0)),
        1 => line.insert("score".into(), json!(1)),
        2 => line.insert("score".into(), json!("1")),
        3 => line.insert("meta".into(), json!({"page": {"lang": "en", "rank": place}})),
        4 => line.insert("meta".into(), json!({"tags": ["web", "2024"], "page": null})),
        _ => None,
    };
    if random.chance(1, 10) {
        // Twenty digits: more than 64 bits hold, so a reader that goes through a number changes them.
        let serial = format!("9876543210{:010}", random.below(u32::MAX));
        let number: Result<serde_json::Number, _> = serial.parse();
        line.extend(number.map(|number| ("serial".to_owned(), Value::Number(number))));
    }
}

/// JSON with a blank after each comma and colon, as Python writes it and most data sets have it.
fn spaced(line: &Map<String, Value>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    line.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced))?;
    Ok(String::from_utf8(bytes)?)
}

/// Puts a blank after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.begin_array_value(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

fn write_cached(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("write {}", path.display()))?;
    file.commit(Durability::Cached)?;
    Ok(())
}

#[cfg(test)]
mod tests;
