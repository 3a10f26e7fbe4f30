//! What can go wrong in an operator as a whole; a single bad row is a [`crate::Fault`] instead.

use lagar_core::CoreError;

/// An operator's failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// A parameter has a value the operator cannot work with.
    #[error("parameter `{parameter}` of `{operator}`: {message}")]
    Parameter {
        /// The operator.
        operator: String,
        /// Its parameter.
        parameter: String,
        /// What is wrong with it.
        message: String,
    },
    /// Rows on which Data-Juicer raises an exception of that name.
    #[error("{message}")]
    Raised {
        /// Python's name of the exception (`AssertionError`).
        exception: &'static str,
        /// What is wrong, naming field and value.
        message: String,
    },
    /// A column could not be built.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A model behind the operator failed.
    #[error(transparent)]
    Model(#[from] lagar_core::models::ModelError),
}
