//! `xtask captioner-data`: pictures in the style of the sample, each with what is true of it.
//!
//! The captioner under examples/captioner is trained on these and measured on the sample itself.
//! Both sets come from the same brush with different seeds, so that no picture is in both.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use lagar_core::fsio::{self, AtomicFile, Durability};
use serde_json::json;

use crate::picture::scene::Scene;
use crate::random::Random;
use crate::sample_data::plan::{CaptionKind, Kinds, PictureKind};
use crate::sample_data::{self, pictures};

/// How many pictures, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Pictures to draw.
    #[arg(long, default_value_t = 16_000)]
    pictures: u32,
    /// The folder that receives truth.jsonl, sample.jsonl and images/.
    #[arg(long)]
    out: PathBuf,
    /// Any seed but the sample's.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Draws the pictures, and writes the truth about them and about the sample.
///
/// # Errors
/// When the seed is the sample's, a picture cannot be encoded or a file cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<String> {
    ensure!(options.seed != sample_data::SEED, "--seed {} is the sample's own", options.seed);
    let mut truth = String::new();
    for place in 0..options.pictures {
        let (path, scene, bytes) = one(place, options.seed)?;
        write_cached(&options.out.join(&path), &bytes)?;
        push_line(&mut truth, &path, &scene);
    }
    fsio::write(options.out.join("truth.jsonl"), truth.as_bytes())?;
    fsio::write(options.out.join("sample.jsonl"), sample_truth()?.as_bytes())?;
    Ok(format!("{}: {} pictures", options.out.display(), options.pictures))
}

/// One line per readable picture of the sample: its path and what it shows.
pub(crate) fn sample_truth() -> anyhow::Result<String> {
    let mut lines = String::new();
    for row in sample_data::all_rows()? {
        if let Some(scene) = row.shown() {
            push_line(&mut lines, &row.path, scene);
        }
    }
    Ok(lines)
}

fn one(place: u32, seed: u64) -> anyhow::Result<(String, Scene, Vec<u8>)> {
    let mut random = Random::new(seed, u64::from(place));
    let picture = match random.below(20) {
        0..=2 => PictureKind::Small,
        3 => PictureKind::Large,
        _ => PictureKind::Web,
    };
    let kinds = Kinds { caption: CaptionKind::Fitting, picture };
    let scene = pictures::scene(kinds, &mut random);
    let path = format!("images/{:03}/{place:06}.jpg", place / 1000);
    let pictures::File::Pixels(pixels) = pictures::file(picture, &scene, &mut random)? else {
        anyhow::bail!("picture {place} is not made of pixels");
    };
    let bytes = pictures::encoded(&path, &pixels)?;
    Ok((path, scene, bytes))
}

fn push_line(lines: &mut String, path: &str, scene: &Scene) {
    let line = json!({"image": path, "caption": scene.description(), "facts": scene.facts()});
    lines.push_str(&line.to_string());
    lines.push('\n');
}

fn write_cached(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("write {}", path.display()))?;
    file.commit(Durability::Cached)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_has_its_truth_and_the_seed_of_the_sample_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_path_buf();
        run(&Options { pictures: 12, out: out.clone(), seed: 5 }).unwrap();
        let truth = fsio::read_text(&out.join("truth.jsonl")).unwrap();
        assert_eq!(truth.lines().count(), 12);
        for line in truth.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(image::open(out.join(row["image"].as_str().unwrap())).is_ok());
        }
        assert!(run(&Options { pictures: 1, out, seed: sample_data::SEED }).is_err());
    }

    #[test]
    fn three_pictures_of_the_sample_cannot_be_described() {
        assert_eq!(sample_truth().unwrap().lines().count(), 297);
    }
}
