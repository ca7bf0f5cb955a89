//! Compares the answers about what a snapshot could not see: for single rows, and as conditions on all rows at once.

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::Value;

use super::random::{Day, days, publish_by};
use crate::model::{RESOURCES, ResourceSpec};
use crate::store::{Conditions, GapIndex, Record};

/// A snapshot and a resource, and true if the snapshot has no record of the resource rather than a status of not
/// collected.
type Uncollected = (i64, usize, bool);

/// A provisioned pair, with the first snapshot that has it and the first that no longer does.
type Provisioned = (usize, i64, Option<i64>);

const PAIRS: [[&str; 2]; 4] = [["a1", "p1"], ["a1", "p2"], ["a2", "p1"], ["a2", "p2"]];

/// Returns a history with everything that can keep a snapshot from seeing a row.
fn history(
    days: &[Day],
    strategies: &[bool],
    uncollected: &[Uncollected],
    provisioned: &[Provisioned],
) -> Connection {
    let connection = publish_by("pairs", days).connection;
    for (index, by_principals) in strategies.iter().enumerate() {
        let strategy = if *by_principals { "principals" } else { "pairs" };
        let sql = "UPDATE snapshots SET assignment_strategy = ?1 WHERE snapshot_id = ?2";
        connection.execute(sql, (strategy, index as i64 + 1)).unwrap();
    }
    for (snapshot_id, resource, is_silent) in uncollected {
        let resource = RESOURCES[resource % RESOURCES.len()].name;
        let sql = match is_silent {
            true => "DELETE FROM coverage WHERE snapshot_id = ?1 AND resource = ?2",
            false => "UPDATE coverage SET status = 'not_collected' WHERE snapshot_id = ?1 AND resource = ?2",
        };
        connection.execute(sql, (snapshot_id, resource)).unwrap();
    }
    for (pair, from, to) in provisioned {
        let sql = "INSERT OR IGNORE INTO provisioned_permission_sets_versions
                       (account_id, permission_set_arn, valid_from, valid_to) VALUES (?1, ?2, ?3, ?4)";
        let [account_id, set] = PAIRS[pair % PAIRS.len()];
        connection.execute(sql, (account_id, set, from, to.filter(|to| to > from))).unwrap();
    }
    connection
}

/// Returns the result of a statement about a resource's versions: the row, then numbers.
fn asked(connection: &Connection, spec: &ResourceSpec, sql: &str) -> Vec<(Record, Vec<i64>)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let value = |column: &&str| ((*column).to_owned(), Value::from(row.get_unwrap::<_, String>(*column)));
        let numbers = (0..).map_while(|number| row.get::<_, i64>(format!("n{number}").as_str()).ok());
        Ok((spec.key.iter().map(value).collect(), numbers.collect()))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn agree(connection: &Connection, spec: &'static ResourceSpec) {
    let (conditions, mut index) = (Conditions::on(connection, spec), GapIndex::new(connection));
    let table = format!("{}_versions", spec.name);
    let same_key: String = spec.key.iter().map(|column| format!(" AND a.{column} = v.{column}")).collect();
    // The snapshot lacks the row: no version of it is alive there.
    let lacks = format!(
        "NOT EXISTS (SELECT 1 FROM {table} AS a WHERE a.valid_from <= s.snapshot_id
             AND (a.valid_to IS NULL OR a.valid_to > s.snapshot_id){same_key})"
    );
    let blind = format!(
        "SELECT v.*, s.snapshot_id AS n0, {} AS n1 FROM snapshots AS s CROSS JOIN {table} AS v",
        conditions.blind
    );
    for (row, numbers) in asked(connection, spec, &blind) {
        let hides = index.unseen(numbers[0], spec.name).unwrap().hides(&row);
        assert_eq!(numbers[1] == 1, hides, "{} {row:?} in {}", spec.name, numbers[0]);
    }
    let before = format!(
        "SELECT v.*, s.snapshot_id AS n0, v.valid_from AS n1, {} AS n2
         FROM snapshots AS s CROSS JOIN {table} AS v WHERE s.snapshot_id < v.valid_from AND {lacks}",
        conditions.unseen_before
    );
    for (row, numbers) in asked(connection, spec, &before) {
        let hiding = index.hiding(spec, &row, numbers[0], numbers[1]).unwrap();
        assert_eq!(numbers[2] == 1, !hiding.is_empty(), "{} {row:?} before {numbers:?}", spec.name);
    }
    let since = format!(
        "SELECT v.*, s.snapshot_id AS n0, f.snapshot_id AS n1, {} AS n2, {} AS n3
         FROM snapshots AS s CROSS JOIN snapshots AS f CROSS JOIN {table} AS v
         WHERE f.snapshot_id < s.snapshot_id AND v.valid_from <= f.snapshot_id
             AND (v.valid_to IS NULL OR v.valid_to > f.snapshot_id) AND {lacks}",
        conditions.unseen_since, conditions.may_be_blind
    );
    for (row, numbers) in asked(connection, spec, &since) {
        let hiding = index.hiding(spec, &row, numbers[0], numbers[1]).unwrap();
        assert_eq!(numbers[2] == 1, !hiding.is_empty(), "{} {row:?} since {numbers:?}", spec.name);
        assert!(hiding.is_empty() || numbers[3] == 1, "{} {row:?} may be hidden {numbers:?}", spec.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn rust_and_sql_agree(
        days in days(),
        strategies in prop::collection::vec(any::<bool>(), 4),
        uncollected in prop::collection::vec((1i64..5, 0usize..13, any::<bool>()), 0..4),
        provisioned in prop::collection::vec((0usize..4, 1i64..5, prop::option::of(2i64..6)), 0..4),
    ) {
        let connection = history(&days, &strategies, &uncollected, &provisioned);
        for spec in RESOURCES {
            agree(&connection, spec);
        }
    }
}
