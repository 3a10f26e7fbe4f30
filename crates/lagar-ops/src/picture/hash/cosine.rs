//! The cosine transform (type II, not normalised) of 32 numbers, rounded as `SciPy` rounds it.
//!
//! In a picture of one colour, or of few, many frequencies are nought but for rounding, and a hash
//! that asks which are above their median sees the rounding. So the steps are those of
//! `SciPy`'s library, in its order: a real transform with factors 2, 4 and 4, and its table of cosines.
//!
//! Source: `PocketFFT` as in `SciPy` 1.17 (`T_dcst23`, `rfftp::radb2` and `radb4`, `sincos_2pibyn`).

use std::f64::consts::{FRAC_PI_4, SQRT_2};
use std::sync::LazyLock;

const LEN: usize = 32;

type Line = [f64; LEN];

/// Replaces `line` by its transform.
pub(super) fn transform(line: &mut Line) {
    let tables = &*TABLES;
    line[0] *= 2.0;
    line[LEN - 1] *= 2.0;
    for k in (1..LEN - 1).step_by(2) {
        let next = line[k + 1];
        line[k + 1] -= line[k];
        line[k] += next;
    }
    backward(line, tables);
    for k in 1..LEN / 2 {
        let other = LEN - k;
        let (near, far) = (tables.cosines[k - 1], tables.cosines[other - 1]);
        let first = near * line[other] + far * line[k];
        let second = near * line[k] - far * line[other];
        line[k] = 0.5 * (first + second);
        line[other] = 0.5 * (first - second);
    }
    line[LEN / 2] *= tables.cosines[LEN / 2 - 1];
}

/// Cosines of the transform, and twiddle factors of the two steps of four.
#[derive(Debug)]
struct Tables {
    /// cos(2π(i + 1) / 128).
    cosines: Line,
    /// For steps of 4 and 1 numbers: real and imaginary parts for each of three.
    twiddles: Vec<[f64; 3]>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let quarter = Circle::new(4 * LEN);
    let whole = Circle::new(LEN);
    let mut cosines = [0.0; LEN];
    for (place, cosine) in cosines.iter_mut().enumerate() {
        *cosine = quarter.point(place + 1).0;
    }
    // The factor of two comes first; it has 16 numbers a group, the next step 4.
    let first = (1..=7).flat_map(|i| [whole.point(i).0, whole.point(i).1]);
    let second = (1..=1).flat_map(|i| {
        let points = [2, 4, 6].map(|step| whole.point(step * i));
        [points.map(|point| point.0), points.map(|point| point.1)]
    });
    let twiddles = first.map(|value| [value, 0.0, 0.0]).chain(second).collect();
    Tables { cosines, twiddles }
});

/// Points of a circle, each the product of a coarse and a fine step.
#[derive(Debug)]
struct Circle {
    len: usize,
    shift: u32,
    fine: Vec<(f64, f64)>,
    coarse: Vec<(f64, f64)>,
}

impl Circle {
    fn new(len: usize) -> Self {
        let count = len / 2 + 1;
        let mut shift = 1;
        while (1 << shift) * (1 << shift) < count {
            shift += 1;
        }
        let size = 1 << shift;
        let point = |place: usize| exact_point(place, len);
        let fine = (0..size).map(point).collect();
        let coarse = (0..count.div_ceil(size)).map(|place| point(place * size)).collect();
        Self { len, shift, fine, coarse }
    }

