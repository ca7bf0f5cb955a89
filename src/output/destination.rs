//! Where the data goes: standard output, or a file that appears only when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::format::Format;
use crate::digest::sha256_of;
use crate::error::{Error, ErrorKind, Result};
use crate::signals::{self, Held, Unfinished};

/// What `--output` and `--force` ask for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DestinationOptions<'a> {
    /// The file; `None` and `-` are standard output.
    pub path: Option<&'a Path>,
    /// Whether an existing file may be replaced.
    pub force: bool,
    /// A file that must not be replaced even then: the census itself.
    pub protected: Option<&'a Path>,
}

/// An open destination. Opened before the work starts, so that a bad path fails at once.
///
/// A file is written beside its final name, readable by its owner only, and takes the name in
/// [`Destination::finish`]; one that is dropped before, or whose process a signal ends, leaves nothing behind.
pub struct Destination {
    sink: Sink,
    outlives_reader: bool,
}

enum Sink {
    /// Nothing is written: only the exit code is asked for.
    Nowhere(io::Sink),
    Standard(BufWriter<io::Stdout>),
    /// A device or a pipe: there is nothing to replace.
    Special(BufWriter<File>, PathBuf),
    File {
        writer: BufWriter<File>,
        partial: Unfinished,
        path: PathBuf,
        force: bool,
    },
}

impl Destination {
    /// Opens the destination. Fails for a bare format name (`--output json`), an existing file without
    /// `force`, a directory, the census itself, and where no file can be created.
    pub fn open(options: DestinationOptions<'_>) -> Result<Self> {
        let path = match options.path {
            None => return Ok(Self::standard()),
            Some(path) if path.as_os_str() == "-" => return Ok(Self::standard()),
            Some(path) => path,
        };
        if let Some(format) = path.to_str().and_then(Format::named) {
            let name = format.name();
            return Err(Error::usage(format!("--output takes a file, and {name:?} is a format"))
                .hint(format!("--format {name} chooses the format; --output ./{name}.out names a file")));
        }
        // A symbolic link stays one: its target is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Ok(metadata) = fs::metadata(&path) {
            if metadata.is_dir() {
                return Err(Error::usage(format!("cannot write to {}: it is a directory", path.display())));
            }
            if !metadata.is_file() {
                let file =
                    OpenOptions::new().write(true).open(&path).map_err(|error| cannot_open(&path, error))?;
                return Ok(Self::to(Sink::Special(buffered(file), path)));
            }
            if options.protected.is_some_and(|census| is_census(census, &path)) {
                return Err(Error::usage(format!("{} is the census itself", path.display()))
                    .hint("name another file"));
            }
            if !options.force {
                return Err(exists(&path));
            }
        } else if path.is_symlink() && !options.force {
            // One that leads nowhere is somebody's all the same.
            return Err(exists(&path));
        }
        let (partial, file) =
            Unfinished::create(partial_path(&path)?).map_err(|error| cannot_open(&path, error))?;
        let writer = buffered(file);
        Ok(Self::to(Sink::File { writer, partial, path, force: options.force }))
    }

    /// Standard output.
    pub fn standard() -> Self {
        Self::to(Sink::Standard(buffered(io::stdout())))
    }

    fn to(sink: Sink) -> Self {
        Self { sink, outlives_reader: false }
    }

    /// Keeps the command running, with its output discarded, after the reader has gone: for a command whose
    /// exit code is an answer too.
    pub fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// Writes nothing where standard output would be written, for a command of which only the exit code is wanted.
    pub fn silence(&mut self) {
        if matches!(self.sink, Sink::Standard(_)) {
            self.sink = Sink::Nowhere(io::sink());
        }
    }

    /// Whether a person will read it on a terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self.sink, Sink::Standard(_)) && io::stdout().is_terminal()
    }

    /// The file's final name; `None` for standard output and devices.
    pub fn path(&self) -> Option<&Path> {
        match &self.sink {
            Sink::File { path, .. } => Some(path),
            Sink::Nowhere(_) | Sink::Standard(_) | Sink::Special(..) => None,
        }
    }

    /// The file under its temporary name, for callers that write it by other means; `None` where there is none.
    pub fn partial(&self) -> Option<&Path> {
        match &self.sink {
            Sink::File { partial, .. } => Some(partial.path()),
            Sink::Nowhere(_) | Sink::Standard(_) | Sink::Special(..) => None,
        }
    }

    /// Flushes, and gives a file its name. Without this call a file never appears.
    pub fn finish(mut self) -> Result<()> {
        self.settle()?;
        let held = signals::hold();
        self.take_name(&held)
    }

    /// Finishes this file and one that goes with it: both take their names, or neither does.
    pub fn finish_with(mut self, mut companion: Self) -> Result<()> {
        self.settle()?;
        companion.settle()?;
        let held = signals::hold();
        // The companion first: one that stands alone says of itself what it lacks.
        companion.take_name(&held)?;
        self.take_name(&held).inspect_err(|_| {
            let _ = companion.path().map(fs::remove_file);
        })
    }

    /// The hash and the length of what was written so far; `None` for anything but a file.
    pub fn digest(&mut self) -> Result<Option<(String, u64)>> {
        self.flush().map_err(write_error)?;
        let Sink::File { partial, .. } = &self.sink else { return Ok(None) };
        let digest = File::open(partial.path()).and_then(sha256_of);
        digest.map(Some).map_err(|error| Error::failed("cannot read the output again").caused_by(error))
    }

    /// Flushes, onto the disk.
    fn settle(&mut self) -> Result<()> {
        self.flush().map_err(write_error)?;
        let Sink::File { writer, path, force, .. } = &self.sink else { return Ok(()) };
        writer.get_ref().sync_all().map_err(|error| write_error(self.named(error)))?;
        // It may have appeared while we worked.
        if !force && path.exists() {
            return Err(exists(path));
        }
        Ok(())
    }

    fn take_name(&self, _held: &Held) -> Result<()> {
        let Sink::File { partial, path, force, .. } = &self.sink else { return Ok(()) };
        if !force {
            // Unlike a renaming, a second name never replaces what somebody else put there just now.
            match fs::hard_link(partial.path(), path) {
                // The first name goes with the partial file.
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(path)),
                // A file system without links; of all else the renaming says what it is.
                Err(_) => {}
            }
        }
        fs::rename(partial.path(), path).map_err(|error| cannot_open(path, error))
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writer().write(bytes) {
            Err(error) if self.may_ignore(&error) => Ok(bytes.len()),
            written => written.map_err(|error| self.named(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.writer().flush() {
            Err(error) if self.may_ignore(&error) => Ok(()),
            flushed => flushed.map_err(|error| self.named(error)),
        }
    }
}

impl Destination {
    fn may_ignore(&self, error: &io::Error) -> bool {
        self.outlives_reader && error.kind() == io::ErrorKind::BrokenPipe
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Nowhere(nothing) => nothing,
            Sink::Standard(writer) => writer,
            Sink::Special(writer, _) | Sink::File { writer, .. } => writer,
        }
    }

    /// The error with the file's name in it: where it is reported, the path is no longer known.
    fn named(&self, error: io::Error) -> io::Error {
        match &self.sink {
            Sink::Nowhere(_) | Sink::Standard(_) => error,
            Sink::Special(_, path) | Sink::File { path, .. } => {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            }
        }
    }
}

