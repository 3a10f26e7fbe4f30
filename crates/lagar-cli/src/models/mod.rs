//! The models that operators wish for: found by name, loaded once, captions kept on disk.

mod folder;
mod vision;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lagar_core::error::chain;
use lagar_core::models::{Captioner, GenerationSettings, ModelError};
use lagar_engine::captions::CachedCaptioner;
use lagar_models::blip2::{Blip2Captioner, CaptionerOptions};
use lagar_nn::Dtype;
use lagar_ops::{FileWish, Model, ModelKind, ModelWish, Models};
use lagar_remote::{ApiKey, ChatModel, ChatSettings, Hub, RemoteError};

use crate::command::say;
use crate::environment::{hub, model_files, variable, word_lists};

/// Where a service is looked for unless `OPENAI_BASE_URL` says.
const OPENAI: &str = "https://api.openai.com/v1";
/// Captions that are asked of a service at a time, so that several are under way.
const SERVICE_GROUP: usize = 64;
/// The same of a local model, in batches: what is lost at most when the process is killed.
const GROUPED_BATCHES: usize = 2;

/// How models are loaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelSettings {
    /// The form that the big matrices are kept in.
    pub(crate) dtype: Dtype,
    /// Threads of the kernels; 0 is one per processor.
    pub(crate) threads: usize,
    /// The service's address, if not the environment's.
    pub(crate) base_url: Option<String>,
    /// Say nothing of what was decided.
    pub(crate) quiet: bool,
}

/// Finds models in folders, on a hub and behind services.
#[derive(Debug)]
pub(crate) struct ModelShelf {
    settings: ModelSettings,
    /// Where captions are kept, if they are.
    captions: Option<PathBuf>,
    loaded: Mutex<Vec<(ModelWish, Model)>>,
}

/// What the name of a model stands for.
enum Named<'a> {
    Service(&'a str),
    Folder(PathBuf),
    OnHub,
}

impl ModelShelf {
    /// Models whose captions are kept in the folder `captions` of `cache`.
    pub(crate) fn new(settings: ModelSettings, cache: &Path) -> Self {
        let captions = Some(cache.join("captions"));
        Self { settings, captions, loaded: Mutex::default() }
    }

    /// Models whose captions are not kept.
    pub(crate) fn without_store(settings: ModelSettings) -> Self {
        Self { settings, captions: None, loaded: Mutex::default() }
    }

    fn open(&self, wish: &ModelWish) -> Result<Model, ModelError> {
        let folder = match named(&wish.name)? {
            Named::Service(name) => {
                let model = Arc::new(service(name, &self.settings));
                return self.cached(model, wish, SERVICE_GROUP);
            }
            Named::Folder(folder) => folder,
            Named::OnHub => from_hub(&wish.name, &folder::is_wanted)?,
        };
        folder::check(&folder, wish)?;
        match wish.kind {
            ModelKind::Captioner => {
                let model = captioner(&folder, &self.settings, wish)?;
                let batch = model.batch(&GenerationSettings::default());
                if wish.batch.is_none() && !self.settings.quiet {
                    say(&format!("`{}`: memory has room for {batch} captions at once", wish.name));
                }
                self.cached(Arc::new(model), wish, batch * GROUPED_BATCHES)
            }
            kind => vision::open(&folder, kind, &self.settings),
        }
    }

    fn cached(
        &self,
        model: Arc<dyn Captioner>,
        wish: &ModelWish,
        group: usize,
    ) -> Result<Model, ModelError> {
        let Some(captions) = &self.captions else { return Ok(Model::Captioner(model)) };
        let cached = CachedCaptioner::new(model, &wish.name, captions, group);
        let cached = cached.map_err(|error| told(&wish.name, &error))?;
        Ok(Model::Captioner(Arc::new(cached)))
    }
}

impl Models for ModelShelf {
    fn check(&self, wish: &ModelWish) -> Result<(), ModelError> {
        match named(&wish.name)? {
            Named::Service(_) if wish.kind == ModelKind::Captioner => Ok(()),
            Named::Service(_) => {
                let message = format!("a service can only caption, this is a {}", wish.kind.name());
                Err(ModelError { model: wish.name.clone(), message })
            }
            Named::Folder(folder) => folder::check(&folder, wish),
            Named::OnHub => {
                folder::check(&from_hub(&wish.name, &|file, _| file == "config.json")?, wish)
            }
        }
    }

