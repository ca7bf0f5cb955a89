//! The destination of the data: standard output, or a file that appears only when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use comfy_table::Table;

use super::about::About;
use super::escaper::{Escaper, Form};
use super::format::Format;
use super::page::Page;
use super::pager::Pager;
use super::standard;
use super::stderr::Color;
use crate::digest::sha256_of;
use crate::error::{Error, ErrorKind, Result};
use crate::plain_file;
use crate::signals::{self, Held, Unfinished};

/// The names of standard output. The latter two lead to its target, which may be a file.
const STANDARD: [&str; 3] = ["-", "/dev/stdout", "/dev/fd/1"];

/// The options `--output` and `--force`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DestinationOptions<'a> {
    /// The file; `None` and `-` stand for standard output.
    pub path: Option<&'a Path>,
    /// True if an existing file may be replaced.
    pub force: bool,
    /// The files that must not be written in any case, even if they do not exist: the census and the files that belong
    /// to it.
    pub protected: &'a [PathBuf],
    /// True if only a file is accepted: no pipe, no device.
    pub only_file: bool,
}

/// An open destination. It is opened before the work starts, so that a bad path fails at once.
///
/// A file is written beside its final name, readable only by its owner, and gets the name in [`Destination::finish`].
/// If it is dropped before, or a signal ends the process, nothing remains.
pub struct Destination {
    raw: Raw,
    /// The filter before a terminal.
    escaper: Option<Escaper>,
    /// True if lines may be longer than the terminal.
    is_wide: bool,
    /// The description for a workbook.
    about: Option<About>,
}

/// The reader of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person, on a terminal.
    Person,
    /// A program that opens the file later.
    File,
    /// A program that reads the output now.
    Program,
}

/// A destination without the filter for a terminal.
struct Raw {
    sink: Sink,
    outlives_reader: bool,
}

enum Sink {
    /// Nothing is written: only the exit code matters.
    Nowhere(io::Sink),
    Standard(BufWriter<File>),
    /// Standard output that is a terminal, behind a pager.
    Paged(Box<Pager>),
    /// A closed standard output: an error as soon as anything is written.
    Closed(io::Sink),
    /// A device or a pipe, which cannot be replaced.
    Special(BufWriter<File>, PathBuf),
    File {
        writer: BufWriter<File>,
        partial: Unfinished,
        path: PathBuf,
        force: bool,
    },
}

