//! The columns of a resource, each declared once: its name, what it holds, what it is for, and its description.

use super::{Activity, DocumentColumn, Entity, Grammar};

/// A column of a resource. Its Rust field, its SQL column, its place in JSON and its entry in the data dictionary follow.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The name, the same in Rust, SQL and JSON.
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
    /// What it is for.
    pub role: Role,
    /// Whether a person recognizes a row by it.
    pub is_label: bool,
    /// Whether its values tell of a natural person: names, addresses, whoever did something.
    pub is_personal: bool,
    /// Whether it only mentions an entity: the row is not about the one whose id it has.
    pub is_mention: bool,
    /// Whether an export has it unless told otherwise, although it tells of a natural person; one that is a label is had
    /// anyway.
    pub is_basic: bool,
    /// Whether a masked export shows its text as it is: words of AWS, that name no thing and nobody of the organization.
    /// Numbers, times and truth values are shown anyway.
    pub is_public: bool,
    /// A fragment for the data dictionary, without a full stop.
    pub description: &'static str,
}

/// What the values of a column are. In SQL, numbers and booleans are INTEGER, and all else is TEXT.
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
    /// JSON, as AWS spells it.
    Json,
    /// A document of which two may say the same in other words.
    Document {
        /// The column of the table that keeps the hash of what the document says.
        hash_column: &'static str,
        /// By which rules two say the same.
        grammar: Grammar,
    },
    /// The id of one of these entities; empty where the row has none.
    Id(&'static [Entity]),
    /// The id of an entity that another column tells.
    IdByType {
        /// The column that tells.
        type_column: &'static str,
        /// Its values.
        entities: &'static [(&'static str, Entity)],
    },
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It identifies the row within a snapshot, with the other columns of the key.
    Key,
    /// It says something of the row; another value is a new version.
    Data,
    /// AWS touches it without the row meaning anything new: it is overwritten in the open version, and left out of diff
    /// and hash.
    Volatile,
    /// It tells of use, which goes on where nothing changes: see [`Activity`].
    Activity,
}

/// A place where rows of a resource have the id of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityColumn {
    /// The column with the id.
    pub id: &'static str,
    /// The column and its value by which the id is of that entity; `None` where it always is.
    pub of: Option<(&'static str, &'static str)>,
}

impl ColumnSpec {
    /// The type of the column in a STRICT table.
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

    /// The entities that the row may be about by this column, in the order in which a name is looked for.
    pub fn entities(&self) -> impl Iterator<Item = Entity> {
        let (plain, by_type): (&[Entity], &[(&str, Entity)]) = match self.kind {
            _ if self.is_mention => (&[], &[]),
            ColumnKind::Id(entities) => (entities, &[]),
            ColumnKind::IdByType { entities, .. } => (&[], entities),
            _ => (&[], &[]),
        };
        plain.iter().copied().chain(by_type.iter().map(|(_, entity)| *entity))
    }

    /// The entity that the row is about by this column, whose own value is `id`; `other` gives the values of the row's
    /// other columns, or of a scope's, which may name the id alone.
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

    /// The column as a place of the ids of an entity that the row is about; `None` where it is none.
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

/// Returns the name of a field without the `r#` of one that is called as a word of Rust.
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
    /// Those that tell of use beside its time.
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

/// Returns how many of the columns are picked.
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

/// Returns the names of the columns that are picked; `N` is their [`count`].
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

/// Returns how many of the columns hold documents.
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

/// Returns the columns that hold documents; `N` is their number.
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

/// Returns the activity of a resource: the time of its newest use is the activity column that holds a time.
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

/// Returns whether the entity is one of these.
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

/// Returns whether a row may be about the entity by one of the columns.
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

/// Returns whether the declaration gives a reason why no row is about the entity.
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

/// Returns whether the declaration says of every entity how its rows concern it: by a column with its id, or by a reason
/// why they do not.
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
