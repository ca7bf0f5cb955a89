//! Names for people: of users, groups, accounts, permission sets and OUs, and the label of any row.
//!
//! A name is that of the later snapshot, else that of the earlier one. Snapshots in between do not matter. If neither
//! has a name, the last earlier one is used. The declarations in `model` define which columns name an entity, and the
//! label of a row.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde_json::Value;

use super::lookup_cache::HashMap;
use super::snapshot_pair::SnapshotPair;
use crate::error::Result;
use crate::model::{Entity, LabelPart, ResourceSpec};
use crate::store::unreadable;
use crate::store::versions_table;
use crate::store::{Record, text_of};

/// The names of one kind in one snapshot, each looked up once, by a statement that is prepared once.
struct Book<'c> {
    of: (Entity, i64, Which),
    statement: CachedStatement<'c>,
    known: HashMap<String, Option<Arc<str>>>,
}

impl<'c> Book<'c> {
    fn open(connection: &'c Connection, of: (Entity, i64, Which)) -> Result<Self> {
        let (entity, _, which) = of;
        let spec = entity.spec();
        let (table, key, name) = (versions_table(spec.resource), spec.id, spec.names[0].column);
        let condition = match which {
            Which::Alive => "valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)",
            Which::Last => "valid_from <= ?2 ORDER BY valid_from DESC LIMIT 1",
        };
        let sql = format!("SELECT {name} FROM {table} WHERE {key} = ?1 AND {condition}");
        let statement = connection.prepare_cached(&sql).map_err(unreadable)?;
        Ok(Self { of, statement, known: HashMap::default() })
    }

    fn look_up(&mut self, id: &str) -> Result<Option<Arc<str>>> {
        if let Some(name) = self.known.get(id) {
            return Ok(name.clone());
        }
        let found: Option<Option<Arc<str>>> =
            self.statement.query_row((id, self.of.1), |row| row.get(0)).optional().map_err(unreadable)?;
        let name = found.flatten();
        self.known.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

/// The choice among several names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The name in the snapshot.
    Alive,
    /// The last name up to the snapshot.
    Last,
}

/// A cache of names, each looked up once.
pub(super) struct Names<'c> {
    connection: &'c Connection,
    pair: SnapshotPair,
    books: RefCell<Vec<Book<'c>>>,
    /// The columns with names of the previous row: the next row mostly has the same.
    columns: RefCell<Arc<[String]>>,
}

impl<'c> Names<'c> {
    pub fn new(connection: &'c Connection, pair: SnapshotPair) -> Self {
        Self { connection, pair, books: RefCell::default(), columns: RefCell::default() }
    }

