//! Words for people, on standard error: what was done, warnings, and errors with their hints.
//!
//! Data never comes this way, and nothing else in the program prints prose. A standard error that is closed
//! is no reason to fail.

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

use super::text;
use crate::error::{Error, ErrorKind};
use crate::excerpt::{self, excerpt};

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
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Settles for the whole process how words are printed; the first call counts.
pub fn configure(is_quiet: bool, color: Color) {
    let is_colored = color.is_on(io::stderr().is_terminal());
    let _ = SETTINGS.set(Settings { is_quiet, is_colored });
}

/// Whether nothing is printed for now.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Does something whose words are not to be printed; errors are what it returns.
pub fn silently<T>(work: impl FnOnce() -> T) -> T {
    IS_SILENT.store(true, Ordering::Relaxed);
    let done = work();
    IS_SILENT.store(false, Ordering::Relaxed);
    done
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
        print_between(color, &words.to_string(), reset);
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
    for line in error.excerpt() {
        print("  ", line);
    }
    let mut above = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !repeats(&said, &above) {
            print(&label("caused by:", RED), &excerpt(&said, excerpt::MESSAGE));
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

fn print(label: &str, words: &str) {
    print_between(label, words, "");
}

/// The only place where words are printed, always as one line. What stands before and after them is ours; they may hold
/// names from a directory, or whatever was typed.
fn print_between(before: &str, words: &str, after: &str) {
    if IS_SILENT.load(Ordering::Relaxed) {
        return;
    }
    let _ = writeln!(io::stderr(), "{before}{}{after}", text::message(&text::shortened(words)));
}

/// Writes a field of a line of the log, which is one line whatever was typed and whatever AWS said.
pub fn write_log_field(
    writer: &mut tracing_subscriber::fmt::format::Writer<'_>,
    field: &tracing::field::Field,
    value: &dyn std::fmt::Debug,
) -> std::fmt::Result {
    let value = format!("{value:?}");
    let value = text::message(&value);
    match field.name() {
        "message" => write!(writer, "{value}"),
        name => write!(writer, "{name}={value}"),
    }
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
}
