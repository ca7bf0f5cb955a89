//! Which rows tell of a thing: its own, and those that refer to it.

use serde_json::{Map, Value};

use super::Kind;

/// Rows of one resource that have these values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thread {
    pub resource: &'static str,
    /// Column to value; an index begins with one of the columns.
    pub scope: Map<String, Value>,
}

impl Thread {
    pub fn new(resource: &'static str, scope: &[(&str, &str)]) -> Self {
        let scope = scope.iter().map(|(column, value)| ((*column).to_owned(), (*value).into())).collect();
        Self { resource, scope }
    }

    /// `column = ?1 AND …`, for the values of [`Thread::scope`] in its order.
    pub fn condition(&self) -> String {
        let equal =
            self.scope.keys().enumerate().map(|(index, column)| format!("\"{column}\" = ?{}", index + 1));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// The values of the scope.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.scope.values().filter_map(Value::as_str)
    }
}

/// The threads of a thing, its own row's first.
pub(super) fn of(kind: Kind, id: &str) -> Vec<Thread> {
    let (resource, key) = kind.resource();
    let mut threads = vec![Thread::new(resource, &[(key, id)])];
    let assigned = |principal_type| {
        Thread::new("account_assignments", &[("principal_id", id), ("principal_type", principal_type)])
    };
    let tags = |of| Thread::new("tags", &[("resource_id", id), ("resource_type", of)]);
    match kind {
        Kind::User => threads.extend([Thread::new("group_memberships", &[(key, id)]), assigned("USER")]),
        Kind::Group => threads.extend([Thread::new("group_memberships", &[(key, id)]), assigned("GROUP")]),
        Kind::Account => threads.extend([tags("account"), Thread::new("account_assignments", &[(key, id)])]),
        Kind::PermissionSet => threads.extend([
            tags("permission_set"),
            Thread::new("permission_set_policies", &[(key, id)]),
            Thread::new("account_assignments", &[(key, id)]),
        ]),
    }
    threads
}
