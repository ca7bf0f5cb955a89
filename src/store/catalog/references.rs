//! References from rows to rows of other tables, derived from the declarations of resources, facts and entities.

use std::fmt;

use super::TableColumn;
use crate::model::{ColumnKind, ColumnSpec, Entity, FACTS, RESOURCES};

/// Columns that name a row of another table. They match no row if the named thing does not exist or was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The columns of the referring table.
    pub columns: Vec<String>,
    /// The table referred to.
    pub table: String,
    /// The columns of `table`, one for each of `columns`.
    pub to: Vec<String>,
    /// The column and value that select the referring rows; `None` for all rows, or all with a value.
    pub when: Option<(String, String)>,
}

/// Writes the reference as `users.user_id when principal_type = USER`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to: Vec<String> = self.to.iter().map(|column| format!("{}.{column}", self.table)).collect();
        f.write_str(&to.join(", "))?;
        match &self.when {
            Some((column, value)) => write!(f, " when {column} = {value}"),
            None => Ok(()),
        }
    }
}

/// Returns the references of a table or view with these columns.
pub(super) fn of(name: &str, columns: &[TableColumn]) -> Vec<Reference> {
    let has = |column: &str| columns.iter().any(|one| one.name == column);
    let declared = declaration(name);
    let mut references = Vec::new();
    for column in columns {
        references.extend(
            match declared.and_then(|declared| declared.iter().find(|one| one.name == column.name)) {
                Some(spec) => of_declared(spec),
                None if declared.is_some() => of_snapshot(&column.name),
                None => of_name(&column.name),
            },
        );
    }
    // The row of an entity does not refer to itself.
    let base = base(name);
    let is_own = |table: &str| base.unwrap_or(name) == table;
    references.retain(|one| !(is_own(&one.table) && one.columns == one.to));
    let parents = RESOURCES.iter().filter(|spec| base == Some(spec.name)).flat_map(|spec| spec.parents);
    for parent in parents {
        let (child, to): (Vec<&str>, Vec<&str>) = parent.columns.iter().copied().unzip();
        let texts = |columns: Vec<&str>| columns.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let of_parent =
            Reference { columns: texts(child), table: parent.resource.to_owned(), to: texts(to), when: None };
        let is_known = |one: &Reference| {
            (&one.columns, &one.table, &one.to) == (&of_parent.columns, &of_parent.table, &of_parent.to)
        };
        if of_parent.columns.iter().all(|column| has(column)) && !references.iter().any(is_known) {
            references.push(of_parent);
        }
    }
    references
}

/// Returns the resource that a table or view is made from.
fn base(name: &str) -> Option<&'static str> {
    let is_of = |resource: &str| {
        let end = name.strip_prefix(resource);
        end.is_some_and(|end| ["", "_history", "_by_snapshot", "_changes", "_versions"].contains(&end))
    };
    RESOURCES.iter().map(|spec| spec.name).find(|resource| is_of(resource))
}

/// Returns the declared columns of a table or view.
fn declaration(name: &str) -> Option<&'static [ColumnSpec]> {
    let of_resource = RESOURCES.iter().find(|spec| base(name) == Some(spec.name)).map(|spec| spec.columns);
    of_resource.or_else(|| FACTS.iter().find(|spec| spec.name == name).map(|spec| spec.columns))
}

fn of_declared(column: &ColumnSpec) -> Vec<Reference> {
    match column.kind {
        ColumnKind::Id(entities) => entities.iter().map(|entity| to(column.name, *entity, None)).collect(),
        ColumnKind::IdByType { type_column, entities } => {
            let one =
                |(value, entity): &(&str, Entity)| to(column.name, *entity, Some((type_column, *value)));
            entities.iter().map(one).collect()
        }
        ColumnKind::Text
        | ColumnKind::Integer
        | ColumnKind::Boolean
        | ColumnKind::Time
        | ColumnKind::Json
        | ColumnKind::Document { .. } => Vec::new(),
    }
}

/// Returns the references of a view without a declaration: its columns are named after the ids that they hold.
fn of_name(column: &str) -> Vec<Reference> {
    let entities = Entity::ALL.into_iter().filter(|entity| entity.spec().id == column);
    entities.map(|entity| to(column, entity, None)).chain(of_snapshot(column)).collect()
}

fn of_snapshot(column: &str) -> Vec<Reference> {
    let is_snapshot = ["snapshot_id", "previous_snapshot_id", "valid_from", "valid_to"].contains(&column);
    let reference = || Reference {
        columns: vec![column.to_owned()],
        table: "snapshots".to_owned(),
        to: vec!["snapshot_id".to_owned()],
        when: None,
    };
    is_snapshot.then(reference).into_iter().collect()
}

fn to(column: &str, entity: Entity, when: Option<(&str, &str)>) -> Reference {
    let spec = entity.spec();
    Reference {
        columns: vec![column.to_owned()],
        table: spec.resource.to_owned(),
        to: vec![spec.id.to_owned()],
        when: when.map(|(column, value)| (column.to_owned(), value.to_owned())),
    }
}
