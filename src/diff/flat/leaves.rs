//! Takes a value on both sides apart: each plain value of a structured one separately.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::store::text_of;

/// A plain value on both sides, one of which may be missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The column, with the position in its value: `emails[0].Value`.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Returns the plain values that differ. A list of plain values is a set: the position in it has no meaning.
pub(super) fn leaves(
    column: &str,
    before: Option<Value>,
    after: Option<Value>,
    is_structured: bool,
) -> Vec<Leaf> {
    let parsed = |side: Option<Value>| {
        let side = side.filter(|side| !side.is_null())?;
        let text = text_of(&side);
        let json = is_structured.then(|| serde_json::from_str::<Value>(&text).ok()).flatten();
        Some(json.unwrap_or(Value::String(text)))
    };
    let of = |side: Option<Value>| {
        let mut found = Found::new();
        if let Some(side) = parsed(side) {
            walk(column.to_owned(), &side, &mut found);
        }
        found
    };
    let (before, after) = (of(before), of(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = BTreeSet::new();
    let mut leaves = Vec::new();
    for field in fields {
        let (old, new) = (before.get(field).unwrap_or(&none), after.get(field).unwrap_or(&none));
        let mut gone = old.difference(new).cloned();
        let mut come = new.difference(old).cloned();
        loop {
            let (before, after) = (gone.next(), come.next());
            if before.is_none() && after.is_none() {
                break;
            }
            leaves.push(Leaf { field: field.clone(), before, after });
        }
    }
    leaves
}

/// The plain values by their position.
type Found = BTreeMap<String, BTreeSet<String>>;

fn walk(place: String, value: &Value, found: &mut Found) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| walk(format!("{place}.{name}"), member, found));
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().for_each(|item| walk(place.clone(), item, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| walk(format!("{place}[{at}]"), item, found));
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.entry(place).or_default().insert(text_of(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: Option<Value>, after: Option<Value>) -> Vec<String> {
        let one = |leaf: Leaf| {
            format!("{} {}>{}", leaf.field, leaf.before.unwrap_or_default(), leaf.after.unwrap_or_default())
        };
        leaves("c", before, after, true).into_iter().map(one).collect()
    }

    #[test]
    fn each_plain_value_is_a_leaf() {
        let text = |value: Value| Some(Value::String(value.to_string()));
        assert_eq!(told(None, Some(json!("a"))), ["c >a"]);
        assert_eq!(told(Some(json!("a")), Some(Value::Null)), ["c a>"]);
        assert_eq!(told(Some(json!(1)), Some(json!(2))), ["c 1>2"]);
        assert_eq!(told(text(json!(["a", "b"])), text(json!(["b", "c", "d"]))), ["c a>c", "c >d"]);
        assert_eq!(
            told(
                text(json!([{"Value": "a", "Primary": true}])),
                text(json!([{"Value": "b", "Primary": true}]))
            ),
            ["c[0].Value a>b"]
        );
        let statement = |actions: Value| text(json!({"Statement": [{"Effect": "Allow", "Action": actions}]}));
        assert_eq!(
            told(statement(json!("s3:Get*")), statement(json!(["s3:Get*", "s3:Put*"]))),
            ["c.Statement[0].Action >s3:Put*"]
        );
        assert_eq!(told(text(json!({"a": {"b": null}})), None), <[&str; 0]>::default());
        assert_eq!(told(None, Some(json!("{no json"))), ["c >{no json"]);
        // A plain column is never taken apart.
        assert_eq!(leaves("c", None, Some(json!("[1]")), false)[0].after.as_deref(), Some("[1]"));
    }
}
