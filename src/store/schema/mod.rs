//! The census's schema: its migrations, and how a census is told from other files.
//!
//! The migrations are the only list of the columns in SQL; everything else in the store asks the database (`columns`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::columns::columns;
use super::documents;
use super::file::{Doing, open_failed};
use crate::error::{Error, Result};

macro_rules! migration {
    ($name:literal) => {
        migration!($name, rewrites: Vec::new, fill: None)
    };
    ($name:literal, rewrites: $rewrites:expr, fill: $fill:expr) => {
        Migration {
            #[cfg(test)]
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $name, ".sql")),
            rewrites: $rewrites,
            fill: $fill,
        }
    };
}

#[cfg(test)]
mod declared;
pub(super) mod portable;
mod upgrade;

pub use upgrade::Upgrade;

/// The migrations, forward only. A file is never edited after it landed; a test compares the list with the folder.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_first_schema"),
    migration!("0002_snapshot_hashes"),
    migration!("0003_pruned_bounds"),
    migration!("0004_limited_coverage", rewrites: || vec!["coverage".to_owned()], fill: None),
    migration!("0005_document_hashes", rewrites: documents::tables, fill: Some(documents::fill)),
    migration!("0006_access_change_causes"),
    migration!("0007_listed_twice"),
    migration!("0008_oldest_reader"),
    migration!("0009_policies_and_delegation"),
    migration!("0010_managed_policies"),
    migration!("0011_identity_center"),
    migration!("0012_policy_statements"),
    migration!("0013_assignment_requests"),
    migration!("0014_snapshot_metrics"),
    migration!("0015_fields_of_users_and_policies"),
    migration!("0016_iam_of_accounts"),
    migration!("0017_caller_user_id"),
    migration!("0018_iam_credentials"),
];

/// A step of the schema.
struct Migration {
    #[cfg(test)]
    name: &'static str,
    sql: &'static str,
    /// The tables in which every row is rewritten, which makes a migration take time and space.
    rewrites: fn() -> Vec<String>,
    /// The function that fills derived columns in a file that already holds snapshots.
    fill: Option<fn(&Connection) -> rusqlite::Result<()>>,
}

/// Returns the migrations in the form of the crate that runs them.
fn migrations() -> Migrations<'static> {
    let step = |migration: &Migration| match migration.fill {
        None => M::up(migration.sql),
        Some(fill) => M::up_with_hook(migration.sql, move |transaction: &rusqlite::Transaction<'_>| {
            Ok(fill(transaction)?)
        }),
    };
    Migrations::new(MIGRATIONS.iter().map(step).collect())
}

/// The `PRAGMA application_id` of a census: "orgc".
const CENSUS: i32 = 0x6f72_6763;

/// The `PRAGMA application_id` of a copy of a census, which SQLite of 2020 can read: "orgp", for portable.
const COPY: i32 = 0x6f72_6770;

/// The kind of a file, by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// An empty database, not claimed by any program.
    Empty,
    /// A census with a schema that this program knows.
    Census,
    /// A copy for other readers, as `snapshots copy` writes it.
    Copy,
}

/// Tells a census from an empty file. Refuses another program's database, and a newer schema that this program would
/// misread.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<FileKind> {
    let header = |pragma: &str| -> Result<i64> {
        connection
            .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
            .map_err(|error| open_failed(path, error))
    };
    let objects: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(|error| open_failed(path, error))?;
    let (application, version) = (header("application_id")?, header("user_version")?);
    let name = path.display();
    if objects == 0 && version == 0 && [0, i64::from(CENSUS)].contains(&application) {
        return Ok(FileKind::Empty);
    }
    let kind = match application {
        _ if application == i64::from(CENSUS) => Some(FileKind::Census),
        _ if application == i64::from(COPY) => Some(FileKind::Copy),
        _ => None,
    };
    let Some(kind) = kind else {
        return Err(Error::failed(format!("\"{name}\" is a SQLite database of another program"))
            .hint("name the census's own file with --db, or another one to create"));
    };
    if is_newer(connection)? && !is_readable(connection)? {
        return Err(newer(connection, path)?.hint("install the newer version: this one cannot read the file"));
    }
    refuse_stand_ins(connection, path)?;
    Ok(kind)
}

/// Returns true if a newer program wrote the file.
pub(super) fn is_newer(connection: &Connection) -> Result<bool> {
    Ok(version(connection)? > MIGRATIONS.len() as i64)
}

/// Returns true if the newer program that wrote the file declares that this one can read it.
fn is_readable(connection: &Connection) -> Result<bool> {
    if columns(connection, "main", "file_format")?.is_empty() {
        return Ok(false);
    }
    let oldest = connection
        .query_row("SELECT max(oldest_reader) FROM main.file_format", [], |row| row.get::<_, Option<i64>>(0));
    let oldest = oldest.doing("look which programs can read the database")?;
    Ok(oldest.is_some_and(|oldest| oldest <= MIGRATIONS.len() as i64))
}

