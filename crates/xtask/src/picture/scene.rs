//! What a sample picture shows: drawn by [`Scene::draw`], described by [`Scene::captions`].

use image::RgbImage;

use super::canvas::{Canvas, Colour, lightened, words_width};
use super::landscape::{self, SKIES, SURFACES, Sky, Surface};
use super::shape::{SHAPES, Shape};
use crate::random::Random;

/// A colour with its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    /// English name.
    pub(crate) name: &'static str,
    /// Chinese name.
    pub(crate) chinese: &'static str,
    rgb: Colour,
}

impl Paint {
    /// How bright it is, 0 to 255.
    pub(crate) fn brightness(self) -> i32 {
        let [red, green, blue] = self.rgb.map(i32::from);
        (3 * red + 6 * green + blue) / 10
    }
}

#[rustfmt::skip]
pub(crate) const PAINTS: [Paint; 10] = [
    Paint { name: "red", chinese: "红色", rgb: [204, 42, 38] },
    Paint { name: "blue", chinese: "蓝色", rgb: [36, 84, 190] },
    Paint { name: "green", chinese: "绿色", rgb: [42, 142, 66] },
    Paint { name: "yellow", chinese: "黄色", rgb: [244, 208, 52] },
    Paint { name: "orange", chinese: "橙色", rgb: [238, 136, 36] },
    Paint { name: "purple", chinese: "紫色", rgb: [122, 58, 156] },
    Paint { name: "white", chinese: "白色", rgb: [248, 248, 246] },
    Paint { name: "black", chinese: "黑色", rgb: [28, 28, 30] },
    Paint { name: "grey", chinese: "灰色", rgb: [146, 148, 150] },
    Paint { name: "pink", chinese: "粉色", rgb: [240, 154, 178] },
];

pub(crate) const SIGNS: [&str; 16] = [
    "OPEN",
    "STOP",
    "SALE",
    "EXIT",
    "CAFE",
    "TAXI",
    "BAKERY",
    "HOTEL",
    "LIBRARY",
    "NO PARKING",
    "WELCOME",
    "FRESH FISH",
    "50% OFF",
    "BUS 42",
    "MUSEUM",
    "FLOWERS",
];
const TOPICS: [&str; 10] =
    ["COFFEE", "RAIN", "VISITORS", "APPLES", "STEEL", "POWER", "TRAFFIC", "BOOKS", "MILK", "SNOW"];

/// One picture's content.
#[derive(Clone, Debug)]
pub(crate) enum Scene {
    /// One shape, or two beside each other, on a plain ground.
    Shapes {
        /// What is drawn, from left to right.
        shapes: Vec<(Paint, Shape)>,
        /// The ground.
        ground: Paint,
    },
    /// A chart of bars, or of one line, with its topic as the title.
    Chart {
        /// The title.
        topic: &'static str,
        /// Heights in percent.
        values: Vec<u32>,
        /// The colour of the bars or of the line.
        paint: Paint,
        /// A line instead of bars.
        line: bool,
    },
    /// A board with words.
    Sign {
        /// What is written.
        words: &'static str,
        /// The letters.
        letters: Paint,
        /// The board.
        board: Paint,
    },
    /// Hills under a sky.
    Landscape {
        /// The light.
        sky: Sky,
        /// Rows of hills.
        ridges: u32,
    },
    /// A surface from near.
    Texture(Surface),
}

