//! `snapshots prune`: keeps snapshots by rules, and removes the others.

use chrono::Utc;
use clap::Args;
use rusqlite::types::Value;

use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::{bytes, minute};
use crate::error::{Error, ErrorKind, Result};
use crate::invocation;
use crate::nearest::did_you_mean;
use crate::output::{Destination, Format, RowWriter, stderr};
use crate::query::Interruption;
use crate::store::{Census, CollectorLock, KeepRules, Pruned, Verdict, When};

/// The arguments of `snapshots prune`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots prune --keep-daily 30 --keep-monthly 12 --keep-yearly 7 --dry-run
  orgcensus snapshots prune --keep-last 10 --keep-label q3-review
  orgcensus snapshots prune 12 13         these two, by id

A rule keeps the last snapshot of each of so many days (weeks, months, years) that have one, the newest first, by the \
time in UTC when it was completed; what any rule keeps stays. A snapshot with a time in the future, or earlier than \
the one before it, has no reliable date: the rules keep it unless --force is given. Every snapshot that stays answers as before. \
The file does not shrink, but new snapshots fill the space first; orgcensus snapshots copy makes a small one.")]
pub struct PruneArgs {
    /// Remove these snapshots
    #[arg(value_name = "ID", value_parser = id)]
    ids: Vec<i64>,

