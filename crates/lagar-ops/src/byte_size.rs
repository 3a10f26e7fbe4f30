//! Sizes in bytes as Data-Juicer reads them.
//!
//! Source: Data-Juicer 1.6.1, `utils/mm_utils.py` (`size_to_bytes`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A size such as `10KB`: digits, and a unit that is a power of 1,024.
///
/// As in Data-Juicer everything but letters and digits is skipped, so that `1.5MB` means 15 MB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, with = "String")]
pub struct ByteSize {
    text: String,
    bytes: f64,
}

impl ByteSize {
    /// How many bytes it is.
    pub fn bytes(&self) -> f64 {
        self.bytes
    }
}

impl TryFrom<String> for ByteSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse::<f64>() else {
            return Err(format!("size `{text}` does not contain numbers"));
        };
        let letters: String = text.chars().filter(|letter| letter.is_alphabetic()).collect();
        let letters = letters.to_lowercase();
        let unit = letters.strip_suffix("ib").or_else(|| letters.strip_suffix('b'));
        let power = match (letters.as_str(), unit) {
            ("", _) => 0,
            (_, Some("k")) => 1,
            (_, Some("m")) => 2,
            (_, Some("g")) => 3,
            (_, Some("t")) => 4,
            (_, Some("p")) => 5,
            (_, Some("e")) => 6,
            (_, Some("z")) => 7,
            (_, Some("y")) => 8,
            _ => {
                return Err(format!(
                    "unit `{letters}` of size `{text}` is none of KB, MB, GB, TB, PB, EB, ZB, YB \
                     and KiB to YiB"
                ));
            }
        };
        let bytes = number.trunc() * 1_024_f64.powi(power);
        Ok(Self { text, bytes })
    }
}

impl TryFrom<&str> for ByteSize {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::try_from(text.to_owned())
    }
}

impl From<ByteSize> for String {
    fn from(size: ByteSize) -> Self {
        size.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_data_juicer_reads_them() {
        let bytes = |text: &str| ByteSize::try_from(text).map(|size| size.bytes());
        assert_eq!(bytes("120"), Ok(120.0));
        assert_eq!(bytes("1 KiB"), Ok(1_024.0));
        assert_eq!(bytes("1.5MB"), Ok(15.0 * 1_048_576.0));
        assert_eq!(bytes("1tb"), Ok(1_099_511_627_776.0));
        assert!(bytes("KB").is_err());
        assert!(bytes("10 bytes").unwrap_err().contains("unit `bytes`"));
        assert!(bytes("3b").is_err());
    }
}
