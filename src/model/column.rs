//! The columns of a resource, each declared once: its name, its kind of values, its role, and its description.

use super::{Activity, DocumentColumn, Entity, Grammar};

/// A column of a resource. Its Rust field, its SQL column, its key in JSON and its entry in the data dictionary derive
/// from this.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The name, the same in Rust, SQL and JSON.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// Its role in the row.
    pub role: Role,
    /// True if people recognize a row by this column.
    pub is_label: bool,
    /// True if the values are about a natural person: names, addresses, the author of a change.
    pub is_personal: bool,
    /// True if the column only mentions an entity, so that the row is not about the entity with this id.
    pub is_mention: bool,
    /// True if an export includes the column by default although it is about a natural person. A label is included in
    /// any case.
    pub is_basic: bool,
    /// True if a masked export shows the text unchanged: words of AWS, which name no thing and no person of the
    /// organization. Numbers, times and booleans are shown in any case.
    pub is_public: bool,
    /// A fragment for the data dictionary, without a full stop.
    pub description: &'static str,
}

/// The kind of a column's values. In SQL, numbers and booleans are INTEGER, and all other kinds are TEXT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// 1 or 0.
    Boolean,
    /// A time, RFC 3339 in UTC.
    Time,
    /// JSON in AWS's spelling.
    Json,
    /// A document. Two documents with different text may have the same meaning.
    Document {
        /// The column of the table with the hash of the document's meaning.
        hash_column: &'static str,
        /// The rules by which two documents have the same meaning.
        grammar: Grammar,
    },
    /// The id of one of these entities; empty if the row has none.
    Id(&'static [Entity]),
    /// The id of an entity whose kind another column gives.
    IdByType {
        /// The column with the kind of the entity.
        type_column: &'static str,
        /// The values of that column, with their entities.
        entities: &'static [(&'static str, Entity)],
    },
}

/// The role of a column in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The column identifies the row within a snapshot, together with the other key columns.
    Key,
    /// The column describes the row. A new value makes a new version.
    Data,
    /// AWS changes the column without giving the row a new meaning. It is overwritten in the open version, and left out
    /// of diff and hash.
    Volatile,
    /// The column records use, which continues although nothing changes: see [`Activity`].
    Activity,
}

/// A column of a resource with the ids of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityColumn {
    /// The column with the id.
    pub id: &'static str,
    /// The column and the value that select the rows with ids of that entity; `None` if all rows have them.
    pub of: Option<(&'static str, &'static str)>,
}

impl ColumnSpec {
    /// Returns the type of the column in a STRICT table.
    pub fn sql_type(&self) -> &'static str {
        match self.kind {
            ColumnKind::Integer | ColumnKind::Boolean => "INTEGER",
            ColumnKind::Text
            | ColumnKind::Time
            | ColumnKind::Json
            | ColumnKind::Document { .. }
            | ColumnKind::Id(_)
            | ColumnKind::IdByType { .. } => "TEXT",
        }
    }

    /// Returns the entities that a row may be about by this column, in the order in which a name is looked up.
    pub fn entities(&self) -> impl Iterator<Item = Entity> {
        let (plain, by_type): (&[Entity], &[(&str, Entity)]) = match self.kind {
            _ if self.is_mention => (&[], &[]),
            ColumnKind::Id(entities) => (entities, &[]),
            ColumnKind::IdByType { entities, .. } => (&[], entities),
            _ => (&[], &[]),
        };
        plain.iter().copied().chain(by_type.iter().map(|(_, entity)| *entity))
    }

    /// Returns the entity that the row is about by this column with the value `id`. `other` returns the values of the
    /// other columns of the row, or of a scope, which may have the id alone.
    pub fn entity<'v>(&self, id: &str, other: impl FnOnce(&str) -> Option<&'v str>) -> Option<Entity> {
        if id.is_empty() {
            return None;
        }
        let by_id = || Some(Entity::of_id(id)).filter(|entity| self.entities().any(|one| one == *entity));
        match self.kind {
            _ if self.is_mention => None,
            ColumnKind::Id([one]) => Some(*one),
            ColumnKind::Id(_) => by_id(),
            ColumnKind::IdByType { type_column, entities } => match other(type_column) {
                Some(value) => entities.iter().find(|(said, _)| *said == value).map(|(_, entity)| *entity),
                None => by_id(),
            },
            _ => None,
        }
    }

    /// Returns the column as one with ids of an entity that the row is about; `None` if it has no such ids.
    pub fn of_entity(&self, entity: Entity) -> Option<EntityColumn> {
        match self.kind {
            _ if self.is_mention => None,
            ColumnKind::Id(entities) if entities.contains(&entity) => {
                Some(EntityColumn { id: self.name, of: None })
            }
            ColumnKind::IdByType { type_column, entities } => {
                let (value, _) = entities.iter().find(|(_, one)| *one == entity)?;
                Some(EntityColumn { id: self.name, of: Some((type_column, value)) })
            }
            _ => None,
        }
    }
}

