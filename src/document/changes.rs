//! The differences between two policies: by statement, and by the values added to and removed from each element.
//!
//! There is no verdict: whether a policy became wider or narrower depends on far more than its text.

use std::collections::BTreeSet;

use serde::Serialize;

use super::policy::{Elements, Policy, Word};

/// A statement that was added, removed or changed, or a change outside the statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementChange {
    /// The Sid, or else a summary; `None` for a change outside the statements, such as to Version.
    pub statement: Option<String>,
    /// The effect in the document after, or else before; `None` for a change outside the statements.
    #[serde(skip)]
    pub effect: Option<String>,
    /// The kind of change.
    pub change: StatementChangeKind,
    /// The changed elements; for an added or removed statement, all of its elements.
    pub elements: Vec<ElementChange>,
}

/// The values added to and removed from one element of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ElementChange {
    /// The path of the element: `Effect`, `Action`, `Principal AWS`, `Condition StringEquals aws:PrincipalTag/team`, …
    pub element: String,
    /// The values that are only in the document before.
    pub removed: Vec<String>,
    /// The values that are only in the document after.
    pub added: Vec<String>,
}

/// The change of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementChangeKind {
    /// It is only in the document after.
    Added,
    /// It is only in the document before.
    Removed,
    /// It is in both, paired by Sid or because only one element differs.
    Changed,
}

/// Returns the changes from one policy to another, statement by statement; a missing document has no statement. Returns
/// `None` if either has no canonical form: then only its text can be compared.
pub fn between(before: Option<&str>, after: Option<&str>) -> Option<Vec<StatementChange>> {
    let read = |side: Option<&str>| side.map_or(Some(Policy::default()), Policy::parse);
    let (before, after) = (read(before)?, read(after)?);
    let mut changes = Vec::new();
    let beside = elements_changed(&before.beside, &after.beside);
    if !beside.is_empty() && !before.statements.is_empty() && !after.statements.is_empty() {
        let change = StatementChangeKind::Changed;
        changes.push(StatementChange { statement: None, effect: None, change, elements: beside });
    }
    let (paired, gone, came) = pair(before.statements, after.statements);
    let nothing = Elements::new();
    let changed = paired.iter().map(|(old, new)| (StatementChangeKind::Changed, old, new, new));
    let gone = gone.iter().map(|old| (StatementChangeKind::Removed, old, &nothing, old));
    let came = came.iter().map(|new| (StatementChangeKind::Added, &nothing, new, new));
    changes.extend(changed.chain(gone).chain(came).map(|(change, old, new, called)| StatementChange {
        statement: Some(title(called)),
        effect: of(called, "Effect").and_then(|effect| Some(effect.first()?.written.clone())),
        change,
        elements: elements_changed(old, new),
    }));
    Some(changes)
}

/// The pairs of statements with their two states, the removed statements, and the added ones.
type Pairing = (Vec<(Elements, Elements)>, Vec<Elements>, Vec<Elements>);

/// Leaves out equal statements, then pairs by Sid, then pairs those that differ in a single element.
fn pair(before: BTreeSet<Elements>, after: BTreeSet<Elements>) -> Pairing {
    let mut gone: Vec<Elements> = before.difference(&after).cloned().collect();
    let mut came: Vec<Elements> = after.difference(&before).cloned().collect();
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
    Some(&of(statement, "Sid")?.first()?.written)
}

/// Returns the title of a statement: its Sid, or else a summary.
fn title(statement: &Elements) -> String {
    let said = |name: &str| Some(written(of(statement, name)?).join(", "));
    sid(statement).cloned().unwrap_or_else(|| super::words::gist(said))
}

/// Returns the values of an element without parts.
fn of<'e>(statement: &'e Elements, name: &str) -> Option<&'e BTreeSet<Word>> {
    let mut elements = statement.iter();
    elements
        .find(|(path, _)| matches!(path.as_slice(), [only] if only.written == name))
        .map(|(_, values)| values)
}

fn written<'w>(words: impl IntoIterator<Item = &'w Word>) -> Vec<String> {
    words.into_iter().map(|word| word.written.clone()).collect()
}

fn elements_changed(before: &Elements, after: &Elements) -> Vec<ElementChange> {
    let mut paths: Vec<&Vec<Word>> = before.keys().chain(after.keys()).collect();
    paths.sort_by_key(|path| (place(path), *path));
    paths.dedup();
    let nothing = BTreeSet::new();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| {
            let (old, new) = (before.get(path).unwrap_or(&nothing), after.get(path).unwrap_or(&nothing));
            let element = written(path).join(" ");
            ElementChange {
                element,
                removed: written(old.difference(new)),
                added: written(new.difference(old)),
            }
        })
        .collect()
}

/// Returns the position of an element in the usual order of a statement.
fn place(path: &[Word]) -> usize {
    let order =
        ["Version", "Id", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource"];
    let first = path.first().map(|name| name.written.as_str());
    order.iter().position(|name| first == Some(*name)).unwrap_or(order.len())
}
