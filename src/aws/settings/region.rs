//! Finds and checks the Region in the settings.

use super::{Origin, Settings, flaw_of, refused};
use crate::error::{Error, Result};

/// Returns the first Region that an option, the environment or the selected profile names, in the SDK's own order.
pub(super) fn of(settings: &Settings, option: Option<&str>) -> Result<Option<String>> {
    let mut named = option.map(|region| (Origin::Option("--region"), region.to_owned()));
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if named.is_none() {
            named = settings.variable(name)?.map(|region| (Origin::Variable(name.to_owned()), region));
        }
    }
    let Some((origin, region)) = named.or_else(|| settings.of_profile("region")) else { return Ok(None) };
    check_region(&origin, &region)?;
    Ok(Some(region))
}

/// Checks the form of a Region's name, because it becomes part of a host's name and of every signature.
pub fn check_region(origin: &Origin, region: &str) -> Result<()> {
    if let Some(flaw) = flaw_of(region) {
        return Err(refused(origin, &flaw));
    }
    if is_region(region) {
        return Ok(());
    }
    let error = Error::usage(format!("{origin}: \"{region}\" is not a Region"));
    let lowercase = region.to_ascii_lowercase().replace('_', "-");
    let zone = lowercase.strip_suffix(|last: char| last.is_ascii_lowercase());
    let meant = [Some(lowercase.as_str()), zone].into_iter().flatten().find(|name| is_region(name));
    Err(match meant {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => error.hint("a Region's name reads like eu-west-1 or us-gov-east-1"),
    })
}

/// Returns true if the name has the form of all Regions' names: words, then a number (`eu-west-1`, `us-isob-east-1`).
pub fn is_region(name: &str) -> bool {
    let Some((words, number)) = name.rsplit_once('-') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    name.len() <= 63
        && words.contains('-')
        && words.split('-').all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_all_partitions_are_regions() {
        for region in [
            "us-east-1",
            "ap-southeast-5",
            "us-gov-west-1",
            "cn-northwest-1",
            "us-isob-east-1",
            "eusc-de-east-1",
        ] {
            assert!(check_region(&Origin::Option("--region"), region).is_ok(), "{region}");
        }
    }

    #[test]
    fn what_cannot_be_a_region_is_a_usage_error() {
        for (region, hint) in [
            ("EU-West-1", "did you mean eu-west-1?"),
            ("eu_west_1", "did you mean eu-west-1?"),
            ("eu-west-1a", "did you mean eu-west-1?"),
            ("Ireland", "reads like"),
            ("eu-west", "reads like"),
            ("eu-west-1.evil.example/", "reads like"),
            ("eu-west-1\r", "Windows line endings"),
            (" eu-west-1", "set it again"),
        ] {
            let error = check_region(&Origin::Option("--region"), region).unwrap_err();
            assert_eq!(error.exit_status(), crate::error::ExitStatus::Usage, "{region}");
            assert!(error.to_string().starts_with("--region"), "{error}");
            assert!(error.hints()[0].contains(hint), "{region}: {:?}", error.hints());
        }
    }
}
