//! IAM's policies without what has no meaning in them.
//!
//! IAM gives no meaning to the order of keys, statements, actions, resources, principals or condition values, to a
//! value that is there twice, to whether a single one stands in a list, to an empty Sid, or to the case of actions
//! and of condition keys
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>).
//! Nothing else is left out: an absent Version is not one of the two that there are, `"*"` is not `{"AWS": "*"}`,
//! and resources, values and names of operators differ by case.
//!
//! Nothing is decoded here: where an operation sends its documents encoded, its collector decodes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::strict;

/// The path of an element to its values: a statement, or what stands beside the statements.
pub(super) type Elements = BTreeMap<Vec<Word>, BTreeSet<Word>>;

/// A policy in which nothing is left of order and spelling.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Policy {
    /// Version and Id.
    pub beside: Elements,
    pub statements: BTreeSet<Elements>,
}

impl Policy {
    /// Reads a policy; `None` for what has no canonical form: no JSON, a key twice in one object, be it in another
    /// case, or not the grammar of a policy.
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

    /// The same text for the same policy, and only for that.
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

/// A part of a policy, as it is compared and as it was written.
#[derive(Debug, Clone)]
pub(super) struct Word {
    canonical: String,
    pub written: String,
}

impl Word {
    fn exact(text: &str) -> Self {
        Self { canonical: text.to_owned(), written: text.to_owned() }
    }

    /// Text whose case means nothing. Only letters that are the same in every language lose theirs.
    fn ignoring_case(text: &str) -> Self {
        Self { canonical: text.to_ascii_lowercase(), written: text.to_owned() }
    }

    /// A text, number or truth value. A text that looks like a number is told from one.
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

    /// A value of a condition: `"true"` and `true` mean the same to IAM, as do `"5"` and `5`.
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

/// Inserts the members of an object, each under its name; `{}` where it has none, which is not the same as no object.
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

/// The values of a list, or the one that stands in place of a list.
fn values(value: &Value, word: impl Fn(&Value) -> Option<Word>) -> Option<BTreeSet<Word>> {
    match value {
        Value::Array(values) => values.iter().map(word).collect(),
        one => Some(BTreeSet::from([word(one)?])),
    }
}

/// Whether two keys of one object are equal but for case: what a reader makes of them is anybody's guess.
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
