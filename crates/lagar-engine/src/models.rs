//! A plan and its models: checked before a run, handed over at its start.
//!
//! Checking loads nothing, so that `lagar check` is quick and a recipe whose model is missing fails
//! before any row is read. A model's digest joins the digest of the operator that it is handed to, and
//! so does that of a file which an operator reads itself.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use lagar_core::diagnostic::Diagnostic;
use lagar_core::models::ModelError;
use lagar_core::{CoreError, Digest};
use lagar_ops::{FileWish, Models, Operator, OperatorError};
use lagar_recipe::{Location, OpCall, Recipe};

use crate::{EngineError, Plan};

/// Rows per chunk where an operator asks a model: few enough that a run shows progress, and many
/// enough that the model always has a full batch.
pub const MODEL_CHUNK_ROWS: usize = 256;

impl Plan {
    /// Whether any operator asks a model.
    pub fn asks_models(&self) -> bool {
        self.operators.iter().any(|(_, operator)| !matches!(operator.built.wish(), Ok(None)))
    }

    /// Rows per chunk, of at most those that the recipe says.
    pub fn chunk_rows(&self, recipe: &Recipe) -> usize {
        if self.asks_models() { recipe.chunk_size.min(MODEL_CHUNK_ROWS) } else { recipe.chunk_size }
    }

    /// What is wrong with the models and files that the operators wish for, errors and warnings;
    /// nothing is loaded.
    pub fn check_models(&self, recipe: &Recipe, models: &dyn Models) -> Vec<Diagnostic> {
        let calls = self.operators.iter().filter_map(|(index, operator)| {
            recipe.process.get(*index).map(|call| (call, operator))
        });
        calls
            .flat_map(|(call, operator)| {
                wrong(call, operator, models).into_iter().chain(wrong_files(call, operator, models))
            })
            .collect()
    }

    /// Loads the models and hands them to the operators.
    ///
    /// # Errors
    /// When a model cannot be loaded.
    pub fn load_models(&mut self, models: &dyn Models) -> Result<(), EngineError> {
        for (index, operator) in &mut self.operators {
            // Nobody else holds the operators of a plan before it runs.
            let Some(operator) = Arc::get_mut(operator) else { continue };
            supply(operator, models).map_err(|source| EngineError::Model {
                index: *index,
                operator: operator.name().to_owned(),
                source,
            })?;
        }
        Ok(())
    }
}

/// Hands an operator the model and the files that it wishes for.
///
/// # Errors
/// When one is missing or cannot be read.
pub(crate) fn supply(operator: &mut Operator, models: &dyn Models) -> Result<(), OperatorError> {
    if let Some(wish) = operator.built.wish()? {
        operator.attach(models.load(&wish).map_err(OperatorError::Model)?);
    }
    for wish in operator.built.files() {
        let path = models.file_or_instead(&wish).map_err(OperatorError::Model)?;
        let Some(path) = path else { continue };
        let digest = digest(&path).map_err(OperatorError::Core)?;
        operator.attach_file(wish.parameter, &path, digest);
    }
    Ok(())
}

/// The digest of a file's contents.
fn digest(path: &Path) -> Result<Digest, CoreError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(CoreError::file("open", path))?;
    hasher.update_reader(file).map_err(CoreError::file("read", path))?;
    Ok(Digest::of_hasher(&hasher))
}

/// Where the recipe gives a parameter, or else the operator.
fn place<'call>(call: &'call OpCall, parameter: &str) -> &'call Location {
    call.params.get(parameter).map_or(&call.name_location, |value| &value.location)
}

/// The files that an operator reads and that are not to be had: errors, or warnings where something
/// else takes their place.
fn wrong_files(call: &OpCall, operator: &Operator, models: &dyn Models) -> Vec<Diagnostic> {
    let instead = |wish: &FileWish, instead: &str| {
        let FileWish { parameter, name, .. } = wish;
        let what = format!("`{}` judges by {instead}", operator.name());
        let hint = format!(
            "for Data-Juicer's, put its {name} where it keeps it, or name a folder \
                            with `{parameter}`"
        );
        let label = format!("{name} is not there");
        place(call, parameter).warning(what, label).with_hint(hint)
    };
    let tell = |parameter: &str, error: ModelError| {
        let (first, hint) = error.message.split_once('\n').unwrap_or((&error.message, ""));
        let what = format!("`{}` for `{parameter}` of `{}`: {first}", error.model, operator.name());
        let diagnostic = place(call, parameter).error(what, "reads a file");
        if hint.is_empty() { diagnostic } else { diagnostic.with_hint(hint.to_owned()) }
    };
    let look = |wish: &FileWish| match wish.instead {
        Some(_) if models.find_file(wish).is_some() => None,
        Some(other) => Some(instead(wish, other)),
        None => models.check_file(wish).err().map(|error| tell(wish.parameter, error)),
    };
    operator.built.files().iter().filter_map(look).collect()
}

fn wrong(call: &OpCall, operator: &Operator, models: &dyn Models) -> Option<Diagnostic> {
    let name = operator.name();
    let at = |parameter: &str| place(call, parameter);
    match operator.built.wish() {
        Ok(None) => None,
        Ok(Some(wish)) => models.check(&wish).err().map(|error| {
            let (first, hint) = match error.message.split_once('\n') {
                Some((first, hint)) => (first.to_owned(), Some(hint.to_owned())),
                None => (error.message, None),
            };
            let message = format!("{} `{}` of `{name}`: {first}", wish.kind.name(), wish.name);
            let diagnostic = at(wish.parameter).error(message, "the model that is asked for");
            hint.into_iter().fold(diagnostic, Diagnostic::with_hint)
        }),
        Err(error) => {
            let parameter = match &error {
                OperatorError::Parameter { parameter, .. } => parameter.as_str(),
                _ => "",
            };
            Some(at(parameter).error(error.to_string(), "cannot be used"))
        }
    }
}
