//! Tests of opening for reading, resolving a WHEN, answering as of a snapshot, and the guard.

use super::*;
use crate::error::ErrorKind;
use crate::model::RESOURCES;
use crate::store::{Database, When};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Returns a census of three snapshots: account 1 is renamed in the second, account 2 is gone in the third.
fn census(folder: &Path) -> PathBuf {
    let path = folder.join("o.db");
    let (database, _) = Database::open_or_create(&path).unwrap();
    database
        .connection()
        .execute_batch(
            "INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, tool_version, api_calls,
                 throttled_calls, collection_id)
             VALUES (1, '2026-01-01T00:00:00Z', '2026-01-01T00:10:00Z', 'complete', '0', 0, 0, 'a'),
                    (2, '2026-01-02T00:00:00Z', '2026-01-02T00:10:00Z', 'partial', '0', 0, 0, 'b'),
                    (3, '2026-01-03T00:00:00Z', '2026-01-03T00:10:00Z', 'complete', '0', 0, 0, 'c');
             INSERT INTO coverage VALUES (2, 'users', 'complete', 0, 0, NULL, 0, 0), (2, 'accounts', 'partial', 2, 1, 'no', 0, 1);
             INSERT INTO gaps VALUES
                 (2, 'accounts', '{\"account_id\":\"2\"}', 'denied', 'op', 'code', 'message', 1, NULL, NULL, NULL);
             INSERT INTO accounts_versions (account_id, name, valid_from, valid_to)
             VALUES ('1', 'one', 1, 2), ('1', 'uno', 2, NULL), ('2', 'two', 1, 3);",
        )
        .unwrap();
    path
}

fn names(census: &Census, sql: &str) -> Vec<String> {
    let mut statement = census.connection().prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn refused(path: &Path, says: &str) {
    let error = Census::open(path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(path.to_str().unwrap()) && message.contains(says), "{message}");
    assert!(!error.hints().is_empty(), "{message}");
}

#[test]
fn what_is_no_census_is_refused_and_never_created() {
    let folder = folder();
    refused(folder.path(), "is a directory");
    let missing = folder.path().join("missing.db");
    refused(&missing, "there is no database");
    assert!(!missing.exists());
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    refused(&empty, "is empty");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to have a header ".repeat(100)).unwrap();
    refused(&text, "is not a SQLite database");
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    refused(&foreign, "another program");
    let newer = census(folder.path());
    let newer_format = "PRAGMA user_version = 99; UPDATE file_format SET oldest_reader = 99";
    Connection::open(&newer).unwrap().execute_batch(newer_format).unwrap();
    refused(&newer, "newer orgcensus");
}

#[cfg(unix)]
#[test]
fn a_census_in_a_read_only_folder_is_readable() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = census(folder.path());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let read = Census::open(&path).map(|census| names(&census, "SELECT name FROM accounts"));
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(read.unwrap(), ["uno"]);
}

/// Returns a census whose shared memory cannot be made, as on read-only media. A link of that name, which SQLite does
/// not follow, blocks it for every user, including root.
#[cfg(unix)]
fn without_shared_memory(folder: &Path) -> PathBuf {
    let path = census(folder);
    std::os::unix::fs::symlink("/nowhere/at/all", beside(&path, "-shm")).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_census_that_cannot_share_memory_is_readable_while_no_log_holds_newer_pages() {
    let folder = folder();
    let path = without_shared_memory(folder.path());
    let read = || Census::open(&path).map(|census| names(&census, "SELECT name FROM accounts"));
    assert_eq!(read().unwrap(), ["uno"]);
    // An earlier reader, in a folder that it could write to, left an empty log.
    std::fs::write(beside(&path, "-wal"), "").unwrap();
    assert_eq!(read().unwrap(), ["uno"]);
}

#[cfg(unix)]
#[test]
fn a_log_that_cannot_be_read_is_not_passed_over() {
    let (here, there) = (folder(), folder());
    let path = census(here.path());
    let (writer, _) = Database::open_or_create(&path).unwrap();
    writer.connection().execute_batch("UPDATE accounts_versions SET name = 'newer'").unwrap();
    let copy = without_shared_memory(there.path());
    for suffix in ["", "-wal"] {
        std::fs::copy(beside(&path, suffix), beside(&copy, suffix)).unwrap();
    }
    let error = Census::open(&copy).unwrap_err();
    assert!(error.to_string().contains("o.db-wal\" holds newer pages that cannot be read"), "{error}");
    assert!(error.hints()[0].contains("copy it and the database to a local folder"), "{error}");
    std::fs::remove_file(beside(&copy, "-shm")).unwrap();
    let census = Census::open(&copy).unwrap();
    assert_eq!(names(&census, "SELECT DISTINCT name FROM accounts"), ["newer"]);
}

#[test]
fn a_census_without_our_views_is_readable() {
    let folder = folder();
    let path = census(folder.path());
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "DROP VIEW effective_access; DROP VIEW accounts; DROP VIEW tags; DROP VIEW tags_history;
             DROP VIEW tags_by_snapshot; DROP VIEW tags_changes; DROP TABLE tags_versions;",
        )
        .unwrap();
    let mut census = Census::open(&path).unwrap();
    assert_eq!(names(&census, "SELECT name FROM accounts"), ["uno"]);
    census.connection().prepare("SELECT * FROM effective_access").unwrap();
    census.answer_as_of(1).unwrap();
    // Tables missing from the file are empty, and no coverage says that they were seen.
    for question in
        ["SELECT key FROM tags", "SELECT key FROM tags_history", "SELECT resource FROM stale_rows"]
    {
        assert_eq!(names(&census, question), [""; 0], "{question}");
    }
    assert!(census.tables().unwrap().iter().any(|table| table.name == "tags"));
}

