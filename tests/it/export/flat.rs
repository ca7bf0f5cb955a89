//! `export --flat`: the tables have the rows of the views, with types and keys; and `export --ddl`.

use orgcensus::model::RESOURCES;
use rusqlite::Connection;

use crate::fixture;
use crate::world::{World, small};

#[test]
fn its_tables_are_the_views_of_a_date() {
    let sandbox = fixture::fuller_census();
    for at in ["2026-02-10", "latest"] {
        assert_eq!(sandbox.run(&["export", "--flat", "flat.db", "--force", "--at", at]).exit, Some(0));
        let flat = Connection::open(sandbox.path("flat.db")).unwrap();
        let count = |table: &str| -> i64 {
            flat.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        for table in RESOURCES.iter().map(|spec| spec.name).chain([
            "effective_access",
            "changes",
            "orphan_assignments",
        ]) {
            let said = sandbox.run(&["query", &format!("SELECT count(*) FROM {table}"), "--at", at]);
            assert_eq!(
                said.data().trim_start_matches("count(*)\n").trim(),
                count(table).to_string(),
                "{table} at {at}"
            );
        }
        assert!(count("effective_access") > 0 && count("coverage") > 0 && count("about") > 5);
        let unlike: i64 = flat
            .query_row("SELECT count(*) FROM sqlite_master WHERE type = 'view' OR type = 'index' AND sql LIKE '%WHERE%'
                    OR type = 'table' AND (sql LIKE '%WITHOUT ROWID%')", [], |row| row.get(0))
            .unwrap();
        assert_eq!(unlike, 0);
        let zeros: String = flat
            .query_row("SELECT account_id FROM accounts WHERE account_id LIKE '0%'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(zeros, "044444444444");
        let (kind, taken): (String, String) = flat
            .query_row("SELECT type, (SELECT max(taken_at) FROM snapshots) FROM pragma_table_info('snapshots') WHERE name = 'taken_at'", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(kind, "DATETIME");
        assert!(taken.ends_with(" 02:00:00.000"), "{taken}");
        let keys: i64 = flat
            .query_row("SELECT count(*) FROM pragma_foreign_key_list('group_memberships')", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(keys, 2, "of its group and its user");
    }
    let ran = sandbox.run(&["export", "--flat", "flat.db"]);
    assert_eq!(ran.exit, Some(2), "an existing file needs --force: {}", ran.stderr);
    assert_eq!(sandbox.run(&["export", "lake", "--at", "1"]).exit, Some(2));
}

#[test]
fn tables_are_declared_for_each_engine() {
    let sandbox = fixture::census();
    for (engine, parts) in [
        (
            "athena",
            &[
                "CREATE EXTERNAL TABLE IF NOT EXISTS `users_daily` (",
                "'projection.snapshot_date.range' = '2026-01-10,NOW'",
                "'storage.location.template' = 's3://b/l/users/snapshot_date=${snapshot_date}/'",
            ][..],
        ),
        ("trino", &["external_location = 's3://b/l/users'", "partitioned_by = ARRAY['snapshot_date']"]),
        ("spark", &["USING PARQUET\nPARTITIONED BY (`snapshot_date`)", "MSCK REPAIR TABLE `users_daily`;"]),
        ("duckdb", &["read_parquet('s3://b/l/users/*/data.parquet', hive_partitioning = true"]),
        ("snowflake", &["CREATE EXTERNAL TABLE IF NOT EXISTS users_daily ("]),
    ] {
        let ran = sandbox.run(&["export", "--ddl", engine, "--location", "s3://b/l/"]);
        for part in parts {
            assert!(ran.data().contains(part), "{engine}: no {part}");
        }
        for spec in RESOURCES {
            let bare = ran.data().replace(['`', '"'], "");
            assert!(bare.contains(&format!("VIEW {} AS", spec.name)), "{engine}: {}", spec.name);
        }
    }
}

#[test]
fn metrics_of_every_account_stand_beside_those_of_the_organization() {
    let world = World::of(small());
    world.collect_day(0, &["--assignments", "pairs", "--access-report", "none"]);
    assert_eq!(world.run(&["export", "--flat", "flat.db"]).exit, Some(0));
    let flat = Connection::open(world.sandbox.path("flat.db")).unwrap();
    let rows: i64 = flat.query_row("SELECT count(*) FROM metrics_daily", [], |row| row.get(0)).unwrap();
    assert!(rows > 1);
    assert_eq!(rows, world.number("SELECT count(*) FROM snapshot_metrics"));
}
