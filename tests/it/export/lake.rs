//! `export DIR`: each file compared with its query, and the effect of an export on an existing one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use orgcensus::model::{RESOURCES, Role, resource};

use super::reader::{Export, as_exported};
use crate::fixture::{self, Sandbox};

/// Returns the columns of a table and their types, as in the manifest.
fn types(export: &Export, table: &str) -> BTreeMap<String, String> {
    let columns = export.manifest["tables"][table]["columns"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    columns.iter().map(|column| (text(&column["name"]), text(&column["type"]))).collect()
}

fn query(sandbox: &Sandbox, sql: &str, at: &str) -> String {
    sandbox.run(&["query", sql, "--format", "json", "--at", at]).data().to_owned()
}

const DATES: [&str; 4] = ["2026-01-10", "2026-02-10", "2026-03-10", "2026-04-10"];

#[test]
fn every_day_is_as_that_date_answers() {
    let sandbox = fixture::fuller_census();
    assert_eq!(sandbox.run(&["export", "lake", "--all-columns"]).exit, Some(0));
    let export = Export::open(&sandbox.path("lake"));
    let mut filled = 0;
    for spec in RESOURCES {
        let kept = spec.columns.iter().filter(|column| column.role != Role::Volatile);
        let names: Vec<&str> = kept.map(|column| column.name).collect();
        for date in DATES {
            let sql = format!(
                "SELECT r.{}, {} n.snapshot_id, n.taken_at FROM {} AS r, answering_snapshot AS n ORDER BY r.{}",
                names.join(", r."),
                if names.contains(&"organization_id") { "" } else { "'o-fixture' AS organization_id," },
                spec.name,
                spec.key.join(", r.")
            );
            let expected = as_exported(&query(&sandbox, &sql, date), &types(&export, spec.name));
            let rows = export.rows(&format!("{}/snapshot_date={date}/data.parquet", spec.name));
            assert_eq!(rows, expected, "{} on {date}", spec.name);
            filled += usize::from(!rows.is_empty());
        }
    }
    assert!(filled > RESOURCES.len(), "{filled} files have rows");
}

#[test]
fn views_and_facts_are_those_of_the_census() {
    let sandbox = fixture::fuller_census();
    assert_eq!(sandbox.run(&["export", "lake", "--daily", "--all-columns"]).exit, Some(0));
    let export = Export::open(&sandbox.path("lake"));
    for (table, path) in [
        ("effective_access", "effective_access/data.parquet"),
        ("effective_access_history", "effective_access_history/data.parquet"),
        ("access_changes", "access_changes/data.parquet"),
        ("changes", "changes/data.parquet"),
        ("snapshot_metrics", "snapshot_metrics/data.parquet"),
        ("coverage", "coverage/data.parquet"),
        ("gaps", "gaps/data.parquet"),
        ("snapshots", "snapshots/data.parquet"),
    ] {
        let all = query(&sandbox, &format!("SELECT * FROM {table}"), "latest");
        let mut expected = as_exported(&all, &types(&export, table));
        let rows = export.rows(path);
        assert!(!rows.is_empty(), "{table}");
        let mut shared: Vec<_> = rows
            .into_iter()
            .map(|mut row| {
                row.retain(|name, _| expected[0].contains_key(name));
                row
            })
            .collect();
        expected.iter_mut().for_each(|row| row.retain(|name, _| shared[0].contains_key(name)));
        shared.sort_by_key(|row| format!("{row:?}"));
        expected.sort_by_key(|row| format!("{row:?}"));
        assert_eq!(shared, expected, "{table}");
    }
    for date in DATES {
        let count = query(&sandbox, "SELECT count(*) AS n FROM effective_access", date);
        let rows = export.rows(&format!("effective_access_daily/snapshot_date={date}/data.parquet"));
        assert_eq!(
            count.split_whitespace().collect::<String>(),
            format!("[{{\"n\":{}}}]", rows.len()),
            "{date}"
        );
    }
}

#[test]
fn every_column_has_its_type_in_every_file() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["export", "lake", "--daily"]).exit, Some(0));
    let export = Export::open(&sandbox.path("lake"));
    for (table, path, _) in export.files() {
        let found = export.types(&path);
        for (column, kind) in types(&export, &table) {
            let expected = match kind.as_str() {
                "text" => "BYTE_ARRAY Some(String)",
                "json" => "BYTE_ARRAY Some(Json)",
                "integer" => "INT64 None",
                "boolean" => "BOOLEAN None",
                "time" => "INT64 Some(Timestamp(TimestampType { is_adjusted_to_u_t_c: true, unit: MILLIS }))",
                "date" => "INT32 Some(Date)",
                other => panic!("{other}"),
            };
            assert_eq!(found[&column], expected, "{path} {column}");
        }
        for always in ["organization_id", "snapshot_id", "taken_at"] {
            assert!(found.contains_key(always), "{path} has no {always}");
        }
    }
}

