//! `snapshots show`: shows the coverage and the gaps of a snapshot.
//!
//! People get a table of the resources, followed by the gaps in sentences, with similar gaps together. Programs get one
//! row per resource, each followed by a row for each item that was listed twice and for each gap. `--evidence` shows
//! the evidence of the snapshot instead.

use std::collections::BTreeMap;
use std::io::Write;

use rusqlite::types::Value;

use crate::amounts::counted;
use crate::cli::collect::doubled_in_words;
use crate::cli::evidence::{ResourceEvidence, SnapshotEvidence, write_pretty};
use crate::cli::snapshot_line::{limited_in_words, minute, resolve, say_answering};
use crate::diff::scope_label;
use crate::error::Result;
use crate::excerpt::{self, excerpt};
use crate::invocation;
use crate::output::{Destination, Format, Ink, RowWriter, stderr, text, write_error};
use crate::store::{Census, Coverage, Doubled, Gap, GapKind, Snapshot, When};

/// The number of scopes of similar gaps that are named before the rest is counted.
const NAMED: usize = 4;

/// Writes the snapshot that `when` names.
pub fn write(census: &Census, when: &When, format: Format, destination: &mut Destination) -> Result<()> {
    let snapshot = resolve(census, when)?;
    say_answering("", &snapshot, Some(when));
    say_facts(&snapshot);
    let coverage = census.coverage(snapshot.snapshot_id)?;
    limited_in_words(&coverage).into_iter().for_each(stderr::say);
    let doubled = census.doubled(snapshot.snapshot_id)?;
    doubled_in_words(&doubled).into_iter().for_each(stderr::say);
    let gaps = census.gaps(snapshot.snapshot_id)?;
    if format != Format::Table {
        return write_rows(census, &snapshot, &coverage, &gaps, &doubled, format, destination);
    }
    write_coverage(&coverage, destination)?;
    if write_gaps(census, &snapshot, &gaps, destination)? {
        let each = format_args!("snapshots show {} --format json", snapshot.snapshot_id);
        stderr::say(format!("each gap by itself: {}", invocation::command(each)));
    }
    Ok(())
}

/// Writes the evidence of the snapshot that `when` names: an object in JSON, or else one row per fact. On a terminal
/// the resources have a table of their own.
pub fn write_evidence(
    census: &Census,
    when: &When,
    format: Format,
    destination: &mut Destination,
) -> Result<()> {
    let snapshot = resolve(census, when)?;
    say_answering("", &snapshot, Some(when));
    let evidence = SnapshotEvidence::of(census, &snapshot)?;
    if format == Format::Json {
        return write_pretty(&evidence, destination);
    }
    let mut facts = Vec::new();
    flatten("", serde_json::to_value(&evidence).map_err(|error| write_error(error.into()))?, &mut facts);
    if format == Format::Table {
        facts.retain(|(name, _)| !name.starts_with("coverage."));
    }
    let mut writer = RowWriter::begin(format, ["fact", "value"], destination)?;
    for (name, value) in facts {
        writer.values(&[Value::Text(name), value])?;
    }
    writer.finish()?;
    if format != Format::Table {
        return Ok(());
    }
    writeln!(destination).map_err(write_error)?;
    let columns = ["resource", "status", "rows", "gaps", "hash"];
    let mut writer = RowWriter::begin(format, columns, destination)?;
    for ResourceEvidence { coverage, hash } in evidence.coverage {
        let [resource, status, rows, gaps, ..] = covered(&coverage);
        writer.values(&[resource, status, rows, gaps, hash.into()])?;
    }
    writer.finish().map(drop)
}

/// Collects the values of a JSON object by their paths: `before.snapshot_id`, `coverage.accounts.rows`.
fn flatten(path: &str, value: serde_json::Value, facts: &mut Vec<(String, Value)>) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        serde_json::Value::Object(object) => {
            object.into_iter().for_each(|(name, value)| flatten(&under(&name), value, facts));
        }
        serde_json::Value::Array(resources) => {
            for resource in resources {
                let name = resource["resource"].as_str().unwrap_or_default().to_owned();
                flatten(&under(&name), resource, facts);
            }
        }
        serde_json::Value::Null => facts.push((path.to_owned(), Value::Null)),
        serde_json::Value::String(text) => facts.push((path.to_owned(), text.into())),
        other => facts.push((path.to_owned(), other.to_string().into())),
    }
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
            stderr::say(format!("  {name} {value}"));
        }
    }
    stderr::say(format!(
        "  from {} to {}, {}, {} throttled, by orgcensus {}",
        minute(&snapshot.taken_at),
        minute(&snapshot.completed_at),
        counted(snapshot.api_calls, "call"),
        snapshot.throttled_calls,
        snapshot.tool_version
    ));
}

/// The columns of both kinds of row. The columns of a gap follow.
const COVERAGE: [&str; 7] = ["resource", "status", "rows", "gaps", "not_asked", "carried", "reason"];

const GAP: [&str; 8] =
    ["scope", "about", "kind", "operation", "error_code", "attempts", "request_id", "observed_at"];

fn covered(coverage: &Coverage) -> [Value; COVERAGE.len()] {
    [
        Value::Text(coverage.resource.clone()),
        Value::Text(coverage.status.as_str().to_owned()),
        Value::Integer(coverage.rows),
        Value::Integer(coverage.gaps),
        Value::Integer(coverage.not_asked),
        coverage.carried.into(),
        coverage.reason.clone().into(),
    ]
}

