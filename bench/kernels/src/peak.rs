//! What the machine can do at most: multiply-adds on registers alone, and reading memory.

use rayon::prelude::*;

use crate::Work;

/// Rounds of twenty instructions.
const ROUNDS: usize = 2_000_000;

const _INSTRUCTIONS: usize = ROUNDS * 20;

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m512, __m512bh, __m512i, _mm512_add_ps, _mm512_castsi512_ps, _mm512_dpbf16_ps,
        _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_reduce_add_ps,
        _mm512_set1_epi32, _mm512_setzero_ps, _mm512_setzero_si512,
    };

    macro_rules! peak {
        ($name:ident, $zero:expr, $step:expr) => {
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16,avx512vnni")]
            pub(super) fn $name() {
                let mut sums = [$zero; 20];
                let x = std::hint::black_box(_mm512_set1_epi32(0x3c00_3c00));
                for _ in 0..super::ROUNDS {
                    for sum in &mut sums {
                        *sum = $step(*sum, x);
                    }
                }
                std::hint::black_box(sums);
            }
        };
    }

    peak!(single, _mm512_setzero_ps(), |sum: __m512, x: __m512i| {
        _mm512_fmadd_ps(_mm512_castsi512_ps(x), _mm512_castsi512_ps(x), sum)
    });
    peak!(brain, _mm512_setzero_ps(), |sum: __m512, x: __m512i| {
        // SAFETY: both types are 512 bits without invalid values.
        let pairs = unsafe { std::mem::transmute::<__m512i, __m512bh>(x) };
        _mm512_dpbf16_ps(sum, pairs, pairs)
    });
    peak!(whole, _mm512_setzero_si512(), |sum: __m512i, x: __m512i| {
        _mm512_dpbusd_epi32(sum, x, x)
    });

    #[target_feature(enable = "avx512f")]
    pub(super) fn sum(x: &[f32]) -> f32 {
        let mut sums = [_mm512_setzero_ps(); 8];
        for block in x.as_chunks::<128>().0 {
            for (sum, part) in sums.iter_mut().zip(block.as_chunks::<16>().0) {
                // SAFETY: sixteen elements.
                *sum = _mm512_add_ps(*sum, unsafe { _mm512_loadu_ps(part.as_ptr()) });
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }
}

/// [`INSTRUCTIONS`] multiply-adds of 64 bytes on every thread.
#[cfg(target_arch = "x86_64")]
pub(crate) fn peak(dtype: &str) -> Result<Work, String> {
    if !is_x86_feature_detected!("avx512bf16") || !is_x86_feature_detected!("avx512vnni") {
        return Err("measured with AVX-512 BF16 and VNNI only".to_owned());
    }
    let run = match dtype {
        // SAFETY: the features are there, as just checked.
        "f32" => || unsafe { wide::single() },
        // SAFETY: as above.
        "bf16" => || unsafe { wide::brain() },
        // SAFETY: as above.
        "int8" => || unsafe { wide::whole() },
        other => return Err(format!("no peak of `{other}`")),
    };
    Ok(Box::new(move || {
        let threads = rayon::current_num_threads();
        (0..threads).into_par_iter().with_max_len(1).for_each(|_| run());
    }))
}

/// Reads all of `x` once, each thread its part.
#[cfg(target_arch = "x86_64")]
pub(crate) fn bandwidth(x: Vec<f32>) -> Work {
    Box::new(move || {
        let part = x.len() / rayon::current_num_threads();
        // SAFETY: only asked for where `peak` was.
        let sums = x.par_chunks(part).map(|part| unsafe { wide::sum(part) });
        std::hint::black_box(sums.sum::<f32>());
    })
}
