//! The bare command: the state of the census, or the first commands to type.

use chrono::{DateTime, Utc};

use super::GlobalOptions;
use super::answering::{age, answering, file_size, snapshots_by};
use crate::error::{Error, ExitStatus, Result};
use crate::excerpt::excerpt;
use crate::invocation;
use crate::output::{Format, Ink, write_error};
use crate::store::{Census, CoverageStatus, Snapshot};

/// How many characters of the reason of a gap are shown.
const REASON: usize = 300;

/// Shows the file, the organization, the last snapshot with its age and gaps, and an unfinished collection.
pub fn run(global: &GlobalOptions) -> Result<ExitStatus> {
    if let Some(format) = global.format.filter(|format| *format != Format::Table) {
        return Err(Error::usage(format!(
            "the state of the census is not a table: --format {} does not apply",
            format.name()
        ))
        .hint(format!(
            "{} lists the snapshots",
            invocation::command(format_args!("snapshots --format {}", format.name()))
        )));
    }
    let mut destination = global.destination()?;
    // A file that may not even be looked for is no census "yet": opening it says why.
    let is_there = global.db.try_exists().unwrap_or(true);
    let lines = if is_there { state(global)? } else { first_commands(global) };
    let mut page = destination.page(false);
    lines.iter().try_for_each(|line| page.line(Ink::Plain, line)).map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn first_commands(global: &GlobalOptions) -> Vec<String> {
    let commands = [
        ("orgcensus doctor".to_owned(), "what can these credentials see, and what is missing"),
        (invocation::command("collect"), "take the first snapshot"),
        ("orgcensus query --list".to_owned(), "what it can then answer"),
    ];
    let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("There is no census yet at {}.", global.db.display())];
    lines.extend(unfinished_collection(global));
    lines.extend([String::new(), "Begin with:".to_owned()]);
    lines.extend(commands.map(|(command, what)| format!("  {command:width$}   {what}")));
    lines
}

fn state(global: &GlobalOptions) -> Result<Vec<String>> {
    let census = global.open_census()?;
    let mut lines = vec![format!("census        {}{}", global.db.display(), file_size(&global.db))];
    let snapshots = snapshots_by(&census, global.at()?.as_ref())?;
    match snapshots.last() {
        None => {
            lines.push(format!("snapshots     none yet: {} takes the first", invocation::command("collect")));
        }
        Some(last) => {
            let or_unknown = |id: &Option<String>| id.clone().unwrap_or_else(|| "not known".to_owned());
            lines.push(format!("organization  {}", or_unknown(&last.organization_id)));
            lines.push(format!("instance      {}", or_unknown(&last.instance_arn)));
            lines.push(format!("snapshots     {}", number_of(&snapshots)));
            lines.push(format!("last          {}", answering(last)));
            lines.extend(gaps(&census, last)?);
        }
    }
    census.check_unwritten()?;
    lines.extend(unfinished_collection(global));
    Ok(lines)
}

fn number_of(snapshots: &[Snapshot]) -> String {
    match snapshots {
        [first, .., last] => {
            format!("{} ({} to {})", snapshots.len(), first.snapshot_id, last.snapshot_id)
        }
        _ => snapshots.len().to_string(),
    }
}

/// What the last snapshot did not see: each incomplete resource by itself, and those that nobody looked at
/// together by reason.
fn gaps(census: &Census, last: &Snapshot) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut others: Vec<(&str, String, Vec<String>)> = Vec::new();
    for coverage in census.coverage(last.snapshot_id)? {
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
                let gaps =
                    if coverage.gaps == 1 { "1 gap".to_owned() } else { format!("{} gaps", coverage.gaps) };
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
        let show = invocation::command(format_args!("snapshots show {}", last.snapshot_id));
        lines.push(format!("              {show} lists the gaps"));
    }
    Ok(lines)
}

/// By the file alone: opening it would get in the way of a collector that is at work.
fn unfinished_collection(global: &GlobalOptions) -> Option<String> {
    let written = std::fs::metadata(global.staging_path()).ok()?.modified().ok()?;
    let written: DateTime<Utc> = written.into();
    let age = age(&written.to_rfc3339(), Utc::now());
    Some(format!(
        "unfinished    a collection, last step {age}: still at work, or {} resumes it",
        invocation::command("collect")
    ))
}
