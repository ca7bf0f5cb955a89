//! A small world for the store's tests: a census in a folder of its own, and collections into it.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{
    ActivityStep, CallTotals, Census, CollectionHeader, Database, Failure, GapKind, Identity, NewTask,
    Outcome, Published, ShrinkLimit, Staging,
};
use crate::error::Result;
use crate::model::{Completeness, Row, Scope, resource};

/// A census in a folder that is deleted with it. Collection `n` is taken on day `n` of 2026.
pub(super) struct World {
    _folder: tempfile::TempDir,
    pub path: PathBuf,
    pub database: Database,
    collections: u32,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("o.db");
        let (database, _) = Database::open_or_create(&path).unwrap();
        Self { _folder: folder, path, database, collections: 0 }
    }

    /// Creates a world that is claimed for the identity of its collections.
    pub fn claimed() -> Self {
        let mut world = Self::new();
        let CollectionHeader { organization_id, instance_arn, .. } = header(0);
        world.database.claim(&Identity { organization_id, instance_arn }).unwrap();
        world
    }

    /// Copies the census into another folder, to continue independently.
    pub fn fork(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("o.db");
        std::fs::write(&path, "").unwrap();
        self.census().copy(&path, None, &|_| Ok(())).unwrap();
        let (database, _) = Database::open_or_create(&path).unwrap();
        Self { _folder: folder, path, database, collections: self.collections }
    }

    /// Begins the next collection.
    pub fn collect(&mut self) -> Collection<'_> {
        self.collections += 1;
        let staging = Staging::create(&self.database, &header(self.collections)).unwrap();
        Collection { day: self.collections, world: self, staging, tasks: 0, shrink_limit: ShrinkLimit(50) }
    }

    /// Hashes every snapshot again, as if it had been published in its current form. No row may have changed since the
    /// first snapshot.
    pub fn rehash(&mut self) {
        let connection = self.database.connection();
        for snapshot in super::snapshot::all(connection).unwrap() {
            super::evidence::record(connection, &snapshot).unwrap();
        }
    }

    pub fn census(&self) -> Census {
        Census::open(&self.path).unwrap()
    }

    /// Returns the first column of each row, as text.
    pub fn column(&self, sql: &str) -> Vec<String> {
        column(self.database.connection(), sql)
    }
}

/// Returns the first column of each row, as text.
pub(super) fn column(connection: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
    rows.map(|value| value.unwrap().unwrap_or_default()).collect()
}

/// Returns the header of the collection of day `day`.
pub(super) fn header(day: u32) -> CollectionHeader {
    CollectionHeader {
        collection_id: format!("collection-{day}"),
        started_at: time(day, 0),
        organization_id: Some("o-1".to_owned()),
        instance_arn: Some("arn:instance".to_owned()),
        identity_store_id: None,
        region: None,
        caller_arn: None,
        caller_user_id: None,
        label: None,
        selection: String::new(),
        tool_version: "0".to_owned(),
    }
}

fn time(day: u32, minute: u32) -> String {
    let date = chrono::NaiveDate::from_yo_opt(2026 + day.cast_signed() / 365, 1 + day % 365).unwrap();
    format!("{date}T00:{minute:02}:00Z")
}

/// A collection in progress; each task listed here ends in one step.
pub(super) struct Collection<'a> {
    day: u32,
    pub world: &'a mut World,
    pub staging: Staging,
    pub shrink_limit: ShrinkLimit,
    tasks: u32,
}

