//! Reading a command line (`parse`), and what is wrong with one in words that can be shown: what was typed is repeated
//! there.

use std::ffi::{OsStr, OsString};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, parse};
use crate::error::{Error, ExitStatus};
use crate::output::{Destination, stderr, text, write_error};

impl Cli {
    /// Reads the arguments, the program's name first. What is wrong with them, and help, is the error.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        Self::parse(&arguments).map_err(|error| explained(error, &arguments))
    }
}

/// Prints a refusal to standard error, or help and the version to standard output.
pub fn print(refusal: &clap::Error) -> ExitStatus {
    if refusal.use_stderr() {
        stderr::print_refusal(&refusal.render());
        return ExitStatus::Usage;
    }
    let print = || -> Result<(), Error> {
        let mut destination = Destination::standard()?;
        destination.styled(&refusal.render()).map_err(write_error)?;
        destination.finish()
    };
    match print() {
        Ok(()) => ExitStatus::Done,
        Err(error) => {
            stderr::print_error(&error);
            error.exit_status()
        }
    }
}

/// The same refusal in words that hold nothing hidden, and that say how to give a value which begins with a dash.
fn explained(refusal: clap::Error, arguments: &[OsString]) -> clap::Error {
    let shown: Vec<OsString> = arguments.iter().map(|one| shown(one)).collect();
    let refusal = match shown == arguments {
        true => refusal,
        // The same arguments with what is hidden in them written out are refused for the same reason.
        false => match Cli::parse(&shown) {
            Err(same) if same.use_stderr() => same,
            _ => parse::command().error(refusal.kind(), "a value has control or invisible characters in it"),
        },
    };
    with_dash_explained(refusal, &shown)
}

fn shown(argument: &OsStr) -> OsString {
    text::message(&argument.to_string_lossy()).into_owned().into()
}

/// Whoever types a name that begins with a dash is told how to type it: the whole name, and where.
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

/// Whether a word is an option of any command that takes a value.
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
