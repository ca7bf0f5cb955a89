//! The values that a user typed, converted to those that a statement binds.

use chrono::{SecondsFormat, Utc};
use rusqlite::Statement;
use rusqlite::types::Value;

use super::header::{Header, Parameter, ParameterType};
use super::lookup::{Found, resolve_in, resolve_place};
use super::span::Span;
use super::statement::Prepared;
use crate::document::privileges::Levels;
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;
use crate::output::text;
use crate::store::{Census, When, beginning};

/// The typed values: positional ones in their order, and values by name.
#[derive(Debug, Clone, Default)]
pub struct TypedValues {
    named: Vec<NamedValue>,
}

#[derive(Debug, Clone)]
struct NamedValue {
    name: String,
    /// The type, if `-p NAME:TYPE=VALUE` gives it.
    kind: Option<ParameterType>,
    text: String,
}

impl TypedValues {
    /// Assigns each positional value to the parameter at its position, and each `K=V` or `K:TYPE=V` of `-p` to the
    /// parameter of its name. Too many values, a value given twice, an unknown name or type, and a type that the header
    /// already defines are errors, which show `usage`.
    ///
    /// SQL without a header (`usage` is `None`) has no order, so it takes values by name only.
    pub fn new(
        header: &Header,
        usage: Option<&str>,
        positional: &[String],
        by_name: &[String],
    ) -> Result<Self> {
        let mut typed = Self::default();
        if positional.len() > header.parameters.len() {
            let extra = &positional[header.parameters.len()];
            return Err(match usage {
                Some(usage) => Error::usage(format!("unexpected value {extra:?}"))
                    .hint(how_to_use(usage))
                    .hint("quote a value that has white space in it"),
                None => Error::usage(format!("unexpected value {extra:?} after the SQL"))
                    .hint("quote the SQL as one argument; give values by name: -p NAME=VALUE for :NAME"),
            });
        }
        for (parameter, value) in header.parameters.iter().zip(positional) {
            typed.named.push(NamedValue { name: parameter.name.clone(), kind: None, text: value.clone() });
        }
        for pair in by_name {
            let value = NamedValue::parse(pair)?;
            if typed.get(&value.name).is_some() {
                return Err(Error::usage(format!("parameter {:?} has two values", value.name)));
            }
            let declared = header.parameters.iter().find(|parameter| parameter.name == value.name);
            if let (Some(declared), Some(_)) = (declared, value.kind) {
                let (name, kind) = (&declared.name, declared.kind.name());
                return Err(Error::usage(format!("the query already declares {name} as a {kind}"))
                    .hint(format!("write it as -p {name}=VALUE")));
            }
            typed.named.push(value);
        }
        Ok(typed)
    }

    /// Adds the value of a parameter that the query does not define.
    pub fn add(&mut self, name: String, text: String) {
        self.named.push(NamedValue { name, kind: None, text });
    }

    fn get(&self, name: &str) -> Option<&NamedValue> {
        self.named.iter().find(|value| value.name == name)
    }
}

impl NamedValue {
    /// Reads `NAME=VALUE` or `NAME:TYPE=VALUE`.
    fn parse(pair: &str) -> Result<Self> {
        let (name, text) = pair.split_once('=').ok_or_else(|| {
            Error::usage(format!("-p {pair:?} has no value")).hint("write it as -p NAME=VALUE").hint(format!(
                "to pass -p{pair} as a value, put it last, after --: -- {}",
                text::shell_word(&format!("-p{pair}"))
            ))
        })?;
        let name = name.trim().trim_start_matches([':', '@', '$']);
        let (name, kind) = match name.split_once(':') {
            None => (name, None),
            Some((name, kind)) => (name, Some(ParameterType::named(kind)?)),
        };
        Ok(Self { name: name.to_owned(), kind, text: text.to_owned() })
    }
}

/// The value that a parameter is bound to.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The parameter's name.
    pub name: String,
    /// The typed text, or the header's default.
    pub typed: String,
    /// The bound value; for a name, the id.
    pub value: Value,
    /// The note for the user, if a name is not exactly that of the chosen entity, or a date was typed in words.
    pub echo: Option<String>,
}

/// Binds every parameter of the statement to the typed value, or else to the header's default. Resolves names in the
/// answering snapshots. Returns the value of each, for messages.
///
/// A value without a type is text, so that ids keep their leading zeros. If it may be a number and the SQL compares it
/// with a value without a type, the text would silently be compared wrongly: this is an error that asks for the type.
pub fn bind(
    prepared: &mut Prepared<'_>,
    header: &Header,
    usage: Option<&str>,
    typed: &TypedValues,
    census: &Census,
    span: &Span,
) -> Result<Vec<Bound>> {
    let Prepared { statement, program } = prepared;
    let names = parameter_names(statement)?;
    if let Some(value) = typed.named.iter().find(|value| !names.contains(&value.name)) {
        return Err(unknown_parameter(&value.name, &names, usage));
    }
    let mut all = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let declared = header.parameters.iter().find(|parameter| parameter.name == *name);
        let said = typed.get(name);
        let text = said
            .map(|value| value.text.as_str())
            .or_else(|| declared?.default.as_deref())
            .ok_or_else(|| missing_value(name, declared, usage))?;
        let kind = declared.map(|parameter| parameter.kind).or_else(|| said?.kind);
        let is_compared_untyped = || program.compared_untyped().contains(&(index + 1));
        if kind.is_none() && may_be_a_number(text) && is_compared_untyped() {
            return Err(ambiguous(name, text));
        }
        let Found { id: value, echo } = value(name, kind.unwrap_or(ParameterType::Text), text, census, span)?;
        // A default from the query itself needs no echo.
        let echo = echo.filter(|_| said.is_some());
        all.push(Bound { name: name.clone(), typed: text.to_owned(), value: value.clone(), echo });
        statement
            .raw_bind_parameter(index + 1, value)
            .map_err(|error| Error::failed(format!("cannot bind :{name}")).caused_by(error))?;
    }
    Ok(all)
}

