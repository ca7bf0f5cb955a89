//! `diff`: what changed between two snapshots, and why access did.

use std::io::{self, Write};

use chrono::Utc;
use clap::Args;

use super::GlobalOptions;
use super::answering::{distance, say_answering};
use super::evidence::{self, EvidenceArgs};
use crate::diff::filter::{Filter, Subject, SubjectKind};
use crate::diff::steps::{self, Between};
use crate::diff::text::{self, TextOptions};
use crate::diff::{Diff, compare, compare_rows, table};
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::model;
use crate::output::words::{self, Color};
use crate::output::{Destination, Format, RowWriter, write_error};
use crate::query::{ParameterType, resolve_id};
use crate::store::{Census, Snapshot, When};

/// The arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus diff                              the last two snapshots
  orgcensus diff 2026-09-30                   a past date and the latest
  orgcensus diff 2026-Q2..2026-Q3 --access    who gained and lost access in a quarter, and why
  orgcensus diff '7 days ago' --user ana      what changed for one user
  orgcensus diff '7 days ago' --steps         every snapshot of a week with the one before
  orgcensus diff --resource account_assignments --format json
  orgcensus diff --exit-code --quiet          3: something changed, 4: nothing did, but not all was seen

What a snapshot could not see is never reported as removed, and what is first seen after that not as added: \
it is told as \"not seen\" (unknown in JSON), with the reason.")]
pub struct DiffArgs {
    /// The snapshot to start from, or FROM..TO [default: the one before the latest]
    #[arg(value_name = "FROM")]
    from: Option<String>,

    /// The snapshot to compare it with [default: the latest]
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// Show only access that changed
    #[arg(long, help_heading = "What to show")]
    access: bool,

    /// Show only the rows of this resource; may be given several times
    #[arg(long = "resource", value_name = "RESOURCE", help_heading = "What to show")]
    resources: Vec<String>,

    /// Show only what concerns this account: an id or a name
    #[arg(long, value_name = "ACCOUNT", help_heading = "What to show")]
    account: Option<String>,

    /// Show only what concerns this user: an id, a name or an e-mail address
    #[arg(long, value_name = "USER", help_heading = "What to show")]
    user: Option<String>,

    /// Show only what concerns this group, and access through it: an id or a name
    #[arg(long, value_name = "GROUP", help_heading = "What to show")]
    group: Option<String>,

    /// Show only what concerns this permission set: an ARN or a name
    #[arg(long, value_name = "SET", help_heading = "What to show")]
    permission_set: Option<String>,

    /// Show each snapshot's changes to the one before it, and not only what remains of them
    #[arg(long, help_heading = "What to show")]
    steps: bool,

