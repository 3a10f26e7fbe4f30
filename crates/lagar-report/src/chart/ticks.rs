//! Numbers beside axes: short, without powers of ten.

/// A number as an axis shows it: `0.05`, `1,500`, `12k`, `1.5M`.
pub fn short_number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if size >= 1e15 {
        return format!("{value:e}");
    }
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if size >= unit && (unit > 1e3 || size >= 1e4) {
            return format!("{}{name}", trimmed(value / unit, 2));
        }
    }
    if size >= 1e3 {
        let whole = value.round() as i64;
        return format!("{},{:03}", whole / 1000, (whole % 1000).abs());
    }
    if size > 0.0 && size < 1e-4 { format!("{value:e}") } else { trimmed(value, 4) }
}

/// A round number of which about eight make up `range`.
pub(super) fn round_step(range: f64) -> f64 {
    let rough = range / 8.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough);
    factor.unwrap_or(10.0) * power
}

/// With at most `decimals` digits behind the point, and no zeros at the end.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let short =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.05, "0.05"),
            (0.300_000_000_000_000_04, "0.3"),
            (17.0, "17"),
            (1500.0, "1,500"),
            (-2050.0, "-2,050"),
            (12_000.0, "12k"),
            (12_500.0, "12.5k"),
            (1_500_000.0, "1.5M"),
            (2e9, "2G"),
            (0.00001, "1e-5"),
        ];
        for (value, text) in cases {
            assert_eq!(short_number(value), text);
        }
    }
}
