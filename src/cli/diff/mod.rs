//! `diff`: shows the changes between two snapshots, and the causes of changed access.
//!
//! `narrowing` filters the answer · `answer` compares and writes it.

mod answer;
mod narrowing;

use chrono::Utc;
use clap::Args;

use super::GlobalOptions;
use super::about::about;
use super::evidence::{self, EvidenceArgs};
use super::range::Range as SnapshotRange;
use super::snapshot_line::{answering, distance, resolve, say_answering};
use crate::diff::text::{Extent, Grouping};
use crate::error::{Error, ExitStatus, Result};
use crate::invocation;
use crate::model;
use crate::output::{Format, stderr};
use crate::store::{Census, Snapshot, When};
use answer::{DiffRequest, Found, Shape};
use narrowing::{Narrowing, Range};
pub(super) use narrowing::{NarrowingArgs, ids, known_tags};

/// The arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus diff                             the last two snapshots
  orgcensus diff --details                   with every access and row
  orgcensus diff 2026-09 --stat              only how much changed
  orgcensus diff 2026-09-30..                a past date and the latest
  orgcensus diff 2026-Q3                     that quarter, or day, or week
  orgcensus diff 2026-Q2..2026-Q3 --access   who gained and lost access, and why
  orgcensus diff '7 days ago' --user ana     what changed for one user
  orgcensus diff '7 days ago' --steps        each snapshot with the one before
  orgcensus diff 2026-Q2 2026-Q3 --access --steps --ou /Workloads/Prod --privileged
                                             who gained power in production
  orgcensus diff 2026-09 --by account        grouped by account, not by resource
  orgcensus diff --format markdown           for a pull request or a ticket
  orgcensus diff --resource account_assignments --format json
  orgcensus diff --exit-code --quiet         3: something changed,
                                             4: nothing did, not all was seen
  orgcensus diff --exit-code --skip tags     the same, whatever happens to tags

What a snapshot could not see is never reported as removed, and what is first seen after that is not reported as \
added: both are shown as \"not seen\" (unknown in JSON), with the reason. A row under several gaps counts once in the summary.  \
What was not requested of a resource is shown as \"not asked for\" (limited in JSON): it is neither a change nor \"not \
seen\".

A service that was attempted again (a newer last_authenticated_at, with its Region, account and count) is not \
counted as a change: one line says how many there are, and --resource service_last_accessed lists them. JSON, jsonl and CSV \
have their rows, marked by activity. A first attempt is a change, and so is one that is older than before.

--skip leaves out a resource's rows and what was not seen of them, but not what may hide access.")]
pub struct DiffArgs {
    /// The snapshot to start from, FROM..TO, or a day, week, month or quarter alone, which is that period
    /// [default: the one before TO]
    #[arg(value_name = "FROM")]
    from: Option<String>,

    /// The snapshot to compare it with [default: the latest]
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// Show only access that changed
    #[arg(long, help_heading = "What to show")]
    access: bool,

    /// Show only the rows of this resource; repeatable, or several with commas between them
    #[arg(long = "resource", value_name = "RESOURCE", value_delimiter = ',', help_heading = "What to show")]
    resources: Vec<String>,

    /// Leave out the rows of this resource; repeatable, or several with commas between them
    #[arg(long = "skip", value_name = "RESOURCE", value_delimiter = ',', help_heading = "What to show")]
    skip: Vec<String>,

    #[command(flatten)]
    narrowing: NarrowingArgs,

    /// Group the details; in text and Markdown
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, help_heading = "What to show")]
    by: Grouping,

    /// Show the changes of each snapshot against the one before it, and not only the net result
    #[arg(long, help_heading = "What to show")]
    steps: bool,

    /// Show every change of access with its paths, and every row; without it, many changes of access are grouped by
    /// cause, and many rows are counted
    #[arg(long, conflicts_with = "stat", help_heading = "What to show")]
    details: bool,

    /// Show only how much changed: a line for access and one for each resource
    #[arg(long, conflicts_with = "by", help_heading = "What to show")]
    stat: bool,

    /// Exit with 3 when anything changed, with 4 when nothing did but something was not seen; with --quiet, print
    /// nothing to standard output
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl DiffArgs {
    /// Sets the snapshots to compare. Returns true, because this command takes a range.
    pub fn pin(&mut self, from: i64, to: i64) -> bool {
        (self.from, self.to) = (Some(from.to_string()), Some(to.to_string()));
        true
    }
}