/// Returns the error about a file of a newer schema, without a hint.
pub(super) fn newer(connection: &Connection, path: &Path) -> Result<Error> {
    Ok(Error::failed(format!(
        "\"{}\" was written by a newer orgcensus (its schema is {}, this program knows {})",
        path.display(),
        version(connection)?,
        MIGRATIONS.len()
    )))
}

fn version(connection: &Connection) -> Result<i64> {
    let version = connection.query_row("PRAGMA main.user_version", [], |row| row.get::<_, i64>(0));
    version.doing("read the schema's version")
}

/// Brings the schema to the newest version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let mark: i32 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .doing("look at the database's mark")?;
    // The mark is set only once: opening a census takes no lock that another program could hold.
    if mark != CENSUS {
        connection.pragma_update(None, "application_id", CENSUS).doing("mark the new database")?;
    }
    migrations()
        .to_latest(connection)
        .map_err(|error| Error::failed("cannot bring the database to this version's schema").caused_by(error))
}

/// Returns true if every migration has been applied.
pub(super) fn is_current(connection: &Connection) -> Result<bool> {
    Ok(version(connection)? == MIGRATIONS.len() as i64)
}

/// Returns the first table, index or trigger that differs from the migrations, or any additional table or trigger: it
/// would write, or be written, on every write.
pub(super) fn altered(connection: &Connection) -> Result<Option<String>> {
    let (made, is_copy) = (made(connection)?, portable::is_copy(connection)?);
    let mut found = objects(connection).doing("read the schema")?;
    let is_as_made = |name: &str, sql: &str| match found.get(name) {
        Some(found) if is_copy => *found == portable::sql(sql),
        Some(found) => found == sql,
        None => false,
    };
    let differs = made.iter().find(|(name, sql)| !is_as_made(name, sql)).map(|(name, _)| name.clone());
    found.retain(|name, _| !name.starts_with("index ") && !made.contains_key(name) && !is_of_sqlite(name));
    Ok(differs.or_else(|| found.into_keys().next()))
}

/// Refuses to write into a file whose schema was changed by another tool: a trigger would act with this program's
/// permissions.
pub(super) fn refuse_additions(connection: &Connection, path: &Path) -> Result<()> {
    let Some(name) = altered(connection)? else { return Ok(()) };
    let file = path.display();
    Err(Error::failed(format!(
        "{name} of \"{file}\" is not as this program made it; nothing is written into the file"
    ))
    .hint(format!("see what it is: sqlite3 \"{file}\" .schema"))
    .hint("drop what is not the census's, or restore a copy that orgcensus snapshots verify accepts"))
}

/// Refuses to read a file in which a view or a virtual table has the name of a table: it could run for ever, or return
/// anything.
fn refuse_stand_ins(connection: &Connection, path: &Path) -> Result<()> {
    let sql = "SELECT lower(name) FROM main.sqlite_master
               WHERE type NOT IN ('index', 'trigger') AND coalesce(rootpage, 0) = 0";
    let read = || connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>();
    let without_pages: Vec<String> = read().map_err(|error| open_failed(path, error))?;
    let made = made(connection)?;
    let is_table = |name: &&String| made.contains_key(&format!("table {name}"));
    let Some(name) = without_pages.iter().find(is_table) else { return Ok(()) };
    Err(Error::failed(format!("{name} of \"{}\" is a view, where a census has a table", path.display()))
        .hint("another program changed the file: restore a copy that snapshots verify accepts"))
}

/// Returns the tables, indexes and triggers of a census of this file's version, as far as this program knows it: `table
/// gaps` and the SQL of each.
fn made(connection: &Connection) -> Result<Arc<Objects>> {
    static MADE: Mutex<BTreeMap<i64, Arc<Objects>>> = Mutex::new(BTreeMap::new());
    let version = version(connection)?.min(MIGRATIONS.len() as i64);
    let mut known = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = known.get(&version) {
        return Ok(made.clone());
    }
    let mut fresh = Connection::open_in_memory().doing("make a database in memory")?;
    migrations()
        .to_version(&mut fresh, version as usize)
        .map_err(|error| Error::failed("cannot make the file's schema anew").caused_by(error))?;
    let made = Arc::new(objects(&fresh).doing("read the schema as it is made")?);
    known.insert(version, made.clone());
    Ok(made)
}

/// The type and name of each object of a schema, such as `table gaps`, with its SQL; and the row that migrations write.
type Objects = BTreeMap<String, String>;

/// The name of that row.
const FORMAT: &str = "the row of file_format";

fn objects(connection: &Connection) -> rusqlite::Result<Objects> {
    let sql = "SELECT type || ' ' || name, sql FROM main.sqlite_master
               WHERE type <> 'view' AND sql IS NOT NULL";
    let mut objects: Objects = connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if objects.contains_key("table file_format") {
        let rows = "SELECT coalesce(group_concat(oldest_reader), '') FROM main.file_format";
        objects.insert(FORMAT.to_owned(), connection.query_row(rows, [], |row| row.get(0))?);
    }
    Ok(objects)
}

