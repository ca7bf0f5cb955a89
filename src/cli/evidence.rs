//! `--evidence`: writes the evidence of an answer into a file beside it, and the evidence of a snapshot.
//!
//! A command that answers questions includes [`EvidenceArgs`] in its own, opens the [`Sidecar`] together with its
//! destination, and ends with [`finish`] in place of [`Destination::finish`].

use std::path::PathBuf;

use clap::Args;
use rusqlite::types::Value;
use serde::Serialize;
use serde_json::{Map, json};

use super::GlobalOptions;
use crate::error::{Error, Result};
use crate::output::{CsvFor, Destination, write_error};
use crate::query::Bound;
use crate::store::{Census, Coverage, Link, Snapshot};

/// The option of the commands that answer questions.
#[derive(Debug, Default, Args)]
pub struct EvidenceArgs {
    /// Write FILE.evidence.json beside the output file: the question, what answered it, and hashes of both
    #[arg(long)]
    evidence: bool,
}

/// The file beside the answer. It is opened at the start, so that a bad path fails at once.
pub struct Sidecar {
    file: Destination,
    /// The program for which the CSV answer was adapted, if any.
    csv_for: Option<CsvFor>,
}

impl EvidenceArgs {
    /// Returns true if evidence was requested.
    pub fn is_wanted(&self) -> bool {
        self.evidence
    }

    /// Opens `FILE.evidence.json` if it was requested. Fails if the answer does not go to a file.
    pub fn open(&self, global: &GlobalOptions, answer: &Destination) -> Result<Option<Sidecar>> {
        if !self.evidence {
            return Ok(None);
        }
        let Some(path) = answer.path() else {
            return Err(
                Error::usage("--evidence requires --output FILE").hint("write --output FILE --evidence")
            );
        };
        let mut name = path.as_os_str().to_owned();
        name.push(".evidence.json");
        let path = PathBuf::from(name);
        let file = global.destination_of(Some(&path), true)?;
        Ok(Some(Sidecar { file, csv_for: global.csv_for }))
    }
}

/// The question, besides the command line.
#[derive(Debug, Default)]
pub struct Question<'q> {
    /// The name of the canned query, if the question was one.
    pub query: Option<&'q str>,
    /// The SQL that ran, if the question was SQL.
    pub sql: Option<&'q str>,
    pub parameters: &'q [Bound],
}

/// Finishes an answer of these snapshots together with its evidence: both files appear, or neither.
pub fn finish(
    mut answer: Destination,
    sidecar: Option<Sidecar>,
    census: &Census,
    snapshots: &[Snapshot],
    question: &Question<'_>,
) -> Result<()> {
    census.check_unwritten()?;
    let Some(Sidecar { file: mut sidecar, csv_for }) = sidecar else { return answer.finish() };
    let (hash, bytes) = answer.digest()?.expect("a sidecar is opened beside a file alone");
    let name = answer.path().and_then(|path| path.file_name()).unwrap_or_default();
    let parameters: Map<_, _> = question
        .parameters
        .iter()
        .map(|one| (one.name.clone(), json!({"typed": one.typed, "value": plain(&one.value)})))
        .collect();
    let is_synthetic = snapshots.iter().any(Snapshot::is_synthetic);
    let snapshots = snapshots.iter().map(|snapshot| SnapshotEvidence::of(census, snapshot));
    let mut file = json!({"name": name.to_string_lossy(), "bytes": bytes, "hash": hash});
    if let Some(CsvFor::Excel) = csv_for {
        file["csv_for"] = json!({
            "program": "excel",
            "written_as": "a byte order mark, CRLF, and ' before text that begins with = + - @ TAB CR LF",
        });
    }
    let mut evidence = json!({
        "file": file,
        "written_at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "program": concat!("orgcensus ", env!("CARGO_PKG_VERSION")),
        "census": census.path().to_string_lossy(),
        "question": {
            "command": std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect::<Vec<_>>(),
            "query": question.query,
            "sql": question.sql,
            "parameters": parameters,
        },
        "snapshots": snapshots.collect::<Result<Vec<_>>>()?,
    });
    if is_synthetic {
        evidence["synthetic"] = json!("the organization is simulated: this is the demo's census");
    }
    write_pretty(&evidence, &mut sidecar)?;
    answer.finish_with(sidecar)
}

/// Writes JSON that people read too.
pub fn write_pretty(value: &impl Serialize, destination: &mut Destination) -> Result<()> {
    use std::io::Write;
    destination.speak_json();
    serde_json::to_writer_pretty(&mut *destination, value)
        .map_err(std::io::Error::from)
        .and_then(|()| writeln!(destination))
        .map_err(write_error)
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Blob(_) => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
    }
}

/// The recorded facts and the evidence of a snapshot.
#[derive(Debug, Serialize)]
pub struct SnapshotEvidence<'s> {
    #[serde(flatten)]
    snapshot: &'s Snapshot,
    /// The hash that `collect` printed. It covers this snapshot and every earlier one. `None` if the snapshot is older
    /// than the introduction of hashes.
    snapshot_hash: Option<String>,
    content_hash: Option<String>,
    facts_hash: Option<String>,
    /// The previous snapshot, kept or pruned.
    before: Option<Before>,
    /// The number of gaps of any kind.
    gaps: usize,
    pub coverage: Vec<ResourceEvidence>,
}

#[derive(Debug, Serialize)]
struct Before {
    snapshot_id: i64,
    snapshot_hash: String,
    pruned_at: Option<String>,
}

/// The coverage of a resource in the snapshot, and the hash of its rows; `None` if it has no rows.
#[derive(Debug, Serialize)]
pub struct ResourceEvidence {
    #[serde(flatten)]
    pub coverage: Coverage,
    pub hash: Option<String>,
}

impl<'s> SnapshotEvidence<'s> {
    /// Returns the evidence of a published snapshot, as recorded. `snapshots verify` checks if the file still matches.
    pub fn of(census: &Census, snapshot: &'s Snapshot) -> Result<Self> {
        let id = snapshot.snapshot_id;
        let links = census.links()?;
        let link = links.iter().find(|link| link.snapshot_id == id);
        let before = link.and_then(|_| links.iter().rev().find(|link| link.snapshot_id < id));
        let parts = link.map(Link::content_parts).unwrap_or_default();
        let hashed =
            |coverage: Coverage| ResourceEvidence { hash: parts.get(&coverage.resource).cloned(), coverage };
        Ok(Self {
            snapshot,
            snapshot_hash: link.map(|link| link.snapshot_hash.clone()),
            content_hash: link.map(|link| link.content_hash.clone()),
            facts_hash: link.map(|link| link.facts_hash.clone()),
            before: before.map(|link| Before {
                snapshot_id: link.snapshot_id,
                snapshot_hash: link.snapshot_hash.clone(),
                pruned_at: link.pruned_at.clone(),
            }),
            gaps: census.gaps(id)?.len(),
            coverage: census.coverage(id)?.into_iter().map(hashed).collect(),
        })
    }
}
