//! The files of a census: their names and modes, and what can be wrong with one.
//!
//! Every SQLite file is opened by a URI made here, so that any path works and an attached file can be
//! read-only. Nothing here opens a database by `std::fs`: closing such a handle would drop the locks that
//! SQLite holds on the same file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Result};
use crate::model::Scope;

/// How long a statement waits for another process to let go of the file; a unit test has no ten seconds.
const BUSY: Duration = if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };

/// What to do where a file cannot grow.
pub(super) const NO_SPACE: &str = "make room on the disk, or name another file with --db";

/// What to do where a file may not be read or written.
const PERMISSIONS: &str =
    "check the permissions of the file and of its folder, or name another file with --db";

/// What may stand in a URI's path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// The file beside the database whose name is the database's with `suffix` at its end. A symbolic link counts
/// as the file that it leads to, as it does for SQLite's own files: two names of one census share one lock.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(target(database));
    name.push(suffix);
    PathBuf::from(name)
}

/// The file that a symbolic link leads to, be it there or not; any other path as it is.
pub(super) fn target(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.read_link()) {
        (Ok(real), Ok(_)) => real,
        (Err(_), Ok(link)) => path.parent().map_or(link.clone(), |folder| folder.join(link)),
        _ => path.to_owned(),
    }
}

/// Makes a new, empty file that only its owner may read: SQLite gives its journal the same mode.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    private_options().create_new(true).open(path)
}

/// Opens a file, making it where there is none, that only its owner may read.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    private_options().read(true).create(true).truncate(false).open(path)
}

/// Makes an empty file private too: it becomes a census only now. One that holds something keeps the mode that
/// somebody gave it.
pub(super) fn make_private_if_empty(path: &Path) {
    #[cfg(unix)]
    if path.metadata().is_ok_and(|found| found.len() == 0) {
        // Who may write another's file but not change its mode has been given it so.
        let _ = std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    }
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The URI of a SQLite file, with `parameters` such as `mode=ro`.
pub(super) fn uri(path: &Path, parameters: &str) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = format!("/{}", path.display()).replace('\\', "/").into_bytes();
    format!("file:{}?{parameters}", percent_encode(&bytes, PLAIN))
}

/// Opens the SQLite file at `path` with the URI's `parameters`.
pub(super) fn connect(path: &Path, parameters: &str) -> rusqlite::Result<Connection> {
    let mode = match parameters.starts_with("mode=ro") || parameters.starts_with("immutable") {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path, parameters), flags)?;
    connection.busy_timeout(BUSY)?;
    // A publish and a query each have a few hundred statements at most; all of them stay prepared.
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Refuses a directory, whose SQLite error would say little, and a pipe or device, which would be waited for.
pub(super) fn refuse_what_is_no_file(path: &Path) -> Result<()> {
    match path.metadata() {
        Ok(found) if found.is_dir() => {
            Err(Error::failed(format!("\"{}\" is a directory, not a database", path.display()))
                .hint(format!("name a file in it: --db {}", path.join("orgcensus.db").display())))
        }
        Ok(found) if !found.is_file() => {
            Err(Error::failed(format!("\"{}\" is a pipe or a device, not a database", path.display()))
                .hint("name a file with --db"))
        }
        _ => Ok(()),
    }
}

/// Whether there is a file at `path`; fails where that cannot be known, which is not to say that there is none.
pub(super) fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| {
        Error::failed(format!("cannot open \"{}\"", path.display())).caused_by(error).hint(PERMISSIONS)
    })
}

/// What a SQLite error while opening `path` means, and what to do about it.
pub(super) fn open_failed(path: &Path, error: rusqlite::Error) -> Error {
    let name = path.display();
    let (message, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => (
            format!("\"{name}\" is not a SQLite database"),
            "name the census's own file with --db, or another one to create".to_owned(),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            format!("\"{name}\" is damaged"),
            format!("restore it from a backup, or save what can be read: sqlite3 \"{name}\" .recover"),
        ),
        Some(ErrorCode::ReadOnly) => (format!("\"{name}\" cannot be written"), PERMISSIONS.to_owned()),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            (format!("cannot open \"{name}\""), PERMISSIONS.to_owned())
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            format!("\"{name}\" is being written by another process"),
            "wait until that process has ended, then try again".to_owned(),
        ),
        _ => return Error::failed(format!("cannot open \"{name}\"")).caused_by(error),
    };
    Error::failed(message).caused_by(error).hint(hint)
}

/// Says what was being done when SQLite failed.
pub(super) trait Doing<T> {
    /// Turns a SQLite error into "cannot `what`", with the SQLite error as its cause.
    fn doing(self, what: &str) -> Result<T>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: &str) -> Result<T> {
        self.map_err(|error| {
            let hint = match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Some("make room on the disk and run the command again"),
                Some(ErrorCode::DatabaseBusy) => Some("another process has the database: try again later"),
                Some(ErrorCode::DatabaseCorrupt) => Some("the database is damaged: restore it from a backup"),
                _ => None,
            };
            let failed = Error::failed(format!("cannot {what}")).caused_by(error);
            match hint {
                Some(hint) => failed.hint(hint),
                None => failed,
            }
        })
    }
}

/// `name` as a quoted SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The condition that a row lies in a scope, whose values are its parameters in order.
pub(super) fn in_scope(scope: &Scope) -> String {
    let conditions: Vec<_> = scope.columns.keys().map(|name| format!("{} = ?", quoted(name))).collect();
    if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") }
}

/// `value` as a SQL text literal.
pub(super) fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
