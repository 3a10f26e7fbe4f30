//! The innermost loop of the product of 8-bit integers: a few rows times one panel.
//!
//! A step is four inputs: a row's are unsigned, an output's signed. Every level computes the same
//! integers: VNNI multiplies and adds four pairs into 32 bits; AVX2 takes even and odd inputs apart and
//! multiplies them in 16 bits, since its own instruction for bytes saturates.
#![expect(unsafe_code, reason = "vector loads and stores, functions compiled for a CPU feature")]

use crate::kernels::Level;
use crate::kernels::packed::{LINES, Line, PANEL};
use crate::kernels::tile::Tile;

/// Adds a tile's product to `PANEL` sums each of `tile.rows` rows that are `stride` apart.
///
/// # Safety
/// As [`crate::kernels::tile::multiply`].
pub(crate) unsafe fn multiply(level: Level, tile: &Tile<'_>, out: *mut i32, stride: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        let level = level.min(Level::detect());
        if level >= Level::Avx512Vnni {
            // SAFETY: `detect` has seen the features; the rest is the caller's promise.
            return unsafe { vnni::multiply(tile, out, stride) };
        }
        if level >= Level::Avx2 {
            // SAFETY: as above.
            return unsafe { avx2::multiply(tile, out, stride) };
        }
    }
    let _ = level;
    for row in 0..tile.rows {
        let start = out.wrapping_add(row * stride).cast::<[i32; PANEL]>();
        // SAFETY: the caller promised this row's sums.
        let mut sums = if tile.is_first { [0; PANEL] } else { unsafe { start.read_unaligned() } };
        add_row(tile, row, &mut sums);
        // SAFETY: as above.
        unsafe { start.write_unaligned(sums) };
    }
}

