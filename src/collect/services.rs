//! The rules for all operations of a service: the size of its pages, and the meaning of its refusals.

use serde_json::Value;

use super::collector::NotFound;
use super::context::Context;
use crate::aws::CallFailure;
use crate::model::{Account, Entity, OrganizationalUnit, Resource, ResourceSpec, Root, Row};

/// AWS Organizations.
pub(super) mod organizations {
    use super::*;

    /// The largest page; AWS refuses MaxResults 21.
    pub const PAGE: i32 = 20;

    /// The type of the policies that access reports are about, and can be narrowed to.
    pub const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

    /// Returns true if the account is in no organization.
    pub fn not_in_use(failure: &CallFailure) -> bool {
        failure.is(&["AWSOrganizationsNotInUseException"])
    }

    /// Returns the deletion of an OU and its staged row, if the failure means that this parent no longer exists.
    pub fn parent_is_gone(failure: &CallFailure, parent_id: &str) -> Option<NotFound> {
        failure.is(&["ParentNotFoundException"]).then(|| NotFound::of(Entity::Ou, parent_id))
    }

    /// The possible parents of OUs and accounts.
    pub const PARENTS: &[&ResourceSpec] = &[&Root::SPEC, &OrganizationalUnit::SPEC];
    /// The entities of the tree: those parents, and the accounts in them.
    pub const PLACES: &[&ResourceSpec] = &[PARENTS[0], PARENTS[1], &Account::SPEC];

    /// Returns the id of a root or OU, and, if known, its path of ids from the organization down.
    pub fn parent(row: &Row, context: &Context) -> Option<(String, Option<String>)> {
        let (entity, id) = row.entity()?;
        let path = if entity == Entity::Root {
            let organization =
                context.organization_id().or_else(|| row.text("arn").and_then(organization_of_arn));
            organization.map(|organization| format!("{organization}/{id}"))
        } else {
            row.text("entity_path").map(str::to_owned)
        };
        Some((id.to_owned(), path))
    }

    /// Returns the types that a root's `policy_types` shows as enabled.
    pub fn enabled_types(policy_types: Option<&str>) -> Vec<String> {
        let types: Vec<Value> =
            policy_types.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let enabled = types.iter().filter(|policy_type| policy_type["Status"] == "ENABLED");
        enabled.filter_map(|policy_type| policy_type["Type"].as_str().map(str::to_owned)).collect()
    }

    /// Returns `o-…` from `arn:aws:organizations::111122223333:root/o-…/r-…`.
    fn organization_of_arn(arn: &str) -> Option<&str> {
        arn.split('/').find(|part| part.starts_with("o-"))
    }
}

/// IAM Identity Center (sso-admin).
pub(super) mod sso_admin {
    use super::*;

    /// The largest page.
    pub const PAGE: i32 = 100;

    /// Returns true if the instance has no permission sets at all: an account instance refuses their operations.
    /// Source: cartography's handling of "operation is not supported for this Identity Center instance".
    pub fn account_instance(failure: &CallFailure) -> bool {
        failure.code == "ValidationException"
            && failure.message.contains("not supported for this Identity Center instance")
    }

    /// Returns the deletion of a permission set and its staged row, if the failure means that it no longer exists.
    pub fn set_is_gone(failure: &CallFailure, permission_set_arn: &str) -> Option<NotFound> {
        failure
            .is(&["ResourceNotFoundException"])
            .then(|| NotFound::of(Entity::PermissionSet, permission_set_arn))
    }
}