impl Destination {
    /// Opens the destination. Fails for a bare format name (`--output json`), an existing file without `force`, a
    /// directory, the census itself, and if no file can be created.
    pub fn open(options: DestinationOptions<'_>) -> Result<Self> {
        let path = match options.path {
            Some(path) if !STANDARD.iter().any(|name| path == Path::new(name)) => path,
            _ => return Self::standard_but(options.protected),
        };
        if let Some(format) = path.to_str().and_then(Format::named) {
            let name = format.name();
            return Err(Error::usage(format!("--output takes a file, and {name:?} is a format"))
                .hint(format!("--format {name} chooses the format; --output ./{name}.out names a file")));
        }
        // A symbolic link stays a link: its target is replaced.
        plain_file::follow(path).map_err(|error| cannot_open(path, error))?;
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if path.file_name().is_none() {
            return Err(Error::usage(format!("{} names no file", path.display())));
        }
        if options.protected.iter().any(|file| is_same(file, &path)) {
            return Err(Error::usage(format!("{} is the census itself, or belongs to it", path.display()))
                .hint("name another file"));
        }
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::usage(format!("cannot write to {}: it is a directory", path.display())));
            }
            Ok(found) if !found.is_file() && options.only_file => {
                return Err(Error::usage(format!("{} is a pipe or a device, not a file", path.display()))
                    .hint("name a file"));
            }
            Ok(found) if !found.is_file() => {
                let file =
                    OpenOptions::new().write(true).open(&path).map_err(|error| cannot_open(&path, error))?;
                return Ok(Self::to(Sink::Special(buffered(file), path)));
            }
            Ok(_) if !options.force => return Err(exists(&path)),
            // A dangling link is still a file of the user.
            Err(_) if path.is_symlink() && !options.force => return Err(exists(&path)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // For example a name that is too long, or a folder without access.
            Err(error) => return Err(cannot_open(&path, error)),
        }
        let (partial, file) = Unfinished::create(&path).map_err(|error| cannot_open(&path, error))?;
        let writer = buffered(file);
        Ok(Self::to(Sink::File { writer, partial, path, force: options.force }))
    }

    /// Opens standard output.
    pub fn standard() -> Result<Self> {
        let output = standard::output();
        let output =
            output.map_err(|error| Error::failed("cannot write to standard output").caused_by(error));
        Ok(Self::to(output?.map_or(Sink::Closed(io::sink()), |file| Sink::Standard(buffered(file)))))
    }

    /// Opens standard output. Fails if it leads to a file that must not be written, such as after `>> orgcensus.db`.
    fn standard_but(protected: &[PathBuf]) -> Result<Self> {
        if protected.iter().any(|file| is_same(file, Path::new(STANDARD[1]))) {
            return Err(Error::usage("standard output is the census itself, or a file that belongs to it")
                .hint("write to another file"));
        }
        Self::standard()
    }

    fn to(sink: Sink) -> Self {
        let is_terminal = match &sink {
            Sink::Standard(writer) | Sink::Special(writer, _) => writer.get_ref().is_terminal(),
            Sink::Paged(_) => true,
            Sink::Nowhere(_) | Sink::Closed(_) | Sink::File { .. } => false,
        };
        Self {
            raw: Raw { sink, outlives_reader: false },
            escaper: is_terminal.then(Escaper::default),
            is_wide: false,
            about: None,
        }
    }

    /// Sets the description of the rows that follow, for a format that includes one.
    pub fn describe(&mut self, about: About) {
        self.about = Some(about);
    }

    /// Returns the description of the rows, for the sink that writes it.
    pub(super) fn take_about(&mut self) -> Option<About> {
        self.about.take()
    }

    /// Fails if standard output is closed, so that a command finds out before its first row.
    pub fn require_open(&self) -> Result<()> {
        match self.raw.sink {
            Sink::Closed(_) => Err(write_error(closed())),
            _ => Ok(()),
        }
    }

    /// Treats the output as JSON: on a terminal, hidden characters become JSON escapes.
    pub fn speak_json(&mut self) {
        if let Some(escaper) = &mut self.escaper {
            escaper.form = Form::Json;
        }
    }

    /// Begins text for people.
    pub fn page(&mut self, is_colored: bool) -> Page<'_> {
        Page::new(&mut self.raw, is_colored)
    }

    /// Writes help or the version from the command line's parser, in colours if they are wanted.
    pub fn styled(&mut self, page: &clap::builder::StyledStr) -> io::Result<()> {
        match Color::Auto.is_on(self.is_terminal()) {
            true => write!(self.raw, "{}", page.ansi()),
            false => write!(self, "{page}"),
        }
    }

    /// Returns the reader of the output.
    pub(super) fn reader(&self) -> Reader {
        let is_file = |file: &File| file.metadata().is_ok_and(|metadata| metadata.is_file());
        match &self.raw.sink {
            _ if self.is_terminal() => Reader::Person,
            Sink::File { .. } => Reader::File,
            Sink::Standard(writer) if is_file(writer.get_ref()) => Reader::File,
            Sink::Nowhere(_) | Sink::Closed(_) | Sink::Standard(_) | Sink::Paged(_) | Sink::Special(..) => {
                Reader::Program
            }
        }
    }

    /// Keeps the command running with its output discarded after the reader has gone, for a command whose exit code is
    /// an answer too.
    pub fn outlive_reader(&mut self) {
        self.raw.outlives_reader = true;
    }

    /// Uses a pager for output that is taller than the terminal, if standard output is a terminal.
    #[must_use]
    pub fn paged(mut self) -> Self {
        let is_terminal = self.is_terminal();
        self.raw.sink = match self.raw.sink {
            Sink::Standard(terminal) if is_terminal => {
                Pager::before(terminal).map_or_else(Sink::Standard, |pager| Sink::Paged(Box::new(pager)))
            }
            other => other,
        };
        self
    }

    /// Discards the output for standard output, for a command of which only the exit code is wanted.
    pub fn silence(&mut self) {
        if matches!(self.raw.sink, Sink::Standard(_) | Sink::Paged(_) | Sink::Closed(_)) {
            *self = Self::to(Sink::Nowhere(io::sink()));
        }
    }

    /// Returns true if a person reads the output on a terminal.
    pub fn is_terminal(&self) -> bool {
        self.escaper.is_some()
    }

    /// Allows lines to be longer than the terminal.
    pub fn widen(&mut self) {
        self.is_wide = true;
    }

    /// Returns the number of characters that fit in a line; `None` if there is no terminal, or if lines may be longer.
    pub(super) fn room(&self) -> Option<u16> {
        // A terminal without a known width reports 0.
        let width = || Table::new().width().filter(|width| *width > 0);
        if self.is_terminal() && !self.is_wide { width() } else { None }
    }

    /// Returns the message that the file was written, for when it is finished; `None` if there is no file.
    pub fn written(&self) -> Option<String> {
        self.path().map(|path| format!("wrote {}", path.display()))
    }

    /// Returns the file's final name; `None` for standard output and devices.
    pub fn path(&self) -> Option<&Path> {
        match &self.raw.sink {
            Sink::File { path, .. } => Some(path),
            Sink::Nowhere(_) | Sink::Closed(_) | Sink::Standard(_) | Sink::Paged(_) | Sink::Special(..) => {
                None
            }
        }
    }

    /// Returns the file's temporary name, for callers that write it by other means; `None` if there is none.
    pub fn partial(&self) -> Option<&Path> {
        match &self.raw.sink {
            Sink::File { partial, .. } => Some(partial.path()),
            Sink::Nowhere(_) | Sink::Closed(_) | Sink::Standard(_) | Sink::Paged(_) | Sink::Special(..) => {
                None
            }
        }
    }

    /// Flushes, and gives a file its final name. Without this call a file never appears.
    pub fn finish(mut self) -> Result<()> {
        self.settle()?;
        let held = signals::hold();
        self.take_name(&held)
    }

    /// Finishes this file and its companion: both get their final names, or neither does.
    pub fn finish_with(mut self, mut companion: Self) -> Result<()> {
        self.settle()?;
        companion.settle()?;
        let held = signals::hold();
        // The companion comes first, because a lone companion shows what is missing.
        companion.take_name(&held)?;
        self.take_name(&held).inspect_err(|_| {
            let _ = companion.path().map(fs::remove_file);
        })
    }

    /// Returns the hash and the length of the data written so far; `None` if the destination is not a file.
    pub fn digest(&mut self) -> Result<Option<(String, u64)>> {
        self.flush().map_err(write_error)?;
        let Sink::File { partial, .. } = &self.raw.sink else { return Ok(None) };
        let digest = File::open(partial.path()).and_then(sha256_of);
        digest.map(Some).map_err(|error| Error::failed("cannot read the output again").caused_by(error))
    }

    /// Flushes to the disk.
    fn settle(&mut self) -> Result<()> {
        self.flush().map_err(write_error)?;
        let Sink::File { writer, path, force, .. } = &self.raw.sink else { return Ok(()) };
        writer.get_ref().sync_all().map_err(|error| write_error(self.raw.named(error)))?;
        // The file may have been created meanwhile.
        if !force && path.exists() {
            return Err(exists(path));
        }
        Ok(())
    }

    fn take_name(&self, _held: &Held) -> Result<()> {
        let Sink::File { partial, path, force, .. } = &self.raw.sink else { return Ok(()) };
        if !force {
            // Unlike a rename, a second name never replaces a file that was created just now.
            match fs::hard_link(partial.path(), path) {
                // The first name is removed with the partial file.
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(path)),
                // A file system without links; for any other error, the rename reports the cause.
                Err(_) => {}
            }
        }
        fs::rename(partial.path(), path).map_err(|error| cannot_open(path, error))
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.escaper {
            None => self.raw.write(bytes),
            Some(escaper) => escaper.pass(bytes, &mut self.raw).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.raw.flush()
    }
}

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if matches!(self.sink, Sink::Closed(_)) && !bytes.is_empty() {
            return Err(closed());
        }
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

