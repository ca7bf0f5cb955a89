//! Where things of one kind are looked up, and by what.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};

use super::super::header::ParameterType;
use super::ladder::{Best, Candidate, Name, Rung, Typed};

/// Where things of one kind are looked up, and by what.
pub(super) struct Place {
    /// What one is called.
    pub noun: &'static str,
    /// The resource or view; its key is `id`.
    pub table: &'static str,
    pub id: &'static str,
    /// Columns that hold names, the first one being what it is called.
    pub names: &'static [Column],
    /// A column that tells two things of one name apart.
    state: Option<&'static str>,
    /// Which rows of the table count; a condition.
    only: &'static str,
    /// The resource that the snapshot must have seen for the answer to be trusted, and whose versions say
    /// when a thing existed.
    pub resource: &'static str,
    /// Where ids occur even where the resource itself could not be read: (table, column, condition).
    occurs_in: &'static [(&'static str, &'static str, &'static str)],
}

/// A column by which things are found.
pub(super) struct Column(pub &'static str, Rung, Holds);

/// What a column holds.
enum Holds {
    Name,
    /// A JSON array of objects with a `Value`.
    Addresses,
    /// Names from the root on, with slashes between them.
    Path,
}

/// The place of a kind; `None` for a kind that has no ids.
pub(super) fn place(kind: ParameterType) -> Option<Place> {
    match kind {
        ParameterType::User => Some(Place {
            noun: "user",
            table: "users",
            id: "user_id",
            names: &[
                Column("user_name", Rung::UniqueName, Holds::Name),
                Column("display_name", Rung::DisplayName, Holds::Name),
                Column("primary_email", Rung::Email, Holds::Name),
                Column("emails", Rung::Email, Holds::Addresses),
            ],
            state: Some("user_status"),
            only: "1",
            resource: "users",
            occurs_in: &[("account_assignments", "principal_id", "principal_type = 'USER'")],
        }),
        ParameterType::Account => Some(Place {
            noun: "account",
            table: "accounts",
            id: "account_id",
            names: &[
                Column("name", Rung::AccountName, Holds::Name),
                Column("email", Rung::Email, Holds::Name),
            ],
            state: Some("state"),
            only: "1",
            resource: "accounts",
            occurs_in: &[
                ("account_assignments", "account_id", "1"),
                ("provisioned_permission_sets", "account_id", "1"),
            ],
        }),
        ParameterType::Group => Some(Place {
            noun: "group",
            table: "groups",
            id: "group_id",
            names: &[Column("display_name", Rung::UniqueName, Holds::Name)],
            state: None,
            only: "1",
            resource: "groups",
            occurs_in: &[
                ("group_memberships", "group_id", "1"),
                ("account_assignments", "principal_id", "principal_type = 'GROUP'"),
            ],
        }),
        ParameterType::PermissionSet => Some(Place {
            noun: "permission set",
            table: "permission_sets",
            id: "permission_set_arn",
            names: &[Column("name", Rung::UniqueName, Holds::Name)],
            state: None,
            only: "1",
            resource: "permission_sets",
            occurs_in: &[
                ("account_assignments", "permission_set_arn", "1"),
                ("provisioned_permission_sets", "permission_set_arn", "1"),
            ],
        }),
        ParameterType::Ou => Some(Place {
            noun: "organizational unit",
            table: "organization_tree",
            id: "id",
            names: &[
                Column("ou_path", Rung::UniqueName, Holds::Path),
                Column("name", Rung::DisplayName, Holds::Name),
            ],
            state: None,
            only: "type <> 'account'",
            resource: "organizational_units",
            occurs_in: &[],
        }),
        ParameterType::Date | ParameterType::Number | ParameterType::Text => None,
    }
}

impl Place {
    /// Whether it is derived from one snapshot's state, so that nothing has a name over a range.
    pub fn is_of_one_snapshot(&self) -> bool {
        self.table == "organization_tree"
    }

    /// SQL for every row of the snapshots that answer.
    pub fn now(&self) -> String {
        format!("SELECT *, NULL AS valid_from, NULL AS valid_to FROM {} WHERE {}", self.table, self.only)
    }

    /// SQL for every version up to the snapshot that answers.
    pub fn history(&self) -> String {
        format!("SELECT * FROM {}_history ORDER BY valid_from", self.resource)
    }

    /// SQL for the last version of each thing that is gone by the snapshot that answers and that its other tables
    /// still name; `None` where none can be.
    pub fn missing(&self) -> Option<String> {
        let named: Vec<_> = self
            .occurs_in
            .iter()
            .map(|(table, column, condition)| format!("SELECT {column} FROM {table} WHERE {condition}"))
            .collect();
        let (id, history) = (self.id, format!("{}_history", self.resource));
        (!named.is_empty()).then(|| {
            format!(
                "SELECT * FROM {history} AS h WHERE h.valid_to IS NOT NULL AND h.{id} IN ({})
                 AND NOT EXISTS (SELECT 1 FROM {history} AS x WHERE x.{id} = h.{id} AND x.valid_from > h.valid_from)",
                named.join(" UNION ")
            )
        })
    }

    /// SQL for every version that is kept.
    pub fn versions(&self) -> String {
        let columns = match self.table {
            // The tree's ids and paths are derived; its units have versions of their own.
            "organization_tree" => "ou_id AS id, name, entity_path AS ou_path, valid_from, valid_to",
            _ => "*",
        };
        format!("SELECT {columns} FROM main.{}_versions", self.resource)
    }

    /// The id, if it is exactly one: the fast way, and the only one for ids of things that could not be read
    /// themselves. `view` is what follows the resources' names: nothing, or `_history`.
    pub fn by_id(
        &self,
        connection: &Connection,
        typed: &str,
        view: &str,
    ) -> rusqlite::Result<Option<String>> {
        let own = [(self.table, self.id, self.only)];
        self.find_id(connection, own.iter().chain(self.occurs_in), typed, view, "BINARY")
    }

    /// The id that occurs somewhere, trimmed and ignoring case.
    pub fn by_like_id(
        &self,
        connection: &Connection,
        typed: &Typed,
        view: &str,
    ) -> rusqlite::Result<Option<String>> {
        self.find_id(connection, self.occurs_in, typed.trimmed(), view, "NOCASE")
    }

    fn find_id<'p>(
        &self,
        connection: &Connection,
        places: impl IntoIterator<Item = &'p (&'static str, &'static str, &'static str)>,
        typed: &str,
        view: &str,
        collation: &str,
    ) -> rusqlite::Result<Option<String>> {
        for (table, column, condition) in places {
            let sql = format!(
                "SELECT {column} FROM {table}{view} WHERE {column} = ?1 COLLATE {collation} AND {condition} LIMIT 1"
            );
            let found = connection.query_row(&sql, [typed], |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The rows of `source` that are most surely what was typed.
    pub fn best(&self, connection: &Connection, source: &str, typed: &Typed) -> rusqlite::Result<Best> {
        let mut best = Best::default();
        self.each(connection, source, |candidate| best.add(candidate, typed))?;
        Ok(best)
    }

    /// Every row of `source`.
    pub fn all(&self, connection: &Connection, source: &str) -> rusqlite::Result<Vec<Candidate>> {
        let mut all = Vec::new();
        self.each(connection, source, |candidate| all.push(candidate))?;
        Ok(all)
    }

    fn each(
        &self,
        connection: &Connection,
        source: &str,
        mut take: impl FnMut(Candidate),
    ) -> rusqlite::Result<()> {
        let mut columns = vec![self.id];
        columns.extend(self.names.iter().map(|column| column.0));
        columns.push(self.state.unwrap_or("NULL"));
        let sql = format!("SELECT {}, valid_from, valid_to FROM ({source})", columns.join(", "));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(self.candidate(row)?);
        }
        Ok(())
    }

    fn candidate(&self, row: &Row<'_>) -> rusqlite::Result<Candidate> {
        let text = |index: usize| -> rusqlite::Result<Option<String>> {
            Ok(match row.get(index)? {
                Value::Text(text) => Some(text),
                _ => None,
            })
        };
        let mut names = Vec::new();
        for (index, Column(_, rung, holds)) in self.names.iter().enumerate() {
            let Some(text) = text(index + 1)? else { continue };
            match holds {
                Holds::Name => names.push(Name::new(*rung, text)),
                Holds::Addresses => {
                    names.extend(addresses(&text).into_iter().map(|one| Name::new(*rung, one)));
                }
                Holds::Path => names.extend(Name::of_path(*rung, text)),
            }
        }
        let state = text(self.names.len() + 1)?;
        let valid_from: Option<i64> = row.get("valid_from")?;
        let valid_to = row.get("valid_to")?;
        let life = valid_from.map(|valid_from| (valid_from, valid_to));
        Ok(Candidate { id: row.get(0)?, names, state, life })
    }
}

/// The addresses in AWS's JSON array of `{"Value": …}`; none where it is something else.
fn addresses(json: &str) -> Vec<String> {
    let Ok(serde_json::Value::Array(entries)) = serde_json::from_str(json) else { return Vec::new() };
    entries.iter().filter_map(|entry| entry.get("Value")?.as_str().map(str::to_owned)).collect()
}
