//! `policy-diff`: compares two documents, or two dates of one policy, by their meaning.

use std::io;

use clap::Args;
use rusqlite::types::Value;

use super::GlobalOptions;
use super::diff::before;
use super::evidence::{self, EvidenceArgs, Question};
use super::range::Range;
use super::snapshot_line::{resolve, say_answering};
use crate::diff::policy::{Policy, PolicyDiff, PolicyState, State, compare_states, document_by_id};
use crate::document::{StatementChangeKind, lines};
use crate::error::{Error, ExitStatus, Result};
use crate::model::ColumnKind;
use crate::output::{Destination, Format, Ink, OutputColumn, Page, RowWriter, stderr, write_error};
use crate::query::Bound;
use crate::store::{Census, Snapshot, When};

/// The columns of a row, one for each changed element; true if their text is JSON.
const COLUMNS: [(&str, bool); 5] =
    [("statement", false), ("change", false), ("element", false), ("removed", true), ("added", true)];

/// The arguments of `policy-diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus policy-diff --policy ReadOnlyAccess 2026-09-30 latest
                                           what AWS changed since that day
  orgcensus policy-diff --policy Deploy 2026-Q3
                                           a permission set's inline policy
  orgcensus policy-diff --policy DenyRegions 7d --output x.md --evidence
                                           and x.md.evidence.json beside it
  orgcensus policy-diff --policy DenyRegions --exit-code
                                           the last two snapshots: 3 if changed
  orgcensus policy-diff 3f1c2ab8 9be01d44 --format json
                                           two documents, by their ids

Documents are compared by meaning: the order of keys, statements and lists, and the case of actions make no \
difference. The answer lists the statements, actions and conditions that were added, removed or changed, without \
judging them. The ids are in the column \
document_id of policy_statements and permission_set_statements.

What a snapshot could not see is unknown, and is never shown as removed.")]
pub struct PolicyDiffArgs {
    /// The id of the first document, or its first 8 digits; with --policy a snapshot, FROM..TO or a period
    #[arg(value_name = "OLD")]
    old: Option<String>,

    /// The id of the second document; with --policy a snapshot [default: latest]
    #[arg(value_name = "NEW")]
    new: Option<String>,

    /// Compare two dates of this policy: an id, an ARN or a name, or the permission set of an inline one
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,

    /// Exit with 3 when the two differ, and with 4 when no difference was found but one of them was not seen; with --quiet, print nothing to
    /// standard output
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl PolicyDiffArgs {
    /// Sets the snapshots of a policy to compare. Documents are the same in every snapshot. Returns true, because this
    /// command takes a range.
    pub fn pin(&mut self, from: i64, to: i64) -> bool {
        if self.policy.is_some() {
            (self.old, self.new) = (Some(from.to_string()), Some(to.to_string()));
        }
        true
    }
}

/// The two sides to compare.
struct Sides {
    from: PolicyState,
    to: PolicyState,
    /// The snapshots that answered, oldest first.
    snapshots: Vec<Snapshot>,
    /// The policy or the documents that the typed names mean.
    named: Vec<Bound>,
}

/// Compares the documents.
pub fn run(args: PolicyDiffArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    if args.exit_code {
        destination.outlive_reader();
        if global.quiet {
            destination.silence();
        }
    }
    let format = global
        .format_said(&destination)?
        .filter(|format| *format != Format::Table || global.format.is_some());
    let sidecar = args.evidence.open(global, &destination)?;
    let census = global.open_census()?;
    let Sides { from, to, snapshots, named } = match &args.policy {
        Some(policy) => of_policy(&census, policy, &args)?,
        None => of_documents(&census, &args)?,
    };
    let found = compare_states(&from, &to);
    found.unknown.iter().for_each(stderr::warn);
    match format {
        None => write(&mut destination.page(false), &from, &to, &found).map_err(write_error)?,
        Some(format) => write_rows(&mut destination, format, &found)?,
    }
    let written = destination.written();
    let question = Question { parameters: &named, ..Question::default() };
    evidence::finish(destination, sidecar, &census, &snapshots, &question)?;
    written.into_iter().for_each(stderr::say);
    Ok(match &found {
        _ if !args.exit_code => ExitStatus::Done,
        found if found.is_change() => ExitStatus::Changed,
        PolicyDiff { unknown, .. } if !unknown.is_empty() => ExitStatus::Incomplete,
        _ => ExitStatus::Done,
    })
}

/// Returns the policy in two snapshots.
fn of_policy(census: &Census, policy: &str, args: &PolicyDiffArgs) -> Result<Sides> {
    let range = Range::parse(args.old.as_deref(), args.new.as_deref())?;
    let (from, to) = range.resolve(census, before)?;
    let found = Policy::find(census.connection(), policy, to.snapshot_id)?;
    stderr::say(format!("policy {found}"));
    say_answering("from ", &from, range.from());
    say_answering("to ", &to, Some(range.to()));
    if from.snapshot_id == to.snapshot_id {
        stderr::warn(format!("both ends are snapshot {}: nothing is compared", to.snapshot_id));
    }
    let at = |snapshot: &Snapshot| found.at(census.connection(), snapshot.snapshot_id);
    Ok(Sides {
        from: at(&from)?,
        to: at(&to)?,
        named: vec![bound("policy", policy, found.to_string())],
        snapshots: vec![from, to],
    })
}

/// Returns two documents by their ids. The newest snapshot answers for the census that has them.
fn of_documents(census: &Census, args: &PolicyDiffArgs) -> Result<Sides> {
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        return Err(Error::usage("policy-diff needs two documents")
            .hint("name both by their ids: policy-diff OLD NEW")
            .hint("or compare two dates of one policy: policy-diff --policy NAME FROM TO"));
    };
    let by_id = |id: &str| document_by_id(census.connection(), id);
    let (from, to) = (by_id(old)?, by_id(new)?);
    let named = [("old", old, &from), ("new", new, &to)];
    let named = named.map(|(name, typed, side)| bound(name, typed, side.document_id().unwrap_or_default()));
    Ok(Sides { named: named.into(), snapshots: vec![resolve(census, &When::LATEST)?], from, to })
}

