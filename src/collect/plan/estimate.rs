//! The cost of each strategy for assignments, in calls.
//!
//! A listing costs one call per page, and at least one. The number of further pages comes from the last snapshot, if
//! its counts were similar. Otherwise it comes from the trial. There the groups' own listings are known exactly, and
//! tell how many rows of groups a user's answer repeats. A few users and pairs tell how much is assigned to users
//! directly.

use std::collections::HashMap;

use rusqlite::Connection;

use super::spread::{Histogram, Spread, later_pages};
use super::{count, select};
use crate::collect::assignments::{ListPairAssignments, SamplePrincipal};
use crate::collect::services::sso_admin::PAGE;
use crate::collect::task::{Kind, Task};
use crate::error::Result;
use crate::model::{
    AccountAssignment, Group, GroupMembership, PermissionSet, ProvisionedPermissionSet, Resource,
    ResourceSpec, User,
};
use crate::store::Staging;

/// The expected cost of a strategy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// The number of pairs, or of principals.
    pub listings: i64,
    /// The most likely number of calls.
    pub likely: i64,
    /// The lower bound of the number of calls.
    pub least: i64,
    /// The upper bound; `None` if the number of further pages is unknown.
    pub most: Option<i64>,
}

impl Estimate {
    fn pages(listings: i64, beyond: Option<Spread>) -> Self {
        let Some(Spread { value, error }) = beyond.filter(|beyond| beyond.error.is_finite()) else {
            return Self { listings, likely: listings, least: listings, most: None };
        };
        let calls = |beyond: f64| listings + beyond.max(0.0).round() as i64;
        let most = Some(calls(value + error));
        Self { listings, likely: calls(value), least: calls(value - error), most }
    }
}

/// The numbers of rows to list, as counted in this collection.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub permission_sets: i64,
    pub pairs: i64,
    pub users: i64,
    pub groups: i64,
}

impl Counts {
    /// Counts the staged rows.
    pub fn of(staging: &Staging) -> Result<Self> {
        Self::read(staging.connection(), &Tables::staged())
    }

    /// Counts the rows of the last snapshot.
    pub fn of_history(history: &Connection) -> Result<Self> {
        Self::read(history, &Tables::open())
    }

    fn read(connection: &Connection, tables: &Tables) -> Result<Self> {
        let number = |table: &str| count(connection, &format!("SELECT count(*) FROM {table}"));
        Ok(Self {
            permission_sets: number(&tables.permission_sets)?,
            pairs: number(&tables.pairs)?,
            users: number(&tables.users)?,
            groups: number(&tables.groups)?,
        })
    }

    /// Returns the number of users and groups.
    pub fn principals(&self) -> i64 {
        self.users + self.groups
    }

    /// Returns true if the counts differ from the other's by at most a tenth.
    pub fn resemble(&self, other: &Self) -> bool {
        let near = |one: i64, other: i64| (one - other).abs() * 10 <= one.max(other).max(20);
        near(self.pairs, other.pairs) && near(self.users, other.users) && near(self.groups, other.groups)
    }

    /// Returns the calls to list every provisioned pair.
    pub fn by_pairs(&self, beyond: Option<&Beyond>) -> Estimate {
        Estimate::pages(self.pairs, beyond.map(|beyond| beyond.pairs))
    }

    /// Returns the calls to list every user and group, and then the pairs that these leave over.
    pub fn by_principals(&self, beyond: Option<&Beyond>) -> Estimate {
        Estimate::pages(self.principals(), beyond.map(|beyond| beyond.principals.and(beyond.left_over)))
    }
}

/// The calls beyond one for each listing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Beyond {
    /// The further pages of pairs.
    pub pairs: Spread,
    /// The further pages of users and groups.
    pub principals: Spread,
    /// The pairs to list after the principals: pairs without a row, or with the row of a deleted principal.
    pub left_over: Spread,
}

/// The sources of the rows, by resource.
struct Tables {
    assignments: String,
    memberships: String,
    pairs: String,
    permission_sets: String,
    users: String,
    groups: String,
}

impl Tables {
    /// Returns the tables with the rows of this collection.
    fn staged() -> Self {
        Self::of(|resource| resource.name.to_owned())
    }

    /// Returns queries for the rows of the last snapshot.
    fn open() -> Self {
        Self::of(|resource| format!("(SELECT * FROM {}_versions WHERE valid_to IS NULL)", resource.name))
    }

    fn of(rows: impl Fn(&ResourceSpec) -> String) -> Self {
        Self {
            assignments: rows(&AccountAssignment::SPEC),
            memberships: rows(&GroupMembership::SPEC),
            pairs: rows(&ProvisionedPermissionSet::SPEC),
            permission_sets: rows(&PermissionSet::SPEC),
            users: rows(&User::SPEC),
            groups: rows(&Group::SPEC),
        }
    }
}

