//! The normal distribution and Student's t: probabilities and quantiles to ten digits.
//!
//! Student's t goes through the incomplete beta function, as everywhere, while there are few degrees
//! of freedom. With many, logarithms of two huge gamma functions cancel and digits are lost; there
//! Hill's expansion around the normal distribution is the exact one.
//!
//! Source: G. W. Hill, "Algorithm 395: Student's t-distribution", Communications of the ACM, 1970.

use statrs::distribution::{Continuous as _, ContinuousCDF as _, StudentsT};
use statrs::function::erf::{erfc, erfc_inv};

/// From so many degrees of freedom on Hill's expansion has all digits.
const MANY: f64 = 5_000.0;

/// The probability that a standard normal number is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// The number that a standard normal one stays below with probability `p`; ±∞ at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// The probability that Student's t with `freedom` degrees of freedom is further from 0 than `t`.
pub fn t_two_sided(t: f64, freedom: f64) -> f64 {
    if freedom < MANY {
        return 2.0 * student(freedom).sf(t.abs());
    }
    let shifted = freedom - 0.5;
    let scale = 48.0 * shifted * shifted;
    let z2 = shifted * (t * t / freedom).ln_1p();
    let last = (((4.0 * z2 + 33.0) * z2 + 240.0) * z2 + 855.0)
        / (10.0 * scale * (scale + 0.8 * z2 * z2 + 100.0));
    let z = z2.sqrt() * (1.0 + (z2 + 3.0) / scale - last);
    erfc(z / std::f64::consts::SQRT_2)
}

/// The number that Student's t with `freedom` degrees of freedom stays below with probability `p`.
pub fn t_quantile(p: f64, freedom: f64) -> f64 {
    let student = student(freedom);
    let mut t = student.inverse_cdf(p);
    for _ in 0..3 {
        let tail = 0.5 * t_two_sided(t, freedom);
        let below = if t < 0.0 { tail } else { 1.0 - tail };
        t -= (below - p) / student.pdf(t);
    }
    t
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are positive")
}
