//! The roles of accounts that nobody used for a while.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::error::Result;
use crate::model::{Entity, IamRole, IamRoleActivity, Resource};
use crate::store::{ActivityStep, Census, Record, Snapshot, SnapshotGaps, failed};

/// A role is unused if its last use is this many days before the snapshot.
const DAYS: i64 = 90;

/// The number of unused roles of each account whose roles and their uses were seen, by the account's id.
pub type UnusedRoles = BTreeMap<String, u64>;

/// Returns the age in days from which a stored use proves that a role is unused: a stored use may be older than the last
/// one by the step in which uses are stored.
pub fn proven_after() -> i64 {
    DAYS + i64::from(ActivityStep::default().0)
}

/// Counts them as of the snapshot, by which the census answers. A role without any use counts from its creation.
pub fn unused_roles(census: &Census, at: &Snapshot) -> Result<UnusedRoles> {
    let Ok(completed_at) = at.completed_at.parse::<DateTime<Utc>>() else { return Ok(UnusedRoles::new()) };
    let before = (completed_at - Duration::days(proven_after())).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut statement = census.connection().prepare(include_str!("sql/unused_roles.sql")).map_err(failed)?;
    let rows = statement
        .query_map([before], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
        .map_err(failed)?;
    let mut found = rows.collect::<Result<UnusedRoles, _>>().map_err(failed)?;
    // A use that was not read again is older than the last one by any time.
    for spec in [IamRole::SPEC, IamRoleActivity::SPEC] {
        let gaps = SnapshotGaps::read(census.connection(), at.snapshot_id, spec.name)?;
        found.retain(|account_id, _| {
            let account: Record =
                [(Entity::Account.spec().id.to_owned(), account_id.as_str().into())].into_iter().collect();
            !gaps.hides(&account)
        });
    }
    Ok(found)
}

/// Adds the numbers of the accounts that `is_counted` selects; `None` if no role of any was seen.
pub fn unused_in(roles: &UnusedRoles, is_counted: impl Fn(&str) -> bool) -> Option<u64> {
    let counted = roles.iter().filter(|(account, _)| is_counted(account)).map(|(_, unused)| *unused);
    counted.reduce(|sum, unused| sum + unused)
}
