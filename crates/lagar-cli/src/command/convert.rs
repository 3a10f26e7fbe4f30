//! `lagar convert IN OUT`: from any format to any other.

use super::{Done, Mood};
use crate::args::ConvertArgs;
use crate::exit::CommandError;

pub(super) fn convert(_args: &ConvertArgs, _mood: Mood) -> Result<Done, CommandError> {
    Ok(Done(0))
}
