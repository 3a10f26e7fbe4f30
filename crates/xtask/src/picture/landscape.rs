//! Scenes that look like photographs to a codec: sky, ridges, and textures made of noise.
//!
//! Flat shapes compress to nothing; what fills a real data set is grain and soft gradients.

use super::canvas::{Canvas, Colour, lightened, mixed, noise};
use crate::random::Random;

/// The light of a landscape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sky {
    /// As a caption calls it.
    pub(crate) name: &'static str,
    top: Colour,
    bottom: Colour,
    land: Colour,
}

#[rustfmt::skip]
pub(crate) const SKIES: [Sky; 5] = [
    Sky { name: "sunset", top: [58, 42, 106], bottom: [246, 150, 84], land: [38, 28, 44] },
    Sky { name: "sunrise", top: [120, 160, 214], bottom: [252, 214, 160], land: [66, 70, 82] },
    Sky { name: "night", top: [8, 12, 34], bottom: [40, 52, 96], land: [10, 14, 20] },
    Sky { name: "a clear sky", top: [46, 116, 204], bottom: [176, 214, 244], land: [56, 98, 62] },
    Sky { name: "fog", top: [188, 194, 200], bottom: [222, 224, 226], land: [136, 144, 148] },
];

impl Sky {
    /// The light with its preposition, as a sentence needs it.
    pub(crate) fn setting(&self) -> &'static str {
        match self.name {
            "sunset" => "at sunset",
            "sunrise" => "at sunrise",
            "night" => "at night",
            "fog" => "in the fog",
            _ => "under a clear sky",
        }
    }
}

/// A surface seen from near.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surface {
    /// As a caption calls it.
    pub(crate) name: &'static str,
    dark: Colour,
    light: Colour,
    /// Width and height of the coarsest grain, in pixels: long grains make wood and water.
    grain: (u32, u32),
}

#[rustfmt::skip]
pub(crate) const SURFACES: [Surface; 6] = [
    Surface { name: "green grass", dark: [34, 84, 26], light: [128, 176, 74], grain: (4, 22) },
    Surface { name: "yellow sand", dark: [188, 156, 104], light: [236, 214, 164], grain: (26, 12) },
    Surface { name: "grey stone", dark: [92, 92, 94], light: [176, 174, 170], grain: (30, 26) },
    Surface { name: "blue water", dark: [14, 70, 122], light: [120, 184, 214], grain: (48, 9) },
    Surface { name: "brown wood", dark: [88, 52, 26], light: [168, 116, 68], grain: (120, 6) },
    Surface { name: "white snow", dark: [206, 216, 228], light: [252, 252, 254], grain: (60, 40) },
];

/// Draws a sky with a sun or moon over `ridges` rows of hills.
pub(crate) fn draw_landscape(canvas: &mut Canvas, sky: Sky, ridges: u32, random: &mut Random) {
    let (width, height) = (canvas.width(), canvas.height());
    canvas.each(|_, y, _| mixed(sky.top, sky.bottom, y.cast_signed(), height));
    let reach = height / 10 + 2;
    let sun = (random.below(width.cast_unsigned()).cast_signed(), height / 4);
    let glow = lightened(sky.bottom, 60);
    canvas.outline(sun, reach, glow, |x, y| x * x + y * y <= 900 * 900);
    for ridge in 0..ridges {
        let seed = random.next();
        let cell = (width.cast_unsigned() / (3 + ridge)).max(2);
        let base = height * (5 + 2 * ridge.cast_signed()) / (6 + 2 * ridges.cast_signed());
        let colour = mixed(sky.bottom, sky.land, ridge.cast_signed() + 1, ridges.cast_signed());
        canvas.each(|x, y, old| {
            let rise = noise(seed, x, 0, cell) * 0.8 + noise(seed ^ 1, x, 0, cell / 5 + 1) * 0.2;
            let top = base - (rise * height as f32 * 0.22) as i32;
            if y.cast_signed() < top { old } else { colour }
        });
    }
    add_grain(canvas, random.next(), 6.0);
}

/// Draws a surface that fills the picture.
pub(crate) fn draw_surface(canvas: &mut Canvas, surface: Surface, random: &mut Random) {
    let seed = random.next();
    let (wide, high) = surface.grain;
    canvas.each(|x, y, _| {
        // The noise has square cells, so the coordinates are stretched instead of the cells.
        let coarse = noise(seed, x * 64 / wide, y * 64 / high, 64);
        let fine = noise(seed ^ 1, x * 192 / wide, y * 192 / high, 64);
        mixed(surface.dark, surface.light, ((coarse * 0.65 + fine * 0.35) * 256.0) as i32, 256)
    });
    add_grain(canvas, random.next(), 5.0);
}

/// Adds the grain of a sensor: noise of two pixels, `strength` steps of 255 at most.
pub(crate) fn add_grain(canvas: &mut Canvas, seed: u64, strength: f32) {
    canvas.each(|x, y, old| lightened(old, ((noise(seed, x, y, 2) - 0.5) * 2.0 * strength) as i32));
}
