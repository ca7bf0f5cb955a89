//! `verify` detects the change of any single value of a published census.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use orgcensus::model::RESOURCES;
use orgcensus::simulator::{Action, Fault};
use orgcensus::store::Census;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::world::{World, small};

/// The columns that are unprotected by design.
const FREE: &[(&str, &str)] = &[
    ("census", "created_at"),
    ("snapshots", "label"),
    ("snapshot_hashes", "pruned_at"),
    // If they claim that less is stored, the view computes the rest.
    ("derived_tables", "view"),
    ("derived_tables", "through"),
    // Likewise if they claim that other rules produced it, or for fewer snapshots.
    ("derived_rules", "name"),
    ("derived_rules", "rules"),
    ("derived_rules", "through"),
];

fn is_free(table: &str, column: &str) -> bool {
    let resource = table.strip_suffix("_versions");
    let spec = RESOURCES.iter().find(|spec| Some(spec.name) == resource);
    FREE.contains(&(table, column)) || spec.is_some_and(|spec| spec.volatile.contains(&column))
}

/// Collects five days, so that every table has rows. On two of them a call is denied. The day before one of these, the
/// only one with the reports of accounts, is pruned. On the last one a user is listed twice.
fn days() -> World {
    let mut config = small();
    // Small, because it is verified hundreds of times.
    config.size.accounts = 6;
    config.size.organizational_units = 3;
    config.size.users = 8;
    config.size.groups = 4;
    config.size.memberships = 12;
    config.size.permission_sets = 5;
    config.size.pairs = 12;
    config.size.assignments = 18;
    config.size.services = 3;
    let world = World::of(config);
    world.collect_day(0, &["--assignments", "pairs"]);
    world.collect_day(1, &["--assignments", "pairs", "--access-report", "accounts"]);
    for (day, denied) in [(2, &["ListUsers", "ListGroups"][..]), (3, &["ListGroups"])] {
        world.simulator.set_day(day);
        for operation in denied {
            world.simulator.faults().add(Fault::on(operation, Action::Denied { kms_reason: None }));
        }
        // Without time for the details of applications, which is recorded.
        let ran = world.collect(&[
            "--assignments",
            "principals",
            "--label",
            "denied",
            "--applications-budget",
            "0s",
        ]);
        assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
        world.simulator.faults().clear();
    }
    world.simulator.faults().add(Fault::on("ListUsers", Action::ConflictingItems).times(3));
    world.collect_day(4, &["--assignments", "pairs"]);
    world.run(&["snapshots", "prune", "2"]).data();
    world
}

/// A copy that is written without waiting for the disk, and without constraints.
struct Copy {
    path: PathBuf,
    connection: Connection,
}

/// One value of one row.
struct Place {
    table: String,
    column: String,
    /// All other values of the row, as a condition.
    others: String,
    value: Value,
}

impl Copy {
    fn of(census: &Path) -> Self {
        let path = census.with_extension("copy");
        std::fs::copy(census, &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let careless = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
                        PRAGMA ignore_check_constraints = ON";
        connection.execute_batch(careless).unwrap();
        Self { path, connection }
    }

    fn strings(&self, sql: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn verify(&self) -> Result<(), String> {
        Census::open(&self.path).unwrap().verify().map(drop).map_err(|error| error.to_string())
    }

    /// Returns a random value of the column.
    fn place(&self, table: &str, columns: &[String], column: &str, rng: &mut Rng) -> Place {
        let rows: i64 = self
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert!(rows > 0, "{table} has no row to change");
        let others = columns.iter().filter(|one| *one != column);
        let literals = others.map(|one| format!("'{one} IS ' || quote({one})"));
        // A table may have no other column.
        let literals: Vec<_> = ["'true'".to_owned()].into_iter().chain(literals).collect();
        let select = format!(
            "SELECT {}, {column} FROM {table} LIMIT 1 OFFSET {}",
            literals.join(" || ' AND ' || "),
            rng.i64(0..rows)
        );
        let drawn = self.connection.query_row(&select, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (others, value) = drawn.unwrap();
        Place { table: table.to_owned(), column: column.to_owned(), others, value }
    }

    /// Replaces a value. Returns false if the table does not allow it.
    fn write(&self, place: &Place, from: &Value, to: &Value) -> bool {
        let Place { table, column, others, .. } = place;
        let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {column} IS ?1 AND {others}");
        self.connection.execute(&sql, [from, to]).is_ok_and(|rows| rows == 1)
    }
}

/// Returns another value: with another digit, letter, bit or snapshot, or a value in place of NULL.
fn other(value: &Value, rng: &mut Rng) -> Value {
    match value {
        Value::Null if rng.bool() => Value::Integer(rng.i64(1..9)),
        Value::Null => Value::Text("x".to_owned()),
        _ if rng.u8(0..6) == 0 => Value::Null,
        Value::Integer(number) => Value::Integer(number + [-1, 1, 2, 1000][rng.usize(0..4)]),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) if text.is_empty() || rng.u8(0..4) == 0 => Value::Text(format!("{text} ")),
        Value::Text(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = rng.usize(0..letters.len());
            letters[at] = if letters[at] == 'q' { 'p' } else { 'q' };
            Value::Text(letters.into_iter().collect())
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let at = rng.usize(0..bytes.len());
            bytes[at] ^= 1 << rng.u8(0..8);
            Value::Blob(bytes)
        }
    }
}

#[test]
fn a_single_value_that_is_changed_in_any_table_is_found_and_its_resource_named() {
    let world = days();
    let copy = Copy::of(&world.sandbox.path("orgcensus.db"));
    assert_eq!(copy.verify(), Ok(()));
    let mut rng = Rng::with_seed(5);
    let (mut found, mut free) = (0, BTreeSet::new());
    for table in copy.strings("SELECT name FROM sqlite_master WHERE type = 'table'") {
        let columns = copy.strings(&format!("SELECT name FROM pragma_table_info('{table}')"));
        for column in &columns {
            let mut changed = 0;
            // In some columns, few rows have a value that can be replaced.
            for _ in 0..200 {
                if changed == 2 {
                    break;
                }
                let place = copy.place(&table, &columns, column, &mut rng);
                let value = other(&place.value, &mut rng);
                if !copy.write(&place, &place.value, &value) {
                    continue;
                }
                changed += 1;
                let what = format!("{table}.{column}: {:?} to {value:?} where {}", place.value, place.others);
                match copy.verify() {
                    Ok(()) => assert!(
                        free.insert((table.clone(), column.clone())) || is_free(&table, column),
                        "{what}"
                    ),
                    Err(said) => {
                        found += 1;
                        let resource = table.strip_suffix("_versions").unwrap_or("");
                        assert!(said.contains(resource), "{what}: {said}");
                    }
                }
                assert!(copy.write(&place, &value, &place.value), "{what} can be undone");
            }
            assert!(changed > 0 || column == "only_row", "{table}.{column} could not be changed");
        }
    }
    assert_eq!(copy.verify(), Ok(()), "all was undone");
    let unprotected = |(table, column): &&(String, String)| !is_free(table, column);
    assert_eq!(free.iter().find(unprotected), None);
    assert!(found > 300, "{found} changes");
    println!("{found} changes were found out; free are {free:?}");
}
