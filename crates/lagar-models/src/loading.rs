//! What every model that looks at pictures needs beside its weights: threads, a digest, options.

use std::path::{Path, PathBuf};

use lagar_core::Digest;
use lagar_nn::weights::{LoadOptions, Scope, Source, digest, load};
use lagar_nn::{Dtype, Threads};

use crate::ModelsError;

/// How a model is loaded.
#[derive(Clone, Debug, Default)]
pub struct VisionOptions {
    /// The form that the big matrices are kept in.
    pub dtype: Dtype,
    /// Threads of the kernels; 0 is one per processor.
    pub threads: usize,
}

/// Where a loaded model came from and what runs it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) digest: Digest,
    pub(crate) threads: Threads,
}

/// Loads the weights of `folder` into what `build` asks for. `version` rises whenever the same
/// weights and pictures give another result; tensors named in `unused` may be there or not.
///
/// # Errors
/// When tensors are missing, surplus, misshapen or unreadable.
pub(crate) fn open<T: Send>(
    folder: &Path,
    options: &VisionOptions,
    (version, unused): (&str, &[&str]),
    build: impl Fn(&Scope<'_>) -> Result<T, ModelsError> + Send,
) -> Result<(T, Home), ModelsError> {
    let threads = Threads::new(options.threads)?;
    let (model, digest) = threads.run(|| {
        let source = Source::open(folder)?;
        let wanted = LoadOptions { dtype: options.dtype, unused, ..LoadOptions::default() };
        let model = load(&source, &wanted, build)?;
        Ok::<_, ModelsError>((model, digest(&source)?))
    })?;
    let digest = digest.then(options.dtype.to_string().as_bytes()).then(version.as_bytes());
    Ok((model, Home { folder: folder.to_owned(), digest, threads }))
}
