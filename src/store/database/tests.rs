//! Creating a database, opening it for writing, and claiming it.

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn identity(organization: Option<&str>, instance: Option<&str>) -> Identity {
    Identity { organization_id: organization.map(str::to_owned), instance_arn: instance.map(str::to_owned) }
}

/// Asserts that opening fails with a message that names the path, and with a hint.
fn refused(path: &Path, says: &str) {
    let error = Database::open_or_create(path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(path.to_str().unwrap()) && message.contains(says), "{message}");
    assert!(!error.hints().is_empty(), "{message}");
}

#[test]
fn a_new_database_is_created_once_and_private() {
    let folder = folder();
    let path = folder.path().join("o?f %41#.db");
    let (first, created) = Database::open_or_create(&path).unwrap();
    assert!(created);
    assert_eq!(first.path(), path);
    drop(first);
    let (_second, created) = Database::open_or_create(&path).unwrap();
    assert!(!created);
    assert!(path.exists());
    #[cfg(unix)]
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn opening_again_writes_nothing() {
    let folder = folder();
    let path = folder.path().join("o.db");
    let version = |database: &Database| -> i64 {
        database.connection().query_row("PRAGMA schema_version", [], |row| row.get(0)).unwrap()
    };
    let before = version(&Database::open_or_create(&path).unwrap().0);
    assert_eq!(version(&Database::open_or_create(&path).unwrap().0), before);
}

#[test]
fn an_empty_file_becomes_a_census() {
    let folder = folder();
    let path = folder.path().join("o.db");
    std::fs::write(&path, "").unwrap();
    assert!(Database::open_or_create(&path).unwrap().1);
}

#[test]
fn what_is_no_census_is_refused_and_left_alone() {
    let folder = folder();
    refused(folder.path(), "is a directory");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to have a header ".repeat(100)).unwrap();
    refused(&text, "is not a SQLite database");
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    refused(&foreign, "another program");
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
    refused(&folder.path().join("no/such/folder.db"), "cannot create");
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = folder();
    let path = folder.path().join("o.db");
    let (database, _) = Database::open_or_create(&path).unwrap();
    database.connection().pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    refused(&path, "newer orgcensus");
}

#[test]
fn a_damaged_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("o.db");
    drop(Database::open_or_create(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..3000].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    refused(&path, "is damaged");
}

#[test]
fn views_of_an_older_version_are_made_anew() {
    let folder = folder();
    let path = folder.path().join("o.db");
    let (database, _) = Database::open_or_create(&path).unwrap();
    database
        .connection()
        .execute_batch(
            "DROP VIEW accounts; CREATE VIEW accounts AS SELECT 1 AS one; CREATE VIEW old AS SELECT 2;",
        )
        .unwrap();
    drop(database);
    let (database, _) = Database::open_or_create(&path).unwrap();
    database.connection().prepare("SELECT account_id FROM accounts").unwrap();
    assert!(database.connection().prepare("SELECT * FROM old").is_err());
}

#[test]
fn a_database_belongs_to_one_organization_and_instance() {
    let folder = folder();
    let path = folder.path().join("o.db");
    let (mut database, _) = Database::open_or_create(&path).unwrap();
    assert_eq!(database.identity().unwrap(), None);
    database.claim(&identity(None, None)).unwrap();
    assert_eq!(database.identity().unwrap(), None);

    database.claim(&identity(Some("o-1"), None)).unwrap();
    database.claim(&identity(Some("o-1"), Some("arn:1"))).unwrap();
    database.claim(&identity(None, Some("arn:1"))).unwrap();
    assert_eq!(database.identity().unwrap(), Some(identity(Some("o-1"), Some("arn:1"))));

    for other in [
        identity(Some("o-2"), Some("arn:1")),
        identity(Some("o-1"), Some("arn:2")),
        identity(Some("o-2"), None),
        identity(None, None),
    ] {
        let error = database.claim(&other).unwrap_err();
        assert!(error.to_string().contains("o-1"), "{error}");
        assert!(!error.hints().is_empty());
    }
    assert_eq!(database.identity().unwrap(), Some(identity(Some("o-1"), Some("arn:1"))));
}

#[test]
fn two_identities_that_cannot_be_compared_are_not_one() {
    let folder = folder();
    let (mut database, _) = Database::open_or_create(&folder.path().join("o.db")).unwrap();
    database.claim(&identity(None, Some("arn:1"))).unwrap();
    database.claim(&identity(Some("o-1"), None)).unwrap_err();
    assert_eq!(database.identity().unwrap(), Some(identity(None, Some("arn:1"))));
}
