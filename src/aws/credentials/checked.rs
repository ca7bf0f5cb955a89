//! Checks credentials before any request is signed with them: the SDK panics on a key that it cannot send.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::{CredentialSource, source};
use crate::aws::caught::caught;
use crate::aws::secrets::Secrets;
use crate::aws::settings::{Flaw, flaw_of};
use crate::error::Error;

/// A provider that returns only credentials that can be sent, and registers them as secrets.
#[derive(Debug)]
pub(in crate::aws) struct Checked {
    provider: SharedCredentialsProvider,
    secrets: Arc<Secrets>,
}

impl Checked {
    /// Wraps a provider. Its credentials are added to the secrets.
    pub fn wrap(provider: SharedCredentialsProvider, secrets: &Arc<Secrets>) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self { provider, secrets: secrets.clone() })
    }
}

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let provided = caught(self.provider.provide_credentials()).await;
            let credentials = provided.map_err(|_| {
                CredentialsError::invalid_configuration(BadKeys {
                    what: "a key or token that a role is assumed with".to_owned(),
                    flaw: None,
                })
            })??;
            self.secrets.add(credentials.secret_access_key());
            credentials.session_token().into_iter().for_each(|token| self.secrets.add(token));
            match bad_keys(&credentials) {
                Some(bad) => Err(CredentialsError::invalid_configuration(bad)),
                None => Ok(credentials),
            }
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt().filter(|credentials| bad_keys(credentials).is_none())
    }
}

fn bad_keys(credentials: &Credentials) -> Option<BadKeys> {
    let token = credentials.session_token();
    let parts = [
        ("access key id", Some(credentials.access_key_id())),
        ("secret access key", Some(credentials.secret_access_key())),
        ("session token", token),
    ];
    parts.into_iter().find_map(|(name, value)| {
        let flaw = Some(flaw_of(value?)?);
        Some(BadKeys { what: format!("the {name} {}", origin(source(credentials))), flaw })
    })
}

fn origin(source: CredentialSource) -> &'static str {
    match source {
        CredentialSource::Environment => "from the environment",
        CredentialSource::Profile => "from a profile",
        CredentialSource::SingleSignOn => "from IAM Identity Center",
        CredentialSource::Login => "from `aws login`",
        CredentialSource::Process => "from a credential_process",
        CredentialSource::AssumedRole => "in the answer of sts:AssumeRole",
        CredentialSource::WebIdentity => "in the answer of sts:AssumeRoleWithWebIdentity",
        CredentialSource::Container => "from the container's credentials endpoint",
        CredentialSource::Instance => "from the instance's metadata",
        CredentialSource::Other => "from another source",
    }
}

/// Credentials that cannot be sent.
#[derive(Debug)]
pub(in crate::aws) struct BadKeys {
    what: String,
    /// The flaw; `None` if the SDK found it and does not name it.
    flaw: Option<Flaw>,
}

impl BadKeys {
    /// Finds this error among an error and its causes.
    pub fn among<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |&cause| cause.source()).find_map(|cause| cause.downcast_ref())
    }

    /// Returns it as a usage error.
    pub fn to_error(&self) -> Error {
        let remedy = self.flaw.map_or(
            "look for a carriage return or another odd character in the keys of the profiles, of the \
             environment and of a credential_process",
            Flaw::remedy,
        );
        Error::usage(self.to_string()).hint(remedy)
    }
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.flaw {
            Some(flaw) => write!(f, "{} {flaw}", self.what),
            None => write!(f, "{} holds a character that cannot be sent", self.what),
        }
    }
}

impl StdError for BadKeys {}
