//! `evidence check`: compares an evidence file with the census and the answer beside it.
//!
//! `file` reads the evidence file · `compare` compares two JSON values, part by part · `again` repeats the question. A
//! part either differs or cannot be checked: pruned data proves nothing either way.

mod again;
mod compare;
mod file;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rusqlite::types::Value as Cell;
use serde_json::Value;

use super::GlobalOptions;
use super::evidence::SnapshotEvidence;
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::invocation;
use crate::output::{Destination, Format, RowWriter, stderr};
use crate::store::{Census, Link, Snapshot};
use compare::{Part, State, Writer};
use file::EvidenceFile;

/// The arguments of `evidence`.
#[derive(Debug, Args)]
pub struct EvidenceCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Verify an evidence file against the census and the answer beside it
    Check(CheckArgs),
}

/// The arguments of `evidence check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus evidence check access.csv.evidence.json
  orgcensus evidence check q3/diff.txt.evidence.json --db audit.db
  orgcensus evidence check access.csv.evidence.json --format json

It verifies the census, compares what the evidence says of its snapshots with what the census has, hashes the answer \
beside the evidence, and asks the question again as of the same snapshots. One row says of each part whether it fits, \
differs or is unknown: what was pruned, or written by another version, can be compared in parts only.

Exit code 0: everything fits. Exit code 1: something differs, or the file is damaged, of another census or of a newer \
version. Exit code 4: nothing differs, but something is unknown.")]
pub struct CheckArgs {
    /// The evidence file, which a command writes with --evidence
    #[arg(value_name = "FILE.evidence.json")]
    file: PathBuf,
}

/// Checks the file.
pub fn run(args: EvidenceCommandArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let Action::Check(CheckArgs { file }) = args.action;
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    let evidence = EvidenceFile::read(&file)?;
    let census = global.open_census()?;
    require_census(&evidence, &census)?;
    // A census proves nothing unless it is as it was published.
    census.verify()?;
    let parts = parts(&evidence, &census, global)?;
    census.check_unwritten()?;
    write(&parts, format, &mut destination)?;
    destination.finish()?;
    conclude(&evidence, &parts)
}

/// Fails for the evidence of another organization, or of another census of the same organization.
fn require_census(evidence: &EvidenceFile, census: &Census) -> Result<()> {
    let identity = census.identity()?;
    let snapshots = census.snapshots()?;
    for said in evidence.snapshots() {
        let named = |name: &str| said[name].as_str();
        let differs = |mine: Option<&str>, name: &str| matches!((mine, named(name)), (Some(mine), Some(theirs)) if mine != theirs);
        let organization = identity.as_ref().and_then(|one| one.organization_id.as_deref());
        let instance = identity.as_ref().and_then(|one| one.instance_arn.as_deref());
        let mine = |one: &&Snapshot| said["snapshot_id"] == one.snapshot_id;
        let collection = snapshots.iter().find(mine).map(|one| one.collection_id.as_str());
        let why = if differs(organization, "organization_id") {
            format!("of organization {}", named("organization_id").unwrap_or_default())
        } else if differs(instance, "instance_arn") {
            format!("of instance {}", named("instance_arn").unwrap_or_default())
        } else if evidence.snapshots().iter().all(|one| is_collected_otherwise(one, &snapshots))
            && collection.is_some()
        {
            "taken by other collections".to_owned()
        } else {
            continue;
        };
        return Err(Error::failed(format!(
            "{} is not evidence of the census \"{}\": its snapshots are {why}",
            evidence.path().display(),
            census.path().display()
        ))
        .hint_if_any(
            evidence.census().map(|path| format!("it was written from {path}: name that one with --db")),
        ));
    }
    Ok(())
}

fn is_collected_otherwise(said: &Value, snapshots: &[Snapshot]) -> bool {
    let same = |one: &&Snapshot| said["snapshot_id"] == one.snapshot_id;
    snapshots.iter().find(same).is_some_and(|one| said["collection_id"] != *one.collection_id)
}

