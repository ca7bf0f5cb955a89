//! The credentials of assumed roles: the caller's own role, and the role in each account.

use std::error::Error as StdError;
use std::fmt;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use crate::aws::secrets::Secret;

/// Returns the configuration with the credentials of a role, assumed with its previous credentials.
pub(in crate::aws) async fn assuming(
    config: &SdkConfig,
    role_arn: &str,
    external_id: Option<&Secret>,
) -> SdkConfig {
    let mut provider =
        aws_config::sts::AssumeRoleProvider::builder(role_arn).session_name("orgcensus").configure(config);
    if let Some(external_id) = external_id {
        provider = provider.external_id(external_id.text());
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    config.to_builder().credentials_provider(provider).build()
}

/// The credentials of a role in an account. A role that cannot be assumed is told apart from expired credentials of the
/// caller: the former concerns one account, the latter every call.
#[derive(Debug)]
pub(in crate::aws) struct InAccount {
    /// The credentials that assume the role.
    pub caller: SharedCredentialsProvider,
    /// The credentials of the role.
    pub role: SharedCredentialsProvider,
}

impl ProvideCredentials for InAccount {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

impl InAccount {
    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let error = match self.role.provide_credentials().await {
            Ok(credentials) => return Ok(credentials),
            Err(error) => error,
        };
        self.caller.provide_credentials().await?;
        Err(CredentialsError::provider_error(RoleNotAssumed::of(&error)))
    }
}

/// The reason why the role in an account could not be assumed.
#[derive(Debug, Clone)]
pub(in crate::aws) struct RoleNotAssumed {
    /// The code of STS's answer; `None` if there was no answer.
    pub code: Option<String>,
    /// STS's message, or a description of the failure.
    pub message: String,
}

impl RoleNotAssumed {
    fn of(error: &CredentialsError) -> Self {
        let answer = causes(error).find_map(|cause| cause.downcast_ref::<AssumeRoleError>());
        if let Some((answer, code)) = answer.and_then(|answer| Some((answer, answer.code()?))) {
            let message = answer.message().unwrap_or_default().to_owned();
            return Self { code: Some(code.to_owned()), message };
        }
        let causes: Vec<_> = causes(error).map(ToString::to_string).collect();
        Self { code: None, message: format!("the role was not assumed: {}", causes.join(": ")) }
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
