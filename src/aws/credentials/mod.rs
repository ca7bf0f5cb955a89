//! The source and the life of the credentials. The SDK's own chain finds them; this module only describes them for the
//! user. No credential is stored, logged or printed.

mod checked;
mod role;

use std::error::Error as StdError;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use chrono::{DateTime, TimeDelta, Utc};

use crate::amounts::rough_duration;
use crate::error::{Error, Result};

pub(super) use checked::{BadKeys, Checked};
pub use role::RoleInAccounts;
pub(super) use role::{InAccount, RoleNotAssumed, assuming};

/// The source of the credentials, which decides whether they are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// `AWS_ACCESS_KEY_ID` and its companions; not renewed.
    Environment,
    /// Keys written into a profile; not renewed.
    Profile,
    /// `aws sso login`; renewed until the sign-in expires.
    SingleSignOn,
    /// `aws login`; renewed until the sign-in expires.
    Login,
    /// A profile's `credential_process`; renewed if it reports when its credentials expire.
    Process,
    /// sts:AssumeRole, by a profile or `--assume-role`; renewed with the credentials that assume the role.
    AssumedRole,
    /// sts:AssumeRoleWithWebIdentity, e.g. a pod's or a CI job's token; renewed.
    WebIdentity,
    /// The HTTP endpoint of ECS and EKS; renewed.
    Container,
    /// The metadata service of an EC2 instance; renewed.
    Instance,
    /// Made-up keys for an organization on loopback, or a kind that a later SDK adds.
    Other,
}

/// The remaining life of the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialLife {
    /// The source, which decides whether and how they are renewed.
    pub source: CredentialSource,
    /// Set for the credentials of a session, which expire even if the time is unknown. The keys of a user do not
    /// expire.
    pub is_temporary: bool,
    /// The time of expiry, if known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The profile selected by option or environment.
    profile: Option<String>,
}

impl CredentialLife {
    /// Returns the life of the credentials that this configuration finds.
    ///
    /// Fails, with the next step as a hint, if there are none, or if their source (such as an SSO session) has expired.
    /// `profile` is the profile selected by an option.
    pub async fn of(config: &SdkConfig, profile: Option<&str>) -> Result<Self> {
        let profile = profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE"));
        let none = || no_credentials(profile.as_deref());
        let provider = config.credentials_provider().ok_or_else(none)?;
        let credentials = provider.provide_credentials().await.map_err(|error| match refusal(&error) {
            _ if let Some(bad) = BadKeys::among(&error) => bad.to_error(),
            Some(refusal) => Error::failed("the role cannot be assumed").caused_by(refusal).hint(
                "the role's trust policy must allow the caller, with the --external-id that it asks for, and the \
                caller's own policy must allow sts:AssumeRole",
            ),
            None => none().caused_by(error),
        })?;
        let source = source(&credentials);
        let has_token = credentials.session_token().is_some();
        let ends_at = match credentials.expiry() {
            Some(expiry) => utc(expiry),
            // The SDK does not read the variable that `aws configure export-credentials --format env` and others write.
            None if has_token && source == CredentialSource::Environment => {
                variable("AWS_CREDENTIAL_EXPIRATION")
                    .and_then(|end| DateTime::parse_from_rfc3339(&end).ok())
                    .map(|end| end.to_utc())
            }
            None => None,
        };
        let is_temporary = ends_at.is_some() || has_token;
        Ok(Self { source, is_temporary, ends_at, profile })
    }

    /// Returns a description of the credentials and their expiry, for `doctor`.
    pub fn describe(&self) -> String {
        let what = match self.source {
            CredentialSource::Environment if self.is_temporary => "a session, from the environment",
            CredentialSource::Environment => "keys, from the environment",
            CredentialSource::Profile if self.is_temporary => "a session, written into a profile",
            CredentialSource::Profile => "keys, written into a profile",
            CredentialSource::SingleSignOn => "a sign-in with IAM Identity Center",
            CredentialSource::Login => "a sign-in with `aws login`",
            CredentialSource::Process => "from a credential_process",
            CredentialSource::AssumedRole => "an assumed role",
            CredentialSource::WebIdentity => "a role assumed with a web identity",
            CredentialSource::Container => "a container's role",
            CredentialSource::Instance => "an instance's role",
            CredentialSource::Other => "given",
        };
        let mut words = format!("{what}; they {}", self.end());
        if self.is_temporary && !self.is_renewed() {
            words += ": a collection that outlasts them stops with exit code 5; the same command with new credentials \
            resumes it";
        }
        words
    }

    /// Returns a description of their expiry that follows "the credentials".
    pub fn end(&self) -> String {
        if !self.is_temporary {
            return "do not expire".to_owned();
        }
        let end = match self.ends_at {
            Some(end) => match end - Utc::now() {
                left if left <= TimeDelta::zero() => format!("expired at {}", end.format("%Y-%m-%d %H:%MZ")),
                left => format!(
                    "expire in {} (at {})",
                    rough_duration(left.to_std().unwrap_or_default()),
                    end.format("%H:%MZ")
                ),
            },
            None => "expire at an unknown time".to_owned(),
        };
        format!("{end} and {}", self.renewal())
    }

    /// Returns true if the credentials are renewed without the user.
    fn is_renewed(&self) -> bool {
        match self.source {
            CredentialSource::Environment | CredentialSource::Profile | CredentialSource::Other => false,
            // A process that does not report an expiry is not asked for new credentials in time.
            CredentialSource::Process => self.ends_at.is_some(),
            CredentialSource::SingleSignOn
            | CredentialSource::Login
            | CredentialSource::AssumedRole
            | CredentialSource::WebIdentity
            | CredentialSource::Container
            | CredentialSource::Instance => true,
        }
    }

