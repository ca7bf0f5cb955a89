//! The command line: one file per subcommand, with its arguments and a short `run`.
//!
//! A command's help is its documentation: it explains every option, and ends with examples. Commands decide on the
//! output and its order. The work is done in `collect`, `query`, `diff`, `history` and `store`, and all output goes
//! through `output`. Nothing here ends the process, except for a second Ctrl-C.

mod about;
mod collect;
mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod evidence;
mod evidence_check;
mod export;
mod global;
mod history;
mod iam_policy;
mod man;
#[cfg(test)]
mod one_moment;
mod parse;
mod policy_diff;
mod progress;
mod query;
mod range;
mod refusal;
mod report;
mod schema;
mod snapshot_line;
mod snapshots;
mod status;
mod who;

use std::path::Path;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

pub use global::GlobalOptions;
pub use refusal::{Refusal, print as print_refusal};

use crate::document::privileges::Levels;
use crate::error::{Error, ExitStatus, Result};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "orgcensus",
    version,
    about = "A local, SQL-queryable census of an AWS organization",
    long_about = "A local, SQL-queryable census of an AWS organization: who could reach what, on any date, \
                  since when, and through what.\n\nWithout a command it shows the state of the census.",
    after_help = EXAMPLES,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalOptions,

    /// Options of the state of the census, which is shown without a command.
    #[command(flatten)]
    pub state: status::StateArgs,

    /// `None` shows the state of the census.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Returns the option that the printed commands need to use this run's census; `None` if they would without.
    pub fn db_option(&self) -> Option<String> {
        global::db_option(match self.command {
            Some(Command::Demo(_)) => Path::new(demo::DATABASE),
            _ => &self.global.db,
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  orgcensus demo                               see it work, without credentials
  orgcensus doctor                             what can these credentials see?
  orgcensus collect                            take a snapshot
  orgcensus                                    the state of the census
  orgcensus --max-age 26h --exit-code          for a monitor: exit code 4, or 0
  orgcensus who ana                            what a person reaches, and how
  orgcensus admins --ou /Workloads/Prod        who is privileged there
  orgcensus query --list                       the questions it answers by name
  orgcensus query user-access ana              what a user can reach, and how
  orgcensus query user-access ana --at 2026-09-30   the same on a past date
  orgcensus history ana                        her history, over all snapshots
  orgcensus query 'SELECT count(*) FROM users' any SQL: see orgcensus schema
  orgcensus snapshots                          the dates that it can answer for

Exit codes:
  0 done   1 failed   2 usage or an unknown name
  3 diff --exit-code found changes
  4 incomplete: a snapshot with gaps, or --require-complete was not met;
    --exit-code without a command: the last one is partial, suspect or too old
  5 stopped before publishing, run again to resume   130 interrupted";

/// The subcommands, in the order of the help page.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who the caller is, what these credentials can read, and what is missing
    Doctor(doctor::DoctorArgs),
    /// Take a snapshot of the organization
    Collect(collect::CollectArgs),
    /// Ask the census: a canned query by name, or any SQL
    Query(query::QueryArgs),
    /// Show what a person or group reaches, or who reaches an account, permission set or OU
    Who(who::WhoArgs),
    /// Show who is privileged, where and through what
    Admins(who::AdminsArgs),
    /// Find anything by part of its name, e-mail address or id
    Find(who::FindArgs),
    /// Show what changed between two snapshots, and why access did
    Diff(diff::DiffArgs),
    /// Compare a policy between two dates, or two policy documents
    PolicyDiff(policy_diff::PolicyDiffArgs),
    /// Show the history of one account, user, group or permission set
    History(history::HistoryArgs),
    /// List the snapshots; show, verify, label, prune or copy them
    Snapshots(snapshots::SnapshotsArgs),
    /// Check the evidence that was written beside an answer
    Evidence(evidence_check::EvidenceCommandArgs),
    /// Write the census for other programs: tables, reports, workbooks, Terraform and others
    Export(export::ExportArgs),
    /// Write one HTML page for people who do not open a terminal
    Report(report::ReportArgs),
    /// Show the tables, views and columns that SQL can use
    Schema(schema::SchemaArgs),
    /// Print the smallest IAM policy that collect needs
    IamPolicy(iam_policy::IamPolicyArgs),
    /// Simulate ninety nights of an organization, and ask ten questions of them
    Demo(demo::DemoArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(man::ManArgs),
    /// Show the state of the census, as the bare program does
    #[command(hide = true)]
    Status(status::StateArgs),
}

/// Runs the command. Returns the exit code of the process.
pub fn run(cli: Cli) -> Result<ExitStatus> {
    let Cli { global, state, command } = cli;
    match command {
        None => status::run(&state, &global),
        Some(Command::Doctor(args)) => doctor::run(args, &global),
        Some(Command::Collect(args)) => collect::run(args, &global),
        Some(Command::IamPolicy(args)) => iam_policy::run(args, &global),
        Some(Command::Demo(args)) => demo::run(args, &global),
        Some(Command::Query(args)) => query::run(args, &global),
        Some(Command::Who(args)) => who::who(args, &global),
        Some(Command::Admins(args)) => who::admins(args, &global),
        Some(Command::Find(args)) => who::find(args, &global),
        Some(Command::Diff(args)) => diff::run(args, &global),
        Some(Command::PolicyDiff(args)) => policy_diff::run(args, &global),
        Some(Command::History(args)) => history::run(args, &global),
        Some(Command::Snapshots(args)) => snapshots::run(args, &global),
        Some(Command::Evidence(args)) => evidence_check::run(args, &global),
        Some(Command::Export(args)) => export::run(args, &global),
        Some(Command::Report(args)) => report::run(args, &global),
        Some(Command::Schema(args)) => schema::run(args, &global),
        Some(Command::Completions(args)) => completions::run(args, &global),
        Some(Command::Man(args)) => man::run(args, &global),
        Some(Command::Status(args)) => status::run(&args, &global),
    }
}

/// Parses a duration: `90s`, `10m`, `1h 30m`.
fn duration(typed: &str) -> Result<Duration, String> {
    let typed = typed.trim();
    match humantime::parse_duration(typed) {
        Err(_) if typed.parse::<f64>().is_ok() => {
            Err(format!("{typed} of what? give the unit, e.g. {typed}s, {typed}m or {typed}h"))
        }
        parsed => parsed.map_err(|error| format!("{error}; write e.g. 90s, 10m or 1h30m")),
    }
}

/// Parses a level of privilege. A shell completes the words, and an error lists them.
fn privilege_levels() -> impl TypedValueParser<Value = Levels> {
    PossibleValuesParser::new(Levels::ALL.map(Levels::as_str))
        .map(|word| Levels::named(&word).expect("the parser takes only words that name one"))
}

/// Parses a duration greater than zero.
fn time_limit(typed: &str) -> Result<Duration, String> {
    let limit = duration(typed)?;
    if limit.is_zero() { Err("no time at all; leave it out for no limit".to_owned()) } else { Ok(limit) }
}

/// Returns the runtime of commands that call AWS. Two workers suffice, because AWS's quotas limit the speed.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_and_command_is_documented() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no description", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&parse::command());
    }

    #[test]
    fn what_follows_the_options_stays_in_shape_on_a_terminal_of_80_columns() {
        fn check(command: &clap::Command) {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<&str> = after.lines().collect();
            for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
                let is_in_columns = line.starts_with("  ") && line.trim_start().contains("  ")
                    || line.starts_with("                ");
                assert!(!is_in_columns || line.chars().count() <= 80, "{}: {line}", command.get_name());
                // The parser's printer wraps prose itself, so a line break within a paragraph would show.
                let is_prose = !line.starts_with(' ') && !line.is_empty() && !line.ends_with(':');
                assert!(!is_prose || next.is_empty(), "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&parse::command());
    }
}
