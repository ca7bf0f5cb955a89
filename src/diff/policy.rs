//! Policy documents: what two of them have in common whatever their order, and what differs, by statement.
//!
//! IAM gives no meaning to the order of keys, statements, actions, resources, principals or condition values, and
//! none to whether a single one stands in a list: documents that differ in nothing else are the same. What differs
//! is told by statement and by what came and went in each of its elements. There is no verdict: whether a policy
//! became wider or narrower depends on far more than its text.
//!
//! It knows documents alone, not the rows that hold them; what is no policy is compared by its text elsewhere.

mod strict;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::change::ChangeKind;

/// The column that holds a policy document, in every resource that has one.
pub(super) const COLUMN: &str = "document";

/// A statement that came, went or changed, or what changed beside the statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementChange {
    /// Its Sid, else what it says; `None` for what stands beside the statements, such as Version.
    pub statement: Option<String>,
    /// Added, removed or changed.
    pub change: ChangeKind,
    /// What came and went in it; for a statement that came or went, all that it says.
    pub elements: Vec<ElementChange>,
}

/// What came and went in one element of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ElementChange {
    /// `Effect`, `Action`, `Principal AWS`, `Condition StringEquals aws:PrincipalTag/team`, …
    pub element: String,
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// Whether two values of [`COLUMN`] are the same policy in another order or spelling.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_str(), other.as_str()) else { return false };
    matches!((Policy::parse(one), Policy::parse(other)), (Some(one), Some(other)) if one == other)
}

/// What changed from one value of [`COLUMN`] to another, statement by statement; a document that is not there has no
/// statement. `None` where either is no policy: then there is only its text to compare.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<StatementChange>> {
    let read = |side: Option<&Value>| match side {
        None | Some(Value::Null) => Some(Policy::default()),
        Some(value) => Policy::parse(value.as_str()?),
    };
    let (before, after) = (read(before)?, read(after)?);
    let mut changes = Vec::new();
    let beside = elements_changed(&before.beside, &after.beside);
    if !beside.is_empty() && !before.statements.is_empty() && !after.statements.is_empty() {
        changes.push(StatementChange { statement: None, change: ChangeKind::Changed, elements: beside });
    }
    let (paired, gone, came) = pair(before.statements, after.statements);
    for (old, new) in paired {
        let elements = elements_changed(&old, &new);
        changes.push(StatementChange { statement: Some(title(&new)), change: ChangeKind::Changed, elements });
    }
    let nothing = Elements::new();
    for (change, statement) in gone
        .iter()
        .map(|old| (ChangeKind::Removed, old))
        .chain(came.iter().map(|new| (ChangeKind::Added, new)))
    {
        let elements = match change {
            ChangeKind::Removed => elements_changed(statement, &nothing),
            _ => elements_changed(&nothing, statement),
        };
        changes.push(StatementChange { statement: Some(title(statement)), change, elements });
    }
    Some(changes)
}

/// An element's name to its values, sorted: a statement, or what stands beside the statements.
type Elements = BTreeMap<String, Vec<String>>;

/// A document in which nothing is left of order and spelling.
#[derive(Debug, Default, PartialEq)]
struct Policy {
    /// Version and Id.
    beside: Elements,
    /// Sorted.
    statements: Vec<Elements>,
}

impl Policy {
    /// `None` for what is no JSON, names a key twice, or has no statements.
    fn parse(document: &str) -> Option<Self> {
        let Value::Object(mut document) = strict::parse(document)? else { return None };
        let statements = match document.remove("Statement")? {
            Value::Array(statements) => statements,
            one => vec![one],
        };
        let statements: Option<Vec<Elements>> = statements.into_iter().map(statement).collect();
        let mut statements = statements?;
        statements.sort();
        let mut beside = Elements::new();
        insert_each(&mut beside, "", &document)?;
        Some(Self { beside, statements })
    }
}