/// Returns everything that is checked, in the order of the output.
fn parts(evidence: &EvidenceFile, census: &Census, global: &GlobalOptions) -> Result<Vec<Part>> {
    let mut parts = evidence.answer()?;
    let links = census.links()?;
    let snapshots = census.snapshots()?;
    for said in evidence.snapshots() {
        parts.extend(of_snapshot(said, evidence, census, &snapshots, &links)?);
    }
    // Only the same snapshots give the same answer.
    if parts.iter().all(|part| !part.is_of_snapshot || part.state == State::Fits) {
        parts.extend(again::ask(evidence, &links, global)?);
    } else {
        let why = "not asked again: its snapshots are not all here as they were";
        parts.push(Part::unknown("question", why));
    }
    Ok(parts)
}

fn of_snapshot(
    said: &Value,
    evidence: &EvidenceFile,
    census: &Census,
    snapshots: &[Snapshot],
    links: &[Link],
) -> Result<Vec<Part>> {
    let id = said["snapshot_id"].as_i64().unwrap_or_default();
    let name = format!("snapshot {id}");
    let link = links.iter().find(|link| link.snapshot_id == id);
    let (now, gone) = match (snapshots.iter().find(|one| one.snapshot_id == id), link) {
        (Some(kept), _) => (compare::json(&SnapshotEvidence::of(census, kept)?)?, None),
        (None, Some(link)) => (recorded(link, links), Some(gone(census, link))),
        (None, None) => {
            let last = links.last().map_or_else(
                || "has none".to_owned(),
                |one| format!("ends with snapshot {}", one.snapshot_id),
            );
            return Ok(vec![
                Part::unknown(&name, &format!("not in this census, which {last}")).of_snapshot(),
            ]);
        }
    };
    let writer = if gone.is_some() { Writer::Older } else { evidence.writer() };
    let mut found = compare::differences(&name, said, &now, writer);
    if found.is_empty() {
        found.push(match gone {
            None => Part::fits(&name),
            Some(gone) => Part::unknown(&name, &format!("its hashes fit, and {gone}")),
        });
    }
    Ok(found.into_iter().map(Part::of_snapshot).collect())
}

fn gone(census: &Census, link: &Link) -> String {
    let at = link.pruned_at.as_deref().unwrap_or("a time that is not known");
    match census.is_copy() {
        true => "its rows are not in this copy".to_owned(),
        false => format!("its rows were pruned at {at}"),
    }
}

/// Returns the data still recorded of a snapshot whose rows were pruned.
fn recorded(link: &Link, links: &[Link]) -> Value {
    let before = links.iter().rev().find(|one| one.snapshot_id < link.snapshot_id);
    serde_json::json!({
        "snapshot_id": link.snapshot_id,
        "taken_at": link.taken_at,
        "completed_at": link.completed_at,
        "snapshot_hash": link.snapshot_hash,
        "content_hash": link.content_hash,
        "facts_hash": link.facts_hash,
        "before": before.map(|one| serde_json::json!({
            "snapshot_id": one.snapshot_id,
            "snapshot_hash": one.snapshot_hash,
        })),
    })
}

fn write(parts: &[Part], format: Format, destination: &mut Destination) -> Result<()> {
    let mut writer = RowWriter::begin(format, ["part", "state", "evidence", "found"], destination)?;
    for part in parts {
        writer.values(&[
            Cell::Text(part.name.clone()),
            Cell::Text(part.state.as_str().to_owned()),
            part.evidence.clone().into(),
            part.found.clone().into(),
        ])?;
    }
    writer.finish().map(drop)
}

fn conclude(evidence: &EvidenceFile, parts: &[Part]) -> Result<ExitStatus> {
    let named = |state: State| {
        let of_it = parts.iter().filter(|part| part.state == state);
        of_it.map(|part| part.name.as_str()).collect::<Vec<_>>()
    };
    let (differing, unknown) = (named(State::Differs), named(State::Unknown));
    let path = evidence.path().display();
    if !differing.is_empty() {
        return Err(Error::failed(format!("{path} does not fit: {}", differing.join(", ")))
            .hint("the rows show what the evidence says and what was found"));
    }
    if !unknown.is_empty() {
        return Err(Error::new(
            ErrorKind::Incomplete,
            format!("nothing of {path} differs, but not all of it can be checked: {}", unknown.join(", ")),
        )
        .hint(format!(
            "check it on a census that has kept its snapshots; {} lists those of this one",
            invocation::command("snapshots")
        )));
    }
    stderr::say(format!("{path} fits the census and the answer beside it"));
    Ok(ExitStatus::Done)
}
