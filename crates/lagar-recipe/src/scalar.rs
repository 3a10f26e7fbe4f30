//! Plain (unquoted) scalars, read as Data-Juicer reads them.
//!
//! Data-Juicer loads recipes with `PyYAML` (YAML 1.1) whose float rule jsonargparse widens, so that
//! `1e5` is a number. Followed are the booleans, nulls, integers with their bases and underscores,
//! and floats of <https://yaml.org/type/>. Not followed are sexagesimal numbers (`16:9` stays a
//! string, which is what its author meant) and time stamps (strings, as under jsonargparse).

use std::num::IntErrorKind;

use crate::node::Value;

/// The value of a plain scalar.
pub(crate) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => integer(text)
            .map(Value::Int)
            .or_else(|| float(text).map(Value::Float))
            .unwrap_or_else(|| Value::Str(text.to_owned())),
    }
}

/// An integer in base 2, 8, 10 or 16, saturated at the limits of `i128`.
pub(crate) fn integer(text: &str) -> Option<i128> {
    let (negative, body) = signed(text);
    let (digits, radix) = if body == "0" {
        (body, 10)
    } else if let Some(digits) = body.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = body.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = body.strip_prefix('0') {
        (digits, 8)
    } else if body.starts_with(|first: char| first.is_ascii_digit()) {
        (body, 10)
    } else {
        return None;
    };
    if !digits.chars().all(|digit| digit == '_' || digit.is_digit(radix)) {
        return None;
    }
    let digits = digits.replace('_', "");
    match i128::from_str_radix(&digits, radix) {
        Ok(value) => Some(if negative { -value } else { value }),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Some(if negative { i128::MIN } else { i128::MAX })
        }
        Err(_) => None,
    }
}

/// A float: with a point, with an exponent, infinite, or not a number.
pub(crate) fn float(text: &str) -> Option<f64> {
    let (negative, body) = signed(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body == text => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    if let Some(exponent) = exponent {
        let (_, digits) = signed(exponent);
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if exponent.is_none() && fraction.is_none() {
        return None;
    }
    let leading = if whole.is_empty() { fraction.unwrap_or("") } else { whole };
    let digits_only = |part: &str| part.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    if !leading.starts_with(|first: char| first.is_ascii_digit())
        || !digits_only(whole)
        || !fraction.is_none_or(digits_only)
    {
        return None;
    }
    body.replace('_', "").parse().ok().map(|value: f64| sign * value)
}

/// Whether the text carries a minus sign, and the text without its sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_and_nulls_are_those_of_yaml_one_point_one() {
        for text in ["yes", "On", "TRUE"] {
            assert_eq!(resolve(text), Value::Bool(true), "{text}");
        }
        for text in ["no", "Off", "false"] {
            assert_eq!(resolve(text), Value::Bool(false), "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(text), Value::Null, "{text}");
        }
        for text in ["y", "n", "nULL", "oN"] {
            assert_eq!(resolve(text), Value::Str(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn integers_may_have_a_base_and_underscores() {
        let cases: [(&str, i128); 9] = [
            ("0", 0),
            ("-17", -17),
            ("+1_000", 1000),
            ("0x1F", 31),
            ("0b101", 5),
            ("010", 8),
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("-0", 0),
            ("999999999999999999999999999999999999999999", i128::MAX),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text), Value::Int(value), "{text}");
        }
    }

    #[test]
    fn floats_may_have_an_exponent_without_a_point() {
        let cases =
            [("1e5", 1e5), ("1.5E-3", 1.5e-3), (".5", 0.5), ("5.", 5.0), ("-1_0.2_5", -10.25)];
        for (text, value) in cases {
            assert_eq!(resolve(text), Value::Float(value), "{text}");
        }
        assert_eq!(resolve("-.inf"), Value::Float(f64::NEG_INFINITY));
        assert_eq!(resolve(".nan"), Value::Float(f64::NAN));
    }

    #[test]
    fn what_only_looks_like_a_number_is_a_string() {
        for text in [
            "08",
            "1.2.3",
            "16:9",
            "e5",
            "1e",
            ".",
            "._1",
            "0o7",
            "0x",
            "2024-01-01",
            "-",
            "+",
            "inf",
            "_1",
        ] {
            assert_eq!(resolve(text), Value::Str(text.to_owned()), "{text}");
        }
    }
}
