//! Decides whether a statement shows only rows of existing users and groups, for a resource whose limit hides only rows
//! of deleted ones.
//!
//! A derived view declares this. A statement that names the resource, or a view that shows all of it, qualifies if it
//! is one SELECT that inner-joins them to users or groups.

use super::named::Named;

/// The tables of existing users and groups.
const LIVING: [&str; 2] = ["users", "groups"];
/// The words by which a statement may show rows outside the join. A LEFT JOIN of another table keeps the join with
/// them.
const BEYOND_THE_JOIN: [&str; 8] = ["right", "full", "not", "except", "union", "exists", "in", "with"];

/// Returns true if the statement asks only for rows of the resource that belong to existing users and groups.
pub(super) fn asks_for_the_living(named: &Named, resource: &str) -> bool {
    if !named.shows_deleted(resource) {
        return true;
    }
    let joined: Vec<&str> = named.words().filter(|word| *word != "outer").collect();
    let is_optional = |name: &str| joined.windows(3).any(|words| words == ["left", "join", name]);
    named.words().filter(|word| *word == "select").count() == 1
        && named.says("join")
        && LIVING.into_iter().any(|name| named.says(name) && !is_optional(name))
        && !BEYOND_THE_JOIN.into_iter().any(|word| named.says(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Program;
    use crate::store::Census;

    #[test]
    fn what_is_joined_to_the_living_shows_no_deleted() {
        let census = Census::blank().unwrap();
        let of_the_living = |sql: &str| {
            census.connection().prepare(sql).unwrap();
            asks_for_the_living(&Program::of(census.connection(), sql).named, "account_assignments")
        };
        for sql in [
            "SELECT * FROM effective_access",
            "SELECT count(*) FROM EFFECTIVE_ACCESS_HISTORY",
            "SELECT e.* FROM effective_access AS e JOIN accounts AS a USING (account_id)",
            "SELECT * FROM access_changes",
            "SELECT u.user_name FROM account_assignments AS a JOIN users AS u ON u.user_id = a.principal_id",
            "SELECT 1 FROM account_assignments a JOIN users u ON u.user_id = a.principal_id
             LEFT JOIN accounts c ON c.account_id = a.account_id",
            "SELECT 1 FROM \"account_assignments\" a INNER JOIN groups g ON g.group_id = a.principal_id",
        ] {
            assert!(of_the_living(sql), "{sql}");
        }
        for sql in [
            "SELECT * FROM account_assignments",
            "SELECT count(*) FROM account_assignments_history",
            "SELECT * FROM orphan_assignments",
            "SELECT * FROM effective_access_unknown",
            "SELECT * FROM changes",
            "SELECT * FROM account_assignments AS a LEFT JOIN users AS u ON u.user_id = a.principal_id",
            "SELECT * FROM account_assignments AS a LEFT OUTER JOIN groups AS g ON g.group_id = a.principal_id",
            "SELECT * FROM account_assignments WHERE principal_id NOT IN (SELECT user_id FROM users)",
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM account_assignments)",
            "SELECT principal_id FROM account_assignments EXCEPT SELECT user_id FROM users",
            "SELECT * FROM account_assignments AS a JOIN accounts AS c USING (account_id) -- JOIN users",
        ] {
            assert!(!of_the_living(sql), "{sql}");
        }
    }
}