fn statement(statement: Value) -> Option<Elements> {
    let Value::Object(statement) = statement else { return None };
    let mut elements = Elements::new();
    for (name, value) in &statement {
        match (name.as_str(), value) {
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                insert_each(&mut elements, &format!("{name} "), kinds)?;
            }
            ("Condition", Value::Object(operators)) => {
                for (operator, keys) in operators {
                    insert_each(&mut elements, &format!("{name} {operator} "), keys.as_object()?)?;
                }
            }
            _ => insert(&mut elements, name.clone(), value)?,
        }
    }
    Some(elements)
}

fn insert_each(elements: &mut Elements, prefix: &str, parts: &Map<String, Value>) -> Option<()> {
    parts.iter().try_for_each(|(part, value)| insert(elements, format!("{prefix}{part}"), value))
}

/// `None` where the name is taken, lest one value hide another.
fn insert(elements: &mut Elements, name: String, value: &Value) -> Option<()> {
    let mut values: Vec<String> = match value {
        Value::Array(values) => values.iter().map(word).collect(),
        one => vec![word(one)],
    };
    values.sort();
    elements.insert(name, values).is_none().then_some(())
}

/// A value in words: text as it is, anything else as its JSON. `"true"` and `true` mean the same to IAM.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Pairs of statements that are one in two states, what went, and what came.
type Pairing = (Vec<(Elements, Elements)>, Vec<Elements>, Vec<Elements>);

/// Takes away what is equal, then pairs by Sid, then by being alike in all elements but one.
fn pair(before: Vec<Elements>, mut came: Vec<Elements>) -> Pairing {
    let mut gone = before;
    take_pairs(&mut gone, &mut came, |old, new| old == new);
    let mut paired = take_pairs(&mut gone, &mut came, |old, new| sid(old).is_some() && sid(old) == sid(new));
    paired.extend(take_pairs(&mut gone, &mut came, |old, new| elements_changed(old, new).len() == 1));
    (paired, gone, came)
}

fn take_pairs(
    gone: &mut Vec<Elements>,
    came: &mut Vec<Elements>,
    belong: impl Fn(&Elements, &Elements) -> bool,
) -> Vec<(Elements, Elements)> {
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for old in gone.drain(..) {
        match came.iter().position(|new| belong(&old, new)) {
            Some(position) => pairs.push((old, came.remove(position))),
            None => left.push(old),
        }
    }
    *gone = left;
    pairs
}

fn sid(statement: &Elements) -> Option<&String> {
    statement.get("Sid")?.first().filter(|sid| !sid.is_empty())
}

/// What a person calls a statement: its Sid, else what it says.
fn title(statement: &Elements) -> String {
    let said = |name: &str| statement.get(name).map(|values| values.join(", "));
    sid(statement).cloned().unwrap_or_else(|| gist(said))
}

/// A statement's effect, actions and resources in words, read from its elements by name.
pub(super) fn gist(said: impl Fn(&str) -> Option<String>) -> String {
    let either =
        |name: &str| said(name).or_else(|| Some(format!("all but {}", said(&format!("Not{name}"))?)));
    let mut words = said("Effect").unwrap_or_else(|| "no effect".to_owned());
    if let Some(actions) = either("Action") {
        words.push_str(&format!(" {actions}"));
    }
    if let Some(resources) = either("Resource") {
        words.push_str(&format!(" on {resources}"));
    }
    words
}

fn elements_changed(before: &Elements, after: &Elements) -> Vec<ElementChange> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_by_key(|name| (place(name), *name));
    names.dedup();
    let nothing = Vec::new();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let (old, new) = (before.get(name).unwrap_or(&nothing), after.get(name).unwrap_or(&nothing));
            ElementChange { element: name.clone(), removed: without(old, new), added: without(new, old) }
        })
        .collect()
}

/// The order in which people write a statement.
fn place(element: &str) -> usize {
    let order =
        ["Version", "Id", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource"];
    let first = element.split(' ').next().unwrap_or(element);
    order.iter().position(|name| *name == first).unwrap_or(order.len())
}

/// The values less the others, each as often as it remains.
fn without(values: &[String], others: &[String]) -> Vec<String> {
    let mut left = values.to_vec();
    for other in others {
        if let Some(position) = left.iter().position(|value| value == other) {
            left.remove(position);
        }
    }
    left
}

#[cfg(test)]
mod tests;