    fn load(&self, wish: &ModelWish) -> Result<Model, ModelError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, model)) = loaded.iter().find(|(known, _)| known == wish) {
            return Ok(model.clone());
        }
        let model = self.open(wish)?;
        loaded.push((wish.clone(), model.clone()));
        Ok(model)
    }

    fn find_file(&self, wish: &FileWish) -> Option<PathBuf> {
        if wish.instead.is_none() {
            return model_files().find(&wish.name);
        }
        Some(word_lists().join(&wish.name)).filter(|path| path.is_file())
    }

    fn check_file(&self, wish: &FileWish) -> Result<(), ModelError> {
        if hub_file(&wish.name).is_some() {
            return self.file(wish).map(|_path| ());
        }
        model_files().check(&wish.name).map_err(|error| without_file(wish, &error))
    }

    fn file(&self, wish: &FileWish) -> Result<PathBuf, ModelError> {
        let Some((model, file)) = hub_file(&wish.name) else {
            return model_files().get(&wish.name).map_err(|error| without_file(wish, &error));
        };
        let folder = Hub::new(hub()).folder(model, &|name, _| name == file);
        let path = folder.map_err(|error| without_file(wish, &error))?.join(file);
        if path.is_file() {
            return Ok(path);
        }
        let message = format!("the model on the hub has no {file}");
        Err(ModelError { model: wish.name.clone(), message })
    }
}

/// The model and the file that `OWNER/NAME/FILE` stands for, where it is no path to a file.
fn hub_file(name: &str) -> Option<(&str, &str)> {
    let (model, file) = name.rsplit_once('/')?;
    (!Path::new(name).is_file() && model.contains('/') && Hub::is_name(model))
        .then_some((model, file))
}

fn without_file(wish: &FileWish, error: &RemoteError) -> ModelError {
    let message = format!(
        "{}\nname a file with `{}`, or put it there under this name",
        error.chain(),
        wish.parameter
    );
    ModelError { model: wish.name.clone(), message }
}

/// The captioner that `name` stands for, without the store of captions.
pub(crate) fn open_captioner(
    name: &str,
    settings: &ModelSettings,
    batch: Option<usize>,
) -> Result<Box<dyn Captioner>, ModelError> {
    let folder = match named(name)? {
        Named::Service(name) => return Ok(Box::new(service(name, settings))),
        Named::Folder(folder) => folder,
        Named::OnHub => from_hub(name, &folder::is_wanted)?,
    };
    let wish = ModelWish {
        kind: ModelKind::Captioner,
        parameter: "--model",
        name: name.to_owned(),
        memory_bytes: None,
        batch,
    };
    folder::check(&folder, &wish)?;
    Ok(Box::new(captioner(&folder, settings, &wish)?))
}

/// The folder that `name` stands for, fetched from the hub where it is a name there.
pub(crate) fn model_folder(name: &str) -> Result<PathBuf, ModelError> {
    match named(name)? {
        Named::Folder(folder) => Ok(folder),
        Named::OnHub => from_hub(name, &folder::is_wanted),
        Named::Service(_) => {
            let message = "a service is no local model\n`lagar eval run` asks services";
            Err(ModelError { model: name.to_owned(), message: message.to_owned() })
        }
    }
}

fn captioner(
    folder: &Path,
    settings: &ModelSettings,
    wish: &ModelWish,
) -> Result<Blip2Captioner, ModelError> {
    let options = CaptionerOptions {
        dtype: settings.dtype,
        threads: settings.threads,
        batch: wish.batch,
        memory_bytes: wish.memory_bytes,
        ..CaptionerOptions::default()
    };
    Blip2Captioner::load(folder, &options).map_err(|error| told(&folder.to_string_lossy(), &error))
}

fn service(name: &str, settings: &ModelSettings) -> ChatModel {
    let base_url = settings.base_url.clone().or_else(|| variable("OPENAI_BASE_URL"));
    let mut chat = ChatSettings::new(base_url.unwrap_or_else(|| OPENAI.to_owned()), name);
    chat.api_key = variable("OPENAI_API_KEY").map(ApiKey::new);
    ChatModel::new(chat)
}

fn named(name: &str) -> Result<Named<'_>, ModelError> {
    if let Some(name) = name.strip_prefix("openai:") {
        return Ok(Named::Service(name));
    }
    let folder = PathBuf::from(name);
    if folder.is_dir() {
        return Ok(Named::Folder(folder));
    }
    if Hub::is_name(name) {
        return Ok(Named::OnHub);
    }
    let message = "there is no such folder\na model is a folder with config.json and weights, a \
                   name on the hub (`OWNER/NAME`), or `openai:NAME` for a service";
    Err(ModelError { model: name.to_owned(), message: message.to_owned() })
}

fn from_hub(name: &str, wanted: lagar_remote::hub::Wanted<'_>) -> Result<PathBuf, ModelError> {
    Hub::new(hub()).folder(name, wanted).map_err(|error| ModelError {
        model: name.to_owned(),
        message: format!(
            "there is no folder of that name, and {}\nput the model into a folder and name it; or \
             set HF_ENDPOINT to a hub that can be reached",
            error.chain()
        ),
    })
}

/// An error with its causes, about the model `name`.
fn told(name: &str, error: &dyn std::error::Error) -> ModelError {
    ModelError { model: name.to_owned(), message: chain(error) }
}
