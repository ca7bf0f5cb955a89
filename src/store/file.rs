//! The files of a census: their names and modes, and the errors of opening them.
//!
//! Every SQLite file is opened by a URI made here, so that any path works and an attached file can be read-only.
//! Nothing here opens a database by `std::fs`: closing such a handle would drop the locks that SQLite holds on the same
//! file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Result};
use crate::model::Scope;
use crate::plain_file;

/// The suffixes of the files that SQLite keeps beside a database while it is open or was not closed.
const OF_SQLITE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The suffixes of the files that this program keeps beside the census.
pub(super) const LOCK: &str = ".lock";
pub(super) const COLLECTING: &str = ".collecting";

/// The time that a statement waits for another process to release the file. Unit tests wait less.
const BUSY: Duration = if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };

/// The hint for a file that cannot grow.
pub(super) const NO_SPACE: &str = "make room on the disk, or name another file with --db";

/// The hint for a file that cannot be read or written for lack of permission.
const PERMISSIONS: &str =
    "check the permissions of the file and of its folder, or name another file with --db";

/// The message of the error with which [`connect`] refuses a file before SQLite opens it.
const IN_THE_WAY: &str = "a file beside it must not be written";

/// The characters that need no escape in the path of a URI.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Returns the path of the file beside the database: the database's name followed by `suffix`. A symbolic link stands
/// for its target, as it does for SQLite's own files, so that two names of one census share one lock.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(target(database));
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns the path of the file of the collection in progress beside a database.
pub(super) fn staging_file(database: &Path) -> PathBuf {
    beside(database, COLLECTING)
}

/// Returns the target of a symbolic link, whether it exists or not; any other path unchanged.
pub(super) fn target(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.read_link()) {
        (Ok(real), Ok(_)) => real,
        (Err(_), Ok(link)) => path.parent().map_or(link.clone(), |folder| folder.join(link)),
        _ => path.to_owned(),
    }
}

/// Returns the file of exactly this name and the files that SQLite keeps beside it.
pub(super) fn with_companions(file: &Path) -> Vec<PathBuf> {
    let named = |suffix: &&str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [""].iter().chain(&OF_SQLITE).map(named).collect()
}

/// Returns the paths of all files that hold a census's data, whether they exist or not.
pub fn data_files(database: &Path) -> Vec<PathBuf> {
    [target(database), beside(database, COLLECTING)].iter().flat_map(|file| with_companions(file)).collect()
}

/// Returns the paths of all files that belong to a census, whether they exist or not. None of them may become an
/// output.
pub fn files(database: &Path) -> Vec<PathBuf> {
    let mut files = data_files(database);
    files.push(beside(database, LOCK));
    files
}

/// Returns the database to which a log or journal belongs by its name; `None` for any other file.
pub fn database_of(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    let database = OF_SQLITE.iter().find_map(|suffix| name.strip_suffix(suffix))?;
    let database = file.with_file_name(database);
    (!database.file_name()?.is_empty() && database.is_file()).then_some(database)
}

/// Makes an empty file private too, because it becomes a census only now. Keeps the mode of a file with content, which
/// a user may have chosen.
pub(super) fn make_private_if_empty(path: &Path) {
    if plain_file::check(path).is_ok() && path.metadata().is_ok_and(|found| found.len() == 0) {
        // A user who may write another user's file but not change its mode was given that access on purpose.
        let _ = std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    }
}

/// Returns the URI of a SQLite file, with `parameters` such as `mode=ro`.
pub(super) fn uri(path: &Path, parameters: &str) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = format!("/{}", path.display()).replace('\\', "/").into_bytes();
    format!("file:{}?{parameters}", percent_encode(&bytes, PLAIN))
}

