//! The comments at the top of a query: its description and its parameters.
//!
//! ```text
//! -- title: Who can reach an account
//! -- description: Everyone with access to the account, directly or through a group.
//! -- family: account
//! -- question: 10, 14
//! -- param account (account): account id or name
//! -- param days (number) = 90: how far back to look
//! -- example: prod
//! -- beside: another-query: the words for its rows, which are counted beside the answer
//! -- not weighed: the factors that the answer ignores, which are reported with it
//! -- not during: the reason why it has no answer over a range of snapshots
//! -- not portable: the reason why no other engine can run it over an export
//! ```
//!
//! `question` names the questions of `docs/questions.md` that the query answers, and `example` the values of an
//! example.
//!
//! Anywhere in the SQL, a comment `-- during: …` holds SQL that is used only in a query over a range of snapshots. It
//! gives the rows their bounds, and keeps rows that never existed at the same time from being joined.

use std::path::Path;

use super::family::Family;
use crate::error::{Error, Result};
use crate::model::Entity;
use crate::nearest::did_you_mean;

/// The type of a parameter's value. A name is resolved to an id before the statement sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// The id of an entity, or a name, an e-mail address or a path that identifies one.
    Entity(Entity),
    /// The id, name or path of the root, an OU or an account.
    Place,
    /// A day (its beginning) or a time, bound as RFC 3339 in UTC.
    Date,
    /// An integer or a decimal number.
    Number,
    /// A choice of levels of privilege: one of [`Levels`](crate::document::privileges::Levels).
    Level,
    /// Text, as typed.
    Text,
}

impl ParameterType {
    /// Returns every type that a header may name.
    pub fn all() -> impl Iterator<Item = Self> {
        let entities = Entity::ALL.into_iter().filter(|entity| entity.spec().word.is_some());
        entities.map(Self::Entity).chain([Self::Place, Self::Date, Self::Number, Self::Level, Self::Text])
    }

    /// Returns the name as a header writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity(entity) => entity.spec().word.unwrap_or(entity.as_str()),
            Self::Place => "place",
            Self::Date => "date",
            Self::Number => "number",
            Self::Level => "level",
            Self::Text => "text",
        }
    }

    /// Returns the type with this name. Another name is an error that lists the names (exit 2).
    pub fn named(name: &str) -> Result<Self> {
        Self::all().find(|kind| kind.name() == name).ok_or_else(|| {
            let kinds: Vec<_> = Self::all().map(Self::name).collect();
            Error::usage(format!("there is no type {name:?}"))
                .hint(format!("the types are {}", kinds.join(", ")))
        })
    }
}

/// A parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, as in `:name`.
    pub name: String,
    /// The type, which decides how a typed value is checked and resolved.
    pub kind: ParameterType,
    /// The value that is used if none is given; without a default, a value is required.
    pub default: Option<String>,
    /// The meaning of the parameter.
    pub description: String,
}

/// The header of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The title, a few words without a full stop, for lists.
    pub title: String,
    /// The meaning of a row, in one or several sentences.
    pub description: String,
    /// The family in which it is listed; `None` for SQL that is in no catalog.
    pub family: Option<Family>,
    /// The numbers of the questions that it answers.
    pub questions: Vec<u16>,
    /// The values of an example, as they are typed after its name.
    pub example: Option<String>,
    /// The parameters, in the order in which values are typed.
    pub parameters: Vec<Parameter>,
    /// The query whose rows are counted beside the answer, with the words for them: rows that the answer itself cannot
    /// show.
    pub beside: Option<(String, String)>,
    /// The factors that the answer ignores, which are reported with it.
    pub not_weighed: Option<String>,
    /// The reason why it has no answer over a range of snapshots; `None` if it has one.
    pub not_during: Option<String>,
    /// Why no other engine can run it over an export; without it, `export --ddl` makes a view of it where it needs no value.
    pub not_portable: Option<String>,
}

