//! The accounts of the organization.
//!
//! ListAccounts alone gives every account's parent, by its `Paths`. On an endpoint that does not send them, the plan
//! lists the accounts of each parent instead.

use aws_sdk_organizations::types::Account as WireAccount;
use serde::{Deserialize, Serialize};

use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{entity_path, key, parent_in_path, parent_of_path, text, time};
use super::services::organizations::{PAGE, PARENTS, not_in_use, parent, parent_is_gone};
use crate::aws::{CallFailure, Operation};
use crate::model::{Account, Entity, Resource, Row, Scope, ServiceLastAccessed};

/// Lists all accounts of the organization, suspended and closed ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAccounts;

impl Collector for ListAccounts {
    type Rows = Account;
    const OPERATION: Operation = Operation::ListAccounts;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Accounts;
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
                    .list_accounts()
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.accounts, |found| {
            let path = found.paths.as_ref().and_then(|paths| paths.first()).map(|path| entity_path(path));
            let account = account(context, Self::OPERATION, found, path)?;
            // Without a path the account's parent is not known yet: see the plan.
            Ok(if account.parent_id.is_some() { Row::whole(&account) } else { Row::key_only(&account) })
        })?)
    }
}

/// Lists the accounts in a root or OU. Used only where ListAccounts sends no paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAccountsForParent {
    pub parent_id: String,
    pub parent_path: Option<String>,
}

impl Collector for ListAccountsForParent {
    type Rows = Account;
    const OPERATION: Operation = Operation::ListAccountsForParent;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(PARENTS);
    const ASKED: Asked =
        Asked::Instead { of: Operation::ListAccounts, case: "ListAccounts sends no paths", nothing: None };
    const STAGE: Stage = Stage::AccountParents;
    const PRIORITY: i64 = 0;

    fn of(row: &Row, context: &Context) -> Option<Self> {
        let (parent_id, parent_path) = parent(row, context)?;
        Some(Self { parent_id, parent_path })
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("parent_id", &self.parent_id)
    }

    // An account missing under one parent may have come from any other, and reports are requested by path.
    fn also_hides(&self) -> Vec<Scope> {
        vec![Self::Rows::SPEC.all(), ServiceLastAccessed::SPEC.all_about(Entity::Account)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        parent_is_gone(failure, &self.parent_id)
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
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.accounts, |found| {
            let path = match (&self.parent_path, &found.id) {
                (Some(parent), Some(account_id)) => Some(format!("{parent}/{account_id}")),
                _ => None,
            };
            let sent = found.paths.as_ref().and_then(|paths| paths.first()).cloned();
            let mut account = account(context, Self::OPERATION, found, path)?;
            let parent_id = sent.as_deref().and_then(|path| parent_in_path(path, &account.account_id));
            account.parent_id = Some(parent_id.unwrap_or(&self.parent_id).to_owned());
            Ok(Row::whole(&account))
        })?)
    }
}

fn account(
    context: &Context,
    operation: Operation,
    found: WireAccount,
    entity_path: Option<String>,
) -> Result<Account, CallFailure> {
    let account_id = key(operation, "Id", found.id)?;
    // `Status` was retired in September 2026 in favour of `State`. Endpoints send either or both.
    let state = found.state.map(|state| state.as_str().to_owned());
    let status = found.status.map(|status| status.as_str().to_owned());
    Ok(Account {
        // If the organization could not be described, the account's own ARN names the management account.
        is_management_account: context
            .management_account_id()
            .or_else(|| found.arn.as_deref().and_then(management_account_of_arn))
            .map(|management| management == account_id),
        arn: text(found.arn),
        name: text(found.name),
        email: text(found.email),
        state: text(state).or(text(status)),
        joined_method: text(found.joined_method.map(|method| method.as_str().to_owned())),
        joined_at: time(operation, "JoinedTimestamp", found.joined_timestamp.as_ref())?,
        parent_id: entity_path.as_deref().and_then(parent_of_path).map(str::to_owned),
        entity_path,
        account_id,
    })
}

/// Returns `111122223333` from `arn:aws:organizations::111122223333:account/o-…/444455556666`.
fn management_account_of_arn(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}
