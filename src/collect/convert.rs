//! Converts AWS's values to columns. A value that AWS omits, or sends as a meaningless empty string, becomes NULL.

use aws_smithy_types::{DateTime, Document};
use chrono::{Datelike, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Number, Value};

use crate::aws::{CallFailure, Operation};

/// Returns text, with the empty string as NULL: the SDKs fill missing required members with it.
pub fn text(value: impl Into<Option<String>>) -> Option<String> {
    value.into().filter(|text| !text.is_empty())
}

/// Returns a word of a closed list in AWS's spelling. The SDKs fill a missing required word with one of their own.
pub fn word(value: &str) -> Option<String> {
    text((value != "no value was set").then(|| value.to_owned()))
}

/// Returns a time as RFC 3339 in UTC: whole seconds if AWS sent whole seconds, milliseconds otherwise. Fails for a time
/// outside the years 1970 to 9999, because dates are compared as text and no AWS time lies outside.
pub fn time(
    operation: Operation,
    name: &str,
    value: Option<&DateTime>,
) -> Result<Option<String>, CallFailure> {
    let Some(value) = value else { return Ok(None) };
    // JSON 1.1 sends times as floating-point seconds. Adding half a millisecond keeps .123 as .123.
    let time = chrono::DateTime::<Utc>::from_timestamp(value.secs(), value.subsec_nanos())
        .and_then(|time| time.checked_add_signed(TimeDelta::microseconds(500)))
        .filter(|time| (1970..=9999).contains(&time.year()));
    let Some(time) = time else {
        let message = format!(
            "{name} of an item of the answer is no time from 1970 to 9999: {} seconds after 1970",
            value.secs()
        );
        return Err(CallFailure::unusable(operation, message));
    };
    let format =
        if time.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    Ok(Some(time.to_rfc3339_opts(format, true)))
}

/// Returns the current time, as it is stored.
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Returns a required key. A row without it fails the task; a key is never NULL.
pub fn key(
    operation: Operation,
    name: &str,
    value: impl Into<Option<String>>,
) -> Result<String, CallFailure> {
    text(value)
        .ok_or_else(|| CallFailure::unusable(operation, format!("an item of the answer has no {name}")))
}

/// Returns a required member of a description. An answer without it is unusable.
pub fn member<T>(operation: Operation, name: &str, value: Option<T>) -> Result<T, CallFailure> {
    value.ok_or_else(|| CallFailure::unusable(operation, format!("the answer has no {name}")))
}

/// Returns a JSON array of objects in AWS's own spelling, as a JSON text column; NULL if AWS sent none.
pub fn array<T>(items: Option<Vec<T>>, object: impl Fn(T) -> Map<String, Value>) -> Option<String> {
    let items = items.filter(|items| !items.is_empty())?;
    let objects: Vec<Value> = items.into_iter().map(|item| Value::Object(object(item))).collect();
    Some(Value::Array(objects).to_string())
}

/// Returns the members of such an object, without those that AWS omitted.
pub fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Decodes a policy that IAM sends percent-encoded: RFC 3986, where a plus stands for itself. A policy that is not
/// encoded contains a brace, which no encoded policy does.
pub fn policy_document(sent: String) -> String {
    if sent.contains('{') {
        return sent;
    }
    match percent_encoding::percent_decode_str(&sent).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => sent,
    }
}

/// Returns a text member.
pub fn string(value: Option<String>) -> Option<Value> {
    value.map(Value::String)
}

/// Returns a document (an open JSON value) as JSON.
pub fn document(value: Document) -> Value {
    match value {
        Document::Object(members) => {
            // Sorted: the SDK's map has no order, and equal documents must be equal texts.
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, document(value))).collect())
        }
        Document::Array(items) => Value::Array(items.into_iter().map(document).collect()),
        Document::Number(number) => match number {
            aws_smithy_types::Number::PosInt(number) => number.into(),
            aws_smithy_types::Number::NegInt(number) => number.into(),
            aws_smithy_types::Number::Float(number) => {
                Number::from_f64(number).map_or(Value::Null, Value::Number)
            }
        },
        Document::String(text) => Value::String(text),
        Document::Bool(truth) => Value::Bool(truth),
        Document::Null => Value::Null,
    }
}

/// Returns an entity path without its trailing slash. AWS sends `o-…/r-…/ou-…/`, and the access report fails on a path
/// that ends with a slash.
pub fn entity_path(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

/// Returns the parent's id: the last but one part of an entity path.
pub fn parent_of_path(path: &str) -> Option<&str> {
    entity_path_parts(path).rev().nth(1)
}

/// Returns the parent's id in the path of an entity, if the path ends with that entity's id.
pub fn parent_in_path<'a>(path: &'a str, id: &str) -> Option<&'a str> {
    parent_of_path(path).filter(|_| entity_path_parts(path).next_back() == Some(id))
}

fn entity_path_parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: DateTime) -> Option<String> {
        time(Operation::ListUsers, "CreatedAt", Some(&value)).unwrap()
    }

    #[test]
    fn times_are_utc_with_a_fraction_only_where_there_is_one() {
        assert_eq!(read(DateTime::from_secs(1_772_357_400)).as_deref(), Some("2026-03-01T09:30:00Z"));
        let float = DateTime::from_secs_f64(1_772_357_400.123);
        assert_eq!(read(float).as_deref(), Some("2026-03-01T09:30:00.123Z"));
        assert_eq!(time(Operation::ListUsers, "CreatedAt", None).unwrap(), None);
    }

    #[test]
    fn times_that_cannot_be_are_told() {
        assert_eq!(read(DateTime::from_secs(0)).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(read(DateTime::from_secs(253_402_300_799)).as_deref(), Some("9999-12-31T23:59:59Z"));
        for secs in [-1, -62_135_596_800, 253_402_300_800, 1_000_000_000_000, i64::MIN, i64::MAX] {
            let failure =
                time(Operation::ListUsers, "CreatedAt", Some(&DateTime::from_secs(secs))).unwrap_err();
            let told =
                format!("CreatedAt of an item of the answer is no time from 1970 to 9999: {secs} seconds");
            assert!(failure.message.starts_with(&told), "{failure}");
        }
        let rounded = DateTime::from_secs_and_nanos(253_402_300_799, 999_900_000);
        assert!(time(Operation::ListUsers, "CreatedAt", Some(&rounded)).is_err());
    }

    #[test]
    fn a_path_names_its_parent_with_or_without_a_slash_at_its_end() {
        for path in ["o-1/r-2/ou-3/123456789012", "o-1/r-2/ou-3/123456789012/"] {
            assert_eq!(parent_of_path(path), Some("ou-3"));
            assert_eq!(entity_path(path), "o-1/r-2/ou-3/123456789012");
        }
    }

    #[test]
    fn a_policy_is_decoded_once() {
        for (sent, policy) in [
            ("%7B%22a%22%3A%22b%20c%22%7D", r#"{"a":"b c"}"#),
            ("%7B%22a%22%3A%221+1%2B%2520%C3%BC%22%7D", r#"{"a":"1+1+%20ü"}"#),
            (r#"{"a":"100%25"}"#, r#"{"a":"100%25"}"#),
            ("%7B%0A%7D", "{\n}"),
            ("%7b%ff%7d", "%7b%ff%7d"),
            ("%7B%zz%7D", "{%zz}"),
        ] {
            assert_eq!(policy_document(sent.to_owned()), policy);
        }
    }

    #[test]
    fn an_empty_string_is_null() {
        assert_eq!(text(String::new()), None);
        assert_eq!(text(Some("x".to_owned())).as_deref(), Some("x"));
    }
}