#[test]
fn a_when_names_the_snapshot_completed_by_then() {
    let folder = folder();
    let census = Census::open(&census(folder.path())).unwrap();
    let resolved = |text: &str| census.resolve(&text.parse().unwrap()).map(|one| one.snapshot_id);
    assert_eq!(resolved("2").unwrap(), 2);
    assert_eq!(resolved("latest").unwrap(), 3);
    assert_eq!(resolved("latest~2").unwrap(), 1);
    assert_eq!(resolved("2026-01-02").unwrap(), 2);
    assert_eq!(resolved("2026-01-02T00:10:00Z").unwrap(), 2);
    assert_eq!(resolved("2026-01-02T00:09:59Z").unwrap(), 1);
    assert_eq!(resolved("2026-Q1").unwrap(), 3);
    for text in ["4", "0", "latest~3", "2025-12-31"] {
        let error = resolved(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownName, "{text}");
        assert!(!error.hints().is_empty());
    }
    assert!(resolved("2025-12-31").unwrap_err().to_string().contains("2026-01-01T00:10:00Z"));
}

#[test]
fn every_view_answers_as_of_the_snapshot_asked_for() {
    let folder = folder();
    let mut census = Census::open(&census(folder.path())).unwrap();
    let accounts = "SELECT name FROM accounts ORDER BY account_id";
    let tree = "SELECT name FROM organization_tree ORDER BY id";
    let charted = "SELECT snapshot_id || name FROM accounts_by_snapshot ORDER BY 1";
    let life =
        "SELECT name || ' ' || coalesce(valid_to, '') || ' ' || coalesce(gone_at, '') || ' ' || last_seen_at
                FROM accounts_history ORDER BY account_id, valid_from";
    assert_eq!(names(&census, accounts), ["uno"]);
    assert_eq!(
        names(&census, life),
        [
            "one 2 2026-01-02T00:10:00Z 2026-01-01T00:10:00Z",
            "uno   2026-01-03T00:10:00Z",
            // The second snapshot has a gap over this account.
            "two 3 2026-01-03T00:10:00Z 2026-01-01T00:10:00Z",
        ]
    );
    census.answer_as_of(2).unwrap();
    assert_eq!(names(&census, accounts), ["uno", "two"]);
    assert_eq!(names(&census, tree), ["uno", "two"]);
    assert_eq!(names(&census, charted), ["1one", "1two", "2two", "2uno"]);
    assert_eq!(
        names(&census, life),
        [
            "one 2 2026-01-02T00:10:00Z 2026-01-01T00:10:00Z",
            "uno   2026-01-02T00:10:00Z",
            "two   2026-01-01T00:10:00Z",
        ]
    );
    census.guard().unwrap();
    census.answer_as_of(1).unwrap();
    assert_eq!(names(&census, accounts), ["one", "two"]);
    assert_eq!(names(&census, "SELECT snapshot_id || '' FROM answering_snapshot"), ["1"]);
    assert!(census.connection().execute_batch("CREATE TEMP TABLE t (x)").is_err());
}

