//! A checksum in every row of the staging: a byte that a failing disk flips must not be published as a fact.
//!
//! The checksum is a stored generated column, so every statement that writes a row writes its checksum too, and none
//! can forget it. SQLite itself detects data that is no longer a valid database, but not a changed letter in a name.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use crate::error::Result;
use crate::store::columns::columns;
use crate::store::file::{Doing, literal, quoted};

const FUNCTION: &str = "staged_checksum";

/// Registers the checksum function on a connection, which cannot write to a staging without it.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(FUNCTION, -1, flags, |context| {
        let mut hasher = blake3::Hasher::new();
        let mut add = |kind: u8, bytes: &[u8]| {
            hasher.update(&[kind]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        for index in 0..context.len() {
            match context.get_raw(index) {
                ValueRef::Null => add(0, &[]),
                ValueRef::Integer(number) => add(1, &number.to_le_bytes()),
                ValueRef::Real(number) => add(2, &number.to_le_bytes()),
                ValueRef::Text(text) => add(3, text),
                ValueRef::Blob(blob) => add(4, blob),
            }
        }
        let mut checksum = [0; 8];
        hasher.finalize_xof().fill(&mut checksum);
        Ok(i64::from_le_bytes(checksum))
    })
}

/// Returns the script with a checksum in each of its tables.
pub(super) fn with_checksums(script: String) -> Result<String> {
    let plain = Connection::open_in_memory().doing("lay out the collection")?;
    plain.execute_batch(&script).doing("lay out the collection")?;
    let mut script = script;
    for table in tables(&plain)? {
        let begun = format!("CREATE TABLE {table} (");
        let begun =
            if script.contains(&begun) { begun } else { format!("CREATE TABLE {} (", quoted(&table)) };
        let checksum = checksum_of(&plain, &table)?;
        let column =
            format!("{begun}\n    checksum INTEGER NOT NULL GENERATED ALWAYS AS ({checksum}) STORED,\n   ");
        script = script.replacen(&begun, &column, 1);
    }
    Ok(script)
}

/// Returns the tables with a row that does not match its checksum.
pub(super) fn damaged(staging: &Connection) -> Result<Vec<String>> {
    let mut damaged = Vec::new();
    for table in tables(staging)? {
        let checksum = checksum_of(staging, &table)?;
        let sql =
            format!("SELECT EXISTS (SELECT 1 FROM {} WHERE checksum IS NOT {checksum})", quoted(&table));
        if staging.query_row(&sql, [], |row| row.get(0)).doing("check the unfinished collection")? {
            damaged.push(table);
        }
    }
    Ok(damaged)
}

/// Returns the checksum of a table's row: over its name and all of its columns but the checksum, which SQLite does not
/// list, because it is generated.
fn checksum_of(connection: &Connection, table: &str) -> Result<String> {
    let columns = columns(connection, "main", table)?;
    let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
    Ok(format!("{FUNCTION}({}, {})", literal(table), names.join(", ")))
}

fn tables(connection: &Connection) -> Result<Vec<String>> {
    let read = || {
        connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("list the collection's tables")
}
