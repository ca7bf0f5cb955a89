//! `snapshots verify`: checks that every snapshot is still as it was published.

use clap::Args;
use rusqlite::types::Value;

use crate::amounts::counted;
use crate::digest::PREFIX;
use crate::error::{Error, Result};
use crate::invocation;
use crate::output::{Destination, Format, RowWriter, stderr};
use crate::store::{Census, Link};

/// The arguments of `snapshots verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots verify                    all, and their chain of hashes
  orgcensus snapshots verify --expect sha256:3f1a9c0d27b5
                                                fails unless one has this hash
  orgcensus snapshots verify --db copy.db --expect 3f1a9c0d27b5

collect prints the snapshot's hash at its end (collect --print-hash: alone, to standard output), and snapshots show ID --evidence prints it. It stands for that snapshot \
and every one before, pruned ones too. Whoever holds the file could change it and recompute all hashes. Keep the hash \
elsewhere, in the log of a job or a ticket, and give it to --expect.

The hashes do not cover labels, updated_at and updated_by of users, groups and memberships (directory syncs touch them \
without a change), when the file was created and when a snapshot was pruned.")]
pub struct VerifyArgs {
    /// Fail unless a snapshot, kept or pruned, has this hash: with or without sha256:, its first 12 digits or
    /// more; may be given several times
    #[arg(long, value_name = "HASH", value_parser = digits)]
    expect: Vec<String>,
}

/// Parses the digits to compare.
fn digits(typed: &str) -> Result<String, String> {
    let typed = typed.trim().to_ascii_lowercase();
    let digits = typed.strip_prefix(PREFIX).unwrap_or(&typed);
    match digits.len() {
        12..=64 if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(digits.to_owned()),
        _ => Err("give 12 to 64 hexadecimal digits, as collect printed them".to_owned()),
    }
}

/// Verifies the census, and writes one row per snapshot. Fails for the first mismatch.
pub fn write(
    args: &VerifyArgs,
    census: &Census,
    format: Format,
    destination: &mut Destination,
) -> Result<()> {
    let verified = census.verify()?;
    let Some(last) = verified.links.last() else {
        return Err(Error::failed(format!("no snapshot of \"{}\" has a hash", census.path().display()))
            .hint(format!("the next one that {} publishes will have it", invocation::command("collect"))));
    };
    let expected = args.expect.iter().map(|digits| find(digits, &verified.links, census));
    let expected = expected.collect::<Result<Vec<_>>>()?;
    let columns = ["snapshot_id", "completed_at", "state", "snapshot_hash"];
    let mut writer = RowWriter::begin(format, columns, destination)?;
    for link in &verified.links {
        writer.values(&[
            Value::Integer(link.snapshot_id),
            Value::Text(link.completed_at.clone()),
            Value::Text(if link.pruned_at.is_some() { "pruned" } else { "verified" }.to_owned()),
            Value::Text(link.snapshot_hash.clone()),
        ])?;
    }
    writer.finish()?;
    if let (Some(first), Some(last)) = (verified.without_hash.first(), verified.without_hash.last()) {
        stderr::warn(format!(
            "snapshots {first} to {last} were taken before there were hashes: not verified"
        ));
    }
    if !verified.views_are_current {
        stderr::warn(
            "the views in the file are not those of this version: other tools may show something else",
        );
    }
    for link in expected {
        stderr::say(format!("snapshot {} is the one expected, and so are all before it", link.snapshot_id));
    }
    let pruned = verified.links.iter().filter(|link| link.pruned_at.is_some()).count();
    let pruned = if pruned > 0 { format!(", {pruned} pruned") } else { String::new() };
    let kept = verified.links.iter().filter(|link| link.pruned_at.is_none()).count();
    let snapshots = counted(kept, "snapshot");
    stderr::say(format!("{snapshots} verified{pruned}; the chain ends with {}", last.snapshot_hash));
    Ok(())
}

/// Returns the snapshot whose hash begins with these digits.
fn find<'l>(digits: &str, links: &'l [Link], census: &Census) -> Result<&'l Link> {
    let begins =
        |link: &&Link| link.snapshot_hash.strip_prefix(PREFIX).is_some_and(|it| it.starts_with(digits));
    let found: Vec<_> = links.iter().filter(begins).collect();
    match found.as_slice() {
        [link] => Ok(link),
        [] => Err(Error::failed(format!(
            "no snapshot of \"{}\" has the hash {digits}",
            census.path().display()
        ))
        .hint("it is another census, or one that was created again after the hash was noted")
        .hint(format!("{} lists the hashes of this one", invocation::command("snapshots verify")))),
        _ => Err(Error::usage(format!("several snapshots have a hash that begins with {digits}"))
            .hint("give more of its digits")),
    }
}
