//! What differs between two policies: by statement, and by what came and went in each of its elements.
//!
//! There is no verdict: whether a policy became wider or narrower depends on far more than its text.

use std::collections::BTreeSet;

use serde::Serialize;

use super::policy::{Elements, Policy, Word};

/// A statement that came, went or changed, or what changed beside the statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementChange {
    /// Its Sid, else what it says; `None` for what stands beside the statements, such as Version.
    pub statement: Option<String>,
    /// Its effect, after rather than before; `None` for what stands beside the statements.
    #[serde(skip)]
    pub effect: Option<String>,
    /// Added, removed or changed.
    pub change: StatementChangeKind,
    /// What came and went in it; for a statement that came or went, all that it says.
    pub elements: Vec<ElementChange>,
}

/// What came and went in one element of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ElementChange {
    /// `Effect`, `Action`, `Principal AWS`, `Condition StringEquals aws:PrincipalTag/team`, …
    pub element: String,
    /// Values in the document before only.
    pub removed: Vec<String>,
    /// Values in the document after only.
    pub added: Vec<String>,
}

/// What happened to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementChangeKind {
    /// In the document after only.
    Added,
    /// In the document before only.
    Removed,
    /// In both, paired by Sid or because only one element differs.
    Changed,
}

/// Returns what changed from one policy to another, statement by statement; a document that is not there has no
/// statement. `None` where either has no canonical form: then there is only its text to compare.
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

/// Pairs of statements that are one in two states, what went, and what came.
type Pairing = (Vec<(Elements, Elements)>, Vec<Elements>, Vec<Elements>);

/// Leaves out what is equal, then pairs by Sid, then by being alike in all elements but one.
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

/// What a person calls a statement: its Sid, else what it says.
fn title(statement: &Elements) -> String {
    let said = |name: &str| Some(written(of(statement, name)?).join(", "));
    sid(statement).cloned().unwrap_or_else(|| super::words::gist(said))
}

/// The values of an element that has no parts.
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

/// The order in which people write a statement.
fn place(path: &[Word]) -> usize {
    let order =
        ["Version", "Id", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource"];
    let first = path.first().map(|name| name.written.as_str());
    order.iter().position(|name| first == Some(*name)).unwrap_or(order.len())
}
