//! The data dictionary: every table and view that a user may query, with its columns and their descriptions.
//!
//! Each fact is described once: the declaration of a resource describes its columns, the comments of a SQL file
//! describe a derived view's columns, and the comments of a migration describe the columns of any other table.

mod references;

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::{ColumnSpec, DERIVED_VIEWS, DocumentColumn, FACTS, RESOURCES, ResourceSpec};
use crate::store::columns::{columns, versions_table};
use crate::store::file::Doing;
use crate::store::schema;
use crate::store::views::{ANSWERING_SNAPSHOT, CHANGES, SNAPSHOT_DATES, STALE_ROWS};
pub use references::Reference;

/// The purpose of a table or view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// A resource as of the answering snapshot.
    Resource,
    /// A view that joins several resources.
    Derived,
    /// A fact about each snapshot.
    SnapshotFact,
    /// All versions of a resource.
    History,
    /// A resource in each snapshot.
    BySnapshot,
    /// The changes of a resource at each snapshot.
    Changes,
    /// All versions of a resource, as stored.
    Versions,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name, as a statement writes it.
    pub name: String,
    /// The group of the table in `orgcensus schema`.
    pub kind: TableKind,
    /// The description, one sentence.
    pub description: String,
    /// The columns, in the order of the table or view.
    pub columns: Vec<TableColumn>,
    /// The references of the table's rows to other tables.
    pub references: Vec<Reference>,
}

impl Table {
    /// Returns true if a key identifies at most one row.
    pub fn has_one_row_per_key(&self) -> bool {
        match self.kind {
            TableKind::Resource => true,
            TableKind::Derived
            | TableKind::SnapshotFact
            | TableKind::History
            | TableKind::BySnapshot
            | TableKind::Changes
            | TableKind::Versions => false,
        }
    }
}

/// A column of a table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// The name, as a statement writes it.
    pub name: String,
    /// The type, `TEXT` or `INTEGER`; empty where SQLite reports none.
    pub sql_type: String,
    /// True if the column is part of the key.
    pub in_key: bool,
    /// The description: a fragment without a full stop, or empty.
    pub description: String,
}

/// The tables keyed by snapshot that the publish writes, except those of declared facts.
const RECORDED: &[(&str, &str)] = &[
    ("snapshots", "The snapshots: when each was taken, by whom, and whether it is complete."),
    ("coverage", "How much of each resource each snapshot saw."),
    ("gaps", "What each snapshot could not see, and why."),
    (
        "seen_under_gaps",
        "What each snapshot saw in spite of a wider gap: a row in such a scope is not hidden by that gap.",
    ),
    ("gap_columns", "Which columns the scopes of each snapshot's gaps name."),
];

/// Further tables about kept and pruned snapshots, except those that remember declared facts.
const NOTED: &[(&str, &str)] = &[
    ("snapshot_hashes", "What proves each snapshot, pruned ones too: hashes, chained to the one before."),
    ("pruned_beginnings", "Versions that a snapshot carried forward and that only pruned snapshots saw."),
    ("pruned_endings", "Whether a snapshot saw for itself that a row was gone, where pruning hides that."),
    (
        "doubled_items",
        "The items that AWS listed twice with different values, of which the later one is kept.",
    ),
    ("policy_documents", "Every distinct policy text, stored once; policy_statements has its statements."),
    ("document_statements", "The statements of every distinct policy."),
    (
        "pruned_full_passes",
        "The last pruned snapshot that saw all assignments, which other snapshots may see only in part.",
    ),
];

const ANSWERING: (&str, &str) = (
    ANSWERING_SNAPSHOT,
    "The one snapshot that all views answer for: the latest, or the one asked for with --at.",
);

/// Returns the tables keyed by snapshot, each with its description.
fn snapshot_facts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let declared = FACTS.iter().map(|spec| (spec.name, spec.description));
    let remembered = FACTS.iter().filter_map(|spec| spec.remembered.as_ref());
    let remembered = remembered.map(|remembered| (remembered.table, remembered.description));
    let (recorded, noted) = (RECORDED.iter().copied(), NOTED.iter().copied());
    recorded.chain(declared).chain(noted).chain(remembered).chain([ANSWERING])
}