impl Raw {
    fn may_ignore(&self, error: &io::Error) -> bool {
        self.outlives_reader && error.kind() == io::ErrorKind::BrokenPipe
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Nowhere(nothing) | Sink::Closed(nothing) => nothing,
            Sink::Paged(pager) => pager.as_mut(),
            Sink::Standard(writer) | Sink::Special(writer, _) | Sink::File { writer, .. } => writer,
        }
    }

    /// Adds the file's name to the error, because the path is unknown where it is reported.
    fn named(&self, error: io::Error) -> io::Error {
        match &self.sink {
            Sink::Nowhere(_) | Sink::Closed(_) | Sink::Standard(_) | Sink::Paged(_) => error,
            Sink::Special(_, path) | Sink::File { path, .. } => {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            }
        }
    }
}

/// Converts a failed write. A reader that went away ends the program quietly; every other cause is a failure.
pub fn write_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::new(ErrorKind::BrokenPipe, "the output's reader went away"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::failed("cannot write the output")
                .caused_by(error)
                .hint("make room there, or give --output a file on another disk")
        }
        io::ErrorKind::NotConnected => Error::failed("cannot write the output")
            .caused_by(error)
            .hint("leave out >&-, or discard what is written with > /dev/null"),
        _ => Error::failed("cannot write the output").caused_by(error),
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "standard output is closed")
}

