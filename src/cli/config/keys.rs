//! The keys that a config file may have: the options of the census, and the options of `collect` and `prune`.

use std::path::Path;

use clap::{Arg, Command};
use toml::{Table, Value};

use super::ConfigValue;
use super::values::typed;
use crate::error::{Error, Result};
use crate::nearest::did_you_mean;

/// The options of the census, allowed at the top of the file and for each organization.
pub const OF_CENSUS: [&str; 4] = ["db", "profile", "assume_role", "region"];

/// The table that contains a table for each organization, and the option that chooses one.
pub const ORGANIZATION: &str = "organization";

/// A part of the file, with the defaults of one command's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The top of the file.
    Census,
    Collect,
    Prune,
}

impl Section {
    const TABLES: [Self; 2] = [Self::Collect, Self::Prune];

    /// Returns the name of its table; empty for the top.
    fn table(self) -> &'static str {
        match self {
            Self::Census => "",
            Self::Collect => "collect",
            Self::Prune => "prune",
        }
    }

    /// Returns the command whose options are its keys, as a path of names.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Census => &[],
            Self::Collect => &["collect"],
            Self::Prune => &["snapshots", "prune"],
        }
    }

    /// Returns the commands that use its values. `doctor` examines what `collect` needs with the same options.
    pub fn commands(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Census => &[&[]],
            Self::Collect => &[&["collect"], &["doctor"]],
            Self::Prune => &[&["snapshots", "prune"]],
        }
    }

    /// Returns true if an option of its command is a key.
    fn has(self, option: &Arg) -> bool {
        let name = option.get_id().as_str();
        match self {
            Self::Census => OF_CENSUS.contains(&name),
            Self::Collect | Self::Prune => {
                option.get_long().is_some()
                    && !option.is_hide_set()
                    && !option.is_global_set()
                    && refusal(name).is_none()
            }
        }
    }

    /// Returns the place of its values in the file, for messages.
    fn place(self, organization: Option<&str>) -> String {
        let names =
            [organization.map(|name| format!("{ORGANIZATION}.{name}")), Some(self.table().to_owned())];
        let names: Vec<_> = names.into_iter().flatten().filter(|name| !name.is_empty()).collect();
        if names.is_empty() { String::new() } else { format!("[{}] of ", names.join(".")) }
    }
}

/// A kind of key that is refused in every config file, recognized by a word in its name.
struct Refused {
    words: &'static [&'static str],
    why: &'static str,
    instead: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        words: &[
            "key",
            "keys",
            "secret",
            "secrets",
            "token",
            "tokens",
            "password",
            "passwords",
            "credential",
            "credentials",
        ],
        why: "credentials are not kept in it",
        instead: "name a profile, profile = \"NAME\", and keep them where AWS tools find them",
    },
    Refused {
        words: &["external"],
        why: "an external id is not kept in it",
        instead: "type --external-id ID, or use a profile of the AWS configuration that has external_id",
    },
    Refused {
        words: &["endpoint", "endpoints", "url", "urls", "proxy"],
        why: "a config file must not set where signed calls are sent",
        instead: "set AWS_ENDPOINT_URL or HTTPS_PROXY in the environment",
    },
    Refused {
        words: &[
            "command", "commands", "cmd", "exec", "process", "shell", "script", "hook", "hooks", "pager",
            "editor",
        ],
        why: "a config file must not start a program",
        instead: "run the program from a script; a profile of the AWS configuration may have credential_process",
    },
    Refused {
        words: &["restart", "dry", "print"],
        why: "it is for one run",
        instead: "give it on the command line when you need it",
    },
];

/// Returns the reason why a key with this name is refused.
fn refusal(name: &str) -> Option<&'static Refused> {
    let is_word = |word: &str| REFUSED.iter().find(|one| one.words.contains(&word));
    name.split('_').find_map(is_word)
}

/// The values of a config file.
#[derive(Debug, Default)]
pub struct Read {
    /// The values for every organization.
    pub for_all: Vec<ConfigValue>,
    /// The values of each organization, by its name in the file.
    pub organizations: Vec<(String, Vec<ConfigValue>)>,
}

/// Reads the tables of a file.
pub struct Reader<'r> {
    pub path: &'r Path,
    pub command: &'r Command,
}

