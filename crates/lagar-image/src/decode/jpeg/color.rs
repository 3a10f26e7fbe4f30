//! From components to pixels. Source: libjpeg-turbo 3, `jdcolor.c` and `jdapimin.c`.

use super::frame::Frame;
use super::segments::Segments;
use super::upsample::Upsampling;
use crate::wide::widely;
use crate::{ImageError, Mode, Picture};

/// What the components mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

impl Space {
    /// What the markers say, and for want of them the names of the components.
    fn of(frame: &Frame, segments: &Segments<'_>) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), segments.adobe) {
            ([_], _) => Self::Grey,
            ([_, _, _], _) if segments.has_jfif => Self::YCbCr,
            ([_, _, _], Some(0)) | (b"RGB", None) => Self::Rgb,
            ([_, _, _], _) => Self::YCbCr,
            (_, Some(0) | None) => Self::Cmyk,
            _ => Self::Ycck,
        }
    }
}

/// The picture; inks are turned over, as Pillow takes all such files for Adobe's.
pub(super) fn picture(frame: &Frame, segments: &Segments<'_>) -> Result<Picture, ImageError> {
    let space = Space::of(frame, segments);
    let mode = match space {
        Space::Grey => Mode::L,
        Space::Rgb | Space::YCbCr => Mode::Rgb,
        Space::Cmyk | Space::Ycck => Mode::Cmyk,
    };
    let upsampling = frame
        .components
        .iter()
        .map(|component| Upsampling::of(component, frame))
        .collect::<Result<Vec<_>, ImageError>>()?;
    let (width, height) = (frame.width as usize, frame.height as usize);
    let mut pixels = vec![0; width * height * mode.channels()];
    let mut buffers = vec![Vec::new(); frame.components.len()];
    for (row, out) in pixels.chunks_exact_mut(width * mode.channels()).enumerate() {
        let rows: Vec<&[u8]> = frame
            .components
            .iter()
            .zip(&upsampling)
            .zip(&mut buffers)
            .map(|((component, upsampling), buffer)| upsampling.row(component, row, buffer))
            .collect();
        match rows.as_slice() {
            [grey] => out.copy_from_slice(&grey[..width]),
            [a, b, c] => widely(
                #[inline(always)]
                || triples(space, (a, b, c), out),
            ),
            [a, b, c, black] => quadruples(space, (a, b, c), black, out),
            _ => {}
        }
    }
    Picture::new(frame.width, frame.height, mode, pixels)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of each version")]
fn triples(space: Space, (a, b, c): (&[u8], &[u8], &[u8]), out: &mut [u8]) {
    let samples = a.iter().zip(b).zip(c);
    let pixels = out.as_chunks_mut::<3>().0.iter_mut();
    if space == Space::YCbCr {
        for (pixel, ((luma, blue), red)) in pixels.zip(samples) {
            *pixel = rgb(*luma, *blue, *red);
        }
    } else {
        for (pixel, ((red, green), blue)) in pixels.zip(samples) {
            *pixel = [*red, *green, *blue];
        }
    }
}

fn quadruples(space: Space, (a, b, c): (&[u8], &[u8], &[u8]), black: &[u8], out: &mut [u8]) {
    let samples = a.iter().zip(b).zip(c).zip(black);
    for (pixel, (((a, b), c), black)) in out.as_chunks_mut::<4>().0.iter_mut().zip(samples) {
        // Turning over the complement of RGB gives RGB.
        let [cyan, magenta, yellow] = match space {
            Space::Ycck => rgb(*a, *b, *c),
            _ => [255 - a, 255 - b, 255 - c],
        };
        *pixel = [cyan, magenta, yellow, 255 - black];
    }
}

/// YCbCr to RGB with 16 bits behind the point; the two parts of green are rounded together.
#[inline]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    let level = |value: i32| value.clamp(0, 255) as u8;
    [
        level(luma + ((91_881 * red + HALF) >> 16)),
        level(luma + ((-22_554 * blue - 46_802 * red + HALF) >> 16)),
        level(luma + ((116_130 * blue + HALF) >> 16)),
    ]
}
