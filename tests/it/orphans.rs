//! Assignments of entities that are in no list: shown with a reason and the last known name, counted, and found by
//! name.

use orgcensus::simulator::{Rows, Simulator, TruthOptions};

use crate::world::{World, awkward};

fn rows(simulator: &Simulator, day: u32, resource: &str) -> Rows {
    simulator.rows(day, resource, TruthOptions::default())
}

fn ids(rows: &Rows, column: &str) -> std::collections::BTreeSet<String> {
    rows.iter().map(|row| row[column].as_str().unwrap().to_owned()).collect()
}

/// Returns a census of day 0 and of a day when an account with assignments has left, with its id and last name.
fn after_an_account_left() -> (World, String, String) {
    let world = awkward();
    let before = rows(&world.simulator, 0, "accounts");
    let left = |day: &u32| {
        let living = ids(&rows(&world.simulator, *day, "accounts"), "account_id");
        let assigned = ids(&rows(&world.simulator, *day, "account_assignments"), "account_id");
        let lost =
            ids(&before, "account_id").into_iter().find(|id| !living.contains(id) && assigned.contains(id));
        lost.map(|id| (*day, id))
    };
    let (day, id) = (1..60).find_map(|day| left(&day)).unwrap();
    let name =
        before.iter().find(|row| row["account_id"] == *id).unwrap()["name"].as_str().unwrap().to_owned();
    world.collect_day(0, &["--assignments", "pairs", "--access-report", "none"]);
    world.collect_day(day, &["--assignments", "pairs", "--access-report", "none"]);
    (world, id, name)
}

#[test]
fn an_account_that_left_is_named_and_counted() {
    let (world, id, name) = after_an_account_left();
    let ran = world.collect(&["--assignments", "pairs", "--access-report", "none"]);
    let number = world.number(&format!("SELECT count(*) FROM account_assignments WHERE account_id = '{id}'"));
    let told = format!(
        "{number} in {} not in the organization's list",
        match number {
            1 => "an account that is",
            _ => "accounts that are",
        }
    );
    assert!(ran.stderr.contains(&told), "{told}\n{}", ran.stderr);
    let asked = ["query", "orphan-assignments", "--format", "json"];
    let found: Rows = serde_json::from_str(world.run(&asked).data()).unwrap();
    let of_account: Vec<_> = found.iter().filter(|row| row["account_id"] == *id).collect();
    let missing = of_account.iter().filter(|row| row["reason"] == "account_missing").count();
    assert_eq!(missing as i64, number);
    assert!(of_account.iter().all(|row| row["account_name"] == *name), "{of_account:?}");
    // Deleted principals are named as well.
    let deleted: Vec<_> = found.iter().filter(|row| row["reason"] == "principal_deleted").collect();
    let known = |row: &&&serde_json::Map<String, serde_json::Value>| row["principal_name"].is_string();
    let ever = ids(
        &world.select("SELECT user_id AS id FROM users_versions UNION SELECT group_id FROM groups_versions"),
        "id",
    );
    let named = deleted.iter().filter(|row| ever.contains(row["principal_id"].as_str().unwrap())).count();
    assert_eq!(deleted.iter().filter(known).count(), named);
    // On the first day it was not an orphan.
    let first: Rows = serde_json::from_str(world.run(&[&asked[..], &["--at", "1"]].concat()).data()).unwrap();
    assert!(first.iter().all(|row| row["account_id"] != *id || row["reason"] != "account_missing"));
}
