//! JSON in which no object names a key twice. The parser would keep the last of two values, and a document whose
//! meaning depends on the reader must not equal another. Numbers must be whole, because these keep their exact value.

use serde_json::Value;

use crate::json_keys::check;

/// Parses a text; `None` if it is no JSON, names a key twice, or has a number that is not whole.
pub(super) fn parse(text: &str) -> Option<Value> {
    check(text.as_bytes()).ok()?;
    serde_json::from_str(text).ok().filter(is_kept)
}

/// Returns true if every number keeps its last digit: a float would make two different numbers equal.
fn is_kept(json: &Value) -> bool {
    match json {
        Value::Number(number) => !number.is_f64(),
        Value::Array(items) => items.iter().all(is_kept),
        Value::Object(members) => members.values().all(is_kept),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_not_parsed() {
        for kept in ["0", "-1", "18446744073709551615", "-9223372036854775808", r#"{"a": [1, {"a": null}]}"#]
        {
            assert_eq!(parse(kept), serde_json::from_str(kept).ok(), "{kept}");
        }
        let long = "1".repeat(400);
        for lost in ["-0", "1.0", "1e2", "1e400", "-1e999", "0.1e-9999", "18446744073709551616", &long] {
            for text in [lost.to_owned(), format!("[[{lost}]]"), format!(r#"{{"a": {{"b": {lost}}}}}"#)] {
                assert_eq!(parse(&text), None, "{text}");
            }
        }
        for text in [r#"{"a": 1, "\u0061": 1}"#, r#"[1e400, {"a": 1, "a": 1}]"#, r#"{"\ud800": 1}"#, "{", ""]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