    /// Exit with 3 when anything changed, with 4 when nothing did but something was not seen
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Compares the snapshots.
pub fn run(args: DiffArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    args.resources.iter().try_for_each(|name| model::named(name).map(drop))?;
    let (from, to) = ends(args.from.as_deref(), args.to.as_deref())?;
    let mut destination = global.destination()?;
    if args.exit_code {
        destination.outlive_reader();
    }
    let shape = Shape::of(global, &destination)?;
    let sidecar = args.evidence.open(global, &destination)?;
    let mut census = global.open_census()?;
    let asked = [from, to];
    let (from, to) = resolve(&census, &asked)?;
    let subjects = subjects(&args, &mut census, &from, &to)?;
    for (role, snapshot, when) in [("from ", &from, &asked[0]), ("to ", &to, &asked[1])] {
        // The text begins with both; only that one is not of the day asked for remains to be said.
        if shape != Shape::Text || distance(snapshot, when, Utc::now()).is_some() {
            say_answering(role, snapshot, Some(when));
        }
    }
    for snapshot in [&from, &to] {
        if let Some(why) = &snapshot.suspect {
            words::warn(format!("snapshot {} is suspect: {why}", snapshot.snapshot_id));
        }
    }
    let args_again = format!("{}{}", narrowed(&args), global.db_option());
    let question = Question {
        census: &census,
        from: from.snapshot_id,
        to: to.snapshot_id,
        filter: Filter { resources: args.resources, access: args.access, subjects },
        is_colored: is_colored(global.color, &destination),
        options: args_again,
    };
    let found = if args.steps {
        question.write_steps(shape, &mut destination)?
    } else {
        question.write_net(shape, &mut destination)?
    };
    let answered = match args.steps {
        true => census.snapshots()?.into_iter().filter(|one| is_between(one, &from, &to)).collect(),
        false => vec![from, to],
    };
    evidence::finish(destination, sidecar, &census, &answered, &evidence::Question::default())?;
    Ok(match found {
        _ if !args.exit_code => ExitStatus::Done,
        Found { changes: true, .. } => ExitStatus::Changed,
        Found { unknowns: true, .. } => ExitStatus::Incomplete,
        _ => ExitStatus::Done,
    })
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    /// One object: the contract for programs.
    Object,
    Rows(Format),
}

impl Shape {
    fn of(global: &GlobalOptions, destination: &Destination) -> Result<Self> {
        Ok(match global.format_said(destination)? {
            Some(Format::Json) => Self::Object,
            // A text file holds the text, unless a table is asked for.
            None => Self::Text,
            Some(Format::Table) if global.format.is_none() => Self::Text,
            Some(format) => Self::Rows(format),
        })
    }
}

/// What the exit code depends on.
#[derive(Debug, Default)]
struct Found {
    changes: bool,
    unknowns: bool,
}

impl Found {
    fn note(&mut self, diff: &Diff) {
        self.changes |= diff.has_changes();
        self.unknowns |= diff.has_unknowns();
    }
}

/// What is compared, and how it is shown.
struct Question<'c> {
    census: &'c Census,
    from: i64,
    to: i64,
    filter: Filter,
    is_colored: bool,
    /// The options to repeat in a command that shows more of the answer.
    options: String,
}

/// So many rows of a resource are told one by one where nobody asked for that resource: the dates of an access
/// report move every day, and would bury the rest.
const ROWS: usize = 40;

impl Question<'_> {
    fn text_options(&self) -> TextOptions<'_> {
        TextOptions {
            is_colored: self.is_colored,
            between: Between::default(),
            rows: self.filter.resources.is_empty().then_some(ROWS),
            options: &self.options,
        }
    }

    fn compare(&self, from: i64, to: i64) -> Result<Diff> {
        let compare = if self.filter.shows_access() { compare } else { compare_rows };
        let mut diff = compare(self.census.connection(), from, to)?;
        self.filter.apply(&mut diff);
        Ok(diff)
    }

    fn write_net(&self, shape: Shape, destination: &mut Destination) -> Result<Found> {
        let mut found = Found::default();
        let diff = self.compare(self.from, self.to)?;
        found.note(&diff);
        match shape {
            Shape::Text => {
                let between = if self.filter.shows_access() && self.filter.subjects.is_empty() {
                    steps::came_and_went(self.census.connection(), self.from, self.to)?
                } else {
                    Between::default()
                };
                let options = TextOptions { between, ..self.text_options() };
                text::write(destination, &diff, options).map_err(write_error)?;
            }
            Shape::Object => {
                serde_json::to_writer_pretty(&mut *destination, &diff)
                    .map_err(io::Error::from)
                    .map_err(write_error)?;
                writeln!(destination).map_err(write_error)?;
            }
            Shape::Rows(format) => {
                let mut writer = RowWriter::begin(format, &table::COLUMNS.map(str::to_owned), destination)?;
                for row in table::rows(&diff) {
                    writer.values(&row)?;
                }
                writer.finish()?;
            }
        }
        Ok(found)
    }

    /// The same for each adjacent pair, one after another.
    fn write_steps(&self, shape: Shape, destination: &mut Destination) -> Result<Found> {
        let pairs = steps::pairs(self.census.connection(), self.from, self.to)?;
        let mut found = Found::default();
        match shape {
            Shape::Text => {
                let options = self.text_options();
                for (index, (from, to)) in pairs.into_iter().enumerate() {
                    if index > 0 {
                        writeln!(destination).map_err(write_error)?;
                    }
                    let diff = self.compare(from, to)?;
                    found.note(&diff);
                    text::write(destination, &diff, options).map_err(write_error)?;
                }
            }
            Shape::Object => {
                write!(destination, "{{\"steps\":[").map_err(write_error)?;
                for (index, (from, to)) in pairs.into_iter().enumerate() {
                    let diff = self.compare(from, to)?;
                    found.note(&diff);
                    writeln!(destination, "{}", if index > 0 { "," } else { "" }).map_err(write_error)?;
                    serde_json::to_writer(&mut *destination, &diff)
                        .map_err(io::Error::from)
                        .map_err(write_error)?;
                }
                writeln!(destination, "\n]}}").map_err(write_error)?;
            }
            Shape::Rows(format) => {
                let mut writer = RowWriter::begin(format, &table::COLUMNS.map(str::to_owned), destination)?;
                for (from, to) in pairs {
                    let diff = self.compare(from, to)?;
                    found.note(&diff);
                    for row in table::rows(&diff) {
                        writer.values(&row)?;
                    }
                }
                writer.finish()?;
            }
        }
        Ok(found)
    }
}

