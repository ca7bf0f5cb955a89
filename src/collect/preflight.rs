//! Before the first listing: who is calling, which organization this is, and which instance is read.

use crate::aws::{
    Aws, CallFailure, Caller, ConnectionOptions, CredentialLife, FailureClass, Instance, Operation,
    OrganizationFacts, caller, choose_instance, instances, organization,
};
use crate::error::Result;
use crate::store::Identity;

use super::selection::Selection;

/// What every task may know: the connection, and whose census this is.
#[derive(Debug, Clone)]
pub struct Context {
    /// Calls go to the instance's primary Region.
    pub aws: Aws,
    pub caller: Option<Caller>,
    pub organization: Option<OrganizationFacts>,
    pub instance: Option<Instance>,
    /// How long the credentials will serve.
    pub credentials: CredentialLife,
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
    pub fn rate_of(&self, lane: &str) -> f64 {
        Operation::ALL
            .iter()
            .find(|operation| operation.to_string() == lane || operation.service().name() == lane)
            .map_or(1.0, |operation| self.aws.pacer(*operation).rate())
    }

    /// Whose census this is.
    pub fn identity(&self) -> Identity {
        Identity {
            organization_id: self.organization_id().map(str::to_owned),
            instance_arn: self.instance_arn(),
        }
    }
}

/// What was found out before the first listing.
#[derive(Debug, Clone)]
pub struct Preflight {
    pub context: Context,
    /// Worth a word to the user, but no reason to stop.
    pub remarks: Vec<String>,
}

impl Preflight {
    /// Finds the credentials, the caller, the organization and the instance.
    ///
    /// Fails where a collection could see nothing, or could not know whose it is: without credentials, with
    /// expired ones, without a connection, without a visible instance (unless nothing needs one).
    pub async fn run(
        options: &ConnectionOptions,
        selection: &Selection,
        instance_arn: Option<&str>,
    ) -> Result<Self> {
        let aws = Aws::connect(options).await;
        let credentials = CredentialLife::of(aws.config()).await?;
        let mut remarks = Vec::new();
        let caller = tolerate(caller(&aws).await, &mut remarks)?;
        let organization = tolerate(organization(&aws).await, &mut remarks)?.flatten();
        let management_account_id =
            organization.as_ref().and_then(|organization| organization.management_account_id.as_deref());
        let instance = if selection.needs_instance() {
            let visible = instances(&aws).await.map_err(CallFailure::into_error)?;
            Some(choose_instance(visible, instance_arn, management_account_id, &aws)?)
        } else {
            None
        };
        let aws = match &instance {
            Some(instance) => aws.in_region(&instance.region),
            None => aws,
        };
        Ok(Self { context: Context { aws, caller, organization, instance, credentials }, remarks })
    }
}

/// A refusal leaves a fact unknown; without credentials or a connection nothing else will work either.
fn tolerate<T>(answer: Result<T, CallFailure>, remarks: &mut Vec<String>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if matches!(failure.class, FailureClass::Expired | FailureClass::Unreachable) => {
            Err(failure.into_error())
        }
        Err(failure) => {
            remarks.push(failure.to_string());
            Ok(None)
        }
    }
}
