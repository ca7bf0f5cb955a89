//! Messages for people on standard error: actions, warnings, and errors with their hints.
//!
//! Data is never written here, and nothing else in the program prints messages. A closed standard error is no reason to
//! fail.

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use rustix::termios::tcgetwinsize;

use super::text;
use super::wrap::{Breaks, width, wrapped};
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
    /// Decides whether to use colours, on a terminal or elsewhere.
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

/// Sets for the whole process how messages are printed. Only the first call counts.
pub fn configure(is_quiet: bool, color: Color) {
    let is_colored = color.is_on(io::stderr().is_terminal());
    let _ = SETTINGS.set(Settings { is_quiet, is_colored });
}

/// Set while no messages are printed.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Runs work whose messages are not printed. It returns its errors.
pub fn silently<T>(work: impl FnOnce() -> T) -> T {
    IS_SILENT.store(true, Ordering::Relaxed);
    let done = work();
    IS_SILENT.store(false, Ordering::Relaxed);
    done
}

/// Returns true if only warnings and errors are wanted.
pub fn is_quiet() -> bool {
    SETTINGS.get().is_some_and(|settings| settings.is_quiet)
}

/// Returns true if messages may be coloured; for the progress printer and the log.
pub fn is_colored() -> bool {
    SETTINGS.get().is_some_and(|settings| settings.is_colored)
}

/// Prints a message that a quiet run omits.
pub fn say(words: impl Display) {
    if !is_quiet() {
        print(None, &words.to_string());
    }
}

/// Prints a message that is not a warning, in a quiet run too.
pub fn note(words: impl Display) {
    print(None, &words.to_string());
}

/// Prints in yellow a message that a quiet run omits and that is easily overlooked.
pub fn caution(words: impl Display) {
    if !is_quiet() {
        let words = words.to_string();
        print_lines(&words, |line, _| colored(YELLOW, line));
    }
}

/// Prints a warning, in a quiet run too.
pub fn warn(words: impl Display) {
    print(Some(("warning:", YELLOW)), &words.to_string());
}

/// Prints an error, its causes and its hints.
pub fn print_error(error: &Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        return;
    }
    print(Some(("error:", RED)), &error.to_string());
    // A position in SQL is marked below its line, so the lines stay unchanged.
    for line in error.excerpt() {
        write_line(&format!("  {}", text::message(&text::shortened(line))));
    }
    let mut above = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !repeats(&said, &above) {
            print(Some(("caused by:", RED)), &excerpt(&said, excerpt::MESSAGE));
        }
        (above, source) = (said, cause.source());
    }
    for hint in error.hints() {
        print(Some(("hint:", CYAN)), hint);
    }
}

/// Returns true if a cause only repeats the error above it, apart from SQLite's error number.
fn repeats(cause: &str, above: &str) -> bool {
    let text = cause.strip_prefix("Error code ").and_then(|rest| Some(rest.split_once(": ")?.1));
    above.contains(text.unwrap_or(cause))
}

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[1;36m";
const RESET: &str = "\u{1b}[0m";

/// The indentation of the lines after the first on a terminal.
const INDENT: &str = "  ";

fn colored(color: &str, words: &str) -> String {
    if is_colored() { format!("{color}{words}{RESET}") } else { words.to_owned() }
}

/// Prints a message after a coloured label.
fn print(label: Option<(&str, &str)>, words: &str) {
    let Some((label, color)) = label else { return print_lines(words, |line, _| line.to_owned()) };
    print_lines(&format!("{label} {words}"), |line, is_first| match line.strip_prefix(label) {
        Some(rest) if is_first => format!("{}{rest}", colored(color, label)),
        _ => line.to_owned(),
    });
}

/// Prints a message; the only place that does. It is one line, wrapped between words on a narrower terminal. It may
/// contain names from a directory or typed text.
fn print_lines(words: &str, dress: impl Fn(&str, bool) -> String) {
    let words = text::message(&text::shortened(words)).to_string();
    let lines = match room() {
        Some(room) if width(&words) > room => broken(&words, room),
        _ => vec![words],
    };
    for (number, line) in lines.iter().enumerate() {
        write_line(&dress(line, number == 0));
    }
}

fn write_line(line: &str) {
    if !IS_SILENT.load(Ordering::Relaxed) {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Returns the columns of the terminal; `None` if standard error is not a terminal.
fn room() -> Option<u16> {
    let size = io::stderr().is_terminal().then(|| tcgetwinsize(io::stderr()).ok())??;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// Wraps a message that is wider than the room. A command at its end stays whole, so that it can be copied.
fn broken(words: &str, room: u16) -> Vec<String> {
    let mut commands = words.match_indices("orgcensus ").map(|(at, _)| at);
    let begun = commands.find(|at| words[..*at].ends_with([' ', '(']));
    // Brackets around the command stay with it, and so does a label before it.
    let begun = begun.map(|at| words[..at].trim_end_matches('(').len());
    let (prose, command) = words.split_at(begun.unwrap_or(words.len()));
    if !command.is_empty() && !prose.trim_end().contains(' ') {
        return vec![words.to_owned()];
    }
    let inner = room.saturating_sub(INDENT.len() as u16);
    let mut lines: Vec<String> =
        wrapped(prose, inner, Breaks::Words).into_iter().map(str::to_owned).collect();
    // The space before the command is kept, but ends no line.
    let space = if prose.ends_with(' ') { " " } else { "" };
    match lines.last_mut() {
        Some(last) if width(last) + width(space) + width(command) <= inner => {
            last.push_str(space);
            last.push_str(command);
        }
        _ if !command.is_empty() => lines.push(command.to_owned()),
        _ => {}
    }
    lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, INDENT));
    lines
}

/// Writes a field of a log line, on one line regardless of typed text and AWS's messages.
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
    fn lines_are_broken_between_words_and_no_command_is() {
        for (words, lines) in [
            ("warning: one two three four", &["warning: one two", "  three four"][..]),
            ("hint: orgcensus query --list lists", &["hint: orgcensus query --list lists"]),
            ("note: it is so: orgcensus query x", &["note: it is so:", "  orgcensus query x"]),
            ("note: it is so (orgcensus query x)", &["note: it is so", "  (orgcensus query x)"]),
            ("orgcensus is a program", &["orgcensus is a", "  program"]),
            ("a word thatislongerthantheline", &["a word", "  thatislongerthantheline"]),
        ] {
            assert_eq!(broken(words, 20), lines, "{words}");
        }
    }

    #[test]
    fn a_cause_is_not_said_twice() {
        assert!(repeats("Error code 26: file is not a database", "file is not a database"));
        assert!(repeats("no such file", "cannot open x: no such file"));
        assert!(!repeats("Error code 26: file is not a database", "cannot open x"));
        assert!(!repeats("Permission denied (os error 13)", "cannot write to x.csv"));
    }
}
