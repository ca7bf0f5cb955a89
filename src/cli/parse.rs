//! Parses the arguments into a [`Cli`]. Each command takes only the common options that apply to it. Its help shows no
//! others, and others are refused.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches};

use super::{Cli, Command};
use crate::output::text;

/// The environment variable that names the census.
pub(super) const DB: &str = "ORGCENSUS_DB";

/// The options that every command takes, besides help and version.
const EVERYWHERE: &[&str] = &["quiet", "verbose", "color", "no_pager"];

/// The options of the config file, taken by every command with a census.
const OF_CONFIG: &[&str] = &["config", "ignores_config", "of_organization"];

/// Returns the further options that a command takes; the name of the bare program is empty. A nested command takes the
/// same, unless listed itself.
fn takes(command: &str) -> &'static [&'static str] {
    match command {
        "snapshots label" => &["db"],
        "export" => &["db", "at", "csv_for", "output", "force"],
        "snapshots prune" | "snapshots verify" | "evidence" => {
            &["db", "format", "csv_for", "output", "force"]
        }
        "snapshots copy" => &["db", "at", "force"],
        "doctor" => {
            &["db", "profile", "region", "assume_role", "external_id", "format", "csv_for", "output", "force"]
        }
        "collect" => &["db", "profile", "region", "assume_role", "external_id", "format", "output", "force"],
        "" | "status" => &["db", "at", "format", "output", "force"],
        "query" | "who" | "admins" | "find" | "history" | "snapshots" | "schema" => {
            &["db", "at", "format", "csv_for", "output", "force"]
        }
        "diff" | "policy-diff" => &["db", "format", "csv_for", "output", "force"],
        "export assignments-csv" => &["db", "at", "csv_for", "output", "force"],
        "export assignments-json" => &["db", "at", "output", "force"],
        "export xlsx" => &["db", "at", "force"],
        "report" => &["db", "at", "force"],
        "export terraform" | "export cloudformation" | "export identity-center-extensions" => &["db", "at"],
        "iam-policy" | "completions" | "man" => &["output", "force"],
        _ => command.rsplit_once(' ').map_or(&[], |(parent, _)| takes(parent)),
    }
}

/// A change of the command line before it is used, such as new defaults.
type Prepare<'p> = &'p dyn Fn(clap::Command) -> clap::Command;

impl Cli {
    /// Parses the arguments as they are. An error repeats them unescaped.
    pub(super) fn parse(arguments: &[OsString]) -> Result<Self, clap::Error> {
        Self::parse_by(arguments, &|command| command).map(|(cli, _)| cli)
    }

    /// Parses the arguments with the command line that `prepare` returns. Returns the matches too.
    pub(super) fn parse_by(
        arguments: &[OsString],
        prepare: Prepare<'_>,
    ) -> Result<(Self, ArgMatches), clap::Error> {
        let arguments: Vec<OsString> = arguments.iter().cloned().map(sql_is_no_option).collect();
        let (cli, matches) = Self::parse_once(arguments.clone(), prepare)?;
        match &cli.command {
            Some(Command::Query(query)) => match query.taken_by_during() {
                Some(taken) => Self::parse_once(given_back(arguments, taken), prepare),
                None => Ok((cli, matches)),
            },
            _ => Ok((cli, matches)),
        }
    }

    fn parse_once(arguments: Vec<OsString>, prepare: Prepare<'_>) -> Result<(Self, ArgMatches), clap::Error> {
        let mut command = prepare(command());
        let matches = command.try_get_matches_from_mut(arguments)?;
        refuse_idle(&mut command, &matches)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        cli.global.settle_census();
        if !cli.global.other_dbs.is_empty() && !matches!(cli.command, Some(Command::Query(_))) {
            let message = "--db was given several times\n\n  \
                           tip: only query accepts several: orgcensus query … --db FILE --db FILE";
            return Err(command.error(ErrorKind::ArgumentConflict, message));
        }
        if cli.global.external_id.is_some() && cli.global.assume_role.is_none() {
            let message = "--external-id requires --assume-role ARN";
            return Err(command.error(ErrorKind::MissingRequiredArgument, message));
        }
        if let (Some(option), Some(name)) = (cli.state.typed(), matches.subcommand_name()) {
            let message = format!(
                "{option} before a command does not apply to {name}: it is for the state of the census"
            );
            return Err(command.error(ErrorKind::UnknownArgument, message));
        }
        Ok((cli, matches))
    }
}

/// Returns the arguments with only the first of two words after `--during`.
fn given_back(mut arguments: Vec<OsString>, [first, second]: [&str; 2]) -> Vec<OsString> {
    let taken = ["--during", first, second].map(OsString::from);
    if let Some(place) = arguments.windows(3).position(|words| words == taken) {
        arguments.splice(place..place + 2, [OsString::from(format!("--during={first}"))]);
    }
    arguments
}

