//! Where an operator puts the pictures it makes.
//!
//! As in Data-Juicer: beside the original in `__dj__produced_data__/OPERATOR/`, under its name with a
//! code that tells what was done to it. Data-Juicer's code depends on the process and the clock; here
//! it is a digest of the original's bytes and the operator's parameters, so that a run that is
//! repeated or resumed finds its pictures again.
//!
//! Source: Data-Juicer 1.6.1, `utils/file_utils.py` (`transfer_filename`).

use std::path::{Path, PathBuf};

use lagar_core::Digest;

use super::PartReference;

const PRODUCED: &str = "__dj__produced_data__";
const CODE: &str = "__dj_hash_#";

/// The path for what `operator` makes of the picture at `path`; `extension` is without its dot.
///
/// ```
/// use lagar_core::Digest;
/// use lagar_ops::picture::produced_path;
/// let digest = Digest::of(b"");
/// let path = produced_path("images/a.jpg", "image_blur_mapper", None, "jpg", digest);
/// let start = "images/__dj__produced_data__/image_blur_mapper/a__dj_hash_#";
/// assert!(path.starts_with(start) && path.ends_with("#.jpg"));
/// // What was produced before stays in one folder and has one code.
/// let again = produced_path(&path, "image_face_blur_mapper", None, "jpg", digest);
/// let start = "images/__dj__produced_data__/image_face_blur_mapper/a__dj_hash_#";
/// assert!(again.starts_with(start) && again.matches("__dj_hash_#").count() == 1);
/// ```
pub fn produced_path(
    path: &str,
    operator: &str,
    save_dir: Option<&Path>,
    extension: &str,
    digest: Digest,
) -> String {
    let part = PartReference::parse(path);
    let (place, name) = match &part {
        Some(part) => (part.container.as_str(), part.name.as_deref().unwrap_or("picture")),
        None => (path, path),
    };
    let folder = save_dir.map_or_else(|| folder_beside(place, operator), Path::to_owned);
    let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.split_once(CODE).map_or(&*stem, |(head, _)| head);
    let name = format!("{stem}{CODE}{digest}#.{extension}");
    folder.join(name).to_string_lossy().into_owned()
}

/// The folder for what `operator` makes of pictures beside `place`.
fn folder_beside(place: &str, operator: &str) -> PathBuf {
    let parent = Path::new(place).parent().unwrap_or(Path::new("")).to_string_lossy();
    let origin = match parent.split_once(&format!("{PRODUCED}/")) {
        Some((head, _)) => head.strip_suffix('/').unwrap_or(head),
        None => &parent,
    };
    PathBuf::from(origin).join(PRODUCED).join(operator)
}
