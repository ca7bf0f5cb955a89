//! The reads before the first listing: the caller, the organization and the instance.

use super::accounts_asked::AccountsAsked;
use super::context::Context;
use super::report_watch::ReportWatch;
use super::selection::Selection;
use super::stopping::region_not_enabled;
use crate::aws::{
    Aws, CallFailure, Caller, ConnectionOptions, CredentialLife, FailureClass, Instance, OrganizationFacts,
    caller, choose_instance, instances, organization, probe,
};
use crate::error::{Error, Result};
use crate::store::Snapshot;

/// The accounts that can read the organization's instance.
const DELEGATE: &str = "the organization's is read from the management account, or from the delegated administrator \
                        of IAM Identity Center";

/// The answers to the first reads. They are sent concurrently, because a refusal of one proves nothing about another.
#[derive(Debug, Clone)]
pub struct Groundwork {
    /// The connection to the requested Region.
    pub aws: Aws,
    /// The remaining life of the credentials.
    pub credentials: CredentialLife,
    /// The answer of sts:GetCallerIdentity.
    pub caller: Result<Caller, CallFailure>,
    /// The organization; `None` for an account outside any.
    pub organization: Result<Option<OrganizationFacts>, CallFailure>,
    /// The visible instances; `None` if no selected resource needs one.
    pub instances: Option<Result<Vec<Instance>, CallFailure>>,
    /// The accounts that are asked themselves.
    pub accounts: AccountsAsked,
    /// The unreadable ones of two instances, if a member account sees its own beside the organization's.
    pub closed: Vec<Instance>,
}

impl Groundwork {
    /// Finds the credentials and sends the first reads. Fails without credentials.
    pub async fn lay(options: &ConnectionOptions, selection: &Selection) -> Result<Self> {
        let account_role = selection.account_role();
        let aws = Aws::connect(&ConnectionOptions { account_role, ..options.clone() }).await?;
        let credentials = CredentialLife::of(aws.config(), options.profile.as_deref()).await?;
        let visible = async {
            match selection.needs_instance() {
                true => Some(instances(&aws).await),
                false => None,
            }
        };
        let (caller, organization, instances) = tokio::join!(caller(&aws), organization(&aws), visible);
        let accounts = selection.accounts.clone();
        let closed = Vec::new();
        let mut groundwork = Self { aws, credentials, caller, organization, instances, closed, accounts };
        for instance in groundwork.own_and_organizations() {
            if probe(&groundwork.aws, &instance).await.is_err() {
                groundwork.closed.push(instance);
            }
        }
        Ok(groundwork)
    }

    /// Returns the two instances that a member account with one of its own sees. Every account sees the organization's,
    /// but only the management account and the delegated administrator can read it.
    fn own_and_organizations(&self) -> Vec<Instance> {
        let caller = self.caller.as_ref().ok().and_then(|caller| caller.account_id.as_deref());
        let (Some(caller), Some(management)) = (caller, self.management_account_id()) else {
            return Vec::new();
        };
        let visible = self.instances.iter().flatten().flatten();
        let of = |account: &str| {
            visible
                .clone()
                .filter(|instance| instance.is_active())
                .find(|instance| instance.owner_account_id.as_deref() == Some(account))
                .cloned()
        };
        match (of(caller), of(management)) {
            (Some(own), Some(organizations)) if own != organizations => vec![own, organizations],
            _ => Vec::new(),
        }
    }

    fn management_account_id(&self) -> Option<&str> {
        let organization = self.organization.as_ref().ok().and_then(Option::as_ref)?;
        organization.management_account_id.as_deref()
    }

    /// Returns the instance of the census, if one is needed. Fails if none is visible, if several are and none is
    /// named, and if the instances could not be listed.
    pub fn instance(&self, asked_for: Option<&str>) -> Result<Option<Instance>> {
        let Some(visible) = &self.instances else { return Ok(None) };
        let mut visible = visible.clone().map_err(CallFailure::into_error)?;
        if let ([own, organizations], None) = (&*self.closed, asked_for) {
            return Err(Error::failed(format!(
                "neither instance can be read: {} (of this account) nor {} (of the organization)",
                own.instance_arn, organizations.instance_arn
            ))
            .hint("allow the actions that `orgcensus iam-policy` prints, for the account's own instance")
            .hint(DELEGATE));
        }
        if asked_for.is_none() {
            visible.retain(|instance| !self.closed.contains(instance));
        }
        choose_instance(visible, asked_for, self.management_account_id(), &self.aws).map(Some)
    }

