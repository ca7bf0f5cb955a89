//! Full copies of snapshots, as an alternative to versions: a table for each resource and day.

use std::collections::BTreeMap;
use std::path::Path;

use orgcensus::model::RESOURCES;
use orgcensus::store::Census;
use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};

/// The columns that identify a path of a user to a permission set in an account.
const WAY: &[&str] = &["user_id", "account_id", "permission_set_arn", "via", "group_id"];

/// Two days, copied into a file of their own.
pub struct Copies {
    connection: Connection,
    names: Vec<String>,
}

impl Copies {
    /// Copies every resource as each census answers for it, and every path of access if requested, into a new file.
    pub fn of(days: [&Census; 2], access: bool, path: &Path) -> Self {
        let _ = std::fs::remove_file(path);
        let connection = Connection::open(path).expect("the file can be made");
        connection.pragma_update(None, "synchronous", "OFF").expect("the pragma is known");
        connection.pragma_update(None, "cache_size", -32_768).expect("the pragma is known");
        let mut names = Vec::new();
        for spec in RESOURCES {
            // AWS changes some columns without a new meaning of the row. A diff omits them.
            let columns: Vec<String> = columns(days[0].connection(), spec.name);
            let columns: Vec<&str> =
                columns.iter().map(String::as_str).filter(|name| !spec.volatile.contains(name)).collect();
            copy(&connection, days, spec.name, &columns, spec.key);
            names.push(spec.name.to_owned());
        }
        if access {
            copy(&connection, days, "effective_access", WAY, WAY);
            names.push("effective_access".to_owned());
        }
        Self { connection, names }
    }

    /// Compares the copies in both directions. Returns the number of rows on one side only.
    pub fn except(&self) -> usize {
        let mut found = 0;
        for name in &self.names {
            for (one, other) in [("before", "after"), ("after", "before")] {
                let sql = format!("SELECT * FROM {one}_{name} EXCEPT SELECT * FROM {other}_{name}");
                let mut statement = self.connection.prepare(&sql).expect("both days have the table");
                let mut rows = statement.query([]).expect("the days can be compared");
                while rows.next().expect("the days can be compared").is_some() {
                    found += 1;
                }
            }
        }
        found
    }
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("the view is there");
    statement.column_names().into_iter().map(str::to_owned).collect()
}

fn copy(to: &Connection, days: [&Census; 2], name: &str, columns: &[&str], key: &[&str]) {
    let quoted =
        |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    for (day, side) in days.into_iter().zip(["before", "after"]) {
        let table = format!("{side}_{name}");
        let declared = format!("CREATE TABLE {table} ({}, PRIMARY KEY ({}))", quoted(columns), quoted(key));
        to.execute_batch(&format!("{declared}; BEGIN")).expect("a table can be made");
        let mut insert = to.prepare(&format!("INSERT INTO {table} VALUES ({places})")).expect("it is there");
        let select = format!("SELECT {} FROM {name}", quoted(columns));
        let mut statement = day.connection().prepare(&select).expect("the view is there");
        let mut rows = statement.query([]).expect("the view can be read");
        while let Some(row) = rows.next().expect("the view can be read") {
            let values = (0..columns.len()).map(|column| row.get::<_, Value>(column).expect("it is there"));
            insert.execute(params_from_iter(values)).expect("a row can be copied");
        }
        to.execute_batch("COMMIT").expect("the copy is whole");
    }
}

/// Returns the bytes of a file's tables and indexes, by name.
pub fn bytes_by_part(path: &Path) -> BTreeMap<String, u64> {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the file opens");
    let mut statement =
        file.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").expect("dbstat is built in");
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())));
    parts.and_then(Iterator::collect).expect("the pages can be counted")
}
