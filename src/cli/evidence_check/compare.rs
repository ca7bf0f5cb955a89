//! Compares two JSON values, part by part.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// The version that wrote a file, relative to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Same,
    /// An older version, which recorded less.
    Older,
}

/// The result of checking one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It matches the evidence.
    Fits,
    /// It does not match the evidence.
    Differs,
    /// It can no longer be compared.
    Unknown,
}

impl State {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }
}

/// One part of an evidence file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name, such as `snapshot 3 coverage.accounts.rows`.
    pub name: String,
    pub state: State,
    /// The value in the evidence.
    pub evidence: Option<String>,
    /// The value that was found, or the reason why there is none.
    pub found: Option<String>,
    pub is_of_snapshot: bool,
}

impl Part {
    pub fn fits(name: &str) -> Self {
        Self { name: name.to_owned(), state: State::Fits, evidence: None, found: None, is_of_snapshot: false }
    }

    pub fn unknown(name: &str, why: &str) -> Self {
        Self { state: State::Unknown, found: Some(why.to_owned()), ..Self::fits(name) }
    }

    pub fn differs(name: &str, evidence: &Value, found: &Value) -> Self {
        Self {
            state: State::Differs,
            evidence: Some(plain(evidence)),
            found: Some(plain(found)),
            ..Self::fits(name)
        }
    }

    #[must_use]
    pub fn of_snapshot(self) -> Self {
        Self { is_of_snapshot: true, ..self }
    }
}

/// The keys of a published snapshot that may change: a label is given later, and the previous snapshot may be pruned.
const FREE: [&str; 2] = ["label", "pruned_at"];

/// Returns each value that differs.
pub fn differences(name: &str, evidence: &Value, found: &Value, writer: Writer) -> Vec<Part> {
    let mut parts = Vec::new();
    compare(name, " ", evidence, found, writer, &mut parts);
    parts
}

fn compare(name: &str, joint: &str, evidence: &Value, found: &Value, writer: Writer, parts: &mut Vec<Part>) {
    match (evidence, found) {
        (Value::Object(said), Value::Object(there)) => {
            for (key, there) in there.iter().filter(|(key, _)| !FREE.contains(&key.as_str())) {
                let name = format!("{name}{joint}{key}");
                match said.get(key) {
                    Some(said) => compare(&name, ".", said, there, writer, parts),
                    // An older version recorded less.
                    None if writer == Writer::Older => {}
                    None => parts.push(missing(&name, None, Some(there))),
                }
            }
            let is_more = |key: &&String| !there.contains_key(*key) && !FREE.contains(&key.as_str());
            // Of a pruned snapshot less is known than the evidence contains.
            if writer == Writer::Same {
                let more = said.keys().filter(is_more);
                parts.extend(more.map(|key| missing(&format!("{name}{joint}{key}"), Some(&said[key]), None)));
            }
        }
        (Value::Array(said), Value::Array(there)) => {
            let key = |value: &Value, place: usize| match &value["resource"] {
                Value::String(resource) => resource.clone(),
                _ => place.to_string(),
            };
            let keyed = |values: &[Value]| {
                let keys = values.iter().enumerate().map(|(place, value)| key(value, place));
                Value::Object(keys.zip(values.iter().cloned()).collect())
            };
            if said.len() != there.len() && writer == Writer::Same {
                let length = |values: &[Value]| Value::from(format!("{} entries", values.len()));
                parts.push(Part::differs(name, &length(said), &length(there)));
            }
            compare(name, ".", &keyed(said), &keyed(there), writer, parts);
        }
        (said, there) if said == there => {}
        (said, there) => parts.push(Part::differs(name, said, there)),
    }
}

fn missing(name: &str, evidence: Option<&Value>, found: Option<&Value>) -> Part {
    let told = |value: Option<&Value>| value.map_or_else(|| "missing".to_owned(), plain);
    Part {
        state: State::Differs,
        evidence: Some(told(evidence)),
        found: Some(told(found)),
        ..Part::fits(name)
    }
}

/// Converts a value to JSON.
pub fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::failed("cannot read the evidence").caused_by(error))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_is_named() {
        let said = json!({"a": 1, "label": "x", "list": [{"resource": "r", "rows": 3}], "more": 1});
        let there = json!({"a": 2, "label": null, "list": [{"resource": "r", "rows": 4}], "less": 1});
        let names = |writer| -> Vec<String> {
            differences("it", &said, &there, writer).into_iter().map(|part| part.name).collect()
        };
        assert_eq!(names(Writer::Same), ["it a", "it list.r.rows", "it less", "it more"]);
        assert_eq!(names(Writer::Older), ["it a", "it list.r.rows"]);
        assert!(differences("it", &said, &said, Writer::Same).is_empty());
        let of_types = differences("it", &json!({"a": {"b": 1}}), &json!({"a": [1]}), Writer::Same);
        assert_eq!(of_types[0].name, "it a");
    }
}
