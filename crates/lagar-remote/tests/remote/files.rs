//! Single model files: found where Data-Juicer keeps them, and fetched there.

use std::path::Path;
use std::time::Duration;

use lagar_remote::files::{ModelFiles, Source};

use crate::hub::{COMMIT, Shelf};

/// Files from these addresses, kept in `cache`.
fn files(cache: &Path, addresses: &[&str]) -> ModelFiles {
    let source = |address: &&str| Source { suffix: String::new(), address: (*address).to_owned() };
    ModelFiles {
        folders: Vec::new(),
        cache: cache.to_owned(),
        sources: addresses.iter().map(source).collect(),
        is_offline: false,
        timeout: Duration::from_secs(20),
    }
}

#[test]
fn a_file_is_fetched_once_and_then_found() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, shelf) = Shelf::new().start();
    let address = format!("{endpoint}/owner/model/resolve/{COMMIT}/");
    let files = files(&folder.path().join("models"), &["http://127.0.0.1:9/", &address]);
    files.check("model.safetensors").unwrap();
    assert_eq!(shelf.asked().len(), 1, "to check is to ask about it");
    let path = files.get("model.safetensors").unwrap();
    assert_eq!(path, folder.path().join("models/model.safetensors"));
    assert_eq!(std::fs::read(&path).unwrap(), shelf.weights);
    assert_eq!(std::fs::read_dir(folder.path().join("models")).unwrap().count(), 1);
    shelf.asked();
    assert_eq!(files.get("model.safetensors").unwrap(), path);
    assert_eq!(shelf.asked().len(), 0, "the second time nobody is asked");
}

#[test]
fn folders_named_by_the_user_come_before_the_cache_and_a_path_before_all() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["first", "second", "cache"] {
        lagar_core::fsio::write(place(name).join("en.sp.model"), name.as_bytes()).unwrap();
    }
    let mut files = files(&place("cache"), &[]);
    assert_eq!(files.find("en.sp.model").unwrap(), place("cache").join("en.sp.model"));
    files.folders = vec![place("absent"), place("first"), place("second")];
    assert_eq!(files.find("en.sp.model").unwrap(), place("first").join("en.sp.model"));
    let own = place("second").join("en.sp.model");
    assert_eq!(files.find(own.to_str().unwrap()).unwrap(), own);
}

#[test]
fn a_file_that_is_nowhere_is_told_with_the_folder_it_would_be_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = files(folder.path(), &["http://127.0.0.1:9/"]);
    let error = files.get("lid.176.bin").unwrap_err().to_string();
    assert!(error.contains("reach http://127.0.0.1:9/lid.176.bin"), "{error}");
    assert!(error.contains(&format!("looked in {} last", folder.path().display())), "{error}");
    let error = files.get("no/such/lid.176.bin").unwrap_err().to_string();
    assert!(error.contains("there is no such file"), "{error}");
    files.is_offline = true;
    let error = files.check("lid.176.bin").unwrap_err().to_string();
    assert!(error.contains("HF_HUB_OFFLINE"), "{error}");
}