impl Scene {
    /// Draws a scene by lot.
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(10) {
            0..=3 => Self::random_shapes(random),
            4 | 5 => Self::Chart {
                topic: TOPICS[random.index(TOPICS.len())],
                values: (0..random.between(4, 9)).map(|_| random.between(12, 96)).collect(),
                paint: PAINTS[random.index(6)],
                line: random.chance(1, 2),
            },
            6 | 7 => {
                let (letters, board) = two_paints(random);
                Self::Sign { words: SIGNS[random.index(SIGNS.len())], letters, board }
            }
            8 => Self::Landscape { sky: *random.pick(&SKIES), ridges: random.between(2, 4) },
            _ => Self::Texture(*random.pick(&SURFACES)),
        }
    }

    /// Draws one or two shapes by lot.
    pub(crate) fn random_shapes(random: &mut Random) -> Self {
        let (paint, ground) = two_paints(random);
        let mut shapes = vec![(paint, *random.pick(&SHAPES))];
        if random.chance(2, 5) {
            let others: Vec<Paint> = PAINTS.into_iter().filter(|other| *other != ground).collect();
            shapes.push((*random.pick(&others), *random.pick(&SHAPES)));
        }
        Self::Shapes { shapes, ground }
    }

    /// The picture, `width` times `height` pixels.
    pub(crate) fn draw(&self, width: u32, height: u32, random: &mut Random) -> RgbImage {
        let mut canvas = Canvas::new(width, height, self.ground());
        match self {
            Self::Shapes { shapes, .. } => draw_shapes(&mut canvas, shapes),
            Self::Chart { topic, values, paint, line } => {
                draw_chart(&mut canvas, topic, (values, *line), paint.rgb);
            }
            Self::Sign { words, letters, board } => {
                draw_sign(&mut canvas, words, (letters.rgb, board.rgb));
            }
            Self::Landscape { sky, ridges } => {
                landscape::draw_landscape(&mut canvas, *sky, *ridges, random);
            }
            Self::Texture(surface) => landscape::draw_surface(&mut canvas, *surface, random),
        }
        canvas.into_pixels()
    }

    /// Ways to caption the picture, in the terse style of captions from the web.
    pub(crate) fn captions(&self) -> Vec<String> {
        match self {
            Self::Shapes { shapes, ground } => shape_captions(shapes, *ground),
            Self::Chart { topic, values, paint, line } => {
                let (topic, count) = (topic.to_lowercase(), values.len());
                let kind = if *line { "line chart" } else { "bar chart" };
                vec![
                    format!("a {kind} of {topic} over {count} years"),
                    format!("{topic} statistics shown in a {} {kind}", paint.name),
                    format!("figure {count} - {kind} of {topic}"),
                ]
            }
            Self::Sign { words, letters, board } => {
                let words = words.to_lowercase();
                vec![
                    format!("a {} sign with the word {words} in {}", board.name, letters.name),
                    format!("{words} sign on a wall, {} and {}", letters.name, board.name),
                    format!("vintage {words} metal sign"),
                ]
            }
            Self::Landscape { sky, ridges } => vec![
                format!("mountains at {} with {ridges} rows of hills", sky.name),
                format!("{} over the hills canvas print", sky.name),
                format!("a view of the mountains in the distance, {}", sky.name),
            ],
            Self::Texture(surface) => vec![
                format!("{} texture background", surface.name),
                format!("close up of {} as a seamless pattern", surface.name),
                format!("a photo of {} taken from above", surface.name),
            ],
        }
    }

    /// Whether the picture has few colours and no grain, so that a PNG of it is small.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(self, Self::Shapes { .. } | Self::Chart { .. })
    }

    fn ground(&self) -> Colour {
        match self {
            Self::Shapes { ground, .. } => ground.rgb,
            Self::Sign { .. } => [214, 206, 192],
            Self::Chart { .. } | Self::Landscape { .. } | Self::Texture(_) => [252, 252, 250],
        }
    }
}

fn two_paints(random: &mut Random) -> (Paint, Paint) {
    let first = random.index(PAINTS.len());
    let second = (first + 1 + random.index(PAINTS.len() - 1)) % PAINTS.len();
    (PAINTS[first], PAINTS[second])
}

fn shape_captions(shapes: &[(Paint, Shape)], ground: Paint) -> Vec<String> {
    let list: Vec<String> =
        shapes.iter().map(|(paint, shape)| format!("{} {}", paint.name, shape.name)).collect();
    let ground = ground.name;
    match list.as_slice() {
        [one] => vec![
            format!("a {one} on a {ground} background"),
            format!("{one} icon isolated on {ground}"),
            format!("an illustration of a {one}, {ground} wallpaper"),
        ],
        more => vec![
            format!("a {} on a {ground} background", more.join(" and a ")),
            format!("set of {} stickers, {ground}", more.join(" and ")),
            format!("{} next to each other on {ground} paper", more.join(" and ")),
        ],
    }
}

