//! `doctor`: shows the caller, the life of the credentials, the visible resources and the missing permissions.
//!
//! It fails at once only if no call can succeed: without credentials, with expired ones, without a connection. Every
//! other problem is a row.

mod facts;
mod layout;

use std::io::Write;

use clap::Args;
use rusqlite::types::Value;

use super::collect::{SelectionArgs, connection};
use super::{GlobalOptions, runtime};
use crate::aws::{ConnectionOptions, RetryPolicy};
use crate::collect::{Finding, Groundwork, NeverSeen, Seen, probe};
use crate::error::{ExitStatus, Result};
use crate::output::{Destination, Format, Ink, RowWriter, stderr, write_error};
use crate::store::Census;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus doctor
  orgcensus doctor --profile audit
  orgcensus doctor --only users            what would collect --only users need?
  orgcensus doctor --only @policies        what would a group of resources need?
  orgcensus doctor --assume-role arn:aws:iam::111122223333:role/Census --external-id 42
  orgcensus doctor --format csv > permissions.csv

It sends one cheap read for each operation that collect with the same flags uses, and writes nothing. Exit code 0: \
everything that was tried can be read. Exit code 1: something cannot, and its row names the missing action or setting. \
`unavailable` means that the organization, or this kind of account or instance, does not have it.")]
pub struct DoctorArgs {
    #[command(flatten)]
    selection: SelectionArgs,

    /// The Identity Center instance, where several are visible
    #[arg(long, value_name = "ARN", help_heading = "What to collect")]
    instance_arn: Option<String>,
}

/// Examines the permissions, and prints the caller and a row for each operation.
pub fn run(args: DoctorArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Table)?;
    let selection = args.selection.selection()?;
    let options = ConnectionOptions { retry_policy: RetryPolicy::BRIEF, ..connection(global, &[], None) };
    let runtime = runtime()?;
    let groundwork = runtime.block_on(Groundwork::lay(&options, &selection))?;
    if let Some(error) = groundwork.dead_end() {
        return Err(error);
    }
    tell(&facts::settings(global), format, &mut destination)?;
    tell(&facts::introduce(&groundwork), format, &mut destination)?;
    let census = if global.db.exists() { Some(Census::open(&global.db)?) } else { None };
    let never_seen = NeverSeen::of(&selection, census.as_ref().map(Census::connection))?;
    let instance_arn = args.instance_arn.as_deref();
    let examination = runtime.block_on(probe(&groundwork, &selection, &never_seen, instance_arn));
    tell(&facts::conclude(&groundwork, &examination), format, &mut destination)?;
    match format {
        Format::Table => {
            layout::write(&examination.findings, &mut destination.page(false)).map_err(write_error)?
        }
        format => write_rows(format, &examination.findings, &mut destination)?,
    }
    destination.finish()?;
    Ok(sum_up(&examination.findings))
}

/// Writes facts into a table for people, and beside rows for programs.
fn tell(facts: &[String], format: Format, destination: &mut Destination) -> Result<()> {
    for fact in facts {
        match format {
            Format::Table => destination.page(false).line(Ink::Plain, fact).map_err(write_error)?,
            _ => stderr::say(fact),
        }
    }
    // The user has something to read during the examination.
    destination.flush().map_err(write_error)
}

fn write_rows(format: Format, findings: &[Finding], destination: &mut Destination) -> Result<()> {
    let columns = ["operation", "needed_for", "seen", "missing", "error_code", "error_message"];
    let mut writer = RowWriter::begin(format, columns, destination)?;
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    for finding in findings {
        writer.values(&[
            Value::Text(finding.operation.to_string()),
            text(&Some(finding.resources.join(", ")).filter(|resources| !resources.is_empty())),
            Value::Text(finding.seen.as_str().to_owned()),
            text(&finding.missing),
            text(&finding.error_code),
            text(&finding.error_message),
        ])?;
    }
    writer.finish().map(drop)
}

fn sum_up(findings: &[Finding]) -> ExitStatus {
    let count = |seen: Seen| findings.iter().filter(|finding| finding.seen == seen).count();
    let (all, unseen) = (findings.len(), count(Seen::No));
    if unseen > 0 {
        stderr::warn(format!(
            "{unseen} of {all} operations cannot be used; orgcensus iam-policy prints the policy that allows them"
        ));
        return ExitStatus::Failed;
    }
    stderr::say(format!(
        "everything that was tried can be read: {} of {all} operations; {} are unavailable here, {} were not tried",
        count(Seen::Yes),
        count(Seen::Unavailable),
        count(Seen::NotTried)
    ));
    ExitStatus::Done
}
