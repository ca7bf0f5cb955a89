//! The limits of an allowed action, in words: resources, conditions, boundaries and denials.

use serde_json::Value;

use crate::document::statements::Statement;

/// The number of patterns that are named in a longer list.
const NAMED: usize = 3;

/// Returns the limits of a statement: `on arn:… if StringEquals aws:RequestedRegion eu-west-1`; `None` if it applies to
/// everything, unconditionally.
pub(super) fn of_statement(statement: &Statement) -> Option<String> {
    let conditions = statement.condition.as_ref().map(|it| format!("if {}", conditions(it)));
    let words: Vec<String> = resources(statement).into_iter().chain(conditions).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Decides whether a statement applies to every resource, unconditionally.
pub(super) fn is_unlimited(statement: &Statement) -> bool {
    of_statement(statement).is_none()
}

fn resources(statement: &Statement) -> Option<String> {
    match (&statement.resource, &statement.not_resource) {
        (Some(patterns), _) if patterns.iter().any(|one| is_everything(one)) => None,
        (Some(patterns), _) => Some(format!("on {}", some(patterns))),
        (None, Some(but)) => Some(format!("on all but {}", some(but))),
        (None, None) => None,
    }
}

fn is_everything(resource: &str) -> bool {
    !resource.is_empty() && resource.chars().all(|one| one == '*')
}

/// Returns the first texts, and the number of others.
fn some(texts: &[String]) -> String {
    let named = texts.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Returns conditions in words: `StringEquals aws:RequestedRegion eu-west-1 and Bool aws:SecureTransport true`.
fn conditions(condition: &Value) -> String {
    let Some(operators) = condition.as_object() else { return condition.to_string() };
    let mut words = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            words.push(format!("{operator} {keys}"));
            continue;
        };
        words.extend(keys.iter().map(|(key, values)| format!("{operator} {key} {}", some(&texts(values)))));
    }
    words.join(" and ")
}

fn texts(values: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match values {
        Value::Array(values) => values.iter().map(text).collect(),
        one => vec![text(one)],
    }
}
