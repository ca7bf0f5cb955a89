//! `export --mask`: no text of the organization is in any byte, and joins still work.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::reader::Export;
use crate::fixture::{self, Sandbox};

/// Returns every text of the census that names part of the organization.
pub fn texts(sandbox: &Sandbox) -> BTreeSet<String> {
    let census = Connection::open(sandbox.path("orgcensus.db")).unwrap();
    let mut found = BTreeSet::new();
    for sql in [
        "SELECT user_id FROM users_versions UNION SELECT user_name FROM users_versions
         UNION SELECT display_name FROM users_versions UNION SELECT primary_email FROM users_versions",
        "SELECT group_id FROM groups_versions UNION SELECT display_name FROM groups_versions",
        "SELECT account_id FROM accounts_versions UNION SELECT name FROM accounts_versions UNION SELECT email FROM accounts_versions",
        "SELECT permission_set_arn FROM permission_sets_versions UNION SELECT name FROM permission_sets_versions",
        "SELECT ou_id FROM organizational_units_versions UNION SELECT name FROM organizational_units_versions",
        "SELECT organization_id FROM snapshots UNION SELECT caller_arn FROM snapshots
         UNION SELECT caller_user_id FROM snapshots UNION SELECT label FROM snapshots",
        "SELECT value FROM tags_versions UNION SELECT resource_id FROM tags_versions",
    ] {
        let mut statement = census.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
        found.extend(rows.filter_map(|text| text.unwrap()).filter(|text| text.chars().count() >= 4));
    }
    // A group may have the name of a word in a column's description.
    let descriptions = sandbox.run(&["schema", "--all", "--format", "json"]).data().to_owned();
    found.retain(|text| !descriptions.to_lowercase().contains(&text.to_lowercase()));
    found
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
}

#[test]
fn no_text_of_the_organization_is_in_any_byte() {
    let sandbox = fixture::fuller_census();
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key"]).exit, Some(0));
    assert_eq!(fs::metadata(sandbox.path("key")).unwrap().permissions().mode() & 0o777, 0o600);
    let options = ["--mask", "key", "--daily", "--all-columns", "--tag-column", "Env=env"];
    assert_eq!(sandbox.run(&[&["export", "lake"], &options[..]].concat()).exit, Some(0));
    assert_eq!(sandbox.run(&["export", "--flat", "flat.db", "--mask", "key", "--all-columns"]).exit, Some(0));
    let export = Export::open(&sandbox.path("lake"));
    let texts = texts(&sandbox);
    assert!(texts.len() > 40, "{}", texts.len());

    // Pages are compressed, so every value is checked, and every byte outside of them.
    let mut all = Vec::new();
    files(&sandbox.path("lake"), &mut all);
    all.push(("flat.db".to_owned(), fs::read(sandbox.path("flat.db")).unwrap()));
    for (_, path, _) in export.files() {
        let rows = export.rows(&path);
        all.push((format!("rows of {path}"), serde_json::to_vec(&rows).unwrap()));
    }
    let key = fs::read_to_string(sandbox.path("key")).unwrap();
    for (path, bytes) in &all {
        for text in texts.iter().map(String::as_str).chain([key.trim()]) {
            let is_there = bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!is_there, "{text} in {path}");
        }
    }

    let users: BTreeSet<String> = export
        .rows("users/snapshot_date=2026-04-10/data.parquet")
        .iter()
        .map(|row| row["user_id"].as_str().unwrap().to_owned())
        .collect();
    let access = export.rows("effective_access/data.parquet");
    assert!(!access.is_empty());
    for row in &access {
        assert!(users.contains(row["user_id"].as_str().unwrap()), "joins hold");
        assert!(["direct", "group"].contains(&row["via"].as_str().unwrap()), "words are words");
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key"]).exit, Some(0));
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key"]).exit, Some(1), "a key is never overwritten");
    fs::set_permissions(sandbox.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = sandbox.run(&["export", "lake", "--mask", "key"]);
    assert_eq!(ran.exit, Some(1));
    assert!(ran.stderr.contains("hint: chmod 600 key"), "{}", ran.stderr);
    assert!(!sandbox.path("lake").exists());
}
