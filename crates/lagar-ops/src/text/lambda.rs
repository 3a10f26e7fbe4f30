//! Parameters that hold Python code: known, and refused while the recipe is read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A function in Python; there is none that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PythonLambda {}

impl<'de> Deserialize<'de> for PythonLambda {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Err(D::Error::custom(format_args!("`{code}` is Python code, which lagar does not run")))
    }
}

impl JsonSchema for PythonLambda {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PythonLambda".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
