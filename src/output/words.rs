//! Words for people, on standard error: what was done, warnings, and errors with their hints.
//!
//! Data never comes this way, and nothing else in the program prints prose. A standard error that is closed
//! is no reason to fail.

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
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, Default)]
struct Settings {
    is_quiet: bool,
    is_colored: bool,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Settles for the whole process how words are printed; the first call counts.
pub fn configure(is_quiet: bool, color: Color) {
    let is_colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        }
    };
    let _ = SETTINGS.set(Settings { is_quiet, is_colored });
}

/// Whether only warnings and errors are wanted.
pub fn is_quiet() -> bool {
    settings().is_quiet
}

/// Whether words may be coloured; for the progress printer and the log.
pub fn is_colored() -> bool {
    settings().is_colored
}

/// Says something that a quiet run leaves out.
pub fn say(words: impl Display) {
    if !is_quiet() {
        print("", &words.to_string());
    }
}

/// Says something that is no warning, but that a quiet run needs as well.
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
    let mut source = error.source();
    while let Some(cause) = source {
        print(&label("caused by:", RED), &cause.to_string());
        source = cause.source();
    }
    for hint in error.hints() {
        print(&label("hint:", CYAN), hint);
    }
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
    let _ = writeln!(io::stderr(), "{label}{}", text::lines(words));
}

fn settings() -> Settings {
    SETTINGS.get().copied().unwrap_or_default()
}
