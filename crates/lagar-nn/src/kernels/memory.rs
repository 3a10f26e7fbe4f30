//! Memory of packed matrices and of results.
//!
//! A product with few rows reads its matrix once from end to end, so that what it costs is the way
//! from memory, page tables included. Large matrices are therefore put on huge pages where the system
//! gives them. A result is written once; zeros that nobody reads would cost as much again.
#![expect(
    unsafe_code,
    reason = "mapped memory is seen as cache lines, results are not zeroed first"
)]

use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

use crate::kernels::packed::Line;

/// From so many bytes on memory is mapped by itself.
const LARGE: usize = 4 << 20;

/// Cache lines, all zero at first.
#[derive(Debug)]
pub(crate) struct Lines(Place);

#[derive(Debug)]
enum Place {
    Heap(Vec<Line>),
    Mapped(MmapMut),
}

impl Lines {
    pub(crate) fn zeros(count: usize) -> Self {
        let bytes = count * size_of::<Line>();
        if bytes >= LARGE
            && !cfg!(miri)
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Refused where the system has no huge pages: then these are ordinary ones.
            #[cfg(target_os = "linux")]
            let _advised = map.advise(memmap2::Advice::HugePage);
            return Self(Place::Mapped(map));
        }
        Self(Place::Heap(vec![Line::ZERO; count]))
    }
}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        match &self.0 {
            Place::Heap(lines) => lines,
            Place::Mapped(map) => {
                let count = map.len() / size_of::<Line>();
                // SAFETY: pages are aligned to more than a line, every bit pattern is a line, and the
                // map lives and is shared as long as the slice.
                unsafe { std::slice::from_raw_parts(map.as_ptr().cast(), count) }
            }
        }
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [Line] {
        match &mut self.0 {
            Place::Heap(lines) => lines,
            Place::Mapped(map) => {
                let count = map.len() / size_of::<Line>();
                // SAFETY: as above, and the map is borrowed mutably as long as the slice.
                unsafe { std::slice::from_raw_parts_mut(map.as_mut_ptr().cast(), count) }
            }
        }
    }
}

/// A vector that `fill` writes every element of.
pub(crate) fn fresh(len: usize, fill: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut data: Vec<f32> = Vec::with_capacity(len);
    fill(&mut data.spare_capacity_mut()[..len]);
    // SAFETY: `fill` has written these elements.
    unsafe { data.set_len(len) };
    data
}

/// A slice as one that may not be initialised.
pub(crate) fn initialised(slice: &mut [f32]) -> &mut [MaybeUninit<f32>] {
    // SAFETY: the same layout; nothing in this crate writes elements that are not initialised.
    unsafe { std::slice::from_raw_parts_mut(slice.as_mut_ptr().cast(), slice.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_memory_is_zero_and_keeps_what_is_written() {
        for count in [0, 1, LARGE / size_of::<Line>() + 1] {
            let mut lines = Lines::zeros(count);
            assert_eq!(lines.len(), count);
            assert!(lines.iter().all(|line| line.0 == [0; 16]));
            if let Some(last) = lines.last_mut() {
                last.0[15] = 7;
                assert_eq!(lines[count - 1].0[15], 7);
            }
        }
    }
}
