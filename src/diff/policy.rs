//! Compares one policy in two states, or two documents, by meaning.
//!
//! A policy is a row of any resource that holds documents. A policy that a snapshot could not see is unknown, never
//! removed.

use std::sync::Arc;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::digest::{PREFIX, sha256};
use crate::document::{StatementChange, between, is_same};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Grammar, NameForm, RESOURCES, ResourceSpec};
use crate::store::{GapIndex, Record, unreadable, versions_table};

/// The minimum length of an abbreviated document id.
const SHORTEST_ID: usize = 8;

/// The known state of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The text of the document.
    Read(String),
    /// There was no such policy.
    Absent,
    /// The document is unknown, for this reason.
    Unknown(String),
}

/// One side of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyState {
    /// The state of the document.
    pub state: State,
    /// A note, in words, if the snapshot only carried it forward.
    pub carried: Option<String>,
}

impl PolicyState {
    /// Returns the id of the document, if it is known.
    pub fn document_id(&self) -> Option<String> {
        match &self.state {
            State::Read(document) => Some(sha256(document)),
            State::Absent | State::Unknown(_) => None,
        }
    }
}

/// The differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDiff {
    /// The changes by statement; empty if both have the same meaning.
    pub changes: Vec<StatementChange>,
    /// True if the documents differ and are no IAM policies, so that no statement shows the difference.
    pub is_other_text: bool,
    /// The reasons why the result is uncertain, in words.
    pub unknown: Vec<String>,
}

impl PolicyDiff {
    /// Returns true if the two have different meanings.
    pub fn is_change(&self) -> bool {
        self.is_other_text || !self.changes.is_empty()
    }
}

/// Compares two states of a policy. If one of them is unknown, nothing is reported as changed.
pub fn compare_states(from: &PolicyState, to: &PolicyState) -> PolicyDiff {
    let sides = [from, to];
    let mut unknown: Vec<String> = sides.iter().filter_map(|side| side.carried.clone()).collect();
    let mut texts = [None, None];
    for (text, side) in texts.iter_mut().zip(sides) {
        match &side.state {
            State::Read(document) => *text = Some(document.as_str()),
            State::Absent => {}
            State::Unknown(why) => unknown.push(why.clone()),
        }
    }
    let nothing = PolicyDiff { changes: Vec::new(), is_other_text: false, unknown };
    if sides.iter().any(|side| matches!(side.state, State::Unknown(_))) {
        return nothing;
    }
    let is_equal = match texts {
        [Some(one), Some(other)] => is_same(Grammar::IamPolicyOrJson, one, other),
        [one, other] => one == other,
    };
    match between(texts[0], texts[1]) {
        _ if is_equal => nothing,
        Some(changes) if !changes.is_empty() => PolicyDiff { changes, ..nothing },
        _ => PolicyDiff { is_other_text: true, ..nothing },
    }
}

