//! One collector at a time: an advisory lock on `<db>.lock`. The lock is a file of its own, because opening and closing
//! the database by `std::fs` while SQLite has it open would drop SQLite's locks.
//!
//! The file is never deleted. If it were, two collectors could each hold a lock on a different file of this name.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::file::{LOCK, NO_SPACE, beside};
use super::io_error;
use crate::error::{Error, Result};
use crate::plain_file;

/// The size limit of a lock file: a process id and some room. A longer file is no lock file of this program.
const MOST: u64 = 32;

/// The lock of a running collection. It is released with the process at the latest.
#[derive(Debug)]
pub struct CollectorLock {
    /// The handle that holds the lock as long as it lives.
    _file: File,
}

impl CollectorLock {
    /// Takes the lock beside the database. Fails at once if another collector holds it (naming its process id if
    /// known), and if that name is a link, a pipe, or a foreign file.
    pub fn acquire(database: &Path) -> Result<Self> {
        let path = beside(database, LOCK);
        let failed = |error: io::Error| {
            let hint = match error.kind() {
                kind if io_error::is_no_space(kind) => NO_SPACE.to_owned(),
                io::ErrorKind::InvalidInput => {
                    format!("move it out of the way: mv \"{0}\" \"{0}.old\"", path.display())
                }
                _ if is_nowhere(&path) => "make its folder first, or name another file with --db".to_owned(),
                _ => "check the permissions of it and its folder, or name another file with --db".to_owned(),
            };
            Error::failed(format!("cannot lock \"{}\"", path.display())).caused_by(error).hint(hint)
        };
        // The lock lies beside the target of a link, so the link must be trusted.
        plain_file::follow(database).map_err(failed)?;
        let mut file = plain_file::open_or_create(&path)
            .map_err(|error| failed(plain_file::check_writable(&path).err().unwrap_or(error)))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&mut file, database)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        write_holder(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Writes the process id of the holder, for the error message of another collector. The lock holds even if this fails.
/// Returns an error if the file holds anything other than a process id: then it is a foreign file, and stays unchanged.
fn write_holder(file: &mut File) -> io::Result<()> {
    let mut found = String::new();
    let read = (&*file).take(MOST).read_to_string(&mut found);
    if read.is_err() || found.bytes().any(|byte| !byte.is_ascii_digit() && !byte.is_ascii_whitespace()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a lock file"));
    }
    let write = file.rewind().and_then(|()| file.set_len(0));
    let _ = write.and_then(|()| write!(file, "{}", std::process::id()));
    Ok(())
}

/// Returns true if the file's folder does not exist. The folder of a bare name is the working directory.
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

    #[test]
    fn what_is_no_lock_of_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let [database, lock, victim] = ["o.db", "o.db.lock", "victim"].map(|name| folder.path().join(name));
        let refused = |why: &str| {
            let error = CollectorLock::acquire(&database).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(why), "{cause}");
            assert!(error.hints()[0].starts_with("move it out of the way: mv "), "{:?}", error.hints());
            let _ = std::fs::remove_file(&lock);
        };
        let precious = "precious ".repeat(9);
        for content in [precious.as_str(), "", "4711", "12 monkeys", "1e9"] {
            std::fs::write(&victim, content).unwrap();
            std::os::unix::fs::symlink(&victim, &lock).unwrap();
            refused("a symbolic link");
            std::fs::hard_link(&victim, &lock).unwrap();
            refused("2 names (hard links)");
            assert_eq!(std::fs::read_to_string(&victim).unwrap(), content);
        }
        for content in [precious.as_bytes(), b"12 monkeys", b"1e9", b"\xff\xfe", &[0; 8]] {
            std::fs::write(&lock, content).unwrap();
            let kept = CollectorLock::acquire(&database).unwrap_err();
            assert!(!kept.hints().is_empty());
            assert_eq!(std::fs::read(&lock).unwrap(), content);
            refused("it is not a lock file");
        }
        for content in ["", "4711", "4711\n"] {
            std::fs::write(&lock, content).unwrap();
            drop(CollectorLock::acquire(&database).unwrap());
            assert_eq!(std::fs::read_to_string(&lock).unwrap(), std::process::id().to_string());
        }
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