    #[command(flatten)]
    rules: Rules,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Rules {
    /// Keep the last N snapshots
    #[arg(long, value_name = "N", value_parser = number, help_heading = "What to keep")]
    keep_last: Option<usize>,

    /// Keep the last snapshot of each of the last N days that have one
    #[arg(long, value_name = "N", value_parser = number, help_heading = "What to keep")]
    keep_daily: Option<usize>,

    /// Keep the last snapshot of each of the last N ISO weeks that have one
    #[arg(long, value_name = "N", value_parser = number, help_heading = "What to keep")]
    keep_weekly: Option<usize>,

    /// Keep the last snapshot of each of the last N months that have one
    #[arg(long, value_name = "N", value_parser = number, help_heading = "What to keep")]
    keep_monthly: Option<usize>,

    /// Keep the last snapshot of each of the last N years that have one
    #[arg(long, value_name = "N", value_parser = number, help_heading = "What to keep")]
    keep_yearly: Option<usize>,

    /// Keep every snapshot with this label; may be given several times
    #[arg(long, value_name = "TEXT", help_heading = "What to keep")]
    keep_label: Vec<String>,
}

impl PruneArgs {
    /// Returns true if it names the snapshots to remove. The rules of a config file do not apply then.
    pub fn has_ids(&self) -> bool {
        !self.ids.is_empty()
    }
}

impl Rules {
    fn to_keep(&self, trusts_all_times: bool) -> KeepRules {
        let rules = self;
        KeepRules {
            last: rules.keep_last.unwrap_or(0),
            daily: rules.keep_daily.unwrap_or(0),
            weekly: rules.keep_weekly.unwrap_or(0),
            monthly: rules.keep_monthly.unwrap_or(0),
            yearly: rules.keep_yearly.unwrap_or(0),
            labels: rules.keep_label.clone(),
            trusts_all_times,
        }
    }
}

/// Prunes the census, and lists the outcome for each snapshot.
pub fn run(
    args: PruneArgs,
    format: Format,
    global: &GlobalOptions,
    destination: &mut Destination,
) -> Result<()> {
    // The census must not change between the decision and the removal.
    let lock = match args.dry_run {
        true => None,
        false => Some(lock(global)?),
    };
    let verdicts = judge(&global.open_census()?, args.ids, &args.rules.to_keep(global.force))?;
    warn_of_times(&verdicts, global.force);
    Verdict::check(&verdicts, &global.db)?;
    let gone = Verdict::pruned(&verdicts);
    let pruned = match lock {
        Some(_) if !gone.is_empty() => Some(prune(global, &gone)?),
        _ => None,
    };
    drop(lock);
    write(&verdicts, format, destination)?;
    stderr::say(told(gone.len(), verdicts.len(), pruned));
    Ok(())
}

/// Acquires the collector's lock. The census is opened first, so that no lock file is created beside a missing census.
fn lock(global: &GlobalOptions) -> Result<CollectorLock> {
    drop(global.open_census()?);
    CollectorLock::acquire(&global.db)
}

fn judge(census: &Census, ids: Vec<i64>, rules: &KeepRules) -> Result<Vec<Verdict>> {
    let snapshots = census.snapshots()?;
    match (ids.is_empty(), rules.is_empty()) {
        (true, true) => {
            return Err(Error::usage("no rule says which snapshots to keep")
                .hint(format!(
                    "give rules: {}",
                    invocation::command("snapshots prune --keep-daily 30 --keep-monthly 12 --dry-run")
                ))
                .hint("or the ids of those to remove"));
        }
        (false, false) => {
            return Err(
                Error::usage("rules say what to keep, and ids what to remove").hint("give one or the other")
            );
        }
        _ => {}
    }
    if !ids.is_empty() {
        ids.iter().try_for_each(|id| census.resolve(&When::Id(*id)).map(drop))?;
        return Ok(Verdict::but(snapshots, &ids));
    }
    census.resolve(&When::LATEST)?;
    let labels = || snapshots.iter().filter_map(|one| one.label.as_deref());
    if let Some(unknown) = rules.labels.iter().find(|typed| labels().all(|label| label != *typed)) {
        return Err(Error::unknown(format!("no snapshot has the label \"{unknown}\""))
            .hint_if_any(did_you_mean(unknown, labels()))
            .hint(format!("{} lists the labels", invocation::command("snapshots"))));
    }
    Ok(rules.judge(snapshots, Utc::now()))
}

/// Warns of snapshots whose day is uncertain, and of the consequence.
fn warn_of_times(verdicts: &[Verdict], is_forced: bool) {
    let ids: Vec<_> =
        verdicts.iter().filter(|one| !one.is_certain).map(|one| one.snapshot.snapshot_id).collect();
    let named = match ids.as_slice() {
        [] => return,
        [one] => format!("snapshot {one}"),
        [first, .., last] => format!("{} snapshots, {first} to {last},", ids.len()),
    };
    stderr::warn(format!(
        "a clock was wrong when {named} was taken, or is wrong now: its day is not certain; {}",
        match is_forced {
            true => "--force goes by the times that are recorded",
            false =>
                "rules by day, week, month or year keep it, and --force goes by the times that are recorded",
        }
    ));
}

fn prune(global: &GlobalOptions, gone: &[i64]) -> Result<Pruned> {
    let mut database = global.open_to_change()?;
    let interruption = Interruption::watch(database.connection(), None)?;
    database.prune(gone).map_err(|error| match interruption.explain(error) {
        error if error.kind() == ErrorKind::Interrupted => error.hint("nothing was removed"),
        error => error,
    })
}

fn write(verdicts: &[Verdict], format: Format, destination: &mut Destination) -> Result<()> {
    let columns = ["snapshot_id", "completed_at", "status", "label", "action", "reasons"];
    let is_read = format == Format::Table;
    let mut writer = RowWriter::begin(format, columns, destination)?;
    for Verdict { snapshot, kept, reasons, .. } in verdicts {
        let completed_at = match is_read {
            true => minute(&snapshot.completed_at),
            false => snapshot.completed_at.clone(),
        };
        writer.values(&[
            Value::Integer(snapshot.snapshot_id),
            Value::Text(completed_at),
            Value::Text(snapshot.status.as_str().to_owned()),
            snapshot.label.clone().into(),
            Value::Text(if *kept { "keep" } else { "prune" }.to_owned()),
            (!reasons.is_empty()).then(|| reasons.join(", ")).into(),
        ])?;
    }
    writer.finish().map(drop)
}

fn told(gone: usize, all: usize, pruned: Option<Pruned>) -> String {
    match pruned {
        _ if gone == 0 => format!("nothing to prune: all {all} snapshots are kept"),
        None => format!("{gone} of {all} snapshots would be pruned; nothing was changed"),
        Some(Pruned { versions, free_bytes, bytes: all_bytes }) => format!(
            "pruned {gone} of {all} snapshots and {versions} versions: of {}, {} are now free for new ones",
            bytes(all_bytes.unsigned_abs()),
            bytes(free_bytes.unsigned_abs())
        ),
    }
}

/// Parses the id of a snapshot to remove. A date is refused, because it may resolve to another snapshot than intended.
fn id(typed: &str) -> Result<i64, String> {
    typed.parse().map_err(|_| "give an id, a number that orgcensus snapshots lists".to_owned())
}

/// Parses a number of snapshots, at least 1.
fn number(typed: &str) -> Result<usize, String> {
    match typed.parse() {
        Ok(0) => Err("give at least 1, or leave the rule out".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a number, e.g. 30".to_owned()),
    }
}
