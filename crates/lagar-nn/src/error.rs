//! What can go wrong between a checkpoint on disk and a tensor, each error naming file or tensor.

use std::fmt;
use std::path::PathBuf;

/// An error of `lagar-nn`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A file cannot be read.
    #[error("read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Core(lagar_core::CoreError),
    /// A folder has no weights.
    #[error("no weights in {}: none of {} is there", folder.display(), sought.join(", "))]
    NoWeights {
        /// The folder.
        folder: PathBuf,
        /// The file names that were looked for.
        sought: Vec<String>,
    },
    /// A weight file is damaged or of a form that is not read.
    #[error("weights in {}: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// The tensors of a checkpoint are not those that its configuration calls for.
    #[error("weights in {} do not fit the model: {mismatch}", folder.display())]
    Tensors {
        /// The folder or file.
        folder: PathBuf,
        /// What is missing, surplus or of another shape.
        mismatch: Box<Mismatch>,
    },
    /// An adapter changes matrices that the model does not have, or has in another shape.
    #[error("the adapter in {} does not fit the model: {mismatch}", folder.display())]
    Adapter {
        /// The adapter's folder or file.
        folder: PathBuf,
        /// What has no place.
        mismatch: Box<AdapterMismatch>,
    },
    /// An operation was given tensors that do not go together.
    #[error("{operation}: {message}")]
    Shape {
        /// The operation.
        operation: &'static str,
        /// Shapes expected and got.
        message: String,
    },
    /// The tensor framework refused an operation.
    #[error("{operation}")]
    Framework {
        /// The operation.
        operation: &'static str,
        /// What it said.
        source: Box<candle_core::Error>,
    },
    /// The system gives no threads.
    #[error("start {count} threads: {message}")]
    Threads {
        /// How many were asked for; 0 is one per processor.
        count: usize,
        /// What the system said.
        message: String,
    },
    /// There is no such device.
    #[error("device `{name}`: {message}")]
    Device {
        /// What was asked for.
        name: String,
        /// Why it cannot be had.
        message: String,
    },
}

impl NnError {
    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Format { hint, .. } => *hint,
            Self::NoWeights { .. } => {
                Some("give the folder of a model as Hugging Face lays it out")
            }
            Self::Tensors { .. } => Some("is this the checkpoint that `config.json` belongs to?"),
            Self::Adapter { .. } => {
                Some("is this the base that `base_model_name_or_path` of its configuration names?")
            }
            _ => None,
        }
    }

    /// Shapes that do not go together in `operation`.
    pub fn shape(operation: &'static str, message: impl Into<String>) -> Self {
        Self::Shape { operation, message: message.into() }
    }
}

/// An adapter for `map_err` that names the operation the framework refused.
pub(crate) fn framework(operation: &'static str) -> impl FnOnce(candle_core::Error) -> NnError {
    move |source| NnError::Framework { operation, source: Box::new(source) }
}

/// How the tensors of a checkpoint differ from those its configuration calls for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// How many tensors the model has.
    pub expected: usize,
    /// Tensors that are not there, with the shapes they should have.
    pub missing: Vec<(String, Vec<usize>)>,
    /// Tensors that nothing asks for, with their shapes.
    pub surplus: Vec<(String, Vec<usize>)>,
    /// Tensors of another shape: name, expected, got.
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl Mismatch {
    /// Whether checkpoint and model agree.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.misshapen.is_empty()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "of {} tensors {} missing and {} of another shape; {} surplus",
            self.expected,
            self.missing.len(),
            self.misshapen.len(),
            self.surplus.len()
        )?;
        for (name, expected) in &self.missing {
            write!(f, "\n  missing `{name}`: expected {expected:?}")?;
        }
        for (name, expected, got) in &self.misshapen {
            write!(f, "\n  shape of `{name}`: expected {expected:?}, got {got:?}")?;
        }
        for (name, got) in &self.surplus {
            write!(f, "\n  surplus `{name}`: got {got:?}")?;
        }
        Ok(())
    }
}

/// How the matrices of an adapter differ from those of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterMismatch {
    /// How many of the adapter's matrices the model has.
    pub matched: usize,
    /// Those that it has not.
    pub homeless: Vec<String>,
    /// Those of another shape: name, expected, got, both `[rows, columns]`.
    pub misshapen: Vec<(String, [usize; 2], [usize; 2])>,
    /// The matrices that the model has.
    pub model: Vec<String>,
}

impl fmt::Display for AdapterMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        let all = self.matched + self.homeless.len();
        write!(f, "of its {all} matrices the model has {}", self.matched)?;
        if !self.homeless.is_empty() {
            write!(f, "\n  only in the adapter: {}", some(&self.homeless, SHOWN))?;
            write!(f, "\n  in the model: {}", some(&self.model, SHOWN))?;
        }
        for (name, expected, got) in self.misshapen.iter().take(2 * SHOWN) {
            write!(f, "\n  shape of `{name}`: the model {expected:?}, the adapter {got:?}")?;
        }
        if self.misshapen.len() > 2 * SHOWN {
            write!(f, "\n  and {} other shapes", self.misshapen.len() - 2 * SHOWN)?;
        }
        Ok(())
    }
}

/// The first names of a list, and how many there are besides.
fn some(names: &[String], shown: usize) -> String {
    let mut list: Vec<String> = names.iter().take(shown).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        list.push("nothing".to_owned());
    }
    if names.len() > shown {
        list.push(format!("and {} others", names.len() - shown));
    }
    list.join(", ")
}
