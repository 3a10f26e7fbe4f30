//! Elementary functions without branches, so that the compiler makes vectors of them.
//!
//! `FUSED` says whether `mul_add` is one instruction; where it is not, it would be a call.
//! Sources: Cephes (`expf`); Abramowitz and Stegun 7.1.26 (error function, absolute error 1.5e-7).

/// `a · b + c`.
#[inline(always)]
pub(crate) fn fma<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// 1.5 · 2²³: added to a small number it leaves the nearest integer in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// eˣ, with a relative error of about 1e-7; 0 below -87.3, and 88.3 stands for everything above it.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    let high = if x > 88.3 { 88.3 } else { x };
    let inside = if high < -87.3 { -87.3 } else { high };
    let shifted = fma::<FUSED>(inside, std::f32::consts::LOG2_E, ROUNDER);
    let whole = shifted - ROUNDER;
    let rest = fma::<FUSED>(whole, -0.693_359_4, inside);
    let rest = fma::<FUSED>(whole, 2.121_944_4e-4, rest);
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = fma::<FUSED>(sum, rest, coefficient);
    }
    let sum = fma::<FUSED>(sum, rest * rest, rest) + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127);
    let result = sum * f32::from_bits(exponent.wrapping_shl(23));
    if x < -87.3 { 0.0 } else { result }
}

/// The error function, with an absolute error of 1.5e-7.
#[inline(always)]
pub(crate) fn erf<const FUSED: bool>(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / fma::<FUSED>(size, 0.327_591_1, 1.0);
    let mut sum = 1.061_405_4;
    for coefficient in [-1.453_152_f32, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        sum = fma::<FUSED>(sum, t, coefficient);
    }
    let result = fma::<FUSED>(-(sum * t), exp::<FUSED>(-(size * size)), 1.0);
    result.copysign(x)
}

/// The hyperbolic tangent, with an absolute error of about 2e-7.
#[inline(always)]
pub(crate) fn tanh<const FUSED: bool>(x: f32) -> f32 {
    1.0 - 2.0 / (exp::<FUSED>(x + x) + 1.0)
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FUSED>(-x))
}

/// The bits of `x` as bfloat16, rounded to the nearest, ties to even; NaN stays NaN.
#[inline(always)]
pub(crate) fn bf16_bits(x: f32) -> u32 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    if x.is_nan() { (bits >> 16) | 0x40 } else { rounded }
}

/// How many partial sums a long sum is split into: as many as a register of AVX-512 holds.
pub(crate) const LANES: usize = 16;

/// The sum of `term(i)` over `0..len`, in an order that depends on `len` alone.
#[inline(always)]
pub(crate) fn lane_sum(len: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let whole = len - len % LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(start + lane);
        }
    }
    let rest: f32 = (whole..len).map(&term).sum();
    fold(lanes) + rest
}

/// The largest element; NaN is passed over.
#[inline(always)]
pub(crate) fn lane_max(x: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (top, x) in lanes.iter_mut().zip(chunk) {
            *top = larger(*top, *x);
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |top, x| larger(top, *x))
}

/// The scalar product of two slices of one length, in an order that depends on the length alone.
#[inline(always)]
pub(crate) fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for ((sum, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *sum = fma::<FUSED>(*a, *b, *sum);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    fold(lanes) + rest
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_a_few_ulps() {
        for step in -8700..8800 {
            let x = step as f32 * 0.01;
            let exact = f64::from(x).exp();
            let got = f64::from(exp::<true>(x));
            assert!(((got - exact) / exact).abs() < 3e-7, "exp({x}) = {got}, not {exact}");
        }
        let zeros = [exp::<true>(f32::NEG_INFINITY), exp::<false>(-1000.0)];
        assert_eq!(zeros.map(f32::to_bits), [0, 0]);
        assert!(exp::<true>(f32::NAN).is_nan());
        assert_eq!(exp::<true>(0.0).to_bits(), 1.0_f32.to_bits());
    }

    #[test]
    fn error_function_and_tangent_are_right_to_seven_places() {
        // erf from tables (Abramowitz and Stegun 7.1)
        for (x, exact) in [(0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3)] {
            assert!((erf::<true>(x) - exact).abs() < 3e-7);
            assert!((erf::<true>(-x) + exact).abs() < 3e-7);
        }
        for step in -1000..1000 {
            let x = step as f32 * 0.02;
            assert!((f64::from(tanh::<true>(x)) - f64::from(x).tanh()).abs() < 3e-7, "{x}");
        }
        assert_eq!(tanh::<true>(50.0).to_bits(), 1.0_f32.to_bits());
    }

    #[test]
    fn rounding_to_bfloat16_agrees_with_the_half_crate() {
        for bits in (0..=u32::MAX).step_by(65_521) {
            let x = f32::from_bits(bits);
            let expected = half::bf16::from_f32(x);
            let got = half::bf16::from_bits(bf16_bits(x) as u16);
            assert!(got == expected || (got.is_nan() && expected.is_nan()), "{x}");
        }
    }
}
