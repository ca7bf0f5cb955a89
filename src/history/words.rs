//! Describes each event for people, as lines without a sign.

use serde_json::Value;

use super::{Event, EventKind};
use crate::document;
use crate::model::{AccessRole, Entity, LabelPart, resource};

/// The length at which values are cut. Other formats have the full text of values that are no policies.
const SHOWN: usize = 100;

/// Returns the lines that describe the event in the life of an entity of this kind.
pub(super) fn lines(kind: Entity, event: &Event) -> Vec<String> {
    if event.kind == EventKind::NotSeen {
        return vec![not_seen(event)];
    }
    if event.resource == kind.spec().resource {
        return own(kind, event);
    }
    let what = match event.resource {
        "group_memberships" if kind.in_access() == AccessRole::User => {
            format!("member of group {}", name(event, "group_id"))
        }
        "group_memberships" => format!("member {}", name(event, "user_id")),
        "account_assignments" => assignment(kind, event),
        "permission_set_policies" => policy(event),
        "tags" => format!("tag {} = {}", text(event, "key"), text(event, "value")),
        other => format!("{other} {}", label(event)),
    };
    let said = match event.kind {
        EventKind::Changed => fields(event),
        _ => document_lines(event),
    };
    let came = (event.kind != EventKind::Changed).then(|| format!("{what}{}", made(event)));
    came.into_iter().chain(said.into_iter().map(|said| format!("{what}: {said}"))).collect()
}

/// Returns the statements of the policies that were added or removed with the row.
fn document_lines(event: &Event) -> Vec<String> {
    let policies = event.row.iter().filter(|(column, _)| is_policy(event, column));
    let lines = policies.flat_map(|(_, value)| match event.kind {
        EventKind::Removed => document::lines_between(value.as_str(), None),
        _ => document::lines_between(None, value.as_str()),
    });
    lines.collect()
}

fn is_policy(event: &Event, column: &str) -> bool {
    resource(event.resource).is_some_and(|spec| spec.is_policy(column))
}

/// Returns the lines for the entity's own row.
fn own(kind: Entity, event: &Event) -> Vec<String> {
    let called = resource(event.resource).and_then(|spec| text_of(event.row.get(*spec.label.first()?)?));
    let called = called.map(|name| format!(" {name}")).unwrap_or_default();
    match event.kind {
        EventKind::Changed => fields(event),
        EventKind::Removed => vec![format!("{}{called} is gone", kind.spec().noun)],
        _ => {
            let state = kind.spec().state.and_then(|column| text_of(event.row.get(column)?));
            let state = state.map(|state| format!(", {state}")).unwrap_or_default();
            vec![format!("{}{called}{state}{}", kind.spec().noun, made(event))]
        }
    }
}

fn not_seen(event: &Event) -> String {
    let last = event.last_snapshot_id.unwrap_or(event.snapshot_id);
    let when = if last == event.snapshot_id { String::new() } else { format!(", until snapshot {last}") };
    let why = match event.gap.as_deref() {
        Some("not_asked") => "not asked for",
        why => why.unwrap_or("unknown"),
    };
    format!("{} not seen{when}: {why}", event.resource)
}

/// Returns the label of the row, by the declaration of its resource.
fn label(event: &Event) -> String {
    let spec = resource(event.resource).expect("an event names a resource");
    let part = |part: &LabelPart| match *part {
        LabelPart::Words(words) => words.to_owned(),
        LabelPart::Value(column) => text(event, column),
        LabelPart::Name(column) | LabelPart::NounAndName(column) => name(event, column),
        LabelPart::NameIfAny { words, column } => match text(event, column).is_empty() {
            true => String::new(),
            false => format!("{words}{}", name(event, column)),
        },
        LabelPart::Policy { .. } => policy(event),
    };
    match spec.row_label {
        [] => {
            let columns = if spec.label.is_empty() { spec.key } else { spec.label };
            columns.iter().map(|column| text(event, column)).collect::<Vec<_>>().join(" ")
        }
        parts => parts.iter().map(part).collect(),
    }
}

