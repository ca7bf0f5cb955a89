//! The details grouped by an account, a user, a permission set or a group, each with the access and the rows that
//! concern it. Changes that concern none are at the end, by resource.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::Value;

use super::super::change::{AccessChange, Change, Diff};
use super::super::filter::{SubjectKind, is_in};
use super::report::Section;
use super::{TextOptions, access, rows};
use crate::model::Entity;

/// The grouping of the details.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Groups by the resource whose row changed.
    #[default]
    Resource,
    /// Groups by the entity that the change concerns.
    Entity(Entity),
}

impl Grouping {
    /// Returns the kind of entity with sections of its own; `None` for sections by resource.
    pub(super) fn subject(self) -> Option<SubjectKind> {
        match self {
            Self::Resource => None,
            Self::Entity(entity) => Some(SubjectKind::Entity(entity)),
        }
    }
}

impl ValueEnum for Grouping {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Grouping>> = LazyLock::new(|| {
            let entities = Entity::grouping().into_iter().map(Grouping::Entity);
            std::iter::once(Grouping::Resource).chain(entities).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Resource => PossibleValue::new("resource").help("By resource"),
            Self::Entity(entity) => {
                PossibleValue::new(entity.spec().option).help(format!("By {}", entity.spec().noun))
            }
        })
    }
}

/// The changes that concern one subject.
#[derive(Default)]
struct About<'d> {
    name: Option<Arc<str>>,
    ou_path: Option<Arc<str>>,
    access: Vec<&'d AccessChange>,
    rows: Vec<&'d Change>,
}

/// Returns a section for each subject, by name, then the sections of rows that concern none.
pub fn sections(diff: &Diff, known: &[&Change], kind: SubjectKind, options: TextOptions<'_>) -> Vec<Section> {
    let mut subjects: BTreeMap<Arc<str>, About<'_>> = BTreeMap::new();
    let mut through_no_group = Vec::new();
    for change in &diff.access_changes {
        let ids = kind.named_in(change);
        if ids.is_empty() {
            through_no_group.push(change);
        }
        for (id, name) in ids {
            let about = subjects.entry(id).or_default();
            about.name = name.or(about.name.take());
            about.ou_path = change.ou_path.clone().filter(|_| kind.is_of_accounts());
            about.access.push(change);
        }
    }
    let mut others = Vec::new();
    for change in known {
        let Some((id, name)) = subject_of(change, kind) else {
            others.push(*change);
            continue;
        };
        let about = subjects.entry(id).or_default();
        about.name = about.name.take().or(name);
        if let Some(path) = &change.ou_path {
            about.ou_path = path.after.as_deref().or(path.before.as_deref()).map(Arc::from);
        }
        about.rows.push(change);
    }
    let mut named: Vec<(Arc<str>, About<'_>)> = subjects.into_iter().collect();
    named.sort_by_key(|(id, about)| {
        (about.name.as_ref().map_or_else(|| id.to_lowercase(), |name| name.to_lowercase()), id.clone())
    });
    let mut sections: Vec<Section> =
        named.iter().map(|(id, about)| about.section(id, diff, options)).collect();
    let direct = access::entries(through_no_group);
    sections.push(Section { heading: "assigned directly".to_owned(), entries: direct, rest: Vec::new() });
    sections.extend(rows::sections(diff, &others, options));
    sections
}

impl About<'_> {
    fn section(&self, id: &str, diff: &Diff, options: TextOptions<'_>) -> Section {
        let mut heading = match &self.name {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        };
        if let Some(path) = &self.ou_path {
            heading.push_str(&format!(", {path}"));
        }
        let mut section =
            Section { heading, entries: access::entries(self.access.iter().copied()), rest: Vec::new() };
        for of_resource in self.rows.chunk_by(|one, other| one.resource == other.resource) {
            let line = |change: &Change| format!("{}: {}", change.resource, change.label);
            let (entries, rest) = rows::entries(diff, of_resource, options, line);
            section.entries.extend(entries);
            section.rest.extend(rest);
        }
        section
    }
}

/// Returns the id and name of the subject that the row concerns.
fn subject_of(change: &Change, kind: SubjectKind) -> Option<(Arc<str>, Option<Arc<str>>)> {
    let row = change.after.as_ref().or(change.before.as_ref())?;
    let place = kind.places(change.resource).into_iter().find(|place| is_in(place, row))?;
    let id = row.get(place.id)?.as_str()?.into();
    // The label of the subject's own row is its name.
    let name = change.names.get(place.id).and_then(Value::as_str).map(Arc::from);
    Some((id, name))
}