fn add_row(tile: &Tile<'_>, row: usize, sums: &mut [i32; PANEL]) {
    let steps = tile.a.iter().skip(row).step_by(tile.rows);
    for (a, b) in steps.zip(tile.b.chunks_exact(LINES)) {
        let a = a.to_le_bytes().map(i32::from);
        for (sums, line) in sums.chunks_exact_mut(16).zip(b) {
            for (sum, word) in sums.iter_mut().zip(&line.0) {
                let b = word.to_le_bytes().map(|byte| i32::from(byte.cast_signed()));
                *sum += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    //! Up to twelve rows by two registers of sums.

    use std::arch::x86_64::{
        __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_dpbusd_epi32, _mm512_load_si512,
        _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_storeu_si512,
    };

    use super::{LINES, Line, Tile};
    use crate::kernels::tile::{AHEAD, FEW_ROWS};

    /// # Safety
    /// As [`super::multiply`]; the CPU must have AVX-512 F and VNNI.
    pub(super) unsafe fn multiply(tile: &Tile<'_>, out: *mut i32, stride: usize) {
        macro_rules! dispatch {
            ($($count:literal)*) => {
                match tile.rows {
                    // SAFETY: the caller's promises, passed on.
                    $($count => unsafe { rows::<$count>(tile, out, stride) },)*
                    rows => unreachable!("a tile of {rows} rows"),
                }
            };
        }
        dispatch!(1 2 3 4 5 6 7 8 9 10 11 12);
    }

    /// # Safety
    /// As [`multiply`].
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    unsafe fn rows<const M: usize>(tile: &Tile<'_>, out: *mut i32, stride: usize) {
        let mut sums = [[_mm512_setzero_si512(); LINES]; M];
        if tile.is_first {
            for row in 0..M {
                let start = out.wrapping_add(row * stride);
                _mm_prefetch::<_MM_HINT_T0>(start.cast());
                _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(16).cast());
            }
        } else {
            for (row, sums) in sums.iter_mut().enumerate() {
                for (line, sum) in sums.iter_mut().enumerate() {
                    let start = out.wrapping_add(row * stride + line * 16);
                    // SAFETY: these sixteen sums are promised by the caller.
                    *sum = unsafe { _mm512_loadu_si512(start.cast()) };
                }
            }
        }
        let (a, _) = tile.a.as_chunks::<M>();
        let (b, _) = tile.b.as_chunks::<LINES>();
        for (a, b) in a.iter().zip(b) {
            if M <= FEW_ROWS {
                let ahead = b.as_ptr().wrapping_add(AHEAD);
                _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
                _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(1).cast());
            }
            let b = b.map(|line| load(&line));
            for (sums, a) in sums.iter_mut().zip(a) {
                let a = _mm512_set1_epi32(a.cast_signed());
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = _mm512_dpbusd_epi32(*sum, a, b);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (line, sum) in sums.iter().enumerate() {
                let start = out.wrapping_add(row * stride + line * 16);
                // SAFETY: as above.
                unsafe { _mm512_storeu_si512(start.cast(), *sum) };
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(line: &Line) -> __m512i {
        // SAFETY: a `Line` is 64 bytes long and aligned to 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! Up to four rows by half a panel: eight registers of sums.

    use std::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_load_si256, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_slli_epi16,
        _mm256_srai_epi16, _mm256_srli_epi16, _mm256_storeu_si256,
    };

    use super::{LINES, Line, Tile};

    /// # Safety
    /// As [`super::multiply`]; the CPU must have AVX2.
    pub(super) unsafe fn multiply(tile: &Tile<'_>, out: *mut i32, stride: usize) {
        let mut done = 0;
        while done < tile.rows {
            for half in 0..LINES {
                let out = out.wrapping_add(done * stride + half * 16);
                let place = (done, half);
                // SAFETY: the caller's promises, passed on.
                unsafe {
                    match tile.rows - done {
                        1 => rows::<1>(tile, place, out, stride),
                        2 => rows::<2>(tile, place, out, stride),
                        3 => rows::<3>(tile, place, out, stride),
                        _ => rows::<4>(tile, place, out, stride),
                    }
                }
            }
            done += 4.min(tile.rows - done);
        }
    }

    /// # Safety
    /// As [`multiply`].
    #[target_feature(enable = "avx2")]
    unsafe fn rows<const M: usize>(
        tile: &Tile<'_>,
        (from, half): (usize, usize),
        out: *mut i32,
        stride: usize,
    ) {
        let mut sums = [[_mm256_setzero_si256(); 2]; M];
        if !tile.is_first {
            for (row, sums) in sums.iter_mut().enumerate() {
                for (part, sum) in sums.iter_mut().enumerate() {
                    let start = out.wrapping_add(row * stride + part * 8);
                    // SAFETY: these eight sums are promised by the caller.
                    *sum = unsafe { _mm256_loadu_si256(start.cast()) };
                }
            }
        }
        let low_bytes = _mm256_set1_epi32(0x00ff_00ff);
        for (a, b) in tile.a.chunks_exact(tile.rows).zip(tile.b.chunks_exact(LINES)) {
            let b = load(&b[half]);
            let even = b.map(|b| _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b)));
            let odd = b.map(|b| _mm256_srai_epi16::<8>(b));
            for (sums, a) in sums.iter_mut().zip(&a[from..from + M]) {
                let a = _mm256_set1_epi32(a.cast_signed());
                let (low, high) = (_mm256_and_si256(a, low_bytes), _mm256_srli_epi16::<8>(a));
                for (part, sum) in sums.iter_mut().enumerate() {
                    let pair = _mm256_add_epi32(
                        _mm256_madd_epi16(low, even[part]),
                        _mm256_madd_epi16(high, odd[part]),
                    );
                    *sum = _mm256_add_epi32(*sum, pair);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (part, sum) in sums.iter().enumerate() {
                let start = out.wrapping_add(row * stride + part * 8);
                // SAFETY: as above.
                unsafe { _mm256_storeu_si256(start.cast(), *sum) };
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(line: &Line) -> [__m256i; 2] {
        let start = line.0.as_ptr();
        // SAFETY: a `Line` is 64 bytes long and aligned to 64.
        unsafe { [_mm256_load_si256(start.cast()), _mm256_load_si256(start.add(8).cast())] }
    }
}