fn draw_shapes(canvas: &mut Canvas, shapes: &[(Paint, Shape)]) {
    let count = shapes.len() as i32;
    let reach = (canvas.width() / count).min(canvas.height()) * 2 / 5;
    for (place, (paint, shape)) in shapes.iter().enumerate() {
        let x = canvas.width() * (2 * place as i32 + 1) / (2 * count);
        shape.draw(canvas, (x, canvas.height() / 2), reach, paint.rgb);
    }
}

fn draw_chart(canvas: &mut Canvas, topic: &str, data: (&[u32], bool), colour: Colour) {
    let (values, line) = data;
    let (width, height) = (canvas.width(), canvas.height());
    let (left, bottom, top) = (width / 10, height * 9 / 10, height / 6);
    let ink = [60, 60, 64];
    canvas.words(topic, (width / 2, top / 2), (width / 160).max(1), ink);
    for tick in 0..=4 {
        let y = bottom - (bottom - top) * tick / 4;
        canvas.line((left, y), (width * 19 / 20, y), 1, [214, 214, 216]);
    }
    canvas.line((left, top), (left, bottom), 2, ink);
    canvas.line((left, bottom), (width * 19 / 20, bottom), 2, ink);
    let step = (width * 17 / 20 / values.len() as i32).max(2);
    let point = |index: usize| {
        let x = left + step * index as i32 + step / 2;
        (x, bottom - (bottom - top) * values[index].cast_signed() / 100)
    };
    for index in 0..values.len() {
        let (x, y) = point(index);
        if !line {
            canvas.rectangle(x - step / 3, y, (step * 2 / 3, bottom - y), colour);
        } else if index > 0 {
            canvas.line(point(index - 1), (x, y), (width / 110).max(2), colour);
        }
    }
}

fn draw_sign(canvas: &mut Canvas, words: &str, (letters, board): (Colour, Colour)) {
    let (width, height) = (canvas.width(), canvas.height());
    let size = (width * 17 / 20, height * 11 / 20);
    let corner = ((width - size.0) / 2, (height - size.1) / 2 - height / 20);
    canvas.rectangle(width / 2 - width / 40, height / 2, (width / 20, height / 2), [112, 92, 70]);
    canvas.rectangle(corner.0 - 3, corner.1 - 3, (size.0 + 6, size.1 + 6), lightened(board, -60));
    canvas.rectangle(corner.0, corner.1, size, board);
    let fits = |dot: &i32| words_width(words, *dot) < size.0 * 9 / 10;
    let dot = (1..=size.1 / 10).take_while(fits).last();
    let middle = (width / 2, corner.1 + size.1 / 2);
    canvas.words(words, middle, dot.unwrap_or(1), letters);
    let seed = words.len() as u64;
    landscape::add_grain(canvas, seed, 5.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_drawn_twice_has_the_same_pixels() {
        for stream in 0..20 {
            let draw = || {
                let mut random = Random::new(3, stream);
                Scene::random(&mut random).draw(64, 48, &mut random)
            };
            assert_eq!(draw(), draw());
        }
    }

    #[test]
    fn a_caption_names_what_is_drawn() {
        let scene = Scene::Shapes { shapes: vec![(PAINTS[0], SHAPES[0])], ground: PAINTS[1] };
        assert_eq!(scene.captions()[0], "a red circle on a blue background");
    }

    #[test]
    fn even_a_tiny_picture_can_be_drawn() {
        for stream in 0..40 {
            let mut random = Random::new(4, stream);
            let pixels = Scene::random(&mut random).draw(16, 12, &mut random);
            assert_eq!(pixels.dimensions(), (16, 12));
        }
    }
}
