//! A typed name, e-mail address or id as the one id that it means.
//!
//! A misspelt name must never read as "no access": a name that matches nothing is an error with the nearest
//! names and the snapshots where it existed, one that matches several things is an error that lists them.
//! Ids are resolved before the statement runs, because it is fast by id only.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};

use super::header::ParameterType;
use super::span::Span;
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;
use crate::store::{Census, CoverageStatus, Snapshot};

/// Where things of one kind are looked up, and by what.
struct Place {
    /// What one is called.
    noun: &'static str,
    /// The resource or view; its key is `id`.
    table: &'static str,
    id: &'static str,
    /// Columns that hold a name or an e-mail address, the first one being what it is called.
    names: &'static [&'static str],
    /// A column with e-mail addresses, as a JSON array of objects with a `Value`.
    emails: Option<&'static str>,
    /// Which rows of the table count; a condition.
    only: &'static str,
    /// The resource that the snapshot must have seen for the answer to be trusted, and whose versions say
    /// when a thing existed.
    resource: &'static str,
    /// Where ids occur even where the resource itself could not be read: (table, column, condition).
    occurs_in: &'static [(&'static str, &'static str, &'static str)],
}

fn place(kind: ParameterType) -> Option<Place> {
    match kind {
        ParameterType::User => Some(Place {
            noun: "user",
            table: "users",
            id: "user_id",
            names: &["user_name", "display_name", "primary_email"],
            emails: Some("emails"),
            only: "1",
            resource: "users",
            occurs_in: &[],
        }),
        ParameterType::Account => Some(Place {
            noun: "account",
            table: "accounts",
            id: "account_id",
            names: &["name", "email"],
            emails: None,
            only: "1",
            resource: "accounts",
            occurs_in: &[
                ("account_assignments", "account_id", "1"),
                ("provisioned_permission_sets", "account_id", "1"),
            ],
        }),
        ParameterType::Group => Some(Place {
            noun: "group",
            table: "groups",
            id: "group_id",
            names: &["display_name"],
            emails: None,
            only: "1",
            resource: "groups",
            occurs_in: &[
                ("group_memberships", "group_id", "1"),
                ("account_assignments", "principal_id", "principal_type = 'GROUP'"),
            ],
        }),
        ParameterType::PermissionSet => Some(Place {
            noun: "permission set",
            table: "permission_sets",
            id: "permission_set_arn",
            names: &["name"],
            emails: None,
            only: "1",
            resource: "permission_sets",
            occurs_in: &[
                ("account_assignments", "permission_set_arn", "1"),
                ("provisioned_permission_sets", "permission_set_arn", "1"),
            ],
        }),
        ParameterType::Ou => Some(Place {
            noun: "organizational unit",
            table: "organization_tree",
            id: "id",
            names: &["name", "ou_path"],
            emails: None,
            only: "type <> 'account'",
            resource: "organizational_units",
            occurs_in: &[],
        }),
        ParameterType::Date | ParameterType::Number | ParameterType::Text => None,
    }
}

/// A row that a name may mean.
struct Candidate {
    id: String,
    names: Vec<String>,
    /// From which snapshot on it has these names and the first one that it no longer has; versions only.
    life: Option<(i64, Option<i64>)>,
}

impl Candidate {
    fn is_called(&self, typed: &str) -> bool {
        self.id.to_lowercase() == typed || self.names.iter().any(|name| name.to_lowercase() == typed)
    }
}

/// The id that `typed` means in the answering snapshot, one of the two of a diff, for a kind that has ids.
pub fn resolve_id(kind: ParameterType, typed: &str, census: &Census, snapshot: &Snapshot) -> Result<String> {
    let compared = |_| "a diff from or to one of them finds it, or one over them with --steps".to_owned();
    resolve(kind, typed, census, &Span::at(snapshot.clone()), &compared)
}

/// The same in any of the answering snapshots of a query.
pub(super) fn resolve_in(kind: ParameterType, typed: &str, census: &Census, span: &Span) -> Result<String> {
    resolve(kind, typed, census, span, &|last| format!("--at {last} asks there"))
}

/// How to ask about what existed last in a snapshot.
type HowToAsk<'h> = &'h dyn Fn(i64) -> String;

