//! Rows in canonical bytes: equal for equal values, whatever the order of the columns.
//!
//! For each column that is not NULL, sorted by name: the name, the kind of the value, and the value. Each is preceded
//! by its length. NULL is left out, so that a column that a later version adds changes no earlier hash.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};

use super::set_hash::Element;
use crate::error::Result;
use crate::model::ResourceSpec;
use crate::store::columns::{Column, columns, resource_columns, versions_table};
use crate::store::file::quoted;

/// A table whose rows are hashed.
pub(super) struct HashedTable {
    /// The name of the resource, or of the table of facts.
    pub name: &'static str,
    /// The table's name in the database, quoted.
    table: String,
    /// The hashed columns, sorted.
    columns: Vec<String>,
}

impl HashedTable {
    /// Returns the table of a resource's versions, without their bounds and volatile columns.
    pub fn of_resource(connection: &Connection, spec: &ResourceSpec) -> Result<Option<Self>> {
        let columns = resource_columns(connection, spec.name)?;
        // A file of an older version may lack the table.
        Ok((!columns.is_empty())
            .then(|| Self::new(spec.name, &versions_table(spec.name), columns, spec.volatile)))
    }

    /// Returns a table keyed by snapshot, without the label, which users may change.
    pub fn of_facts(connection: &Connection, name: &'static str) -> Result<Option<Self>> {
        let columns = columns(connection, "main", name)?;
        Ok((!columns.is_empty()).then(|| Self::new(name, name, columns, &["label"])))
    }

    fn new(name: &'static str, table: &str, columns: Vec<Column>, but: &[&str]) -> Self {
        let mut columns: Vec<_> = columns.into_iter().map(|column| column.name).collect();
        columns.retain(|column| !but.contains(&column.as_str()));
        columns.sort();
        Self { name, table: format!("main.{}", quoted(table)), columns }
    }

    /// Visits each row that `condition` selects, together with the values of the columns `ids`.
    pub fn walk<const IDS: usize>(
        &self,
        connection: &Connection,
        ids: [&str; IDS],
        condition: &str,
        parameters: impl Params,
        mut visit: impl FnMut([Option<i64>; IDS], Element),
    ) -> rusqlite::Result<()> {
        let selected: Vec<_> = ids.iter().copied().chain(self.columns.iter().map(String::as_str)).collect();
        let selected: Vec<_> = selected.into_iter().map(quoted).collect();
        let sql = format!("SELECT {} FROM {} {condition}", selected.join(", "), self.table);
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(parameters)?;
        let mut bytes = Vec::new();
        while let Some(row) = rows.next()? {
            let mut found = [None; IDS];
            for (index, id) in found.iter_mut().enumerate() {
                *id = row.get(index)?;
            }
            bytes.clear();
            self.write(row, IDS, &mut bytes)?;
            visit(found, Element::of(&bytes));
        }
        Ok(())
    }

    /// Writes the canonical bytes of a row whose columns begin at `first`.
    fn write(&self, row: &Row<'_>, first: usize, bytes: &mut Vec<u8>) -> rusqlite::Result<()> {
        for (index, column) in self.columns.iter().enumerate() {
            let (kind, value) = match row.get_ref(first + index)? {
                ValueRef::Null => continue,
                ValueRef::Integer(number) => (b'i', &number.to_le_bytes()[..]),
                ValueRef::Real(number) => (b'r', &number.to_le_bytes()[..]),
                ValueRef::Text(text) => (b't', text),
                ValueRef::Blob(blob) => (b'b', blob),
            };
            write_measured(column.as_bytes(), bytes);
            bytes.push(kind);
            write_measured(value, bytes);
        }
        Ok(())
    }
}

fn write_measured(part: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the canonical bytes of the only row of a table that `columns` creates and `values` fills.
    fn bytes(columns: &str, values: &str) -> Vec<u8> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&format!("CREATE TABLE t ({columns}); INSERT INTO t {values}")).unwrap();
        let table = HashedTable::new("t", "t", super::columns(&connection, "main", "t").unwrap(), &["label"]);
        let sql = format!("SELECT {} FROM t", table.columns.join(", "));
        let mut bytes = Vec::new();
        connection.query_row(&sql, [], |row| table.write(row, 0, &mut bytes)).unwrap();
        bytes
    }

    #[test]
    fn neither_the_order_of_columns_nor_a_new_one_nor_one_that_does_not_count_matters() {
        let row = bytes("a TEXT, b INTEGER", "VALUES ('x', 1)");
        assert_eq!(bytes("b INTEGER, a TEXT", "VALUES (1, 'x')"), row);
        assert_eq!(bytes("a TEXT, b INTEGER, c TEXT", "VALUES ('x', 1, NULL)"), row);
        assert_eq!(bytes("a TEXT, b INTEGER, label TEXT", "VALUES ('x', 1, 'audit')"), row);
    }

    #[test]
    fn rows_that_differ_have_other_bytes() {
        let (two, one) = ("a TEXT, b TEXT", "a, b");
        let rows = [
            bytes(two, "VALUES ('x', 'y')"),
            bytes(two, "VALUES ('xy', '')"),
            bytes(two, "VALUES ('xy', NULL)"),
            bytes(two, "VALUES (NULL, 'xy')"),
            bytes(two, "VALUES ('y', 'x')"),
            bytes(one, "VALUES ('1', '2')"),
            bytes(one, "VALUES (1, '2')"),
            bytes(one, "VALUES (1.0, '2')"),
            bytes(one, "VALUES (x'31', '2')"),
        ];
        for (index, row) in rows.iter().enumerate() {
            assert!(!rows[..index].contains(row), "row {index}");
        }
    }
}
