//! `snapshots`: lists the snapshots of the census, shows their coverage and evidence, and prunes them.

use chrono::Utc;
use clap::{Args, Subcommand};
use rusqlite::types::Value;

mod copy;
mod label;
mod prune;
mod show;
mod verify;

use super::GlobalOptions;
use super::snapshot_line::{age, minute, snapshots_by};
use crate::error::{Error, ExitStatus, Result};
use crate::invocation;
use crate::output::{Destination, Format, RowWriter, stderr};
use crate::store::{Snapshot, When};

/// The arguments of `snapshots`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots                        the list, oldest first
  orgcensus snapshots show latest            what it covers, and its gaps
  orgcensus snapshots show 2026-09-30        the one that answers for a date
  orgcensus snapshots show 41 --format json  for a program, each gap by itself
  orgcensus snapshots show 41 --evidence     what proves it, with its hashes
  orgcensus snapshots verify                 is each still as published?
  orgcensus snapshots verify --expect HASH   and is one the expected one?
  orgcensus snapshots label 41 q3-review     so that it is found again, and kept
  orgcensus snapshots prune --keep-daily 30 --keep-monthly 12 --dry-run
  orgcensus snapshots copy audit.db --at 2026-09-30   one date as a file")]
pub struct SnapshotsArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

impl SnapshotsArgs {
    /// Returns true if it prunes snapshots that are named one by one.
    pub fn prunes_by_id(&self) -> bool {
        matches!(&self.action, Some(Action::Prune(args)) if args.has_ids())
    }
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, as the bare command does
    #[command(hide = true, alias = "ls")]
    List,
    /// Show one snapshot: what it covers and what it could not see
    Show {
        /// An id, latest, latest-3, first, a label, a date, a time, 7d, "7 days ago", 2026-W47, 2026-Q3
        /// [default: latest]
        #[arg(value_name = "ID | WHEN")]
        when: Option<String>,

        /// Show the evidence instead: when, by whom and from which organization the snapshot was taken, what it
        /// covers, and its hashes
        #[arg(long)]
        evidence: bool,
    },
    /// Verify the whole file against the hashes recorded when each snapshot was published
    Verify(verify::VerifyArgs),
    /// Label a snapshot
    Label(label::LabelArgs),
    /// Remove snapshots, by rules or by id; the others answer as before
    Prune(prune::PruneArgs),
    /// Write all or some snapshots into a file of their own
    Copy(copy::CopyArgs),
}

/// Lists the snapshots, or runs the nested command.
pub fn run(args: SnapshotsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    match args.action {
        None | Some(Action::List) => list(&listed(global)?, format, &mut destination)?,
        Some(Action::Show { when, evidence }) => {
            let (when, census) = (shown(when.as_deref(), global)?, global.open_census()?);
            match evidence {
                true => show::write_evidence(&census, &when, format, &mut destination)?,
                false => show::write(&census, &when, format, &mut destination)?,
            }
            census.check_unwritten()?;
        }
        Some(Action::Verify(args)) => {
            let census = global.open_census()?;
            verify::write(&args, &census, format, &mut destination)?;
            census.check_unwritten()?;
        }
        Some(Action::Label(args)) => label::run(args, global)?,
        Some(Action::Prune(args)) => prune::run(args, format, global, &mut destination)?,
        Some(Action::Copy(args)) => copy::run(&args, global)?,
    }
    destination.finish()?;
    Ok(ExitStatus::Done)
}

/// Returns every snapshot, or those up to the one of `--at`.
fn listed(global: &GlobalOptions) -> Result<Vec<Snapshot>> {
    let census = global.open_census()?;
    let snapshots = snapshots_by(&census, global.at()?.as_ref())?;
    census.check_unwritten()?;
    Ok(snapshots)
}

/// Returns the snapshot to show, from the argument or from `--at`, but not from both.
fn shown(when: Option<&str>, global: &GlobalOptions) -> Result<When> {
    match (when, global.at()?) {
        (Some(when), None) => when.parse(),
        (None, at) => Ok(at.unwrap_or(When::LATEST)),
        (Some(when), Some(_)) => {
            Err(Error::usage(format!("\"{when}\" and --at both name a snapshot")).hint("give one of them"))
        }
    }
}

fn list(snapshots: &[Snapshot], format: Format, destination: &mut Destination) -> Result<()> {
    let columns = [
        "snapshot_id",
        "completed_at",
        "age",
        "status",
        "label",
        "suspect",
        "taken_at",
        "api_calls",
        "caller_arn",
    ];
    let now = Utc::now();
    // People compare days, and must not overlook a suspect snapshot. Programs get the exact times.
    let is_read = format == Format::Table;
    let time = |time: &String| Value::Text(if is_read { minute(time) } else { time.clone() });
    let status = |snapshot: &Snapshot| match snapshot.suspect {
        Some(_) if is_read => format!("{}, suspect", snapshot.status.as_str()),
        _ => snapshot.status.as_str().to_owned(),
    };
    let mut writer = RowWriter::begin(format, columns, destination)?;
    for snapshot in snapshots {
        writer.values(&[
            Value::Integer(snapshot.snapshot_id),
            time(&snapshot.completed_at),
            Value::Text(age(&snapshot.completed_at, now)),
            Value::Text(status(snapshot)),
            snapshot.label.clone().into(),
            snapshot.suspect.clone().into(),
            time(&snapshot.taken_at),
            Value::Integer(snapshot.api_calls),
            snapshot.caller_arn.clone().into(),
        ])?;
    }
    if writer.finish()? == 0 {
        stderr::say(format!("no snapshot yet: {} takes the first", invocation::command("collect")));
    }
    Ok(())
}
