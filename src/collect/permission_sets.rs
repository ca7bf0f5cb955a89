//! Permission sets, their policies, and the accounts that they are provisioned to.
//!
//! ListPermissionSets returns ARNs alone, so that a set is known to live before anything else is known of it:
//! its row is staged by its key, and completed by DescribePermissionSet.

use aws_sdk_ssoadmin::types::{CustomerManagedPolicyReference, ProvisioningStatus};
use serde::{Deserialize, Serialize};

use super::preflight::Context;
use super::tags::ListPermissionSetTags;
use super::task::{Collector, Gone, Page, Stage, Stopped, Task};
use super::wire::{key, text, time, unusable};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    PermissionSet, PermissionSetPolicy, PolicyKind, ProvisionedPermissionSet, Row, Scope, Tag, TaggedType,
};

/// sso-admin's largest page.
pub(super) const PAGE: i32 = 100;

/// Whether the instance has no permission sets at all: an account instance refuses their operations.
/// Source: cartography's handling of "operation is not supported for this Identity Center instance".
pub(super) fn account_instance(failure: &CallFailure) -> bool {
    failure.code == "ValidationException"
        && failure.message.contains("not supported for this Identity Center instance")
}

/// Whether the permission set that was asked about no longer exists, and with it its staged row.
fn set_is_gone(failure: &CallFailure, permission_set_arn: &str) -> Option<Gone> {
    failure
        .is(&["ResourceNotFoundException"])
        .then(|| Gone::with(Scope::all::<PermissionSet>().with("permission_set_arn", permission_set_arn)))
}

fn policies_of(permission_set_arn: &str, kind: PolicyKind) -> Vec<Scope> {
    vec![
        Scope::all::<PermissionSetPolicy>()
            .with("permission_set_arn", permission_set_arn)
            .with("kind", kind.as_str()),
    ]
}

fn all_policies(kind: PolicyKind) -> Vec<Scope> {
    vec![Scope::all::<PermissionSetPolicy>().with("kind", kind.as_str())]
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
            Scope::all::<Tag>().with("resource_type", TaggedType::PermissionSet.as_str()),
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
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
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

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
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
        let found = answer
            .permission_set
            .ok_or_else(|| unusable(Self::OPERATION, "the answer has no PermissionSet".to_owned()))?;
        let row = PermissionSet {
            permission_set_arn: self.permission_set_arn.clone(),
            name: text(found.name),
            description: text(found.description),
            session_duration: text(found.session_duration),
            relay_state: text(found.relay_state),
            created_at: time(found.created_date.as_ref()),
        };
        Ok(Page { rows: vec![Row::whole(&row)], ..Page::default() })
    }
}

/// Reads a permission set's inline policy; AWS answers with an empty string where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetInlinePolicy {
    pub permission_set_arn: String,
}

impl Collector for GetInlinePolicy {
    const OPERATION: Operation = Operation::GetInlinePolicyForPermissionSet;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn covers(&self) -> Vec<Scope> {
        policies_of(&self.permission_set_arn, PolicyKind::Inline)
    }

    fn family() -> Vec<Scope> {
        all_policies(PolicyKind::Inline)
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .get_inline_policy_for_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .send()
            })
            .await?;
        let row = text(answer.inline_policy).map(|document| {
            Row::whole(&PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind: PolicyKind::Inline,
                policy: "inline".to_owned(),
                document: Some(document),
                ..PermissionSetPolicy::default()
            })
        });
        Ok(Page { rows: row.into_iter().collect(), ..Page::default() })
    }
}

/// Reads a permission set's permissions boundary. ResourceNotFound means that it has none, not that the set
/// is gone (DescribePermissionSet tells that): terraform-provider-aws, FindPermissionsBoundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPermissionsBoundary {
    pub permission_set_arn: String,
}

impl Collector for GetPermissionsBoundary {
    const OPERATION: Operation = Operation::GetPermissionsBoundaryForPermissionSet;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn covers(&self) -> Vec<Scope> {
        policies_of(&self.permission_set_arn, PolicyKind::PermissionsBoundary)
    }

    fn family() -> Vec<Scope> {
        all_policies(PolicyKind::PermissionsBoundary)
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure.is(&["ResourceNotFoundException"]).then(Gone::default)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .get_permissions_boundary_for_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .send()
            })
            .await?;
        let Some(boundary) = answer.permissions_boundary else { return Ok(Page::default()) };
        let kind = PolicyKind::PermissionsBoundary;
        let policy = match (boundary.customer_managed_policy_reference, text(boundary.managed_policy_arn)) {
            (Some(reference), _) => customer_managed(&self.permission_set_arn, kind, reference)?,
            (None, Some(arn)) => PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind,
                policy: arn,
                ..PermissionSetPolicy::default()
            },
            (None, None) => return Ok(Page::default()),
        };
        Ok(Page { rows: vec![Row::whole(&policy)], ..Page::default() })
    }
}

/// Lists the AWS managed policies of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListManagedPolicies {
    pub permission_set_arn: String,
}

impl Collector for ListManagedPolicies {
    const OPERATION: Operation = Operation::ListManagedPoliciesInPermissionSet;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn covers(&self) -> Vec<Scope> {
        policies_of(&self.permission_set_arn, PolicyKind::AwsManaged)
    }

