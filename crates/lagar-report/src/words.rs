//! Numbers as reports write them.

/// A whole number with its thousands apart: `400,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of 1 in percent: `3.87 %`; what is not quite nothing or everything does not look like it.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let text = format!("{value:.2}");
    match text.as_str() {
        _ if !value.is_finite() => "–".to_owned(),
        "0.00" if value > 0.0 => "< 0.01 %".to_owned(),
        "100.00" if value < 100.0 => "> 99.99 %".to_owned(),
        _ => format!("{} %", short(&text)),
    }
}

/// A measured number: whole ones whole, others with four digits that count.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", count(value.abs() as u64));
    }
    let before = value.abs().log10().floor().clamp(-9.0, 3.0) as i32;
    let decimals = (3 - before).max(1) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_large| whole.to_owned(), count);
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{}", short(&format!("{whole}.{part}")))
}

/// A number with its sign: `+1.89`, `−0.3`.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// A relative change in percent: `+21.5 %`.
pub fn signed_percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.1}", share.abs() * 100.0);
    let sign = if text == "0.0" {
        ""
    } else if share < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{text} %")
}

/// Without zeros at the end.
fn short(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

/// A name of code as words: `num_words` becomes `num words`.
pub fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// `n` of something: `1 row`, `5 rows`.
pub fn of(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(7), count(1_000), count(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!(
            [percent(0.0387), percent(0.0), percent(0.00001), percent(1.0), percent(0.999_999)],
            ["3.87 %", "0 %", "< 0.01 %", "100 %", "> 99.99 %"]
        );
        assert_eq!(
            [
                number(8.784_807),
                number(-0.071_41),
                number(12.0),
                number(1_234.56),
                number(f64::NAN)
            ],
            ["8.785", "−0.07141", "12", "1,234.6", "–"]
        );
        assert_eq!([signed(1.5), signed(-2.0), signed_percent(0.215)], ["+1.5", "−2", "+21.5 %"]);
        assert_eq!(
            [of(1, "row"), of(0, "row"), of(1_500, "row")],
            ["1 row", "0 rows", "1,500 rows"]
        );
    }
}
