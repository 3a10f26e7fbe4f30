//! The innermost loop of the matrix product: a few rows times one panel.
//!
//! Partial sums start from what is in `out` already (or zero), so that cutting the inputs into blocks
//! changes no bit of the result.
#![expect(
    unsafe_code,
    reason = "vector loads and stores, and functions compiled for a CPU feature"
)]

use crate::Dtype;
use crate::kernels::math::fma;
use crate::kernels::packed::{LINES, Line, PANEL};
use crate::kernels::{Level, tile_int8};

/// Tiles of at most so many rows wait for memory rather than compute: they ask for it early.
#[cfg(target_arch = "x86_64")]
pub(crate) const FEW_ROWS: usize = 4;
/// How many lines early.
#[cfg(target_arch = "x86_64")]
pub(crate) const AHEAD: usize = 32;

/// The most rows that a tile takes at any level.
pub(crate) const MOST_ROWS: usize = 12;

/// The most rows that a tile takes at a level: as many as its registers hold sums for.
pub(crate) fn most_rows(level: Level) -> usize {
    if level >= Level::Avx512 { MOST_ROWS } else { 6 }
}

/// A tile's place in the product.
pub(crate) struct Tile<'a> {
    /// Rows of the tile, 1 to [`most_rows`].
    pub(crate) rows: usize,
    /// The rows' elements, `[steps, rows]`.
    pub(crate) a: &'a [u32],
    /// The panel, `[steps, LINES]`.
    pub(crate) b: &'a [Line],
    /// Whether `out` is to be overwritten rather than added to.
    pub(crate) is_first: bool,
}

/// Adds a tile's product to `PANEL` elements each of `tile.rows` rows that are `stride` apart. The
/// sums of 8-bit integers are 32-bit integers in the place of `f32`.
///
/// # Safety
/// `out` must point to elements that nobody else reads or writes meanwhile: `PANEL` of them from
/// `out`, and from every further multiple of `stride` below `tile.rows * stride`.
pub(crate) unsafe fn multiply(
    level: Level,
    dtype: Dtype,
    tile: &Tile<'_>,
    out: *mut f32,
    stride: usize,
) {
    debug_assert!(tile.rows <= most_rows(level), "tile of {} rows", tile.rows);
    debug_assert_eq!(tile.a.len() * LINES, tile.b.len() * tile.rows, "steps of the operands");
    if dtype == Dtype::Int8 {
        // SAFETY: the caller's promise; both kinds of number are four bytes and have no invalid values.
        return unsafe { tile_int8::multiply(level, tile, out.cast(), stride) };
    }
    #[cfg(target_arch = "x86_64")]
    {
        let by_hand = match dtype {
            Dtype::F32 => level >= Level::Avx512,
            Dtype::Bf16 | Dtype::Int8 => level >= Level::Avx512Bf16,
        };
        if by_hand && level <= Level::detect() {
            // SAFETY: `detect` has seen the features; the rest is the caller's promise.
            unsafe { avx512::multiply(dtype, tile, out, stride) };
            return;
        }
    }
    let mut done = 0;
    while done < tile.rows {
        // SAFETY: rows from `done` on are among those promised.
        let out = unsafe { out.add(done * stride) };
        done += multiply_some(level, dtype, tile, done, (out, stride));
    }
}

/// Up to six rows from `from` on, in portable code; returns how many.
fn multiply_some(
    level: Level,
    dtype: Dtype,
    tile: &Tile<'_>,
    from: usize,
    (out, stride): (*mut f32, usize),
) -> usize {
    macro_rules! rows {
        ($count:literal) => {{
            let mut sums = [[0.0; PANEL]; $count];
            if !tile.is_first {
                for (row, sums) in sums.iter_mut().enumerate() {
                    let start = out.wrapping_add(row * stride).cast::<[f32; PANEL]>();
                    // SAFETY: the caller of `multiply` promised this row's elements.
                    *sums = unsafe { start.read_unaligned() };
                }
            }
            accumulate(level, dtype, (tile, from), &mut sums);
            for (row, sums) in sums.iter().enumerate() {
                let start = out.wrapping_add(row * stride).cast::<[f32; PANEL]>();
                // SAFETY: as above.
                unsafe { start.write_unaligned(*sums) };
            }
            $count
        }};
    }
    match tile.rows - from {
        1 => rows!(1),
        2 => rows!(2),
        3 => rows!(3),
        4 => rows!(4),
        5 => rows!(5),
        _ => rows!(6),
    }
}

