//! IAM policies without the parts that have no meaning.
//!
//! IAM gives no meaning to the order of keys, statements, actions, resources, principals or condition values, to a
//! duplicate value, to whether a single value is in a list, to an empty Sid, or to the case of actions and of condition
//! keys (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>). Nothing else is left
//! out: a missing Version equals neither of the two existing ones, `"*"` is not `{"AWS": "*"}`, and resources, values
//! and names of operators differ by case.
//!
//! Nothing is decoded here: if an operation sends its documents encoded, its collector decodes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::strict;

/// A map from the path of an element to its values: of a statement, or of the elements outside the statements.
pub(super) type Elements = BTreeMap<Vec<Word>, BTreeSet<Word>>;

/// A policy without order and spelling.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Policy {
    /// The elements outside the statements: Version and Id.
    pub beside: Elements,
    pub statements: BTreeSet<Elements>,
}

impl Policy {
    /// Reads a policy; `None` for a document without a canonical form: it is no JSON, an object has a key twice
    /// (ignoring case), or it does not have the grammar of a policy.
    pub fn parse(document: &str) -> Option<Self> {
        let Value::Object(mut document) = strict::parse(document).filter(|json| !has_twins(json))? else {
            return None;
        };
        let statements = match document.remove("Statement")? {
            Value::Array(statements) => statements,
            one => vec![one],
        };
        let beside =
            document.iter().map(|(name, value)| Some((vec![Word::exact(name)], values(value, Word::of)?)));
        Some(Self {
            beside: beside.collect::<Option<_>>()?,
            statements: statements.iter().map(statement).collect::<Option<_>>()?,
        })
    }

    /// Returns a text that is the same for the same policy, and only for that.
    pub fn form(&self) -> String {
        let of = |elements: &Elements| -> Value {
            let canonical = |word: &Word| Value::from(word.canonical.clone());
            let element = |(path, values): (&Vec<Word>, &BTreeSet<Word>)| -> Value {
                let path: Value = path.iter().map(canonical).collect();
                [path, values.iter().map(canonical).collect()].into_iter().collect()
            };
            elements.iter().map(element).collect()
        };
        let form: Value = std::iter::once(&self.beside).chain(&self.statements).map(of).collect();
        form.to_string()
    }
}

/// A part of a policy, in its compared and its written form.
#[derive(Debug, Clone)]
pub(super) struct Word {
    canonical: String,
    pub written: String,
}

impl Word {
    fn exact(text: &str) -> Self {
        Self { canonical: text.to_owned(), written: text.to_owned() }
    }

    /// Creates a word that ignores case. Only letters whose case is the same in every language are converted.
    fn ignoring_case(text: &str) -> Self {
        Self { canonical: text.to_ascii_lowercase(), written: text.to_owned() }
    }

    /// Reads a text, number or truth value. A text that looks like a number differs from the number.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self { canonical: value.to_string(), written: text.clone() }),
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(Self::exact(&value.to_string())),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn of_text(value: &Value) -> Option<Self> {
        value.as_str().map(Self::exact)
    }

    fn of_action(value: &Value) -> Option<Self> {
        value.as_str().map(Self::ignoring_case)
    }

    /// Reads a value of a condition: `"true"` and `true` mean the same to IAM, as do `"5"` and `5`.
    fn of_condition(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(_) | Value::Number(_) => Some(Self::exact(&value.to_string())),
            other => Self::of_text(other),
        }
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Word {}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Word {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

fn statement(statement: &Value) -> Option<Elements> {
    let mut elements = Elements::new();
    for (name, value) in statement.as_object()? {
        let element = Word::exact(name);
        match (name.as_str(), value) {
            ("Sid", Value::String(sid)) if sid.is_empty() => {}
            ("Action" | "NotAction", _) => {
                drop(elements.insert(vec![element], values(value, Word::of_action)?))
            }
            ("Resource" | "NotResource", _) => {
                drop(elements.insert(vec![element], values(value, Word::of_text)?))
            }
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                insert_each(&mut elements, &[element], kinds, Word::exact, Word::of_text)?;
            }
            ("Condition", Value::Object(operators)) if !operators.is_empty() => {
                for (operator, keys) in operators {
                    let path = [element.clone(), Word::exact(operator)];
                    insert_each(
                        &mut elements,
                        &path,
                        keys.as_object()?,
                        Word::ignoring_case,
                        Word::of_condition,
                    )?;
                }
            }
            ("Condition", Value::Object(none)) => {
                insert_each(&mut elements, &[element], none, Word::exact, Word::of)?
            }
            _ => drop(elements.insert(vec![element], values(value, Word::of)?)),
        }
    }
    Some(elements)
}

/// Inserts the members of an object, each under its name; `{}` for an object without members, which differs from a
/// missing object.
fn insert_each(
    elements: &mut Elements,
    path: &[Word],
    members: &Map<String, Value>,
    name: impl Fn(&str) -> Word,
    word: impl Fn(&Value) -> Option<Word> + Copy,
) -> Option<()> {
    if members.is_empty() {
        elements.insert(path.to_vec(), BTreeSet::from([Word::exact("{}")]));
    }
    for (member, value) in members {
        let path = path.iter().cloned().chain([name(member)]).collect();
        elements.insert(path, values(value, word)?);
    }
    Some(())
}

/// Returns the values of a list, or a single value in place of a list.
fn values(value: &Value, word: impl Fn(&Value) -> Option<Word>) -> Option<BTreeSet<Word>> {
    match value {
        Value::Array(values) => values.iter().map(word).collect(),
        one => Some(BTreeSet::from([word(one)?])),
    }
}

/// Returns true if an object has two keys that are equal except for case: readers may interpret it differently.
fn has_twins(json: &Value) -> bool {
    match json {
        Value::Object(members) => {
            let mut seen = BTreeSet::new();
            members.iter().any(|(key, value)| !seen.insert(key.to_lowercase()) || has_twins(value))
        }
        Value::Array(items) => items.iter().any(has_twins),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