    /// Returns a remark about the choice between two instances, if the other one cannot be read.
    pub fn remark(&self, taken: Option<&Instance>) -> Option<String> {
        let ([closed], Some(taken)) = (&*self.closed, taken) else { return None };
        (taken != closed).then(|| {
            format!(
                "of two instances, {} is taken: these credentials cannot read {}; {DELEGATE}",
                taken.instance_arn, closed.instance_arn
            )
        })
    }

    /// Returns, if the instances could not be listed, the instance of the organization's newest own snapshot, and that
    /// snapshot's number. The resources of a denied service become gaps then, and everything else is seen.
    fn known_instance(&self, asked_for: Option<&str>, former: &[Snapshot]) -> Option<(i64, Instance)> {
        let (Some(Err(_)), Ok(Some(organization))) = (&self.instances, &self.organization) else {
            return None;
        };
        former.iter().rev().find_map(|snapshot| {
            let instance = Instance {
                instance_arn: snapshot.instance_arn.clone()?,
                identity_store_id: Some(snapshot.identity_store_id.clone()?),
                owner_account_id: None,
                region: snapshot.region.clone()?,
                status: None,
            };
            let is_ours = snapshot.organization_id.as_deref() == Some(organization.organization_id.as_str());
            let is_meant = asked_for.is_none_or(|asked_for| asked_for == instance.instance_arn);
            (is_ours && is_meant).then_some((snapshot.snapshot_id, instance))
        })
    }

    /// Returns the context of the tasks, with this instance.
    pub fn context(&self, instance: Option<Instance>) -> Context {
        let aws = match &instance {
            Some(instance) => self.aws.in_region(&instance.region),
            None => self.aws.clone(),
        };
        Context {
            aws,
            home: self.aws.clone(),
            caller: self.caller.clone().ok(),
            organization: self.organization.clone().ok().flatten(),
            instance,
            credentials: self.credentials.clone(),
            accounts: self.accounts.clone(),
            reports: ReportWatch::default(),
        }
    }

    /// Returns the error of a run that cannot see anything: every read failed for lack of a connection, or of valid
    /// credentials.
    pub fn dead_end(&self) -> Option<Error> {
        let failures = self.failures();
        let unmakeable = failures.iter().find(|failure| failure.class == FailureClass::Misconfigured);
        if let Some(failure) = unmakeable {
            return Some((*failure).clone().into_error());
        }
        let reads = 2 + usize::from(self.instances.is_some());
        let is_dead = failures.len() == reads && failures.iter().all(|failure| failure.class.ends_all());
        is_dead.then(|| failures[0].clone().into_error())
    }

    /// Returns the failures, in the order in which the reads are named.
    pub fn failures(&self) -> Vec<&CallFailure> {
        let instances = self.instances.as_ref().and_then(|instances| instances.as_ref().err());
        [self.caller.as_ref().err(), self.organization.as_ref().err(), instances]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The results of the reads before the first listing.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// The context of every task of the collection.
    pub context: Context,
    /// Remarks for the user that are no reason to stop.
    pub remarks: Vec<String>,
}

impl Preflight {
    /// Finds the credentials, the caller, the organization and the instance. If the instances cannot be listed, it
    /// continues with the one of the census's `former` snapshots.
    ///
    /// Fails if a collection could see nothing, or could not identify its census: without credentials, with expired
    /// ones, without a connection, without a visible instance (unless none is needed).
    pub async fn run(
        options: &ConnectionOptions,
        selection: &Selection,
        instance_arn: Option<&str>,
        former: &[Snapshot],
    ) -> Result<Self> {
        let groundwork = Groundwork::lay(options, selection).await?;
        // A refusal leaves a fact unknown. Without credentials or a connection, every other call would fail too.
        if let Some(failure) = groundwork.failures().into_iter().find(|failure| failure.class.ends_all()) {
            return Err(match failure.is_about_the_key() && groundwork.caller.is_ok() {
                true => region_not_enabled(failure, groundwork.aws.region()),
                false => failure.clone().into_error(),
            });
        }
        let mut remarks: Vec<_> = groundwork.failures().into_iter().map(ToString::to_string).collect();
        let instance = match groundwork.instance(instance_arn) {
            Ok(instance) => instance,
            Err(error) => {
                let Some((snapshot_id, known)) = groundwork.known_instance(instance_arn, former) else {
                    return Err(error);
                };
                remarks.push(format!("going on with the instance of snapshot {snapshot_id}"));
                Some(known)
            }
        };
        remarks.extend(groundwork.remark(instance.as_ref()));
        Ok(Self { context: groundwork.context(instance), remarks })
    }
}
