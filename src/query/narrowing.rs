//! Narrows a canned query's answer to an account, an OU, a tag and the like.
//!
//! Rows are only left out: the whole query is nested in a statement that keeps some of its rows, so that counts within
//! a row are the same as without a filter. The columns that name an entity are derived from the declarations.

use super::header::{Parameter, ParameterType};
use super::span::Span;
use crate::document::privileges::Levels;
use crate::error::{Error, Result};
use crate::model::{Entity, EntityColumn, RESOURCES, SubjectKind};
use crate::output::OutputColumn;
use crate::store::{Census, failed};

/// The filter that selects rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// The rows that concern this entity, given by id or name. For an OU, those that concern the OUs and accounts
    /// beneath it.
    Entity(Entity, String),
    /// The rows that concern the accounts and permission sets with this tag, written `KEY=VALUE`.
    Tag(String),
    /// The rows that concern permission sets that are privileged at these levels.
    Privileged(Levels),
}

/// A statement that keeps some rows of a query.
#[derive(Debug)]
pub struct Narrowed {
    /// The statement.
    pub sql: String,
    /// The statement that counts the rows for which it is unknown whether they belong to the answer; `None` if that is
    /// known for each.
    pub unknown: Option<String>,
    /// The parameters bound in both in addition to the query's own, and the value typed for each.
    pub parameters: Vec<(Parameter, String)>,
}

/// The prefix of the parameter of a filter's option, so that it differs from every parameter of a query.
const PREFIX: &str = "only_";

impl Only {
    /// Returns the kind of subject that the rows concern.
    pub fn kind(&self) -> SubjectKind {
        match self {
            Self::Entity(entity, _) => SubjectKind::Entity(*entity),
            Self::Tag(_) => SubjectKind::Tagged,
            Self::Privileged(_) => SubjectKind::Privileged,
        }
    }

    /// Returns the option of the filter, without the dashes.
    pub fn option(&self) -> &'static str {
        self.kind().option()
    }

    /// Returns the name of the parameter that is bound to the typed value.
    fn parameter(&self) -> String {
        format!("{PREFIX}{}", self.option().replace('-', "_"))
    }

    /// Returns the bound parameter; `None` for a filter without a value.
    fn bound(&self) -> Option<(Parameter, String)> {
        let (kind, typed) = match self {
            Self::Entity(entity, typed) => (ParameterType::Entity(*entity), typed),
            Self::Tag(typed) => (ParameterType::Text, typed),
            Self::Privileged(_) => return None,
        };
        let name = self.parameter();
        Some((Parameter { name, kind, default: None, description: String::new() }, typed.clone()))
    }

    /// Returns the condition on a column with ids of the entity.
    fn holds(&self, entity: Entity, id: &str) -> String {
        let parameter = self.parameter();
        match self {
            Self::Entity(asked, _) if asked.spec().beneath.is_empty() => format!("{id} = :{parameter}"),
            Self::Entity(..) => {
                let (ou, account) = (Entity::Ou.spec(), Entity::Account.spec());
                let within = format!(
                    "WITH RECURSIVE within (id) AS (SELECT :{parameter} UNION
                         SELECT o.{} FROM within AS w JOIN {} AS o ON o.parent_id = w.id)",
                    ou.id, ou.resource
                );
                if entity == Entity::Account {
                    format!(
                        "{id} IN ({within} SELECT a.{} FROM {} AS a WHERE a.parent_id IN (SELECT w.id FROM within AS w)
                             OR instr('/' || a.entity_path || '/', '/' || :{parameter} || '/') > 0)",
                        account.id, account.resource
                    )
                } else {
                    format!("{id} IN ({within} SELECT w.id FROM within AS w)")
                }
            }
            Self::Tag(_) => format!(
                "{id} IN (SELECT t.resource_id FROM tags AS t
                     WHERE t.resource_type = '{}' AND t.key || '=' || coalesce(t.value, '') = :{parameter})",
                entity.spec().value
            ),
            Self::Privileged(levels) => format!(
                "{id} IN (SELECT p.{} FROM privileged_permission_sets AS p
                     WHERE p.level {} AND p.scope = 'any')",
                entity.spec().id,
                match levels {
                    Levels::Any => "NOT NULL".to_owned(),
                    Levels::Administrator | Levels::Escalation => format!("= '{}'", levels.as_str()),
                }
            ),
        }
    }

    /// Returns the condition that it is unknown whether the entity in the column matches; `None` if it is always known.
    fn is_unknown(&self, census: &Census, entity: Entity, id: &str, span: &Span) -> Result<Option<String>> {
        let spec = entity.spec();
        Ok(match self {
            // The location of an account without a row in the census is unknown.
            Self::Entity(asked, _) if !asked.spec().beneath.is_empty() && entity == Entity::Account => {
                let (resource, key) = (spec.resource, spec.id);
                Some(format!("{id} IS NOT NULL AND {id} NOT IN (SELECT a.{key} FROM {resource} AS a)"))
            }
            Self::Tag(_) => {
                let (first, last) = span.ids().into_inner();
                let kind = spec.value;
                let gaps = format!(
                    "SELECT 1 FROM gaps AS g
                     WHERE g.resource = 'tags' AND g.snapshot_id BETWEEN {first} AND {last}
                         AND coalesce(json_extract(g.scope, '$.resource_type'), '{kind}') = '{kind}'"
                );
                // Usually there are no gaps, and then no row of the answer has to be checked for them.
                let has_gaps = format!("SELECT EXISTS ({gaps})");
                let has_gaps =
                    census.connection().query_row(&has_gaps, [], |row| row.get(0)).map_err(failed)?;
                let of_this = format!("AND coalesce(json_extract(g.scope, '$.resource_id'), {id}) = {id}");
                if has_gaps { Some(format!("{id} IS NOT NULL AND EXISTS ({gaps} {of_this})")) } else { None }
            }
            Self::Entity(..) | Self::Privileged(_) => None,
        })
    }
}

