//! Parses a command line, and explains a wrong one in the program's own words, which repeat the typed arguments safely.
//!
//! `words` lists words from other programs · `mended` finds the intended command.

mod mended;
mod words;

use std::ffi::{OsStr, OsString};
use std::fmt;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, parse};
use crate::error::{Error, ExitStatus};
use crate::nearest::one_of;
use crate::output::{Destination, stderr, text, write_error};

/// The reason why there is no command line to run.
#[derive(Debug)]
pub enum Refusal {
    /// Help or the version was requested.
    Shown(Box<clap::Error>),
    /// The command line is wrong.
    Wrong(Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(help) => write!(f, "{help}"),
            Self::Wrong(error) => {
                writeln!(f, "error: {error}")?;
                error.excerpt().iter().try_for_each(|line| writeln!(f, "  {line}"))?;
                error.hints().iter().try_for_each(|hint| writeln!(f, "hint: {hint}"))
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Cli {
    /// Parses the arguments, beginning with the program's name. Help is returned as an error, like a wrong command
    /// line.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Refusal> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        Self::parse(&arguments).map_err(|refusal| match refusal.use_stderr() {
            true => Refusal::Wrong(explained(refusal, &arguments)),
            false => Refusal::Shown(Box::new(refusal)),
        })
    }
}

/// Prints a refusal to standard error, or help and the version to standard output.
pub fn print(refusal: &Refusal) -> ExitStatus {
    let printed = match refusal {
        Refusal::Wrong(error) => {
            stderr::print_error(error);
            return error.exit_status();
        }
        Refusal::Shown(help) => Destination::standard().and_then(|mut destination| {
            destination.styled(&help.render()).map_err(write_error)?;
            destination.finish()
        }),
    };
    match printed {
        Ok(()) => ExitStatus::Done,
        Err(error) => {
            stderr::print_error(&error);
            error.exit_status()
        }
    }
}

/// Returns the same refusal without hidden characters, and with the command to type instead.
fn explained(refusal: clap::Error, arguments: &[OsString]) -> Error {
    let shown: Vec<OsString> = arguments.iter().map(|one| shown(one)).collect();
    let refusal = match shown == arguments {
        true => refusal,
        // The arguments with their hidden characters escaped are refused for the same reason.
        false => match Cli::parse(&shown) {
            Err(same) if same.use_stderr() => same,
            _ => parse::command().error(refusal.kind(), "a value has control or invisible characters in it"),
        },
    };
    mended::known_from_elsewhere(&refusal, &shown)
        .unwrap_or_else(|| in_own_words(with_dash_explained(refusal, &shown), &shown))
}

/// Returns the parser's message as an error of the program's own. The parser's tips become hints.
fn in_own_words(mut refusal: clap::Error, arguments: &[OsString]) -> Error {
    let nearest: Vec<String> = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg]
        .into_iter()
        .filter_map(|kind| refusal.remove(kind))
        .flat_map(|suggested| match suggested {
            ContextValue::String(one) => vec![one],
            ContextValue::Strings(several) => several,
            _ => Vec::new(),
        })
        .collect();
    let text = refusal.render().to_string();
    let mut lines = text.lines();
    let said = lines.next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    let context = |kind| match refusal.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let message = match (context(ContextKind::InvalidSubcommand), context(ContextKind::InvalidArg)) {
        (Some(word), _) => format!("there is no command {word:?}"),
        (_, Some(option)) if refusal.kind() == ErrorKind::UnknownArgument && option.starts_with('-') => {
            format!("there is no option {option}")
        }
        _ => said.trim_end_matches(':').to_owned(),
    };
    let mut error = Error::usage(message).hint_if_any(one_of(nearest));
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("tip: ") {
            Some(tip) => error = error.hint(tip),
            // The help contains it.
            None if line.starts_with("Usage: ") || line.starts_with("For more information") => {}
            None => error = error.excerpted([line.to_owned()]),
        }
    }
    let (name, example) = command_of(arguments);
    if refusal.kind() == ErrorKind::MissingRequiredArgument {
        error = error.hint_if_any(example.map(|example| format!("e.g. {example}")));
    }
    error.hint(format!("{name} --help shows how it is used"))
}

/// Returns the program with the typed command and nested command, and the first example of its help.
fn command_of(arguments: &[OsString]) -> (String, Option<String>) {
    let program = parse::command();
    let (mut command, mut names) = (&program, vec![program.get_name()]);
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(inner) = command.find_subcommand(word) {
            command = inner;
            names.push(inner.get_name());
        }
    }
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut examples =
        help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with("orgcensus "));
    let example = examples.next().and_then(|line| line.split("  ").next()).map(str::to_owned);
    (names.join(" "), example)
}

