//! The bare command: shows the state of the census, or the first commands to type.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use super::evidence::write_pretty;
use super::snapshot_line::{age, answering, bytes, snapshots_by};
use super::{GlobalOptions, duration};
use crate::amounts::{counted, exact_duration};
use crate::error::{Error, ExitStatus, Result};
use crate::excerpt::excerpt;
use crate::invocation;
use crate::output::{Format, Ink, text, write_error};
use crate::store::{Coverage, CoverageStatus, Snapshot, SnapshotStatus};

/// The arguments of the bare command.
#[derive(Debug, Args)]
pub struct StateArgs {
    /// Treat the last snapshot as too old when it was completed longer ago than this, e.g. 26h
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Without a command")]
    max_age: Option<Duration>,

    /// Exit with 4 when the last snapshot is partial, suspect or too old, or when there is none
    #[arg(long, help_heading = "Without a command")]
    exit_code: bool,
}

impl StateArgs {
    /// Returns the first of these options that was typed.
    pub fn typed(&self) -> Option<&'static str> {
        match (self.max_age, self.exit_code) {
            (Some(_), _) => Some("--max-age"),
            (None, true) => Some("--exit-code"),
            (None, false) => None,
        }
    }
}

/// The problems that `--exit-code` reports. The names are part of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Problem {
    NoSnapshot,
    Partial,
    Suspect,
    TooOld,
}

/// The state of the census. Its fields are the keys of the JSON, which programs rely on (docs/json.md).
#[derive(Debug, Serialize)]
struct State {
    census: String,
    /// True for a copy that is meant for reading.
    #[serde(skip)]
    is_copy: bool,
    /// The size of the file; `None` if there is no file.
    bytes: Option<u64>,
    organization_id: Option<String>,
    instance_arn: Option<String>,
    /// The number of snapshots.
    snapshots: usize,
    first_snapshot_id: Option<i64>,
    last_snapshot_id: Option<i64>,
    last: Option<Last>,
    /// The time of the last step of an unfinished collection.
    unfinished_since: Option<String>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Last {
    #[serde(flatten)]
    snapshot: Snapshot,
    /// The age, below zero for a snapshot from the future.
    age_seconds: Option<i64>,
    coverage: Vec<Coverage>,
}

/// The number of characters shown of the reason of a gap.
const REASON: usize = 300;

/// Shows the file, the organization, the last snapshot with its age and gaps, and an unfinished collection.
pub fn run(args: &StateArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let is_json = match global.format_said(&destination)? {
        Some(Format::Json) => true,
        None | Some(Format::Table) => false,
        Some(format) => {
            return Err(Error::usage(format!(
                "the state of the census is not a table: --format {} does not apply",
                format.name()
            ))
            .hint("--format json writes one object")
            .hint(format!(
                "{} lists the snapshots",
                invocation::command(format_args!("snapshots --format {}", format.name()))
            )));
        }
    };
    // A file that may not be accessed does not mean that there is no census yet. Opening it reports the reason.
    let is_there = global.db.try_exists().unwrap_or(true);
    let state = State::read(args, global, is_there)?;
    if is_json {
        write_pretty(&state, &mut destination)?;
    } else {
        let lines = if is_there { state.lines(args, global) } else { first_commands(global) };
        let mut page = destination.page(false);
        lines
            .iter()
            .try_for_each(|line| page.line(Ink::Plain, &text::shortened(line)))
            .map_err(write_error)?;
    }
    destination.finish()?;
    let is_good = !args.exit_code || state.problems.is_empty();
    Ok(if is_good { ExitStatus::Done } else { ExitStatus::Incomplete })
}

impl State {
    fn read(args: &StateArgs, global: &GlobalOptions, is_there: bool) -> Result<Self> {
        let mut state = Self {
            census: global.db.to_string_lossy().into_owned(),
            is_copy: false,
            bytes: None,
            organization_id: None,
            instance_arn: None,
            snapshots: 0,
            first_snapshot_id: None,
            last_snapshot_id: None,
            last: None,
            unfinished_since: unfinished_since(global)
                .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            problems: Vec::new(),
        };
        if is_there {
            let census = global.open_census()?;
            state.is_copy = census.is_copy();
            state.bytes = Some(census.bytes()?);
            let all = census.snapshots()?;
            state.snapshots = all.len();
            state.first_snapshot_id = all.first().map(|first| first.snapshot_id);
            state.last_snapshot_id = all.last().map(|last| last.snapshot_id);
            let mut snapshots = snapshots_by(&census, global.at()?.as_ref())?;
            if let Some(snapshot) = snapshots.pop() {
                state.organization_id.clone_from(&snapshot.organization_id);
                state.instance_arn.clone_from(&snapshot.instance_arn);
                let coverage = census.coverage(snapshot.snapshot_id)?;
                let age_seconds =
                    snapshot.times().map(|(_, completed)| (Utc::now() - completed).num_seconds());
                state.last = Some(Last { snapshot, age_seconds, coverage });
            }
            census.check_unwritten()?;
        }
        state.problems = problems(state.last.as_ref(), args.max_age);
        Ok(state)
    }

