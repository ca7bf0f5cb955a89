//! Words for people, on standard error: what was done, warnings, and errors with their hints.
//!
//! Data never comes this way, and nothing else in the program prints prose. A standard error that is closed
//! is no reason to fail.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ValueEnum;

use super::text;
use crate::error::{Error, ErrorKind};

/// When colour is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands that ask a census, and so mean another one without its `--db`.
const ASKING: [&str; 5] = ["collect", "query", "diff", "history", "snapshots"];

impl Color {
    /// Whether to colour what goes to a terminal, or to something else.
    pub fn is_on(self, is_terminal: bool) -> bool {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                is_terminal
                    && !is_set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

#[derive(Debug, Default)]
struct Settings {
    is_quiet: bool,
    is_colored: bool,
    db_option: String,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Settles for the whole process how words are printed; the first call counts. `db_option`, such as ` --db x.db`,
/// is put into every command that is printed and needs it to mean the same census.
pub fn configure(is_quiet: bool, color: Color, db_option: String) {
    let is_colored = color.is_on(io::stderr().is_terminal());
    let _ = SETTINGS.set(Settings { is_quiet, is_colored, db_option });
}

/// Whether only warnings and errors are wanted.
pub fn is_quiet() -> bool {
    SETTINGS.get().is_some_and(|settings| settings.is_quiet)
}

/// Whether words may be coloured; for the progress printer and the log.
pub fn is_colored() -> bool {
    SETTINGS.get().is_some_and(|settings| settings.is_colored)
}

/// Says something that a quiet run leaves out.
pub fn say(words: impl Display) {
    if !is_quiet() {
        print("", &words.to_string());
    }
}

/// Says something that is not a warning but that is shown with `--quiet` too.
pub fn note(words: impl Display) {
    print("", &words.to_string());
}

/// Says, in yellow, something that a quiet run leaves out and that is easily overlooked.
pub fn caution(words: impl Display) {
    if !is_quiet() {
        let (color, reset) = if is_colored() { (YELLOW, RESET) } else { ("", "") };
        let _ = writeln!(io::stderr(), "{color}{}{reset}", text::lines(&words.to_string()));
    }
}

/// Says something that must not go unnoticed, in a quiet run too.
pub fn warn(words: impl Display) {
    print(&label("warning:", YELLOW), &words.to_string());
}

/// Prints an error, its causes and its hints.
pub fn print_error(error: &Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        return;
    }
    print(&label("error:", RED), &error.to_string());
    let mut above = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !repeats(&said, &above) {
            print(&label("caused by:", RED), &said);
        }
        (above, source) = (said, cause.source());
    }
    for hint in error.hints() {
        print(&label("hint:", CYAN), hint);
    }
}

/// Whether a cause says no more than what stands above it, but for the number that SQLite gives it.
fn repeats(cause: &str, above: &str) -> bool {
    let text = cause.strip_prefix("Error code ").and_then(|rest| Some(rest.split_once(": ")?.1));
    above.contains(text.unwrap_or(cause))
}

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[1;36m";
const RESET: &str = "\u{1b}[0m";

fn label(words: &str, color: &str) -> String {
    if is_colored() { format!("{color}{words}{RESET} ") } else { format!("{words} ") }
}

/// The label is ours; the words may hold names from a directory and are neutralised.
fn print(label: &str, words: &str) {
    let db_option = SETTINGS.get().map_or("", |settings| &settings.db_option);
    let _ = writeln!(io::stderr(), "{label}{}", text::lines(&of_the_census(words, db_option)));
}

/// The words with `db_option` in each command that asks a census and says nothing of which.
fn of_the_census<'a>(words: &'a str, db_option: &str) -> Cow<'a, str> {
    const PROGRAM: &str = "orgcensus";
    if db_option.is_empty() {
        return Cow::Borrowed(words);
    }
    let mut parts = words.split(PROGRAM);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told.push_str(PROGRAM);
        let mut arguments = part.split_ascii_whitespace();
        let command =
            arguments.next().unwrap_or_default().trim_end_matches(|one: char| !one.is_alphanumeric());
        let asks = part.starts_with(' ') && ASKING.contains(&command);
        if asks && !matches!(arguments.next(), Some("--list" | "--show")) && !part.contains(" --db ") {
            told.push_str(db_option);
        }
        told.push_str(part);
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_not_said_twice() {
        assert!(repeats("Error code 26: file is not a database", "file is not a database"));
        assert!(repeats("no such file", "cannot open x: no such file"));
        assert!(!repeats("Error code 26: file is not a database", "cannot open x"));
        assert!(!repeats("Permission denied (os error 13)", "cannot write to x.csv"));
    }

    #[test]
    fn a_command_that_is_printed_means_the_census_that_was_asked() {
        for (words, expected) in [
            ("see orgcensus snapshots", "see orgcensus --db x.db snapshots"),
            ("orgcensus query --list shows them", "orgcensus query --list shows them"),
            ("orgcensus schema users", "orgcensus schema users"),
            ("orgcensus diff 1 2 --db y.db", "orgcensus diff 1 2 --db y.db"),
            (
                "an orgcensus.db: orgcensus collect, then `orgcensus diff`",
                "an orgcensus.db: orgcensus --db x.db collect, then `orgcensus --db x.db diff`",
            ),
        ] {
            assert_eq!(of_the_census(words, " --db x.db"), expected);
            assert_eq!(of_the_census(words, ""), words);
        }
    }
}
