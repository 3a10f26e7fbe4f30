//! Building a model from a checkpoint: what layers ask for their tensors.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::error::{AdapterMismatch, Mismatch};
use crate::weights::file::{Entry, MappedFile, Stored};
use crate::weights::{AdapterMode, Factors, Overlay, Source};
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
    /// An adapter that the model's matrices take up.
    pub overlay: Option<Overlay<'a>>,
}

/// Builds a model: calls `build` once to learn which tensors it asks for, compares them with the
/// checkpoint, and calls it again to load them.
///
/// # Errors
/// When tensors are missing, surplus or of another shape (all of them are listed), a matrix of the
/// adapter has no place in the model, a tensor cannot be read, or `build` fails by itself.
pub fn load<T, E: From<NnError>>(
    source: &Source,
    options: &LoadOptions<'_>,
    build: impl Fn(&Scope<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let loader = Loader { source, options, checking: Some(RefCell::default()) };
    drop(build(&loader.root())?);
    let asked = loader.checking.map(RefCell::into_inner).unwrap_or_default();
    let mismatch = compare(source, options, &asked.tensors);
    if !mismatch.is_empty() {
        let folder = source.path().to_owned();
        return Err(NnError::Tensors { folder, mismatch: Box::new(mismatch) }.into());
    }
    if let Some(overlay) = options.overlay {
        check_overlay(overlay, options, &asked)?;
    }
    build(&Loader { source, options, checking: None }.root())
}

/// What a model asks for, with shapes.
#[derive(Debug, Default)]
struct Asked {
    tensors: BTreeMap<String, Vec<usize>>,
    /// Those of them that an adapter could change.
    matrices: BTreeSet<String>,
}

/// Compares what an adapter changes with the matrices that the model has.
fn check_overlay(
    overlay: Overlay<'_>,
    options: &LoadOptions<'_>,
    asked: &Asked,
) -> Result<(), NnError> {
    let adapter = overlay.adapter;
    let mut mismatch = AdapterMismatch::default();
    for (name, low) in adapter.matrices() {
        let shape = asked.matrices.get(name).and_then(|name| asked.tensors.get(name));
        let Some(shape) = shape else {
            if !options.is_unused(name) {
                mismatch.homeless.push(name.to_owned());
            }
            continue;
        };
        mismatch.matched += 1;
        let rows = shape.first().copied().unwrap_or(1);
        let expected = [rows, shape.iter().skip(1).product()];
        let got = <[usize; 2]>::from(adapter.update_shape(low));
        if expected != got {
            mismatch.misshapen.push((name.to_owned(), expected, got));
        }
    }
    if mismatch.matched > 0 && mismatch.homeless.is_empty() && mismatch.misshapen.is_empty() {
        return Ok(());
    }
    mismatch.model = asked.matrices.iter().cloned().collect();
    let folder = adapter.source().path().to_owned();
    Err(NnError::Adapter { folder, mismatch: Box::new(mismatch) })
}

impl LoadOptions<'_> {
    fn is_unused(&self, name: &str) -> bool {
        self.unused.iter().any(|unused| {
            name.strip_suffix(unused).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

fn compare(
    source: &Source,
    options: &LoadOptions<'_>,
    asked: &BTreeMap<String, Vec<usize>>,
) -> Mismatch {
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
    let is_surplus = |name: &&str| !asked.contains_key(*name) && !options.is_unused(name);
    for name in source.names().filter(is_surplus) {
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

/// A matrix on disk, and what is worked into it while it is read.
struct Part<'a> {
    file: &'a MappedFile,
    entry: &'a Entry,
    update: Option<Factors>,
}

/// What an adapter has for one matrix, to be kept beside it.
#[derive(Debug)]
pub(crate) struct Share {
    /// A and B.
    pub(crate) factors: Factors,
    /// DoRA: what each output is multiplied by.
    pub(crate) gains: Option<Vec<f32>>,
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
        let Some((file, entry)) = self.ask(name, shape)? else {
            return Tensor::zeros(shape, &Device::cpu());
        };
        let mut data = vec![0.0; shape.iter().product()];
        file.read(entry, 0, &mut data);
        file.release_entry(entry);
        self.place(data, shape)
    }

    /// A tensor of these elements, in the form that activations have.
    ///
    /// # Errors
    /// When there are more or fewer than the shape calls for, or the device has no room.
    pub(crate) fn place(&self, data: Vec<f32>, shape: &[usize]) -> Result<Tensor, NnError> {
        let options = self.loader.options;
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
        let part = self.merged_part(name, shape)?;
        self.pack(&[part], (outputs, inputs), self.loader.options.dtype.of_tables())
    }

    /// A table of vectors `[entries, width]`, which is looked up and not only multiplied with.
    ///
    /// # Errors
    /// When its elements are not floating point.
    pub fn table(&self, name: &str, (entries, width): (usize, usize)) -> Result<Weight, NnError> {
        let found = self.merged_part(name, &[entries, width])?;
        self.pack(&[found], (entries, width), self.loader.options.dtype.of_tables())
    }

    /// Matrices of one name and one shape at several places, as one matrix with their rows behind
    /// each other. What an adapter has for them is worked in.
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
        let parts = scopes.iter().map(|scope| scope.merged_part(name, &[outputs, inputs]));
        let dtype = first.loader.options.dtype;
        first.pack(&parts.collect::<Result<Vec<_>, _>>()?, (outputs, inputs), dtype)
    }

    /// The same for layers that can keep an adapter beside their matrix: then the matrix is as the
    /// checkpoint has it, and what the adapter has for each place comes with it.
    ///
    /// # Errors
    /// When elements are not floating point, or not finite.
    pub(crate) fn stacked_with_adapters(
        scopes: &[Self],
        name: &str,
        shape: (usize, usize),
    ) -> Result<(Weight, Vec<Option<Share>>), NnError> {
        let mode = scopes.first().and_then(|scope| scope.loader.options.overlay).map(|o| o.mode);
        let mut shares = Vec::new();
        if mode == Some(AdapterMode::Beside) {
            for scope in scopes {
                shares.push(scope.share(name, shape)?);
            }
        }
        let beside = shares.iter().any(Option::is_some);
        let weight = if beside {
            let parts = scopes.iter().map(|scope| scope.part(name, &[shape.0, shape.1]));
            let dtype = scopes[0].loader.options.dtype;
            scopes[0].pack(&parts.collect::<Result<Vec<_>, _>>()?, shape, dtype)?
        } else {
            Self::stacked_matrix(scopes, name, shape)?
        };
        Ok((weight, if beside { shares } else { Vec::new() }))
    }

    /// What an adapter adds to the bias of the layer with the matrix `name`.
    ///
    /// # Errors
    /// When a number is not finite.
    pub(crate) fn adapter_bias(&self, name: &str) -> Result<Option<Vec<f32>>, NnError> {
        match self.loader.options.overlay {
            Some(overlay) if self.loader.checking.is_none() => {
                overlay.adapter.bias(&self.name(name))
            }
            _ => Ok(None),
        }
    }

    /// Where this model computes, and the form of small matrices beside the big ones.
    pub(crate) fn home(&self) -> (&Device, Dtype) {
        (&self.loader.options.device, self.loader.options.dtype.of_tables())
    }

    fn share(&self, name: &str, shape: (usize, usize)) -> Result<Option<Share>, NnError> {
        let Some(part) = self.part(name, &[shape.0, shape.1])? else { return Ok(None) };
        let Some(factors) = self.factors(name, shape)? else { return Ok(None) };
        let read = |row: usize, out: &mut [f32]| part.file.read(part.entry, row * shape.1, out);
        let gains = factors.gains(read);
        Ok(Some(Share { factors, gains }))
    }

    fn factors(&self, name: &str, shape: (usize, usize)) -> Result<Option<Factors>, NnError> {
        let name = self.name(name);
        match self.loader.options.overlay {
            Some(overlay) if overlay.adapter.get(&name).is_some() => {
                overlay.adapter.factors(&name, shape).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A matrix, and what is worked into it; `None` in the first pass.
    fn merged_part(&self, name: &str, shape: &[usize]) -> Result<Option<Part<'_>>, NnError> {
        let Some(part) = self.part(name, shape)? else { return Ok(None) };
        let rows = shape.first().copied().unwrap_or(1);
        let update = self.factors(name, (rows, shape.iter().skip(1).product()))?;
        Ok(Some(Part { update, ..part }))
    }

    /// A matrix as the checkpoint has it; `None` in the first pass.
    fn part(&self, name: &str, shape: &[usize]) -> Result<Option<Part<'_>>, NnError> {
        if let Some(asked) = &self.loader.checking {
            asked.borrow_mut().matrices.insert(self.name(name));
        }
        let found = self.ask(name, shape)?;
        Ok(found.map(|(file, entry)| Part { file, entry, update: None }))
    }

    fn pack(
        &self,
        parts: &[Option<Part<'_>>],
        (outputs, inputs): (usize, usize),
        dtype: Dtype,
    ) -> Result<Weight, NnError> {
        let shape = (outputs * parts.len(), inputs);
        let parts: Vec<_> = parts.iter().flatten().collect();
        if parts.is_empty() {
            return Ok(Weight::declared(shape));
        }
        let options = self.loader.options;
        let weight = Weight::from_rows(shape, dtype, &options.device, |row, buffer| {
            let (part, row) = (parts[row / outputs], row % outputs);
            part.file.read(part.entry, row * inputs, buffer);
            if let Some(update) = &part.update {
                update.merge(row, buffer);
            }
            Ok(())
        })?;
        for part in parts {
            part.file.release_entry(part.entry);
        }
        Ok(weight)
    }

    /// Where a tensor is; `None` in the first pass, which only writes down what is asked for.
    fn ask(&self, name: &str, shape: &[usize]) -> Result<Option<(&MappedFile, &Entry)>, NnError> {
        let name = self.name(name);
        let source = self.loader.source;
        if let Some(asked) = &self.loader.checking {
            asked.borrow_mut().tensors.insert(name, shape.to_vec());
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