    fn lines(&self, args: &StateArgs, global: &GlobalOptions) -> Vec<String> {
        let copy = if self.is_copy { ", a copy for others to read" } else { "" };
        let size = self.bytes.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
        let mut lines = vec![format!("census        {}{size}{copy}", global.db.display())];
        match &self.last {
            None => {
                lines.push(format!(
                    "snapshots     none yet: {} takes the first",
                    invocation::command("collect")
                ));
            }
            Some(last) => {
                let or_unknown = |id: &Option<String>| id.clone().unwrap_or_else(|| "not known".to_owned());
                lines.push(format!("organization  {}", or_unknown(&self.organization_id)));
                lines.push(format!("instance      {}", or_unknown(&self.instance_arn)));
                lines.push(format!("snapshots     {}", self.number()));
                lines.push(format!("last          {}", answering(&last.snapshot)));
                if let (Some(max_age), true) = (args.max_age, self.problems.contains(&Problem::TooOld)) {
                    lines.push(format!(
                        "too old       it is not known to be of the last {}",
                        exact_duration(max_age)
                    ));
                }
                lines.extend(gaps(last));
            }
        }
        let is_demo = self.last.as_ref().is_some_and(|last| last.snapshot.is_synthetic());
        lines.extend(unfinished_collection(global, is_demo));
        lines
    }

    fn number(&self) -> String {
        match (self.first_snapshot_id, self.last_snapshot_id) {
            (Some(first), Some(last)) if self.snapshots > 1 => {
                format!("{} ({first} to {last})", self.snapshots)
            }
            _ => self.snapshots.to_string(),
        }
    }
}

/// Returns the problems of the last snapshot. A snapshot from the future has an unknown age, and so counts as too old.
fn problems(last: Option<&Last>, max_age: Option<Duration>) -> Vec<Problem> {
    let Some(Last { snapshot, age_seconds, .. }) = last else { return vec![Problem::NoSnapshot] };
    let is_fresh = |max_age: Duration| {
        !snapshot.is_to_come(Utc::now())
            && age_seconds.is_some_and(|age| u64::try_from(age).unwrap_or(0) <= max_age.as_secs())
    };
    [
        (snapshot.status == SnapshotStatus::Partial, Problem::Partial),
        (snapshot.suspect.is_some(), Problem::Suspect),
        (max_age.is_some_and(|max_age| !is_fresh(max_age)), Problem::TooOld),
    ]
    .into_iter()
    .filter_map(|(is_one, problem)| is_one.then_some(problem))
    .collect()
}

fn first_commands(global: &GlobalOptions) -> Vec<String> {
    let commands = [
        ("orgcensus doctor".to_owned(), "what can these credentials see, and what is missing"),
        (invocation::command("collect"), "take the first snapshot"),
        ("orgcensus query --list".to_owned(), "what it can then answer"),
    ];
    let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("There is no census yet at {}.", global.db.display())];
    lines.extend(unfinished_collection(global, false));
    lines.extend([String::new(), "Begin with:".to_owned()]);
    lines.extend(commands.map(|(command, what)| format!("  {command:width$}   {what}")));
    lines
}

/// Describes the gaps of the last snapshot: each incomplete resource by itself, and those that were not requested
/// together by reason.
fn gaps(last: &Last) -> Vec<String> {
    let mut lines = Vec::new();
    let mut others: Vec<(&str, String, Vec<String>)> = Vec::new();
    for coverage in last.coverage.iter().cloned() {
        let limits = coverage.limits();
        let reason =
            coverage.reason.map(|reason| format!(": {}", excerpt(&reason, REASON))).unwrap_or_default();
        let resource = coverage.resource;
        let word = match coverage.status {
            CoverageStatus::Complete => continue,
            CoverageStatus::Limited => {
                let limits = limits.map(|limits| format!(", {limits}")).unwrap_or_default();
                lines.push(format!("limited       {resource}{limits}{reason}"));
                continue;
            }
            CoverageStatus::Partial => {
                let gaps = counted(coverage.gaps, "gap");
                lines.push(format!("partial       {resource}, {gaps}{reason}"));
                continue;
            }
            CoverageStatus::NotCollected => "not collected ",
            CoverageStatus::Unavailable => "unavailable   ",
        };
        match others.iter_mut().find(|(known, why, _)| *known == word && *why == reason) {
            Some((_, _, resources)) => resources.push(resource),
            None => others.push((word, reason, vec![resource])),
        }
    }
    let others = others.into_iter();
    lines.extend(others.map(|(word, reason, resources)| format!("{word}{}{reason}", resources.join(", "))));
    if !lines.is_empty() {
        let show = invocation::command(format_args!("snapshots show {}", last.snapshot.snapshot_id));
        lines.push(format!("              {show} lists the gaps"));
    }
    lines
}

/// Returns the time from the file's metadata alone: opening the file would disturb a running collector.
fn unfinished_since(global: &GlobalOptions) -> Option<DateTime<Utc>> {
    Some(std::fs::metadata(global.staging_path()).ok()?.modified().ok()?.into())
}

fn unfinished_collection(global: &GlobalOptions, is_demo: bool) -> Option<String> {
    let written = unfinished_since(global)?;
    let age = age(&written.to_rfc3339(), Utc::now());
    let otherwise = match is_demo {
        // No collection continues a simulated organization.
        true => "orgcensus demo makes the census anew".to_owned(),
        false => format!("{} resumes it", invocation::command("collect")),
    };
    Some(format!("unfinished    a collection, last step {age}: still at work, or {otherwise}"))
}
