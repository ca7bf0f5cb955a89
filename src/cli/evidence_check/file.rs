//! Reads an evidence file.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::compare::{Part, Writer};
use crate::digest::sha256_of;
use crate::error::{Error, Result};
use crate::json_keys::{self, Fault};

/// The suffix of an evidence file's name.
const SUFFIX: &str = ".evidence.json";

/// The largest size of an evidence file: each snapshot takes some kilobytes.
const LONGEST: u64 = 256 << 20;

/// An evidence file with all the parts that every version writes.
pub struct EvidenceFile {
    path: PathBuf,
    text: Value,
    writer: Writer,
}

impl EvidenceFile {
    /// Reads the file. Fails if it is not an evidence file, is damaged or is of a newer version.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = bytes(path)?;
        let damaged = |what: String| {
            Error::failed(format!("{} is damaged, or not an evidence file: {what}", path.display()))
                .hint("a command that answers questions writes one with --output FILE --evidence")
        };
        json_keys::check(&bytes).map_err(|fault| {
            damaged(match fault {
                Fault::NotJson => "it is not JSON".to_owned(),
                Fault::KeyTwice(key) => format!("the key \"{key}\" is twice in one object"),
            })
        })?;
        let text: Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(format!("it is not JSON ({error})")))?;
        let version =
            text["program"].as_str().and_then(|program| version(program.strip_prefix("orgcensus ")?));
        let Some(version) = version else {
            return Err(damaged("it does not say which orgcensus wrote it".to_owned()));
        };
        let own = self::version(env!("CARGO_PKG_VERSION")).unwrap_or_default();
        if version > own {
            return Err(Error::failed(format!(
                "{} is of a newer version, {}, and this is orgcensus {}",
                path.display(),
                text["program"].as_str().unwrap_or_default(),
                env!("CARGO_PKG_VERSION")
            ))
            .hint("check it with that version, or a newer one"));
        }
        if let Some(what) = fault(&text) {
            return Err(damaged(what));
        }
        let writer = if version == own { Writer::Same } else { Writer::Older };
        Ok(Self { path: path.to_owned(), text, writer })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// Returns the census from which it was written.
    pub fn census(&self) -> Option<&str> {
        self.text["census"].as_str()
    }

    /// Returns the snapshots that answered, oldest first.
    pub fn snapshots(&self) -> &[Value] {
        self.text["snapshots"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Returns the ids of the first and the last of them.
    pub fn ids(&self) -> (i64, i64) {
        let id = |one: Option<&Value>| one.and_then(|one| one["snapshot_id"].as_i64()).unwrap_or_default();
        (id(self.snapshots().first()), id(self.snapshots().last()))
    }

    /// Returns the time when it was written.
    pub fn written_at(&self) -> &str {
        self.text["written_at"].as_str().unwrap_or_default()
    }

    /// Returns its part about the file or about the question.
    pub fn said(&self, part: &str) -> &Value {
        &self.text[part]
    }

    /// Returns the file name of the answer.
    pub fn name(&self) -> &str {
        self.text["file"]["name"].as_str().unwrap_or_default()
    }

    /// Returns the command line as typed.
    pub fn command(&self) -> Vec<String> {
        let words = self.text["question"]["command"].as_array().into_iter().flatten();
        words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    }

    /// Compares the answer beside the file with the evidence.
    pub fn answer(&self) -> Result<Vec<Part>> {
        let said = &self.text["file"];
        let own_name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = own_name.strip_suffix(SUFFIX).filter(|name| !name.is_empty()).unwrap_or(self.name());
        let mut parts = Vec::new();
        if name != self.name() {
            parts.push(Part::differs("file name", &said["name"], &name.into()));
        }
        let path = self.path.with_file_name(name);
        let digest = match fs::metadata(&path) {
            Ok(found) if found.is_file() => File::open(&path).and_then(sha256_of),
            Ok(_) => Err(std::io::Error::other("it is not a plain file")),
            Err(error) => Err(error),
        };
        match digest {
            Ok((hash, bytes)) => {
                for (part, found) in [("bytes", json!(bytes)), ("hash", json!(hash))] {
                    if said[part] != found {
                        parts.push(Part::differs(&format!("file {part}"), &said[part], &found));
                    }
                }
                if parts.is_empty() {
                    parts.push(Part::fits("file"));
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                parts.push(Part::unknown("file", &format!("{} is missing", path.display())));
            }
            Err(error) => {
                return Err(Error::failed(format!("cannot read {}", path.display())).caused_by(error));
            }
        }
        Ok(parts)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let mut beside = path.as_os_str().to_owned();
    beside.push(SUFFIX);
    if Path::new(&beside).is_file() {
        return Err(Error::usage(format!("{name} is the answer, and its evidence is the file beside it"))
            .hint(format!("orgcensus evidence check {name}{SUFFIX}")));
    }
    let cannot = |error| Error::failed(format!("cannot read {name}")).caused_by(error);
    let found = fs::metadata(path).map_err(cannot)?;
    if !found.is_file() || found.len() > LONGEST {
        let what =
            if found.is_file() { "it is too large for a config file" } else { "it is not a plain file" };
        return Err(Error::failed(format!("{name} is not an evidence file: {what}")));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)).map_err(cannot)?;
    Ok(bytes)
}

/// Returns the missing part, among those that every version writes.
fn fault(text: &Value) -> Option<String> {
    let lacks = |name: &str| Some(format!("it lacks {name}, which every evidence file has"));
    let plain = |name: &str| {
        let mut parts = Path::new(name).components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
    };
    if !text["file"]["name"].as_str().is_some_and(plain) {
        return lacks("file.name");
    }
    if !text["file"]["bytes"].is_u64() {
        return lacks("file.bytes");
    }
    if !text["file"]["hash"].is_string() {
        return lacks("file.hash");
    }
    if !text["written_at"].is_string() {
        return lacks("written_at");
    }
    let words = text["question"]["command"].as_array();
    if !words.is_some_and(|words| words.len() > 1 && words.iter().all(Value::is_string)) {
        return lacks("question.command");
    }
    let snapshots = text["snapshots"].as_array().filter(|snapshots| !snapshots.is_empty());
    if !snapshots.is_some_and(|all| all.iter().all(|one| one["snapshot_id"].is_i64())) {
        return lacks("snapshots");
    }
    None
}

/// Parses `0.1.0` into numbers.
fn version(text: &str) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = text.split('.').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}