impl Collection<'_> {
    /// Queues a task and returns its id.
    pub fn task(&mut self, covers: &[Scope], hides: &[Scope]) -> i64 {
        self.tasks += 1;
        let mut task = new_task("list", &self.tasks.to_string());
        task.covers = covers.to_vec();
        task.hides = hides.to_vec();
        self.staging.add_tasks([task]).unwrap();
        self.staging.connection().query_row("SELECT max(task_id) FROM tasks", [], |row| row.get(0)).unwrap()
    }

    /// Adds a listing that finished.
    pub fn listed(&mut self, covers: &[Scope], rows: Vec<Row>) -> &mut Self {
        let task_id = self.task(covers, &[]);
        self.end(Outcome::Page {
            task_id,
            rows,
            follow_ups: vec![],
            next_token: None,
            left_out: None,
            facts: vec![],
        })
    }

    /// Adds a listing that failed after it yielded `rows`.
    pub fn failed(&mut self, kind: GapKind, covers: &[Scope], hides: &[Scope], rows: Vec<Row>) -> &mut Self {
        let task_id = self.task(covers, hides);
        if !rows.is_empty() {
            let next_token = Some("more".to_owned());
            self.end(Outcome::Page {
                task_id,
                rows,
                follow_ups: vec![],
                next_token,
                left_out: None,
                facts: vec![],
            });
        }
        self.end(Outcome::Gap { task_id, failure: failure(kind), follow_ups: vec![], facts: vec![] })
    }

    pub fn gone(&mut self, covers: &[Scope], dropped: &[Scope]) -> &mut Self {
        let task_id = self.task(covers, &[]);
        self.end(Outcome::NotFound { task_id, dropped: dropped.to_vec(), scope_still_valid: false })
    }

    pub fn gap(&mut self, kind: GapKind, scope: Scope) -> &mut Self {
        self.staging.add_gap(&scope, &failure(kind)).unwrap();
        self
    }

    pub fn seen(&mut self, scope: Scope) -> &mut Self {
        self.staging.add_seen(&scope).unwrap();
        self
    }

    pub fn strategy(&mut self, name: &str) -> &mut Self {
        self.staging.set_note("assignment_strategy", name).unwrap();
        self
    }

    /// Commits an outcome that must not be rejected.
    pub fn end(&mut self, outcome: Outcome) -> &mut Self {
        assert_eq!(self.staging.commit(&[outcome]).unwrap(), []);
        self
    }

    /// Notes for every resource without a scope that it was not requested.
    pub fn rest_not_asked(&mut self) -> &mut Self {
        for spec in crate::model::RESOURCES {
            let asked: bool = self
                .staging
                .connection()
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM task_scopes WHERE resource = ?1
                                    UNION ALL SELECT 1 FROM seen WHERE resource = ?1
                                    UNION ALL SELECT 1 FROM gaps WHERE resource = ?1)",
                    [spec.name],
                    |row| row.get(0),
                )
                .unwrap();
            if !asked {
                self.gap(GapKind::NotAsked, scope(spec.name, &[]));
            }
        }
        self
    }

    pub fn try_publish(&mut self) -> Result<Published> {
        self.rest_not_asked();
        let completed_at = time(self.day, 10);
        let totals = CallTotals { api_calls: 7, throttled_calls: 1, completed_at };
        self.world.database.publish(&self.staging, &totals, self.shrink_limit, ActivityStep::default())
    }

    pub fn publish(&mut self) -> Published {
        self.try_publish().unwrap()
    }
}

/// Returns a task without scopes.
pub(super) fn new_task(kind: &str, body: &str) -> NewTask {
    NewTask {
        kind: kind.to_owned(),
        body: body.to_owned(),
        lane: "lane".to_owned(),
        stage: "stage".to_owned(),
        priority: 0,
        covers: vec![],
        hides: vec![],
    }
}

pub(super) fn failure(kind: GapKind) -> Failure {
    Failure {
        kind,
        operation: Some("organizations:ListAccounts".to_owned()),
        error_code: Some("AccessDeniedException".to_owned()),
        error_message: Some(format!("{} it was", kind.as_str())),
        attempts: 1,
        request_id: None,
        observed_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}

pub(super) fn scope(resource: &str, columns: &[(&str, &str)]) -> Scope {
    let columns = columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Scope { resource: resource.to_owned(), columns: columns.collect() }
}

/// Returns a complete row of a resource.
pub(super) fn row(name: &str, columns: &[(&str, &str)]) -> Row {
    let columns: Map<String, Value> =
        columns.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    Row { resource: resource(name).unwrap().name, columns, completeness: Completeness::Full }
}

/// Returns a row that proves only that its key exists.
pub(super) fn key_only(name: &str, columns: &[(&str, &str)]) -> Row {
    Row { completeness: Completeness::KeyOnly, ..row(name, columns) }
}