    fn family() -> Vec<Scope> {
        all_policies(PolicyKind::AwsManaged)
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_managed_policies_in_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
        for found in answer.attached_managed_policies.unwrap_or_default() {
            page.rows.push(Row::whole(&PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind: PolicyKind::AwsManaged,
                policy: key(Self::OPERATION, "Arn", found.arn)?,
                policy_name: text(found.name),
                ..PermissionSetPolicy::default()
            }));
        }
        Ok(page)
    }
}

/// Lists the customer managed policies of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCustomerManagedPolicies {
    pub permission_set_arn: String,
}

impl Collector for ListCustomerManagedPolicies {
    const OPERATION: Operation = Operation::ListCustomerManagedPolicyReferencesInPermissionSet;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn covers(&self) -> Vec<Scope> {
        policies_of(&self.permission_set_arn, PolicyKind::CustomerManaged)
    }

    fn family() -> Vec<Scope> {
        all_policies(PolicyKind::CustomerManaged)
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_customer_managed_policy_references_in_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
        for found in answer.customer_managed_policy_references.unwrap_or_default() {
            let policy = customer_managed(&self.permission_set_arn, PolicyKind::CustomerManaged, found)?;
            page.rows.push(Row::whole(&policy));
        }
        Ok(page)
    }
}

fn customer_managed(
    permission_set_arn: &str,
    kind: PolicyKind,
    reference: CustomerManagedPolicyReference,
) -> Result<PermissionSetPolicy, CallFailure> {
    let operation = Operation::ListCustomerManagedPolicyReferencesInPermissionSet;
    let name = key(operation, "Name", reference.name)?;
    // AWS leaves out the default path.
    let path = text(reference.path).unwrap_or_else(|| "/".to_owned());
    Ok(PermissionSetPolicy {
        permission_set_arn: permission_set_arn.to_owned(),
        kind,
        policy: format!("{path}{name}"),
        policy_name: Some(name),
        policy_path: Some(path),
        document: None,
    })
}

/// Lists the accounts in which a permission set is not at its latest version, before all of them: so that
/// the second listing knows the status of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOutdatedAccounts {
    pub permission_set_arn: String,
}

impl Collector for ListOutdatedAccounts {
    const OPERATION: Operation = Operation::ListAccountsForProvisionedPermissionSet;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 1;

    // Which pairs there are is the second listing's to say: a pair that is not outdated may still be there.
    fn covers(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>().with("permission_set_arn", &self.permission_set_arn)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>()]
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    fn instead(&self) -> Vec<Task> {
        let permission_set_arn = self.permission_set_arn.clone();
        vec![ListProvisionedAccounts { permission_set_arn, outdated_are_known: false }.into()]
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let status = ProvisioningStatus::LatestPermissionSetNotProvisioned;
        let (mut page, accounts) =
            provisioned(context, &self.permission_set_arn, Some(status.clone()), token).await?;
        for account_id in accounts {
            page.rows.push(Row::whole(&ProvisionedPermissionSet {
                account_id,
                permission_set_arn: self.permission_set_arn.clone(),
                provisioning_status: Some(status.as_str().to_owned()),
            }));
        }
        if page.next_token.as_deref().is_none_or(str::is_empty) {
            let permission_set_arn = self.permission_set_arn.clone();
            page.follow_ups
                .push(ListProvisionedAccounts { permission_set_arn, outdated_are_known: true }.into());
        }
        Ok(page)
    }
}

/// Lists all accounts that a permission set is provisioned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListProvisionedAccounts {
    pub permission_set_arn: String,
    /// Whether the accounts that are not at the latest version were listed: those rows are staged already.
    /// Otherwise a pair is known to exist, but not its status.
    pub outdated_are_known: bool,
}

impl Collector for ListProvisionedAccounts {
    const OPERATION: Operation = Operation::ListAccountsForProvisionedPermissionSet;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 1;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>().with("permission_set_arn", &self.permission_set_arn)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>()]
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (mut page, accounts) = provisioned(context, &self.permission_set_arn, None, token).await?;
        for account_id in accounts {
            let row = ProvisionedPermissionSet {
                account_id,
                permission_set_arn: self.permission_set_arn.clone(),
                provisioning_status: Some(
                    ProvisioningStatus::LatestPermissionSetProvisioned.as_str().to_owned(),
                ),
            };
            page.rows.push(if self.outdated_are_known {
                Row::whole_unless_staged(&row)
            } else {
                Row::key_only(&row)
            });
        }
        Ok(page)
    }
}

async fn provisioned(
    context: &Context,
    permission_set_arn: &str,
    status: Option<ProvisioningStatus>,
    token: Option<&str>,
) -> Result<(Page, Vec<String>), CallFailure> {
    let operation = Operation::ListAccountsForProvisionedPermissionSet;
    let aws = &context.aws;
    let answer = aws
        .call(operation, || {
            aws.sso_admin
                .list_accounts_for_provisioned_permission_set()
                .set_instance_arn(context.instance_arn())
                .permission_set_arn(permission_set_arn)
                .set_provisioning_status(status.clone())
                .max_results(PAGE)
                .set_next_token(token.map(str::to_owned))
                .send()
        })
        .await?;
    let accounts = answer
        .account_ids
        .unwrap_or_default()
        .into_iter()
        .map(|account_id| key(operation, "account id", account_id))
        .collect::<Result<_, _>>()?;
    Ok((Page { next_token: answer.next_token, ..Page::default() }, accounts))
}

/// The tasks that permission sets begin with.
pub(super) fn first_tasks() -> Vec<Task> {
    vec![ListPermissionSets.into()]
}
