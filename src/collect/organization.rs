//! The organization, its root, its OUs and its accounts.
//!
//! ListAccounts alone gives every account's place, by its `Paths`; where an endpoint does not send them, the
//! plan asks for the accounts of each parent instead.

use aws_sdk_organizations::types::{Account as WireAccount, OrganizationalUnit as WireUnit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::preflight::Context;
use super::tags::ListOrganizationTags;
use super::task::{Collector, Gone, Page, Stage, Stopped, Task};
use super::wire::{array, entity_path, key, members, parent_of_path, string, text, time};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    Account, Organization, OrganizationalUnit, Root, Row, Scope, ServiceLastAccessed, Tag, TaggedType,
};

/// Organizations' largest page; MaxResults 21 is refused.
const PAGE: i32 = 20;

fn not_in_use(failure: &CallFailure) -> bool {
    failure.is(&["AWSOrganizationsNotInUseException"])
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
            Scope::all::<Tag>().with("resource_type", TaggedType::Root.as_str()),
            Scope::all::<Tag>().with("resource_type", TaggedType::OrganizationalUnit.as_str()),
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
                ListOrganizationTags { resource_type: TaggedType::Root, resource_id: root_id.clone() }.into(),
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
            Scope::all::<Tag>().with("resource_type", TaggedType::OrganizationalUnit.as_str()),
            Scope::all::<ServiceLastAccessed>().with("entity_type", "organizational_unit"),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<OrganizationalUnit>()]
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure
            .is(&["ParentNotFoundException"])
            .then(|| Gone::with(Scope::all::<OrganizationalUnit>().with("ou_id", &self.parent_id)))
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
        let left_out = answer.organizational_units.is_none();
        let mut page = Page { next_token: answer.next_token, left_out, ..Page::default() };
        for found in answer.organizational_units.unwrap_or_default() {
            let unit = self.unit(found)?;
            page.follow_ups
                .push(Self { parent_id: unit.ou_id.clone(), parent_path: unit.entity_path.clone() }.into());
            page.follow_ups.push(
                ListOrganizationTags {
                    resource_type: TaggedType::OrganizationalUnit,
                    resource_id: unit.ou_id.clone(),
                }
                .into(),
            );
            page.rows.push(Row::whole(&unit));
        }
        Ok(page)
    }
}

impl ListOrganizationalUnits {
    fn unit(&self, found: WireUnit) -> Result<OrganizationalUnit, CallFailure> {
        let ou_id = key(Operation::ListOrganizationalUnitsForParent, "Id", found.id)?;
        // AWS ends the path with a slash, and older endpoints send none.
        let entity_path = match text(found.path) {
            Some(path) => Some(entity_path(&path)),
            None => self.parent_path.as_ref().map(|parent| format!("{parent}/{ou_id}")),
        };
        Ok(OrganizationalUnit {
            ou_id,
            arn: text(found.arn),
            name: text(found.name),
            parent_id: Some(self.parent_id.clone()),
            entity_path,
        })
    }
}

/// Lists all accounts of the organization, suspended and closed ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAccounts;

impl Collector for ListAccounts {
    const OPERATION: Operation = Operation::ListAccounts;
    const STAGE: Stage = Stage::Accounts;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![
            Scope::all::<Tag>().with("resource_type", TaggedType::Account.as_str()),
            Scope::all::<ServiceLastAccessed>().with("entity_type", "account"),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Account>()]
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_accounts()
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let must_hold = Some("an organization has its management account");
        let mut page = Page { next_token: answer.next_token, must_hold, ..Page::default() };
        for found in answer.accounts.unwrap_or_default() {
            let path = found.paths.as_ref().and_then(|paths| paths.first()).map(|path| entity_path(path));
            let account = account(context, Self::OPERATION, found, path)?;
            page.follow_ups.push(
                ListOrganizationTags {
                    resource_type: TaggedType::Account,
                    resource_id: account.account_id.clone(),
                }
                .into(),
            );
            // Without a path the account's place is not known yet: see the plan.
            page.rows.push(if account.parent_id.is_some() {
                Row::whole(&account)
            } else {
                Row::key_only(&account)
            });
        }
        Ok(page)
    }
}

/// Lists the accounts in a root or OU: only where ListAccounts sends no paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAccountsForParent {
    pub parent_id: String,
    pub parent_path: Option<String>,
}

impl Collector for ListAccountsForParent {
    const OPERATION: Operation = Operation::ListAccountsForParent;
    const STAGE: Stage = Stage::AccountParents;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<Account>().with("parent_id", &self.parent_id)]
    }

    // An account that cannot be found under one parent may have come from any other.
    fn hides(&self) -> Vec<Scope> {
        vec![Scope::all::<Account>(), Scope::all::<ServiceLastAccessed>().with("entity_type", "account")]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Account>()]
    }

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure
            .is(&["ParentNotFoundException"])
            .then(|| Gone::with(Scope::all::<OrganizationalUnit>().with("ou_id", &self.parent_id)))
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_accounts_for_parent()
                    .parent_id(&self.parent_id)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let left_out = answer.accounts.is_none();
        let mut page = Page { next_token: answer.next_token, left_out, ..Page::default() };
        for found in answer.accounts.unwrap_or_default() {
            let path = match (&self.parent_path, &found.id) {
                (Some(parent), Some(account_id)) => Some(format!("{parent}/{account_id}")),
                _ => None,
            };
            let mut account = account(context, Self::OPERATION, found, path)?;
            account.parent_id = Some(self.parent_id.clone());
            page.rows.push(Row::whole(&account));
        }
        Ok(page)
    }
}

fn account(
    context: &Context,
    operation: Operation,
    found: WireAccount,
    entity_path: Option<String>,
) -> Result<Account, CallFailure> {
    let account_id = key(operation, "Id", found.id)?;
    // `Status` was retired in September 2026 in favour of `State`; endpoints send either or both.
    let state = found.state.map(|state| state.as_str().to_owned());
    let status = found.status.map(|status| status.as_str().to_owned());
    Ok(Account {
        // Where the organization could not be described, the account's own ARN names the management account.
        is_management_account: context
            .management_account_id()
            .or_else(|| found.arn.as_deref().and_then(management_account_of_arn))
            .map(|management| management == account_id),
        arn: text(found.arn),
        name: text(found.name),
        email: text(found.email),
        state: text(state).or(text(status)),
        joined_method: text(found.joined_method.map(|method| method.as_str().to_owned())),
        joined_at: time(found.joined_timestamp.as_ref()),
        parent_id: entity_path.as_deref().and_then(parent_of_path).map(str::to_owned),
        entity_path,
        account_id,
    })
}

/// `111122223333` of `arn:aws:organizations::111122223333:account/o-…/444455556666`.
fn management_account_of_arn(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
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
