//! The organization, its root and its OUs. The accounts have a file of their own.

use aws_sdk_organizations::types::OrganizationalUnit as WireUnit;
use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{array, entity_path, key, member, members, parent_in_path, string, text};
use super::services::organizations::{
    PAGE, PARENTS, SERVICE_CONTROL_POLICY, enabled_types, not_in_use, parent, parent_is_gone,
};
use crate::aws::{CallFailure, Operation};
use crate::model::{Organization, OrganizationalUnit, Root, Row, Scope};

/// Reads the organization itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeOrganization;

impl Collector for DescribeOrganization {
    type Rows = Organization;
    const OPERATION: Operation = Operation::DescribeOrganization;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 0;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws.call(Self::OPERATION, || aws.organizations.describe_organization().send()).await?;
        let found = member(Self::OPERATION, "Organization", answer.organization)?;
        let row = Organization {
            organization_id: key(Self::OPERATION, "Id", found.id)?,
            arn: text(found.arn),
            feature_set: text(found.feature_set.map(|set| set.as_str().to_owned())),
            management_account_id: text(found.master_account_id),
            management_account_email: text(found.master_account_email),
            management_account_arn: text(found.master_account_arn),
        };
        Ok(Page::row(&row))
    }
}

/// Lists the roots (AWS has one per organization).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRoots;

impl Collector for ListRoots {
    type Rows = Root;
    const OPERATION: Operation = Operation::ListRoots;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Tree;
    const PRIORITY: i64 = 0;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_roots()
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.roots, |found| {
            Ok(Row::whole(&Root {
                root_id: key(Self::OPERATION, "Id", found.id)?,
                arn: text(found.arn),
                name: text(found.name),
                policy_types: array(found.policy_types, |policy_type| {
                    members([
                        ("Type", string(policy_type.r#type.map(|value| value.as_str().to_owned()))),
                        ("Status", string(policy_type.status.map(|value| value.as_str().to_owned()))),
                    ])
                }),
            }))
        })?)
    }
}

/// The largest number of parts of a path. AWS nests OUs five deep, so no real path has as many.
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>.
const DEEPEST: usize = 50;

/// Lists the OUs in a root or OU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOrganizationalUnits {
    pub parent_id: String,
    /// The parent's entity path, from which the children's paths are built if AWS sends none.
    pub parent_path: Option<String>,
}

impl Collector for ListOrganizationalUnits {
    type Rows = OrganizationalUnit;
    const OPERATION: Operation = Operation::ListOrganizationalUnitsForParent;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(PARENTS);
    const STAGE: Stage = Stage::Tree;
    const PRIORITY: i64 = 0;

    fn of(row: &Row, context: &Context) -> Option<Self> {
        let (parent_id, parent_path) = parent(row, context)?;
        Some(Self { parent_id, parent_path })
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("parent_id", &self.parent_id)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        parent_is_gone(failure, &self.parent_id)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_organizational_units_for_parent()
                    .parent_id(&self.parent_id)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.organizational_units, |found| {
            Ok(Row::whole(&self.unit(found)?))
        })?)
    }
}

impl ListOrganizationalUnits {
    fn unit(&self, found: WireUnit) -> Result<OrganizationalUnit, CallFailure> {
        let ou_id = key(Operation::ListOrganizationalUnitsForParent, "Id", found.id)?;
        let above = self.parent_path.as_deref().unwrap_or(&self.parent_id);
        if above.split('/').any(|part| part == ou_id) {
            let message = format!("{ou_id} is listed inside itself ({above})");
            return Err(CallFailure::unusable(Operation::ListOrganizationalUnitsForParent, message));
        }
        if above.split('/').count() > DEEPEST {
            let message = format!("OUs are nested more than {DEEPEST} deep ({above})");
            return Err(CallFailure::unusable(Operation::ListOrganizationalUnitsForParent, message));
        }
        // AWS ends the path with a slash; older endpoints send no path.
        let sent = text(found.path).map(|path| entity_path(&path));
        let parent_id = sent.as_deref().and_then(|path| parent_in_path(path, &ou_id)).map(str::to_owned);
        let entity_path =
            sent.or_else(|| self.parent_path.as_ref().map(|parent| format!("{parent}/{ou_id}")));
        Ok(OrganizationalUnit {
            ou_id,
            arn: text(found.arn),
            name: text(found.name),
            parent_id: Some(parent_id.unwrap_or_else(|| self.parent_id.clone())),
            entity_path,
        })
    }
}

/// Returns true if a root's `policy_types`, AWS's authority for this, shows that service control policies are enabled.
pub(super) fn service_control_policies_enabled(policy_types: Option<&str>) -> bool {
    enabled_types(policy_types).iter().any(|policy_type| policy_type == SERVICE_CONTROL_POLICY)
}
