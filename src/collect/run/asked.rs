//! Detects rows that do not belong to the request: of another account, permission set, principal, group or parent.

use serde_json::Value;

use crate::aws::CallFailure;
use crate::collect::collector::Page;
use crate::collect::task::Task;
use crate::excerpt::{self, excerpt};
use crate::model::{Row, Scope};

/// Returns the failure of a page with a row outside the scope that the task asks for. A member that AWS omits from a
/// row does not contradict the scope.
pub(super) fn beside_the_question(task: &Task, page: &Page) -> Option<CallFailure> {
    let scope = task.asks_for();
    page.rows.iter().find_map(|row| {
        let (column, asked, found) = contradiction(row, &scope)?;
        let (asked, found) = (excerpt(asked, excerpt::WORD), excerpt(found, excerpt::WORD));
        let message =
            format!("an item of the answer has the {column} \"{found}\", and \"{asked}\" was asked for");
        Some(CallFailure::unusable(task.operation(), message))
    })
}

/// Returns the first column in which a row differs from a scope: its name, the scope's value and the row's.
fn contradiction<'a>(row: &'a Row, scope: &'a Scope) -> Option<(&'a str, &'a str, &'a str)> {
    scope.columns.iter().find_map(|(column, asked)| match row.columns.get(column) {
        Some(Value::String(found)) if found != asked => {
            Some((column.as_str(), asked.as_str(), found.as_str()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::assignments::{ListPairAssignments, ListPrincipalAssignments, SamplePrincipal};
    use crate::collect::identity_store::{DescribeUser, ListGroupMemberships, ListUsers};
    use crate::collect::organization::ListOrganizationalUnits;
    use crate::collect::permission_sets::DescribePermissionSet;
    use crate::model::{
        AccountAssignment, GroupMembership, OrganizationalUnit, PermissionSet, Resource, User,
    };

    fn why<R: Resource>(task: impl Into<Task>, row: &R) -> Option<String> {
        let page = Page { rows: vec![Row::whole(row)], ..Page::default() };
        beside_the_question(&task.into(), &page).map(|failure| failure.message)
    }

    fn assignment(
        account_id: &str,
        set: &str,
        principal_type: &str,
        principal_id: &str,
    ) -> AccountAssignment {
        AccountAssignment {
            account_id: account_id.to_owned(),
            permission_set_arn: set.to_owned(),
            principal_type: principal_type.to_owned(),
            principal_id: principal_id.to_owned(),
        }
    }

    #[test]
    fn a_row_of_another_pair_is_no_answer() {
        let pair = ListPairAssignments::pair("1".to_owned(), "a".to_owned());
        let why = |row: &AccountAssignment| why(pair.clone(), row);
        assert_eq!(why(&assignment("1", "a", "USER", "u")), None);
        let told = "an item of the answer has the account_id \"2\", and \"1\" was asked for";
        assert_eq!(why(&assignment("2", "a", "USER", "u")).as_deref(), Some(told));
        assert!(why(&assignment("1", "b", "USER", "u")).unwrap().contains("permission_set_arn"));
    }

    #[test]
    fn a_row_of_another_principal_is_no_answer() {
        let (principal_type, principal_id) = ("USER".to_owned(), "u".to_owned());
        let trial = SamplePrincipal {
            principal_type: principal_type.clone(),
            principal_id: principal_id.clone(),
            most_pages: 2,
        };
        let listing = ListPrincipalAssignments { principal_type, principal_id };
        for (row, is_right) in [
            (assignment("1", "a", "USER", "u"), true),
            (assignment("1", "a", "USER", "v"), false),
            (assignment("1", "a", "GROUP", "u"), false),
        ] {
            assert_eq!(why(listing.clone(), &row).is_none(), is_right, "{row:?}");
            assert_eq!(why(trial.clone(), &row).is_none(), is_right, "{row:?}");
        }
    }

    #[test]
    fn a_row_of_another_parent_is_no_answer() {
        let members = ListGroupMemberships { group_id: "g".to_owned() };
        let member = |group_id: &str| GroupMembership {
            group_id: group_id.to_owned(),
            user_id: "u".to_owned(),
            ..GroupMembership::default()
        };
        assert_eq!(why(members.clone(), &member("g")), None);
        assert!(why(members, &member("h")).is_some());
        let units = ListOrganizationalUnits { parent_id: "r-1".to_owned(), parent_path: None };
        let unit = |parent_id: &str| OrganizationalUnit {
            ou_id: "ou-1".to_owned(),
            parent_id: Some(parent_id.to_owned()),
            ..OrganizationalUnit::default()
        };
        assert_eq!(why(units.clone(), &unit("r-1")), None);
        assert!(why(units, &unit("ou-2")).is_some());
    }

    #[test]
    fn another_thing_than_the_described_is_no_answer() {
        let set = |arn: &str| PermissionSet { permission_set_arn: arn.to_owned(), ..Default::default() };
        let described = DescribePermissionSet { permission_set_arn: "a".to_owned() };
        assert_eq!(why(described.clone(), &set("a")), None);
        assert!(why(described, &set("b")).is_some());
        let user = |id: &str| User { user_id: id.to_owned(), ..User::default() };
        assert_eq!(why(DescribeUser { user_id: "u".to_owned() }, &user("u")), None);
        assert!(why(DescribeUser { user_id: "u".to_owned() }, &user("v")).is_some());
        assert_eq!(why(ListUsers, &user("v")), None, "whoever it is");
    }
}