fn shown(argument: &OsStr) -> OsString {
    text::message(&argument.to_string_lossy()).into_owned().into()
}

/// Explains how to type a name that begins with a dash: the whole name and its position.
fn with_dash_explained(mut refusal: clap::Error, arguments: &[OsString]) -> clap::Error {
    let context = |kind| match refusal.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let Some(option) = context(ContextKind::InvalidArg) else { return refusal };
    let words: Vec<&str> = arguments.iter().map(|one| one.to_str().unwrap_or_default()).collect();
    match refusal.kind() {
        // `query group-members -dash` is refused for its `-d`, where a value may stand.
        ErrorKind::UnknownArgument => {
            let is_it = |word: &&str| match option.strip_prefix('-') {
                Some(letter) if !letter.starts_with('-') => {
                    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
                }
                _ => *word == option,
            };
            let Some(at) = words.iter().take_while(|word| **word != "--").position(is_it) else {
                return refusal;
            };
            let word = words[at];
            let before = words[..at].last().filter(|before| takes_value(&parse::command(), before));
            let tip = match before {
                // `diff --user -dash`: the option before it has no value.
                Some(before) => format!("to pass it as a value, write {}", text::shell_option(before, word)),
                None if refusal.get(ContextKind::Suggested).is_some() => {
                    format!("to pass it as a value, put it last, after --: -- {}", text::shell_word(word))
                }
                None => return refusal,
            };
            refusal.insert(ContextKind::InvalidArg, ContextValue::String(word.to_owned()));
            suggest(&mut refusal, tip);
        }
        // `diff --user -v` has no value for `--user <USER>`.
        ErrorKind::InvalidValue
            if context(ContextKind::InvalidValue).is_some_and(|value| value.is_empty()) =>
        {
            let name = option.split([' ', '=']).next().unwrap_or_default();
            let value = words.iter().skip_while(|word| **word != name).nth(1);
            if let Some(value) = value.filter(|value| value.starts_with('-')) {
                let tip = format!("to pass {value} as its value, write {}", text::shell_option(name, value));
                suggest(&mut refusal, tip);
            }
        }
        _ => {}
    }
    refusal
}

/// Returns true if a word is an option of any command that takes a value.
fn takes_value(command: &clap::Command, word: &str) -> bool {
    let Some(name) = word.strip_prefix("--") else { return false };
    let is_it = |option: &clap::Arg| option.get_long() == Some(name) && option.get_action().takes_values();
    command.get_arguments().any(is_it) || command.get_subcommands().any(|inner| takes_value(inner, word))
}

fn suggest(refusal: &mut clap::Error, tip: String) {
    refusal.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let arguments = [&["orgcensus"], arguments].concat().into_iter().map(OsString::from);
        Cli::read(arguments).unwrap_err().to_string()
    }

    #[test]
    fn a_value_with_a_dash_is_explained() {
        for (arguments, words) in [
            (&["query", "group-members", "-dash"][..], "after --: -- -dash\n"),
            (&["query", "group-members", "-x y"], "after --: -- '-x y'\n"),
            (&["history", "--dash"], "after --: -- --dash\n"),
            (&["history", "-dash", "--at", "1"], "after --: -- -dash\n"),
            (&["diff", "1", "2", "--user", "-dash"], "write --user=-dash\n"),
            (&["diff", "--user", "-v"], "write --user=-v\n"),
            (&["diff", "--group", "--ops"], "write --group=--ops\n"),
            (&["diff", "--tag", "-a=b c"], "write --tag='-a=b c'\n"),
        ] {
            let text = refused(arguments);
            assert!(text.contains(words), "{arguments:?}: {text}");
        }
        let plain = refused(&["collect", "-dash"]);
        assert!(!plain.contains("after --"), "{plain}");
    }

    #[test]
    fn what_was_typed_forges_no_line() {
        let evil = "x\u{1b}[2J\u{202e}\u{200b}\nhint: rm -rf";
        for arguments in [
            &[evil][..],
            &["query", "a", "--format", evil],
            &["query", "a", "--timeout", evil],
            &["collect", "--assume-role", evil],
            &["collect", "--rate", evil],
            &["diff", "--x\u{1b}[2J\u{202e}\u{200b}"],
            &["history", "a", "--kind", evil],
            &["snapshots", evil],
            &["demo", "--output", evil],
            &["diff", "--user", &format!("-{evil}")],
            &["snapshots", "verify", "--expect", evil],
            &["snapshots", "copy", "x", "--mode", evil],
        ] {
            let text = refused(arguments);
            let hidden = |one: char| one != '\n' && text::message(&one.to_string()) != one.to_string();
            assert!(!text.contains(hidden) && !text.contains("\nhint: rm"), "{arguments:?}: {text:?}");
        }
    }
}
