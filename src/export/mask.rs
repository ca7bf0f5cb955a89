//! Pseudonyms: every text that names a thing or a person of the organization is replaced by its HMAC-SHA256.
//!
//! With the same key, the same text has the same pseudonym in every table, day and export, so that joins and counts
//! hold. Ids and other texts are two domains, so a person whose name equals an id is not linked to that id.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::digest::hexadecimal;
use crate::error::{Error, Result};
use crate::plain_file;

/// The number of random bytes in a new key, and the minimum number of bytes in any key.
const KEY_BYTES: usize = 32;

/// The number of bytes of the HMAC in a pseudonym: enough that two texts never share one.
const PSEUDONYM_BYTES: usize = 16;

/// The treatment of a column's values in a masked export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Values are shown unchanged.
    Public,
    /// Values are ids. The same id has the same pseudonym, whatever its kind.
    Id,
    /// Values are names and other texts.
    Text,
}

impl Privacy {
    fn domain(self) -> &'static [u8] {
        match self {
            Self::Public | Self::Text => b"text\0",
            Self::Id => b"id\0",
        }
    }
}

/// The key of the pseudonyms. No output contains it.
#[derive(Clone)]
pub struct Mask {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// Reads the key from a file. Fails if other users may read the file, or if the key could be guessed.
    pub fn read(path: &Path) -> Result<Self> {
        let unreadable = |error| {
            Error::failed(format!("cannot read the mask key \"{}\"", path.display()))
                .caused_by(error)
                .hint("make one with: orgcensus export --new-mask-key FILE")
        };
        let mode = fs::metadata(path).map_err(unreadable)?.mode();
        if mode & 0o077 != 0 {
            return Err(Error::failed(format!("others may read the mask key \"{}\"", path.display()))
                .hint(format!("chmod 600 {}", path.display())));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let key = bytes_of(text.trim()).filter(|key| key.len() >= KEY_BYTES).ok_or_else(|| {
            Error::usage(format!("\"{}\" is not a mask key", path.display())).hint(
                "a key is 64 hexadecimal digits or more: orgcensus export --new-mask-key FILE makes one",
            )
        })?;
        let mac = Hmac::new_from_slice(&key).expect("HMAC takes a key of any length");
        Ok(Self { mac })
    }

    /// Creates a file with a new key, readable by its owner only. Fails if the file exists.
    pub fn make(path: &Path) -> Result<()> {
        let mut key = [0; KEY_BYTES];
        let mut make = || {
            File::open("/dev/urandom")?.read_exact(&mut key)?;
            let mut file = plain_file::create(path)?;
            writeln!(file, "{}", hexadecimal(&key))?;
            file.sync_all()
        };
        make().map_err(|error| {
            Error::failed(format!("cannot make the mask key \"{}\"", path.display())).caused_by(error)
        })
    }

    /// Returns a name that distinguishes keys without revealing any part of them.
    pub fn name(&self) -> String {
        self.pseudonym(Privacy::Text, "orgcensus export")
    }

    /// Returns the pseudonym of a text; an empty text stays empty.
    pub fn pseudonym(&self, privacy: Privacy, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut mac = self.mac.clone();
        mac.update(privacy.domain());
        mac.update(text.as_bytes());
        hexadecimal(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES])
    }

    /// Returns the JSON with pseudonyms in place of every text and number. Keys stay. Text that is not JSON becomes one
    /// pseudonym.
    pub fn json(&self, privacy: Privacy, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.value(privacy, value).to_string(),
            Err(_) => Value::String(self.pseudonym(privacy, text)).to_string(),
        }
    }

    fn value(&self, privacy: Privacy, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.pseudonym(privacy, &text)),
            Value::Number(number) => Value::String(self.pseudonym(privacy, &number.to_string())),
            Value::Array(values) => values.into_iter().map(|one| self.value(privacy, one)).collect(),
            Value::Object(values) => {
                let values = values.into_iter().map(|(key, one)| (key, self.value(privacy, one)));
                Value::Object(values.collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) => value,
        }
    }
}

/// Decodes hexadecimal digits; `None` if they are malformed.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_text_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let path = folder.path().join(name);
            Mask::make(&path).unwrap();
            assert!(Mask::make(&path).is_err(), "a key is never overwritten");
            Mask::read(&path).unwrap()
        };
        let (one, other) = (key("one"), key("other"));
        let ana = one.pseudonym(Privacy::Id, "ana");
        assert_eq!(one.pseudonym(Privacy::Id, "ana"), ana);
        assert_ne!(one.pseudonym(Privacy::Text, "ana"), ana);
        assert_ne!(other.pseudonym(Privacy::Id, "ana"), ana);
        assert_eq!(one.pseudonym(Privacy::Id, ""), "");
        assert_eq!(
            one.json(Privacy::Id, r#"{"user_id":"ana","n":null}"#),
            format!(r#"{{"user_id":"{ana}","n":null}}"#)
        );
        for (text, mode) in [("00", 0o600), (&"zz".repeat(32), 0o600), (&"00".repeat(32), 0o644)] {
            let path = folder.path().join("bad");
            fs::write(&path, text).unwrap();
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(Mask::read(&path).is_err(), "{text} {mode:o}");
        }
    }
}
