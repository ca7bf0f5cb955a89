//! The rows that changed, field by field, and the scopes that were not seen, with what hides them.

use std::io::{self, Write};

use serde_json::Value;

use super::super::change::{Change, ChangeKind, Diff, HidingGap};
use super::{Paint, TextOptions};
use crate::output::text::one_line;

/// Longer values are cut: a policy document belongs in JSON output.
const SHOWN: usize = 100;

/// Writes the known changes, grouped by resource: not more rows of each than `options` allow, and how to see the
/// others.
pub fn write_changes(
    out: &mut dyn Write,
    diff: &Diff,
    options: TextOptions<'_>,
    paint: Paint,
) -> io::Result<()> {
    let known: Vec<_> = diff.changes.iter().filter(|change| change.change != ChangeKind::Unknown).collect();
    for of_resource in known.chunk_by(|a, b| a.resource == b.resource) {
        let resource = of_resource[0].resource;
        writeln!(out, "\n{}", paint.heading(resource))?;
        let (told, rest) = of_resource.split_at(options.rows.unwrap_or(usize::MAX).min(of_resource.len()));
        write_rows(out, told, paint)?;
        if !rest.is_empty() {
            let (from, to, options) = (diff.from.snapshot_id, diff.to.snapshot_id, options.options);
            let all = format!("orgcensus diff {from} {to} --resource {resource}{options}");
            let rest = format!("… and {} more of {}; to see them all: {all}", rest.len(), of_resource.len());
            writeln!(out, "  {}", paint.aside(&rest))?;
        }
    }
    Ok(())
}

fn write_rows(out: &mut dyn Write, changes: &[&Change], paint: Paint) -> io::Result<()> {
    for change in changes {
        let mut line = one_line(&change.label).into_owned();
        if let Some(snapshot) = change.last_seen {
            line.push_str(&format!(" (last seen before in snapshot {snapshot})"));
        }
        writeln!(out, "  {}", paint.row(change.change, &line))?;
        for field in &change.fields {
            let value = |row: &Option<serde_json::Map<String, Value>>| {
                shown(row.as_ref().and_then(|row| row.get(field)).unwrap_or(&Value::Null))
            };
            writeln!(out, "      {field}: {} → {}", value(&change.before), value(&change.after))?;
        }
    }
    Ok(())
}

/// Writes the scopes of which one side saw nothing.
pub fn write_unknown(out: &mut dyn Write, diff: &Diff, paint: Paint) -> io::Result<()> {
    let mut unknown = diff.changes.iter().filter(|change| change.change == ChangeKind::Unknown).peekable();
    if unknown.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.heading("not seen"))?;
    for change in unknown {
        let subject = if change.key.is_empty() {
            change.resource.to_owned()
        } else {
            format!("{} of {}", change.resource, change.label)
        };
        let rows = match change.rows.unwrap_or(0) {
            0 => "nothing is known of it".to_owned(),
            1 => "1 row neither added nor removed: not seen".to_owned(),
            rows => format!("{rows} rows neither added nor removed: not seen"),
        };
        writeln!(out, "  {}", paint.row(ChangeKind::Unknown, &one_line(&format!("{subject}: {rows}"))))?;
        if let Some(gap) = &change.gap {
            writeln!(out, "      {}", paint.aside(&one_line(&reason(gap, change))))?;
        }
    }
    Ok(())
}

/// What hides a scope, and when it was last seen.
fn reason(gap: &HidingGap, change: &Change) -> String {
    match change.last_seen {
        Some(snapshot) => format!("{}; last seen in snapshot {snapshot}", hidden_by(gap)),
        None => hidden_by(gap),
    }
}

/// `because ListGroupMemberships was denied (AccessDeniedException) in snapshot 41`.
pub fn hidden_by(gap: &HidingGap) -> String {
    let operation = gap.operation.as_deref().unwrap_or("the listing");
    let mut words = match gap.kind.as_str() {
        "denied" => format!("because {operation} was denied"),
        "failed" => format!("because {operation} failed"),
        "unavailable" => "because it cannot be seen from there".to_owned(),
        _ => "because it was not asked for".to_owned(),
    };
    let said: Vec<&str> = [&gap.error_code, &gap.message].into_iter().flatten().map(String::as_str).collect();
    if !said.is_empty() {
        words.push_str(&format!(" ({})", said.join(": ")));
    }
    words + &format!(" in snapshot {}", gap.snapshot_id)
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => format!("\"{}\"", one_line(text)),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}