/// The columns that `_history`, `_by_snapshot` and `_changes` add to a resource's columns.
const ADDED: &[(&str, &str, &str)] = &[
    ("snapshot_id", "INTEGER", "the snapshot"),
    ("taken_at", "TEXT", "time of the snapshot's first call, UTC"),
    ("valid_from", "INTEGER", "first snapshot that saw this version"),
    ("valid_to", "INTEGER", "first snapshot that no longer did; NULL while it holds"),
    (
        "not_before",
        "TEXT",
        "the version began after this time; NULL: before the first snapshot, or a clock was wrong",
    ),
    ("first_seen_at", "TEXT", "when it was first seen, UTC"),
    ("last_seen_at", "TEXT", "when it was last seen, UTC"),
    ("gone_at", "TEXT", "by when it was gone, UTC; NULL while it holds"),
    ("previous_snapshot_id", "INTEGER", "the snapshot before, against which it changed"),
    (
        "change",
        "TEXT",
        "added, removed, changed (a policy: in what it says, not in its spelling), or unknown: first seen, and a gap of the snapshot before may have hidden it",
    ),
    ("label", "TEXT", "a readable label of the row, with the names of that time"),
    ("fields", "TEXT", "of a changed row: a JSON object of column to {old, new}; NULL otherwise"),
];

/// The note on a volatile column in a resource's current view.
const NEWEST_ONLY: &str =
    "the newest value only: NULL with --at, --during and --evidence, and in a copy of chosen snapshots";

/// The note on a volatile column in every other view.
const ALWAYS_NULL: &str = "always NULL here: only the newest value is kept";

/// Returns every table and view: resources, derived views, snapshot facts, histories, charts.
pub(super) fn tables(connection: &Connection) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    let mut add = |name: &str, kind, description: &str, texts: &Texts, key: &[&str]| -> Result<()> {
        let columns = described(connection, name, texts, key)?;
        // A file of an older version may lack the table.
        if !columns.is_empty() {
            let (name, description) = (name.to_owned(), description.to_owned());
            let references = references::of(&name, &columns);
            tables.push(Table { name, kind, description, columns, references });
        }
        Ok(())
    };
    let mut of_resources = Vec::new();
    for spec in RESOURCES {
        let text = |column: &ColumnSpec| (column.name.to_owned(), column.description.to_owned());
        let mut texts: Texts = spec.columns.iter().map(text).collect();
        texts.extend(spec.documents.iter().filter_map(document_id));
        add(
            spec.name,
            TableKind::Resource,
            spec.description,
            &with_volatile(&texts, spec, NEWEST_ONLY),
            spec.key,
        )?;
        of_resources.push((spec, with_volatile(&texts, spec, ALWAYS_NULL)));
    }
    for view in DERIVED_VIEWS {
        add(view.name, TableKind::Derived, view.description, &view_comments(view.select), &[])?;
    }
    for view in [CHANGES, STALE_ROWS, SNAPSHOT_DATES] {
        add(view.name, TableKind::Derived, view.description, &view_comments(view.select), &[])?;
    }
    for (name, description) in snapshot_facts() {
        let source = if name == ANSWERING_SNAPSHOT { "snapshots" } else { name };
        let texts = table_comments(connection, source)?;
        add(name, TableKind::SnapshotFact, description, &texts, &[])?;
    }
    for (spec, texts) in &of_resources {
        let description = format!(
            "Every version of {}, with when it was seen: a row is a version, and one thing has as many as it changed. Current versions have no valid_to.",
            spec.name
        );
        add(&format!("{}_history", spec.name), TableKind::History, &description, texts, spec.key)?;
    }
    for (spec, texts) in &of_resources {
        let description = format!("The rows of {} in each snapshot.", spec.name);
        add(&format!("{}_by_snapshot", spec.name), TableKind::BySnapshot, &description, texts, spec.key)?;
    }
    for (spec, texts) in &of_resources {
        let description = format!("What changed of {} at each snapshot against the one before.", spec.name);
        add(&format!("{}_changes", spec.name), TableKind::Changes, &description, texts, spec.key)?;
    }
    for (spec, texts) in &of_resources {
        let description = format!(
            "The versions of {name} as they are stored: what {name} and {name}_history are made from. A row is a version.",
            name = spec.name
        );
        let mut texts = texts.clone();
        for held in spec.documents {
            texts.insert(
                held.hash_column.to_owned(),
                format!("hash of what {} says, however it is spelt", held.column),
            );
        }
        add(&versions_table(spec.name), TableKind::Versions, &description, &texts, spec.key)?;
    }
    Ok(tables)
}

