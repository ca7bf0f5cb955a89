//! The staging file: its tables, and the check that this version can resume it.
//!
//! The tables of staged rows are derived from the census's own tables. Nothing here writes a row or a task.

use rusqlite::Connection;

use super::{checksum, repair};
use crate::error::{Error, Result};
use crate::model::{FACTS, FactSpec, RESOURCES, ResourceSpec};
use crate::plain_file;
use crate::store::columns::{Column, fact_columns, resource_columns};
use crate::store::database::Database;
use crate::store::file::{Doing, NO_SPACE, connect, open_failed, quoted, staging_file, with_companions};
use crate::store::io_error;

/// The `PRAGMA application_id` of a staging file: "orgs".
const STAGING: i32 = 0x6f72_6773;

/// The version of the layout. It rises whenever `TABLES` or the meaning of a value changes.
const VERSION: i32 = 7;

/// The tables other than those of staged rows and facts.
///
/// A task's `state` is open, done (its last page is in), gone (the thing that it lists no longer exists), moot
/// (likewise, but its scope is still valid), gap (it failed) or stopped (its whole kind was stopped). `left_out` is the
/// operation whose answer omitted its list. `task_counts` are updated as tasks are added and end: progress needs them
/// all the time, and counting a hundred thousand tasks would cost more than everything else. `doubles` are the items
/// that one kind of listing sent twice with different values, of which only the later can be staged.
const TABLES: &str = "
CREATE TABLE header (
    only_row          INTEGER PRIMARY KEY CHECK (only_row = 1),
    collection_id     TEXT NOT NULL,
    started_at        TEXT NOT NULL,
    organization_id   TEXT,
    instance_arn      TEXT,
    identity_store_id TEXT,
    region            TEXT,
    caller_arn        TEXT,
    caller_user_id    TEXT,
    label             TEXT,
    selection         TEXT NOT NULL,
    tool_version      TEXT NOT NULL,
    throttled_calls   INTEGER NOT NULL,
    last_written_at   TEXT NOT NULL
) STRICT;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
    task_id       INTEGER PRIMARY KEY,
    kind          TEXT NOT NULL,
    body          TEXT NOT NULL,
    lane          TEXT NOT NULL,
    stage         TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'done', 'gone', 'moot', 'gap', 'stopped')),
    next_token    TEXT,
    left_out      TEXT,
    failure_kind  TEXT,
    operation     TEXT,
    error_code    TEXT,
    error_message TEXT,
    attempts      INTEGER,
    request_id    TEXT,
    observed_at   TEXT,
    UNIQUE (kind, body)
) STRICT;
CREATE INDEX tasks_to_run ON tasks (lane, priority, task_id) WHERE state = 'open';
CREATE INDEX tasks_failed ON tasks (lane, kind) WHERE state = 'gap';
CREATE INDEX tasks_open_by_stage ON tasks (stage) WHERE state = 'open';
CREATE TABLE task_counts (
    kind  TEXT NOT NULL,
    lane  TEXT NOT NULL,
    open  INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (kind, lane)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER task_is_queued AFTER INSERT ON tasks BEGIN
    INSERT INTO task_counts VALUES (new.kind, new.lane, 1, 0)
    ON CONFLICT (kind, lane) DO UPDATE SET open = open + 1;
END;
CREATE TRIGGER task_ends AFTER UPDATE OF state ON tasks WHEN (old.state = 'open') <> (new.state = 'open') BEGIN
    UPDATE task_counts
    SET open = open + iif(new.state = 'open', 1, -1), ended = ended - iif(new.state = 'open', 1, -1)
    WHERE kind = new.kind AND lane = new.lane;
END;
CREATE TABLE task_scopes (
    task_id  INTEGER NOT NULL,
    role     TEXT NOT NULL CHECK (role IN ('covers', 'hides')),
    resource TEXT NOT NULL,
    scope    TEXT NOT NULL,
    PRIMARY KEY (task_id, role, resource, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
    task_id INTEGER NOT NULL,
    token   TEXT NOT NULL,
    PRIMARY KEY (task_id, token)
) STRICT, WITHOUT ROWID;
CREATE TABLE seen (resource TEXT NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (resource, scope)) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
    resource      TEXT NOT NULL,
    scope         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    operation     TEXT,
    error_code    TEXT,
    error_message TEXT,
    attempts      INTEGER NOT NULL,
    request_id    TEXT,
    observed_at   TEXT NOT NULL,
    PRIMARY KEY (resource, scope, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE doubles (
    task_id  INTEGER NOT NULL,
    resource TEXT NOT NULL,
    item     TEXT NOT NULL,
    differs  TEXT NOT NULL,
    PRIMARY KEY (resource, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE calls (operation TEXT PRIMARY KEY, calls INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Opens the staging, after reading all of it; `None` if there is none, or if its creation was cut short. Also returns
/// the resources whose rows are damaged and will be listed again.
pub(super) fn open(database: &Database) -> Result<Option<(Connection, Vec<&'static str>)>> {
    let path = staging_file(database.path());
    // A dangling link counts as an existing file.
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    plain_file::check(&path).map_err(|error| Error::failed(format!("\"{}\": {error}", path.display())))?;
    let failed = |error| open_failed(&path, error);
    let mut connection = connect(&path, "mode=rw").map_err(failed)?;
    let number =
        |sql: &str| -> Result<i64> { connection.query_row(sql, [], |row| row.get(0)).map_err(failed) };
    if number("SELECT count(*) FROM sqlite_master")? == 0 {
        return Ok(None);
    }
    let ours = number("PRAGMA application_id")? == i64::from(STAGING)
        && number("PRAGMA user_version")? == i64::from(VERSION)
        && is_laid_out(&connection, database.connection())?;
    if !ours {
        let name = path.display();
        return Err(Error::failed(format!("\"{name}\" is another version's")));
    }
    checksum::register(&connection).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    // Otherwise a page that a failing disk damaged would end every run that reads it, and no run would get past it.
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        return Err(Error::failed(format!("\"{}\" is damaged", path.display())).caused_by(found));
    }
    let damaged = checksum::damaged(&connection)?;
    if damaged.is_empty() {
        return Ok(Some((connection, Vec::new())));
    }
    let Some(resources) = repair::mendable(&connection, &damaged)? else {
        let tables = damaged.join(", ");
        return Err(Error::failed(format!("\"{}\" is damaged, in {tables}", path.display())));
    };
    repair::ask_again(&mut connection, &resources)?;
    Ok(Some((connection, resources)))
}

/// Creates an empty staging, replacing any other.
pub(super) fn create(database: &Database) -> Result<Connection> {
    // A journal left from the old file would be replayed into the new one.
    discard(database)?;
    let path = staging_file(database.path());
    plain_file::create(&path).map_err(|error| {
        let hint = match io_error::is_no_space(error.kind()) {
            true => NO_SPACE,
            false => "check the permissions of its folder, or name another file with --db",
        };
        Error::failed(format!("cannot create \"{}\"", path.display())).caused_by(error).hint(hint)
    })?;
    let make = || -> rusqlite::Result<Connection> {
        let connection = connect(&path, "mode=rw")?;
        checksum::register(&connection)?;
        prepare(&connection)?;
        Ok(connection)
    };
    make().map_err(|error| open_failed(&path, error))
}

/// Returns the statements that create a staging's tables for the census's schema.
pub(super) fn script(census: &Connection) -> Result<String> {
    let mut script =
        format!("PRAGMA application_id = {STAGING};\nPRAGMA user_version = {VERSION};\n{TABLES}");
    for spec in RESOURCES {
        let columns = resource_columns(census, spec.name)?;
        script.push_str(&rows_table(spec, &columns));
        script.push_str(&doubles_trigger(spec, &columns));
    }
    for spec in FACTS {
        script.push_str(&facts_table(spec, &fact_columns(census, spec.name)?));
    }
    checksum::with_checksums(script)
}

/// Deletes the staging's files.
pub(super) fn discard(database: &Database) -> Result<()> {
    let path = staging_file(database.path());
    for file in with_companions(&path) {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::failed(format!("cannot delete \"{}\"", file.display()))
                    .caused_by(error)
                    .hint("delete it by hand"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // NORMAL waits for the disk at checkpoints only. A power cut may lose the last seconds, which are listed again, but
    // leaves earlier data intact. A crash of the program loses nothing.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // There are two statements per resource and some twenty others. They must not evict each other from the cache.
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "cache_size", -32_768)?;
    // Keys come in no order, so that the rows of a page touch many pages of the file. With a checkpoint every 32 MB
    // instead of every 4, most of them are written once and not many times.
    connection.pragma_update(None, "wal_autocheckpoint", 8_000)
}

/// Returns the table of a resource's staged rows: its columns, the task of each row, and whether the row is complete.
fn rows_table(spec: &ResourceSpec, columns: &[Column]) -> String {
    staged_table(spec.name, columns, spec.key, "    whole INTEGER NOT NULL,\n")
}

/// Returns the table of a kind of staged facts: its columns, and the task of each fact.
fn facts_table(spec: &FactSpec, columns: &[Column]) -> String {
    staged_table(spec.name, columns, spec.key, "")
}

fn staged_table(name: &str, columns: &[Column], key: &[&str], further: &str) -> String {
    let columns: String = columns
        .iter()
        .map(|column| {
            let not_null = if column.not_null { " NOT NULL" } else { "" };
            format!("    {} {}{not_null},\n", quoted(&column.name), column.sql_type)
        })
        .collect();
    let key: Vec<_> = key.iter().map(|column| quoted(column)).collect();
    format!(
        "CREATE TABLE {} (\n{columns}    task_id INTEGER NOT NULL,\n{further}    PRIMARY KEY ({})\n) STRICT, \
         WITHOUT ROWID;\n",
        quoted(name),
        key.join(", ")
    )
}

/// Returns the trigger that notes an item which replaces one of the same key and kind of listing, if any other column
/// differs. There is no other record that AWS sent two.
fn doubles_trigger(spec: &ResourceSpec, columns: &[Column]) -> String {
    let others: Vec<_> = columns
        .iter()
        .filter(|column| !spec.key.contains(&column.name.as_str()))
        .map(|column| (&column.name, quoted(&column.name)))
        .collect();
    // If the key is the only data, two items with one key are equal.
    if others.is_empty() {
        return String::new();
    }
    let differ: Vec<_> =
        others.iter().map(|(_, column)| format!("old.{column} IS NOT new.{column}")).collect();
    let differs: Vec<_> = others
        .iter()
        .map(|(name, column)| format!("iif(old.{column} IS NOT new.{column}, ', {name}', '')"))
        .collect();
    let item: Vec<_> = spec.key.iter().map(|column| format!("new.{}", quoted(column))).collect();
    format!(
        "CREATE TRIGGER {trigger} BEFORE UPDATE ON {table}\n\
         WHEN old.whole AND new.whole AND ({differ})\n    \
             AND (SELECT kind FROM tasks WHERE task_id = old.task_id) = (SELECT kind FROM tasks WHERE task_id = new.task_id)\n\
         BEGIN\n    \
             INSERT INTO doubles SELECT new.task_id, '{name}', {item}, substr({differs}, 3)\n    \
             WHERE NOT EXISTS (SELECT 1 FROM doubles WHERE resource = '{name}' AND item = {item});\n\
         END;\n",
        trigger = quoted(&format!("{}_doubled", spec.name)),
        table = quoted(spec.name),
        name = spec.name,
        differ = differ.join(" OR "),
        item = item.join(" || ' ' || "),
        differs = differs.join(" || "),
    )
}

/// Returns true if the file has exactly the tables of this version for the census's schema.
fn is_laid_out(staging: &Connection, census: &Connection) -> Result<bool> {
    let schema = |connection: &Connection| {
        let read = || {
            connection
                .prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(String, Option<String>)>>>()
        };
        read().doing("read the unfinished collection")
    };
    let fresh = Connection::open_in_memory().doing("lay out the collection")?;
    checksum::register(&fresh).doing("lay out the collection")?;
    fresh.execute_batch(&script(census)?).doing("lay out the collection")?;
    if schema(staging)? != schema(&fresh)? {
        return Ok(false);
    }
    staging
        .query_row("SELECT count(*) FROM header", [], |row| row.get::<_, i64>(0))
        .doing("read the unfinished collection")
        .map(|header| header == 1)
}
