//! Converts a census's schema to one that SQLite 3.31 (of January 2020) reads, and back.
//!
//! SQLite 3.31 does not know the words STRICT and MATERIALIZED. Neither affects the data in the file: only the text of
//! the schema differs.

use rusqlite::{Connection, TransactionBehavior};

use super::{CENSUS, COPY, made};
use crate::error::{Error, Result};
use crate::store::file::Doing;

/// Returns true if the file is a copy, made for other readers.
pub(in crate::store) fn is_copy(connection: &Connection) -> Result<bool> {
    let mark = connection.query_row("PRAGMA main.application_id", [], |row| row.get::<_, i32>(0));
    Ok(mark.doing("look at the database's mark")? == COPY)
}

/// Returns the statement that creates a table or view, without the words that SQLite 3.31 does not know.
pub(in crate::store) fn sql(statement: &str) -> String {
    // A table's options are at its end.
    let (body, options) = statement.rsplit_once(')').unwrap_or((statement, ""));
    if options.contains("STRICT") {
        let options = options.split(',').map(str::trim).filter(|option| *option != "STRICT");
        let options: Vec<&str> = options.collect();
        return format!("{body}) {}", options.join(", ")).trim_end().to_owned();
    }
    statement.replace(" AS NOT MATERIALIZED (", " AS (").replace(" AS MATERIALIZED (", " AS (")
}

/// Turns a census into a copy.
pub(in crate::store) fn make_copy(connection: &mut Connection) -> Result<()> {
    rewrite(connection, COPY, |_, statement| Ok(sql(statement))).doing("make the copy readable for others")
}

/// Turns a copy back into a census. Fails if a value does not fit its column, because a census could not hold it.
pub(in crate::store) fn make_census(connection: &mut Connection) -> Result<()> {
    let made = made(connection)?;
    let as_made =
        |name: &str, statement: &str| Ok(made.get(name).map_or_else(|| statement.to_owned(), String::clone));
    rewrite(connection, CENSUS, as_made).doing("make the copy a census again")?;
    let found = connection.query_row("PRAGMA main.quick_check(1)", [], |row| row.get::<_, String>(0));
    match found.doing("check what was a copy")?.as_str() {
        "ok" => Ok(()),
        trouble => {
            rewrite(connection, COPY, |_, statement| Ok(sql(statement))).doing("leave the copy one")?;
            Err(Error::failed("the copy cannot be made a census again: a value does not fit its column")
                .caused_by(trouble.to_owned())
                .hint("collect into another file: --db FILE"))
        }
    }
}

/// Rewrites the text of the schema, and marks the file, in one transaction. The new text must describe the same table.
fn rewrite(
    connection: &mut Connection,
    mark: i32,
    new: impl Fn(&str, &str) -> rusqlite::Result<String>,
) -> rusqlite::Result<()> {
    connection.pragma_update(None, "writable_schema", true)?;
    let mut write = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let statements: Vec<(i64, String, String)> = transaction
            .prepare("SELECT rowid, type || ' ' || name, sql FROM main.sqlite_master WHERE sql IS NOT NULL")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (rowid, name, statement) in statements {
            let new = new(&name, &statement)?;
            if new != statement {
                transaction
                    .execute("UPDATE main.sqlite_master SET sql = ?2 WHERE rowid = ?1", (rowid, new))?;
            }
        }
        transaction.pragma_update(None, "application_id", mark)?;
        let version: i64 = transaction.query_row("PRAGMA main.schema_version", [], |row| row.get(0))?;
        // Other connections to the file read the schema again.
        transaction.pragma_update(None, "schema_version", version + 1)?;
        transaction.commit()
    };
    let written = write();
    connection.execute_batch("PRAGMA writable_schema = RESET")?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_newer_is_left_out() {
        for (statement, portable) in [
            ("CREATE TABLE t (a TEXT) STRICT", "CREATE TABLE t (a TEXT)"),
            ("CREATE TABLE t (a TEXT) STRICT, WITHOUT ROWID", "CREATE TABLE t (a TEXT) WITHOUT ROWID"),
            ("CREATE TABLE t (a TEXT) WITHOUT ROWID,STRICT", "CREATE TABLE t (a TEXT) WITHOUT ROWID"),
            ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (a TEXT)"),
            (
                "CREATE TABLE t (a TEXT -- STRICT, so to say\n)",
                "CREATE TABLE t (a TEXT -- STRICT, so to say\n)",
            ),
            ("CREATE INDEX i ON t (a) WHERE a IS NOT NULL", "CREATE INDEX i ON t (a) WHERE a IS NOT NULL"),
            (
                "CREATE VIEW v AS WITH a AS NOT MATERIALIZED (SELECT 1), b AS MATERIALIZED (SELECT 2) SELECT 3",
                "CREATE VIEW v AS WITH a AS (SELECT 1), b AS (SELECT 2) SELECT 3",
            ),
        ] {
            assert_eq!(sql(statement), portable);
        }
    }
}
