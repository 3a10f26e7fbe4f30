//! Distinct JPEG files of the size of pictures on the web, drawn by all cores.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anyhow::Context as _;
use lagar_core::fsio::{AtomicFile, Durability};

use crate::picture::canvas::{Canvas, noise};
use crate::picture::jpeg;
use crate::random::{Random, mix};

/// Pictures in one folder, as large sets are kept.
const PICTURES_A_FOLDER: u32 = 100;

/// Where picture number `place` lies, relative to the data file.
pub(crate) fn path(place: u32) -> String {
    format!("images/{:05}/{place:09}.jpg", place / PICTURES_A_FOLDER)
}

/// Writes `count` pictures below `folder` and returns their bytes.
///
/// # Errors
/// When a picture cannot be encoded or written.
pub(crate) fn write(folder: &Path, count: u32, seed: u64) -> anyhow::Result<u64> {
    let (next, bytes) = (AtomicU32::new(0), AtomicU64::new(0));
    let work = || -> anyhow::Result<()> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return Ok(());
            }
            let file = one(place, seed)?;
            bytes.fetch_add(file.len() as u64, Ordering::Relaxed);
            write_file(&folder.join(path(place)), &file)?;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().map_err(|_panic| anyhow::anyhow!("a drawing thread panicked"))?
        })
    })?;
    Ok(bytes.into_inner())
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("write {}", path.display()))?;
    file.commit(Durability::Cached)?;
    Ok(())
}

/// One picture: soft clouds of colour with grain, 150 to 800 pixels a side.
///
/// The stream differs from those of the rows, which count up from 0.
fn one(place: u32, seed: u64) -> anyhow::Result<Vec<u8>> {
    let mut random = Random::new(seed, u64::MAX - u64::from(place));
    let mut side = || random.between(150, 800);
    let (width, height) = (side(), side());
    let base = random.next();
    let mut canvas = Canvas::new(width, height, [0; 3]);
    canvas.each(|x, y, _| {
        let cloud = noise(base, x, y, 64) * 150.0 + noise(base ^ 1, x, y, 9) * 50.0;
        let warmth = noise(base ^ 2, x, y, 120) * 60.0;
        let grain = (mix(base ^ u64::from(y) << 32 ^ u64::from(x)) & 31) as f32;
        let light = cloud + grain;
        [channel(light + warmth), channel(light), channel(light + 60.0 - warmth)]
    });
    jpeg(&canvas.into_pixels(), 80)
}

#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest channel value")]
fn channel(light: f32) -> u8 {
    light as u8
}
