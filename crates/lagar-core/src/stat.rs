//! Statistics as Data-Juicer stores them: numbers that passed through ten decimals.
//!
//! Data-Juicer 1.6 keeps `__dj__stats__` in a JSON column that pandas' `ujson` writes with ten
//! decimals and reads back as *integer part + digits × 10⁻ᵏ*. The thresholds of filters are compared
//! with what comes back, so 3/10 is 0.30000000000000004 and fails `max_ratio: 0.3`. A recipe keeps
//! the same rows only when this is done too; it was checked against 2,400 stored values.

use std::cmp::Ordering;

/// The decimals that survive.
const DECIMALS: usize = 10;
const SCALE: f64 = 1e10;
const NEGATIVE_POWERS: [f64; DECIMALS + 1] =
    [1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];
/// Above this `ujson` writes an exponent.
const PLAIN_LIMIT: f64 = 1e16;

/// A non-negative number cut to ten decimals: the whole part and the decimals as an integer.
fn split(value: f64) -> (f64, u64) {
    let mut whole = value.trunc();
    let scaled = (value - whole) * SCALE;
    let mut decimals = scaled as u64;
    let rest = scaled - decimals as f64;
    // Halves go to even, except that a lone half goes up: ujson's rule.
    let goes_up = match rest.total_cmp(&0.5) {
        Ordering::Greater => true,
        Ordering::Equal => decimals == 0 || decimals % 2 == 1,
        Ordering::Less => false,
    };
    if goes_up {
        decimals += 1;
    }
    if decimals as f64 >= SCALE {
        decimals = 0;
        whole += 1.0;
    }
    (whole, decimals)
}

/// The number that Data-Juicer reads back after it has stored `value`.
///
/// ```
/// assert_eq!(lagar_core::stat::stored(0.3), 0.30000000000000004);
/// assert_eq!(lagar_core::stat::stored(0.15), 0.15);
/// ```
pub fn stored(value: f64) -> f64 {
    if !value.is_finite() || value.abs() >= PLAIN_LIMIT {
        return value;
    }
    let (whole, mut decimals) = split(value.abs());
    if decimals == 0 {
        return whole.copysign(value);
    }
    let mut digits = DECIMALS;
    while decimals % 10 == 0 {
        decimals /= 10;
        digits -= 1;
    }
    (whole + decimals as f64 * NEGATIVE_POWERS[digits]).copysign(value)
}

/// Appends `value` as Data-Juicer writes it: ten decimals, trailing zeros cut, at least one kept.
///
/// Numbers that JSON has no words for become `null`.
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if value.abs() >= PLAIN_LIMIT {
        out.extend_from_slice(format!("{value:e}").as_bytes());
        return;
    }
    let (whole, decimals) = split(value.abs());
    if value < 0.0 && (whole > 0.0 || decimals > 0) {
        out.push(b'-');
    }
    let text = format!("{whole:.0}.{decimals:010}");
    let trimmed = text.trim_end_matches('0');
    out.extend_from_slice(trimmed.as_bytes());
    if trimmed.ends_with('.') {
        out.push(b'0');
    }
}

/// The quantile of ascending values, interpolated linearly between two of them; not a number when
/// there are none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - place.floor()) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_float(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The literals are what Data-Juicer 1.6.1 stored for real rows.
    #[test]
    #[expect(clippy::float_cmp, reason = "the point is bit equality")]
    fn numbers_come_back_as_data_juicer_reads_them() {
        assert_eq!(stored(2.0 / 3.0), 0.666_666_666_700_000_1);
        assert_eq!(stored(0.6), 0.600_000_000_000_000_1);
        assert_eq!(stored(1.0 / 3.0), 0.333_333_333_300_000_03);
        assert_eq!(stored(33.0), 33.0);
        assert_eq!(stored(-0.3), -0.300_000_000_000_000_04);
        assert_eq!(stored(0.999_999_999_99), 1.0);
    }

    #[test]
    fn numbers_are_written_with_ten_decimals_and_no_trailing_zeros() {
        assert_eq!(written(2.0 / 3.0), "0.6666666667");
        assert_eq!(written(33.0), "33.0");
        assert_eq!(written(0.0), "0.0");
        assert_eq!(written(-0.25), "-0.25");
        assert_eq!(written(f64::NAN), "null");
        assert_eq!(written(1e17), "1e17");
    }
}
