//! The picture files of the sample: their sizes, their formats, and the ways they are broken.

use image::RgbImage;

use super::plan::{CaptionKind, Kinds, PictureKind};
use crate::picture::{self, scene::Scene};
use crate::random::Random;

/// Quality of the JPEGs: keeps the committed folder small.
const QUALITY: u8 = 64;

/// What lies where a row says its picture is.
#[derive(Debug)]
pub(crate) enum File {
    /// A sound picture, to be encoded as its name says.
    Pixels(RgbImage),
    /// Bytes that are not what they should be, or say more than pixels.
    Bytes(Vec<u8>),
    /// Nothing.
    Missing,
}

/// What the picture of a row shows.
pub(crate) fn scene(kinds: Kinds, random: &mut Random) -> Scene {
    let large_or_png = matches!(kinds.picture, PictureKind::Large | PictureKind::PngNamedJpg);
    if kinds.caption == CaptionKind::Chinese || large_or_png {
        Scene::random_shapes(random)
    } else {
        Scene::random(random)
    }
}

/// `png` for some sound pictures without grain, `jpg` for all others.
pub(crate) fn extension(place: usize, kinds: Kinds, scene: &Scene) -> &'static str {
    let sound = matches!(kinds.picture, PictureKind::Web | PictureKind::Small | PictureKind::Large);
    let own = kinds.caption != CaptionKind::Duplicate;
    if sound && own && scene.is_flat() && place % 5 == 4 { "png" } else { "jpg" }
}

/// The file of the wanted kind that shows `scene`.
///
/// # Errors
/// When the picture cannot be encoded.
pub(crate) fn file(kind: PictureKind, scene: &Scene, random: &mut Random) -> anyhow::Result<File> {
    let (width, height) = size(kind, random);
    let pixels = scene.draw(width, height, random);
    Ok(match kind {
        PictureKind::Web | PictureKind::Small | PictureKind::Large | PictureKind::Panorama => {
            File::Pixels(pixels)
        }
        PictureKind::Sideways => File::Bytes(picture::sideways_jpeg(&pixels, QUALITY)?),
        PictureKind::Truncated => {
            let mut bytes = picture::jpeg(&pixels, QUALITY)?;
            bytes.truncate(bytes.len() * 2 / 3);
            File::Bytes(bytes)
        }
        PictureKind::NotAPicture => {
            File::Bytes(b"<!doctype html><title>404 Not Found</title>\n".to_vec())
        }
        PictureKind::Missing => File::Missing,
        PictureKind::PngNamedJpg => File::Bytes(picture::png(&pixels)?),
    })
}

/// A sound picture as the end of its name says.
///
/// # Errors
/// When the picture cannot be encoded.
pub(crate) fn encoded(path: &str, pixels: &RgbImage) -> anyhow::Result<Vec<u8>> {
    match path.rsplit_once('.') {
        Some((_, "png")) => picture::png(pixels),
        _ => picture::jpeg(pixels, QUALITY),
    }
}

fn size(kind: PictureKind, random: &mut Random) -> (u32, u32) {
    let (long, short) = match kind {
        PictureKind::Small => {
            *random.pick(&[(336, 188), (336, 220), (336, 150), (200, 200), (160, 90)])
        }
        PictureKind::Large => *random.pick(&[(1280, 720), (1200, 800), (1100, 825)]),
        PictureKind::Panorama => return (1600, 300),
        _ => *random.pick(&[(336, 224), (336, 252), (336, 252), (336, 269), (336, 336)]),
    };
    if random.chance(1, 3) { (short, long) } else { (long, short) }
}