/// Keeps the rows of a query that match every filter. A filter on a subject that no column of the answer names is an
/// error (exit 2) that lists the possible filters.
pub fn narrow(
    census: &Census,
    query: &str,
    sql: &str,
    columns: &[OutputColumn],
    filters: &[Only],
    span: &Span,
) -> Result<Narrowed> {
    // The conditions of certain and of possible rows for each filter.
    let (mut holds, mut may_hold, mut is_all_known) = (Vec::new(), Vec::new(), true);
    for filter in filters {
        let places = places(filter, columns);
        if places.is_empty() {
            return Err(nothing_to_narrow(query, filter, columns));
        }
        let is_there = |place: &Place<'_>| under(place, &filter.holds(place.entity, &column(place.column)));
        let held = any(places.iter().map(is_there));
        let mut possible = vec![held.clone()];
        for place in &places {
            let is_unknown = filter.is_unknown(census, place.entity, &column(place.column), span)?;
            possible.extend(is_unknown.map(|condition| under(place, &condition)));
        }
        is_all_known &= possible.len() == 1;
        may_hold.push(any(possible));
        holds.push(held);
    }
    let all = holds.join("\n  AND ");
    let unknown = (!is_all_known).then(|| {
        let possible = may_hold.join("\n  AND ");
        format!("SELECT count(*) FROM (\n{sql}\n) AS answer\nWHERE coalesce({all}, 0) = 0\n  AND {possible}")
    });
    Ok(Narrowed {
        sql: format!("SELECT * FROM (\n{sql}\n) AS answer\nWHERE {all}"),
        unknown,
        parameters: filters.iter().filter_map(Only::bound).collect(),
    })
}

/// A column of the answer that names the subject of a filter.
#[derive(Debug, PartialEq, Eq)]
struct Place<'c> {
    entity: Entity,
    column: &'c str,
    /// The column and value that make the id one of the entity; `None` if it always is.
    of: Option<(&'static str, &'static str)>,
}

/// Returns the columns of the answer that name the subject of the filter: those with the exact name, and those with a
/// word before it, such as `other_group_id`.
fn places<'c>(filter: &Only, columns: &'c [OutputColumn]) -> Vec<Place<'c>> {
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let mut found = Vec::new();
    for entity in filter.kind().entities() {
        for EntityColumn { id, of } in RESOURCES.iter().flat_map(|spec| spec.about(entity)) {
            let is_meant = |column: &&OutputColumn| match of {
                None => {
                    column.name.strip_suffix(id).is_some_and(|word| word.is_empty() || word.ends_with('_'))
                }
                Some((kind, _)) => column.name == id && has(kind),
            };
            for column in columns.iter().filter(is_meant) {
                let place = Place { entity, column: &column.name, of };
                if !found.contains(&place) {
                    found.push(place);
                }
            }
        }
    }
    found
}

fn nothing_to_narrow(query: &str, filter: &Only, columns: &[OutputColumn]) -> Error {
    let option = filter.option();
    let others: Vec<String> = Entity::narrowing()
        .into_iter()
        .map(|(entity, _)| Only::Entity(entity, String::new()))
        .chain([Only::Tag(String::new()), Only::Privileged(Levels::default())])
        .filter(|other| !places(other, columns).is_empty())
        .map(|other| format!("--{}", other.option()))
        .collect();
    let error = Error::usage(format!(
        "--{option} cannot narrow {query}: no column of its rows says what it is about"
    ));
    match others.as_slice() {
        [] => error.hint("no filter narrows it"),
        others => error.hint(format!("it can be narrowed by {}", others.join(", "))),
    }
}

/// Returns the SQL of a column of the answer.
fn column(name: &str) -> String {
    format!("answer.\"{name}\"")
}

/// Returns a condition that counts only if the row's type makes the column an id of the entity.
fn under(place: &Place<'_>, condition: &str) -> String {
    match place.of {
        Some((kind, value)) => format!("({} = '{value}' AND {condition})", column(kind)),
        None => format!("({condition})"),
    }
}

fn any(conditions: impl IntoIterator<Item = String>) -> String {
    format!("({})", conditions.into_iter().collect::<Vec<_>>().join("\n    OR "))
}
