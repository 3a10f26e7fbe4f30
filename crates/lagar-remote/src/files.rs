//! Single model files, kept where Data-Juicer keeps them.
//!
//! A file that Data-Juicer has fetched is found, and the other way round. Order and addresses: its
//! `utils/model_utils.py` (1.6.1, `check_model`): the path itself, the folders of
//! `DATA_JUICER_EXTERNAL_MODELS_HOME`, its cache, then its own server and, should that fail, the
//! place the file comes from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lagar_core::{CoreError, fsio};

use crate::RemoteError;
use crate::hub::{Client, checksum};

/// Files whose names end alike come from one folder of the web.
#[derive(Clone, Debug)]
pub struct Source {
    /// The end of their names (`.sp.model`); empty for all.
    pub suffix: String,
    /// The address in front of the name, with its slash.
    pub address: String,
}

/// Where model files are, and where they come from.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// Folders that are looked in first.
    pub folders: Vec<PathBuf>,
    /// The folder that fetched files are put in.
    pub cache: PathBuf,
    /// Where to fetch from, best first.
    pub sources: Vec<Source>,
    /// Whether nothing is fetched.
    pub is_offline: bool,
    /// How long nothing may come before a request counts as failed.
    pub timeout: Duration,
}

impl ModelFiles {
    /// The file of this path or name, if it is on this machine.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let own = PathBuf::from(name);
        let folders = self.folders.iter().chain([&self.cache]);
        let named = folders.filter(|_| is_file_name(name)).map(|folder| folder.join(name));
        [own].into_iter().chain(named).find(|path| path.is_file())
    }

    /// Whether [`Self::get`] would find or fetch it; nothing is fetched.
    ///
    /// # Errors
    /// With what the last source said.
    pub fn check(&self, name: &str) -> Result<(), RemoteError> {
        if self.find(name).is_some() {
            return Ok(());
        }
        let client = Client::new(None, self.timeout);
        self.first(name, |url| client.about(url).map(|_about| ()))
    }

    /// The file of this path or name, fetched if need be.
    ///
    /// # Errors
    /// When it is nowhere, or cannot be fetched whole.
    pub fn get(&self, name: &str) -> Result<PathBuf, RemoteError> {
        if let Some(path) = self.find(name) {
            return Ok(path);
        }
        let client = Client::new(None, self.timeout);
        self.first(name, |url| self.fetch(&client, url, name))
    }

    fn fetch(&self, client: &Client, url: &str, name: &str) -> Result<PathBuf, RemoteError> {
        fsio::make_folder(&self.cache)?;
        let about = client.about(url)?;
        let part = self.cache.join(format!("{name}.{}.incomplete", about.etag));
        client.download(url, &about, &part)?;
        checksum::check(&part, &about).map_err(|message| {
            // What is there is wrong, so that going on with it would be, too.
            drop(fs::remove_file(&part));
            let (repository, file) = (url.to_owned(), name.to_owned());
            RemoteError::Corrupt { repository, file, message }
        })?;
        let path = self.cache.join(name);
        fs::rename(&part, &path).map_err(CoreError::file("rename into place", &path))?;
        Ok(path)
    }

    /// What the first source that can do it makes of the file.
    fn first<T>(
        &self,
        name: &str,
        make: impl Fn(&str) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let lacking = |message: &str| RemoteError::ModelFile {
            file: name.to_owned(),
            cache: self.cache.clone(),
            message: message.to_owned(),
        };
        if !is_file_name(name) {
            return Err(lacking("there is no such file"));
        }
        if self.is_offline {
            return Err(lacking("it is not there, and lagar is offline (HF_HUB_OFFLINE)"));
        }
        let mut last = lacking("nobody is known to have it");
        for source in self.sources.iter().filter(|source| name.ends_with(&source.suffix)) {
            match make(&[source.address.as_str(), name].concat()) {
                Ok(made) => return Ok(made),
                // A full disk is no better with another source.
                Err(error @ RemoteError::Core(_)) => return Err(error),
                Err(error) => last = lacking(&format!("it is not there, and {}", error.chain())),
            }
        }
        Err(last)
    }
}

/// Whether this is a name that a file in a cache can have, and no path.
fn is_file_name(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).file_name().is_some_and(|file| file == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_names_are_looked_for_elsewhere() {
        assert!(is_file_name("lid.176.bin"));
        for path in ["", "..", "a/b.bin", "/a", "../lid.176.bin", "a/", ".hidden"] {
            assert!(!is_file_name(path), "{path}");
        }
    }
}