/// Buffers a large amount, so that a large answer is written in large pieces.
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

/// Returns true if two paths are the same file, or would be. Paths that do not exist are compared too, with the links
/// to their folders resolved.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let path = std::path::absolute(path).ok()?;
        Some((fs::canonicalize(path.parent()?).ok()?, path.file_name()?.to_owned()))
    };
    let file = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    place(one).is_some_and(|here| place(other) == Some(here))
        || file(one).is_some_and(|here| file(other) == Some(here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_protected_is_never_opened_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let [census, link, log, folder_link] =
            ["o.db", "link.db", "o.db-wal", "folder"].map(|name| folder.path().join(name));
        fs::write(&census, "").unwrap();
        std::os::unix::fs::symlink(&census, &link).unwrap();
        std::os::unix::fs::symlink(folder.path(), &folder_link).unwrap();
        let twice = folder.path().join("twice.db");
        fs::hard_link(&census, &twice).unwrap();
        let protected = [census.clone(), log.clone()];
        for name in [&census, &link, &log, &twice, &folder_link.join("o.db-wal"), &folder_link.join("o.db")] {
            for force in [true, false] {
                let options =
                    DestinationOptions { path: Some(name), force, protected: &protected, only_file: false };
                let error = Destination::open(options).err().expect("it is protected");
                assert!(error.to_string().ends_with("is the census itself, or belongs to it"), "{error}");
            }
        }
        assert!(!log.exists());
    }

    #[test]
    fn a_name_may_be_as_long_as_names_can_be() {
        let folder = tempfile::tempdir().unwrap();
        for (length, is_possible) in [(237, true), (238, true), (255, true), (256, false), (4000, false)] {
            let path = folder.path().join("x".repeat(length));
            let options = DestinationOptions { path: Some(&path), ..DestinationOptions::default() };
            assert_eq!(
                Destination::open(options).and_then(Destination::finish).is_ok(),
                is_possible,
                "{length}"
            );
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let left = ".orgcensus-0123abcd.partial";
        let others = [".orgcensus-.partial", ".orgcensus-0123abcx.partial", ".x.0123abcd.partial", "kept"];
        for name in [left].iter().chain(&others) {
            fs::write(at(name), "half").unwrap();
        }
        std::os::unix::fs::symlink(at("kept"), at(".orgcensus-00000000.partial")).unwrap();
        let at_work = Unfinished::create(&at("first")).unwrap();
        assert!(!at(left).exists());
        let second = Unfinished::create(&at("second")).unwrap();
        assert!(at_work.0.path().exists() && second.0.path().exists());
        assert!(others.iter().all(|name| at(name).exists()));
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
            let options =
                DestinationOptions { path: Some(path), force: true, ..DestinationOptions::default() };
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
