//! The policies of permission sets: inline, AWS managed, customer managed, and the permissions boundary.

use aws_sdk_ssoadmin::types::CustomerManagedPolicyReference;
use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, text};
use super::services::sso_admin::{PAGE, set_is_gone};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, PermissionSet, PermissionSetPolicy, PolicyKind, Resource, Row};

/// The permission sets, each of which is asked for its policies of every kind.
const SETS: ForEach = ForEach::All(&[&PermissionSet::SPEC]);

/// Returns the part of the policies that has one kind.
const fn of_kind(kind: PolicyKind) -> Option<(&'static str, &'static str)> {
    Some(("kind", kind.as_str()))
}

/// Reads a permission set's inline policy. AWS answers with an empty string if there is none. Unlike IAM's own
/// documents, this one is not URL-encoded, so no reader may decode it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetInlinePolicy {
    pub permission_set_arn: String,
}

impl Collector for GetInlinePolicy {
    type Rows = PermissionSetPolicy;
    const OPERATION: Operation = Operation::GetInlinePolicyForPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    const PART: Option<(&'static str, &'static str)> = of_kind(PolicyKind::Inline);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
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
        let documents = answer.inline_policy.map(|document| text(document).into_iter().collect::<Vec<_>>());
        Ok(Page::of(Self::OPERATION, None, documents, |document| {
            Ok(Row::whole(&PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind: PolicyKind::Inline,
                policy: "inline".to_owned(),
                document: Some(document),
                ..PermissionSetPolicy::default()
            }))
        })?)
    }
}

/// Reads a permission set's permissions boundary. ResourceNotFound means that it has none, not that the set is gone
/// (DescribePermissionSet shows that): terraform-provider-aws, FindPermissionsBoundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPermissionsBoundary {
    pub permission_set_arn: String,
}

impl Collector for GetPermissionsBoundary {
    type Rows = PermissionSetPolicy;
    const OPERATION: Operation = Operation::GetPermissionsBoundaryForPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    const PART: Option<(&'static str, &'static str)> = of_kind(PolicyKind::PermissionsBoundary);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
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
        let boundaries = answer.permissions_boundary.map(|boundary| vec![boundary]);
        Ok(Page::of(Self::OPERATION, None, boundaries, |boundary| {
            let kind = PolicyKind::PermissionsBoundary;
            let arn = text(boundary.managed_policy_arn);
            let policy = match (boundary.customer_managed_policy_reference, arn) {
                (Some(reference), _) => customer_managed(&self.permission_set_arn, kind, reference)?,
                (None, Some(arn)) => PermissionSetPolicy {
                    permission_set_arn: self.permission_set_arn.clone(),
                    kind,
                    policy: arn,
                    ..PermissionSetPolicy::default()
                },
                // A missing boundary is reported as ResourceNotFound, so this is an unknown kind of boundary.
                (None, None) => {
                    let message = "the boundary is neither an AWS managed nor a customer managed policy";
                    return Err(CallFailure::unusable(Self::OPERATION, message.to_owned()));
                }
            };
            Ok(Row::whole(&policy))
        })?)
    }
}

/// Lists the AWS managed policies of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListManagedPolicies {
    pub permission_set_arn: String,
}

impl Collector for ListManagedPolicies {
    type Rows = PermissionSetPolicy;
    const OPERATION: Operation = Operation::ListManagedPoliciesInPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    const PART: Option<(&'static str, &'static str)> = of_kind(PolicyKind::AwsManaged);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
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
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.attached_managed_policies, |found| {
            Ok(Row::whole(&PermissionSetPolicy {
                permission_set_arn: self.permission_set_arn.clone(),
                kind: PolicyKind::AwsManaged,
                policy: key(Self::OPERATION, "Arn", found.arn)?,
                policy_name: text(found.name),
                ..PermissionSetPolicy::default()
            }))
        })?)
    }
}

/// Lists the customer managed policies of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCustomerManagedPolicies {
    pub permission_set_arn: String,
}

impl Collector for ListCustomerManagedPolicies {
    type Rows = PermissionSetPolicy;
    const OPERATION: Operation = Operation::ListCustomerManagedPolicyReferencesInPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    const PART: Option<(&'static str, &'static str)> = of_kind(PolicyKind::CustomerManaged);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
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
        Ok(Page::of(
            Self::OPERATION,
            answer.next_token,
            answer.customer_managed_policy_references,
            |found| {
                let policy = customer_managed(&self.permission_set_arn, PolicyKind::CustomerManaged, found)?;
                Ok(Row::whole(&policy))
            },
        )?)
    }
}

fn customer_managed(
    permission_set_arn: &str,
    kind: PolicyKind,
    reference: CustomerManagedPolicyReference,
) -> Result<PermissionSetPolicy, CallFailure> {
    let operation = Operation::ListCustomerManagedPolicyReferencesInPermissionSet;
    let name = key(operation, "Name", reference.name)?;
    // AWS omits the default path.
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