/// The number of rows of each principal, and of the groups of each user.
#[derive(Debug, Default)]
pub(super) struct RowsOfPrincipals {
    pub own: HashMap<String, i64>,
    pub of_groups: HashMap<String, i64>,
}

impl RowsOfPrincipals {
    pub fn staged(staging: &Staging) -> Result<Self> {
        Self::read(staging.connection(), &Tables::staged())
    }

    pub fn of_history(history: &Connection) -> Result<Self> {
        Self::read(history, &Tables::open())
    }

    fn read(connection: &Connection, Tables { assignments, memberships, .. }: &Tables) -> Result<Self> {
        let own = format!("SELECT principal_id, count(*) FROM {assignments} GROUP BY principal_id");
        let of_groups = format!(
            "WITH of_group AS MATERIALIZED (
                 SELECT principal_id, count(*) AS rows FROM {assignments}
                 WHERE principal_type = 'GROUP' GROUP BY principal_id)
             SELECT member.user_id, sum(rows) FROM {memberships} AS member
             JOIN of_group ON of_group.principal_id = member.group_id GROUP BY member.user_id"
        );
        let rows = |sql: &str| select(connection, sql, |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(Self {
            own: rows(&own)?.into_iter().collect(),
            of_groups: rows(&of_groups)?.into_iter().collect(),
        })
    }

    fn own(&self, id: &str) -> i64 {
        self.own.get(id).copied().unwrap_or_default()
    }

    pub fn of_groups(&self, user: &str) -> i64 {
        self.of_groups.get(user).copied().unwrap_or_default()
    }
}

/// A principal whose listing was tried.
struct Tried {
    task: SamplePrincipal,
    pages: i64,
}

impl Tried {
    /// Returns true if the principal was listed completely.
    fn is_whole(&self) -> bool {
        self.pages < i64::from(self.task.most_pages)
    }
}

fn tried(staging: &Staging, principal_type: &str) -> Result<Vec<Tried>> {
    let mut tried = Vec::new();
    for (body, pages) in staging.pages_of(SamplePrincipal::KIND)? {
        match Task::of_body(&body)? {
            Task::SamplePrincipal(task) if task.principal_type == principal_type => {
                tried.push(Tried { task, pages });
            }
            _ => {}
        }
    }
    Ok(tried)
}

/// Decides from the tried users whether users' answers repeat the rows of their groups. `None` if their pages do not
/// show it.
fn repeats(
    tried: &[Tried],
    rows: &RowsOfPrincipals,
    of_groups: &RowsOfPrincipals,
    page: i64,
) -> Option<bool> {
    let mut votes = 0;
    for Tried { task, pages } in tried {
        let own = rows.own(&task.principal_id);
        let with_groups = own + of_groups.of_groups(&task.principal_id);
        let expected = (1 + later_pages(with_groups, page)).min(i64::from(task.most_pages));
        if *pages > 1 + later_pages(own, page) {
            votes += 1;
        } else if expected > *pages {
            votes -= 1;
        }
    }
    (votes != 0).then_some(votes > 0)
}

/// Returns the number of rows per page, which may be smaller than requested: the largest page size with which the
/// groups' rows need as many pages as they had.
fn rows_a_page(groups: &[Tried], rows: &RowsOfPrincipals) -> i64 {
    let several: Vec<(i64, i64)> = groups
        .iter()
        .filter(|tried| tried.pages > 1)
        .map(|tried| (rows.own(&tried.task.principal_id), tried.pages))
        .collect();
    let pages: i64 = several.iter().map(|(_, pages)| pages).sum();
    let needed = |page: i64| several.iter().map(|(rows, _)| 1 + later_pages(*rows, page)).sum::<i64>();
    (1..=i64::from(PAGE)).rev().find(|page| needed(*page) >= pages).unwrap_or(1)
}