/// Returns the column of the views that holds the id of a policy, with its description.
fn document_id(held: &DocumentColumn) -> Option<(String, String)> {
    Some((held.id_column()?, format!("SHA-256 of the text of {}: its id in policy_documents", held.column)))
}

/// Returns the texts with the note added to each volatile column.
fn with_volatile(texts: &Texts, spec: &ResourceSpec, note: &str) -> Texts {
    let mut texts = texts.clone();
    for column in spec.volatile {
        let text = texts.entry((*column).to_owned()).or_default();
        text.push_str(if text.is_empty() { "" } else { "; " });
        text.push_str(note);
    }
    texts
}

/// A map of column to description.
type Texts = BTreeMap<String, String>;

fn described(connection: &Connection, table: &str, texts: &Texts, key: &[&str]) -> Result<Vec<TableColumn>> {
    // A TEMP view shadows the permanent one. An older file has only the TEMP view.
    let mut found = columns(connection, "temp", table)?;
    if found.is_empty() {
        found = columns(connection, "main", table)?;
    }
    let column = |column: crate::store::columns::Column| {
        let added = ADDED.iter().find(|(name, ..)| *name == column.name);
        let text = texts.get(&column.name).map(String::as_str).or(added.map(|(.., text)| *text));
        let sql_type = match added {
            Some((_, sql_type, _)) if column.sql_type.is_empty() => (*sql_type).to_owned(),
            // SQLite has its own names for the type of a cast.
            _ if ["INT", "NUM"].contains(&column.sql_type.as_str()) => "INTEGER".to_owned(),
            _ => column.sql_type,
        };
        let in_key = column.in_key || key.contains(&column.name.as_str());
        TableColumn { name: column.name, sql_type, in_key, description: text.unwrap_or_default().to_owned() }
    };
    Ok(found.into_iter().map(column).collect())
}

/// Returns the comments of a CREATE TABLE, which SQLite keeps, and of the columns that were added to it later:
/// `name TYPE …, -- description`.
fn table_comments(connection: &Connection, table: &str) -> Result<Texts> {
    let read = || {
        connection
            .prepare("SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?1")?
            .query_map([table], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let sql = read().doing("read the tables' descriptions")?.concat();
    let mut texts = comments(&sql, |code| code.split_whitespace().next());
    texts.extend(schema::added_columns(table).map(|(name, text)| (name.to_owned(), text.to_owned())));
    // A landed migration is never edited, so the description in the declaration wins.
    let declared = FACTS.iter().filter(|spec| spec.name == table).flat_map(|spec| spec.columns);
    texts.extend(declared.map(|column| (column.name.to_owned(), column.description.to_owned())));
    Ok(texts)
}

/// Returns the comments of a view's first SELECT: `expression AS name, -- description`.
fn view_comments(select: &str) -> Texts {
    comments(select, |code| code.rsplit([' ', '.']).next())
}

fn comments<'a>(sql: &'a str, name_of: impl Fn(&'a str) -> Option<&'a str>) -> Texts {
    sql.lines()
        .filter_map(|line| {
            let (code, text) = line.split_once(" -- ")?;
            let name = name_of(code.trim().trim_end_matches(',').trim_end())?;
            Some((name.to_owned(), text.trim().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::store::Census;

    /// Chart tools treat a column without a type as text, and SQLite converts nothing in a comparison with one.
    #[test]
    fn every_column_has_a_type() {
        for table in Census::blank().unwrap().tables().unwrap() {
            for column in &table.columns {
                // Only the evidence has a column of bytes.
                let is_typed = ["TEXT", "INTEGER"].contains(&column.sql_type.as_str());
                let is_bytes = table.name == "snapshot_hashes" && column.sql_type == "BLOB";
                assert!(is_typed || is_bytes, "{}.{}: {:?}", table.name, column.name, column.sql_type);
            }
        }
    }
}
