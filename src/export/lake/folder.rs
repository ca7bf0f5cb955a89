//! The folder of an export, and the steps from one state to the next.
//!
//! New files are written below `_orgcensus/staging`. When all of them are written, the new manifest is written as
//! `pending.json`, the old manifest is removed, the files are moved to their places, and the pending manifest becomes
//! the manifest. So a manifest lists only files that match it. If an export was killed between these steps, there is no
//! manifest. The next export then continues from the pending one and checks each file.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::manifest::{FileEntry, Manifest};
use crate::digest;
use crate::error::{Error, Result};
use crate::plain_file;

/// The folder for the export's own files. Engines ignore names that begin with an underscore.
const OWN: &str = "_orgcensus";
const MANIFEST: &str = "manifest.json";
const PENDING: &str = "pending.json";
const STAGING: &str = "staging";

/// The folder, locked against exports of other processes while this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
    /// The manifest that was found, or the pending one.
    found: Option<Manifest>,
    /// True if the files are known to match the manifest that was found.
    is_settled: bool,
    staged: usize,
}

/// A written file that has not been moved to its place yet.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
    place: String,
}

impl Folder {
    /// Opens the folder, and creates it if it is missing. Fails if it has other files, or if another export is running.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let own = path.join(OWN);
        let is_new = match fs::read_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(
                    Error::usage(format!("{} is a file, not a folder", path.display())).hint("name a folder")
                );
            }
            Err(error) => {
                return Err(Error::failed(format!("cannot write the export to \"{}\"", path.display()))
                    .caused_by(error)
                    .hint("name a folder: orgcensus export DIR"));
            }
            Ok(mut entries) => entries.next().is_none(),
        };
        if !is_new && !own.is_dir() {
            return Err(Error::usage(format!(
                "\"{}\" contains other files, and is not an export",
                path.display()
            ))
            .hint("name a new or empty folder"));
        }
        let failed = |error| cannot_write(path, error);
        make_folder(&own).map_err(failed)?;
        let lock = plain_file::open_or_create(&own.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::failed(format!("another export writes to \"{}\"", path.display()))
                    .hint("wait for it to end, then run this one again"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let staging = own.join(STAGING);
        remove_staging(&staging).map_err(failed)?;
        make_folder(&staging).map_err(failed)?;
        let manifest = read(&own.join(MANIFEST))?;
        let is_settled = manifest.is_some();
        let found = match manifest {
            Some(manifest) => Some(manifest),
            None => read(&own.join(PENDING))?,
        };
        Ok(Self { path: path.to_owned(), _lock: lock, found, is_settled, staged: 0 })
    }

    /// Returns the manifest of the folder's files.
    pub(super) fn found(&self) -> Option<&Manifest> {
        self.found.as_ref()
    }

    /// Returns false if the manifest is the pending one of an export that was killed.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Decides whether the folder has the file as the manifest describes it.
    pub(super) fn has(&self, place: &str, entry: &FileEntry) -> bool {
        let path = self.path.join(place);
        let length = fs::symlink_metadata(&path).ok().filter(|it| it.is_file()).map(|it| it.len());
        if length != Some(entry.bytes) {
            return false;
        }
        self.is_settled
            || File::open(&path).and_then(digest::sha256_of).is_ok_and(|(sha256, _)| sha256 == entry.sha256)
    }

    /// Creates a staged file. `place` is its later path below the folder.
    pub(super) fn stage(&mut self, place: &str) -> Result<(Staged, File)> {
        self.staged += 1;
        let path = self.path.join(OWN).join(STAGING).join(self.staged.to_string());
        let file = plain_file::create(&path).map_err(|error| self.failed(error))?;
        Ok((Staged { path, place: place.to_owned() }, file))
    }

    /// Returns the hash and the length of a staged file.
    pub(super) fn seal(&self, staged: &Staged, file: &File) -> Result<(String, u64)> {
        let seal = || {
            sync_unless_all(file)?;
            File::open(&staged.path).and_then(digest::sha256_of)
        };
        seal().map_err(|error| self.failed(error))
    }

    /// Removes a staged file that is not needed.
    pub(super) fn discard(&self, staged: &Staged) -> Result<()> {
        fs::remove_file(&staged.path).map_err(|error| self.failed(error))
    }

    /// Moves the staged files to their places, removes those of `gone`, and makes `manifest` the manifest.
    pub(super) fn commit(&self, manifest: &Manifest, staged: &[Staged], gone: &[String]) -> Result<()> {
        self.commit_all(manifest, staged, gone).map_err(|error| self.failed(error))
    }

    fn commit_all(&self, manifest: &Manifest, staged: &[Staged], gone: &[String]) -> io::Result<()> {
        let own = self.path.join(OWN);
        let (pending, settled) = (own.join(PENDING), own.join(MANIFEST));
        let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
        let written = own.join(STAGING).join(PENDING);
        let mut file = plain_file::create(&written)?;
        file.write_all(&text)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync_all_of(&own)?;
        fs::rename(&written, &pending)?;
        sync(&own)?;
        if !staged.is_empty() || !gone.is_empty() {
            match fs::remove_file(&settled) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => sync(&own)?,
            }
        }
        let mut touched = Vec::new();
        for one in staged {
            let place = self.path.join(&one.place);
            let folder = place.parent().expect("a place is below the folder").to_owned();
            make_folder(&folder)?;
            fs::rename(&one.path, &place)?;
            touched.push(folder);
        }
        for place in gone {
            let place = self.path.join(place);
            match fs::remove_file(&place) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            self.remove_empty(place.parent());
        }
        touched.dedup();
        for folder in touched.iter().rev() {
            sync(folder)?;
            folder.parent().map_or(Ok(()), sync)?;
        }
        sync(&self.path)?;
        fs::rename(&pending, &settled)?;
        sync(&own)
    }

    /// Removes the folder and its parents, as far as they are empty.
    fn remove_empty(&self, mut folder: Option<&Path>) {
        while let Some(path) = folder.filter(|path| *path != self.path) {
            if fs::remove_dir(path).is_err() {
                return;
            }
            folder = path.parent();
        }
    }

    /// Returns a file system error as an error of the export.
    pub(super) fn failed(&self, error: io::Error) -> Error {
        cannot_write(&self.path, error)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = remove_staging(&self.path.join(OWN).join(STAGING));
    }
}

fn cannot_write(folder: &Path, error: io::Error) -> Error {
    Error::failed(format!("cannot write the export to \"{}\"", folder.display())).caused_by(error)
}

fn read(path: &Path) -> Result<Option<Manifest>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::failed(format!("cannot read \"{}\"", path.display())).caused_by(error));
        }
        Ok(text) => text,
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Error::failed(format!("\"{}\" is not a manifest that this version can read", path.display()))
            .caused_by(error)
            .hint("export to a new folder, or remove this one")
    })
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn remove_staging(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Syncs thousands of files with one call, on systems that have such a call.
#[cfg(target_os = "linux")]
fn sync_all_of(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(target_os = "linux")]
fn sync_unless_all(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn sync_all_of(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn sync_unless_all(file: &File) -> io::Result<()> {
    file.sync_all()
}