/// `FROM TO`, `FROM..TO` or less, as the two WHENs.
fn ends(from: Option<&str>, to: Option<&str>) -> Result<(When, When)> {
    let (from, to) = match (from, to) {
        (Some(range), None) if range.contains("..") => {
            let (from, to) = range.split_once("..").expect("it contains two dots");
            (Some(from).filter(|end| !end.is_empty()), Some(to).filter(|end| !end.is_empty()))
        }
        other => other,
    };
    let from = from.map_or(Ok(When::Latest { back: 1 }), str::parse)?;
    let to = to.map_or(Ok(When::LATEST), str::parse)?;
    Ok((from, to))
}

fn resolve(census: &Census, [from, to]: &[When; 2]) -> Result<(Snapshot, Snapshot)> {
    let snapshots = census.snapshots()?;
    if let [only] = snapshots.as_slice()
        && *from == (When::Latest { back: 1 })
    {
        return Err(Error::failed(format!(
            "snapshot {} is the only one: nothing to compare it with",
            only.snapshot_id
        ))
        .hint("orgcensus collect takes the next one"));
    }
    Ok((census.resolve(from)?, census.resolve(to)?))
}

/// Whether a snapshot is one of the two or lies between them.
fn is_between(one: &Snapshot, from: &Snapshot, to: &Snapshot) -> bool {
    let ends = [from.snapshot_id, to.snapshot_id];
    (ends[0].min(ends[1])..=ends[0].max(ends[1])).contains(&one.snapshot_id)
}

/// What the answer is narrowed to, by name: the thing of that name in either snapshot, for it may be gone in
/// one, or made again under another id. A name that neither knows is an error.
fn subjects(args: &DiffArgs, census: &mut Census, from: &Snapshot, to: &Snapshot) -> Result<Vec<Subject>> {
    let asked = [
        (SubjectKind::Account, ParameterType::Account, &args.account),
        (SubjectKind::User, ParameterType::User, &args.user),
        (SubjectKind::Group, ParameterType::Group, &args.group),
        (SubjectKind::PermissionSet, ParameterType::PermissionSet, &args.permission_set),
    ];
    let mut subjects = Vec::new();
    for (kind, parameter, typed) in asked {
        let Some(typed) = typed else { continue };
        let mut ids = Vec::new();
        let mut unknown = None;
        for snapshot in [to, from] {
            census.answer_as_of(snapshot.snapshot_id)?;
            match resolve_id(parameter, typed, census, snapshot) {
                Ok(id) if !ids.contains(&id) => ids.push(id),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::UnknownName => {
                    unknown.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match unknown {
            Some(error) if ids.is_empty() => return Err(error),
            _ => {}
        }
        tracing::info!("{typed:?} is {}", ids.join(", "));
        subjects.push(Subject { kind, ids });
    }
    Ok(subjects)
}

/// The options that narrow the answer to something, as they are typed.
fn narrowed(args: &DiffArgs) -> String {
    [
        ("--account", &args.account),
        ("--user", &args.user),
        ("--group", &args.group),
        ("--permission-set", &args.permission_set),
    ]
    .into_iter()
    .filter_map(|(option, value)| Some(format!(" {option} {}", quoted(value.as_deref()?))))
    .collect()
}

/// A value as a shell reads it back.
fn quoted(value: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_./:@+=,".contains(one);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

fn is_colored(color: Color, destination: &Destination) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            destination.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}
