//! Building a model from a checkpoint: what layers ask for their tensors.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;

use crate::error::Mismatch;
use crate::weights::Source;
use crate::weights::file::{Entry, MappedFile, Stored};
use crate::{Device, Dtype, NnError, Tensor, Weight};

/// How a checkpoint is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions<'a> {
    /// The form that big matrices are kept in. Everything else is `f32` on the CPU.
    pub dtype: Dtype,
    /// Where the model computes.
    pub device: Device,
    /// Tensors that may be there without being asked for: whole names, or the part behind a dot.
    pub unused: &'a [&'a str],
}

/// Builds a model: calls `build` once to learn which tensors it asks for, compares them with the
/// checkpoint, and calls it again to load them.
///
/// # Errors
/// When tensors are missing, surplus or of another shape (all of them are listed), one cannot be
/// read, or `build` fails by itself.
pub fn load<T, E: From<NnError>>(
    source: &Source,
    options: &LoadOptions<'_>,
    build: impl Fn(&Scope<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let checking = RefCell::new(BTreeMap::new());
    let loader = Loader { source, options, checking: Some(checking) };
    drop(build(&loader.root())?);
    let asked = loader.checking.map(RefCell::into_inner).unwrap_or_default();
    let mismatch = compare(source, options, &asked);
    if !mismatch.is_empty() {
        let folder = source.path().to_owned();
        return Err(NnError::Tensors { folder, mismatch: Box::new(mismatch) }.into());
    }
    build(&Loader { source, options, checking: None }.root())
}

type Asked = BTreeMap<String, Vec<usize>>;

fn compare(source: &Source, options: &LoadOptions<'_>, asked: &Asked) -> Mismatch {
    let mut mismatch = Mismatch { expected: asked.len(), ..Mismatch::default() };
    for (name, expected) in asked {
        match source.shape(name) {
            None => mismatch.missing.push((name.clone(), expected.clone())),
            Some(got) if got != expected => {
                mismatch.misshapen.push((name.clone(), expected.clone(), got.to_vec()));
            }
            Some(_) => {}
        }
    }
    let is_unused = |name: &str| {
        options.unused.iter().any(|unused| {
            name.strip_suffix(unused).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    for name in source.names().filter(|name| !asked.contains_key(*name) && !is_unused(name)) {
        let shape = source.shape(name).unwrap_or_default().to_vec();
        mismatch.surplus.push((name.to_owned(), shape));
    }
    mismatch
}

#[derive(Debug)]
struct Loader<'a> {
    source: &'a Source,
    options: &'a LoadOptions<'a>,
    /// In the first pass, what has been asked for.
    checking: Option<RefCell<Asked>>,
}

impl Loader<'_> {
    fn root(&self) -> Scope<'_> {
        Scope { loader: self, prefix: String::new() }
    }
}

/// A place in the names of a checkpoint, from which a layer loads its tensors.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    loader: &'a Loader<'a>,
    prefix: String,
}

impl Scope<'_> {
    /// The place below this one.
    #[must_use]
    pub fn at(&self, name: impl Display) -> Self {
        Self { loader: self.loader, prefix: self.name(&name.to_string()) }
    }

    fn name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    /// The shape of a tensor as the checkpoint has it: for models whose sizes are not in their
    /// configuration.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.loader.source.shape(&self.name(name))
    }

    /// A tensor of this shape, in the form that activations have.
    ///
    /// # Errors
    /// When its elements are not floating point.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, NnError> {
        let options = self.loader.options;
        let Some((file, entry)) = self.ask(name, shape)? else {
            return Tensor::zeros(shape, &Device::cpu());
        };
        let mut data = vec![0.0; shape.iter().product()];
        file.read(entry, 0, &mut data);
        file.release_entry(entry);
        let tensor = Tensor::from_vec(data, shape, &Device::cpu())?;
        tensor.to_dtype(options.device.activations(options.dtype))?.to_device(&options.device)
    }

    /// A tensor that is not in the checkpoint, of one number.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn filled(&self, value: f32, shape: &[usize]) -> Result<Tensor, NnError> {
        let data = vec![value; shape.iter().product()];
        Tensor::from_vec(data, shape, &self.loader.options.device)
    }

    /// A matrix `[outputs, inputs]`.
    ///
    /// # Errors
    /// When its elements are not floating point.
    pub fn matrix(&self, name: &str, (outputs, inputs): (usize, usize)) -> Result<Weight, NnError> {
        Self::stacked_matrix(std::slice::from_ref(self), name, (outputs, inputs))
    }

    /// The kernels of a convolution, `[outputs, …]`, as a matrix.
    ///
    /// # Errors
    /// When its elements are not floating point.
    pub fn kernel(&self, name: &str, shape: &[usize]) -> Result<Weight, NnError> {
        let outputs = shape.first().copied().unwrap_or(1);
        let inputs = shape.iter().skip(1).product();
        let found = self.ask(name, shape)?;
        self.pack(&[found], (outputs, inputs))
    }

    /// Matrices of one name and one shape at several places, as one matrix with their rows behind
    /// each other.
    ///
    /// # Errors
    /// When their elements are not floating point.
    pub fn stacked_matrix(
        scopes: &[Self],
        name: &str,
        (outputs, inputs): (usize, usize),
    ) -> Result<Weight, NnError> {
        let Some(first) = scopes.first() else {
            return Err(NnError::shape("stacked matrix", "none given"));
        };
        let parts = scopes.iter().map(|scope| scope.ask(name, &[outputs, inputs]));
        first.pack(&parts.collect::<Result<Vec<_>, _>>()?, (outputs, inputs))
    }

    fn pack(
        &self,
        parts: &[Option<(&MappedFile, &Entry)>],
        (outputs, inputs): (usize, usize),
    ) -> Result<Weight, NnError> {
        let shape = (outputs * parts.len(), inputs);
        let parts: Vec<_> = parts.iter().flatten().collect();
        if parts.is_empty() {
            return Ok(Weight::declared(shape));
        }
        let options = self.loader.options;
        let weight = Weight::from_rows(shape, options.dtype, &options.device, |row, buffer| {
            let (file, entry) = parts[row / outputs];
            file.read(entry, row % outputs * inputs, buffer);
            Ok(())
        })?;
        for (file, entry) in parts {
            file.release_entry(entry);
        }
        Ok(weight)
    }

    /// Where a tensor is; `None` in the first pass, which only writes down what is asked for.
    fn ask(&self, name: &str, shape: &[usize]) -> Result<Option<(&MappedFile, &Entry)>, NnError> {
        let name = self.name(name);
        let source = self.loader.source;
        if let Some(asked) = &self.loader.checking {
            asked.borrow_mut().insert(name, shape.to_vec());
            return Ok(None);
        }
        match source.entry(&name) {
            Some((file, entry)) if entry.shape == shape => match &entry.stored {
                Stored::Other(form) => {
                    let message = format!("`{name}` has elements of the form {form}");
                    Err(file.format_error(message, Some("expected floating point")))
                }
                _ => Ok(Some((file, entry))),
            },
            _ => Err(NnError::shape("checkpoint", format!("`{name}` {shape:?} was not checked"))),
        }
    }
}
