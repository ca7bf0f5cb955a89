//! Opening files for writing. A *plain file* is a regular file that is not reached through a symbolic link and has one
//! name.
//!
//! In a folder that several users can write to, another user could replace a file that this program writes by a link,
//! and have it overwrite the link's target. Pipes and devices are not plain files either: opening one may block
//! forever.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags, access};

/// The maximum number of symbolic links followed one after another, as on Linux.
const MOST_LINKS: usize = 40;

/// Creates a new, empty file that only its owner may read. Fails if the name is taken, even by a link.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a plain file without truncating it, and creates a private one if it is missing.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    open(path, true)
}

/// Opens an existing plain file without truncating it.
pub fn open_existing(path: &Path) -> io::Result<File> {
    open(path, false)
}

fn open(path: &Path, create: bool) -> io::Result<File> {
    // The file is checked before and after opening. Opening a device may have effects, and the name may be replaced
    // meanwhile.
    check(path)?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create).truncate(false).mode(0o600);
    let file = options.custom_flags(flags.bits().cast_signed()).open(path)?;
    match oddity(&file.metadata()?) {
        None => Ok(file),
        Some(what) => Err(not_plain(what)),
    }
}

/// Fails if the name belongs to anything but a plain file. A missing file is fine.
pub fn check(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) => oddity(&found).map_or(Ok(()), |what| Err(not_plain(what))),
    }
}

/// Fails if this user may not write to the plain file. The error names the file's owner.
pub fn check_writable(path: &Path) -> io::Result<()> {
    check(path)?;
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    access(path, Access::WRITE_OK).map_err(|error| {
        let owner = user_name(found.uid());
        io::Error::new(io::Error::from(error).kind(), format!("it belongs to {owner}, and cannot be written"))
    })
}

/// Returns the file that `path` leads to, following symbolic links. Fails at a link that could be a trap: one that
/// belongs neither to this user, nor to root, nor to the owner of its folder. If the target is missing, only links of
/// this user and of root are followed, because another link's owner would choose where the file is created.
pub fn follow(path: &Path) -> io::Result<PathBuf> {
    let refused = |what: String| Err(io::Error::new(ErrorKind::PermissionDenied, what));
    let mut path = path.to_owned();
    let mut of_another = None;
    for _ in 0..MOST_LINKS {
        let Ok(found) = fs::symlink_metadata(&path) else {
            return match of_another {
                None => Ok(path),
                Some(owner) => {
                    refused(format!("it is a symbolic link of {} that leads to no file", user_name(owner)))
                }
            };
        };
        if !found.is_symlink() {
            return Ok(path);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let owner = found.uid();
        let is_ours = owner == own_id() || owner == 0;
        if !is_ours && fs::metadata(folder)?.uid() != owner {
            return refused(format!("it is a symbolic link of {}", user_name(owner)));
        }
        of_another = of_another.or((!is_ours).then_some(owner));
        path = folder.join(fs::read_link(&path)?);
    }
    Err(io::Error::other("it is a symbolic link that leads in a circle"))
}

/// Returns true if the file belongs to this user.
pub fn is_own(found: &Metadata) -> bool {
    found.uid() == own_id()
}

fn own_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns the reason why a file is not a plain one; `None` for a plain file.
fn oddity(found: &Metadata) -> Option<String> {
    let kind = found.file_type();
    let what = match kind {
        _ if kind.is_symlink() => "a symbolic link",
        _ if kind.is_dir() => "a directory",
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_socket() => "a socket",
        _ if !kind.is_file() => "a device",
        _ if found.nlink() > 1 => return Some(format!("a file with {} names (hard links)", found.nlink())),
        _ => return None,
    };
    Some(what.to_owned())
}

fn not_plain(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a plain file"))
}

/// Returns the name of a user, if this machine's list has the id.
fn user_name(id: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    name.map_or(format!("user {id}"), |name| format!("user {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "precious").unwrap();
        std::os::unix::fs::symlink("victim", at("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
        fs::write(at("named"), "precious").unwrap();
        fs::hard_link(at("named"), at("twice")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/null", at("device")).unwrap();
        for name in ["link", "dangling", "twice", "named", "folder", "socket", "pipe", "device"] {
            for error in [open_or_create(&at(name)), open_existing(&at(name))].map(Result::unwrap_err) {
                assert!(error.to_string().ends_with(", not a plain file"), "{name}: {error}");
            }
        }
        assert!(check(Path::new("/dev/null")).unwrap_err().to_string().contains("a device"));
        assert!(!at("nowhere").exists());
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious");
        assert_eq!(fs::read_to_string(at("named")).unwrap(), "precious");
        open_or_create(&at("new")).unwrap();
        assert_eq!(fs::metadata(at("new")).unwrap().mode() & 0o777, 0o600);
        open_existing(&at("victim")).unwrap();
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious", "nothing is truncated");
    }

    #[test]
    fn links_are_followed_to_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (to, link) in [("two", "one"), ("three", "two"), ("circle", "circle")] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        assert_eq!(follow(&at("one")).unwrap(), at("three"));
        assert_eq!(follow(&at("plain")).unwrap(), at("plain"));
        assert!(follow(&at("circle")).unwrap_err().to_string().contains("circle"));
    }

    #[test]
    fn users_are_named_where_they_are_known() {
        assert_eq!(user_name(0), "user root");
        assert_eq!(user_name(4_000_000_000), "user 4000000000");
    }
}
