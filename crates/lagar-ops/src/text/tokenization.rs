//! The parameter `tokenization`: splitting by a sentencepiece model, which lagar does not have yet.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// `false`; `true` is refused while the recipe is read and not in the middle of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tokenization(bool);

impl<'de> Deserialize<'de> for Tokenization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            return Err(D::Error::custom(
                "`tokenization: true` needs a sentencepiece model, which is not in lagar yet",
            ));
        }
        Ok(Self(false))
    }
}

impl JsonSchema for Tokenization {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Tokenization".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "const": false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokenization_with_a_model_is_refused_by_name() {
        assert_eq!(serde_json::from_str::<Tokenization>("false").unwrap(), Tokenization::default());
        let error = serde_json::from_str::<Tokenization>("true").unwrap_err().to_string();
        assert!(
            error.contains("needs a sentencepiece model, which is not in lagar yet"),
            "{error}"
        );
    }
}