impl Beyond {
    /// Returns the cost of listing the rows of the last snapshot, depending on whether users' answers repeat the rows
    /// of their groups. If that is unknown, returns a value in between.
    pub fn of_history(history: &Connection, staging: &Staging) -> Result<Self> {
        let open = Tables::open();
        let rows = RowsOfPrincipals::of_history(history)?;
        let page = i64::from(PAGE);
        let users: Vec<String> =
            select(history, &format!("SELECT user_id FROM {}", open.users), |row| row.get(0))?;
        let later_of_users = |repeats: bool| -> i64 {
            let rows = |user: &str| rows.own(user) + if repeats { rows.of_groups(user) } else { 0 };
            users.iter().map(|user| later_pages(rows(user), page)).sum()
        };
        let later_of_groups: i64 =
            select(history, &format!("SELECT group_id FROM {}", open.groups), |row| row.get::<_, String>(0))?
                .iter()
                .map(|group| later_pages(rows.own(group), page))
                .sum();
        let of_users = match repeats(&tried(staging, "USER")?, &rows, &rows, page) {
            Some(repeats) => Spread::exactly(later_of_users(repeats)),
            None => {
                let (least, most) = (later_of_users(false) as f64, later_of_users(true) as f64);
                Spread { value: f64::midpoint(least, most), error: (most - least) / 2.0 }
            }
        };
        let of_pairs =
            format!("SELECT count(*) FROM {} GROUP BY account_id, permission_set_arn", open.assignments);
        let of_pairs = select(history, &of_pairs, |row| row.get::<_, i64>(0))?;
        let living = living(&open);
        let with_a_row = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} AS row
             GROUP BY account_id, permission_set_arn HAVING min({living}))",
            open.assignments
        );
        let left_over = Counts::of_history(history)?.pairs - count(history, &with_a_row)?;
        Ok(Self {
            pairs: Spread::exactly(of_pairs.into_iter().map(|rows| later_pages(rows, page)).sum()),
            principals: of_users.and(Spread::exactly(later_of_groups)),
            left_over: Spread::exactly(left_over.max(0)),
        })
    }

    /// Extrapolates from the trial to all listings. `None` if no principal could be listed.
    pub fn of_trial(staging: &Staging, counts: &Counts) -> Result<Option<Self>> {
        let (users, groups) = (tried(staging, "USER")?, tried(staging, "GROUP")?);
        if users.is_empty() && groups.is_empty() {
            return Ok(None);
        }
        let rows = RowsOfPrincipals::staged(staging)?;
        let page = rows_a_page(&groups, &rows);
        let of_groups: i64 = groups.iter().map(|tried| tried.pages - 1).sum();
        let pairs = Pairs::read(staging)?;
        let direct_of_pairs = Spread::of_all(&as_floats(&pairs.direct), counts.pairs);
        // The number of rows of a user's own is unknown if its listing was cut short. It is assumed to be typical.
        let (whole, cut): (Vec<&Tried>, Vec<&Tried>) = users.iter().partition(|tried| tried.is_whole());
        let mut own: Vec<i64> = whole.iter().map(|tried| rows.own(&tried.task.principal_id)).collect();
        let direct_of_users = match cut.is_empty() {
            true => Spread::of_all(&as_floats(&own), counts.users),
            false => direct_of_pairs,
        };
        let typical = (direct_of_pairs.value / counts.users.max(1) as f64).round() as i64;
        own.extend(cut.iter().map(|_| typical));
        // A few users with very many rows may be missing among the tried users but appear on the tried pairs, and vice
        // versa.
        let excess = |of_others: Spread, own: Spread| match of_others.is_surely_more_than(own) {
            true => (of_others.value - own.value) / page as f64,
            false => 0.0,
        };
        let each = |own: &[i64], histogram: &Histogram| -> Vec<f64> {
            let all = histogram.listings().max(1) as f64;
            own.iter().map(|more| histogram.later_pages(*more, page) as f64 / all).collect()
        };
        let alone = Histogram::of([], counts.users);
        let with_groups = Histogram::of(rows.of_groups.values().copied(), counts.users);
        let later_of_users = |histogram| Spread::of_all(&each(&own, histogram), counts.users);
        let mut of_users = match repeats(&users, &rows, &rows, page) {
            // Without memberships, only the number of pages is known.
            Some(true) if rows.of_groups.is_empty() => {
                let pages: Vec<f64> = users.iter().map(|tried| (tried.pages - 1) as f64).collect();
                Spread::of_all(&pages, counts.users)
            }
            Some(true) | None => later_of_users(&with_groups),
            Some(false) => later_of_users(&alone),
        };
        of_users.value += excess(direct_of_pairs, direct_of_users);
        let mut of_pairs = Spread::of_all(&each(&pairs.direct, &pairs.of_groups), counts.pairs);
        of_pairs.value += excess(direct_of_users, direct_of_pairs);
        Ok(Some(Self {
            pairs: of_pairs,
            principals: of_users.and(Spread::exactly(of_groups)),
            left_over: Spread::share_of_all(&pairs.are_empty, pairs.without_groups),
        }))
    }
}

/// The trial's data about pairs.
struct Pairs {
    /// The rows of living groups on each pair.
    of_groups: Histogram,
    /// The number of pairs without a row of a living group.
    without_groups: i64,
    /// The other rows on each of the tried pairs.
    direct: Vec<i64>,
    /// For each tried pair without a row of a living group: true if it has no row of a living user either.
    are_empty: Vec<bool>,
}

