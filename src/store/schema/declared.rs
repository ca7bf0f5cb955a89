//! The statements that create the tables of a declaration, for its migration. A test compares the migrations with them.

use crate::model::{ColumnSpec, FactSpec, ResourceSpec, Role};

/// Returns the statements for the versions table of a resource and its indexes, as a migration writes them.
pub(super) fn resource(spec: &ResourceSpec) -> String {
    let (name, key) = (spec.name, spec.key.join(", "));
    let columns: String = spec.columns.iter().map(column).collect();
    let hashes: String = spec
        .documents
        .iter()
        .map(|held| format!("    {} TEXT, -- hash of what {} says; derived\n", held.hash_column, held.column))
        .collect();
    format!(
        "CREATE TABLE {name}_versions (
{columns}{hashes}    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY ({key}, valid_from)
) STRICT;
CREATE UNIQUE INDEX {name}_open ON {name}_versions ({key}) WHERE valid_to IS NULL;
CREATE INDEX {name}_began ON {name}_versions (valid_from);
CREATE INDEX {name}_ended ON {name}_versions (valid_to) WHERE valid_to IS NOT NULL;
"
    )
}

/// Returns the statement for the table of a kind of facts.
pub(super) fn facts(spec: &FactSpec) -> String {
    let columns: String = spec.columns.iter().map(column).collect();
    format!(
        "CREATE TABLE {} (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
{columns}    PRIMARY KEY (snapshot_id, {})
) STRICT, WITHOUT ROWID;
",
        spec.name,
        spec.key.join(", ")
    )
}

fn column(column: &ColumnSpec) -> String {
    let not_null = if column.role == Role::Key { " NOT NULL" } else { "" };
    format!("    {} {}{not_null}, -- {}\n", column.name, column.sql_type(), column.description)
}

mod tests {
    use rusqlite::Connection;

    use crate::model::{FACTS, RESOURCES};
    use crate::store::schema::{MIGRATIONS, migrate};

    /// Returns the columns and indexes of a table, as SQLite reports them, whatever the text of its statement.
    fn made(connection: &Connection, table: &str) -> (Vec<String>, Vec<String>) {
        let read = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([table], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let columns = read(
            "SELECT concat_ws(' ', name, type, \"notnull\", pk > 0) FROM pragma_table_info(?1) ORDER BY name",
        );
        (
            columns,
            read("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql NOT NULL"),
        )
    }

    /// The first migration that holds the declared statements word by word. Earlier ones create the same tables,
    /// possibly with older comments.
    const WORD_BY_WORD: usize = 9;

    #[test]
    fn every_table_is_made_as_declared() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let resources =
            RESOURCES.iter().map(|spec| (format!("{}_versions", spec.name), super::resource(spec)));
        let facts = FACTS.iter().map(|spec| (spec.name.to_owned(), super::facts(spec)));
        for (table, declared) in resources.chain(facts) {
            let fresh = Connection::open_in_memory().unwrap();
            fresh.execute_batch(&declared).unwrap();
            let ((columns, indexes), expected) = (made(&connection, &table), made(&fresh, &table));
            // A fact may require more columns than its key.
            let kinds =
                |columns: &[String]| columns.iter().map(|it| it.replace(" 1 0", " 0 0")).collect::<Vec<_>>();
            assert_eq!(kinds(&columns), kinds(&expected.0), "the migration of {table} is:\n{declared}");
            for index in &expected.1 {
                assert!(indexes.contains(index), "the migration of {table} is:\n{declared}");
            }
            let begun = format!("CREATE TABLE {table} (");
            let by = MIGRATIONS.iter().position(|migration| migration.sql.contains(&begun)).unwrap();
            // A column that a later migration added is in that migration.
            let add = format!("ALTER TABLE {table} ADD COLUMN ");
            let later: Vec<&str> = MIGRATIONS[by + 1..].iter().flat_map(|one| one.sql.lines()).collect();
            let is_added = |line: &str| {
                let name = line.trim_start().split(' ').next().unwrap_or_default();
                later
                    .iter()
                    .filter_map(|it| it.strip_prefix(&add))
                    .any(|it| it.starts_with(&format!("{name} ")))
            };
            let first: String =
                declared.lines().filter(|line| !is_added(line)).map(|line| format!("{line}\n")).collect();
            assert!(
                by + 1 < WORD_BY_WORD || MIGRATIONS[by].sql.contains(&first),
                "the migration of {table} is:\n{declared}"
            );
        }
    }
}