/// Returns the command line, in which every command's help shows the options that it takes.
pub(super) fn command() -> clap::Command {
    let mut command = Cli::command();
    if std::env::var_os(DB).is_some_and(|name| name.is_empty()) {
        // An empty name counts as unset, instead of an error of every command.
        command = command.mut_arg("db", |db| db.env(Resettable::Reset));
    }
    let is_plain = |name: OsString| text::message(&name.to_string_lossy()) == name.to_string_lossy();
    if std::env::var_os(DB).is_some_and(|name| !is_plain(name)) {
        // Help shows the value.
        command = command.mut_arg("db", |db| db.hide_env_values(true));
    }
    let anywhere: Vec<Arg> = command.get_arguments().filter(|one| one.is_global_set()).cloned().collect();
    hide_idle(command, "", &anywhere)
}

/// Hides the options that do not apply from the help of a command's commands. They are hidden, not removed, so that the
/// program's own error refuses them in every position.
fn hide_idle(mut command: clap::Command, parent: &str, anywhere: &[Arg]) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{parent} {name}").trim_start().to_owned();
        let idle = anywhere.iter().filter(|one| !is_taken(one.get_id().as_str(), &path));
        let idle: Vec<Arg> = idle.map(|one| one.clone().hide(true)).collect();
        command =
            command.mut_subcommand(name, |subcommand| hide_idle(subcommand.args(idle), &path, anywhere));
    }
    command
}

/// Returns the command line for shell completion, in which an option that a command refuses may not even be hidden.
pub(super) fn command_to_complete() -> clap::Command {
    let command = Cli::command();
    let anywhere: Vec<Arg> = command
        .get_arguments()
        .filter(|one| one.is_global_set())
        .map(|one| one.clone().global(false))
        .collect();
    give_taken(command.mut_args(|one| one.global(false)), "", &anywhere)
}

fn give_taken(mut command: clap::Command, parent: &str, anywhere: &[Arg]) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{parent} {name}").trim_start().to_owned();
        let taken = anywhere.iter().filter(|one| is_taken(one.get_id().as_str(), &path));
        command = command.mut_subcommand(name, |subcommand| {
            let missing =
                taken.filter(|one| subcommand.get_arguments().all(|own| own.get_id() != one.get_id()));
            let missing: Vec<Arg> = missing.cloned().collect();
            give_taken(subcommand.args(missing), &path, anywhere)
        });
    }
    command
}

fn is_taken(option: &str, command: &str) -> bool {
    // Every command with a census takes the config file, which names the census.
    let option = if OF_CONFIG.contains(&option) { "db" } else { option };
    EVERYWHERE.contains(&option) || takes(command).contains(&option)
}

