//! Names the origin of each value in use: the command line, the environment or the config file.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::Defaults;
use super::keys::{OF_CENSUS, Section};
use crate::cli::parse;

/// A value in use and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as in the config file.
    pub name: String,
    pub value: String,
    pub origin: String,
}

/// The environment variables that are equivalent to an option, or that override it. A user who sets keys in the
/// environment wants these, not a profile from a file.
const VARIABLES: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
    ),
    ("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
];

/// Returns the variable that is set and takes precedence over an option's value in the file.
pub fn variable_of(option: &str) -> Option<&'static str> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let (_, variables) = VARIABLES.iter().find(|(name, _)| *name == option)?;
    variables.iter().copied().find(|name| is_set(name))
}

/// Returns the values in use that are not the program's defaults: the options of the census, and the file's values for
/// `collect`.
pub fn settings(matches: &ArgMatches, defaults: &Defaults) -> Vec<Setting> {
    let of_census =
        OF_CENSUS.into_iter().filter_map(|option| setting(option, Section::Census, matches, defaults));
    let innermost =
        std::iter::successors(Some(matches), |outer| outer.subcommand().map(|(_, inner)| inner)).last();
    let of_collect = defaults.values.iter().filter(|one| one.section == Section::Collect);
    let of_collect = of_collect
        .filter_map(|one| setting(&one.option, Section::Collect, innermost.unwrap_or(matches), defaults));
    of_census.chain(of_collect).collect()
}

fn setting(option: &str, section: Section, matches: &ArgMatches, defaults: &Defaults) -> Option<Setting> {
    let of_file = defaults.values.iter().find(|one| one.section == section && one.option == option);
    let long = option.replace('_', "-");
    // A command without the option can have its value only from the file.
    let source = matches.try_contains_id(option).ok().and_then(|_| matches.value_source(option));
    let typed = || {
        let words = matches.try_get_raw(option).ok().flatten().into_iter().flatten();
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(", ")
    };
    let (value, origin) = match (source, of_file) {
        (Some(ValueSource::CommandLine), _) => (typed(), format!("--{long}")),
        (Some(ValueSource::EnvVariable), _) => (typed(), parse::DB.to_owned()),
        (_, Some(one)) => (one.values.join(", "), one.place.clone()),
        _ => {
            let variable = variable_of(option)?;
            // The value of a key is secret, unlike the name of a profile.
            let names_it = variable.starts_with("AWS_PROFILE") || option == "region";
            (names_it.then(|| std::env::var(variable).ok()).flatten()?, variable.to_owned())
        }
    };
    Some(Setting { name: option.to_owned(), value, origin })
}
