//! Model folders from a Hugging Face-compatible hub, kept where `huggingface_hub` keeps them.
//!
//! A model that another program has fetched is found, and the other way round. A file is fetched into
//! `NAME.incomplete` and goes on there after a break; it gets its name when its checksum is right, so
//! that what lies in the cache is whole. Layout and headers: `huggingface_hub` 1.x, "Understand
//! caching" and `file_download.py`.

mod cache;
pub(crate) mod checksum;
mod fetch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use self::cache::ModelCache;
pub(crate) use self::fetch::Client;
use crate::{ApiKey, RemoteError};

/// Which hub, and where its files are kept.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The hub's address (`https://huggingface.co`).
    pub endpoint: String,
    /// The folder of the cache (`~/.cache/huggingface/hub`).
    pub cache: PathBuf,
    /// The key for models that are not open to everybody.
    pub token: Option<ApiKey>,
    /// Whether nothing is asked of the hub.
    pub is_offline: bool,
    /// How long nothing may come before a request counts as failed.
    pub timeout: Duration,
}

/// A model hub with its cache.
#[derive(Clone, Debug)]
pub struct Hub {
    settings: HubSettings,
    client: Client,
}

/// What the hub says of a model.
#[derive(Debug, Deserialize)]
struct Listing {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
struct Sibling {
    rfilename: String,
}

/// Whether a file is part of what is wanted.
pub type Wanted<'a> = &'a dyn Fn(&str, &[String]) -> bool;

impl Hub {
    /// A hub with these settings; nothing is asked yet.
    pub fn new(settings: HubSettings) -> Self {
        let client = Client::new(settings.token.clone(), settings.timeout);
        let endpoint = settings.endpoint.trim_end_matches('/').to_owned();
        Self { client, settings: HubSettings { endpoint, ..settings } }
    }

    /// Whether `name` could be a model's: `NAME` or `OWNER/NAME`, of letters, digits, `-`, `_`, `.`.
    pub fn is_name(name: &str) -> bool {
        let is_part = |part: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(is_letter)
        };
        let mut parts = name.split('/');
        let (first, second) = (parts.next(), parts.next());
        parts.next().is_none()
            && first.is_some_and(is_part)
            && second.is_none_or(is_part)
            && name.len() <= 96
    }

    /// The folder with those files of a model's main branch for which `wanted` says yes; it is given
    /// the file and all files there are. What is missing is fetched.
    ///
    /// If the hub cannot be reached, or may not be asked, what was fetched before is used.
    ///
    /// # Errors
    /// When the model is neither on the hub nor in the cache, or a file cannot be fetched whole.
    pub fn folder(&self, name: &str, wanted: Wanted<'_>) -> Result<PathBuf, RemoteError> {
        let cache = ModelCache::new(&self.settings.cache, name);
        if self.settings.is_offline {
            let message = "it was not fetched before, and lagar is offline (HF_HUB_OFFLINE)";
            return cache.folder().ok_or_else(|| self.lacks(name, message));
        }
        let listing = match self.listing(name) {
            Ok(listing) => listing,
            Err(error) if error.is_lasting() || matches!(error, RemoteError::TimedOut { .. }) => {
                return cache.folder().ok_or_else(|| self.explained(name, error));
            }
            Err(error) => return Err(error),
        };
        let files: Vec<String> = listing.siblings.into_iter().map(|file| file.rfilename).collect();
        let folder = cache.snapshot(&listing.sha);
        for file in files.iter().filter(|file| is_plain(file) && wanted(file, &files)) {
            self.file(name, &cache, &listing.sha, file)?;
        }
        cache.remember(&listing.sha)?;
        Ok(folder)
    }

    fn listing(&self, name: &str) -> Result<Listing, RemoteError> {
        let url = format!("{}/api/models/{name}/revision/main", self.settings.endpoint);
        let text = self.client.text(&url)?;
        serde_json::from_str(&text).map_err(|error| RemoteError::Answer {
            url,
            message: format!("no list of files ({error})"),
            body: crate::service::quoted(&text),
        })
    }

    fn file(
        &self,
        name: &str,
        cache: &ModelCache,
        commit: &str,
        file: &str,
    ) -> Result<(), RemoteError> {
        let link = cache.snapshot(commit).join(file);
        if link.exists() {
            return Ok(());
        }
        let url = format!("{}/{name}/resolve/{commit}/{file}", self.settings.endpoint);
        let about = self.client.about(&url)?;
        let blob = cache.blob(&about.etag);
        if !blob.exists() {
            let part = cache.part(&about.etag)?;
            self.client.download(&url, &about, &part)?;
            checksum::check(&part, &about).map_err(|message| {
                // What is there is wrong, so that going on with it would be, too.
                drop(std::fs::remove_file(&part));
                let (repository, file) = (name.to_owned(), file.to_owned());
                RemoteError::Corrupt { repository, file, message }
            })?;
            ModelCache::publish(&part, &blob)?;
        }
        cache.link(&link, &blob)
    }

    fn lacks(&self, name: &str, message: &str) -> RemoteError {
        RemoteError::Hub {
            endpoint: self.settings.endpoint.clone(),
            repository: name.to_owned(),
            message: message.to_owned(),
        }
    }

    fn explained(&self, name: &str, error: RemoteError) -> RemoteError {
        match error {
            RemoteError::Status { status: 401 | 403 | 404, .. } => {
                self.lacks(name, "there is no such model, or it needs a key (HF_TOKEN)")
            }
            other => {
                let message = format!("not fetched before, and out of reach: {}", other.chain());
                self.lacks(name, &message)
            }
        }
    }
}

/// Whether a file stays within the folder it is put in.
fn is_plain(file: &str) -> bool {
    Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_models_are_told_from_paths() {
        for name in ["gpt2", "Salesforce/blip2-opt-2.7b", "a/b_c"] {
            assert!(Hub::is_name(name), "{name}");
        }
        for path in ["", "/models/a", "./a", "../a", "a/b/c", "a b", "C:\\a", "~/a", "a//b"] {
            assert!(!Hub::is_name(path), "{path}");
        }
        assert!(is_plain("a/b.json") && !is_plain("../a") && !is_plain("/etc/a"));
    }
}
