//! The accounts that permission sets are provisioned to.
//!
//! Each permission set is listed twice: first the accounts that are not at its latest version, then all of them.

use aws_sdk_ssoadmin::types::ProvisioningStatus;
use serde::{Deserialize, Serialize};

use super::collector::{After, Asked, Collector, ForEach, In, NotFound, Page, Shows, Stage, Stopped};
use super::context::Context;
use super::convert::key;
use super::services::sso_admin::{PAGE, set_is_gone};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, PermissionSet, ProvisionedPermissionSet, Resource, Row, Scope};

/// The permission sets, each of which is asked for its accounts.
const SETS: ForEach = ForEach::All(&[&PermissionSet::SPEC]);
/// The status of the accounts that are listed first.
const OUTDATED: ProvisioningStatus = ProvisioningStatus::LatestPermissionSetNotProvisioned;

/// Lists the accounts in which a permission set is not at its latest version. It comes before the listing of all
/// accounts, so that the second listing knows the status of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOutdatedAccounts {
    pub permission_set_arn: String,
}

impl Collector for ListOutdatedAccounts {
    type Rows = ProvisionedPermissionSet;
    const OPERATION: Operation = Operation::ListAccountsForProvisionedPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    // Only the second listing proves that a pair is missing: a pair that is not outdated may still exist.
    const SHOWS: Shows = Shows::Part;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 1;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
    }

    fn asks_for(&self) -> Scope {
        self.scope().with("provisioning_status", OUTDATED.as_str())
    }

    // No other task lists the accounts of a deleted permission set: their rows end with it.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        let mut gone = set_is_gone(failure, &self.permission_set_arn)?;
        gone.dropped.push(self.scope());
        Some(gone)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(provisioned(context, &self.permission_set_arn, Some(OUTDATED), token, Row::whole).await?)
    }
}

/// Lists all accounts that a permission set is provisioned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListProvisionedAccounts {
    pub permission_set_arn: String,
    /// Set when the accounts that are not at the latest version were listed, so that those rows are staged already.
    /// Otherwise a pair is known to exist, but its status is unknown.
    pub outdated_are_known: bool,
}

impl After<ListOutdatedAccounts> for ListProvisionedAccounts {
    fn after(outdated: &ListOutdatedAccounts, is_listed: bool) -> Self {
        Self { permission_set_arn: outdated.permission_set_arn.clone(), outdated_are_known: is_listed }
    }
}

impl Collector for ListProvisionedAccounts {
    type Rows = ProvisionedPermissionSet;
    const OPERATION: Operation = Operation::ListAccountsForProvisionedPermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = SETS;
    const ASKED: Asked = Asked::After;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 1;

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let staged = match self.outdated_are_known {
            true => Row::whole_unless_staged,
            false => Row::key_only,
        };
        Ok(provisioned(context, &self.permission_set_arn, None, token, staged).await?)
    }
}

async fn provisioned(
    context: &Context,
    permission_set_arn: &str,
    status: Option<ProvisioningStatus>,
    token: Option<&str>,
    staged: impl Fn(&ProvisionedPermissionSet) -> Row,
) -> Result<Page, CallFailure> {
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
    let status = status.unwrap_or(ProvisioningStatus::LatestPermissionSetProvisioned);
    Page::of(operation, answer.next_token, answer.account_ids, |account_id| {
        Ok(staged(&ProvisionedPermissionSet {
            account_id: key(operation, "account id", account_id)?,
            permission_set_arn: permission_set_arn.to_owned(),
            provisioning_status: Some(status.as_str().to_owned()),
        }))
    })
}