/// Returns the name of a field without the `r#` of a name that is a keyword of Rust.
pub(super) const fn bare(field: &'static str) -> &'static str {
    match field.split_at(if field.len() > 2 { 2 } else { 0 }) {
        (start, name) if matches!(start.as_bytes(), b"r#") => name,
        _ => field,
    }
}

/// A choice of columns, for [`count`] and [`names`].
#[derive(Clone, Copy)]
pub(super) enum Pick {
    Key,
    Volatile,
    Label,
    /// The columns that record use, besides the time of use.
    MovesWithUse,
}

impl Pick {
    const fn has(self, column: &ColumnSpec) -> bool {
        match self {
            Self::Key => matches!(column.role, Role::Key),
            Self::Volatile => matches!(column.role, Role::Volatile),
            Self::Label => column.is_label,
            Self::MovesWithUse => {
                matches!(column.role, Role::Activity) && !matches!(column.kind, ColumnKind::Time)
            }
        }
    }
}

/// Returns the number of the columns that `pick` selects.
pub(super) const fn count(columns: &[ColumnSpec], pick: Pick) -> usize {
    let (mut found, mut index) = (0, 0);
    while index < columns.len() {
        if pick.has(&columns[index]) {
            found += 1;
        }
        index += 1;
    }
    found
}

/// Returns the names of the columns that `pick` selects. `N` is their [`count`].
pub(super) const fn names<const N: usize>(columns: &[ColumnSpec], pick: Pick) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut found, mut index) = (0, 0);
    while index < columns.len() {
        if pick.has(&columns[index]) {
            names[found] = columns[index].name;
            found += 1;
        }
        index += 1;
    }
    names
}

/// Returns the number of columns that hold documents.
pub(super) const fn count_documents(columns: &[ColumnSpec]) -> usize {
    let (mut found, mut index) = (0, 0);
    while index < columns.len() {
        if matches!(columns[index].kind, ColumnKind::Document { .. }) {
            found += 1;
        }
        index += 1;
    }
    found
}

/// Returns the columns that hold documents. `N` is their number.
pub(super) const fn documents<const N: usize>(columns: &[ColumnSpec]) -> [DocumentColumn; N] {
    let mut documents = [DocumentColumn { column: "", hash_column: "", grammar: Grammar::Json }; N];
    let (mut found, mut index) = (0, 0);
    while index < columns.len() {
        if let ColumnKind::Document { hash_column, grammar } = columns[index].kind {
            documents[found] = DocumentColumn { column: columns[index].name, hash_column, grammar };
            found += 1;
        }
        index += 1;
    }
    documents
}

/// Returns the activity of a resource. The activity column of kind time has the time of the newest use.
pub(super) const fn activity(
    columns: &[ColumnSpec],
    moves_with_it: &'static [&'static str],
    noun: Option<&'static str>,
) -> Option<Activity> {
    let mut index = 0;
    while index < columns.len() {
        let column = &columns[index];
        if let (Role::Activity, ColumnKind::Time, Some(noun)) = (column.role, column.kind, noun) {
            return Some(Activity { newest_at: column.name, moves_with_it, noun });
        }
        index += 1;
    }
    None
}

/// Returns true if the entity is one of these.
const fn is_one_of(entity: Entity, entities: &[Entity]) -> bool {
    let mut index = 0;
    while index < entities.len() {
        if entities[index] as usize == entity as usize {
            return true;
        }
        index += 1;
    }
    false
}

/// Returns true if a row may be about the entity by one of the columns.
const fn refers_to(columns: &[ColumnSpec], entity: Entity) -> bool {
    let mut index = 0;
    while index < columns.len() {
        match columns[index].kind {
            _ if columns[index].is_mention => {}
            ColumnKind::Id(entities) if is_one_of(entity, entities) => return true,
            ColumnKind::IdByType { entities, .. } => {
                let mut at = 0;
                while at < entities.len() {
                    if entities[at].1 as usize == entity as usize {
                        return true;
                    }
                    at += 1;
                }
            }
            _ => {}
        }
        index += 1;
    }
    false
}

/// Returns true if the declaration gives a reason why no row is about the entity.
const fn is_denied(not_about: &[(&[Entity], &str)], entity: Entity) -> bool {
    let mut index = 0;
    while index < not_about.len() {
        let (entities, reason) = not_about[index];
        if is_one_of(entity, entities) && !reason.is_empty() {
            return true;
        }
        index += 1;
    }
    false
}

/// Returns true if the declaration covers every entity: by a column with its id, or by a reason why no row is about it.
pub(super) const fn takes_a_stand(columns: &[ColumnSpec], not_about: &[(&[Entity], &str)]) -> bool {
    let mut index = 0;
    while index < Entity::ALL.len() {
        let entity = Entity::ALL[index];
        if !refers_to(columns, entity) && !is_denied(not_about, entity) {
            return false;
        }
        index += 1;
    }
    true
}
