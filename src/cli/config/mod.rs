//! The config file: values for options that were neither typed nor set in the environment.
//!
//! `file` finds and reads the file, and refuses one that others can write · `keys` derives the allowed keys from the
//! options of the commands, and refuses some by name · `values` converts a TOML value to the words of an option ·
//! `settings` names the origin of each value in use.
//!
//! A value becomes the default of its option, so that the parser's own precedence holds (command line, environment,
//! file) and each value is checked as if it had been typed.

mod file;
mod keys;
mod settings;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::OsStr;

pub use keys::ORGANIZATION;
pub use settings::{Setting, settings};

use super::{Cli, Command, parse};
use crate::error::{Error, Result};
use crate::nearest::did_you_mean;
use keys::Section;

/// A value of the file, which becomes the default of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    section: Section,
    /// The option's id.
    pub option: String,
    values: Vec<String>,
    /// The place of the value: the file, and the table in it.
    place: String,
}

/// The defaults from a config file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    values: Vec<ConfigValue>,
}

impl Defaults {
    /// Returns the command line with these defaults.
    pub fn of(&self, command: clap::Command) -> clap::Command {
        self.values.iter().fold(command, |command, one| {
            let values: Vec<OsStr> = one.values.iter().map(|value| OsStr::from(value.clone())).collect();
            let is_known = |command: &clap::Command| {
                command.get_arguments().any(|argument| argument.get_id() == one.option.as_str())
            };
            let set = move |command: clap::Command| match is_known(&command) {
                true => command.mut_arg(&one.option, |argument| argument.default_values(values)),
                false => command,
            };
            one.section.commands().iter().fold(command, |command, path| within(command, path, set.clone()))
        })
    }
}

/// Changes the command at the end of a path of names.
fn within(
    command: clap::Command,
    path: &[&str],
    change: impl FnOnce(clap::Command) -> clap::Command,
) -> clap::Command {
    match path {
        [] => change(command),
        [name, rest @ ..] => command.mut_subcommand(name, |inner| within(inner, rest, change)),
    }
}

impl Cli {
    /// Parses the arguments again with the values of the config file, if the command uses any.
    pub fn with_config(self, arguments: &[OsString]) -> Result<Self> {
        let organization = self.global.organization.as_deref();
        let found = match self.global.ignores_config {
            true => None,
            false => file::find(self.global.config.as_deref())?,
        };
        let Some(path) = found else {
            return match organization {
                None => Self::with_defaults(arguments, &Defaults::default()),
                Some(name) => Err(Error::usage(format!(
                    "--organization {name:?} needs a config file, and there is none"
                ))
                .hint_if_any(file::place().map(|place| format!("write one: {}", place.display())))
                .hint("or name one: --config FILE")),
            };
        };
        let mut defaults = of_file(&path, organization)?;
        if matches!(&self.command, Some(Command::Snapshots(args)) if args.prunes_by_id()) {
            defaults.values.retain(|one| one.section != Section::Prune);
        }
        let mut cli = Self::with_defaults(arguments, &defaults)
            .map_err(|error| error.hint(format!("settings from the config file: {}", path.display())))?;
        cli.global.config = Some(path);
        Ok(cli)
    }

    fn with_defaults(arguments: &[OsString], defaults: &Defaults) -> Result<Self> {
        let read = Self::parse_by(arguments, &|command| defaults.of(command));
        let (mut cli, matches) = read.map_err(|refusal| {
            let refusal = refusal.to_string();
            let said = refusal.lines().next().unwrap_or_default();
            Error::usage(said.strip_prefix("error: ").unwrap_or(said).to_owned())
        })?;
        cli.global.settings = settings(&matches, defaults);
        Ok(cli)
    }
}

/// Reads the file's values for an organization. Its own values take precedence over those for all.
fn of_file(path: &Path, organization: Option<&str>) -> Result<Defaults> {
    let table = file::read(path)?;
    let command = parse::command();
    let reader = keys::Reader { path, command: &command };
    let read = reader.read(&table)?;
    let mut values = read.for_all;
    if let Some(name) = organization {
        let known = || read.organizations.iter().map(|(name, _)| name.as_str());
        let Some((_, own)) = read.organizations.iter().find(|(known, _)| known == name) else {
            let error = Error::unknown(format!("{} has no [organization.{name}]", path.display()));
            return Err(error.hint_if_any(did_you_mean(name, known())).hint(match known().count() {
                0 => format!("write one: [organization.{name}] with db = \"…\" and profile = \"…\""),
                _ => format!("it has {}", known().collect::<Vec<_>>().join(", ")),
            }));
        };
        values.retain(|one| own.iter().all(|two| (two.section, &two.option) != (one.section, &one.option)));
        values.extend(own.iter().cloned());
    }
    // An AWS environment variable takes precedence over the file.
    values.retain(|one| settings::variable_of(&one.option).is_none());
    Ok(Defaults { values })
}

/// Returns the census that a command uses by default: that of the config file, unless an option chose another file or
/// another organization.
pub fn default_db() -> Option<PathBuf> {
    let path = file::find(None).ok()??;
    let of_census = |one: &ConfigValue| one.section == Section::Census && one.option == "db";
    let defaults = of_file(&path, None).ok()?;
    defaults.values.iter().find(|one| of_census(one)).and_then(|one| one.values.first()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_an_option_and_none_is_refused() {
        let command = parse::command();
        let reader = keys::Reader { path: Path::new("c.toml"), command: &command };
        for (section, least) in [(Section::Census, 4), (Section::Collect, 15), (Section::Prune, 6)] {
            let keys = reader.keys(section);
            assert!(keys.len() >= least, "{keys:?}");
        }
        let keys = reader.keys(Section::Collect);
        for absent in ["haste", "dry_run", "restart", "print_hash", "db", "external_id", "help"] {
            assert!(!keys.contains(&absent), "{absent}");
        }
    }
}
