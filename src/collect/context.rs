//! What every task may know: the connection, and whose census this is.

use super::lane::LaneKey;
use super::report_watch::ReportWatch;
use crate::aws::{Aws, Caller, CredentialLife, Instance, OrganizationFacts};
use crate::store::Identity;

/// What every task may know: the connection, and whose census this is.
#[derive(Debug, Clone)]
pub struct Context {
    /// Calls go to the instance's primary Region.
    pub aws: Aws,
    /// The same connection in the Region that was asked for.
    pub home: Aws,
    /// `None` where sts:GetCallerIdentity failed.
    pub caller: Option<Caller>,
    /// `None` for an account outside any, or where DescribeOrganization was refused.
    pub organization: Option<OrganizationFacts>,
    /// `None` where nothing that is selected needs one, or there is none to read.
    pub instance: Option<Instance>,
    /// How long the credentials will serve.
    pub credentials: CredentialLife,
    /// What the access report under way waits for.
    pub reports: ReportWatch,
}

impl Context {
    /// `o-…`, where it could be read.
    pub fn organization_id(&self) -> Option<&str> {
        self.organization.as_ref().map(|organization| organization.organization_id.as_str())
    }

    /// The management account, where it is known.
    pub fn management_account_id(&self) -> Option<&str> {
        self.organization.as_ref()?.management_account_id.as_deref()
    }

    /// Whether the caller is in the management account; `None` where that is not known.
    pub fn is_management_account(&self) -> Option<bool> {
        let caller = self.caller.as_ref()?.account_id.as_deref()?;
        Some(caller == self.management_account_id()?)
    }

    /// The instance's ARN, as the requests take it.
    pub fn instance_arn(&self) -> Option<String> {
        self.instance.as_ref().map(|instance| instance.instance_arn.clone())
    }

    /// The identity store's id, as the requests take it.
    pub fn identity_store_id(&self) -> Option<String> {
        self.instance.as_ref()?.identity_store_id.clone()
    }

    /// The rate of the pacer that a lane's tasks wait for, in calls a second.
    pub(super) fn rate_of(&self, lane: &LaneKey) -> f64 {
        lane.operation().map_or(1.0, |operation| self.aws.pacer(operation).rate())
    }

    /// The same in an account, as the role that is assumed there; `None` where no role is named.
    pub(super) async fn in_account(&self, account_id: &str) -> Option<Self> {
        let arn = self.caller.as_ref().and_then(|caller| caller.arn.as_deref());
        let partition = arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let aws = self.aws.in_account(account_id, partition).await?;
        Some(Self { aws, ..self.clone() })
    }

    /// Whose census this is.
    pub fn identity(&self) -> Identity {
        Identity {
            organization_id: self.organization_id().map(str::to_owned),
            instance_arn: self.instance_arn(),
        }
    }
}
