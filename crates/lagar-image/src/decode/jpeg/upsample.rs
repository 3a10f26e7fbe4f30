//! Chroma between the samples: "fancy" upsampling, a triangle filter in small integers.
//!
//! Factors of two are interpolated, with rounding that alternates so that no level drifts; others are
//! repeated, as are halves along rows of two samples or fewer.
//!
//! Source: libjpeg-turbo 3, `jdsample.c`.

use super::component::Component;
use super::frame::Frame;
use super::unsupported;
use crate::ImageError;
use crate::wide::widely;

/// How a component comes to the size of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upsampling {
    /// It has it already.
    Whole,
    /// Twice as wide, interpolated.
    Wide,
    /// Twice as high, interpolated.
    High,
    /// Twice as wide and high, interpolated.
    Both,
    /// Each sample so many times along rows and columns.
    Repeat(usize, usize),
}

impl Upsampling {
    pub(super) fn of(component: &Component, frame: &Frame) -> Result<Self, ImageError> {
        let (across, down) = (frame.horizontal, frame.vertical);
        if across % component.horizontal != 0 || down % component.vertical != 0 {
            return Err(unsupported("sampling factors that are no multiples of each other"));
        }
        let factors = (across / component.horizontal, down / component.vertical);
        Ok(match factors {
            (1, 1) => Self::Whole,
            (1, 2) => Self::High,
            (2, 1) if component.width > 2 => Self::Wide,
            (2, 2) if component.width > 2 => Self::Both,
            (across, down) => Self::Repeat(across, down),
        })
    }

    /// Row `row` of the picture, as wide as the picture or wider.
    pub(super) fn row<'a>(
        self,
        component: &'a Component,
        row: usize,
        buffer: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let beside = if row.is_multiple_of(2) { (row / 2).saturating_sub(1) } else { row / 2 + 1 };
        match self {
            Self::Whole => return component.row(row),
            Self::Wide => widely(
                #[inline(always)]
                || wide(component.row(row), buffer),
            ),
            Self::High => {
                let bias = 1 + u16::from(row % 2 == 1);
                let (near, far) = (component.row(row / 2), component.row(beside));
                buffer.clear();
                buffer.extend(near.iter().zip(far).map(|(near, far)| {
                    ((u16::from(*near) * 3 + u16::from(*far) + bias) >> 2) as u8
                }));
            }
            Self::Both => widely(
                #[inline(always)]
                || both(component.row(row / 2), component.row(beside), buffer),
            ),
            Self::Repeat(across, down) => {
                let samples = component.row(row / down);
                buffer.clear();
                buffer
                    .extend(samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, across)));
            }
        }
        buffer
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn wide(samples: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.resize(samples.len() * 2, 0);
    let last = samples.len() - 1;
    for (window, pair) in samples.windows(3).zip(out.as_chunks_mut::<2>().0.iter_mut().skip(1)) {
        let here = u16::from(window[1]) * 3;
        pair[0] = ((here + u16::from(window[0]) + 1) >> 2) as u8;
        pair[1] = ((here + u16::from(window[2]) + 2) >> 2) as u8;
    }
    let mix = |near: usize, far: usize, bias: u16| {
        ((u16::from(samples[near]) * 3 + u16::from(samples[far]) + bias) >> 2) as u8
    };
    out[0] = samples[0];
    out[1] = mix(0, 1, 2);
    out[2 * last] = mix(last, last - 1, 1);
    out[2 * last + 1] = samples[last];
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn both(near: &[u8], far: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.resize(near.len() * 2, 0);
    let last = near.len() - 1;
    let sum = |place: usize| u16::from(near[place]) * 3 + u16::from(far[place]);
    let pairs = out.as_chunks_mut::<2>().0;
    for ((near, far), pair) in near.windows(3).zip(far.windows(3)).zip(pairs.iter_mut().skip(1)) {
        let sum = |place: usize| u16::from(near[place]) * 3 + u16::from(far[place]);
        pair[0] = ((sum(1) * 3 + sum(0) + 8) >> 4) as u8;
        pair[1] = ((sum(1) * 3 + sum(2) + 7) >> 4) as u8;
    }
    pairs[0] = [((sum(0) * 4 + 8) >> 4) as u8, ((sum(0) * 3 + sum(1) + 7) >> 4) as u8];
    pairs[last] =
        [((sum(last) * 3 + sum(last - 1) + 8) >> 4) as u8, ((sum(last) * 4 + 7) >> 4) as u8];
}