#[test]
fn what_was_not_collected_is_said_of_its_files() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["export", "lake"]);
    assert!(ran.stderr.contains("did not see all of: tags"), "{}", ran.stderr);
    let export = Export::open(&sandbox.path("lake"));
    let said =
        |path: &str, table: &str| export.manifest["tables"][table]["files"][path]["not_complete"].clone();
    for date in DATES {
        let tags = said(&format!("tags/snapshot_date={date}/data.parquet"), "tags");
        assert_eq!(tags[0]["status"], "not_collected");
        assert_eq!(tags[0]["reason"], "--skip tags");
        let users = said(&format!("users/snapshot_date={date}/data.parquet"), "users");
        assert!(users.is_null(), "{users}");
    }
    let carried = said("group_memberships/snapshot_date=2026-03-10/data.parquet", "group_memberships");
    assert_eq!((carried[0]["status"].as_str(), carried[0]["gaps"].as_i64()), (Some("partial"), Some(1)));
}

/// Returns the path, inode and time of every file.
fn state(folder: &Path) -> Vec<(String, u64, i64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        match about.is_dir() {
            true => found.extend(state(&path)),
            false => {
                assert_eq!(about.permissions().mode() & 0o777, 0o600, "{}", path.display());
                found.push((path.display().to_string(), about.ino(), about.mtime_nsec()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_export_writes_nothing() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["export", "lake", "--daily"]).exit, Some(0));
    let before = state(&sandbox.path("lake"));
    let ran = sandbox.run(&["export", "lake", "--daily"]);
    assert!(ran.stderr.contains("written: 0 (0 kB)"), "{}", ran.stderr);
    assert_eq!(state(&sandbox.path("lake")), before);
    assert_eq!(sandbox.run(&["export", "other", "--daily"]).exit, Some(0));
    let manifest = |name: &str| fs::read(sandbox.path(name).join("_orgcensus/manifest.json")).unwrap();
    assert_eq!(manifest("lake"), manifest("other"), "two exports of one census are the same bytes");
}

#[test]
fn a_folder_of_others_is_refused() {
    let sandbox = fixture::census();
    fs::create_dir(sandbox.path("full")).unwrap();
    fs::write(sandbox.path("full/mine.txt"), "precious").unwrap();
    let ran = sandbox.run(&["export", "full"]);
    assert_eq!(ran.exit, Some(2));
    assert!(ran.stderr.contains("contains other files, and is not an export"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(sandbox.path("full")).unwrap().count(), 1);

    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    let before = state(&sandbox.path("lake"));
    let theirs = fixture::census();
    let census = rusqlite::Connection::open(theirs.path("orgcensus.db")).unwrap();
    census
        .execute_batch(
            "DELETE FROM census;
             INSERT INTO census (only_row, organization_id, created_at) VALUES (1, 'o-theirs', '2026-01-01T00:00:00Z')",
        )
        .unwrap();
    let db = theirs.path("orgcensus.db");
    let ran = sandbox.run(&["export", "lake", "--db", db.to_str().unwrap()]);
    assert_eq!(ran.exit, Some(1));
    assert!(ran.stderr.contains("use one folder per organization"), "{}", ran.stderr);
    assert_eq!(state(&sandbox.path("lake")), before);

    let ran = sandbox.run(&["export"]);
    assert_eq!(ran.exit, Some(2));
    assert!(ran.stderr.contains("hint: orgcensus export DIR"), "{}", ran.stderr);
}

#[test]
fn people_have_a_named_minimum_of_columns() {
    let sandbox = fixture::fuller_census();
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    let export = Export::open(&sandbox.path("lake"));
    let personal: Vec<_> =
        resource("users").unwrap().columns.iter().filter(|column| column.is_personal).collect();
    let exported = types(&export, "users");
    let kept: Vec<_> =
        personal.iter().map(|column| column.name).filter(|name| exported.contains_key(*name)).collect();
    assert_eq!(kept, ["user_name", "display_name", "primary_email"]);
    for row in export.rows("changes/data.parquet") {
        let Some(fields) = row["fields"].as_object() else { continue };
        let withheld = personal.iter().filter(|column| !kept.contains(&column.name));
        for column in withheld {
            assert!(!fields.contains_key(column.name), "{row:?}");
        }
    }
}

#[test]
fn the_days_of_pruned_snapshots_stay_until_they_are_mirrored() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["export", "lake", "--daily"]).exit, Some(0));
    assert_eq!(sandbox.run(&["snapshots", "prune", "2"]).exit, Some(0));
    let ran = sandbox.run(&["export", "lake", "--daily"]);
    assert!(ran.stderr.contains("that the census no longer has: 1; --mirror removes them"), "{}", ran.stderr);
    let place = "users/snapshot_date=2026-02-10/data.parquet";
    assert!(!Export::open(&sandbox.path("lake")).rows(place).is_empty());
    assert_eq!(sandbox.run(&["export", "lake", "--daily", "--mirror"]).exit, Some(0));
    assert!(!sandbox.path("lake").join(place).exists());
    assert_eq!(sandbox.run(&["export", "fresh", "--daily"]).exit, Some(0));
    let bytes = |name: &str| -> BTreeMap<String, Vec<u8>> {
        let folder = sandbox.path(name);
        let files = state(&folder).into_iter().map(|(path, ..)| path);
        let below = |path: &String| path.strip_prefix(folder.to_str().unwrap()).unwrap().to_owned();
        files.map(|path| (below(&path), fs::read(&path).unwrap())).collect()
    };
    assert_eq!(bytes("lake"), bytes("fresh"), "a mirrored export is a fresh one, byte for byte");
}