/// What a failed write means: a reader that went away ends the program quietly, all else is a failure.
pub fn write_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::new(ErrorKind::BrokenPipe, "the output's reader went away"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::failed("cannot write the output")
                .caused_by(error)
                .hint("make room there, or give --output a file on another disk")
        }
        _ => Error::failed("cannot write the output").caused_by(error),
    }
}

/// A large answer is written in large pieces.
fn buffered<W: Write>(sink: W) -> BufWriter<W> {
    BufWriter::with_capacity(64 * 1024, sink)
}

fn cannot_open(path: &Path, error: io::Error) -> Error {
    let is_nowhere = error.kind() == io::ErrorKind::NotFound;
    let error = Error::failed(format!("cannot write to {}", path.display())).caused_by(error);
    if is_nowhere { error.hint("make its folder first, or name another file") } else { error }
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("{} exists already", path.display())).hint("--force replaces it")
}

/// Beside the final name, so that the renaming is one step of the file system.
fn partial_path(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| Error::usage(format!("{} names no file", path.display())))?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(format!(".{:08x}.partial", fastrand::u32(..)));
    Ok(path.with_file_name(partial))
}

/// Whether `path` is the census or one of the files beside it that belong to it. Beside a symbolic link there are
/// none: they stand beside the file that it leads to.
fn is_census(census: &Path, path: &Path) -> bool {
    let census = fs::canonicalize(census).unwrap_or_else(|_| census.to_owned());
    ["", "-wal", "-shm", ".lock", ".collecting"].iter().any(|suffix| {
        let mut file = census.as_os_str().to_owned();
        file.push(suffix);
        fs::canonicalize(file).is_ok_and(|file| file == path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_census_is_protected_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let [census, link, log] = ["o.db", "link.db", "o.db-wal"].map(|name| folder.path().join(name));
        fs::write(&census, "").unwrap();
        fs::write(&log, "").unwrap();
        std::os::unix::fs::symlink(&census, &link).unwrap();
        for (name, path) in [(&census, &census), (&census, &log), (&link, &census), (&link, &log)] {
            let options = DestinationOptions { path: Some(path), force: true, protected: Some(name) };
            assert!(Destination::open(options).is_err(), "{} of {}", path.display(), name.display());
        }
    }

    #[test]
    fn a_file_that_appeared_at_the_last_moment_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        let options = DestinationOptions { path: Some(&path), ..DestinationOptions::default() };
        let mut answer = Destination::open(options).unwrap();
        answer.write_all(b"ours").unwrap();
        answer.settle().unwrap();
        fs::write(&path, "theirs").unwrap();
        let held = signals::hold();
        let error = answer.take_name(&held).unwrap_err();
        drop(held);
        drop(answer);
        assert_eq!(
            (error.kind(), error.hints()),
            (ErrorKind::Usage, &["--force replaces it".to_owned()][..])
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_has_one_name_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        let options = DestinationOptions { path: Some(&path), ..DestinationOptions::default() };
        Destination::open(options).unwrap().finish().unwrap();
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().path()).collect();
        assert_eq!(names, [path]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let options = DestinationOptions { path: Some(&path), ..DestinationOptions::default() };
        assert!(Destination::open(options).is_err());
        Destination::open(DestinationOptions { force: true, ..options }).unwrap().finish().unwrap();
        assert!(path.is_file());
    }

    #[test]
    fn a_file_that_cannot_take_its_name_takes_its_companion_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let [path, beside] = ["answer", "companion"].map(|name| folder.path().join(name));
        let open = |path: &Path| {
            let options = DestinationOptions { path: Some(path), force: true, protected: None };
            Destination::open(options).unwrap()
        };
        let (answer, companion) = (open(&path), open(&beside));
        fs::create_dir(&path).unwrap();
        answer.finish_with(companion).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the folder in the way alone");

        fs::remove_dir(&path).unwrap();
        open(&path).finish_with(open(&beside)).unwrap();
        assert!(path.is_file() && beside.is_file());
    }
}