fn resolve(
    kind: ParameterType,
    typed: &str,
    census: &Census,
    span: &Span,
    how_to_ask: HowToAsk<'_>,
) -> Result<String> {
    let place = place(kind).ok_or_else(|| Error::usage(format!("a {} has no id", kind.name())))?;
    if span.from() != span.to() && place.table == "organization_tree" {
        return Err(Error::usage(
            "an organizational unit has a path in one snapshot only, and none over a range",
        )
        .hint("ask as of one: --at WHEN"));
    }
    let connection = census.connection();
    let cannot_read = |error: rusqlite::Error| {
        Error::failed(format!("cannot look up the {} {typed:?}", place.noun)).caused_by(error)
    };
    if let Some(id) = place.by_id(connection, typed, "").map_err(cannot_read)? {
        return Ok(id);
    }
    let mut lower = typed.trim().to_lowercase();
    if place.table == "organization_tree" && lower.len() > 1 && lower.ends_with('/') {
        lower.pop();
    }
    let source = format!("SELECT *, NULL AS valid_from, NULL AS valid_to FROM {}", place.table);
    let condition = place.only;
    let mut matches = place
        .candidates(connection, &format!("{source} WHERE {condition}"), |one| one.is_called(&lower))
        .map_err(cannot_read)?;
    // Over a range one thing may have several versions.
    let mut ids = HashSet::new();
    matches.retain(|one| ids.insert(one.id.clone()));
    match matches.len() {
        1 => Ok(matches.remove(0).id),
        0 => Err(place.unknown(typed, &lower, census, span, how_to_ask).map_err(cannot_read)?),
        _ => Err(place.ambiguous(typed, &matches, span)),
    }
}

/// The ids of everything that ever had this id, name or e-mail address up to the answering snapshot, in the
/// order in which they came; none where nothing had.
pub fn ids_ever(kind: ParameterType, typed: &str, census: &Census) -> Result<Vec<String>> {
    let Some(place) = place(kind) else { return Ok(Vec::new()) };
    let read = || -> rusqlite::Result<Vec<String>> {
        let connection = census.connection();
        if let Some(id) = place.by_id(connection, typed, "_history")? {
            return Ok(vec![id]);
        }
        let lower = typed.trim().to_lowercase();
        let source = format!("SELECT * FROM {}_history ORDER BY valid_from", place.resource);
        let mut ids: Vec<String> = Vec::new();
        for candidate in place.candidates(connection, &source, |one| one.is_called(&lower))? {
            if !ids.contains(&candidate.id) {
                ids.push(candidate.id);
            }
        }
        Ok(ids)
    };
    read().map_err(|error| {
        Error::failed(format!("cannot look up the {} {typed:?}", place.noun)).caused_by(error)
    })
}

/// Every name that a thing of this kind ever had up to the answering snapshot.
pub fn names_ever(kind: ParameterType, census: &Census) -> Result<Vec<String>> {
    let Some(place) = place(kind) else { return Ok(Vec::new()) };
    let source = format!("SELECT * FROM {}_history", place.resource);
    let all = place.candidates(census.connection(), &source, |_| true);
    let all =
        all.map_err(|error| Error::failed(format!("cannot list the {}s", place.noun)).caused_by(error))?;
    Ok(all.into_iter().flat_map(|one| one.names).collect())
}