    fn renewal(&self) -> String {
        let profile = self.profile.as_ref().map(|name| format!(" --profile {name}")).unwrap_or_default();
        match self.source {
            _ if !self.is_renewed() => "are not renewed".to_owned(),
            CredentialSource::SingleSignOn => format!(
                "are renewed for as long as the sign-in lasts; then a person must run `aws sso login{profile}`"
            ),
            CredentialSource::Login => format!(
                "are renewed for as long as the sign-in lasts; then a person must run `aws login{profile}`"
            ),
            CredentialSource::Process => "are renewed by asking the process again".to_owned(),
            CredentialSource::AssumedRole => {
                "are renewed for as long as the credentials that assume the role last".to_owned()
            }
            _ => "are renewed automatically".to_owned(),
        }
    }
}

fn no_credentials(profile: Option<&str>) -> Error {
    match profile {
        Some(profile) => Error::failed(format!("no AWS credentials in profile \"{profile}\""))
            .hint(format!("sign in (e.g. `aws sso login --profile {profile}`), and run the command again"))
            .hint("`aws configure list-profiles` shows the profiles that there are"),
        None => Error::failed("no AWS credentials").hint(
            "sign in (e.g. `aws sso login --profile NAME`) and pass --profile NAME, or set AWS_PROFILE or \
             AWS_ACCESS_KEY_ID",
        ),
    }
}

/// Returns STS's message if credentials were found, but may not assume the role.
fn refusal(error: &CredentialsError) -> Option<String> {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let answer = causes.find_map(|cause| cause.downcast_ref::<AssumeRoleError>())?;
    let code = answer.code().filter(|code| *code == "AccessDenied")?;
    Some(format!("{code}: {}", answer.message().unwrap_or_default()))
}

/// Returns the source, from the features that the SDK records of its providers, the innermost first.
fn source(credentials: &Credentials) -> CredentialSource {
    let features = credentials.get_property::<Vec<Feature>>().map_or(&[][..], Vec::as_slice);
    let known = features.iter().find_map(|feature| match feature {
        Feature::CredentialsEnvVars => Some(CredentialSource::Environment),
        Feature::CredentialsSso | Feature::CredentialsProfileSso => Some(CredentialSource::SingleSignOn),
        Feature::CredentialsLogin | Feature::CredentialsProfileLogin => Some(CredentialSource::Login),
        Feature::CredentialsProcess | Feature::CredentialsProfileProcess => Some(CredentialSource::Process),
        Feature::CredentialsStsAssumeRole => Some(CredentialSource::AssumedRole),
        Feature::CredentialsStsAssumeRoleWebId
        | Feature::CredentialsEnvVarsStsWebIdToken
        | Feature::CredentialsProfileStsWebIdToken => Some(CredentialSource::WebIdentity),
        Feature::CredentialsHttp => Some(CredentialSource::Container),
        Feature::CredentialsImds => Some(CredentialSource::Instance),
        _ => None,
    });
    let profile = features.contains(&Feature::CredentialsProfile).then_some(CredentialSource::Profile);
    known.or(profile).unwrap_or(CredentialSource::Other)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the time, if a calendar has it: a provider may report any number.
fn utc(time: SystemTime) -> Option<DateTime<Utc>> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(source: CredentialSource, left: Option<TimeDelta>) -> CredentialLife {
        let ends_at = left.map(|left| Utc::now() + left + TimeDelta::seconds(30));
        CredentialLife { source, is_temporary: true, ends_at, profile: Some("audit".to_owned()) }
    }

    #[test]
    fn a_persons_sign_in_is_told_from_what_renews_itself_and_what_does_not() {
        let hour = Some(TimeDelta::minutes(61));
        let sso = life(CredentialSource::SingleSignOn, hour).describe();
        assert!(sso.contains("they expire in 1h 1m (at "), "{sso}");
        assert!(sso.ends_with("then a person must run `aws sso login --profile audit`"), "{sso}");
        let instance = life(CredentialSource::Instance, hour).describe();
        assert!(instance.ends_with("and are renewed automatically"), "{instance}");
        let session = life(CredentialSource::Environment, Some(TimeDelta::minutes(42))).describe();
        assert!(session.contains("expire in 42m") && session.contains("are not renewed: "), "{session}");
        let unknown = life(CredentialSource::Profile, None).describe();
        assert!(unknown.contains("expire at an unknown time and are not renewed: "), "{unknown}");
        let ended = life(CredentialSource::Environment, Some(TimeDelta::minutes(-5))).end();
        assert!(ended.starts_with("expired at "), "{ended}");
        let keys = CredentialLife { is_temporary: false, ..life(CredentialSource::Profile, None) };
        assert_eq!(keys.describe(), "keys, written into a profile; they do not expire");
    }

    #[test]
    fn the_innermost_provider_is_the_source() {
        let mut credentials = Credentials::new("AKIA", "made-up", None, None, "test");
        assert_eq!(source(&credentials), CredentialSource::Other);
        credentials.set_property(vec![Feature::CredentialsSso, Feature::CredentialsProfile]);
        assert_eq!(source(&credentials), CredentialSource::SingleSignOn);
        credentials.set_property(vec![Feature::CredentialsProfile]);
        assert_eq!(source(&credentials), CredentialSource::Profile);
    }
}
