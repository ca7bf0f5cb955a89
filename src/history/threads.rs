//! The rows that describe an entity: its own, and those that refer to it.

use serde_json::{Map, Value};

use crate::model::{Entity, RESOURCES, ResourceSpec};

/// The rows of one resource that have these values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thread {
    pub resource: &'static str,
    /// The values by column; an index begins with one of the columns.
    pub scope: Map<String, Value>,
}

impl Thread {
    pub fn new(resource: &'static str, scope: &[(&str, &str)]) -> Self {
        let scope = scope.iter().map(|(column, value)| ((*column).to_owned(), (*value).into())).collect();
        Self { resource, scope }
    }

    /// Returns `column = ?1 AND …`, for the values of [`Thread::scope`] in its order.
    pub fn condition(&self) -> String {
        let equal =
            self.scope.keys().enumerate().map(|(index, column)| format!("\"{column}\" = ?{}", index + 1));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// Returns the values of the scope.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.scope.values().filter_map(Value::as_str)
    }
}

/// Returns the threads of an entity: its own row's first, then the others, those with the fewest references first.
pub(super) fn of(entity: Entity, id: &str) -> Vec<Thread> {
    let own = entity.spec().resource;
    let mut told: Vec<&ResourceSpec> =
        RESOURCES.iter().copied().filter(|spec| spec.not_in_lives.is_none()).rev().collect();
    told.sort_by_key(|spec| {
        (spec.name != own, spec.columns.iter().filter(|it| it.entities().count() > 0).count())
    });
    let thread = |spec: &&'static ResourceSpec| {
        let column = spec.about(entity).next()?;
        let scope = std::iter::once((column.id, id)).chain(column.of);
        Some(Thread::new(spec.name, &scope.collect::<Vec<_>>()))
    };
    told.iter().filter_map(thread).collect()
}
