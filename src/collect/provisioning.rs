//! The accounts that permission sets are provisioned to.
//!
//! Each permission set is listed twice: first the accounts that are not at its latest version, then all.

use aws_sdk_ssoadmin::types::ProvisioningStatus;
use serde::{Deserialize, Serialize};

use super::convert::key;
use super::permission_sets::{PAGE, set_is_gone};
use super::preflight::Context;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped, Task};
use crate::aws::{CallFailure, Operation};
use crate::model::{ProvisionedPermissionSet, Row, Scope};

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

    fn asks_for(&self) -> Vec<Scope> {
        let outdated = ProvisioningStatus::LatestPermissionSetNotProvisioned;
        self.hides().into_iter().map(|scope| scope.with("provisioning_status", outdated.as_str())).collect()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>().with("permission_set_arn", &self.permission_set_arn)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<ProvisionedPermissionSet>()]
    }

    // Nothing else will list the accounts of a set that is gone: they are gone with it.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        let mut gone = set_is_gone(failure, &self.permission_set_arn)?;
        gone.dropped.push(
            Scope::all::<ProvisionedPermissionSet>().with("permission_set_arn", &self.permission_set_arn),
        );
        Some(gone)
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

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
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
    let listed = Listed::of(answer.account_ids.as_ref().map(Vec::is_empty));
    let accounts = answer
        .account_ids
        .unwrap_or_default()
        .into_iter()
        .map(|account_id| key(operation, "account id", account_id))
        .collect::<Result<_, _>>()?;
    Ok((Page { next_token: answer.next_token, listed, ..Page::default() }, accounts))
}