    /// Cosine and sine of `place` parts of the circle, at most half of it.
    fn point(&self, place: usize) -> (f64, f64) {
        debug_assert!(2 * place <= self.len);
        let (a, b) = (self.fine[place & ((1 << self.shift) - 1)], self.coarse[place >> self.shift]);
        (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
    }
}

/// Cosine and sine from an angle below an eighth of the circle; the first half only.
fn exact_point(place: usize, len: usize) -> (f64, f64) {
    let angle = FRAC_PI_4 / len as f64;
    let of = |place: usize| ((place as f64 * angle).cos(), (place as f64 * angle).sin());
    let place = place * 8;
    if place == 0 {
        return (1.0, 0.0);
    }
    if place < len {
        return of(place);
    }
    if place < 2 * len {
        let (cosine, sine) = of(2 * len - place);
        return (sine, cosine);
    }
    let place = place - 2 * len;
    if place < len {
        let (cosine, sine) = of(place);
        return (-sine, cosine);
    }
    let (cosine, sine) = of(2 * len - place);
    (-cosine, sine)
}

/// The real transform from half-complex numbers: steps of 2, 4 and 4.
fn backward(line: &mut Line, tables: &Tables) {
    let mut other = [0.0; LEN];
    step_of_two(line, &mut other, &tables.twiddles[..14]);
    step_of_four(&other, line, (4, 2), &tables.twiddles[14..]);
    step_of_four(line, &mut other, (1, 8), &[]);
    *line = other;
}

/// `radb2` with one group of 16.
fn step_of_two(input: &Line, out: &mut Line, twiddles: &[[f64; 3]]) {
    const GROUP: usize = 16;
    out[0] = input[0] + input[2 * GROUP - 1];
    out[GROUP] = input[0] - input[2 * GROUP - 1];
    out[GROUP - 1] = 2.0 * input[GROUP - 1];
    out[2 * GROUP - 1] = -2.0 * input[GROUP];
    for i in (2..GROUP).step_by(2) {
        let mirror = GROUP - i;
        let (near, far) = (&input[..GROUP], &input[GROUP..]);
        out[i - 1] = near[i - 1] + far[mirror - 1];
        let real = near[i - 1] - far[mirror - 1];
        let imaginary = near[i] + far[mirror];
        out[i] = near[i] - far[mirror];
        let (cosine, sine) = (twiddles[i - 2][0], twiddles[i - 1][0]);
        out[GROUP + i] = cosine * imaginary + sine * real;
        out[GROUP + i - 1] = cosine * real - sine * imaginary;
    }
}

/// `radb4` with `groups` groups of `group` numbers.
fn step_of_four(
    input: &Line,
    out: &mut Line,
    (group, groups): (usize, usize),
    twiddles: &[[f64; 3]],
) {
    for k in 0..groups {
        let from = |a: usize, b: usize| input[a + group * (b + 4 * k)];
        let to = |a: usize, c: usize| a + group * (k + groups * c);
        let (sum, difference) = (from(0, 0) + from(group - 1, 3), from(0, 0) - from(group - 1, 3));
        let (third, fourth) = (2.0 * from(group - 1, 1), 2.0 * from(0, 2));
        out[to(0, 0)] = sum + third;
        out[to(0, 2)] = sum - third;
        out[to(0, 3)] = difference + fourth;
        out[to(0, 1)] = difference - fourth;
        if group.is_multiple_of(2) {
            let (ti1, ti2) = (from(0, 3) + from(0, 1), from(0, 3) - from(0, 1));
            let (tr2, tr1) =
                (from(group - 1, 0) + from(group - 1, 2), from(group - 1, 0) - from(group - 1, 2));
            out[to(group - 1, 0)] = tr2 + tr2;
            out[to(group - 1, 1)] = SQRT_2 * (tr1 - ti1);
            out[to(group - 1, 2)] = ti2 + ti2;
            out[to(group - 1, 3)] = -SQRT_2 * (tr1 + ti1);
        }
        for i in (2..group).step_by(2) {
            inner(input, out, (group, groups, k, i), twiddles);
        }
    }
}

/// The complex part of `radb4`.
fn inner(
    input: &Line,
    out: &mut Line,
    (group, groups, k, i): (usize, usize, usize, usize),
    twiddles: &[[f64; 3]],
) {
    let from = |a: usize, b: usize| input[a + group * (b + 4 * k)];
    let to = |a: usize, c: usize| a + group * (k + groups * c);
    let mirror = group - i;
    let both = |a: f64, b: f64| (a + b, a - b);
    let (tr2, tr1) = both(from(i - 1, 0), from(mirror - 1, 3));
    let (ti1, ti2) = both(from(i, 0), from(mirror, 3));
    let (tr4, ti3) = both(from(i, 2), from(mirror, 1));
    let (tr3, ti4) = both(from(i - 1, 2), from(mirror - 1, 1));
    let (cr1, cr3) = both(tr2, tr3);
    let (ci1, ci3) = both(ti2, ti3);
    let (cr4, cr2) = both(tr1, tr4);
    let (ci2, ci4) = both(ti1, ti4);
    out[to(i - 1, 0)] = cr1;
    out[to(i, 0)] = ci1;
    for (c, (real, imaginary)) in [(1, (cr2, ci2)), (2, (cr3, ci3)), (3, (cr4, ci4))] {
        let (cosine, sine) = (twiddles[i - 2][c - 1], twiddles[i - 1][c - 1]);
        out[to(i, c)] = cosine * imaginary + sine * real;
        out[to(i - 1, c)] = cosine * real - sine * imaginary;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_the_sum_of_cosines() {
        let line: Line = std::array::from_fn(|place| ((place * 37 + 11) % 256) as f64);
        let mut fast = line;
        transform(&mut fast);
        for (frequency, value) in fast.into_iter().enumerate() {
            let term = |(place, level): (usize, &f64)| {
                let angle = std::f64::consts::PI * frequency as f64 * (2 * place + 1) as f64 / 64.0;
                level * angle.cos()
            };
            let sum: f64 = line.iter().enumerate().map(term).sum();
            assert!((value - 2.0 * sum).abs() < 1e-9, "{frequency}: {value} {}", 2.0 * sum);
        }
    }
}
