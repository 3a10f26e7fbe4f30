//! The pixel nearest to where the new one lies.
//!
//! Source: Pillow 13, `ImagingScaleAffine` of `libImaging/Geometry.c`.

use super::Area;
use crate::Picture;

pub(super) fn resize(picture: &Picture, area: Area, width: u32, height: u32) -> Picture {
    let columns = places(area.left, area.right, width, picture.width());
    let rows = places(area.top, area.bottom, height, picture.height());
    let size = picture.mode().channels();
    let mut pixels = Vec::with_capacity(columns.len() * rows.len() * size);
    for row in rows {
        let row = &picture.pixels()[row * picture.stride()..][..picture.stride()];
        for column in &columns {
            pixels.extend_from_slice(&row[column * size..][..size]);
        }
    }
    Picture::of(width, height, picture.mode(), pixels)
}

/// Where each new place lies among `len` old ones; steps are added up one by one, as Pillow does.
fn places(start: f64, end: f64, count: u32, len: u32) -> Vec<usize> {
    let step = (end - start) / f64::from(count);
    let mut place = start + step * 0.5;
    let mut places = Vec::with_capacity(count as usize);
    for _ in 0..count {
        places.push((place as usize).min(len as usize - 1));
        place += step;
    }
    places
}
