//! Checks the keys written into the environment or into profiles. Keys that a provider finds elsewhere are checked by
//! `aws::credentials`.

use super::{Origin, Settings, flaw_of, refused};
use crate::error::Result;

/// The keys of a profile, with the equivalent environment variables.
const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
    ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
    ("AWS_SESSION_TOKEN", "aws_session_token"),
];

/// Checks the keys that the SDK will find. Keys in the environment take precedence over a profile, unless an option
/// selects the profile.
pub(super) fn check(settings: &Settings, is_profile_asked_for: bool) -> Result<()> {
    if !is_profile_asked_for && settings.variable(KEYS[0].0)?.is_some() {
        return of_environment(settings);
    }
    let Some(profiles) = &settings.profiles else { return Ok(()) };
    let mut name = profiles.selected_profile();
    let mut visited = Vec::new();
    // A profile may assume its role with the credentials of another profile.
    while let Some(profile) = profiles.get_profile(name).filter(|_| !visited.contains(&name)) {
        for (_, key) in KEYS {
            let value = profile.get(key).filter(|value| !value.is_empty());
            if let Some(flaw) = value.and_then(flaw_of) {
                let origin = Origin::Profile { key: key.to_owned(), profile: name.to_owned() };
                return Err(refused(&origin, &flaw));
            }
        }
        if profile.get("credential_source") == Some("Environment") {
            of_environment(settings)?;
        }
        visited.push(name);
        let Some(source) = profile.get("source_profile") else { break };
        name = source;
    }
    Ok(())
}

fn of_environment(settings: &Settings) -> Result<()> {
    for (variable, _) in KEYS {
        // The SDK trims white space around a session token.
        let value = settings.variable(variable)?;
        let value = value.as_deref().map(|value| if variable == KEYS[2].0 { value.trim() } else { value });
        if let Some(flaw) = value.and_then(flaw_of) {
            return Err(refused(&Origin::Variable(variable.to_owned()), &flaw));
        }
    }
    Ok(())
}
