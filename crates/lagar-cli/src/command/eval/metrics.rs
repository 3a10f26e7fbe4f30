//! `lagar eval metrics`: every metric of free cases.

use std::path::Path;

use lagar_eval::metric::cases::{Case, scored};
use lagar_eval::{EvalError, files};

use crate::command::print;
use crate::exit::CommandError;

pub(super) fn metrics(path: &Path) -> Result<(), CommandError> {
    let bytes = files::read(path)?;
    let cases: Vec<Case> = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        EvalError::form(path, place, error.to_string())
    })?;
    print(&scored(&cases).to_string());
    Ok(())
}
