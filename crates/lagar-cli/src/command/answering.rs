//! Local models that answer questions about pictures: their flags, and how they are opened.

use std::path::{Path, PathBuf};

use lagar_core::error::chain;
use lagar_core::models::GenerationSettings;
use lagar_models::mgm::{MgmAnswerer, MgmFolders, MgmOptions};
use lagar_nn::Dtype;

use crate::exit::CommandError;
use crate::models::model_folder;

/// Where the parts of a local model are, and how it is loaded.
#[derive(Debug, clap::Args)]
pub(crate) struct AnsweringArgs {
    /// A LoRA adapter for the model: the folder of its run.
    #[arg(long, value_name = "DIR")]
    adapter: Option<PathBuf>,
    /// Work the adapter into the matrices while they are loaded, instead of computing it beside them.
    #[arg(long, requires = "adapter")]
    merge: bool,
    /// `mm_projector.bin` of the first stage of training, or its folder, where the model is a bare
    /// Gemma.
    #[arg(long, value_name = "PATH")]
    projector: Option<PathBuf>,
    /// The folder of CLIP's tower (default: in the model, or beside it under the name that its
    /// configuration has).
    #[arg(long, value_name = "DIR")]
    vision_tower: Option<PathBuf>,
    /// The folder of the `ConvNeXt` tower (default: as above).
    #[arg(long, value_name = "DIR")]
    aux_tower: Option<PathBuf>,
    /// The form that the big matrices are kept in.
    #[arg(long, default_value_t, value_name = "f32|bf16|int8")]
    dtype: Dtype,
    /// Threads of a local model; 0 is one per processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
}

impl AnsweringArgs {
    /// The folder of the adapter.
    pub(crate) fn adapter(&self) -> Option<&Path> {
        self.adapter.as_deref()
    }

    /// Opens the model of that folder, or of that name on the hub.
    ///
    /// # Errors
    /// When there is no such model, its files do not go together, or it answers no questions.
    pub(crate) fn open(
        &self,
        model: &str,
        settings: GenerationSettings,
        (seed, batch): (u64, Option<usize>),
    ) -> Result<MgmAnswerer, CommandError> {
        let folder = model_folder(model).map_err(|error| {
            let (message, hint) = split(error.message);
            CommandError::Usage { message: format!("model `{}`: {message}", error.model), hint }
        })?;
        let found = MgmFolders::of(&folder);
        let folders = MgmFolders {
            adapter: self.adapter.clone().or(found.adapter),
            projector: self.projector.clone().or(found.projector),
            vision_tower: self.vision_tower.clone(),
            aux_tower: self.aux_tower.clone(),
            is_merged: self.merge,
            ..found
        };
        let options =
            MgmOptions { dtype: self.dtype, threads: self.threads, batch, settings, seed };
        MgmAnswerer::load(&folders, &options).map_err(|error| CommandError::Usage {
            message: format!("model `{}`: {}", folders.model.display(), chain(&error)),
            hint: error.hint().map(str::to_owned),
        })
    }
}

/// How answers are generated, as the command line says it: a temperature of 0 takes the likeliest
/// token each time.
pub(crate) fn generation(max_new_tokens: usize, temperature: f64) -> GenerationSettings {
    let plain = GenerationSettings { max_new_tokens, ..GenerationSettings::default() };
    if temperature > 0.0 {
        GenerationSettings { do_sample: true, temperature, ..plain }
    } else {
        plain
    }
}

fn split(message: String) -> (String, Option<String>) {
    match message.split_once('\n') {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (message, None),
    }
}