    /// Returns the name in the later snapshot, else in the earlier one, else the last one before; `None` if there never
    /// was one.
    pub fn name(&self, entity: Entity, id: &str) -> Result<Option<Arc<str>>> {
        let (earlier, later) = (self.pair.earlier(), self.pair.later());
        for (snapshot_id, which) in [(later, Which::Alive), (earlier, Which::Alive), (later, Which::Last)] {
            if let Some(name) = self.look_up(entity, snapshot_id, which, id)? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Returns the name in that snapshot; `None` if the entity does not exist or has no name.
    pub fn name_on(&self, snapshot_id: i64, entity: Entity, id: &str) -> Result<Option<Arc<str>>> {
        self.look_up(entity, snapshot_id, Which::Alive, id)
    }

    /// Returns, by column, the known names of the entities whose ids are in a row or scope of the resource.
    pub fn in_row(&self, spec: &ResourceSpec, row: &Record) -> Result<Record> {
        let (mut columns, mut names) = (Vec::new(), Vec::new());
        for (column, value) in row.iter() {
            if let (Some(entity), Value::String(id)) = (entity_at(spec, column, row), value)
                && let Some(name) = self.name(entity, id)?
            {
                columns.push(column);
                names.push(Value::from(&*name));
            }
        }
        let mut before = self.columns.borrow_mut();
        if !before.iter().eq(columns.iter().copied()) {
            *before = columns.into_iter().cloned().collect();
        }
        Ok(Record::new(&before, names))
    }

    fn look_up(&self, entity: Entity, snapshot_id: i64, which: Which, id: &str) -> Result<Option<Arc<str>>> {
        let of = (entity, snapshot_id, which);
        let mut books = self.books.borrow_mut();
        if let Some(book) = books.iter_mut().find(|book| book.of == of) {
            return book.look_up(id);
        }
        books.push(Book::open(self.connection, of)?);
        books.last_mut().expect("it was just pushed").look_up(id)
    }
}

/// Returns the label of a row of the resource; `names` are those in the row. `store::views` writes the same in SQL.
pub(super) fn label(spec: &ResourceSpec, row: &Record, names: &Record) -> String {
    let value = |column: &str| row.get(column).map(text_of).unwrap_or_default();
    let part = |part: &LabelPart| match *part {
        LabelPart::Words(words) => Cow::from(words),
        LabelPart::Value(column) => value(column).into(),
        LabelPart::Name(column) => name_or_value(column, row, names),
        LabelPart::NounAndName(column) => thing(spec, column, row, names).into(),
        LabelPart::NameIfAny { words, column } => match value(column).is_empty() {
            true => Cow::from(""),
            false => [words, &name_or_value(column, row, names)].concat().into(),
        },
        LabelPart::Policy { kind, policy, name } => {
            let policy = value(policy);
            let named = row.get(name).and_then(Value::as_str).unwrap_or(policy_name(&policy));
            policy_words(&value(kind), named).into()
        }
    };
    if !spec.row_label.is_empty() {
        return spec.row_label.iter().map(part).collect();
    }
    let named: Vec<&str> = spec.label.iter().filter_map(|column| row.get(column)?.as_str()).collect();
    match named.is_empty() {
        true => spec.key.iter().map(|column| value(column)).collect::<Vec<_>>().join(" "),
        false => named.join(" "),
    }
}

/// Returns the label of a scope of the resource; `names` are those in the scope.
pub(super) fn scope_label(spec: &ResourceSpec, scope: &Record, names: &Record) -> String {
    let mut parts = Vec::new();
    for column in scope.keys() {
        match entity_at(spec, column, scope) {
            Some(_) => parts.push(thing(spec, column, scope, names)),
            None if column == "principal_type" && scope.contains_key("principal_id") => {}
            // An empty id, as of a report that is not narrowed to a policy, has no name.
            None if scope[column] == "" => {}
            None => parts.push(format!("{column} {}", text_of(&scope[column]))),
        }
    }
    if parts.is_empty() { format!("all {}", spec.name) } else { parts.join(", ") }
}

/// Returns the entity whose id a column of a row or scope holds.
fn entity_at(spec: &ResourceSpec, column: &str, row: &Record) -> Option<Entity> {
    let said = |column: &str| row.get(column).and_then(Value::as_str);
    spec.column(column)?.entity(said(column)?, said)
}

/// Returns `group Platform` or `account payments-prod` for the entity in a column, or else its value.
fn thing(spec: &ResourceSpec, column: &str, row: &Record, names: &Record) -> String {
    let name = name_or_value(column, row, names);
    match entity_at(spec, column, row) {
        Some(entity) => [entity.spec().short, " ", &name].concat(),
        None => name.into_owned(),
    }
}

fn name_or_value<'r>(column: &str, row: &'r Record, names: &'r Record) -> Cow<'r, str> {
    match (names.get(column), row.get(column)) {
        (Some(Value::String(text)), _) | (None, Some(Value::String(text))) => text.into(),
        (_, value) => value.map(text_of).unwrap_or_default().into(),
    }
}

/// Returns the label of a policy of a permission set: an inline one has no name, and a boundary grants nothing.
pub(super) fn policy_words(kind: &str, name: &str) -> String {
    match kind {
        "inline" => "inline policy".to_owned(),
        "permissions_boundary" => format!("permissions boundary {name}"),
        _ => name.to_owned(),
    }
}

/// Returns the name in a policy's ARN; any other text is already a name.
pub(super) fn policy_name(policy: &str) -> &str {
    match policy.split_once(":policy/") {
        Some((_, path)) => path.rsplit('/').next().unwrap_or(path),
        None => policy,
    }
}
