//! The facts that every task may use: the connection, and the identity of the census.

use super::accounts_asked::AccountsAsked;
use super::lane::LaneKey;
use super::report_watch::ReportWatch;
use crate::aws::{Aws, Caller, CredentialLife, Instance, OrganizationFacts};
use crate::model::{Entity, Row};
use crate::store::Identity;

/// The facts that every task may use: the connection, and the identity of the census.
#[derive(Debug, Clone)]
pub struct Context {
    /// The connection to the instance's primary Region.
    pub aws: Aws,
    /// The same connection in the requested Region.
    pub home: Aws,
    /// The caller; `None` if sts:GetCallerIdentity failed.
    pub caller: Option<Caller>,
    /// The organization; `None` for an account outside any, or if DescribeOrganization was denied.
    pub organization: Option<OrganizationFacts>,
    /// The instance; `None` if no selected resource needs one, or if there is none to read.
    pub instance: Option<Instance>,
    /// The remaining life of the credentials.
    pub credentials: CredentialLife,
    /// The accounts that are asked themselves.
    pub accounts: AccountsAsked,
    /// The cause for which the access report in progress waits.
    pub reports: ReportWatch,
}

impl Context {
    /// Returns the id `o-…`, if it could be read.
    pub fn organization_id(&self) -> Option<&str> {
        self.organization.as_ref().map(|organization| organization.organization_id.as_str())
    }

    /// Returns the management account, if known.
    pub fn management_account_id(&self) -> Option<&str> {
        self.organization.as_ref()?.management_account_id.as_deref()
    }

    /// Decides whether the caller is in the management account; `None` if unknown.
    pub fn is_management_account(&self) -> Option<bool> {
        let caller = self.caller.as_ref()?.account_id.as_deref()?;
        Some(caller == self.management_account_id()?)
    }

    /// Returns the instance's ARN, as requests take it.
    pub fn instance_arn(&self) -> Option<String> {
        self.instance.as_ref().map(|instance| instance.instance_arn.clone())
    }

    /// Returns the identity store's id, as requests take it.
    pub fn identity_store_id(&self) -> Option<String> {
        self.instance.as_ref()?.identity_store_id.clone()
    }

    /// Returns the rate of the pacer of a lane's tasks, in calls per second.
    pub(super) fn rate_of(&self, lane: &LaneKey) -> f64 {
        lane.operation().map_or(1.0, |operation| self.aws.pacer(operation).rate())
    }

    /// Returns true if the caller's credentials are of this account.
    pub fn is_own_account(&self, account_id: &str) -> bool {
        let own = self.caller.as_ref().and_then(|caller| caller.account_id.as_deref());
        own == Some(account_id)
    }

    /// Returns the account of a row if it is asked itself.
    pub(super) fn account_to_ask(&self, row: &Row) -> Option<String> {
        let (_, account_id) = row.entity().filter(|(entity, _)| *entity == Entity::Account)?;
        self.accounts.decide(row, self.is_own_account(account_id)).is_ok().then(|| account_id.to_owned())
    }

    /// Returns the same context in an account, with the role assumed there, or as the caller in the caller's own account;
    /// `None` if no role is named.
    pub(super) async fn in_account(&self, account_id: &str) -> Option<Self> {
        if self.is_own_account(account_id) {
            return Some(self.clone());
        }
        let arn = self.caller.as_ref().and_then(|caller| caller.arn.as_deref());
        let partition = arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let aws = self.aws.in_account(account_id, partition).await?;
        Some(Self { aws, ..self.clone() })
    }

    /// Returns the identity of the census.
    pub fn identity(&self) -> Identity {
        Identity {
            organization_id: self.organization_id().map(str::to_owned),
            instance_arn: self.instance_arn(),
        }
    }
}
