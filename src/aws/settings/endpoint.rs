//! Checks endpoints: the URLs that replace AWS's own.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use hyper::Uri;

use super::{Origin, Settings, flaw_of, refused};
use crate::error::{Error, Result};

/// The services with an endpoint of their own, by the SDK's ids: the called services, and the sources of credentials.
const SERVICE_IDS: [&str; 8] =
    ["SSO Admin", "identitystore", "Organizations", "IAM", "STS", "SSO", "SSO OIDC", "Signin"];

const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Checks each endpoint that a client will take. If the SDK cannot read the endpoint for all services, it calls AWS
/// itself.
pub(super) fn check(settings: &Settings, config: &SdkConfig) -> Result<()> {
    for service_id in SERVICE_IDS {
        let key = ServiceConfigKey::builder()
            .service_id(service_id)
            .env(VARIABLE)
            .profile("endpoint_url")
            .build()
            .map_err(|error| Error::failed("cannot look for endpoints").caused_by(error))?;
        // From the environment, the profile, or the profile's section for services.
        let Some(url) = config.service_config().and_then(|loader| loader.load_config(key)) else { continue };
        let of_service = format!("{VARIABLE}_{}", service_id.to_uppercase().replace(' ', "_"));
        let is_in = |variable: &&str| std::env::var(variable).is_ok_and(|value| value == url);
        let origin = match [of_service.as_str(), VARIABLE].iter().find(|variable| is_in(variable)) {
            Some(variable) => Origin::Variable((*variable).to_owned()),
            None => Origin::Profile { key: "endpoint_url".to_owned(), profile: settings.selected_profile() },
        };
        check_url(&origin, &url)?;
    }
    Ok(())
}

fn check_url(origin: &Origin, url: &str) -> Result<()> {
    if let Some(flaw) = flaw_of(url) {
        return Err(refused(origin, &flaw));
    }
    // The URL itself is not repeated, because it may contain a password.
    let wrong = |what: &str| {
        let example = "an endpoint reads like https://sso.eu-west-1.amazonaws.com";
        Err(Error::usage(format!("{origin} {what}")).hint(example))
    };
    let Ok(parsed) = url.parse::<Uri>() else { return wrong("is not a URL") };
    if !matches!(parsed.scheme_str(), Some("http" | "https")) {
        return wrong("begins neither with https:// nor with http://");
    }
    match parsed.authority() {
        None => wrong("names no host"),
        Some(authority) if authority.host().is_empty() => wrong("names no host"),
        Some(authority) if !authority.as_str().ends_with(authority.host()) && authority.port().is_none() => {
            wrong("has an impossible port")
        }
        Some(authority) if authority.as_str().contains('@') => wrong("holds a user name or password"),
        Some(_) if parsed.query().is_some() || url.contains('#') => wrong("has a query or fragment"),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_endpoint_is_named() {
        let origin = Origin::Variable(VARIABLE.to_owned());
        for url in ["http://127.0.0.1:4566", "https://sso.eu-west-1.amazonaws.com/", "http://[::1]:80/a/b"] {
            assert!(check_url(&origin, url).is_ok(), "{url}");
        }
        for (url, what) in [
            ("127.0.0.1:4566", "begins neither"),
            ("localhost", "begins neither"),
            ("ftp://x", "begins neither"),
            ("http://", "is not a URL"),
            ("http://x y", "holds a space"),
            ("http://127.0.0.1:4566\r", "ends with a carriage return"),
            ("http://me:secret@x", "holds a user name or password"),
            ("http://x/?a=b", "has a query"),
            ("http://x:", "has an impossible port"),
            ("http://x:99999", "has an impossible port"),
            ("http://[::1", "is not a URL"),
        ] {
            let error = check_url(&origin, url).unwrap_err();
            assert!(error.to_string().contains(what), "{url}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
