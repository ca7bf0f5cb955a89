//! What each strategy for assignments costs, in calls.
//!
//! A listing costs a call a page, so at least one. How many more comes from what the last snapshot held; where
//! there is none, from a few listings of each kind that are tried first.

use rusqlite::Connection;

use super::count;
use crate::collect::assignments::{ListPairAssignments, SamplePrincipal};
use crate::collect::permission_sets::PAGE;
use crate::error::Result;
use crate::store::Staging;

/// What a strategy is expected to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// Pairs, or principals.
    pub listings: i64,
    /// Pages, and so calls.
    pub calls: i64,
}

/// What there is to list, as counted in this collection.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub permission_sets: i64,
    pub pairs: i64,
    pub users: i64,
    pub groups: i64,
}

impl Counts {
    /// Counts what is staged.
    pub fn of(staging: &Staging) -> Result<Self> {
        let staged = staging.connection();
        Ok(Self {
            permission_sets: count(staged, "SELECT count(*) FROM permission_sets")?,
            pairs: count(staged, "SELECT count(*) FROM provisioned_permission_sets")?,
            users: count(staged, "SELECT count(*) FROM users")?,
            groups: count(staged, "SELECT count(*) FROM groups")?,
        })
    }

    /// Users and groups.
    pub fn principals(&self) -> i64 {
        self.users + self.groups
    }

    /// The calls of listing every provisioned pair.
    pub fn by_pairs(&self, beyond: &Beyond) -> Estimate {
        Estimate { listings: self.pairs, calls: self.pairs + beyond.pairs }
    }

    /// The calls of listing every user and group, and then the pairs that these leave over.
    pub fn by_principals(&self, beyond: &Beyond) -> Estimate {
        let calls = self.principals() + beyond.users + beyond.groups + beyond.left_over;
        Estimate { listings: self.principals(), calls }
    }
}

/// Calls beyond one for each listing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Beyond {
    /// Second and later pages of pairs.
    pub pairs: i64,
    /// Of users, whose answers repeat the rows of their groups.
    pub users: i64,
    /// Of groups.
    pub groups: i64,
    /// Pairs that have to be listed after the principals: without a row, or with one of a deleted principal.
    pub left_over: i64,
}

impl Beyond {
    /// What listing the rows of the last snapshot would cost.
    pub fn of_history(history: &Connection) -> Result<Self> {
        let pages = |listings: &str| {
            let sql = format!("SELECT coalesce(sum((rows - 1) / {PAGE}), 0) FROM ({listings})");
            count(history, &sql)
        };
        let open = "account_assignments_versions WHERE valid_to IS NULL";
        let of_principals = format!("SELECT principal_id, count(*) AS rows FROM {open} AND principal_type");
        let living = "CASE row.principal_type
                WHEN 'GROUP' THEN EXISTS (SELECT 1 FROM groups_versions
                    WHERE group_id = row.principal_id AND valid_to IS NULL)
                ELSE EXISTS (SELECT 1 FROM users_versions WHERE user_id = row.principal_id AND valid_to IS NULL)
            END";
        Ok(Self {
            pairs: pages(&format!(
                "SELECT count(*) AS rows FROM {open} GROUP BY account_id, permission_set_arn"
            ))?,
            users: pages(&format!(
                "WITH of_group AS MATERIALIZED ({of_principals} = 'GROUP' GROUP BY principal_id),
                     part AS (
                         {of_principals} = 'USER' GROUP BY principal_id
                         UNION ALL
                         SELECT user_id, rows FROM group_memberships_versions
                         JOIN of_group ON of_group.principal_id = group_id WHERE valid_to IS NULL
                     )
                 SELECT sum(rows) AS rows FROM part GROUP BY principal_id"
            ))?,
            groups: pages(&format!("{of_principals} = 'GROUP' GROUP BY principal_id"))?,
            left_over: count(
                history,
                &format!(
                    "SELECT (SELECT count(*) FROM provisioned_permission_sets_versions WHERE valid_to IS NULL)
                         - (SELECT count(*) FROM (
                                SELECT 1 FROM account_assignments_versions AS row WHERE valid_to IS NULL
                                GROUP BY account_id, permission_set_arn HAVING min({living})))"
                ),
            )?
            .max(0),
        })
    }

    /// What the listings that were tried first tell of all. `None` where no principal could be listed.
    pub fn sampled(staging: &Staging, counts: &Counts) -> Result<Option<Self>> {
        let (tried, pages) = staging.pages(SamplePrincipal::KIND)?;
        if tried == 0 {
            return Ok(None);
        }
        let users = scaled(pages - tried, tried, counts.users);
        let (tried, pages) = staging.pages(ListPairAssignments::KIND)?;
        if tried == 0 {
            return Ok(Some(Self { users, ..Self::default() }));
        }
        let staged = staging.connection();
        let with_rows = "SELECT 1 FROM account_assignments GROUP BY account_id, permission_set_arn";
        let with_rows = count(staged, &format!("SELECT count(*) FROM ({with_rows})"))?;
        let of_groups = "SELECT count(*) FROM account_assignments WHERE principal_type = 'GROUP'";
        let rows_of_groups = scaled(count(staged, of_groups)?, tried, counts.pairs);
        Ok(Some(Self {
            pairs: scaled(pages - tried, tried, counts.pairs),
            users,
            groups: later_pages(counts.groups, rows_of_groups),
            left_over: scaled((tried - with_rows).max(0), tried, counts.pairs),
        }))
    }
}

/// Scales what was found in `tried` up to `all`.
fn scaled(found: i64, tried: i64, all: i64) -> i64 {
    (found as f64 * all as f64 / tried as f64).round() as i64
}

/// The expected pages after the first of so many listings that share so many rows: half a page is lost at the
/// end of each listing that has several.
fn later_pages(listings: i64, rows: i64) -> i64 {
    if listings == 0 {
        return 0;
    }
    let pages_of_each = rows as f64 / listings as f64 / f64::from(PAGE) - 0.5;
    (listings as f64 * pages_of_each.max(0.0)).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_costs_at_least_a_page() {
        assert_eq!(later_pages(0, 0), 0);
        assert_eq!(later_pages(400, 400 * 40), 0);
        assert_eq!(later_pages(10, 10 * 250), 20);
    }

    #[test]
    fn what_principals_leave_over_is_listed_by_pair() {
        let counts = Counts { permission_sets: 10, pairs: 1_000, users: 500, groups: 50 };
        let beyond = Beyond { left_over: 600, ..Beyond::default() };
        assert_eq!(counts.by_principals(&Beyond::default()).calls, 550);
        assert!(counts.by_principals(&beyond).calls > counts.by_pairs(&beyond).calls);
    }
}
