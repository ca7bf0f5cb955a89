//! A folder with the files of one export, which appears only when it is complete.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::output::write_error;
use crate::plain_file;

/// A folder that is being written next to its final name, readable by its owner only.
#[derive(Debug)]
pub struct Folder {
    partial: TempDir,
    path: PathBuf,
}

impl Folder {
    /// Begins the folder. Fails if the name is taken by anything but an empty folder (exit 2), because files of another
    /// export among these would read as part of this one.
    pub fn begin(path: &Path) -> Result<Self> {
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Error::usage(format!("{} is not empty", path.display()))
                        .hint("name a new folder, or remove this one first"));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(
                    Error::usage(format!("{} is a file, not a folder", path.display())).hint("name a folder")
                );
            }
            Err(error) => return Err(cannot(path, error)),
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let partial = tempfile::Builder::new()
            .prefix(".orgcensus-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent.unwrap_or(Path::new(".")))
            .map_err(|error| cannot(path, error))?;
        Ok(Self { partial, path: path.to_owned() })
    }

    /// Creates a subfolder.
    pub fn folder(&self, name: &str) -> Result<()> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(self.partial.path().join(name));
        made.map_err(|error| cannot(&self.path, error))
    }

    /// Creates a file.
    pub fn file(&self, name: &str) -> Result<FolderFile> {
        let file =
            plain_file::create(&self.partial.path().join(name)).map_err(|error| cannot(&self.path, error))?;
        Ok(FolderFile(BufWriter::new(file)))
    }

    /// Writes a file in one call.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let mut file = self.file(name)?;
        file.write_all(content).map_err(write_error)?;
        file.finish()
    }

    /// Moves the folder to its final name. If an empty folder has that name, its mode is kept.
    pub fn finish(self) -> Result<()> {
        if let Ok(found) = fs::metadata(&self.path) {
            fs::set_permissions(self.partial.path(), found.permissions())
                .map_err(|error| cannot(&self.path, error))?;
        }
        fs::rename(self.partial.path(), &self.path).map_err(|error| cannot(&self.path, error))?;
        // The folder was moved, so the guard must not remove it.
        let _ = self.partial.keep();
        Ok(())
    }
}

/// A file of the folder.
#[derive(Debug)]
pub struct FolderFile(BufWriter<File>);

impl FolderFile {
    /// Writes the file to disk.
    pub fn finish(self) -> Result<()> {
        let file = self.0.into_inner().map_err(|error| write_error(error.into_error()))?;
        // Syncing ten thousand empty files would take long and protect nothing.
        if file.metadata().is_ok_and(|found| found.len() == 0) {
            Ok(())
        } else {
            file.sync_all().map_err(write_error)
        }
    }
}

impl Write for FolderFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The items that a form cannot contain, with the reasons: `skipped.csv` of its folder.
#[derive(Debug, Default)]
pub struct Skipped(Vec<[String; 3]>);

impl Skipped {
    /// Adds an item: its kind, its name or key, and the reason.
    pub fn add(&mut self, kind: &str, what: impl Into<String>, why: impl Into<String>) {
        self.0.push([kind.to_owned(), what.into(), why.into()]);
    }

    /// Returns the number of items.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Writes the file. It has only a header if nothing was left out.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows =
            std::iter::once(["kind", "what", "reason"].map(str::to_owned)).chain(self.0.iter().cloned());
        for row in rows {
            writer.write_record(&row).map_err(|error| Error::failed("cannot write CSV").caused_by(error))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| Error::failed("cannot write CSV").caused_by(error.to_string()))?;
        folder.write("skipped.csv", &bytes)
    }
}

fn cannot(path: &Path, error: io::Error) -> Error {
    Error::failed(format!("cannot write {}", path.display())).caused_by(error)
}