/// Returns the columns that migrations added to a table, each with its comment, which SQLite keeps only in the
/// statement that creates a table.
pub(super) fn added_columns(table: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let begins = format!("ALTER TABLE {table} ADD COLUMN ");
    let lines = MIGRATIONS.iter().flat_map(|migration| migration.sql.lines());
    lines.filter_map(move |line| {
        let (code, text) = line.strip_prefix(&begins)?.split_once(" -- ")?;
        Some((code.split(' ').next()?, text))
    })
}

/// Returns true for a table of SQLite itself, which ANALYZE creates.
fn is_of_sqlite(name: &str) -> bool {
    name.starts_with("table sqlite_stat")
}

/// Turns a census into one of an older program: every table as it was then, with the current rows. The views stay,
/// unlike in a real older file.
#[cfg(test)]
pub(super) fn downgrade(connection: &Connection, version: usize) {
    use super::columns::columns;
    use super::file::quoted;
    let tables = |connection: &Connection| -> BTreeMap<String, String> {
        let sql = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table'";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(rusqlite::Result::unwrap).collect()
    };
    let mut old = Connection::open_in_memory().unwrap();
    migrations().to_version(&mut old, version).unwrap();
    let (old_tables, new_tables) = (tables(&old), tables(connection));
    // A dropped table may be one that others refer to.
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    for (name, sql) in &new_tables {
        let old_sql = old_tables.get(name);
        if old_sql == Some(sql) {
            continue;
        }
        let name = quoted(name);
        let kept: Vec<_> = columns(&old, "main", name.trim_matches('"')).unwrap();
        let kept: Vec<_> = kept.iter().map(|column| quoted(&column.name)).collect();
        let kept = kept.join(", ");
        let again = old_sql
            .map(|sql| format!("{sql}; INSERT INTO main.{name} ({kept}) SELECT {kept} FROM temp.newer;"));
        connection
            .execute_batch(&format!(
                "CREATE TEMP TABLE newer AS SELECT * FROM main.{name}; DROP TABLE main.{name}; {}
                 DROP TABLE temp.newer;",
                again.unwrap_or_default()
            ))
            .unwrap();
        // Dropping the table also dropped its indexes and triggers.
        let sql = "SELECT sql FROM main.sqlite_master
                   WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND '\"' || tbl_name || '\"' = ?1";
        let mut belongings = old.prepare(sql).unwrap();
        let script = belongings.query_map([&name], |row| row.get::<_, String>(0)).unwrap();
        let script: Vec<String> = script.map(rusqlite::Result::unwrap).collect();
        connection.execute_batch(&script.join(";")).unwrap();
    }
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.pragma_update(None, "user_version", version as i64).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;
    use crate::store::columns::{columns, fact_columns, resource_columns};

    #[test]
    fn every_migration_of_the_folder_is_known_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), MIGRATIONS.len());
        for (number, (file, migration)) in files.iter().zip(MIGRATIONS).enumerate() {
            let name = file.file_stem().unwrap().to_str().unwrap();
            assert_eq!(name, migration.name);
            assert!(name.starts_with(&format!("{:04}_", number + 1)), "{name}");
            assert_eq!(std::fs::read_to_string(file).unwrap(), migration.sql);
        }
    }

    #[test]
    fn what_hashes_documents_is_known_by_number() {
        let last =
            MIGRATIONS.iter().rposition(|migration| migration.sql.contains("ADD COLUMN document_hash"));
        assert_eq!(last.map(|index| index as i64 + 1), Some(documents::HASHED_SINCE));
    }

    #[test]
    fn the_migrations_are_valid() {
        migrations().validate().unwrap();
    }

    #[test]
    fn declared_columns_are_those_of_the_tables() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for spec in RESOURCES {
            let columns = resource_columns(&connection, spec.name).unwrap();
            let made: Vec<_> =
                columns.iter().map(|it| (it.name.as_str(), it.sql_type.as_str(), it.in_key)).collect();
            let declared: Vec<_> =
                spec.columns.iter().map(|it| (it.name, it.sql_type(), it.role == Role::Key)).collect();
            assert_eq!(declared, made, "{}", spec.name);
            let activity = spec.columns.iter().any(|column| column.role == Role::Activity);
            assert_eq!(activity, spec.activity.is_some(), "{} names its uses", spec.name);
        }
        for spec in FACTS {
            let of_facts = fact_columns(&connection, spec.name).unwrap();
            let made: Vec<_> =
                of_facts.iter().map(|it| (it.name.as_str(), it.sql_type.as_str(), it.in_key)).collect();
            let declared: Vec<_> =
                spec.columns.iter().map(|it| (it.name, it.sql_type(), it.role == Role::Key)).collect();
            assert_eq!(declared, made, "{}", spec.name);
            let Some(remembered) = &spec.remembered else { continue };
            let noted = columns(&connection, "main", remembered.table).unwrap();
            assert_eq!(noted[0].name, "snapshot_id", "{}", remembered.table);
            for column in &noted[1..] {
                let same = of_facts.iter().find(|it| it.name == column.name);
                assert_eq!(same, Some(column), "{}", remembered.table);
            }
            let key: Vec<_> = noted.iter().filter(|it| it.in_key).map(|it| it.name.as_str()).collect();
            assert_eq!(key, [&["snapshot_id"], spec.key].concat(), "{}", remembered.table);
        }
    }
}