/// Fails for a typed option that does not apply to the command.
fn refuse_idle(command: &mut clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let names: Vec<&str> = std::iter::successors(matches.subcommand(), |(_, inner)| inner.subcommand())
        .map(|(name, _)| name)
        .collect();
    let name = names.join(" ");
    let name = name.as_str();
    let typed = |option: &&Arg| {
        option.is_global_set()
            && matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let Some(idle) = command.get_arguments().filter(typed).find(|one| !is_taken(one.get_id().as_str(), name))
    else {
        return Ok(());
    };
    let option = idle.get_long().unwrap_or_default();
    let instead = match (option, name) {
        ("at", "evidence check") => "the evidence says which snapshots it is of",
        ("at", "snapshots verify") => "it reads the whole file, and --expect HASH asks for a snapshot",
        ("at", _) => "orgcensus query … --at WHEN answers as of a past snapshot",
        _ if OF_CONFIG.contains(&idle.get_id().as_str()) => "it does not use the config file",
        ("db", "demo") => "its census is orgcensus-demo.db in the working directory",
        ("db", _) => "ORGCENSUS_DB names the census for every command",
        ("profile" | "region" | "assume-role" | "external-id", _) => "it does not call AWS",
        ("format" | "csv-for", "iam-policy") => "a policy is JSON",
        ("csv-for", "" | "status" | "completions" | "man") => "it writes no CSV",
        ("output", "snapshots copy") => "the name of the copy follows the command",
        _ => "it writes no data",
    };
    let shown = if name.is_empty() { "orgcensus without a command" } else { name };
    let message = format!("--{option} does not apply to {shown}: {instead}");
    let command = names.iter().fold(command, |command, name| {
        command.find_subcommand_mut(name).expect("the matches are those of the command")
    });
    Err(command.error(ErrorKind::UnknownArgument, message))
}

/// Protects SQL that begins with a comment from being parsed as an option. No option's name contains white space. A
/// line feed in front makes the argument a value.
fn sql_is_no_option(argument: OsString) -> OsString {
    let is_comment = argument.to_str().is_some_and(|text| {
        let name = text.split('=').next().unwrap_or_default();
        text.starts_with("--") && name.contains(char::is_whitespace)
    });
    if !is_comment {
        return argument;
    }
    let mut sql = OsString::from("\n");
    sql.push(argument);
    sql
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::*;

    fn read(arguments: &[&str]) -> Result<Cli, Refusal> {
        Cli::read([&["orgcensus"], arguments].concat().into_iter().map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
        let known: Vec<_> = command().get_arguments().map(|one| one.get_id().to_string()).collect();
        for subcommand in command().get_subcommands() {
            for option in takes(subcommand.get_name()).iter().chain(EVERYWHERE) {
                assert!(known.contains(&(*option).to_owned()), "{option} of {}", subcommand.get_name());
            }
        }
    }

    #[test]
    fn a_shell_completes_what_a_command_takes_and_nothing_else() {
        fn check(command: &clap::Command, path: &str) {
            for option in command.get_arguments().filter_map(|one| one.get_long()) {
                let line = path.split_whitespace().chain(["--help"]);
                let line = std::iter::once("orgcensus").chain(line).map(OsString::from);
                let help = Cli::read(line).unwrap_err().to_string();
                assert!(option == "haste" || help.contains(&format!("--{option}")), "{path} --{option}");
            }
            for inner in command.get_subcommands() {
                check(inner, format!("{path} {}", inner.get_name()).trim_start());
            }
        }
        let mut command = command_to_complete();
        command.build();
        check(&command_to_complete(), "");
        let query = command.find_subcommand("query").expect("there is one");
        assert!(query.get_arguments().any(|one| one.get_long() == Some("format")));
    }

    #[test]
    fn a_commands_commands_take_the_same_or_what_is_said() {
        for arguments in [
            &["snapshots", "--at", "1"][..],
            &["snapshots", "show", "--at", "1"],
            &["snapshots", "copy", "x.db", "--at", "1", "--at", "2"],
            &["--at", "1"],
            &["schema", "--at", "1"],
        ] {
            assert!(read(arguments).is_ok(), "{arguments:?}");
        }
        for (arguments, says) in [
            (&["--at", "1", "snapshots", "prune", "1"][..], "--at does not apply to snapshots prune"),
            (&["snapshots", "verify", "--at", "1"], "it reads the whole file"),
            (
                &["snapshots", "label", "1", "x", "--format", "csv"],
                "--format does not apply to snapshots label",
            ),
            (&["snapshots", "copy", "x.db", "--output", "y"], "the name of the copy follows the command"),
        ] {
            let error = read(arguments).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn an_option_stands_before_or_after_its_command() {
        for arguments in [&["--db", "x.db", "query", "a"][..], &["query", "a", "--db", "x.db"]] {
            assert_eq!(read(arguments).unwrap().global.db.to_str(), Some("x.db"));
        }
        assert!(read(&["--profile", "p", "collect"]).is_ok());
    }

    #[test]
    fn an_option_that_means_nothing_to_a_command_is_refused_wherever_it_stands() {
        for (option, value) in [("--db", "x"), ("--output", "x"), ("--at", "1"), ("--profile", "p")] {
            for arguments in [[option, value, "demo"], ["demo", option, value]] {
                let error = read(&arguments).unwrap_err().to_string();
                assert!(error.starts_with(&format!("error: {option} does not apply to demo: ")), "{error}");
            }
        }
        for arguments in [
            &["demo", "--format", "csv"][..],
            &["--max-age", "26h", "query", "a"],
            &["--exit-code", "snapshots"],
            &["iam-policy", "--format", "csv"],
            &["query", "a", "--profile", "p"],
            &["diff", "--at", "1"],
            &["snapshots", "show", "1", "--region", "x"],
        ] {
            assert!(read(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_value_after_during_stays_one() {
        for (arguments, during) in [
            (&["user-access", "--during", "2026-Q3", "ana"][..], &["2026-Q3"][..]),
            (&["--during", "2026-Q3", "user-access", "ana"], &["2026-Q3"]),
            (&["--during", "1..4", "user-access", "ana"], &["1..4"]),
            (&["user-access", "--during", "1..4", "ana"], &["1..4"]),
            (&["account-access", "--during", "2026-Q3", "111122223333"], &["2026-Q3"]),
            (&["--during", "2026-Q3", "privileged-access"], &["2026-Q3"]),
            (&["--during", "2026-Q3", "SELECT 1"], &["2026-Q3"]),
            (&["--during", "2026-Q3", "-"], &["2026-Q3"]),
            (&["user-access", "ana", "--during", "1", "4"], &["1", "4"]),
            (&["user-access", "-p", "user=ana", "--during", "1", "4"], &["1", "4"]),
            (&["--during", "1", "4", "user-access", "ana"], &["1", "4"]),
            (&["SELECT 1", "--during", "first", "q3-review"], &["first", "q3-review"]),
            (&["privileged-access", "--during", "first", "q3-review"], &["first", "q3-review"]),
            (&["privileged-access", "--during", "2026-Q3", "escalation"], &["2026-Q3"]),
        ] {
            let cli = read(&[&["query"], arguments].concat()).unwrap();
            let Some(Command::Query(query)) = cli.command else { panic!() };
            assert_eq!(query.during(), during, "{arguments:?}");
        }
    }

    #[test]
    fn sql_may_begin_with_a_comment() {
        assert!(read(&["query", "-- who = what\nSELECT 1"]).is_ok());
        assert!(read(&["query", "--who\nSELECT 1"]).is_ok());
        assert!(read(&["query", "--lst"]).is_err());
        assert!(read(&["collect", "--labl=a b"]).is_err());
    }
}
