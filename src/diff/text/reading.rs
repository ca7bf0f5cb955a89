//! What a changed row is told to be: an account that moved, was renamed or suspended, a user who was disabled, a
//! policy statement that came or went; and field by field what has no word of its own.

use serde_json::Value;

use super::super::change::{Change, ChangeKind};
use super::super::policy::{COLUMN, StatementChange, gist};
use super::super::record::Record;
use super::telling::Detail;
use crate::model;
use crate::output::text::one_line;

/// Longer values are cut: what is longer belongs in JSON output.
const SHOWN: usize = 100;

/// The lines below a changed row.
pub fn details(change: &Change) -> Vec<Detail> {
    let is_told = |field: &String| {
        (field == COLUMN && !change.statements.is_empty())
            || (field == "entity_path" && change.fields.iter().any(|other| other == "parent_id"))
    };
    let fields = change.fields.iter().filter(|field| !is_told(field)).map(|field| of_field(change, field));
    fields.chain(change.statements.iter().flat_map(of_statement)).map(Detail::Plain).collect()
}

/// `suspended (state: "ACTIVE" → "SUSPENDED")`; without a word for it, what stands in the parentheses.
fn of_field(change: &Change, field: &str) -> String {
    let value =
        |row: &Option<Record>| row.as_ref().and_then(|row| row.get(field)).cloned().unwrap_or(Value::Null);
    let (before, after) = (value(&change.before), value(&change.after));
    let values = format!("{field}: {} → {}", shown(&before), shown(&after));
    match word(change, field, &before, &after) {
        Some(word) => format!("{word} ({values})"),
        None => values,
    }
}

fn word(change: &Change, field: &str, before: &Value, after: &Value) -> Option<String> {
    let label = model::resource(change.resource).map_or(&[][..], |spec| spec.label);
    Some(match (change.resource, field, before.as_str(), after.as_str()) {
        ("accounts", "state", _, Some("SUSPENDED")) => "suspended".to_owned(),
        ("accounts", "state", _, Some("PENDING_CLOSURE")) => "being closed".to_owned(),
        ("accounts", "state", _, Some("CLOSED")) => "closed".to_owned(),
        ("accounts", "state", Some(_), Some("ACTIVE")) => "active again".to_owned(),
        ("users", "user_status", _, Some("DISABLED")) => "disabled".to_owned(),
        ("users", "user_status", Some("DISABLED"), _) => "enabled".to_owned(),
        ("accounts" | "organizational_units", "parent_id" | "entity_path", ..) => {
            let path = change.ou_path.as_ref()?;
            let (before, after) = (path.before.as_ref()?, path.after.as_ref()?);
            match field {
                "parent_id" => format!("moved from {before} to {after}"),
                _ if before != after => format!("moved with its OU from {before} to {after}"),
                _ => return None,
            }
        }
        (_, _, Some(_), Some(_)) if label == [field] => "renamed".to_owned(),
        _ => return None,
    })
}

fn of_statement(change: &StatementChange) -> Vec<String> {
    let said = |name: &str| {
        let element = change.elements.iter().find(|element| element.element == name)?;
        Some(element.added.iter().chain(&element.removed).cloned().collect::<Vec<_>>().join(", "))
    };
    let sid = change.statement.as_ref().filter(|_| said("Sid").is_some_and(|sid| !sid.is_empty()));
    let sign = match change.change {
        ChangeKind::Added => "+",
        ChangeKind::Removed => "-",
        ChangeKind::Changed | ChangeKind::Unknown => return of_elements(change),
    };
    let mut words = format!("{sign} statement ");
    if let Some(sid) = sid {
        words.push_str(&format!("\"{sid}\": "));
    }
    words.push_str(&gist(said));
    let in_gist = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"];
    for element in change.elements.iter().filter(|element| !in_gist.contains(&element.element.as_str())) {
        let values = said(&element.element).unwrap_or_default();
        words.push_str(&format!(", {} {values}", element.element));
    }
    vec![words]
}

/// What changed within a statement, or beside the statements: a line for what came and one for what went, or one for
/// a single value that another one replaced.
fn of_elements(change: &StatementChange) -> Vec<String> {
    let place = match &change.statement {
        Some(statement) => format!("statement \"{statement}\": "),
        None => String::new(),
    };
    let mut lines = Vec::new();
    for element in &change.elements {
        let name = &element.element;
        match (element.removed.as_slice(), element.added.as_slice()) {
            ([], []) => lines.push(format!("{place}{name}: an empty list came or went")),
            ([old], [new]) if !is_list(name) => lines.push(format!("{place}{name}: {old} → {new}")),
            (removed, added) => {
                for (sign, values) in [("+", added), ("-", removed)] {
                    if !values.is_empty() {
                        lines.push(format!("{place}{sign} {name} {}", values.join(", ")));
                    }
                }
            }
        }
    }
    lines
}

/// Whether an element may hold several values: then one that came does not stand for one that went.
fn is_list(element: &str) -> bool {
    !matches!(element, "Sid" | "Effect" | "Version" | "Id")
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
