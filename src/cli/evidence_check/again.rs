//! Repeats the question of an evidence file for the same snapshots. Its answer and its evidence must be the same.

use std::ffi::OsString;

use serde_json::Value;

use super::compare::{self, Part, Writer};
use super::file::EvidenceFile;
use crate::cli::{self, Cli, Command, GlobalOptions, Refusal};
use crate::error::{Error, ErrorKind, Result};
use crate::invocation;
use crate::output::stderr;
use crate::store::Link;

/// The parts of the evidence that are determined again.
const PARTS: [(&str, &[&str]); 2] =
    [("file", &["bytes", "hash", "csv_for"]), ("question", &["query", "sql", "parameters"])];

/// Repeats the question into a temporary folder, and compares both evidences.
pub fn ask(evidence: &EvidenceFile, links: &[Link], global: &GlobalOptions) -> Result<Vec<Part>> {
    let found = match again(evidence, global) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
        Err(error) => {
            return Ok(vec![Part::unknown("question", &format!("it cannot be asked again: {error}"))]);
        }
    };
    let mut parts = Vec::new();
    for (part, keys) in PARTS {
        for key in keys {
            let (said, found) = (&evidence.said(part)[*key], &found[part][*key]);
            let name = format!("{} {key}", if part == "file" { "answer asked again" } else { part });
            parts.extend(compare::differences(&name, said, found, Writer::Same));
        }
    }
    if parts.is_empty() {
        return Ok(vec![Part::fits("question")]);
    }
    // A prune makes recorded times coarser, and another version may ask differently.
    let is_pruned_since =
        |link: &Link| link.pruned_at.as_deref().is_some_and(|at| at > evidence.written_at());
    let excuse = if links.iter().any(is_pruned_since) {
        "the answer differs now: snapshots were pruned since"
    } else if evidence.writer() == Writer::Older {
        "the answer differs: this version is newer than the one that wrote it"
    } else {
        return Ok(parts);
    };
    Ok(parts.into_iter().map(|part| Part { ..Part::unknown(&part.name, excuse) }).collect())
}

fn again(evidence: &EvidenceFile, global: &GlobalOptions) -> Result<Value> {
    let mut cli =
        Cli::read(evidence.command().into_iter().map(OsString::from)).map_err(|refusal| match refusal {
            Refusal::Wrong(error) => error,
            Refusal::Shown(_) => Error::usage("its command asks for help"),
        })?;
    let db_option = cli.db_option();
    let (from, to) = evidence.ids();
    let sql = evidence.said("question")["sql"].as_str();
    let folder = tempfile::tempdir()
        .map_err(|error| Error::failed("cannot make a temporary folder").caused_by(error))?;
    let answer = folder.path().join(evidence.name());
    cli.global.output = Some(answer.clone());
    let is_range = match &mut cli.command {
        Some(Command::Query(args)) => args.pin(from, to, sql),
        Some(Command::Diff(args)) => args.pin(from, to),
        Some(Command::PolicyDiff(args)) => args.pin(from, to),
        Some(Command::History(_)) => false,
        Some(Command::Export(args)) => {
            cli.global.output = None;
            args.pin(&answer)?
        }
        _ => return Err(Error::usage("its command is not one that writes evidence")),
    };
    cli.global.db = global.db.clone();
    cli.global.at = (!is_range).then(|| to.to_string());
    stderr::silently(|| invocation::meaning(db_option, || cli::run(cli)))?;
    let mut beside = answer.into_os_string();
    beside.push(".evidence.json");
    let text =
        std::fs::read(&beside).map_err(|error| Error::failed("it has no evidence").caused_by(error))?;
    serde_json::from_slice(&text).map_err(|error| Error::failed("it has no evidence").caused_by(error))
}
