//! The file itself says that no model gave the answers.

use super::count;
use crate::compare::Answer;

pub(super) fn find(answers: &[&Answer]) -> Option<String> {
    let said: Vec<&String> = answers.iter().filter_map(|answer| answer.declared.as_ref()).collect();
    let first = said.first()?;
    Some(format!(
        "not real: the metadata of {} of {} answers says `{first}`",
        count(said.len()),
        count(answers.len())
    ))
}
