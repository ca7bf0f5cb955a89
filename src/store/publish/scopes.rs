//! Scopes as tables: all scopes of a resource that name the same columns become one temporary table with these columns
//! as its key. The question "is this row in one of 100,000 scopes" is then one index probe.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::store::columns::resource_columns;
use crate::store::file::{Doing, literal, quoted};

/// A set of scopes from which SQL conditions can be made.
pub(super) struct Scopes(Vec<Group>);

/// The scopes of one resource that name the same columns.
pub(super) struct Group {
    pub resource: String,
    /// The columns, sorted; empty for the scope of all rows.
    pub columns: Vec<String>,
    /// The temporary table whose rows are the scopes; it does not exist if there are no columns.
    pub table: String,
}

/// Returns the scopes that the collection saw: those of finished tasks, and those that several tasks saw together.
pub(super) fn seen(connection: &Connection) -> Result<Scopes> {
    connection
        .execute_batch(
            "CREATE TEMP TABLE publish_seen (resource TEXT, scope TEXT, PRIMARY KEY (resource, scope)) WITHOUT ROWID;
             INSERT OR IGNORE INTO temp.publish_seen
                 SELECT s.resource, s.scope FROM staging.task_scopes AS s
                 JOIN staging.tasks AS t ON t.task_id = s.task_id
                 WHERE s.role = 'covers' AND t.state IN ('done', 'gone');
             INSERT OR IGNORE INTO temp.publish_seen SELECT resource, scope FROM staging.seen;",
        )
        .doing("gather what was seen")?;
    Scopes::of(connection, "publish_seen")
}

impl Scopes {
    /// Groups the scopes of the temporary table `source (resource, scope)`.
    pub(super) fn of(connection: &Connection, source: &str) -> Result<Self> {
        let read = || {
            connection
                .prepare(&format!(
                    "SELECT DISTINCT resource, (SELECT json_group_array(j.key) FROM json_each(scope) AS j)
                     FROM temp.{source} ORDER BY 1, 2"
                ))?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let found = read().doing("group the scopes")?;
        let mut groups = Vec::new();
        for (number, (resource, names)) in found.into_iter().enumerate() {
            let columns: Vec<String> =
                serde_json::from_str(&names).expect("json_group_array makes an array of keys");
            let group = Group { table: format!("{source}_{number}"), resource, columns };
            group.check(connection)?;
            group.fill(connection, source, &names).doing("group the scopes")?;
            groups.push(group);
        }
        Ok(Self(groups))
    }

    /// Returns the scopes, grouped by resource and columns.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.0.iter()
    }

    /// Returns true if any scope of the resource is known.
    pub(super) fn has_any(&self, resource: &str) -> bool {
        self.0.iter().any(|group| group.resource == resource)
    }

    /// Returns the SQL condition that a scope of the resource covers a row. `value_of` gives the SQL of a column's
    /// value, or `None` if the value is unknown; a scope that names such a column is left out.
    pub(super) fn cover(&self, resource: &str, value_of: &dyn Fn(&str) -> Option<String>) -> String {
        let conditions: Vec<String> = self
            .0
            .iter()
            .filter(|group| group.resource == resource)
            .filter_map(|group| group.covers(value_of))
            .collect();
        match conditions.as_slice() {
            [] => "0".to_owned(),
            several if several.iter().any(|condition| condition == "1") => "1".to_owned(),
            several => format!("({})", several.join(" OR ")),
        }
    }
}

impl Group {
    /// Fails for a scope that names an unknown column or resource: it would silently never match.
    fn check(&self, connection: &Connection) -> Result<()> {
        let known = resource_columns(connection, &self.resource)?;
        let unknown = self.columns.iter().find(|name| !known.iter().any(|column| column.name == **name));
        match unknown {
            Some(column) => Err(Error::failed(format!("{} have no column \"{column}\"", self.resource))),
            None if known.is_empty() => {
                Err(Error::failed(format!("\"{}\" is no resource of this version", self.resource)))
            }
            None => Ok(()),
        }
    }

    fn fill(&self, connection: &Connection, source: &str, names: &str) -> rusqlite::Result<()> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let list = |make: &dyn Fn(&str) -> String| -> String {
            let made: Vec<_> = self.columns.iter().map(|column| make(column)).collect();
            made.join(", ")
        };
        let columns = list(&|column| format!("{} TEXT NOT NULL", quoted(column)));
        let key = list(&quoted);
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE {} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID",
            self.table
        ))?;
        let values = list(&|column| format!("json_extract(scope, {})", json_path(column)));
        connection
            .execute(
                &format!(
                    "INSERT OR IGNORE INTO temp.{} SELECT {values} FROM temp.{source}
                     WHERE resource = ?1 AND (SELECT json_group_array(j.key) FROM json_each(scope) AS j) = ?2",
                    self.table
                ),
                [&self.resource, names],
            )
            .map(|_| ())
    }

    /// Returns the SQL condition that one of the scopes covers a row; see [`Scopes::cover`].
    pub(super) fn covers(&self, value_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if self.columns.is_empty() {
            return Some("1".to_owned());
        }
        let equal: Option<Vec<String>> = self
            .columns
            .iter()
            .map(|column| Some(format!("g.{} = {}", quoted(column), value_of(column)?)))
            .collect();
        Some(format!("EXISTS (SELECT 1 FROM temp.{} AS g WHERE {})", self.table, equal?.join(" AND ")))
    }
}

/// Returns the SQL literal of the JSON path to a column's value.
pub(super) fn json_path(column: &str) -> String {
    literal(&format!("$.\"{column}\""))
}
