//! A plan and its models: checked before a run, handed over at its start.
//!
//! Checking loads nothing, so that `lagar check` is quick and a recipe whose model is missing fails
//! before any row is read. A model's digest joins the digest of the operator that it is handed to.

use std::sync::Arc;

use lagar_core::diagnostic::Diagnostic;
use lagar_ops::{Models, Operator};
use lagar_recipe::{OpCall, Recipe};

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

    /// What is wrong with the models that the operators wish for; nothing is loaded.
    pub fn check_models(&self, recipe: &Recipe, models: &dyn Models) -> Vec<Diagnostic> {
        let calls = self.operators.iter().filter_map(|(index, operator)| {
            recipe.process.get(*index).map(|call| (call, operator))
        });
        calls.filter_map(|(call, operator)| wrong(call, operator, models)).collect()
    }

    /// Loads the models and hands them to the operators.
    ///
    /// # Errors
    /// When a model cannot be loaded.
    pub fn load_models(&mut self, models: &dyn Models) -> Result<(), EngineError> {
        for (index, operator) in &mut self.operators {
            let failed = |source| EngineError::Model {
                index: *index,
                operator: operator.name().to_owned(),
                source,
            };
            let wish = operator.built.wish().map_err(failed)?;
            let Some(wish) = wish else { continue };
            let failed = |source| EngineError::Model {
                index: *index,
                operator: operator.name().to_owned(),
                source: lagar_ops::OperatorError::Model(source),
            };
            let model = models.load(&wish).map_err(failed)?;
            // Nobody else holds the operators of a plan before it runs.
            if let Some(operator) = Arc::get_mut(operator) {
                operator.attach(model);
            }
        }
        Ok(())
    }
}

fn wrong(call: &OpCall, operator: &Operator, models: &dyn Models) -> Option<Diagnostic> {
    let name = operator.name();
    let at = |parameter: &str| {
        call.params.get(parameter).map_or(&call.name_location, |value| &value.location)
    };
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
                lagar_ops::OperatorError::Parameter { parameter, .. } => parameter.as_str(),
                _ => "",
            };
            Some(at(parameter).error(error.to_string(), "cannot be used"))
        }
    }
}
