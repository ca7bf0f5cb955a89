//! Finds and reads the config file, which must belong to this user and not be writable by others.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::output::text;
use crate::plain_file;

/// The largest size of a config file.
const LONGEST: u64 = 1 << 20;

/// Returns the default path of the config file; `None` without a home folder.
pub fn place() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(base.join("orgcensus").join("config.toml"))
}

/// Returns the file to read: the named one, which must exist, or the one at the default path, if it exists.
pub fn find(named: Option<&Path>) -> Result<Option<PathBuf>> {
    match named {
        Some(path) => match path.symlink_metadata() {
            Ok(_) => Ok(Some(path.to_owned())),
            Err(error) => Err(Error::usage(format!("cannot read the config file {}", path.display()))
                .caused_by(error)
                .hint_if_any(place().map(|place| format!("without --config it is {}", place.display())))),
        },
        // An inaccessible file becomes an error when it is read. Silently ignoring a setting would be worse.
        None => Ok(place().filter(|path| {
            !path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        })),
    }
}

/// Reads the file.
pub fn read(path: &Path) -> Result<toml::Table> {
    let name = path.display();
    let cannot = |error: std::io::Error| {
        Error::usage(format!("cannot read the config file {name}"))
            .caused_by(error)
            .hint("--no-config does without it")
    };
    let real = plain_file::follow(path).map_err(cannot)?;
    let looked_at = std::fs::metadata(&real).map_err(cannot)?;
    if !looked_at.is_file() {
        return Err(cannot(std::io::Error::other("it is not a plain file")));
    }
    let file = File::open(&real).map_err(cannot)?;
    let found = file.metadata().map_err(cannot)?;
    let shown = text::shell_word(&real.to_string_lossy()).into_owned();
    if !plain_file::is_own(&found) {
        return Err(Error::usage(format!(
            "the config file {name} belongs to another user, who could change it"
        ))
        .hint(format!("make a copy of your own: cp {shown} MINE && orgcensus --config MINE"))
        .hint("--no-config does without it"));
    }
    if found.mode() & 0o022 != 0 {
        let mode = found.mode() & 0o7777;
        return Err(Error::usage(format!(
            "the config file {name} can be written by others (mode {mode:04o})"
        ))
        .hint(format!("check its content, then: chmod go-w {shown}"))
        .hint("--no-config does without it"));
    }
    let mut text = String::new();
    if found.len() > LONGEST {
        return Err(cannot(std::io::Error::other("it is too large for a config file")));
    }
    file.take(LONGEST).read_to_string(&mut text).map_err(cannot)?;
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        Error::usage(format!("the config file {name} is not TOML, in line {line}: {}", error.message()))
            .hint("a line reads: profile = \"audit\"")
            .hint("--no-config does without it")
    })
}