impl Place {
    /// The fast way, and the only one for ids of things that could not be read themselves.
    /// `view` is what follows the resources' names: nothing, or `_history`.
    fn by_id(&self, connection: &Connection, typed: &str, view: &str) -> rusqlite::Result<Option<String>> {
        let own = [(self.table, self.id, self.only)];
        for (table, column, condition) in own.iter().chain(self.occurs_in) {
            let sql =
                format!("SELECT {column} FROM {table}{view} WHERE {column} = ?1 AND {condition} LIMIT 1");
            let found = connection.query_row(&sql, [typed], |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn candidates(
        &self,
        connection: &Connection,
        source: &str,
        mut is_wanted: impl FnMut(&Candidate) -> bool,
    ) -> rusqlite::Result<Vec<Candidate>> {
        let mut columns = vec![self.id];
        columns.extend(self.names);
        columns.extend(self.emails);
        let sql = format!("SELECT {}, valid_from, valid_to FROM ({source})", columns.join(", "));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut wanted = Vec::new();
        while let Some(row) = rows.next()? {
            let candidate = self.candidate(row)?;
            if is_wanted(&candidate) {
                wanted.push(candidate);
            }
        }
        Ok(wanted)
    }

    fn candidate(&self, row: &Row<'_>) -> rusqlite::Result<Candidate> {
        let text = |index: usize| -> rusqlite::Result<Option<String>> {
            Ok(match row.get(index)? {
                Value::Text(text) => Some(text),
                _ => None,
            })
        };
        let mut names = Vec::new();
        for index in 1..=self.names.len() {
            names.extend(text(index)?);
        }
        if self.emails.is_some() {
            names.extend(text(self.names.len() + 1)?.as_deref().map(addresses).unwrap_or_default());
        }
        if self.table == "organization_tree" {
            names.extend(names.get(1).map(|path| below_root(path)));
        }
        let valid_from: Option<i64> = row.get("valid_from")?;
        let valid_to = row.get("valid_to")?;
        let life = valid_from.map(|valid_from| (valid_from, valid_to));
        Ok(Candidate { id: row.get(0)?, names, life })
    }

    fn ambiguous(&self, typed: &str, matches: &[Candidate], span: &Span) -> Error {
        let mut error = Error::unknown(format!(
            "{} {typed:?} is ambiguous in {}: {} match",
            self.noun,
            span.words(),
            matches.len()
        ));
        for candidate in matches.iter().take(10) {
            let mut names = candidate.names.clone();
            names.dedup();
            error = error.hint(format!("{} ({})", candidate.id, names.join(", ")));
        }
        error.hint("type the id of the one you mean")
    }

    fn unknown(
        &self,
        typed: &str,
        lower: &str,
        census: &Census,
        span: &Span,
        how_to_ask: HowToAsk<'_>,
    ) -> rusqlite::Result<Error> {
        let connection = census.connection();
        let error = Error::unknown(format!("there is no {} {typed:?} in {}", self.noun, span.words()));
        let source = format!("SELECT *, NULL AS valid_from, NULL AS valid_to FROM {}", self.table);
        let everyone = self.candidates(connection, &format!("{source} WHERE {}", self.only), |_| true)?;
        let names = everyone.iter().flat_map(|one| one.names.iter().map(String::as_str));
        let mut error = error.hint_if_any(did_you_mean(typed, names));
        for hint in self.other_times(connection, lower, how_to_ask)? {
            error = error.hint(hint);
        }
        let is_seen = |it: &crate::store::Coverage| {
            it.resource == self.resource && it.status == CoverageStatus::Complete
        };
        let did_not_see = |snapshot: &&Snapshot| {
            !census.coverage(snapshot.snapshot_id).unwrap_or_default().iter().any(is_seen)
        };
        if let Some(snapshot) = span.snapshots().iter().find(did_not_see) {
            error = error.hint(format!(
                "snapshot {} did not see all {}: unknown is not absent ({})",
                snapshot.snapshot_id,
                self.resource,
                invocation::command(format_args!("snapshots show {}", snapshot.snapshot_id))
            ));
        }
        if error.hints().is_empty() {
            let all =
                format!("query \"SELECT {}, {} FROM {} ORDER BY 2\"", self.id, self.names[0], self.table);
            error = error.hint(format!("{} lists them all", invocation::command(all)));
        }
        Ok(error)
    }

    /// In which snapshots something of this name existed, one sentence for each id.
    fn other_times(
        &self,
        connection: &Connection,
        lower: &str,
        how_to_ask: HowToAsk<'_>,
    ) -> rusqlite::Result<Vec<String>> {
        let resource = self.resource;
        let columns = match self.table {
            // The tree's ids and paths are derived; its units have versions of their own.
            "organization_tree" => "ou_id AS id, name, entity_path AS ou_path, valid_from, valid_to",
            _ => "*",
        };
        let source = format!("SELECT {columns} FROM main.{resource}_versions");
        let mut lives: Vec<(String, i64, Option<i64>)> = Vec::new();
        for candidate in self.candidates(connection, &source, |one| one.is_called(lower))? {
            let Some((from, to)) = candidate.life else { continue };
            match lives.iter_mut().find(|(id, ..)| *id == candidate.id) {
                Some((_, first, last)) => {
                    *first = from.min(*first);
                    *last = last.zip(to).map(|(a, b)| a.max(b));
                }
                None => lives.push((candidate.id, from, to)),
            }
        }
        let mut sentences = Vec::new();
        for (id, first, gone) in lives.into_iter().take(3) {
            let last: i64 = connection.query_row(
                "SELECT max(snapshot_id) FROM snapshots WHERE snapshot_id < coalesce(?1, snapshot_id + 1)",
                [gone],
                |row| row.get(0),
            )?;
            let when = if first == last {
                format!("snapshot {first}")
            } else {
                format!("snapshots {first} to {last}")
            };
            sentences.push(format!("it existed in {when} as {id}: {}", how_to_ask(last)));
        }
        Ok(sentences)
    }
}

/// `/Workloads/Prod`: the path without the root, with which every path begins.
fn below_root(ou_path: &str) -> String {
    let (_root, below) = ou_path.split_once('/').unwrap_or((ou_path, ""));
    format!("/{below}")
}

/// The addresses in AWS's JSON array of `{"Value": …}`; none where it is something else.
fn addresses(json: &str) -> Vec<String> {
    let Ok(serde_json::Value::Array(entries)) = serde_json::from_str(json) else { return Vec::new() };
    entries.iter().filter_map(|entry| entry.get("Value")?.as_str().map(str::to_owned)).collect()
}
