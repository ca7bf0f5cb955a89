//! Converts a TOML value to the words of its option, and checks them like the command line.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction};
use toml::Value;

use crate::cli::parse;

/// Returns the words of a value, or the reason why the option does not accept it.
pub fn typed(option: &Arg, value: &Value, command: &[&str]) -> Result<Vec<String>, String> {
    let name = option.get_long().unwrap_or_default();
    if !option.get_action().takes_values() {
        return match value {
            Value::Boolean(is_set) => Ok(vec![is_set.to_string()]),
            _ => Err("it is true or false".to_owned()),
        };
    }
    let several = matches!(option.get_action(), ArgAction::Append) && option.get_id() != "db";
    let mut words = match value {
        Value::Array(values) if several => values.iter().map(word).collect::<Result<Vec<_>, _>>()?,
        Value::Array(_) => return Err("it has one value, and not a list".to_owned()),
        one => vec![word(one)?],
    };
    if option.get_id() == "db" {
        words = words.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
    }
    for word in &words {
        check(command, name, word)?;
    }
    Ok(words)
}

fn word(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if text.is_empty() => Err("it is empty: leave it out".to_owned()),
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(_) => Err("it has a value, and is not true or false".to_owned()),
        Value::Datetime(_) => Err("write a time as text, in quotes".to_owned()),
        Value::Array(_) | Value::Table(_) => Err("it must not be a table or a list of lists".to_owned()),
    }
}

/// Returns a path that means the same file in every working directory.
fn absolute(path: &str) -> Result<String, String> {
    let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    match (path.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => Ok(home.join(rest).to_string_lossy().into_owned()),
        (Some(_), None) => Err("~ stands for HOME, which is not set".to_owned()),
        (None, _) if Path::new(path).is_absolute() => Ok(path.to_owned()),
        (None, _) => Err(format!(
            "{path:?} would be a different file in each working directory: begin it with / or ~/"
        )),
    }
}

/// Checks a value with the command line's parser, which knows the values of each option.
fn check(command: &[&str], option: &str, word: &str) -> Result<(), String> {
    let arguments = ["orgcensus"].into_iter().chain(command.iter().copied()).map(str::to_owned);
    let arguments: Vec<String> = arguments.chain([format!("--{option}={word}")]).collect();
    match parse::command().try_get_matches_from(arguments) {
        Ok(_) => Ok(()),
        Err(refusal) => {
            let text = refusal.to_string();
            let said = text.lines().next().unwrap_or_default();
            Err(said.strip_prefix("error: ").unwrap_or(said).to_owned())
        }
    }
}
