//! Transient I/O errors: no space left, another program's lock, a disk that does not take a write. They lose no row:
//! the collected rows are kept, so a collection that meets one stops resumably.
//!
//! SQLite reports "full" for ENOSPC only. A quota (EDQUOT) and the limit of file sizes (EFBIG) are I/O errors to
//! SQLite.

use std::error::Error as StdError;
use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

/// The cause of an I/O error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    NoSpace,
    Locked,
    NotWritten,
    Damaged,
}

/// Returns true if the same command may succeed later and continue with the data now on the disk.
pub(super) fn passes(error: &Error) -> bool {
    trouble(error).is_some_and(|trouble| trouble != Trouble::Damaged)
}

/// Converts a failure to write the census during a collection. Nothing was published; after a transient error, the same
/// command resumes (exit code 5). Other errors stay unchanged.
pub fn stopped(error: Error, census: &Path) -> Error {
    let restore = format!("restore \"{}\" from a backup", census.display());
    told(error, census, ErrorKind::Failed, &format!("{restore}, {GO_ON}"))
}

/// Converts a failure to write the staging in the same way. The next run detects a damaged staging and starts again.
pub fn staging_stopped(error: Error, staging: &Path) -> Error {
    told(error, staging, ErrorKind::Resumable, "run the same command again: it begins anew")
}

const GO_ON: &str = "then run the same command again: it resumes where it stopped";

fn told(error: Error, file: &Path, if_damaged: ErrorKind, then: &str) -> Error {
    let Some(trouble) = trouble(&error) else { return error };
    let name = file.display();
    let (kind, what, hint) = match trouble {
        Trouble::NoSpace => (
            ErrorKind::Resumable,
            format!("no space left for \"{name}\""),
            format!("make room on its disk, {GO_ON}"),
        ),
        Trouble::Locked => (
            ErrorKind::Resumable,
            format!("\"{name}\" is locked by another program"),
            format!("close what has it open (a SQLite shell, a BI tool), {GO_ON}"),
        ),
        Trouble::NotWritten => (
            ErrorKind::Resumable,
            format!("\"{name}\" could not be written"),
            format!("look at its disk: space, quota, the limit of file sizes, {GO_ON}"),
        ),
        Trouble::Damaged => (if_damaged, format!("\"{name}\" is damaged"), then.to_owned()),
    };
    Error::new(kind, format!("{what}; nothing was published")).caused_by(error).hint(hint)
}

fn trouble(error: &Error) -> Option<Trouble> {
    let mut cause = error.source();
    while let Some(one) = cause {
        if let Some(error) = one.downcast_ref::<rusqlite::Error>() {
            return of_sqlite(error.sqlite_error_code()?);
        }
        if let Some(error) = one.downcast_ref::<io::Error>() {
            return of_system(error.kind());
        }
        cause = one.source();
    }
    None
}

fn of_sqlite(code: ErrorCode) -> Option<Trouble> {
    match code {
        ErrorCode::DiskFull => Some(Trouble::NoSpace),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            Some(Trouble::Locked)
        }
        ErrorCode::SystemIoFailure => Some(Trouble::NotWritten),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Trouble::Damaged),
        _ => None,
    }
}

/// Returns true for a system call that failed for lack of space, without SQLite.
pub(super) fn is_no_space(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn of_system(kind: io::ErrorKind) -> Option<Trouble> {
    match kind {
        _ if is_no_space(kind) => Some(Trouble::NoSpace),
        io::ErrorKind::FileTooLarge => Some(Trouble::NotWritten),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;
    use crate::error::ExitStatus;

    fn sqlite(code: i32) -> Error {
        let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        stopped(Error::failed("cannot write what was collected").caused_by(cause), Path::new("o.db"))
    }

    #[test]
    fn what_passes_is_resumable_and_names_the_file_and_the_next_step() {
        for (code, says) in [
            (ffi::SQLITE_FULL, "no space left for \"o.db\""),
            (ffi::SQLITE_IOERR_WRITE, "\"o.db\" could not be written"),
            (ffi::SQLITE_IOERR_FSYNC, "\"o.db\" could not be written"),
            (ffi::SQLITE_BUSY, "\"o.db\" is locked by another program"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "\"o.db\" is locked by another program"),
        ] {
            let error = sqlite(code);
            assert_eq!(error.exit_status(), ExitStatus::Resumable, "{says}");
            assert_eq!(error.to_string(), format!("{says}; nothing was published"));
            assert!(error.hints()[0].contains("run the same command again"), "{error}");
            assert!(passes(&error), "{error}");
        }
    }

    #[test]
    fn what_does_not_pass_needs_somebody() {
        let damaged = sqlite(ffi::SQLITE_CORRUPT);
        assert_eq!(damaged.exit_status(), ExitStatus::Failed);
        assert!(damaged.hints()[0].starts_with("restore \"o.db\" from a backup"), "{damaged}");
        assert!(!passes(&damaged));
        let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None);
        let staging = staging_stopped(Error::failed("").caused_by(cause), Path::new("o.db.collecting"));
        assert_eq!(staging.hints(), ["run the same command again: it begins anew"]);
        let other = sqlite(ffi::SQLITE_CONSTRAINT);
        assert_eq!(other.to_string(), "cannot write what was collected");
        assert!(!passes(&other));
    }

    #[test]
    fn a_full_disk_outside_sqlite_is_one_too() {
        let full = Error::failed("cannot create").caused_by(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(stopped(full, Path::new("o.db")).exit_status(), ExitStatus::Resumable);
    }
}
