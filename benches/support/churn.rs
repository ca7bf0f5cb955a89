//! A day's change that keeps an organization as large as it was: the simulator's own days tell a story, and
//! after a year of them at this rate few permission sets would be left.

use std::collections::BTreeMap;

use orgcensus::model::Row;
use serde_json::Value;

/// Rows by resource.
pub type Rows = BTreeMap<&'static str, Vec<Row>>;

/// Which column of a resource changes: titles, and who is a member or assigned.
const CHANGING: &[(&str, &str)] =
    &[("users", "title"), ("group_memberships", "user_id"), ("account_assignments", "principal_id")];

/// Changes `per_mille` of the rows of users, memberships and assignments. A member or principal is replaced by
/// that of another row, so that one row ends and another begins.
pub fn change(rows: &mut Rows, per_mille: usize, day: u32) {
    let mut dice = fastrand::Rng::with_seed(day.into());
    for (resource, column) in CHANGING {
        let rows = rows.get_mut(resource).expect("the resource is one of the model");
        for _ in 0..rows.len() * per_mille / 1_000 {
            let (one, other) = (dice.usize(..rows.len()), dice.usize(..rows.len()));
            let value = match *column {
                "title" => Value::from(format!("Title {day} {}", dice.u16(..))),
                _ => rows[other].columns[*column].clone(),
            };
            if rows[one].columns.get("principal_type") == rows[other].columns.get("principal_type") {
                rows[one].columns.insert((*column).to_owned(), value);
            }
        }
    }
}