impl Pairs {
    fn read(staging: &Staging) -> Result<Self> {
        let staged = staging.connection();
        let tables = Tables::staged();
        let living = living(&tables);
        let rows: HashMap<(String, String), [i64; 3]> = select(
            staged,
            &format!(
                "SELECT account_id, permission_set_arn,
                     coalesce(sum(principal_type = 'GROUP' AND {living}), 0),
                     coalesce(sum(NOT (principal_type = 'GROUP' AND {living})), 0),
                     coalesce(sum({living}), 0)
                 FROM {} AS row GROUP BY account_id, permission_set_arn",
                tables.assignments
            ),
            |row| Ok(((row.get(0)?, row.get(1)?), [row.get(2)?, row.get(3)?, row.get(4)?])),
        )?
        .into_iter()
        .collect();
        let all = count(staged, &format!("SELECT count(*) FROM {}", tables.pairs))?;
        let with_groups = rows.values().filter(|[of_groups, ..]| *of_groups > 0);
        let without_groups = (all - i64::try_from(with_groups.count()).unwrap_or(i64::MAX)).max(0);
        let (mut direct, mut are_empty) = (Vec::new(), Vec::new());
        for (body, _) in staging.pages_of(ListPairAssignments::KIND)? {
            let Task::ListPairAssignments(pair) = Task::of_body(&body)? else { continue };
            let [of_groups, others, alive] =
                rows.get(&(pair.account_id, pair.permission_set_arn)).copied().unwrap_or_default();
            direct.push(others);
            if of_groups == 0 {
                are_empty.push(alive == 0);
            }
        }
        let of_groups = Histogram::of(rows.values().map(|[of_groups, ..]| *of_groups), all);
        Ok(Self { of_groups, without_groups, direct, are_empty })
    }
}

/// Returns a SQL condition that is true if the principal of the assignment `row` is in its table.
fn living(Tables { users, groups, .. }: &Tables) -> String {
    format!(
        "CASE row.principal_type
             WHEN 'GROUP' THEN EXISTS (SELECT 1 FROM {groups} AS one WHERE one.group_id = row.principal_id)
             ELSE EXISTS (SELECT 1 FROM {users} AS one WHERE one.user_id = row.principal_id)
         END"
    )
}

fn as_floats(numbers: &[i64]) -> Vec<f64> {
    numbers.iter().map(|number| *number as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_principals_leave_over_is_listed_by_pair() {
        let counts = Counts { permission_sets: 10, pairs: 1_000, users: 500, groups: 50 };
        let beyond = Beyond { left_over: Spread { value: 600.0, error: 50.0 }, ..Beyond::default() };
        assert_eq!(counts.by_principals(Some(&Beyond::default())).likely, 550);
        let Estimate { likely, least, most, .. } = counts.by_principals(Some(&beyond));
        assert_eq!((likely, least, most), (1_150, 1_100, Some(1_200)));
        let nothing_tried = counts.by_pairs(None);
        assert_eq!((nothing_tried.least, nothing_tried.most), (1_000, None));
    }

    #[test]
    fn the_page_is_the_largest_that_explains_the_pages() {
        let group = |id: &str, pages| Tried {
            task: SamplePrincipal {
                principal_type: "GROUP".to_owned(),
                principal_id: id.to_owned(),
                most_pages: u32::MAX,
            },
            pages,
        };
        let own = [("a", 900), ("b", 101), ("c", 3)].map(|(id, rows)| (id.to_owned(), rows));
        let rows = RowsOfPrincipals { own: own.into(), ..RowsOfPrincipals::default() };
        assert_eq!(rows_a_page(&[group("a", 9), group("b", 2), group("c", 1)], &rows), 100);
        assert_eq!(rows_a_page(&[group("a", 23), group("b", 3), group("c", 1)], &rows), 40);
        assert_eq!(rows_a_page(&[group("c", 1)], &rows), 100);
    }

    #[test]
    fn users_pages_tell_whether_they_repeat() {
        let user = |id: &str, pages, most_pages| Tried {
            task: SamplePrincipal {
                principal_type: "USER".to_owned(),
                principal_id: id.to_owned(),
                most_pages,
            },
            pages,
        };
        let own = [("ann", 3), ("bob", 150)].map(|(id, rows)| (id.to_owned(), rows));
        let of_groups = [("ann", 500), ("bob", 20)].map(|(id, rows)| (id.to_owned(), rows));
        let rows = RowsOfPrincipals { own: own.into(), of_groups: of_groups.into() };
        let told = |tried: &[Tried]| repeats(tried, &rows, &rows, 100);
        assert_eq!(told(&[user("ann", 6, 9)]), Some(true));
        assert_eq!(told(&[user("ann", 3, 3)]), Some(true));
        assert_eq!(told(&[user("ann", 1, 3)]), Some(false));
        assert_eq!(told(&[user("bob", 2, 9)]), None);
        assert_eq!(told(&[]), None);
    }
}