/// Compares the snapshots.
pub fn run(args: DiffArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    args.resources.iter().chain(&args.skip).try_for_each(|name| model::compared_named(name).map(drop))?;
    if !args.access
        && !args.resources.is_empty()
        && args.resources.iter().all(|name| args.skip.contains(name))
    {
        return Err(Error::usage("--skip leaves out all that --resource names: nothing would be compared")
            .hint("leave out one of the two"));
    }
    let asked = SnapshotRange::parse(args.from.as_deref(), args.to.as_deref())?;
    let mut destination = global.destination()?;
    if args.exit_code {
        destination.outlive_reader();
        if global.quiet {
            destination.silence();
        }
    }
    let shape = Shape::of(global, &destination)?;
    if args.by != Grouping::Resource && !shape.has_groups() {
        return Err(Error::usage("--by is only for text and Markdown")
            .hint("leave out --by: programs find every account, user, group and permission set by its id"));
    }
    let how_much = [("--details", args.details), ("--stat", args.stat)];
    if let Some((option, _)) = how_much.into_iter().find(|(_, is_typed)| *is_typed)
        && !shape.has_groups()
    {
        return Err(Error::usage(format!("{option} is only for text and Markdown"))
            .hint(format!("leave out {option}: programs get every change")));
    }
    let sidecar = args.evidence.open(global, &destination)?;
    let mut census = global.open_census()?;
    let is_first = args.exit_code && asked.begins_before_its_end() && census.snapshots()?.len() == 1;
    let (from, to) = match is_first {
        // A job that runs after every collection has nothing to report after the first.
        true => resolve(&census, asked.to()).map(|only| (only.clone(), only))?,
        false => asked.resolve(&census, before)?,
    };
    let range = Range { from, to, steps: args.steps };
    let narrowing = Narrowing::new(&args.narrowing, &mut census, &range)?;
    let Range { from, to, .. } = range;
    if is_first {
        stderr::say(format!(
            "{}: it is the first snapshot, so there is none to compare it with",
            answering(&to)
        ));
    }
    for (role, snapshot, when) in [("from ", &from, asked.from()), ("to ", &to, Some(asked.to()))] {
        if is_first {
            continue;
        }
        // The text names both snapshots itself. Only a snapshot that is not of the requested day needs a message.
        let is_told = |when: &When| distance(snapshot, when, Utc::now()).is_some();
        if shape != Shape::Text || when.is_some_and(is_told) {
            say_answering(role, snapshot, when);
        }
    }
    if from.snapshot_id == to.snapshot_id && !is_first {
        stderr::warn(format!("both ends are snapshot {}: nothing is compared", to.snapshot_id));
    }
    if from.snapshot_id > to.snapshot_id {
        stderr::warn(format!(
            "snapshot {} is later than snapshot {}: what is told as gained was lost, and the reverse",
            from.snapshot_id, to.snapshot_id
        ));
    }
    for snapshot in [&from, &to] {
        if let Some(why) = &snapshot.suspect {
            stderr::warn(format!("snapshot {} is suspect: {why}", snapshot.snapshot_id));
        }
    }
    // Naming a resource, or a grouping, requests its details.
    let asks_for_details = args.details || args.by != Grouping::Resource || !args.resources.is_empty();
    let extent = match args.stat {
        true => Extent::Numbers,
        false if asks_for_details => Extent::Details,
        false => Extent::Brief,
    };
    let request = DiffRequest {
        from: from.snapshot_id,
        to: to.snapshot_id,
        is_first,
        steps: args.steps,
        resources: args.resources,
        skip: args.skip,
        access: args.access,
        by: args.by,
        extent,
        is_colored: global.color.is_on(destination.is_terminal()),
        options: args.narrowing.typed(),
        census: &census,
        narrowing,
    };
    let answered = match args.steps {
        true => census.snapshots()?.into_iter().filter(|one| is_between(one, &from, &to)).collect(),
        false => vec![from, to],
    };
    if shape == Shape::Rows(Format::Xlsx) {
        let mut about = about("changes", &census, &answered, &evidence::Question::default())?;
        request.tell(&mut about);
        destination.describe(about);
    }
    let found = request.answer(shape, &mut destination)?;
    let written = destination.written();
    evidence::finish(destination, sidecar, &census, &answered, &evidence::Question::default())?;
    written.into_iter().for_each(stderr::say);
    Ok(match found {
        _ if !args.exit_code => ExitStatus::Done,
        Found { changes: true, .. } => ExitStatus::Changed,
        Found { unknowns: true, .. } => ExitStatus::Incomplete,
        _ => ExitStatus::Done,
    })
}

/// Returns the previous snapshot, with which a diff without FROM compares.
pub(super) fn before(census: &Census, to: &Snapshot) -> Result<Snapshot> {
    let mut snapshots = census.snapshots()?.into_iter().rev();
    snapshots.find(|one| one.snapshot_id < to.snapshot_id).ok_or_else(|| {
        Error::failed(format!(
            "snapshot {} is the first: there is no earlier one to compare it with",
            to.snapshot_id
        ))
        .hint(format!(
            "{} takes the next one, and {} compares any two",
            invocation::command("collect"),
            invocation::command("diff FROM TO")
        ))
    })
}

/// Returns true if a snapshot is one of the two or lies between them.
fn is_between(one: &Snapshot, from: &Snapshot, to: &Snapshot) -> bool {
    let ends = [from.snapshot_id, to.snapshot_id];
    (ends[0].min(ends[1])..=ends[0].max(ends[1])).contains(&one.snapshot_id)
}