fn assignment(kind: Entity, event: &Event) -> String {
    let set = || name(event, "permission_set_arn");
    let account = || name(event, "account_id");
    let of_group = text(event, "principal_type") == "GROUP";
    let principal = || format!("{} {}", if of_group { "group" } else { "user" }, name(event, "principal_id"));
    match kind.in_access() {
        AccessRole::User if of_group => format!("{} in {} through {}", set(), account(), principal()),
        AccessRole::User => format!("{} in {}, directly", set(), account()),
        AccessRole::Group => format!("{} in {}", set(), account()),
        AccessRole::Account => format!("{} for {}", set(), principal()),
        AccessRole::PermissionSet => format!("in {} for {}", account(), principal()),
        AccessRole::Membership
        | AccessRole::Assignment
        | AccessRole::Policy
        | AccessRole::ManagedPolicy
        | AccessRole::None => {
            format!("{} in {} for {}", set(), account(), principal())
        }
    }
}

fn policy(event: &Event) -> String {
    let kind = text(event, "kind").replace('_', " ");
    match (text_of(&event.row["policy_name"]), text(event, "policy")) {
        (Some(name), _) => format!("{kind} policy {name}"),
        (None, policy) if policy == text(event, "kind") => format!("{kind} policy"),
        (None, policy) => format!("{kind} policy {policy}"),
    }
}

/// Returns the changes, old to new. A change that follows from another one is left to the other formats.
fn fields(event: &Event) -> Vec<String> {
    let moved = event.fields.iter().any(|(column, ..)| column == "parent_id");
    let label = resource(event.resource).and_then(|spec| spec.label.first().copied());
    let told = event.fields.iter().filter(|(column, ..)| !(moved && column == "entity_path"));
    told.flat_map(|(column, old, new)| {
        let statements = match is_policy(event, column) {
            true => document::lines_between(old.as_str(), new.as_str()),
            false => Vec::new(),
        };
        match statements.is_empty() {
            true => vec![field(event, label, column, old, new)],
            false => statements,
        }
    })
    .collect()
}

fn field(event: &Event, label: Option<&str>, column: &str, old: &Value, new: &Value) -> String {
    match column {
        "parent_id" => {
            let path = |side: &str| text_of(&event.names[&format!("parent_id {side}")]).unwrap_or_default();
            format!("moved: {} → {}", path("old"), path("new"))
        }
        "user_status" if new == "DISABLED" => "disabled".to_owned(),
        "user_status" if new == "ENABLED" => "enabled".to_owned(),
        column if Some(column) == label => format!("renamed: {} → {}", shown(old), shown(new)),
        column => format!("{column}: {} → {}", shown(old), shown(new)),
    }
}

/// Returns ` (at 2026-04-01T00:00:00Z, by …)`: the creator and time that AWS reports, and the earliest possible
/// beginning.
fn made(event: &Event) -> String {
    let mut said = Vec::new();
    if matches!(event.kind, EventKind::FirstSeen | EventKind::Added) {
        let at = ["created_at", "joined_at"].iter().find_map(|column| text_of(event.row.get(*column)?));
        said.extend(at.map(|at| format!("at {at}")));
        said.extend(event.row.get("created_by").and_then(text_of).map(|by| format!("by {by}")));
        if event.kind == EventKind::FirstSeen {
            said.extend(event.not_before.as_deref().map(|time| format!("after {time}")));
        }
    }
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

/// Returns the name of the entity that a column refers to, or its value.
fn name(event: &Event, column: &str) -> String {
    event.names.get(column).and_then(text_of).unwrap_or_else(|| text(event, column))
}

fn text(event: &Event, column: &str) -> String {
    event.row.get(column).and_then(text_of).unwrap_or_default()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn shown(value: &Value) -> String {
    let text = text_of(value).unwrap_or_else(|| "(none)".to_owned());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
