//! The columns that exports add to those of the census, so that a chart needs no join.

/// The additions of an export to a view of one snapshot.
#[derive(Debug)]
pub struct AddedColumns {
    /// The view. In the SQL of this declaration its rows are `t`, and the snapshot is `n`.
    pub view: &'static str,
    /// The tables that are built once before: the text of a WITH clause.
    pub with: &'static str,
    /// The joins to these tables, each with at most one row.
    pub joins: &'static str,
    /// The columns.
    pub columns: &'static [AddedColumn],
    /// The resources behind the columns, besides those of the view.
    pub resources: &'static [&'static str],
}

/// A column that an export adds.
#[derive(Debug)]
pub struct AddedColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type: `TEXT`, or `INTEGER` for 1, 0 or NULL.
    pub sql_type: &'static str,
    /// A fragment without a full stop.
    pub description: &'static str,
    /// The value in SQL.
    pub sql: &'static str,
}

/// Every view to which columns are added.
pub const ADDED_COLUMNS: &[AddedColumns] = &[AddedColumns {
    view: "effective_access",
    with: include_str!("views/exports/effective_access.sql"),
    joins: "LEFT JOIN places AS o ON o.id = t.account_id
LEFT JOIN sets AS p ON p.permission_set_arn = t.permission_set_arn",
    columns: &[
        AddedColumn {
            name: "ou_path",
            sql_type: "TEXT",
            description: "names from the root down to the account's OU, joined by slashes",
            sql: "o.ou_path",
        },
        AddedColumn {
            name: "is_privileged",
            sql_type: "INTEGER",
            description: "1 where the permission set is an administrator's, or can become one; NULL where its policies were not all read",
            sql: "p.is_privileged",
        },
        AddedColumn {
            name: "is_administrator",
            sql_type: "INTEGER",
            description: "1 where the permission set may grant itself anything; NULL where its policies were not all read",
            sql: "p.is_administrator",
        },
    ],
    resources: &["organizational_units", "roots", "permission_set_policies", "managed_policies"],
}];

/// Returns the SQL for the value of a tag of the account in row `t`. `key` is an SQL text.
pub fn account_tag(key: &str) -> String {
    format!(
        "(SELECT g.value FROM tags AS g WHERE g.resource_type = 'account' AND g.resource_id = t.account_id AND g.key = {key})"
    )
}

/// The name of the resource with the tags.
pub const TAGS: &str = "tags";

/// The columns of views, and of facts recorded for snapshots, whose text a masked export shows unchanged: words of AWS
/// and of this program, which name no thing and no person of the organization.
pub const PUBLIC_IN_VIEWS: &[&str] = &[
    "access",
    "account_state",
    "application_status",
    "assignment_strategy",
    "cause",
    "change",
    "effect",
    "error_code",
    "kind",
    "level",
    "operation",
    "principal_type",
    "region",
    "resource",
    "resource_type",
    "source",
    "status",
    "tool_version",
    "type",
    "user_status",
    "via",
];