fn bound(name: &str, typed: &str, value: String) -> Bound {
    Bound { name: name.to_owned(), typed: typed.to_owned(), value: Value::Text(value), echo: None }
}

fn write(page: &mut Page<'_>, from: &PolicyState, to: &PolicyState, found: &PolicyDiff) -> io::Result<()> {
    let named = |side: &PolicyState| match (&side.state, side.document_id()) {
        (State::Unknown(_), _) => "not known".to_owned(),
        (_, Some(id)) => format!("document {id}"),
        (_, None) => "no policy".to_owned(),
    };
    page.line(Ink::Plain, &format!("from {}", named(from)))?;
    page.line(Ink::Plain, &format!("to   {}", named(to)))?;
    page.blank()?;
    let is_known = ![from, to].iter().any(|side| matches!(side.state, State::Unknown(_)));
    if !is_known {
        return page.line(Ink::Magenta, "? it is not known what changed");
    }
    if found.is_other_text {
        return page.line(Ink::Yellow, "~ the documents differ; they are not policies with statements");
    }
    if found.changes.is_empty() {
        return page.line(Ink::Plain, "both mean the same");
    }
    for change in &found.changes {
        let ink = match change.change {
            StatementChangeKind::Added => Ink::Green,
            StatementChangeKind::Removed => Ink::Red,
            StatementChangeKind::Changed => Ink::Yellow,
        };
        for line in lines(change) {
            page.line(ink, &line)?;
        }
    }
    Ok(())
}

/// Writes a row for each changed element. An unknown document has a row that says so.
fn write_rows(destination: &mut Destination, format: Format, found: &PolicyDiff) -> Result<()> {
    let columns = COLUMNS.map(|(name, is_json)| OutputColumn {
        name: name.to_owned(),
        kind: is_json.then_some(ColumnKind::Json),
    });
    let mut writer = RowWriter::begin(format, columns, destination)?;
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |values: &[String]| match values {
        [] => Value::Null,
        values => Value::Text(serde_json::Value::from(values.to_vec()).to_string()),
    };
    for change in &found.changes {
        let statement = change.statement.as_deref().map_or(Value::Null, text);
        let kind = match change.change {
            StatementChangeKind::Added => "added",
            StatementChangeKind::Removed => "removed",
            StatementChangeKind::Changed => "changed",
        };
        for one in &change.elements {
            let (removed, added) = (list(&one.removed), list(&one.added));
            writer.values(&[statement.clone(), text(kind), text(&one.element), removed, added])?;
        }
    }
    if found.is_other_text {
        writer.values(&[Value::Null, text("changed"), text("document"), Value::Null, Value::Null])?;
    }
    if !found.is_change() {
        for why in &found.unknown {
            writer.values(&[Value::Null, text("unknown"), text(why), Value::Null, Value::Null])?;
        }
    }
    writer.finish()?;
    Ok(())
}