impl<'r> Reader<'r> {
    /// Reads the whole file. A mistake is an error even in a part that is not used now.
    pub fn read(&self, file: &Table) -> Result<Read> {
        let mut read = Read { for_all: self.part(file, None)?, organizations: Vec::new() };
        let Some(organizations) = file.get(ORGANIZATION) else { return Ok(read) };
        let organizations = self.table(organizations, "[organization.NAME]")?;
        for (name, table) in organizations {
            let table = self.table(table, &format!("[{ORGANIZATION}.{name}]"))?;
            read.organizations.push((name.clone(), self.part(table, Some(name))?));
        }
        Ok(read)
    }

    /// Returns the keys of a section.
    pub fn keys(&self, section: Section) -> Vec<&'r str> {
        self.options(section).map(|option| option.get_id().as_str()).collect()
    }

    fn options(&self, section: Section) -> impl Iterator<Item = &'r Arg> {
        let command = section.command().iter().fold(self.command, |command, name| {
            command.find_subcommand(name).expect("a section is of a command that there is")
        });
        command.get_arguments().filter(move |option| section.has(option))
    }

    /// Reads the top of the file, or the table of an organization.
    fn part(&self, table: &Table, organization: Option<&str>) -> Result<Vec<ConfigValue>> {
        let mut values = Vec::new();
        let mut plain = Table::new();
        for (key, value) in table {
            let section = Section::TABLES.into_iter().find(|section| section.table() == key);
            match section {
                _ if key == ORGANIZATION && organization.is_none() => {}
                Some(section) => {
                    let name = section.place(organization);
                    let inner = self.table(value, name.trim_end_matches(" of "))?;
                    values.extend(self.section(section, inner, organization)?);
                }
                None => drop(plain.insert(key.clone(), value.clone())),
            }
        }
        values.extend(self.section(Section::Census, &plain, organization)?);
        Ok(values)
    }

    fn section(
        &self,
        section: Section,
        table: &Table,
        organization: Option<&str>,
    ) -> Result<Vec<ConfigValue>> {
        let place = format!("{}{}", section.place(organization), self.path.display());
        let mut values: Vec<ConfigValue> = Vec::new();
        for (key, value) in table {
            let name = key.replace('-', "_").to_ascii_lowercase();
            if let Some(refused) = refusal(&name) {
                return Err(Error::usage(format!("{key} in {place} is refused: {}", refused.why))
                    .hint(refused.instead));
            }
            let mut options = self.options(section);
            let Some(option) = options.find(|option| option.get_id() == name.as_str()) else {
                return Err(self.unknown(key, &name, &place, section));
            };
            if values.iter().any(|one| one.option == name) {
                return Err(
                    Error::usage(format!("{name} occurs twice in {place}")).hint("keep one of the two")
                );
            }
            let values_typed = typed(option, value, section.command()).map_err(|why| {
                Error::usage(format!("{key} in {place} cannot be used: {why}")).hint(format!(
                    "{} --help shows the values that it accepts",
                    ["orgcensus"].iter().chain(section.command()).copied().collect::<Vec<_>>().join(" ")
                ))
            })?;
            values.push(ConfigValue { section, option: name, values: values_typed, place: place.clone() });
        }
        Ok(values)
    }

    fn unknown(&self, key: &str, name: &str, place: &str, section: Section) -> Error {
        let mut words = self.keys(section);
        if section == Section::Census {
            words.extend(Section::TABLES.map(Section::table));
            words.push(ORGANIZATION);
        }
        let error = Error::usage(format!("{place} has an unknown key {key:?}"));
        let error = error.hint_if_any(did_you_mean(name, words.iter().copied()));
        // For a key in the wrong table, the hint names the right one.
        let in_table = Section::TABLES
            .into_iter()
            .filter(|other| *other != section)
            .find(|other| self.options(*other).any(|option| option.get_id() == name));
        match in_table {
            Some(other) => error.hint(format!("{name} belongs in [{}]", other.table())),
            None if OF_CENSUS.contains(&name) => {
                error.hint(format!("{name} belongs before the first [table]"))
            }
            None => error.hint(format!("the keys here are {}", words.join(", "))),
        }
    }

    fn table<'t>(&self, value: &'t Value, name: &str) -> Result<&'t Table> {
        value.as_table().ok_or_else(|| {
            Error::usage(format!("{name} in {} must be a table, not a value", self.path.display()))
                .hint(format!("begin it with a line of its own: {name}"))
        })
    }
}
