//! Files that are either whole or absent: written aside, synced, then renamed over the name.
//!
//! A run that is killed, or a disk that fills up, must never leave half an output under the name a
//! reader looks for. Every file lagar writes for others goes through [`AtomicFile`].

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::CoreError;

/// The ending of files that are not whole yet.
const ASIDE: &str = ".part";

/// Whether [`AtomicFile::commit`] waits until the bytes are on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives a power cut: for outputs.
    Synced,
    /// Survives a kill of the process: for intermediate results that carry their own checksum.
    Cached,
}

/// A file that appears under its name only when [`AtomicFile::commit`] is called.
///
/// Dropped without a commit it removes what it wrote.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    aside: tempfile::NamedTempFile,
    writer: BufWriter<File>,
}

impl AtomicFile {
    /// Starts writing `path`; its folder is made if it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or the file beside `path` cannot be created.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, CoreError> {
        let path = path.into();
        let folder = parent(&path);
        make_folder(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(ASIDE)
            .tempfile_in(folder)
            .map_err(CoreError::file("create a file beside", &path))?;
        let file = aside.reopen().map_err(CoreError::file("open the file beside", &path))?;
        Ok(Self { path, aside, writer: BufWriter::with_capacity(1 << 18, file) })
    }

    /// The name the file will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file appear under its name, replacing what was there.
    ///
    /// # Errors
    /// When the last bytes cannot be written, synced or renamed (a full disk, say).
    pub fn commit(self, durability: Durability) -> Result<(), CoreError> {
        let path = self.path.clone();
        self.seal(durability)?.publish(path)
    }

    /// Ends the writing but keeps the file aside, for outputs whose names are known only when all
    /// of them are written. No handle stays open.
    ///
    /// # Errors
    /// When the last bytes cannot be written or synced (a full disk, say).
    pub fn seal(mut self, durability: Durability) -> Result<SealedFile, CoreError> {
        self.writer.flush().map_err(CoreError::file("write", &self.path))?;
        set_readable(self.writer.get_ref()).map_err(CoreError::file("set mode of", &self.path))?;
        if durability == Durability::Synced {
            self.writer.get_ref().sync_all().map_err(CoreError::file("sync", &self.path))?;
        }
        Ok(SealedFile { aside: self.aside.into_temp_path(), durability })
    }
}

/// A file that is whole but not yet under its name; dropped without a name it is removed.
#[derive(Debug)]
pub struct SealedFile {
    aside: tempfile::TempPath,
    durability: Durability,
}

impl SealedFile {
    /// Where the file is for the time being.
    pub fn aside(&self) -> &Path {
        &self.aside
    }