/// Returns the document with this id or abbreviated id. Fails (exit 2) if there is none, or several.
pub fn document_by_id(connection: &Connection, typed: &str) -> Result<PolicyState> {
    let id = typed.trim().to_ascii_lowercase();
    let id = id.strip_prefix(PREFIX).unwrap_or(&id);
    let unknown = |why: &str| {
        Error::unknown(format!("{typed:?} {why}"))
            .hint("the column document_id of policy_statements and permission_set_statements has the ids")
            .hint("--policy NAME compares two dates of one policy")
    };
    if id.len() < SHORTEST_ID || !id.chars().all(|one| one.is_ascii_hexdigit()) {
        return Err(unknown(
            "is not the id of a document: an id has 64 hexadecimal digits, of which the first 8 are enough",
        ));
    }
    let sql = format!(
        "SELECT document_id, document FROM policy_documents
         WHERE document_id >= '{PREFIX}' || ?1 AND document_id < '{PREFIX}' || ?1 || 'g' LIMIT 2"
    );
    let mut statement = connection.prepare(&sql).map_err(unreadable)?;
    let found = statement.query_map([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let found: Vec<(String, String)> =
        found.and_then(|rows| rows.collect::<rusqlite::Result<_>>()).map_err(unreadable)?;
    match found.as_slice() {
        [] => Err(unknown("is not the id of any document")),
        [(_, document)] => Ok(PolicyState { state: State::Read(document.clone()), carried: None }),
        [(one, _), (other, _), ..] => {
            Err(Error::unknown(format!("several documents have an id that begins with {id}"))
                .hint(format!("write more of it: {one}, {other}, …")))
        }
    }
}

/// A policy, by the key of its row.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    spec: &'static ResourceSpec,
    column: &'static str,
    key: Record,
}

impl Policy {
    /// Finds the policy that has this id, ARN or name in any snapshot up to `newest`, or that belongs to an entity with
    /// it: for a permission set, its inline policy. Later snapshots are searched if none of those has it, so that they
    /// cannot make a name ambiguous that was not. Fails (exit 2) if there is none, or several.
    pub fn find(connection: &Connection, typed: &str, newest: i64) -> Result<Self> {
        match Self::find_up_to(connection, typed, newest) {
            Err(error) if error.kind() == ErrorKind::UnknownName => {}
            found => return found,
        }
        Self::find_up_to(connection, typed, i64::MAX)
    }

    fn find_up_to(connection: &Connection, typed: &str, newest: i64) -> Result<Self> {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for spec in RESOURCES.iter().copied() {
            for held in spec.documents.iter().filter(|held| held.grammar != Grammar::Json) {
                let (with, without) = rows_named(connection, spec, held.column, typed, newest)?;
                found.extend(with);
                unread.extend(without);
            }
        }
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] if unread.is_empty() => Err(Error::unknown(format!("no snapshot has a policy {typed:?}"))
                .hint("a policy is found by its id, ARN or name, and an inline one by its permission set")
                .hint("the columns source and policy of policy_statements have them all")),
            [] => Err(Error::unknown(format!("no snapshot read what the policy {typed:?} says"))
                .hint(format!("it is {}", in_words(&unread)))
                .hint("a customer managed policy can say something else in each account")),
            several => Err(Error::unknown(format!("several policies are {typed:?}"))
                .hint(format!("name one by its id or ARN: {}", in_words(several)))),
        }
    }

    /// Returns the state of the policy in the snapshot.
    pub fn at(&self, connection: &Connection, snapshot_id: i64) -> Result<PolicyState> {
        let mut gaps = GapIndex::new(connection);
        let place = format!("snapshot {snapshot_id}");
        let sql = format!(
            "SELECT \"{}\", valid_from FROM \"{}\" WHERE {} AND valid_from <= {snapshot_id}
             AND (valid_to IS NULL OR valid_to > {snapshot_id})",
            self.column,
            versions_table(self.spec.name),
            self.is_it()
        );
        let values = self.key.values().map(|value| value.as_str().unwrap_or_default().to_owned());
        let version: Option<(Option<String>, i64)> = connection
            .query_row(&sql, params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(unreadable)?;
        let Some((document, began)) = version else {
            let hidden = gaps.hides(self.spec, &self.key, snapshot_id)?;
            let state = match hidden {
                None => State::Absent,
                Some(gap) => State::Unknown(format!(
                    "{place} could not see whether there was the policy: {}",
                    gap.error_code.or(gap.message).unwrap_or(gap.kind)
                )),
            };
            return Ok(PolicyState { state, carried: None });
        };
        let seen = gaps.carried(self.spec, &self.key, snapshot_id, began)?;
        Ok(PolicyState {
            state: document.map_or_else(
                || State::Unknown(format!("{place} did not read what the policy says")),
                State::Read,
            ),
            carried: seen
                .map(|seen| format!("{place} could not see the policy: it is as snapshot {seen} saw it")),
        })
    }

    fn is_it(&self) -> String {
        let equal =
            self.key.keys().enumerate().map(|(place, column)| format!("\"{column}\" = ?{}", place + 1));
        equal.collect::<Vec<_>>().join(" AND ")
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key: Vec<_> = self.key.values().filter_map(|value| value.as_str()).collect();
        write!(f, "{} of {}", key.join(" "), self.spec.name)
    }
}

fn in_words(policies: &[Policy]) -> String {
    policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns the rows with the name in a column of their key, in their label, or as the name of an entity in their key:
/// those of which a document was read up to the snapshot `newest`, and the others.
fn rows_named(
    connection: &Connection,
    spec: &'static ResourceSpec,
    column: &'static str,
    typed: &str,
    newest: i64,
) -> Result<(Vec<Policy>, Vec<Policy>)> {
    let mut conditions = Vec::new();
    for name in spec.key.iter().chain(spec.label) {
        conditions.push(format!("lower(\"{name}\") = lower(?1)"));
        let entities = spec.column(name).into_iter().flat_map(|column| column.entities());
        for entity in entities.map(|entity| entity.spec()).filter(|entity| entity.resource != spec.name) {
            let names = entity.names.iter().filter(|name| name.form == NameForm::Plain);
            let is_named: Vec<_> = names.map(|it| format!("lower(\"{}\") = lower(?1)", it.column)).collect();
            if !is_named.is_empty() {
                conditions.push(format!(
                    "\"{name}\" IN (SELECT \"{}\" FROM \"{}\" WHERE {})",
                    entity.id,
                    versions_table(entity.resource),
                    is_named.join(" OR ")
                ));
            }
        }
    }
    let key = spec.key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT count(\"{column}\"), {key} FROM \"{}\" WHERE ({}) AND valid_from <= {newest} GROUP BY {key} ORDER BY {key}",
        versions_table(spec.name),
        conditions.join(" OR ")
    );
    let columns: Arc<[String]> = spec.key.iter().map(|name| (*name).to_owned()).collect();
    let mut statement = match connection.prepare(&sql) {
        Ok(statement) => statement,
        // A file of an older version has no such table.
        Err(_) if !has_table(connection, spec)? => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(unreadable(error)),
    };
    let mut rows = statement.query([typed.trim()]).map_err(unreadable)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(unreadable)? {
        let documents: i64 = row.get(0).map_err(unreadable)?;
        let value = |place: usize| match row.get(place + 1)? {
            SqlValue::Text(text) => Ok(serde_json::Value::from(text)),
            _ => Ok(serde_json::Value::Null),
        };
        let values = (0..columns.len()).map(value).collect::<rusqlite::Result<_>>().map_err(unreadable)?;
        let policy = Policy { spec, column, key: Record::new(&columns, values) };
        if documents > 0 { with.push(policy) } else { without.push(policy) }
    }
    Ok((with, without))
}

fn has_table(connection: &Connection, spec: &ResourceSpec) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1))";
    connection.query_row(sql, [versions_table(spec.name)], |row| row.get(0)).map_err(unreadable)
}
