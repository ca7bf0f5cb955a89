//! The comments at the top of a query: what it is and which values it takes.
//!
//! ```text
//! -- title: Who can reach an account
//! -- description: Everyone with access to the account, directly or through a group.
//! -- param account (account): account id or name
//! -- param days (number) = 90: how far back to look
//! -- not during: why it has no answer over a range of snapshots
//! ```
//!
//! Anywhere in the SQL, a comment `-- during: …` holds SQL that counts only in a question over a range of
//! snapshots: it gives the rows their bounds, and keeps rows that never lived at the same time from being joined.

use crate::error::{Error, Result};
use crate::model::Entity;

/// What a parameter's value means; a name is resolved to an id before the statement sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// The id of an entity, or a name, an e-mail address or a path by which one is found.
    Entity(Entity),
    /// A day (its beginning) or a time; bound as RFC 3339 in UTC.
    Date,
    /// An integer or a decimal number.
    Number,
    /// Text, as typed.
    Text,
}

impl ParameterType {
    /// Every type that a header may name.
    pub fn all() -> impl Iterator<Item = Self> {
        let entities = Entity::ALL.into_iter().filter(|entity| entity.spec().word.is_some());
        entities.map(Self::Entity).chain([Self::Date, Self::Number, Self::Text])
    }

    /// The name as a header writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity(entity) => entity.spec().word.unwrap_or(entity.as_str()),
            Self::Date => "date",
            Self::Number => "number",
            Self::Text => "text",
        }
    }

    /// The type of this name; another name is an error that lists them (exit 2).
    pub fn named(name: &str) -> Result<Self> {
        Self::all().find(|kind| kind.name() == name).ok_or_else(|| {
            let kinds: Vec<_> = Self::all().map(Self::name).collect();
            Error::usage(format!("there is no type {name:?}"))
                .hint(format!("the types are {}", kinds.join(", ")))
        })
    }
}

/// A value that a query takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, as in `:name`.
    pub name: String,
    /// Decides how a typed value is checked and resolved.
    pub kind: ParameterType,
    /// What holds where no value is given; without one, a value is required.
    pub default: Option<String>,
    /// What it means.
    pub description: String,
}

/// What a query says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// A few words without a full stop, for lists.
    pub title: String,
    /// One or several sentences on what a row says.
    pub description: String,
    /// In the order in which values are typed.
    pub parameters: Vec<Parameter>,
    /// Why it has no answer over a range of snapshots; without it, it has.
    pub not_during: Option<String>,
}

impl Header {
    /// Reads the comment lines before the first line of SQL. SQL without such comments has an empty header;
    /// a `-- param` line that cannot be read is an error that shows it.
    pub fn parse(sql: &str) -> Result<Self> {
        let mut header = Self::default();
        for line in sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--")) {
            let comment = line.trim_start_matches('-').trim();
            if let Some(title) = comment.strip_prefix("title:") {
                header.title = title.trim().to_owned();
            } else if let Some(description) = comment.strip_prefix("description:") {
                header.description = description.trim().to_owned();
            } else if let Some(why) = comment.strip_prefix("not during:") {
                header.not_during = Some(why.trim().to_owned());
            } else if let Some(declaration) = comment.strip_prefix("param ") {
                header.parameters.push(parameter(declaration)?);
            }
        }
        Ok(header)
    }
}

/// The SQL of a question over a range of snapshots: its comments `-- during: …` are SQL too.
pub fn sql_during(sql: &str) -> String {
    sql.replace("-- during: ", "")
}

/// `name (type) = default: description`, the default being optional.
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
    fn sql_without_comments_has_no_header() {
        assert_eq!(Header::parse("SELECT 1").unwrap(), Header::default());
    }
}
