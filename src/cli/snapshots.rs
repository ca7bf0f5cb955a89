//! `snapshots`: the dates that the census can answer for, and what each of them saw.

use chrono::Utc;
use clap::{Args, Subcommand};
use rusqlite::types::Value;

use super::GlobalOptions;
use super::answering::{age, answering, minute, status};
use crate::error::{ExitStatus, Result};
use crate::output::{Destination, Format, RowWriter, words};
use crate::store::{Census, Coverage, CoverageStatus, Gap, Snapshot};

/// The arguments of `snapshots`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots                         the list, oldest first
  orgcensus snapshots show latest             what the latest one covers, and its gaps
  orgcensus snapshots show 2026-09-30         the one that answers for a date
  orgcensus snapshots show 41 --format json   the same for a program")]
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
    },
}

/// Lists the snapshots, or shows one.
pub fn run(args: SnapshotsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv);
    let census = global.open_census()?;
    match args.action {
        None => list(&census.snapshots()?, format, &mut destination)?,
        Some(Action::Show { when }) => show(&census, &when, format, &mut destination)?,
    }
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn list(snapshots: &[Snapshot], format: Format, destination: &mut Destination) -> Result<()> {
    let columns = [
        "snapshot_id",
        "taken_at",
        "completed_at",
        "age",
        "status",
        "label",
        "api_calls",
        "caller_arn",
        "suspect",
    ];
    let now = Utc::now();
    let mut writer = RowWriter::begin(format, &columns.map(str::to_owned), destination)?;
    for snapshot in snapshots {
        writer.values(&[
            Value::Integer(snapshot.snapshot_id),
            Value::Text(snapshot.taken_at.clone()),
            Value::Text(snapshot.completed_at.clone()),
            Value::Text(age(&snapshot.completed_at, now)),
            Value::Text(status(snapshot).to_owned()),
            snapshot.label.clone().into(),
            Value::Integer(snapshot.api_calls),
            snapshot.caller_arn.clone().into(),
            snapshot.suspect.clone().into(),
        ])?;
    }
    if writer.finish()? == 0 {
        words::say("no snapshot yet: orgcensus collect takes the first");
    }
    Ok(())
}

/// One row a resource and, below those of its resource, one row a gap: one shape that every format can hold.
fn show(census: &Census, when: &str, format: Format, destination: &mut Destination) -> Result<()> {
    let snapshot = census.resolve(&when.parse()?)?;
    let gaps = census.gaps(snapshot.snapshot_id)?;
    words::say(answering(&snapshot));
    say_facts(&snapshot);
    let columns = ["resource", "status", "rows", "gaps", "scope", "operation", "reason"];
    let mut writer = RowWriter::begin(format, &columns.map(str::to_owned), destination)?;
    for coverage in census.coverage(snapshot.snapshot_id)? {
        writer.values(&covered(&coverage))?;
        for gap in gaps.iter().filter(|gap| gap.resource == coverage.resource) {
            writer.values(&unseen(gap))?;
        }
    }
    writer.finish()?;
    Ok(())
}

fn say_facts(snapshot: &Snapshot) {
    let facts = [
        ("label", snapshot.label.as_deref()),
        ("organization", snapshot.organization_id.as_deref()),
        ("instance", snapshot.instance_arn.as_deref()),
        ("collected by", snapshot.caller_arn.as_deref()),
        ("assignments listed by", snapshot.assignment_strategy.as_deref()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            words::say(format!("  {name} {value}"));
        }
    }
    words::say(format!(
        "  from {} to {}, {} calls, {} throttled, by orgcensus {}",
        minute(&snapshot.taken_at),
        minute(&snapshot.completed_at),
        snapshot.api_calls,
        snapshot.throttled_calls,
        snapshot.tool_version
    ));
}

fn covered(coverage: &Coverage) -> [Value; 7] {
    let status = match coverage.status {
        CoverageStatus::Complete => "complete",
        CoverageStatus::Partial => "partial",
        CoverageStatus::NotCollected => "not_collected",
        CoverageStatus::Unavailable => "unavailable",
    };
    [
        Value::Text(coverage.resource.clone()),
        Value::Text(status.to_owned()),
        Value::Integer(coverage.rows),
        Value::Integer(coverage.gaps),
        Value::Null,
        Value::Null,
        coverage.reason.clone().into(),
    ]
}

fn unseen(gap: &Gap) -> [Value; 7] {
    let reason = match (&gap.error_code, &gap.error_message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.clone().or_else(|| message.clone()),
    };
    [
        Value::Text(gap.resource.clone()),
        Value::Text(format!("gap: {}", gap.kind.as_str())),
        Value::Null,
        Value::Null,
        Value::Text(gap.scope.clone()),
        gap.operation.clone().into(),
        reason.into(),
    ]
}
