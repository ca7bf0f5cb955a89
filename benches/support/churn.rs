//! A day's change that keeps the size of an organization. The simulator's own days tell a story, and after a year of
//! them at this rate few permission sets would be left.
//!
//! Every resource changes by the same share of its rows, in its own way: users are replaced together with their rows,
//! members and assignments are replaced, and every other resource gets new values. An added and a removed row are two
//! changes. Access reports stay unchanged, because their dates would change every day.

use std::collections::{BTreeMap, HashMap, HashSet};

use orgcensus::model::{Row, resource};
use serde_json::Value;

/// The rows by resource.
pub type Rows = BTreeMap<&'static str, Vec<Row>>;

/// The column of a resource that gets a new value.
const CHANGING: &[(&str, &str)] = &[
    ("organizational_units", "name"),
    // Not the names, which the questions use.
    ("accounts", "email"),
    ("users", "title"),
    ("groups", "description"),
    ("permission_sets", "description"),
    ("permission_set_policies", "policy_name"),
    ("provisioned_permission_sets", "provisioning_status"),
    ("tags", "value"),
];

/// The resources whose rows are replaced, with the column that changes.
const COMING_AND_GOING: &[(&str, &str)] =
    &[("group_memberships", "user_id"), ("account_assignments", "principal_id")];

/// The number of replaced users in a thousand changes of users.
const REPLACED: usize = 200;

/// Changes `per_mille` of the rows. Returns the number of added, removed and changed rows.
pub fn change(rows: &mut Rows, per_mille: usize, day: u32) -> usize {
    let mut dice = fastrand::Rng::with_seed(day.into());
    // A fraction of a change is a whole one with that probability.
    let mut share = |of: usize| (of * per_mille + dice.usize(..1_000)) / 1_000;
    let mut open: HashMap<&str, usize> = rows.iter().map(|(name, rows)| (*name, share(rows.len()))).collect();
    let asked = open.clone();
    let people = open["users"] * REPLACED / 1_000 / 2;
    replace_people(rows, people, day, &mut open);
    for (resource, column) in CHANGING {
        give_other_values(rows.get_mut(resource).expect("it is of the model"), column, open[resource], day);
        open.insert(resource, 0);
    }
    for (resource, column) in COMING_AND_GOING {
        let rows = rows.get_mut(resource).expect("it is of the model");
        let left = open[resource];
        open.insert(resource, left - come_and_go(rows, resource, column, left, day));
    }
    CHANGING.iter().chain(COMING_AND_GOING).map(|(name, _)| asked[name] - open[name]).sum()
}

/// Returns the text in a column; empty if there is none.
pub fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.columns.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// Replaces users by new ones with the same groups and assignments: two changes per row.
fn replace_people(rows: &mut Rows, people: usize, day: u32, open: &mut HashMap<&str, usize>) {
    let mut dice = fastrand::Rng::with_seed(u64::from(day) << 8);
    let mut replaced = HashMap::new();
    let users = rows.get_mut("users").expect("it is of the model");
    for number in 0..people {
        let chosen = dice.usize(..users.len());
        let user = &mut users[chosen];
        let new = format!("90677{number:05}-{day:08x}-0000-4000-8000-{:012x}", dice.u32(..));
        let name = format!("joiner-{day}-{number}");
        if let Some(old) = user.columns.insert("user_id".to_owned(), new.clone().into()) {
            replaced.insert(old, Value::from(new));
        }
        user.columns.insert("user_name".to_owned(), name.into());
    }
    take(open, "users", 2 * replaced.len());
    for (resource, column) in COMING_AND_GOING {
        let theirs = rows.get_mut(resource).expect("it is of the model").iter_mut();
        let mut moved = 0;
        for row in theirs {
            if let Some(new) = row.columns.get(*column).and_then(|old| replaced.get(old)) {
                row.columns.insert((*column).to_owned(), new.clone());
                moved += 1;
            }
        }
        take(open, resource, 2 * moved);
    }
}

/// Subtracts changes that were already made.
fn take(open: &mut HashMap<&str, usize>, resource: &str, made: usize) {
    let left = open.get_mut(resource).expect("it is of the model");
    *left = left.saturating_sub(made);
}

fn give_other_values(rows: &mut [Row], column: &str, changes: usize, day: u32) {
    let mut dice = fastrand::Rng::with_seed(u64::from(day) << 16);
    let mut chosen = HashSet::new();
    while chosen.len() < changes.min(rows.len()) {
        chosen.insert(dice.usize(..rows.len()));
    }
    for index in chosen {
        let old = text(&rows[index], column);
        let new = match (column, old) {
            ("provisioning_status", "LATEST_PERMISSION_SET_PROVISIONED") => {
                "LATEST_PERMISSION_SET_NOT_PROVISIONED".to_owned()
            }
            ("provisioning_status", _) => "LATEST_PERMISSION_SET_PROVISIONED".to_owned(),
            _ => format!("{} {day}", old.trim_end_matches(|last: char| last.is_ascii_digit() || last == ' ')),
        };
        rows[index].columns.insert(column.to_owned(), new.into());
    }
}

/// Gives rows the member or principal of other rows, so that one row ends and another begins, until `changes` are made.
/// Returns the number of changes.
fn come_and_go(rows: &mut [Row], name: &str, column: &str, changes: usize, day: u32) -> usize {
    let mut dice = fastrand::Rng::with_seed(u64::from(day) << 24);
    let key = resource(name).expect("it is of the model").key;
    let key_of = |row: &Row| key.iter().map(|column| text(row, column).to_owned()).collect::<Vec<_>>();
    let mut taken: HashSet<Vec<String>> = rows.iter().map(key_of).collect();
    let mut made = 0;
    while made + 2 <= changes {
        let (one, other) = (dice.usize(..rows.len()), dice.usize(..rows.len()));
        if text(&rows[one], "principal_type") != text(&rows[other], "principal_type") {
            continue;
        }
        let mut new = rows[one].clone();
        new.columns.insert(column.to_owned(), rows[other].columns[column].clone());
        if taken.insert(key_of(&new)) {
            rows[one] = new;
            made += 2;
        }
    }
    made
}
