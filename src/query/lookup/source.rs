//! The tables and columns in which the entities of one kind are looked up.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};

use super::ladder::{Best, Candidate, Name, Typed};
use crate::model::{Entity, EntitySpec, NameColumn, NameForm, NameRung, PathColumn, RESOURCES};

/// The tables and columns in which the entities of one kind are looked up.
pub(super) struct NameSource {
    /// The declaration of the entity.
    pub entity: &'static EntitySpec,
    /// The resource or view with the entities of one snapshot; its key is `id`.
    pub table: &'static str,
    /// The column with the id.
    pub id: &'static str,
    /// The condition on rows of the table that count.
    only: &'static str,
    /// The columns by which an entity is found; the first one is its name.
    pub names: Vec<NameColumn>,
    /// The places of ids even if the resource itself could not be read: (table, column, condition).
    occurs_in: Vec<(&'static str, &'static str, String)>,
}

impl NameSource {
    /// Returns the source of an entity, from its declaration and those of the resources with its ids.
    pub fn of(entity: Entity) -> Self {
        let spec = entity.spec();
        let of_path = |path: &PathColumn| NameColumn {
            column: path.column,
            rung: NameRung::UniqueName,
            form: NameForm::Path,
        };
        let (table, id, only) = match &spec.path {
            Some(path) => (path.view, path.id, path.only),
            None => (spec.resource, spec.id, "1"),
        };
        Self {
            entity: spec,
            table,
            id,
            only,
            names: spec.path.iter().map(of_path).chain(spec.names.iter().copied()).collect(),
            occurs_in: occurrences(entity),
        }
    }

    /// Returns the noun for one entity.
    pub fn noun(&self) -> &'static str {
        self.entity.noun
    }

    /// Returns the resource that the snapshot must have seen for a trustworthy answer, and whose versions show when an
    /// entity existed.
    pub fn resource(&self) -> &'static str {
        self.entity.resource
    }

    /// Returns true if it is derived from one snapshot's state, so that names do not exist over a range.
    pub fn is_of_one_snapshot(&self) -> bool {
        self.entity.path.is_some()
    }

    /// Returns SQL for every row of the answering snapshots.
    pub fn now(&self) -> String {
        format!("SELECT *, NULL AS valid_from, NULL AS valid_to FROM {} WHERE {}", self.table, self.only)
    }

    /// Returns SQL for every version up to the answering snapshot.
    pub fn history(&self) -> String {
        format!("{} ORDER BY valid_from", self.of_versions(&format!("{}_history", self.resource())))
    }

    /// Returns SQL for the last version of each entity that is gone by the answering snapshot and that other tables
    /// still name; `None` if there can be none.
    pub fn missing(&self) -> Option<String> {
        let named: Vec<_> = self
            .occurs_in
            .iter()
            .map(|(table, column, condition)| format!("SELECT {column} FROM {table} WHERE {condition}"))
            .collect();
        let (id, history) = (self.entity.id, format!("{}_history", self.resource()));
        (!named.is_empty()).then(|| {
            format!(
                "{} AS h WHERE h.valid_to IS NOT NULL AND h.{id} IN ({})
                 AND NOT EXISTS (SELECT 1 FROM {history} AS x WHERE x.{id} = h.{id} AND x.valid_from > h.valid_from)",
                self.of_versions(&history),
                named.join(" UNION ")
            )
        })
    }

    /// Returns SQL for every stored version.
    pub fn versions(&self) -> String {
        self.of_versions(&format!("main.{}_versions", self.resource()))
    }

    /// Returns SQL for all rows of a table with versions of the resource.
    fn of_versions(&self, table: &str) -> String {
        match &self.entity.path {
            // The tree's ids and paths are derived. Its units have versions of their own, with a path of ids.
            Some(path) => {
                format!(
                    "SELECT *, {} AS {}, entity_path AS {} FROM {table}",
                    self.entity.id, path.id, path.column
                )
            }
            None => format!("SELECT * FROM {table}"),
        }
    }

    /// Returns the id if the text is exactly one. This is the fast way, and the only one for ids of entities that could
    /// not be read. `view` follows the resources' names: empty, or `_history`.
    pub fn by_id(
        &self,
        connection: &Connection,
        typed: &str,
        view: &str,
    ) -> rusqlite::Result<Option<String>> {
        let own = [(self.table, self.id, self.only.to_owned())];
        self.find_id(connection, own.iter().chain(&self.occurs_in), typed, view, "BINARY")
    }

    /// Returns the id that occurs in some table, trimmed and ignoring case.
    pub fn by_like_id(
        &self,
        connection: &Connection,
        typed: &Typed,
        view: &str,
    ) -> rusqlite::Result<Option<String>> {
        self.find_id(connection, &self.occurs_in, typed.trimmed(), view, "NOCASE")
    }

    fn find_id<'p>(
        &self,
        connection: &Connection,
        places: impl IntoIterator<Item = &'p (&'static str, &'static str, String)>,
        typed: &str,
        view: &str,
        collation: &str,
    ) -> rusqlite::Result<Option<String>> {
        // An empty column names no entity, as in a report without a policy.
        if typed.is_empty() {
            return Ok(None);
        }
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

    /// Returns the rows of `source` that match the typed text most reliably.
    pub fn best(&self, connection: &Connection, source: &str, typed: &Typed) -> rusqlite::Result<Best> {
        let mut best = Best::default();
        self.each(connection, source, |candidate| best.add(candidate, typed))?;
        Ok(best)
    }

    /// Returns every row of `source`.
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
        columns.extend(self.names.iter().map(|name| name.column));
        columns.push(self.entity.state.unwrap_or("NULL"));
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
        for (index, NameColumn { rung, form, .. }) in self.names.iter().enumerate() {
            let Some(text) = text(index + 1)? else { continue };
            match form {
                NameForm::Plain => names.push(Name::new(*rung, text)),
                NameForm::JsonValues => {
                    names.extend(addresses(&text).into_iter().map(|one| Name::new(*rung, one)));
                }
                NameForm::Path => names.extend(Name::of_path(*rung, text)),
            }
        }
        let state = text(self.names.len() + 1)?;
        let valid_from: Option<i64> = row.get("valid_from")?;
        let valid_to = row.get("valid_to")?;
        let life = valid_from.map(|valid_from| (valid_from, valid_to));
        Ok(Candidate { id: row.get(0)?, names, state, life })
    }
}

/// Returns the places of the entity's ids outside its own resource: as part of a key, in resources that may be complete
/// although the entities could not be read.
fn occurrences(entity: Entity) -> Vec<(&'static str, &'static str, String)> {
    let others = RESOURCES.iter().filter(|spec| spec.name != entity.spec().resource);
    let in_key = others.flat_map(|spec| {
        let of_key = spec.about(entity).filter(|column| spec.key.contains(&column.id));
        of_key.map(|column| {
            let condition = column.of.map(|(column, value)| format!("{column} = '{value}'"));
            (spec.name, column.id, condition.unwrap_or("1".to_owned()))
        })
    });
    in_key.collect()
}

/// Returns the addresses in AWS's JSON array of `{"Value": …}`; none for any other text.
fn addresses(json: &str) -> Vec<String> {
    let Ok(serde_json::Value::Array(entries)) = serde_json::from_str(json) else { return Vec::new() };
    entries.iter().filter_map(|entry| entry.get("Value")?.as_str().map(str::to_owned)).collect()
}
