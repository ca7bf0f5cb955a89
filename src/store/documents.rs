//! The hash of each document's meaning, in a column beside the document. With it, SQL tells a new spelling from a new
//! document, in any SQLite and without a function of this program.
//!
//! The column is derived. Publish fills it, a migration filled it for older snapshots, `verify` checks it against the
//! documents, and no view shows it. A file that is only read, and so not migrated, may lack the column or hold hashes
//! of older rules. The views of this program's own connection then call a function instead, and give the same answers.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension};

use super::columns::{columns, versions_table};
use super::file::{Doing, literal, quoted};
use crate::document;
use crate::error::Result;
use crate::model::{DocumentColumn, Grammar, RESOURCES, ResourceSpec};

/// The version of the schema since which the column is filled by the current rules: the number of the migration that
/// filled it.
pub(super) const HASHED_SINCE: i64 = 5;

/// The name of the function that hashes a document on this program's own connections.
const FUNCTION: &str = "orgcensus_document_hash";

/// Registers the function that hashes a document. Its parameters are the grammar and the text.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let hash = |context: &rusqlite::functions::Context<'_>| -> rusqlite::Result<Option<String>> {
        let named = context.get_raw(0).as_str()?;
        let grammar = Grammar::ALL.into_iter().find(|grammar| grammar.as_str() == named);
        let text = context.get_raw(1).as_bytes_or_null()?.map(String::from_utf8_lossy);
        Ok(grammar.zip(text).map(|(grammar, text)| document::hash(grammar, &text)))
    };
    connection.create_scalar_function(FUNCTION, 2, flags, hash).doing("prepare to compare documents")
}

/// Returns the SQL that computes the hash of the document in a row; `row` is the row's alias.
pub(super) fn computed(held: &DocumentColumn, row: &str) -> String {
    format!("{FUNCTION}({}, {row}.{})", literal(held.grammar.as_str()), quoted(held.column))
}

/// Returns the SQL of the stored hash of a version's document; `row` is the version's alias. A document without a hash,
/// as an external tool may write it, stands for itself, so that it never equals another one.
pub(super) fn stored(held: &DocumentColumn, row: &str) -> String {
    format!("coalesce({row}.{}, {row}.{})", quoted(held.hash_column), quoted(held.column))
}

/// Returns true if the file's hashes follow the current rules.
pub(super) fn are_hashed(connection: &Connection) -> Result<bool> {
    let version = connection.query_row("PRAGMA main.user_version", [], |row| row.get::<_, i64>(0));
    version.map(|version| version >= HASHED_SINCE).doing("read the schema's version")
}

/// Returns the tables with documents.
pub(super) fn tables() -> Vec<String> {
    let mut tables: Vec<_> = all().map(|(spec, _)| versions_table(spec.name)).collect();
    tables.dedup();
    tables
}

/// Hashes every document of the file that is not hashed by the current rules.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    for (spec, held) in all() {
        let (table, hash) = (quoted(&versions_table(spec.name)), quoted(held.hash_column));
        if !connection.column_exists(None, versions_table(spec.name).as_str(), held.hash_column)? {
            continue;
        }
        let select =
            format!("SELECT rowid, {}, {hash} FROM {table} WHERE {0} IS NOT NULL", quoted(held.column));
        let mut update = connection.prepare(&format!("UPDATE {table} SET {hash} = ?2 WHERE rowid = ?1"))?;
        for row in hashes(connection, &select, held)? {
            update.execute((row.version, row.due))?;
        }
    }
    Ok(())
}

/// Returns the first version whose document has a wrong hash: the resource, the column, and the snapshot in which the
/// version begins.
pub(super) fn misfit(connection: &Connection) -> Result<Option<(&'static str, &'static str, i64)>> {
    if !are_hashed(connection)? {
        return Ok(None);
    }
    for (spec, held) in all() {
        let name = versions_table(spec.name);
        if columns(connection, "main", &name)?.is_empty() {
            continue;
        }
        let select = format!(
            "SELECT rowid, {}, {} FROM main.{}",
            quoted(held.column),
            quoted(held.hash_column),
            quoted(&name)
        );
        let differ =
            hashes(connection, &select, held).doing(&format!("hash the documents of {}", spec.name))?;
        let Some(first) = differ.first() else { continue };
        let sql = format!("SELECT valid_from FROM main.{} WHERE rowid = ?1", quoted(&name));
        let began = connection.query_row(&sql, [first.version], |row| row.get(0)).optional();
        return Ok(began.doing("find a version")?.map(|began| (spec.name, held.column, began)));
    }
    Ok(None)
}

/// A version and the hash that it should have.
struct Due {
    version: i64,
    due: Option<String>,
}

/// Returns the versions whose stored hash is wrong. The statement selects a version, its document and its hash.
fn hashes(connection: &Connection, select: &str, held: &DocumentColumn) -> rusqlite::Result<Vec<Due>> {
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([])?;
    let mut differ = Vec::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_bytes_or_null()?.map(String::from_utf8_lossy);
        let due = text.map(|text| document::hash(held.grammar, &text));
        if row.get_ref(2)?.as_bytes_or_null()? != due.as_ref().map(String::as_bytes) {
            differ.push(Due { version: row.get(0)?, due });
        }
    }
    Ok(differ)
}

/// Returns every column that holds documents, with its resource.
fn all() -> impl Iterator<Item = (&'static ResourceSpec, &'static DocumentColumn)> {
    RESOURCES.iter().flat_map(|spec| spec.documents.iter().map(move |held| (*spec, held)))
}
