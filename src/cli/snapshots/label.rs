//! `snapshots label`: labels a snapshot.

use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::{resolve, say_answering};
use crate::error::Result;
use crate::output::stderr;
use crate::store::{When, check_label};

/// The arguments of `snapshots label`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots label 41 'before the merger'
  orgcensus snapshots label latest q3-review
  orgcensus snapshots label 41 ''                    takes the label away

A label is free text, except what --at would read as an id, a time or a range. --at and every other WHEN take it in \
place of an id, and snapshots prune --keep-label keeps the snapshots that have it.")]
pub struct LabelArgs {
    /// An id, latest, latest-3, first, a label, a date, a time, 7d, "7 days ago", 2026-W47, 2026-Q3
    #[arg(value_name = "ID | WHEN")]
    when: String,

    /// The label; an empty one removes it
    #[arg(value_name = "TEXT")]
    text: String,
}

/// Labels the snapshot.
pub fn run(args: LabelArgs, global: &GlobalOptions) -> Result<()> {
    let when: When = args.when.parse()?;
    let snapshot = resolve(&global.open_census()?, &when)?;
    say_answering("", &snapshot, Some(&when));
    let label = Some(args.text.trim()).filter(|text| !text.is_empty());
    label.map_or(Ok(()), check_label)?;
    global.open_to_change()?.label(snapshot.snapshot_id, label)?;
    stderr::say(match (label, &snapshot.label) {
        (Some(label), Some(before)) => format!("labelled \"{label}\" (was \"{before}\")"),
        (Some(label), None) => format!("labelled \"{label}\""),
        (None, Some(before)) => format!("no longer labelled \"{before}\""),
        (None, None) => "it had no label".to_owned(),
    });
    Ok(())
}
