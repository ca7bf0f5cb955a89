//! The organization, its root and its OUs; the accounts have a file of their own.

use aws_sdk_organizations::types::OrganizationalUnit as WireUnit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::accounts::ListAccounts;
use super::convert::{array, entity_path, key, members, parent_in_path, string, text};
use super::preflight::Context;
use super::tags::ListOrganizationTags;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped, Task};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, Organization, OrganizationalUnit, Root, Row, Scope, ServiceLastAccessed, Tag};

/// Organizations' largest page; MaxResults 21 is refused.
pub(super) const PAGE: i32 = 20;

/// Whether the account is in no organization.
pub(super) fn not_in_use(failure: &CallFailure) -> bool {
    failure.is(&["AWSOrganizationsNotInUseException"])
}

/// Whether the OU whose children were asked for no longer exists, and with it its staged row.
pub(super) fn parent_is_gone(failure: &CallFailure, parent_id: &str) -> Option<NotFound> {
    failure
        .is(&["ParentNotFoundException"])
        .then(|| NotFound::with(Scope::all::<OrganizationalUnit>().with("ou_id", parent_id)))
}

/// Reads the organization itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeOrganization;

impl Collector for DescribeOrganization {
    const OPERATION: Operation = Operation::DescribeOrganization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Organization>()]
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws.call(Self::OPERATION, || aws.organizations.describe_organization().send()).await?;
        let found = answer.organization.ok_or_else(|| {
            CallFailure::unusable(Self::OPERATION, "the answer has no Organization".to_owned())
        })?;
        let row = Organization {
            organization_id: key(Self::OPERATION, "Id", found.id)?,
            arn: text(found.arn),
            feature_set: text(found.feature_set.map(|set| set.as_str().to_owned())),
            management_account_id: text(found.master_account_id),
            management_account_email: text(found.master_account_email),
            management_account_arn: text(found.master_account_arn),
        };
        Ok(Page { rows: vec![Row::whole(&row)], ..Page::default() })
    }
}

/// Lists the roots (AWS has one an organization).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRoots;

impl Collector for ListRoots {
    const OPERATION: Operation = Operation::ListRoots;
    const STAGE: Stage = Stage::Tree;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![
            Scope::all::<OrganizationalUnit>(),
            Scope::all::<Tag>().with("resource_type", Entity::Root.as_str()),
            Scope::all::<Tag>().with("resource_type", Entity::Ou.as_str()),
            Scope::all::<ServiceLastAccessed>(),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Root>()]
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
        let must_hold = Some("an organization has a root");
        let mut page = Page { next_token: answer.next_token, must_hold, ..Page::default() };
        for found in answer.roots.unwrap_or_default() {
            let root_id = key(Self::OPERATION, "Id", found.id)?;
            let arn = text(found.arn);
            let path = context
                .organization_id()
                .or_else(|| arn.as_deref().and_then(organization_of_arn))
                .map(|organization| format!("{organization}/{root_id}"));
            page.follow_ups
                .push(ListOrganizationalUnits { parent_id: root_id.clone(), parent_path: path }.into());
            page.follow_ups.push(
                ListOrganizationTags { resource_type: Entity::Root, resource_id: root_id.clone() }.into(),
            );
            page.rows.push(Row::whole(&Root {
                root_id,
                arn,
                name: text(found.name),
                policy_types: array(found.policy_types, |policy_type| {
                    members([
                        ("Type", string(policy_type.r#type.map(|value| value.as_str().to_owned()))),
                        ("Status", string(policy_type.status.map(|value| value.as_str().to_owned()))),
                    ])
                }),
            }));
        }
        Ok(page)
    }
}

/// More parts than any path of OUs has: AWS nests them five deep.
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>.
const DEEPEST: usize = 50;

/// Lists the OUs in a root or OU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOrganizationalUnits {
    pub parent_id: String,
    /// The parent's entity path, to make the children's where AWS sends none.
    pub parent_path: Option<String>,
}

impl Collector for ListOrganizationalUnits {
    const OPERATION: Operation = Operation::ListOrganizationalUnitsForParent;
    const STAGE: Stage = Stage::Tree;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<OrganizationalUnit>().with("parent_id", &self.parent_id)]
    }

    // Below an OU that may not be listed are OUs of unknown parents.
    fn hides(&self) -> Vec<Scope> {
        vec![
            Scope::all::<OrganizationalUnit>(),
            Scope::all::<Tag>().with("resource_type", Entity::Ou.as_str()),
            Scope::all::<ServiceLastAccessed>().with("entity_type", "organizational_unit"),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<OrganizationalUnit>()]
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
        let listed = Listed::of(answer.organizational_units.as_ref().map(Vec::is_empty));
        let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
        for found in answer.organizational_units.unwrap_or_default() {
            let unit = self.unit(found)?;
            page.follow_ups
                .push(Self { parent_id: unit.ou_id.clone(), parent_path: unit.entity_path.clone() }.into());
            page.follow_ups.push(
                ListOrganizationTags { resource_type: Entity::Ou, resource_id: unit.ou_id.clone() }.into(),
            );
            page.rows.push(Row::whole(&unit));
        }
        Ok(page)
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
        // AWS ends the path with a slash, and older endpoints send none.
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

/// `o-…` of `arn:aws:organizations::111122223333:root/o-…/r-…`.
pub(super) fn organization_of_arn(arn: &str) -> Option<&str> {
    arn.split('/').find(|part| part.starts_with("o-"))
}

/// The tasks that the organization begins with.
pub(super) fn first_tasks() -> Vec<Task> {
    vec![DescribeOrganization.into(), ListRoots.into(), ListAccounts.into()]
}

/// Whether service control policies are enabled, by a root's `policy_types`: AWS's authority for it.
pub(super) fn service_control_policies_enabled(policy_types: Option<&str>) -> bool {
    let policy_types = policy_types.and_then(|json| serde_json::from_str::<Value>(json).ok());
    policy_types.as_ref().and_then(Value::as_array).is_some_and(|policy_types| {
        policy_types.iter().any(|policy_type| {
            policy_type["Type"] == "SERVICE_CONTROL_POLICY" && policy_type["Status"] == "ENABLED"
        })
    })
}