fn write_coverage(coverage: &[Coverage], destination: &mut Destination) -> Result<()> {
    let mut writer = RowWriter::begin(Format::Table, COVERAGE, destination)?;
    for coverage in coverage {
        let reason = coverage.reason.as_deref().map(|reason| text::shortened(reason).into_owned());
        writer.values(&covered(&Coverage { reason, ..coverage.clone() }))?;
    }
    writer.finish().map(drop)
}

fn write_rows(
    census: &Census,
    snapshot: &Snapshot,
    coverage: &[Coverage],
    gaps: &[Gap],
    doubled: &[Doubled],
    format: Format,
    destination: &mut Destination,
) -> Result<()> {
    let columns: Vec<&str> = COVERAGE.iter().chain(&GAP).copied().collect();
    let mut writer = RowWriter::begin(format, columns.iter().copied(), destination)?;
    for coverage in coverage {
        let mut row = covered(coverage).to_vec();
        row.resize(columns.len(), Value::Null);
        writer.values(&row)?;
        for item in doubled.iter().filter(|item| item.resource == coverage.resource) {
            let mut row = vec![Value::Null; columns.len()];
            row[0] = Value::Text(item.resource.clone());
            row[1] = Value::Text("listed_twice".to_owned());
            row[COVERAGE.len() - 1] = Value::Text(format!("listed twice, with another {}", item.differs));
            row[COVERAGE.len() + 1] = Value::Text(item.item.clone());
            writer.values(&row)?;
        }
        for gap in gaps.iter().filter(|gap| gap.resource == coverage.resource) {
            writer.values(&[
                Value::Text(gap.resource.clone()),
                Value::Text("gap".to_owned()),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                gap.error_message.clone().into(),
                Value::Text(gap.scope.clone()),
                Value::Text(about(census, snapshot, gap)?),
                Value::Text(gap.kind.as_str().to_owned()),
                gap.operation.clone().into(),
                gap.error_code.clone().into(),
                Value::Integer(gap.attempts),
                gap.request_id.clone().into(),
                gap.observed_at.clone().into(),
            ])?;
        }
    }
    writer.finish().map(drop)
}

/// The common values of similar gaps: resource, kind, operation and error code.
type Likeness<'g> = (&'g str, &'g str, Option<&'g str>, Option<&'g str>);

/// Writes the gaps in sentences. Returns true if a sentence stands for several gaps.
fn write_gaps(
    census: &Census,
    snapshot: &Snapshot,
    gaps: &[Gap],
    destination: &mut Destination,
) -> Result<bool> {
    // Similar gaps, in the order of the first of them.
    let mut like: BTreeMap<Likeness<'_>, Vec<&Gap>> = BTreeMap::new();
    for gap in gaps {
        let kind = gap.kind.as_str();
        let place = (gap.resource.as_str(), kind, gap.operation.as_deref(), gap.error_code.as_deref());
        like.entry(place).or_default().push(gap);
    }
    let mut lines = Vec::new();
    for gaps in like.values() {
        let named = gaps.iter().take(NAMED).map(|gap| about(census, snapshot, gap));
        let named = named.collect::<Result<Vec<_>>>()?.join("; ");
        let (first, others) = (gaps[0], gaps.len() - 1);
        lines.push(format!("  {}: {}", first.resource, what_happened(first)));
        lines.push(match others + 1 {
            all if all > NAMED => format!("      {all} scopes: {named}; …"),
            _ => format!("      {named}"),
        });
        lines.extend(
            first
                .error_message
                .as_ref()
                .map(|message| format!("      {}", excerpt(message, excerpt::MESSAGE))),
        );
        lines.extend(how(first).map(|how| match others {
            0 => format!("      {how}"),
            _ => format!("      the first: {how}"),
        }));
    }
    if lines.is_empty() {
        return Ok(false);
    }
    let mut page = destination.page(false);
    page.blank().and_then(|()| page.line(Ink::Plain, "not seen")).map_err(write_error)?;
    lines.iter().try_for_each(|line| page.line(Ink::Plain, &text::shortened(line))).map_err(write_error)?;
    Ok(like.values().any(|gaps| gaps.len() > 1))
}

/// Returns the subject of a gap, by name and by id: `group Platform (90676…)`.
fn about(census: &Census, snapshot: &Snapshot, gap: &Gap) -> Result<String> {
    let label = scope_label(census.connection(), snapshot.snapshot_id, &gap.resource, &gap.scope)?;
    let scope: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&gap.scope).unwrap_or_default();
    let ids = scope.iter().filter(|(column, _)| *column != "principal_type");
    let ids: Vec<&str> = ids.filter_map(|(_, id)| id.as_str()).filter(|id| !label.contains(id)).collect();
    Ok(if ids.is_empty() { label } else { format!("{label} ({})", ids.join(", ")) })
}

fn what_happened(gap: &Gap) -> String {
    let operation = gap.operation.as_deref().unwrap_or("the listing");
    let code = gap.error_code.as_deref().map(|code| format!(", {code}")).unwrap_or_default();
    match gap.kind {
        GapKind::Denied => format!("{operation} was denied{code}"),
        GapKind::Failed => format!("{operation} failed{code}"),
        GapKind::NotAsked => "not asked for".to_owned(),
        GapKind::Unavailable => "unavailable".to_owned(),
    }
}

/// Returns `3 attempts, request 1f…, 2026-11-17T02:00Z`; `None` if no call was sent.
fn how(gap: &Gap) -> Option<String> {
    let attempts = match gap.attempts {
        0 => return None,
        attempts => counted(attempts, "attempt"),
    };
    let request = gap.request_id.as_ref().map(|id| format!("request {id}"));
    let parts = [Some(attempts), request, gap.observed_at.as_deref().map(minute)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
