//! Activation functions.

use crate::kernels::level::compiled_for_each_level;
use crate::kernels::math;
use crate::kernels::math::{erf, exp, sigmoid, tanh};

/// A function applied to every element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    #[default]
    Identity,
    /// x · Φ(x) with the exact (error function) distribution.
    Gelu,
    /// The approximation of GELU with the hyperbolic tangent.
    GeluTanh,
    /// x · σ(1.702 x), as in CLIP.
    QuickGelu,
    /// max(x, 0).
    Relu,
    /// x · σ(x), also called swish.
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// σ(x).
    Sigmoid,
}

impl Activation {
    /// The activation that a configuration of transformers calls `name`, if it is one of these.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gelu" => Self::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Self::GeluTanh,
            "quick_gelu" => Self::QuickGelu,
            "relu" => Self::Relu,
            "silu" | "swish" => Self::Silu,
            "tanh" => Self::Tanh,
            "sigmoid" => Self::Sigmoid,
            "linear" => Self::Identity,
            _ => return None,
        })
    }
}

compiled_for_each_level! {
    /// Applies an activation to every element, in place.
    pub fn apply(activation: Activation, x: &mut [f32]) = apply_body
}

#[inline(always)]
pub(crate) fn apply_body<const FUSED: bool>(activation: Activation, x: &mut [f32]) {
    match activation {
        Activation::Identity => {}
        Activation::Gelu => each(x, |x| {
            let half = 0.5 * x;
            math::fma::<FUSED>(half, erf::<FUSED>(x * std::f32::consts::FRAC_1_SQRT_2), half)
        }),
        Activation::GeluTanh => each(x, |x| {
            let inner = 0.797_884_6 * x * math::fma::<FUSED>(0.044_715 * x, x, 1.0);
            0.5 * x * (1.0 + tanh::<FUSED>(inner))
        }),
        Activation::QuickGelu => each(x, |x| x * sigmoid::<FUSED>(1.702 * x)),
        Activation::Relu => each(x, |x| if x < 0.0 { 0.0 } else { x }),
        Activation::Silu => each(x, |x| x / (1.0 + exp::<FUSED>(-x))),
        Activation::Tanh => each(x, tanh::<FUSED>),
        Activation::Sigmoid => each(x, sigmoid::<FUSED>),
    }
}

#[inline(always)]
fn each(x: &mut [f32], f: impl Fn(f32) -> f32) {
    for x in x {
        *x = f(*x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;

    /// x, GELU, GELU with tanh, quick GELU, `SiLU` from PyTorch 2.15.
    const TORCH: [(f32, [f32; 4]); 4] = [
        (-3.0, [-0.004_049_689, -0.003_637_433, -0.018_071_31, -0.142_277_61]),
        (-0.5, [-0.154_268_77, -0.154_286, -0.149_611_56, -0.188_770_34]),
        (0.7, [0.530_625_46, 0.530_570_15, 0.536_893_96, 0.467_731_42]),
        (4.0, [3.999_873_2, 3.999_93, 3.995_585, 3.928_055]),
    ];

    #[test]
    fn activations_agree_with_pytorch_at_every_level() {
        use Activation::{Gelu, GeluTanh, QuickGelu, Silu};
        let cases = TORCH.into_iter().flat_map(|(x, expected)| {
            let kinds = [Gelu, GeluTanh, QuickGelu, Silu].into_iter().zip(expected);
            kinds.map(move |(activation, expected)| (x, activation, expected))
        });
        let cases: Vec<_> = cases.collect();
        for level in Level::available() {
            for (x, activation, expected) in &cases {
                let mut got = [*x; 19];
                apply(level, *activation, &mut got);
                let is_close = |got: &f32| (got - expected).abs() < 1e-6;
                assert!(got.iter().all(is_close), "{level} {activation:?}({x}) = {}", got[0]);
            }
        }
    }

    #[test]
    fn not_a_number_stays_so() {
        for level in Level::available() {
            for activation in [Activation::Relu, Activation::Gelu, Activation::Silu] {
                let mut x = [f32::NAN; 3];
                apply(level, activation, &mut x);
                assert!(x.iter().all(|x| x.is_nan()), "{activation:?}");
            }
        }
    }
}
