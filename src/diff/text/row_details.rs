//! The description of a changed row: an account that moved, was renamed or suspended, a user who was disabled, a policy
//! statement that was added or removed. Other changes are described field by field.

use serde_json::Value;

use super::super::change::Change;
use super::report::Detail;
use crate::document;
use crate::model;
use crate::store::Record;

/// The length at which values are cut. JSON output has the full values.
const SHOWN: usize = 100;

/// Returns the lines below a changed row.
pub fn details(change: &Change) -> Vec<Detail> {
    let is_told = |field: &String| {
        (is_policy(change, field) && !change.statements.is_empty())
            || (field == "entity_path" && change.fields.iter().any(|other| other == "parent_id"))
    };
    let fields = change.fields.iter().filter(|field| !is_told(field)).map(|field| of_field(change, field));
    fields.chain(change.statements.iter().flat_map(document::lines)).map(Detail::Plain).collect()
}

fn is_policy(change: &Change, field: &str) -> bool {
    model::resource(change.resource).is_some_and(|spec| spec.is_policy(field))
}

/// Returns `suspended (state: "ACTIVE" → "SUSPENDED")`; without a word for the change, only the part in the
/// parentheses.
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

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}
