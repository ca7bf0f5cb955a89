//! The changes since the baseline, grouped by cause as `diff` groups them.

use std::collections::HashSet;

use super::names::Names;
use super::sight::in_accounts;
use crate::amounts::counted_grouped;
use crate::diff::text::{AccessByCause, NamedThing, by_cause};
use crate::diff::{AccessChangeKind, Diff};

/// The maximum number of people, permission sets or accounts that a change names.
const NAMED: usize = 20;

/// One change: the effect of one cause on the access of several people.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The kind of change.
    pub change: AccessChangeKind,
    /// True if the access is that of administrators.
    pub is_privileged: bool,
    /// The change in one sentence.
    pub words: String,
    /// The people whose access changed.
    pub people: Named,
    /// The permission sets.
    pub sets: Named,
    /// The accounts of the access.
    pub accounts: Named,
}

/// Things by id and name, with their count.
#[derive(Debug, Clone)]
pub struct Named {
    /// The first [`NAMED`] of them.
    pub first: Vec<(String, String)>,
    /// The count of all.
    pub count: usize,
}

/// Returns the changes of access to these accounts, or to all accounts; those of administrators come first.
pub fn entries(diff: &Diff, accounts: Option<&HashSet<String>>, names: &Names) -> Vec<Entry> {
    let is_kept = |id: &str| accounts.is_none_or(|accounts| accounts.contains(id));
    let narrowed: Vec<_>;
    let changes = match accounts {
        None => &diff.access_changes,
        Some(_) => {
            let kept = diff.access_changes.iter().filter(|change| is_kept(&change.account_id));
            narrowed = kept.cloned().collect();
            &narrowed
        }
    };
    let entry = |told: AccessByCause<'_>| Entry {
        change: told.change,
        is_privileged: told.privileged,
        words: if names.are_masked() { without_names(&told) } else { told.summary.clone() },
        people: named(&told.users, names),
        sets: named(&told.permission_sets, names),
        accounts: named(&told.accounts, names),
    };
    by_cause(changes, &diff.changes).into_iter().map(entry).collect()
}

fn named(things: &[NamedThing<'_>], names: &Names) -> Named {
    let written = |thing: &NamedThing<'_>| (names.id(thing.id), names.text(thing.name));
    Named { first: things.iter().take(NAMED).map(written).collect(), count: things.len() }
}

/// Returns the sentence without names: `membership added → 3 people gained 1 permission set in 41 accounts`.
fn without_names(told: &AccessByCause<'_>) -> String {
    let cause =
        told.cause.map(|cause| serde_json::json!(cause).as_str().unwrap_or_default().replace('_', " "));
    let cause = cause.unwrap_or_else(|| "not seen".to_owned());
    format!(
        "{cause} → {}: {}, {}, {}",
        told.change.as_str(),
        counted_grouped(told.users.len(), "person", "people"),
        counted_grouped(told.permission_sets.len(), "permission set", "permission sets"),
        in_accounts(told.accounts.len()),
    )
}
