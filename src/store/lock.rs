//! One collector at a time: an advisory lock on `<db>.lock`, a file of its own (opening and closing the
//! database by `std::fs` while SQLite has it open would drop SQLite's own locks).
//!
//! The file stays behind on purpose: were it deleted, two collectors could each hold a lock on a file of this
//! name.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::file::{NO_SPACE, beside, open_private};
use super::trouble;
use crate::error::{Error, Result};

/// Held for as long as a collection runs; dropped with the process at the latest.
#[derive(Debug)]
pub struct CollectorLock {
    /// The lock lives as long as this handle.
    _file: File,
}

impl CollectorLock {
    /// Takes the lock beside the database, or fails at once when another collector holds it (naming its
    /// process id where known).
    pub fn acquire(database: &Path) -> Result<Self> {
        let path = beside(database, ".lock");
        let failed = |error: std::io::Error| {
            let hint = match error.kind() {
                kind if trouble::is_no_space(kind) => NO_SPACE,
                _ if is_nowhere(&path) => "make its folder first, or name another file with --db",
                _ => "check the permissions of its folder, or name another file with --db",
            };
            Error::failed(format!("cannot lock \"{}\"", path.display())).caused_by(error).hint(hint)
        };
        let mut file = open_private(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&mut file, database)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Only for the message above: the lock holds without it.
        let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

/// Whether the file's folder does not exist; that of a bare name is the working directory.
fn is_nowhere(path: &Path) -> bool {
    path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.exists())
}

fn held(file: &mut File, database: &Path) -> Error {
    let mut holder = String::new();
    let _ = file.read_to_string(&mut holder);
    let process = match holder.trim().parse::<u32>() {
        Ok(id) => format!(" (process {id})"),
        Err(_) => String::new(),
    };
    Error::failed(format!(
        "another collection into \"{}\" is running{process}, or a prune of it",
        database.display()
    ))
    .hint("wait until it has ended; reading the database meanwhile is safe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_collector_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("o.db");
        let lock = CollectorLock::acquire(&database).unwrap();
        let error = CollectorLock::acquire(&database).unwrap_err();
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        assert!(!error.hints().is_empty());
        drop(lock);
        CollectorLock::acquire(&database).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_lock_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _lock = CollectorLock::acquire(&folder.path().join("o.db")).unwrap();
        let mode = folder.path().join("o.db.lock").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
