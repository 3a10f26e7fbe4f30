//! The filters, and the weight each old pixel has in a new one.

use std::f64::consts::PI;

/// How many bits of a weight stand behind the point: 32 less those of a level and a sign's.
pub(super) const PRECISION: u32 = 32 - 8 - 2;

/// Pillow's resampling filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// The mean of the pixels covered.
    Box,
    /// A triangle.
    Bilinear,
    /// Hamming's window on a sinc of one lobe.
    Hamming,
    /// Keys' cubic with a = -0.5.
    Bicubic,
    /// Lanczos' window on a sinc of three lobes.
    Lanczos,
}

impl Filter {
    /// How far it reaches, in old pixels (in new ones where a picture shrinks).
    fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Hamming => hamming(x.abs()),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Nearest | Self::Lanczos => 0.0,
        }
    }
}

fn hamming(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x >= 1.0 {
        return 0.0;
    }
    let x = x * PI;
    x.sin() / x * (0.54 + 0.46 * x.cos())
}

fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        return ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    }
    if x < 2.0 {
        return (((x - 5.0) * x + 8.0) * x - 4.0) * A;
    }
    0.0
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    x.sin() / x
}

/// For each new pixel of a row or column, which old ones count and how much.
#[derive(Debug)]
pub(super) struct Weights {
    /// First old pixel and number of old pixels, per new pixel.
    spans: Vec<(usize, usize)>,
    /// The weights, `stride` per new pixel.
    values: Vec<i32>,
    stride: usize,
}

impl Weights {
    /// The weights that make `count` pixels of those between `start` and `end` of `len`.
    pub(super) fn new(filter: Filter, (start, end): (f64, f64), len: u32, count: u32) -> Self {
        let scale = (end - start) / f64::from(count);
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let stride = (support.ceil() as usize * 2 + 1).min(len as usize);
        let mut spans = Vec::with_capacity(count as usize);
        let mut values = vec![0; stride * count as usize];
        let mut exact = Vec::with_capacity(stride);
        for (place, values) in values.chunks_exact_mut(stride).enumerate() {
            let center = start + (place as f64 + 0.5) * scale;
            // A cast towards zero, as in C; negative places become 0.
            let first = (center - support + 0.5) as usize;
            let last = ((center + support + 0.5) as usize).min(len as usize);
            exact.clear();
            exact.extend(
                (first..last)
                    .take(stride)
                    .map(|old| filter.weight((old as f64 - center + 0.5) * (1.0 / filter_scale))),
            );
            let total: f64 = exact.iter().sum();
            for (value, exact) in values.iter_mut().zip(&exact) {
                *value = fixed(if total == 0.0 { *exact } else { exact / total });
            }
            spans.push((first.min(len as usize), exact.len()));
        }
        Self { spans, values, stride }
    }

    /// Per new pixel: the first old one, and the weights from there on.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &[i32])> {
        self.spans
            .iter()
            .zip(self.values.chunks_exact(self.stride))
            .map(|((first, len), values)| (*first, &values[..*len]))
    }

    /// The old pixels that count at all: the first and one behind the last.
    pub(super) fn reach(&self) -> (usize, usize) {
        let first = self.spans.first().map_or(0, |(first, _)| *first);
        (first, self.spans.last().map_or(0, |(first, len)| first + len))
    }
}

fn fixed(weight: f64) -> i32 {
    let half = if weight < 0.0 { -0.5 } else { 0.5 };
    (half + weight * f64::from(1 << PRECISION)) as i32
}
