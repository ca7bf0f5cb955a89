//! Which credentials are used and how long they last. The SDK's own chain finds them; here is only what
//! a person wants to know of them. No credential is stored, logged or printed.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};

/// How long the credentials will serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialLife {
    /// Long-lived keys.
    Unlimited,
    /// Temporary credentials whose provider (SSO, a role, a process) renews them; these end then.
    RenewedAt(DateTime<Utc>),
    /// Temporary credentials from the environment or a file: their end is not known, and nothing renews them.
    Unknown,
}

impl CredentialLife {
    /// The life of the credentials that this configuration finds.
    ///
    /// Fails with the next step where there are none, or where their source (an SSO session, say) ended;
    /// `profile` is the one that was asked for.
    pub async fn of(config: &SdkConfig, profile: Option<&str>) -> Result<Self> {
        let none = || {
            let error = match profile {
                Some(profile) => {
                    Error::new(ErrorKind::Failed, format!("no AWS credentials in profile \"{profile}\""))
                        .hint("`aws configure list-profiles` shows the profiles that there are")
                }
                None => Error::new(ErrorKind::Failed, "no AWS credentials"),
            };
            error.hint("sign in (e.g. `aws sso login --profile NAME`) and pass --profile NAME, or set AWS_PROFILE or AWS_ACCESS_KEY_ID")
        };
        let provider = config.credentials_provider().ok_or_else(none)?;
        let credentials = provider.provide_credentials().await.map_err(|error| none().caused_by(error))?;
        Ok(match (credentials.expiry(), credentials.session_token()) {
            (Some(expiry), _) => Self::RenewedAt(utc(expiry)),
            (None, Some(_)) => Self::Unknown,
            (None, None) => Self::Unlimited,
        })
    }

    /// In words, for the plan and `doctor`.
    pub fn describe(&self) -> String {
        match self {
            Self::Unlimited => "do not end".to_owned(),
            Self::RenewedAt(expiry) => {
                let minutes = (*expiry - Utc::now()).num_minutes().max(0);
                format!(
                    "last {minutes} more minutes (until {}), then are renewed by their provider",
                    expiry.format("%H:%MZ")
                )
            }
            Self::Unknown => "end at an unknown time and are not renewed".to_owned(),
        }
    }
}

fn utc(time: SystemTime) -> DateTime<Utc> {
    time.into()
}