/// Opens the SQLite file at `path` with the URI's `parameters`. If [`in_the_way`] finds an obstacle, fails as SQLite
/// does for a file that it cannot open.
pub(super) fn connect(path: &Path, parameters: &str) -> rusqlite::Result<Connection> {
    let mode = match parameters.starts_with("mode=ro") || parameters.starts_with("immutable") {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    // An immutable database has no companion that SQLite would open.
    if !parameters.starts_with("immutable") && in_the_way(path, mode).is_some() {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        return Err(rusqlite::Error::SqliteFailure(code, Some(IN_THE_WAY.to_owned())));
    }
    let flags = mode | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path, parameters), flags)?;
    connection.busy_timeout(BUSY)?;
    // A publish or a query uses a few hundred statements at most, and all of them stay prepared.
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Returns a file that SQLite would have to write and must not or cannot, with the reason: for example another user's
/// link in place of a log, or a log that another user's query left in a shared folder.
///
/// The database itself may have several names if it is only read. SQLite then writes nothing but the shared memory
/// beside the database.
fn in_the_way(path: &Path, mode: OpenFlags) -> Option<(PathBuf, std::io::Error)> {
    let writes = mode.contains(OpenFlags::SQLITE_OPEN_READ_WRITE);
    let of_itself = || plain_file::follow(path).and_then(|file| plain_file::check(&file));
    if writes && let Err(error) = of_itself() {
        return Some((path.to_owned(), error));
    }
    let check = if writes { plain_file::check_writable } else { plain_file::check };
    let companions = with_companions(&target(path)).into_iter().skip(1);
    companions.filter_map(|file| check(&file).err().map(|error| (file, error))).next()
}

/// Returns the error, with hints, for a file that is in the way.
fn in_the_way_of(path: &Path, file: &Path, error: std::io::Error) -> Error {
    let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
    let name = file.display();
    let failed = Error::failed(format!("\"{name}\" cannot be used")).caused_by(error.to_string());
    if file == path {
        return failed.hint("name the file itself with --db, one that has no other name");
    }
    if !is_denied {
        return failed.hint(format!("move it out of the way: mv \"{name}\" \"{name}.old\""));
    }
    let others = with_companions(&target(path)).into_iter().skip(1).filter(|file| file.exists());
    let others: Vec<String> = others.map(|file| format!("\"{}\"", file.display())).collect();
    let others = others.join(" ");
    let failed = failed.hint(format!(
        "that user's query left it; take it over, which loses nothing: sudo chown \"$(id -un)\" {others}"
    ));
    // Removing a log that holds newer pages would lose these pages.
    let is_empty = std::fs::metadata(beside(path, "-wal")).map_or(true, |log| log.len() == 0);
    let failed = match is_empty && !beside(path, "-journal").exists() {
        true => failed.hint(format!("or, while nobody has the census open: rm -f {others}")),
        false => failed,
    };
    failed.hint("let others query a copy instead: orgcensus snapshots copy FILE --mode 0640")
}

/// Refuses a directory, for which SQLite's error would say little, and a pipe or device, which would block.
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

/// Returns true if there is a file at `path`. Fails if that cannot be determined, which is no proof that the file is
/// missing.
pub(super) fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| {
        Error::failed(format!("cannot open \"{}\"", path.display())).caused_by(error).hint(PERMISSIONS)
    })
}

/// Explains a SQLite error from opening `path`, and adds the hint.
pub(super) fn open_failed(path: &Path, error: rusqlite::Error) -> Error {
    let name = path.display();
    if let rusqlite::Error::SqliteFailure(_, Some(message)) = &error
        && message == IN_THE_WAY
        && let Some((file, why)) = in_the_way(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    {
        return in_the_way_of(path, &file, why);
    }
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

/// Names the operation during which SQLite failed.
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

/// Returns `name` as a quoted SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the SQL condition that a row lies in a scope. The scope's values are its parameters, in order.
pub(super) fn in_scope(scope: &Scope) -> String {
    let conditions: Vec<_> = scope.columns.keys().map(|name| format!("{} = ?", quoted(name))).collect();
    if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") }
}

/// Returns `value` as a SQL text literal.
pub(crate) fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
