//! The credentials of assumed roles: the caller's own role, and the role in each account.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use crate::aws::retry_policy::RetryPolicy;
use crate::aws::secrets::Secret;

/// Returns the configuration with the credentials of a role, assumed with its previous credentials. A session policy
/// limits what the role may do.
pub(in crate::aws) async fn assuming(
    config: &SdkConfig,
    role_arn: &str,
    external_id: Option<&Secret>,
    session_policy: Option<&str>,
) -> SdkConfig {
    let mut provider =
        aws_config::sts::AssumeRoleProvider::builder(role_arn).session_name("orgcensus").configure(config);
    if let Some(external_id) = external_id {
        provider = provider.external_id(external_id.text());
    }
    if let Some(policy) = session_policy {
        provider = provider.policy(policy);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    config.to_builder().credentials_provider(provider).build()
}

/// The role to assume in each account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleInAccounts {
    /// The name, after the path if it has one.
    pub name: String,
    /// The policy that limits each session, as JSON: at most 2048 characters.
    pub session_policy: String,
}

/// The credentials of a role in an account. A role that cannot be assumed is told apart from expired credentials of the
/// caller: the former concerns one account, the latter every call.
#[derive(Debug)]
pub(in crate::aws) struct InAccount {
    caller: SharedCredentialsProvider,
    role: SharedCredentialsProvider,
    retry_policy: RetryPolicy,
    failures: Mutex<Failures>,
}

/// The failures to assume a role since it was last assumed. An account has several listings, and the end of one is enough
/// for all.
#[derive(Debug, Default)]
struct Failures {
    /// How many, and since when.
    number: u32,
    since: Option<Instant>,
    /// The failure that no other attempt follows.
    last: Option<RoleNotAssumed>,
}

/// The time for which a role is tried again that STS does not answer for.
const PATIENCE: Duration = Duration::from_secs(30);

impl ProvideCredentials for InAccount {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

impl InAccount {
    /// Returns the credentials of `role`, which those of `caller` assume.
    pub fn new(
        caller: SharedCredentialsProvider,
        role: SharedCredentialsProvider,
        retry_policy: RetryPolicy,
    ) -> Self {
        Self { caller, role, retry_policy, failures: Mutex::default() }
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        if let Some(last) = self.failures().last.clone() {
            return Err(CredentialsError::provider_error(last));
        }
        let error = match self.role.provide_credentials().await {
            Ok(credentials) => {
                *self.failures() = Failures::default();
                return Ok(credentials);
            }
            Err(error) => error,
        };
        self.caller.provide_credentials().await?;
        Err(CredentialsError::provider_error(self.judged(RoleNotAssumed::of(&error))))
    }

    /// Decides whether other attempts follow a failure.
    fn judged(&self, reason: RoleNotAssumed) -> RoleNotAssumed {
        let mut failures = self.failures();
        failures.number += 1;
        let lasts =
            failures.since.get_or_insert_with(Instant::now).elapsed() >= self.retry_policy.wait(PATIENCE);
        let is_last = match reason.code.as_deref() {
            Some(code) => code == "AccessDenied",
            None => lasts && failures.number >= self.retry_policy.timeouts,
        };
        let reason = RoleNotAssumed { is_last, ..reason };
        if is_last {
            failures.last = Some(reason.clone());
        }
        reason
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().expect("no thread panics while it holds the failures")
    }
}

/// The reason why the role in an account could not be assumed.
#[derive(Debug, Clone)]
pub(in crate::aws) struct RoleNotAssumed {
    /// The code of STS's answer; `None` if there was no answer.
    pub code: Option<String>,
    /// STS's message, or a description of the failure.
    pub message: String,
    /// True if no other attempt is made in this account.
    pub is_last: bool,
}

impl RoleNotAssumed {
    fn of(error: &CredentialsError) -> Self {
        let answer = causes(error).find_map(|cause| cause.downcast_ref::<AssumeRoleError>());
        if let Some((answer, code)) = answer.and_then(|answer| Some((answer, answer.code()?))) {
            let message = answer.message().unwrap_or_default().to_owned();
            return Self { code: Some(code.to_owned()), message, is_last: false };
        }
        let causes: Vec<_> = causes(error).map(ToString::to_string).collect();
        Self {
            code: None,
            message: format!("the role was not assumed: {}", causes.join(": ")),
            is_last: false,
        }
    }

    /// Finds this error among the causes of a call that could not be sent.
    pub fn behind<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        causes(error).find_map(|cause| cause.downcast_ref())
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

impl fmt::Display for RoleNotAssumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for RoleNotAssumed {}
