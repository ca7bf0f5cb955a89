//! The documents of the AWS managed policies that permission sets attach. AWS publishes a new version from time to
//! time, which changes what the permission sets allow.

use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{array, member, members, policy_document, text, time};
use crate::aws::{CallFailure, Operation};
use crate::model::{ManagedPolicy, PermissionSetPolicy, PolicyKind, Resource, Row, Scope};

/// Reads a managed policy and its default version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetManagedPolicy {
    pub policy_arn: String,
}

impl Collector for GetManagedPolicy {
    type Rows = ManagedPolicy;
    const OPERATION: Operation = Operation::GetPolicy;
    const OPERATIONS: &'static [Operation] = &[Operation::GetPolicy, Operation::GetPolicyVersion];
    // Every account has AWS's own policies, so the caller's account is asked.
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(&[&PermissionSetPolicy::SPEC]);
    const FOR_ROWS: Option<(&'static str, &'static [&'static str])> =
        Some(("kind", &[PolicyKind::AwsManaged.as_str(), PolicyKind::PermissionsBoundary.as_str()]));
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        let policy_arn = row.text("policy").filter(|policy| is_aws_managed(policy))?;
        Some(Self { policy_arn: policy_arn.to_owned() })
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("policy_arn", &self.policy_arn)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        // A version that is not found has just been replaced.
        let is_policy = failure.operation == Operation::GetPolicy;
        (is_policy && failure.is(&["NoSuchEntity"])).then(NotFound::default)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let (aws, arn) = (&context.aws, &self.policy_arn);
        let operation = Operation::GetPolicy;
        let answer = aws.call(operation, || aws.iam.get_policy().policy_arn(arn).send()).await?;
        let policy = member(operation, "Policy", answer.policy)?;
        let version_id = member(operation, "DefaultVersionId", text(policy.default_version_id))?;
        let created_at = time(operation, "CreateDate", policy.create_date.as_ref())?;
        let updated_at = time(operation, "UpdateDate", policy.update_date.as_ref())?;

        let operation = Operation::GetPolicyVersion;
        let send = || aws.iam.get_policy_version().policy_arn(arn).version_id(&version_id).send();
        let answer = aws.call(operation, send).await.map_err(|failure| {
            let begin_again = failure.is(&["NoSuchEntity"]);
            Stopped { begin_again, ..failure.into() }
        })?;
        let version = member(operation, "PolicyVersion", answer.policy_version)?;
        let document = member(operation, "Document", text(version.document))?;
        let is_aws_managed = is_aws_managed(arn);
        Ok(Page::row(&ManagedPolicy {
            policy_arn: text(policy.arn).unwrap_or_else(|| arn.clone()),
            name: text(policy.policy_name),
            path: text(policy.path),
            version_id: Some(version_id),
            document: Some(policy_document(document)),
            created_at,
            updated_at,
            is_aws_managed: Some(is_aws_managed),
            policy_id: text(policy.policy_id),
            description: text(policy.description),
            attachment_count: policy.attachment_count.map(i64::from),
            boundary_usage_count: policy.permissions_boundary_usage_count.map(i64::from),
            is_attachable: Some(policy.is_attachable),
            tags: array(policy.tags, |tag| {
                members([("Key", Some(tag.key.into())), ("Value", Some(tag.value.into()))])
            }),
        }))
    }
}

/// Returns true if a policy of a permission set is an AWS managed policy's ARN, in any partition:
/// `arn:aws-cn:iam::aws:policy/…`.
fn is_aws_managed(policy: &str) -> bool {
    let parts: Vec<&str> = policy.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", "aws", name] if name.starts_with("policy/"))
}

#[cfg(test)]
mod tests {
    use super::is_aws_managed;

    #[test]
    fn only_aws_own_policies_are_asked_for() {
        for arn in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws-cn:iam::aws:policy/job-function/Billing",
            "arn:aws-us-gov:iam::aws:policy/aws-service-role/A",
        ] {
            assert!(is_aws_managed(arn), "{arn}");
        }
        for other in [
            "/team/Ours",
            "/ReadOnlyAccess",
            "inline",
            "",
            "arn:aws:iam::111122223333:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:role/x",
            "arn:aws:iam::aws",
        ] {
            assert!(!is_aws_managed(other), "{other}");
        }
    }
}