fn accumulate<const M: usize>(
    level: Level,
    dtype: Dtype,
    place: (&Tile<'_>, usize),
    sums: &mut [[f32; PANEL]; M],
) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
        fn avx512<const M: usize>(
            dtype: Dtype,
            place: (&Tile<'_>, usize),
            sums: &mut [[f32; PANEL]; M],
        ) {
            accumulate_body::<M, true>(dtype, place, sums);
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<const M: usize>(
            dtype: Dtype,
            place: (&Tile<'_>, usize),
            sums: &mut [[f32; PANEL]; M],
        ) {
            accumulate_body::<M, true>(dtype, place, sums);
        }
        match level.min(Level::detect()) {
            Level::Avx512 | Level::Avx512Vnni | Level::Avx512Bf16 => {
                // SAFETY: `detect` has seen the features of AVX-512.
                return unsafe { avx512(dtype, place, sums) };
            }
            // SAFETY: `detect` has seen AVX2 and FMA.
            Level::Avx2 => return unsafe { avx2(dtype, place, sums) },
            Level::Portable => {}
        }
    }
    let _ = level;
    accumulate_body::<M, false>(dtype, place, sums);
}

/// Half a panel at a time, so that the sums of six rows fit sixteen registers of AVX2.
#[inline(always)]
fn accumulate_body<const M: usize, const FUSED: bool>(
    dtype: Dtype,
    (tile, from): (&Tile<'_>, usize),
    sums: &mut [[f32; PANEL]; M],
) {
    for half in 0..LINES {
        let mut local = [[0.0; 16]; M];
        for (local, sums) in local.iter_mut().zip(sums.iter()) {
            local.copy_from_slice(&sums[half * 16..half * 16 + 16]);
        }
        for (a, b) in tile.a.chunks_exact(tile.rows).zip(tile.b.chunks_exact(LINES)) {
            let (a, b) = (&a[from..from + M], &b[half].0);
            match dtype {
                Dtype::F32 => add_step::<M, FUSED>(&mut local, a, b, f32::from_bits),
                Dtype::Bf16 => {
                    add_step::<M, FUSED>(&mut local, a, b, |x| f32::from_bits(x << 16));
                    add_step::<M, FUSED>(&mut local, a, b, |x| f32::from_bits(x & 0xffff_0000));
                }
                Dtype::Int8 => unreachable!("integers have a tile of their own"),
            }
        }
        for (local, sums) in local.iter().zip(sums.iter_mut()) {
            sums[half * 16..half * 16 + 16].copy_from_slice(local);
        }
    }
}

#[inline(always)]
fn add_step<const M: usize, const FUSED: bool>(
    sums: &mut [[f32; 16]; M],
    a: &[u32],
    b: &[u32; 16],
    element: impl Fn(u32) -> f32,
) {
    for (sums, a) in sums.iter_mut().zip(a) {
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum = fma::<FUSED>(element(*a), element(*b), *sum);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    //! Tiles with intrinsics: up to twelve rows by two registers of sums.

    use std::arch::x86_64::{
        __m512, __m512bh, __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_castsi512_ps,
        _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_load_si512, _mm512_loadu_ps, _mm512_set1_epi32,
        _mm512_setzero_ps, _mm512_storeu_ps,
    };

    use super::{AHEAD, Dtype, FEW_ROWS, LINES, Line, Tile};

    /// # Safety
    /// As [`super::multiply`]; the CPU must have AVX-512 F, and BF16 for bfloat16.
    pub(super) unsafe fn multiply(dtype: Dtype, tile: &Tile<'_>, out: *mut f32, stride: usize) {
        macro_rules! dispatch {
            ($kernel:ident: $($count:literal)*) => {
                match tile.rows {
                    // SAFETY: the caller's promises, passed on.
                    $($count => unsafe { $kernel::<$count>(tile, out, stride) },)*
                    rows => unreachable!("a tile of {rows} rows"),
                }
            };
        }
        match dtype {
            Dtype::F32 => dispatch!(single: 1 2 3 4 5 6 7 8 9 10 11 12),
            Dtype::Bf16 => dispatch!(brain: 1 2 3 4 5 6 7 8 9 10 11 12),
            Dtype::Int8 => unreachable!("integers have a tile of their own"),
        }
    }

    macro_rules! kernel {
        ($name:ident, $features:literal, $step:expr) => {
            /// # Safety
            /// As [`multiply`].
            #[target_feature(enable = $features)]
            unsafe fn $name<const M: usize>(tile: &Tile<'_>, out: *mut f32, stride: usize) {
                let mut sums = [[_mm512_setzero_ps(); LINES]; M];
                if tile.is_first {
                    for row in 0..M {
                        let start = out.wrapping_add(row * stride);
                        _mm_prefetch::<_MM_HINT_T0>(start.cast());
                        _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(16).cast());
                    }
                } else {
                    for (row, sums) in sums.iter_mut().enumerate() {
                        for (line, sum) in sums.iter_mut().enumerate() {
                            // SAFETY: these sixteen elements are promised by the caller.
                            *sum = unsafe { _mm512_loadu_ps(out.add(row * stride + line * 16)) };
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
                            *sum = ($step)(*sum, a, b);
                        }
                    }
                }
                for (row, sums) in sums.iter().enumerate() {
                    for (line, sum) in sums.iter().enumerate() {
                        // SAFETY: as above.
                        unsafe { _mm512_storeu_ps(out.add(row * stride + line * 16), *sum) };
                    }
                }
            }
        };
    }

    kernel!(single, "avx512f,avx512bw,avx512dq,avx512vl", |sum: __m512, a, b| {
        _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum)
    });
    kernel!(brain, "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16", |sum: __m512, a, b| {
        _mm512_dpbf16_ps(sum, pairs(a), pairs(b))
    });

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(line: &Line) -> __m512i {
        // SAFETY: a `Line` is 64 bytes long and aligned to 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn pairs(words: __m512i) -> __m512bh {
        // SAFETY: both types are 512 bits without padding or invalid values.
        unsafe { std::mem::transmute::<__m512i, __m512bh>(words) }
    }
}
