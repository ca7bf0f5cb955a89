//! The policies of the organization, by type, with their documents and targets.
//!
//! ListPolicies lists one type at a time. A root shows which types are enabled, but policies of other types may remain
//! from before they were disabled. All types are therefore requested, and a type that AWS does not know here has no
//! policies. Documents and targets are read beside the core, within a time budget (`budget`).

use aws_sdk_organizations::types::PolicyType;
use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, member, text};
use super::lane::{POLICY_DOCUMENTS, POLICY_TARGETS};
use super::services::organizations::{PAGE, SERVICE_CONTROL_POLICY, enabled_types, not_in_use};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    Entity, OrganizationPolicy, OrganizationPolicyTarget, OrganizationResourcePolicy, Resource, Root, Row,
    Scope,
};

/// The types that are requested even if a root does not show them as enabled. Types that AWS adds later are requested
/// once a root shows them as enabled.
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html>.
const TYPES: [&str; 15] = [
    SERVICE_CONTROL_POLICY,
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "SECURITYHUB_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "GUARDDUTY_POLICY",
];

/// Lists the policies of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPolicies {
    /// The type, in AWS's spelling.
    pub policy_type: String,
    /// Set when a root shows the type as enabled.
    pub is_enabled: bool,
}

impl Collector for ListPolicies {
    type Rows = OrganizationPolicy;
    const OPERATION: Operation = Operation::ListPolicies;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(&[&Root::SPEC]);
    const STAGE: Stage = Stage::Policies;
    const PRIORITY: i64 = 4;

    fn each(root: &Row, _context: &Context) -> Vec<Self> {
        let enabled = enabled_types(root.text("policy_types"));
        let mut types: Vec<&str> = TYPES.to_vec();
        types.extend(enabled.iter().map(String::as_str).filter(|policy_type| !TYPES.contains(policy_type)));
        let task = |policy_type: &str| Self {
            policy_type: policy_type.to_owned(),
            is_enabled: enabled.iter().any(|enabled| enabled == policy_type),
        };
        types.into_iter().map(task).collect()
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("type", &self.policy_type)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        // A type that this partition, or this organization, does not know has no policies.
        let is_unknown = failure.is(&[
            "InvalidInputException",
            "UnsupportedAPIEndpointException",
            "PolicyTypeNotAvailableForOrganizationException",
            "PolicyTypeNotEnabledException",
        ]);
        (!self.is_enabled && is_unknown).then(NotFound::default)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_policies()
                    .filter(PolicyType::from(self.policy_type.as_str()))
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.policies, |found| {
            Ok(Row::key_only(&OrganizationPolicy {
                policy_id: key(Self::OPERATION, "Id", found.id)?,
                r#type: text(found.r#type.map(|policy_type| policy_type.as_str().to_owned())),
                aws_managed: Some(found.aws_managed),
                ..OrganizationPolicy::default()
            }))
        })?)
    }
}

/// Returns the deletion of the policy and its staged row, if the failure means that the policy no longer exists.
fn policy_is_gone(failure: &CallFailure, policy_id: &str) -> Option<NotFound> {
    failure.is(&["PolicyNotFoundException"]).then(|| NotFound::of(Entity::Policy, policy_id))
}

/// The policies, each of which is asked for its document and its targets.
const POLICIES: ForEach = ForEach::All(&[&OrganizationPolicy::SPEC]);

/// Reads a policy with its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribePolicy {
    pub policy_id: String,
}

impl Collector for DescribePolicy {
    type Rows = OrganizationPolicy;
    const OPERATION: Operation = Operation::DescribePolicy;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = POLICIES;
    const LANE: Option<&'static str> = Some(POLICY_DOCUMENTS);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, id)| Self { policy_id: id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Policy, &self.policy_id)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        policy_is_gone(failure, &self.policy_id)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || aws.organizations.describe_policy().policy_id(&self.policy_id).send())
            .await?;
        let found = member(Self::OPERATION, "Policy", answer.policy)?;
        let summary = member(Self::OPERATION, "PolicySummary", found.policy_summary)?;
        Ok(Page::row(&OrganizationPolicy {
            policy_id: key(Self::OPERATION, "Id", summary.id)?,
            arn: text(summary.arn),
            name: text(summary.name),
            description: text(summary.description),
            r#type: text(summary.r#type.map(|policy_type| policy_type.as_str().to_owned())),
            aws_managed: Some(summary.aws_managed),
            // Every policy has a document. A missing one means a damaged answer, not a removed document.
            document: Some(member(Self::OPERATION, "Content", text(found.content))?),
        }))
    }
}

/// Lists the targets of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTargetsForPolicy {
    pub policy_id: String,
}

impl Collector for ListTargetsForPolicy {
    type Rows = OrganizationPolicyTarget;
    const OPERATION: Operation = Operation::ListTargetsForPolicy;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = POLICIES;
    const LANE: Option<&'static str> = Some(POLICY_TARGETS);
    const STAGE: Stage = Stage::PolicyTargets;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, id)| Self { policy_id: id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Policy, &self.policy_id)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        policy_is_gone(failure, &self.policy_id)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_targets_for_policy()
                    .policy_id(&self.policy_id)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.targets, |found| {
            Ok(Row::whole(&OrganizationPolicyTarget {
                policy_id: self.policy_id.clone(),
                target_id: key(Self::OPERATION, "TargetId", found.target_id)?,
                target_type: text(found.r#type.map(|target_type| target_type.as_str().to_owned())),
            }))
        })?)
    }
}

/// Reads the resource policy of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeResourcePolicy;

impl Collector for DescribeResourcePolicy {
    type Rows = OrganizationResourcePolicy;
    const OPERATION: Operation = Operation::DescribeResourcePolicy;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourcePolicyNotFoundException"]).then(NotFound::default)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure) || failure.is(&["UnsupportedAPIEndpointException"])
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer =
            aws.call(Self::OPERATION, || aws.organizations.describe_resource_policy().send()).await?;
        let found = member(Self::OPERATION, "ResourcePolicy", answer.resource_policy)?;
        let summary = member(Self::OPERATION, "ResourcePolicySummary", found.resource_policy_summary)?;
        Ok(Page::row(&OrganizationResourcePolicy {
            resource_policy_id: key(Self::OPERATION, "Id", summary.id)?,
            arn: text(summary.arn),
            document: Some(member(Self::OPERATION, "Content", text(found.content))?),
        }))
    }
}