    /// Makes the file appear as `path`, which must be in the folder it was written for.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn publish(self, path: impl Into<PathBuf>) -> Result<(), CoreError> {
        let path = path.into();
        let Self { aside, durability } = self;
        aside.persist(&path).map_err(|refused| CoreError::File {
            action: "rename into place",
            path: path.clone(),
            source: refused.error,
        })?;
        if durability == Durability::Synced {
            sync_folder(parent(&path))?;
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Temporary files are made private; an output has the mode any other program would give it.
fn set_readable(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _unused = file;
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), CoreError> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(CoreError::file("sync folder", folder))
}

/// The folder a file is in; `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Removes what writers of `path` that were killed have left beside it.
///
/// Only for whoever is the sole writer of `path`.
///
/// # Errors
/// When the folder cannot be listed, or a leftover cannot be removed.
pub fn remove_leftovers(path: &Path) -> Result<(), CoreError> {
    let folder = parent(path);
    if !folder.is_dir() {
        return Ok(());
    }
    let start = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    for entry in fs::read_dir(folder).map_err(CoreError::file("list folder", folder))? {
        let found = entry.map_err(CoreError::file("list folder", folder))?.path();
        let name = found.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(&start) && name.ends_with(ASIDE) {
            fs::remove_file(&found).map_err(CoreError::file("remove", &found))?;
        }
    }
    Ok(())
}

/// Removes from a folder, and those in it, all files that killed writers have left aside.
///
/// # Errors
/// When a folder cannot be listed, or a leftover cannot be removed.
pub fn remove_all_leftovers(folder: &Path) -> Result<(), CoreError> {
    for entry in fs::read_dir(folder).map_err(CoreError::file("list folder", folder))? {
        let found = entry.map_err(CoreError::file("list folder", folder))?.path();
        if found.is_dir() {
            remove_all_leftovers(&found)?;
        } else if found.to_string_lossy().ends_with(ASIDE) {
            fs::remove_file(&found).map_err(CoreError::file("remove", &found))?;
        }
    }
    Ok(())
}

/// Writes a whole file at once, aside and renamed.
///
/// # Errors
/// When the file cannot be created, written, synced or renamed.
pub fn write(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<(), CoreError> {
    let path = path.into();
    let mut file = AtomicFile::create(&path)?;
    file.write_all(bytes).map_err(CoreError::file("write", &path))?;
    file.commit(Durability::Synced)
}

/// Reads a whole file of text.
///
/// # Errors
/// When the file is missing, unreadable or not UTF-8.
pub fn read_text(path: &Path) -> Result<String, CoreError> {
    fs::read_to_string(path).map_err(CoreError::file("read", path))
}

/// Opens a file for reading.
///
/// # Errors
/// When the file is missing or may not be read.
pub fn open(path: &Path) -> Result<File, CoreError> {
    File::open(path).map_err(CoreError::file("open", path))
}

/// Makes a folder and those above it.
///
/// # Errors
/// When one of them cannot be made.
pub fn make_folder(path: &Path) -> Result<(), CoreError> {
    fs::create_dir_all(path).map_err(CoreError::file("make folder", path))
}

/// Gives a folder that was filled aside its name, which must be free or an empty folder.
///
/// # Errors
/// When it cannot be renamed.
pub fn publish_folder(aside: &Path, path: &Path) -> Result<(), CoreError> {
    fs::rename(aside, path).map_err(CoreError::file("rename into place", path))?;
    sync_folder(parent(path))
}

/// Copies a file, aside and renamed.
///
/// # Errors
/// When one cannot be read or the other cannot be written.
pub fn copy(from: &Path, to: &Path) -> Result<(), CoreError> {
    let mut source = open(from)?;
    let mut file = AtomicFile::create(to)?;
    io::copy(&mut source, &mut file).map_err(CoreError::file("copy", from))?;
    file.commit(Durability::Synced)
}

/// Removes a folder and all it holds; a folder that is not there is fine.
///
/// # Errors
/// When something in it cannot be removed.
pub fn remove_folder(path: &Path) -> Result<(), CoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CoreError::File { action: "remove folder", path: path.into(), source: error })
        }
        _ => Ok(()),
    }
}

/// The files directly in a folder, sorted by name; hidden ones are left out.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list_files(folder: &Path) -> Result<Vec<PathBuf>, CoreError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(CoreError::file("list folder", folder))? {
        let path = entry.map_err(CoreError::file("list folder", folder))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_committed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/out.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!path.exists());
        file.commit(Durability::Synced).unwrap();
        assert_eq!(read_text(&path).unwrap(), "whole");
        assert_eq!(list_files(path.parent().unwrap()).unwrap(), [path]);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        drop(AtomicFile::create(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_sealed_file_takes_any_name_and_vanishes_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(folder.path().join("out.txt")).unwrap();
        file.write_all(b"whole").unwrap();
        let sealed = file.seal(Durability::Synced).unwrap();
        assert_eq!(fs::read(sealed.aside()).unwrap(), b"whole");
        sealed.publish(folder.path().join("out-0.txt")).unwrap();
        let given_up = AtomicFile::create(folder.path().join("out.txt")).unwrap();
        drop(given_up.seal(Durability::Cached).unwrap());
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["out-0.txt"]);
    }

    #[test]
    fn an_error_names_the_file() {
        let error = read_text(Path::new("no/such/file")).unwrap_err();
        assert_eq!(error.to_string(), "read no/such/file");
    }
}
