//! What each strategy for assignments costs, in calls.

use crate::collect::permission_sets::PAGE;

/// What a strategy is expected to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// Pairs, or principals.
    pub listings: i64,
    /// Pages, and so calls.
    pub calls: i64,
}

/// What the strategies' costs depend on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub permission_sets: i64,
    pub pairs: i64,
    pub users: i64,
    pub groups: i64,
    pub memberships: f64,
    pub group_assignments: f64,
    pub user_assignments: f64,
}

impl Counts {
    /// Of listing every provisioned pair.
    pub fn pairs(&self) -> Estimate {
        let rows = self.group_assignments + self.user_assignments;
        Estimate { listings: self.pairs, calls: pages(self.pairs, rows) }
    }

    /// Of listing every user and group: a user's answer repeats the rows of its groups.
    pub fn principals(&self) -> Estimate {
        let rows_of_a_group = if self.groups > 0 { self.group_assignments / self.groups as f64 } else { 0.0 };
        let users_rows = self.user_assignments + self.memberships * rows_of_a_group;
        Estimate {
            listings: self.users + self.groups,
            calls: pages(self.groups, self.group_assignments) + pages(self.users, users_rows),
        }
    }
}

/// The expected pages of so many listings that share so many rows: at least one each, and half a page is
/// lost at the end of each listing that has several.
fn pages(listings: i64, rows: f64) -> i64 {
    if listings == 0 {
        return 0;
    }
    let rows_of_each = rows / listings as f64;
    let pages_of_each = (rows_of_each / f64::from(PAGE) + 0.5).max(1.0);
    (listings as f64 * pages_of_each).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: i64, groups: i64, users: i64) -> Counts {
        Counts { permission_sets: 10, pairs, users, groups, ..Counts::default() }
    }

    #[test]
    fn a_listing_costs_at_least_a_page() {
        assert_eq!(pages(0, 0.0), 0);
        assert_eq!(pages(400, 0.0), 400);
        assert_eq!(pages(400, 400.0 * 40.0), 400);
        assert_eq!(pages(10, 10.0 * 250.0), 30);
    }

    #[test]
    fn without_rows_the_fewer_listings_are_cheaper() {
        let medium = counts(20_000, 500, 5_000);
        assert_eq!(medium.pairs().calls, 20_000);
        assert_eq!(medium.principals().calls, 5_500);
    }

    #[test]
    fn users_in_busy_groups_make_principals_dear() {
        let mut large = counts(100_000, 3_000, 50_000);
        large.group_assignments = 450_000.0;
        large.memberships = 500_000.0;
        // 150 rows a group, ten groups a user: 1,500 repeated rows a user.
        assert!(large.principals().calls > large.pairs().calls);
    }
}
