//! Checks the AWS settings from outside (options, environment, profile) before the SDK reads them.
//!
//! The SDK panics on some values that it cannot put into a request, and ignores others, such as a malformed endpoint.
//! So each setting is checked here, and a bad one is a usage error that names its source. `characters` defines the
//! allowed characters; `region`, `endpoint` and `keys` each check one kind of setting. A value that is not checked here
//! (in a provider inside the SDK) is caught when a call is sent: see [`super::caught`].

mod characters;
mod endpoint;
mod keys;
mod region;

use std::fmt;

use aws_config::SdkConfig;
use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::{Error, Result};

pub(super) use characters::{Flaw, flaw_of};
pub(super) use region::{check_region, is_region};

/// The source of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Option(&'static str),
    Variable(String),
    /// A key of a profile.
    Profile {
        key: String,
        profile: String,
    },
    /// The metadata of the EC2 instance on which the program runs.
    Metadata,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => f.write_str(name),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Profile { key, profile } => write!(f, "{key} of profile \"{profile}\""),
            Self::Metadata => f.write_str("the instance's metadata"),
        }
    }
}

/// The environment and the profiles, as the SDK reads them.
#[derive(Debug)]
pub(super) struct Settings {
    env: Env,
    /// The profiles; `None` if the files cannot be parsed, which the SDK reports when it looks for credentials.
    profiles: Option<ProfileSet>,
}

impl Settings {
    /// Reads the profiles. The one selected by an option becomes the selected profile.
    pub async fn load(profile: Option<&str>) -> Self {
        let env = Env::real();
        let selected = profile.map(|name| name.to_owned().into());
        let profiles = aws_config::profile::load(&Fs::real(), &env, &Default::default(), selected).await.ok();
        Self { env, profiles }
    }

    /// Checks the keys that the SDK will find: those of the profile selected by an option, or else of the environment,
    /// or else of the profile.
    pub fn check_keys(&self, is_profile_asked_for: bool) -> Result<()> {
        keys::check(self, is_profile_asked_for)
    }

    /// Checks the profile's name, from an option or the environment. Spaces are allowed in it.
    pub fn check_profile(&self, option: Option<&str>) -> Result<()> {
        let (origin, name) = match option {
            Some(name) => (Origin::Option("--profile"), name.to_owned()),
            None => match self.variable("AWS_PROFILE")? {
                Some(name) => (Origin::Variable("AWS_PROFILE".to_owned()), name),
                None => return Ok(()),
            },
        };
        match flaw_of(&name) {
            Some(flaw @ (Flaw::Empty | Flaw::CarriageReturn)) => Err(refused(&origin, &flaw)),
            Some(flaw @ Flaw::Character(_)) if name.chars().any(char::is_control) => {
                Err(refused(&origin, &flaw))
            }
            Some(Flaw::Character(_)) | None => Ok(()),
        }
    }

    /// Returns the Region from the settings; `None` if neither an option, the environment nor the profile names one.
    /// Fails if the name cannot be a Region.
    pub fn region(&self, option: Option<&str>) -> Result<Option<String>> {
        region::of(self, option)
    }

    /// Checks the endpoints that the clients will use.
    pub fn check_endpoints(&self, config: &SdkConfig) -> Result<()> {
        endpoint::check(self, config)
    }

    /// Returns the file of certificate authorities, if one is named: AWS_CA_BUNDLE, or else `ca_bundle` of the profile,
    /// as in the AWS CLI.
    pub fn ca_bundle(&self) -> Result<Option<(Origin, String)>> {
        Ok(match self.variable("AWS_CA_BUNDLE")? {
            Some(file) => Some((Origin::Variable("AWS_CA_BUNDLE".to_owned()), file)),
            None => self.of_profile("ca_bundle"),
        })
    }

    /// Returns an environment variable's value, unless it is empty. Fails if it is not text.
    fn variable(&self, name: &str) -> Result<Option<String>> {
        match self.env.get(name) {
            Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                let origin = Origin::Variable(name.to_owned());
                Err(Error::usage(format!("{origin} is not UTF-8 text")).hint("set it again, or unset it"))
            }
        }
    }

    /// Returns the name of the selected profile.
    fn selected_profile(&self) -> String {
        self.profiles.as_ref().map_or("default", ProfileSet::selected_profile).to_owned()
    }

    /// Returns a key of the selected profile, unless it is empty.
    fn of_profile(&self, key: &str) -> Option<(Origin, String)> {
        let profiles = self.profiles.as_ref()?;
        let profile = profiles.selected_profile();
        let value = profiles.get_profile(profile)?.get(key).filter(|value| !value.is_empty())?;
        Some((Origin::Profile { key: key.to_owned(), profile: profile.to_owned() }, value.to_owned()))
    }
}

/// Returns the usage error of a value that cannot be used.
fn refused(origin: &Origin, flaw: &Flaw) -> Error {
    Error::usage(format!("{origin} {flaw}")).hint(flaw.remedy())
}
