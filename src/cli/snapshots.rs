//! `snapshots`: the dates that the census can answer for, what each of them saw, and what proves it.

use chrono::Utc;
use clap::{Args, Subcommand};
use rusqlite::types::Value;

mod show;
mod verify;

use super::GlobalOptions;
use super::answering::{age, minute, status};
use crate::error::{ExitStatus, Result};
use crate::output::{Destination, Format, RowWriter, words};
use crate::store::Snapshot;

/// The arguments of `snapshots`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots                         the list, oldest first
  orgcensus snapshots show latest             what the latest one covers, and its gaps
  orgcensus snapshots show 2026-09-30         the one that answers for a date
  orgcensus snapshots show 41 --format json   the same for a program, with each gap by itself
  orgcensus snapshots show 41 --evidence      what proves it: times, caller, organization, coverage, hashes
  orgcensus snapshots verify                  is every snapshot still as it was published?
  orgcensus snapshots verify --expect HASH    and is the one among them whose hash was noted?")]
pub struct SnapshotsArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show one snapshot: what it covers and what it could not see
    Show {
        /// An id, latest, latest~3, a date, a time, "7 days ago", 2026-Q3
        #[arg(value_name = "ID | WHEN")]
        when: String,

        /// Show what proves it instead: when, by whom and of what it was taken, what it covers, its hashes
        #[arg(long)]
        evidence: bool,
    },
    /// Hold the whole file against the hashes that were recorded when each snapshot was published
    Verify(verify::VerifyArgs),
}

/// Lists the snapshots, shows one, or verifies them all.
pub fn run(args: SnapshotsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    let census = global.open_census()?;
    match args.action {
        None => list(&census.snapshots()?, format, &mut destination)?,
        Some(Action::Show { when, evidence: true }) => {
            show::write_evidence(&census, &when.parse()?, format, &mut destination)?;
        }
        Some(Action::Show { when, evidence: false }) => {
            show::write(&census, &when.parse()?, format, &global.db_option(), &mut destination)?;
        }
        Some(Action::Verify(args)) => verify::write(&args, &census, format, &mut destination)?,
    }
    destination.finish()?;
    Ok(ExitStatus::Done)
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
    // People compare days and must not overlook a suspect; programs get the times as they are.
    let is_read = format == Format::Table;
    let time = |time: &String| Value::Text(if is_read { minute(time) } else { time.clone() });
    let status = |snapshot: &Snapshot| match snapshot.suspect {
        Some(_) if is_read => format!("{}, suspect", status(snapshot)),
        _ => status(snapshot).to_owned(),
    };
    let mut writer = RowWriter::begin(format, &columns.map(str::to_owned), destination)?;
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
        words::say("no snapshot yet: orgcensus collect takes the first");
    }
    Ok(())
}
