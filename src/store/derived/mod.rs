//! Facts derived from the texts of policies: their statements, and which permission sets are privileged.
//!
//! The rows are not evidence. Publish and pruning update them, `verify` computes them again, and a program with other
//! rules rebuilds them at its next collection. A file without these rows, or with rows of other rules, gives the same
//! answers: the program that opens it derives them into temporary tables, which shadow those of the file.

mod documents;
pub(super) mod metrics;
mod privileges;

use rusqlite::{Connection, OptionalExtension};

pub use privileges::privileged_on;

use super::columns::columns;
use super::file::Doing;
use crate::document;
use crate::error::Result;

/// The migration that creates the tables.
const TABLES: &str = include_str!("../../../migrations/0012_policy_statements.sql");
/// The name of these facts in `derived_rules`.
const NAME: &str = "policies";

/// The location of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Tables of the file.
    File,
    /// Temporary tables of this connection.
    Temporary,
}

impl Place {
    fn schema(self) -> &'static str {
        match self {
            Self::File => "main",
            Self::Temporary => "temp",
        }
    }
}

/// Returns true if the file holds all rows, by the current rules.
pub(super) fn is_current(connection: &Connection) -> Result<bool> {
    if columns(connection, "main", "derived_rules")?.is_empty() {
        return Ok(false);
    }
    let sql = "SELECT rules = ?2 AND through >= (SELECT coalesce(max(snapshot_id), 0) FROM main.snapshots)
               FROM main.derived_rules WHERE name = ?1";
    let found = connection.query_row(sql, (NAME, document::rules()), |row| row.get(0)).optional();
    Ok(found.doing("read how far policies are read")?.unwrap_or(false))
}

/// Creates the temporary tables that shadow those of the file.
pub(super) fn make_temporary(connection: &Connection) -> Result<()> {
    let tables =
        TABLES.replace("CREATE TABLE ", "CREATE TEMP TABLE ").replace("CREATE INDEX ", "CREATE INDEX temp.");
    connection.execute_batch(&tables).doing("make tables of what policies say")
}

/// Brings the rows up to date with the versions of policies.
pub(super) fn fill(connection: &Connection, place: Place) -> Result<()> {
    let by_these_rules = format!(
        "SELECT EXISTS (SELECT 1 FROM {}.derived_rules WHERE name = ?1 AND rules = ?2)",
        place.schema()
    );
    let by_these_rules = connection.query_row(&by_these_rules, (NAME, document::rules()), |row| row.get(0));
    if !by_these_rules.doing("read by which rules policies were read")? {
        documents::forget_all(connection, place)?;
    }
    documents::fill(connection, place)?;
    privileges::fill(connection, place)?;
    let sql = format!(
        "INSERT OR REPLACE INTO {}.derived_rules (name, rules, through)
         SELECT ?1, ?2, coalesce(max(snapshot_id), 0) FROM main.snapshots",
        place.schema()
    );
    connection.execute(&sql, (NAME, document::rules())).map(drop).doing("note how far policies are read")
}

/// Returns the tables of the file whose rows differ from its policies.
pub(super) fn differing(connection: &Connection) -> Result<Vec<&'static str>> {
    if !is_current(connection)? {
        return Ok(Vec::new());
    }
    let mut differing = Vec::new();
    differing.extend(documents::differs(connection)?);
    differing.extend(privileges::differs(connection)?);
    Ok(differing)
}

#[cfg(test)]
mod tests;
