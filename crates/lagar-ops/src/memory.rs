//! The parameter `mem_required`: how much memory a model may take.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Gigabytes (of 1024³ bytes), as a number or with a unit (`16GB`, `1500MB`); 0 sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Memory(f64);

impl Memory {
    /// The limit in bytes; `None` where there is none.
    pub fn bytes(self) -> Option<u64> {
        (self.0 > 0.0).then_some((self.0 * 1_073_741_824.0) as u64)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let gigabytes = match Written::deserialize(deserializer) {
            Ok(Written::Number(number)) => Some(number),
            Ok(Written::Text(text)) => parse(&text),
            Err(_mismatch) => None,
        };
        let usable = gigabytes.filter(|number| number.is_finite() && *number >= 0.0);
        usable.map(Self).ok_or_else(|| {
            D::Error::custom("expected gigabytes, as a number or with a unit (`16GB`, `1500MB`)")
        })
    }
}

fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..unit].trim().parse().ok()?;
    let per_gigabyte = match text[unit..].to_ascii_uppercase().as_str() {
        "" | "G" | "GB" | "GIB" => 1.0,
        "M" | "MB" | "MIB" => 1024.0,
        "K" | "KB" | "KIB" => 1024.0 * 1024.0,
        "T" | "TB" | "TIB" => 1.0 / 1024.0,
        _ => return None,
    };
    Some(number / per_gigabyte)
}

impl JsonSchema for Memory {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Memory".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(json: &str) -> Option<u64> {
        serde_json::from_str::<Memory>(json).unwrap().bytes()
    }

    #[test]
    fn memory_is_gigabytes_or_has_a_unit() {
        assert_eq!(bytes("8"), Some(8 << 30));
        assert_eq!(bytes("\"16GB\""), Some(16 << 30));
        assert_eq!(bytes("\"1500 MB\""), Some(1500 << 20));
        assert_eq!(bytes("0"), None);
        let refused = |json| serde_json::from_str::<Memory>(json).unwrap_err().to_string();
        for wrong in ["\"much\"", "-1", "\"3 apples\"", "[]"] {
            assert!(refused(wrong).contains("expected gigabytes"), "{wrong}");
        }
    }
}