/// Returns the statement's parameters in its own order, without the sign before the name.
fn parameter_names(statement: &Statement<'_>) -> Result<Vec<String>> {
    (1..=statement.parameter_count())
        .map(|index| match statement.parameter_name(index) {
            Some(name) if !name.starts_with('?') => Ok(name[1..].to_owned()),
            _ => Err(Error::usage("the SQL has a parameter without a name (?)")
                .hint("name it, e.g. :user, and give its value with -p user=VALUE")),
        })
        .collect()
}

fn value(name: &str, kind: ParameterType, text: &str, census: &Census, span: &Span) -> Result<Found<Value>> {
    let value = match kind {
        ParameterType::Entity(entity) => {
            let Found { id, echo } = resolve_in(entity, text, census, span)?;
            return Ok(Found { id: Value::Text(id), echo });
        }
        ParameterType::Place => {
            let Found { id, echo } = resolve_place(text, census, span)?;
            return Ok(Found { id: Value::Text(id), echo });
        }
        ParameterType::Date => {
            let instant = date(name, text)?;
            let echo = understood(name, text, &instant);
            return Ok(Found { id: Value::Text(instant), echo });
        }
        ParameterType::Number => number(name, text)?,
        ParameterType::Level => level(name, text)?,
        ParameterType::Text => Value::Text(text.to_owned()),
    };
    Ok(Found { id: value, echo: None })
}

/// Returns the beginning of a day, month or quarter, so that "since" includes it.
fn date(name: &str, text: &str) -> Result<String> {
    let first = beginning(name, text, Utc::now())?;
    Ok(first.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Returns the note that explains a typed date: its instant, or the beginning of its period.
fn understood(name: &str, typed: &str, instant: &str) -> Option<String> {
    match When::parse(typed, Utc::now()) {
        Ok(When::By { begins: Some(_), .. }) => {
            Some(format!("{name}: {} stands for its beginning, {instant}", typed.trim()))
        }
        _ if typed.trim() == instant => None,
        _ => Some(format!("{name}: {} is {instant}", typed.trim())),
    }
}

fn number(name: &str, text: &str) -> Result<Value> {
    let text = text.trim();
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(Value::Integer(integer));
    }
    match text.parse::<f64>() {
        Ok(real) if real.is_finite() => Ok(Value::Real(real)),
        _ => Err(Error::usage(format!("{name} {text:?} is not a number"))),
    }
}

fn level(name: &str, text: &str) -> Result<Value> {
    let word = text.trim().to_lowercase();
    let words = || Levels::ALL.iter().map(|levels| levels.as_str());
    match Levels::named(&word) {
        Some(levels) => Ok(Value::Text(levels.as_str().to_owned())),
        None => Err(Error::usage(format!("{name} {text:?} is no level of privilege"))
            .hint_if_any(did_you_mean(&word, words()))
            .hint(format!("the levels are {}", words().collect::<Vec<_>>().join(", ")))),
    }
}

/// Returns true if the text may be meant as a number. Leading zeros and the twelve digits of an account's id are text.
fn may_be_a_number(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    let is_id = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_padded = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    digits.starts_with(|one: char| one.is_ascii_digit() || one == '.')
        && !is_id
        && !is_padded
        && digits.parse::<f64>().is_ok()
}

fn ambiguous(name: &str, text: &str) -> Error {
    Error::usage(format!(
        "is {name}={text} a number or text? the SQL compares :{name} with a value that has no type of its own"
    ))
    .hint(format!("for a number: -p {name}:number={text}"))
    .hint(format!("for text: -p {name}:text={text}"))
}

fn how_to_use(usage: &str) -> String {
    format!("usage: {}", invocation::command(format_args!("query {usage}")))
}

fn missing_value(name: &str, declared: Option<&Parameter>, usage: Option<&str>) -> Error {
    let error = match declared {
        Some(parameter) => {
            Error::usage(format!("no {name} is given")).hint(format!("{name}: {}", parameter.description))
        }
        None => Error::usage(format!(":{name} has no value")).hint(format!("give it with -p {name}=VALUE")),
    };
    match usage {
        Some(usage) => error.hint(how_to_use(usage)),
        None => error,
    }
}

fn unknown_parameter(name: &str, names: &[String], usage: Option<&str>) -> Error {
    let error = Error::unknown(format!("there is no parameter {name:?}"))
        .hint_if_any(did_you_mean(name, names.iter().map(String::as_str)));
    if let Some(usage) = usage {
        return error.hint(how_to_use(usage));
    }
    match names {
        [] => error.hint("the SQL has no parameters: write one as :name"),
        _ => error.hint(format!("the SQL's parameters are :{}", names.join(", :"))),
    }
}