#[test]
fn coverage_comes_in_the_order_of_the_resources() {
    let folder = folder();
    let census = Census::open(&census(folder.path())).unwrap();
    let coverage = census.coverage(2).unwrap();
    let resources: Vec<_> = coverage.iter().map(|one| one.resource.as_str()).collect();
    assert_eq!(resources, ["accounts", "users"]);
    assert_eq!(census.gaps(2).unwrap()[0].scope, r#"{"account_id":"2"}"#);
}

#[test]
fn a_guarded_census_can_be_read_and_nothing_else() {
    let folder = folder();
    let mut census = Census::open(&census(folder.path())).unwrap();
    census.guard().unwrap();
    let elsewhere = folder.path().join("copy.db");
    for sql in [
        "INSERT INTO accounts_versions (account_id, valid_from) VALUES ('9', 9)",
        "UPDATE snapshots SET label = 'x'",
        "DELETE FROM snapshots",
        "DROP TABLE snapshots",
        "CREATE TABLE t (x)",
        "CREATE TEMP TABLE t (x)",
        "CREATE TEMP VIEW t AS SELECT 1",
        "PRAGMA query_only = 0",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "PRAGMA wal_checkpoint",
        "SELECT load_extension('x')",
        "BEGIN",
        "SAVEPOINT s",
        "VACUUM",
        "REINDEX",
        "ANALYZE",
        &format!("VACUUM INTO '{}'", elsewhere.display()),
        &format!("ATTACH '{}' AS other", elsewhere.display()),
        "DETACH main",
        "EXPLAIN DELETE FROM snapshots",
    ] {
        assert!(census.connection().execute_batch(sql).is_err(), "{sql}");
    }
    assert!(!elsewhere.exists());
    for sql in [
        "SELECT * FROM accounts",
        "SELECT * FROM effective_access_history",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
        "SELECT value FROM json_each('[1, 2]')",
        "EXPLAIN SELECT * FROM accounts",
        "EXPLAIN QUERY PLAN SELECT * FROM accounts",
        "PRAGMA table_info(accounts)",
        "SELECT name FROM pragma_table_info('accounts')",
        "SELECT name FROM sqlite_master",
        "SELECT count(*), group_concat(name) FROM accounts GROUP BY name HAVING count(*) > 0",
    ] {
        let mut statement = census.connection().prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap_or_else(|error| panic!("{sql}: {error}")).is_some() {}
    }
}

#[test]
fn every_table_and_column_is_described() {
    let folder = folder();
    let census = Census::open(&census(folder.path())).unwrap();
    let tables = census.tables().unwrap();
    for table in &tables {
        assert!(!table.description.is_empty(), "{}", table.name);
        for column in &table.columns {
            assert!(!column.description.is_empty(), "{}.{}", table.name, column.name);
        }
    }
    let named = |name: &str| tables.iter().find(|table| table.name == name).unwrap();
    assert!(named("accounts").columns[0].in_key);
    let columns: Vec<_> =
        named("effective_access").columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        columns.join(", "),
        "user_id, user_name, user_status, account_id, account_name, account_state, permission_set_arn, \
         permission_set_name, via, group_id, group_name, not_before, first_seen_at"
    );
    let history: Vec<_> =
        named("effective_access_history").columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(history[..13], columns[..]);
    assert_eq!(history[13..], ["last_seen_at", "gone_at"]);
    let everything: i64 = census
        .connection()
        .query_row("SELECT count(*) FROM sqlite_master WHERE type = 'view'", [], |row| row.get(0))
        .unwrap();
    // The views, the versions of each resource, the fourteen tables keyed by snapshot, and the two of policies.
    assert_eq!(tables.len() as i64, everything + RESOURCES.len() as i64 + 16);
}

#[test]
fn a_census_is_what_it_was_when_it_was_opened() {
    let folder = folder();
    let path = census(folder.path());
    let mut census = Census::open(&path).unwrap();
    Database::open_existing(&path).unwrap().prune(&[2]).unwrap();
    assert_eq!(census.resolve(&When::Id(2)).unwrap().snapshot_id, 2);
    census.answer_as_of(2).unwrap();
    census.guard().unwrap();
    assert_eq!(names(&census, "SELECT name FROM accounts ORDER BY 1"), ["two", "uno"]);
    drop(census);
    assert!(Census::open(&path).unwrap().resolve(&When::Id(2)).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_written_while_it_is_read_without_locks_is_told() {
    let folder = folder();
    let path = without_shared_memory(folder.path());
    let census = Census::open(&path).unwrap();
    census.check_unwritten().unwrap();
    std::fs::remove_file(beside(&path, "-shm")).unwrap();
    Database::open_existing(&path).unwrap().prune(&[2]).unwrap();
    let error = census.check_unwritten().unwrap_err();
    assert!(error.to_string().ends_with("was written while it was read"), "{error}");
    assert!(!error.hints().is_empty());
}
