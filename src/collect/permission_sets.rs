//! Permission sets; their policies and their accounts have files of their own.
//!
//! ListPermissionSets returns ARNs alone, so that a set is known to live before anything else is known of it:
//! its row is staged by its key, and completed by DescribePermissionSet.

use serde::{Deserialize, Serialize};

use super::convert::{key, text, time};
use super::permission_set_policies::{
    GetInlinePolicy, GetPermissionsBoundary, ListCustomerManagedPolicies, ListManagedPolicies,
};
use super::preflight::Context;
use super::provisioning::ListOutdatedAccounts;
use super::tags::ListPermissionSetTags;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped, Task};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, PermissionSet, PermissionSetPolicy, ProvisionedPermissionSet, Row, Scope, Tag};

/// sso-admin's largest page.
pub(super) const PAGE: i32 = 100;

/// Whether the instance has no permission sets at all: an account instance refuses their operations.
/// Source: cartography's handling of "operation is not supported for this Identity Center instance".
pub(super) fn account_instance(failure: &CallFailure) -> bool {
    failure.code == "ValidationException"
        && failure.message.contains("not supported for this Identity Center instance")
}

/// Whether the permission set that was asked about no longer exists, and with it its staged row.
pub(super) fn set_is_gone(failure: &CallFailure, permission_set_arn: &str) -> Option<NotFound> {
    failure
        .is(&["ResourceNotFoundException"])
        .then(|| NotFound::with(Scope::all::<PermissionSet>().with("permission_set_arn", permission_set_arn)))
}

/// Lists the ARNs of the permission sets, and then asks for the details of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPermissionSets;

impl Collector for ListPermissionSets {
    const OPERATION: Operation = Operation::ListPermissionSets;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![
            Scope::all::<PermissionSetPolicy>(),
            Scope::all::<ProvisionedPermissionSet>(),
            Scope::all::<Tag>().with("resource_type", Entity::PermissionSet.as_str()),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<PermissionSet>()]
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_permission_sets()
                    .set_instance_arn(context.instance_arn())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let listed = Listed::of(answer.permission_sets.as_ref().map(Vec::is_empty));
        let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
        for found in answer.permission_sets.unwrap_or_default() {
            let arn = key(Self::OPERATION, "permission set ARN", found)?;
            page.rows.push(Row::key_only(&PermissionSet {
                permission_set_arn: arn.clone(),
                ..Default::default()
            }));
            page.follow_ups.extend([
                ListOutdatedAccounts { permission_set_arn: arn.clone() }.into(),
                DescribePermissionSet { permission_set_arn: arn.clone() }.into(),
                GetInlinePolicy { permission_set_arn: arn.clone() }.into(),
                ListManagedPolicies { permission_set_arn: arn.clone() }.into(),
                ListCustomerManagedPolicies { permission_set_arn: arn.clone() }.into(),
                GetPermissionsBoundary { permission_set_arn: arn.clone() }.into(),
                ListPermissionSetTags { permission_set_arn: arn }.into(),
            ]);
        }
        Ok(page)
    }
}

/// Reads a permission set's own attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribePermissionSet {
    pub permission_set_arn: String,
}

impl Collector for DescribePermissionSet {
    const OPERATION: Operation = Operation::DescribePermissionSet;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<PermissionSet>().with("permission_set_arn", &self.permission_set_arn)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<PermissionSet>()]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .describe_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .send()
            })
            .await?;
        let found = answer.permission_set.ok_or_else(|| {
            CallFailure::unusable(Self::OPERATION, "the answer has no PermissionSet".to_owned())
        })?;
        let row = PermissionSet {
            permission_set_arn: text(found.permission_set_arn)
                .unwrap_or_else(|| self.permission_set_arn.clone()),
            name: text(found.name),
            description: text(found.description),
            session_duration: text(found.session_duration),
            relay_state: text(found.relay_state),
            created_at: time(Self::OPERATION, "CreatedDate", found.created_date.as_ref())?,
        };
        Ok(Page { rows: vec![Row::whole(&row)], ..Page::default() })
    }
}

/// The tasks that permission sets begin with.
pub(super) fn first_tasks() -> Vec<Task> {
    vec![ListPermissionSets.into()]
}