/// An error in a header, with the number of its line.
type Fault = (usize, Error);

/// The keys of a header's lines.
const KEYS: [&str; 10] = [
    "title",
    "description",
    "family",
    "question",
    "example",
    "beside",
    "not weighed",
    "not during",
    "not portable",
    "param",
];

impl Header {
    /// Reads the comment lines before the first line of SQL. SQL without such comments has an empty header. An
    /// unreadable `-- param` line is an error that shows it. The keys that place a query in a catalog are not read.
    pub fn parse(sql: &str) -> Result<Self> {
        Self::read(sql, false).map_err(|(_, error)| error)
    }

    /// Reads the header of a file in a catalog, which must have at least title, description and family. An error names
    /// the file and the line.
    pub fn of_file(path: &Path, sql: &str) -> Result<Self> {
        Self::read(sql, true).and_then(Self::complete).map_err(|(line, error)| {
            let place = format!("{} cannot be used, line {line}: {error}", path.display());
            error.hints().iter().fold(Error::usage(place), |told, hint| told.hint(hint))
        })
    }

    fn read(sql: &str, in_catalog: bool) -> Result<Self, Fault> {
        let mut header = Self::default();
        let lines = sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--"));
        for (number, line) in (1..).zip(lines) {
            let comment = line.trim_start_matches('-').trim();
            let at_line = |error| (number, error);
            if let Some(declaration) = comment.strip_prefix("param ") {
                let parameter = parameter(declaration).map_err(at_line)?;
                if header.parameters.iter().any(|one| one.name == parameter.name) {
                    let error = Error::usage(format!("parameter {:?} is declared twice", parameter.name));
                    return Err(at_line(error));
                }
                header.parameters.push(parameter);
                continue;
            }
            let Some((key, value)) = comment.split_once(':') else { continue };
            let value = value.trim();
            match key {
                "title" => header.title = value.to_owned(),
                "description" => header.description = value.to_owned(),
                "not weighed" => header.not_weighed = Some(value.to_owned()),
                "not during" => header.not_during = Some(value.to_owned()),
                "not portable" => header.not_portable = Some(value.to_owned()),
                _ if !in_catalog => {}
                "family" => header.family = Some(Family::named(value).map_err(at_line)?),
                "question" => header.questions = questions(value).map_err(at_line)?,
                "beside" => {
                    let beside = value.split_once(':').map(|(name, words)| (name.trim(), words.trim()));
                    let (name, words) = beside.ok_or_else(|| {
                        at_line(
                            Error::usage(format!("beside {value:?} does not say what its rows are"))
                                .hint("write it as: -- beside: QUERY: what its rows are"),
                        )
                    })?;
                    header.beside = Some((name.to_owned(), words.to_owned()));
                }
                "example" => header.example = Some(value.to_owned()),
                // A comment may have a colon, but a key that is nearly right is a mistake.
                _ => {
                    if let Some(hint) = did_you_mean(key, KEYS) {
                        return Err(at_line(Error::usage(format!("there is no {key:?}")).hint(hint)));
                    }
                }
            }
        }
        Ok(header)
    }

    /// Fails if a value that a catalog shows is missing.
    fn complete(self) -> Result<Self, Fault> {
        let missing = match &self {
            Self { title, .. } if title.is_empty() => "title",
            Self { description, .. } if description.is_empty() => "description",
            Self { family: None, .. } => "family",
            _ => return Ok(self),
        };
        Err((
            1,
            Error::usage(format!("its header has no {missing}"))
                .hint(format!("the first lines of the file are comments; add one: -- {missing}: …")),
        ))
    }
}

/// Parses numbers of questions: `10, 14`.
fn questions(list: &str) -> Result<Vec<u16>> {
    list.split(',')
        .map(|number| {
            let number = number.trim();
            number.parse().map_err(|_| Error::usage(format!("{number:?} is not the number of a question")))
        })
        .collect()
}

