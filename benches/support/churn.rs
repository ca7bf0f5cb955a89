//! A day's change that keeps an organization as large as it was: the simulator's own days tell a story, and
//! after a year of them at this rate few permission sets would be left.
//!
//! Every resource changes by the same share of its rows, and as its rows do: people come and go with all that
//! is theirs, members and assignments come and go, everything else gets other values. A row that comes and one
//! that goes are two changes. Access reports stay as they are: their dates would move every day.

use std::collections::{BTreeMap, HashMap, HashSet};

use orgcensus::model::{Row, resource};
use serde_json::Value;

/// Rows by resource.
pub type Rows = BTreeMap<&'static str, Vec<Row>>;

/// Which column of a resource gets another value.
const CHANGING: &[(&str, &str)] = &[
    ("organizational_units", "name"),
    // Not the names, by which the questions ask.
    ("accounts", "email"),
    ("users", "title"),
    ("groups", "description"),
    ("permission_sets", "description"),
    ("permission_set_policies", "policy_name"),
    ("provisioned_permission_sets", "provisioning_status"),
    ("tags", "value"),
];

/// The resources whose rows come and go, with the column that is replaced.
const COMING_AND_GOING: &[(&str, &str)] =
    &[("group_memberships", "user_id"), ("account_assignments", "principal_id")];

/// Of a thousand changes of users so many are somebody who comes or goes.
const REPLACED: usize = 200;

/// Changes `per_mille` of the rows; returns how many rows were added, removed or changed.
pub fn change(rows: &mut Rows, per_mille: usize, day: u32) -> usize {
    let mut dice = fastrand::Rng::with_seed(day.into());
    // A part of a change is one with that chance.
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

/// The text in a column, empty where there is none.
pub fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.columns.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// Somebody goes and somebody else comes, with the same groups and assignments: two changes a row.
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

/// Changes that were made already are not made again.
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

/// Gives rows the member or principal of other rows, so that one row ends and another begins, until `changes`
/// are made; returns how many were.
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
