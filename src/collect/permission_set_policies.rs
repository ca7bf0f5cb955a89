//! The policies of permission sets: inline, AWS managed, customer managed, and the permissions boundary.

use aws_sdk_ssoadmin::types::CustomerManagedPolicyReference;
use serde::{Deserialize, Serialize};

use super::convert::{key, text};
use super::permission_sets::{PAGE, set_is_gone};
use super::preflight::Context;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped};
use crate::aws::{CallFailure, Operation};
use crate::model::{PermissionSetPolicy, PolicyKind, Row, Scope};

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

/// Reads a permission set's inline policy; AWS answers with an empty string where there is none. The document comes as
/// it is: unlike IAM's own, it is not encoded for a URL, and nothing that reads it decodes it again.
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

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
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
        let listed = Listed::of(answer.inline_policy.as_ref().map(String::is_empty));
        let row = text(answer.inline_policy).map(|document| {
            Row::whole(&PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind: PolicyKind::Inline,
                policy: "inline".to_owned(),
                document: Some(document),
                ..PermissionSetPolicy::default()
            })
        });
        Ok(Page { rows: row.into_iter().collect(), listed, ..Page::default() })
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

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
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
        let Some(boundary) = answer.permissions_boundary else {
            return Ok(Page { listed: Listed::LeftOut, ..Page::default() });
        };
        let kind = PolicyKind::PermissionsBoundary;
        let policy = match (boundary.customer_managed_policy_reference, text(boundary.managed_policy_arn)) {
            (Some(reference), _) => customer_managed(&self.permission_set_arn, kind, reference)?,
            (None, Some(arn)) => PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind,
                policy: arn,
                ..PermissionSetPolicy::default()
            },
            // That there is none is said by ResourceNotFound: this is a kind of boundary that nobody knows yet.
            (None, None) => {
                let message =
                    "the boundary is neither an AWS managed nor a customer managed policy".to_owned();
                return Err(CallFailure::unusable(Self::OPERATION, message).into());
            }
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

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
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
        let listed = Listed::of(answer.attached_managed_policies.as_ref().map(Vec::is_empty));
        let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
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

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
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
        let listed = Listed::of(answer.customer_managed_policy_references.as_ref().map(Vec::is_empty));
        let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
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