/// Returns the SQL of a query over a range of snapshots, with its comments `-- during: …` turned into SQL.
pub fn sql_during(sql: &str) -> String {
    sql.replace("-- during: ", "")
}

/// Parses `name (type) = default: description`, with an optional default.
fn parameter(declaration: &str) -> Result<Parameter> {
    let parse = || -> Option<Parameter> {
        let (name, rest) = declaration.split_once('(')?;
        let (kind, rest) = rest.split_once(')')?;
        let (default, description) = rest.split_once(':')?;
        let default = match default.trim() {
            "" => None,
            default => Some(default.strip_prefix('=')?.trim().to_owned()),
        };
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
        is_name.then_some(Parameter {
            name: name.to_owned(),
            kind: ParameterType::named(kind.trim()).ok()?,
            default,
            description: description.trim().to_owned(),
        })
    };
    parse().ok_or_else(|| {
        let kinds: Vec<_> = ParameterType::all().map(ParameterType::name).collect();
        Error::usage(format!("cannot read the parameter \"-- param {declaration}\""))
            .hint("write it as: -- param NAME (TYPE) = DEFAULT: DESCRIPTION; the default may be left out")
            .hint(format!("the types are {}", kinds.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_where_the_sql_begins() {
        let header = Header::parse(
            "-- title: A title: with a colon\n-- description: What it does.\n\
             -- param account (account): account id or name\n-- param days (number) = 90: how far back\n\
             SELECT 1\n-- param late (text): not a parameter",
        )
        .unwrap();
        assert_eq!(header.title, "A title: with a colon");
        assert_eq!(header.parameters.len(), 2);
        assert_eq!(header.parameters[0].kind, ParameterType::Entity(Entity::Account));
        assert_eq!(header.parameters[1].default.as_deref(), Some("90"));
        assert_eq!(header.parameters[1].description, "how far back");
    }

    #[test]
    fn a_parameter_of_an_unknown_type_is_an_error() {
        let error = Header::parse("-- param x (person): who").unwrap_err();
        assert_eq!(error.to_string(), "cannot read the parameter \"-- param x (person): who\"");
        assert!(error.hints()[1].contains("permission_set"));
    }

    #[test]
    fn a_header_of_a_catalog_is_whole() {
        let whole = "-- title: T\n-- description: D.\n-- family: person\n-- question: 1, 22\n-- example: a\n";
        let read = |sql: &str| Header::of_file(Path::new("q.sql"), sql);
        let header = read(&format!("{whole}-- note: a comment\nSELECT 1")).unwrap();
        assert_eq!((header.family, header.questions), (Some(Family::Person), vec![1, 22]));
        assert_eq!(header.example.as_deref(), Some("a"));
        for (sql, says) in [
            ("SELECT 1", "line 1: its header has no title"),
            ("", "line 1: its header has no title"),
            ("-- title: T\nSELECT 1", "line 1: its header has no description"),
            ("-- title: T\n-- description: D.\nSELECT 1", "line 1: its header has no family"),
            ("-- title: T\n-- family: persn\n", "line 2: there is no family \"persn\""),
            (
                "-- title: T\n\n-- param x (person): who",
                "line 3: cannot read the parameter \"-- param x (person): who\"",
            ),
            ("-- titel: T", "line 1: there is no \"titel\""),
            ("-- question: 1, two", "line 1: \"two\" is not the number of a question"),
            ("-- param x (text): a\n-- param x (text): b", "line 2: parameter \"x\" is declared twice"),
        ] {
            let error = read(sql).unwrap_err();
            assert_eq!(error.to_string(), format!("q.sql cannot be used, {says}"), "{sql}");
        }
        // A user's own SQL may have any comment.
        assert_eq!(Header::parse("-- family: persn\n-- titel: x\nSELECT 1").unwrap(), Header::default());
    }

    #[test]
    fn sql_without_comments_has_no_header() {
        assert_eq!(Header::parse("SELECT 1").unwrap(), Header::default());
    }
}
