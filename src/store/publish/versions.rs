//! The versions of one resource: which stay open, which end, which begin. The statements work set by set, in SQL made
//! from the table's own columns. The tables' unique index allows at most one open version per key.
//!
//! The statements write with OR ROLLBACK. A failing statement ends the publish in any case, and a statement that could
//! be undone alone would keep every page that it changes in memory.

use rusqlite::{Connection, OptionalExtension};

use super::parents::{Dead, staged};
use super::{Publishing, ResourceOutcome};
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::{DocumentColumn, ResourceSpec};
use crate::store::columns::{resource_columns, versions_table};
use crate::store::documents;
use crate::store::file::{Doing, quoted};

/// Publishes a resource; returns the number of rows alive before, and the outcome.
pub(super) fn publish(
    publishing: &Publishing<'_>,
    spec: &ResourceSpec,
    dead: &Dead,
) -> Result<(i64, ResourceOutcome)> {
    let statements = Statements::new(publishing, spec, dead)?;
    let run = || -> rusqlite::Result<_> {
        let connection = publishing.connection;
        let before = statements.count_alive(connection)?;
        let fates = statements.judge(connection)?;
        // Every other open version is neither gone, nor unseen, nor known by its key alone, so it has a fully staged
        // row.
        let matched = before - fates.gone - fates.kept - fates.carried;
        let all_matched = before > 0 && statements.count_whole(connection)? == matched;
        let ended = statements.end(connection)?;
        let begun = match all_matched {
            true => statements.begin_changed(connection)?,
            false => statements.begin(connection, before > 0)?,
        };
        statements.refresh_volatile(connection)?;
        Ok((before, fates, ended, begun))
    };
    let (before, fates, ended, begun) = run().doing(&format!("publish {}", spec.name))?;
    statements.check_carried(publishing, spec)?;
    Ok((
        before,
        ResourceOutcome {
            resource: spec.name.to_owned(),
            rows: before - ended + begun,
            added: begun - fates.changed,
            removed: fates.gone,
            changed: fates.changed,
            carried: fates.carried + fates.kept,
            ..Default::default()
        },
    ))
}

/// The number of days by which a use has to be newer than the stored one, for resources that keep uses in steps. With many rows
/// that are used every day, a version each night would be most of the census.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityStep(pub u16);

impl Default for ActivityStep {
    fn default() -> Self {
        Self(7)
    }
}

impl ActivityStep {
    /// Returns the condition that the staged row `t` has a use that the version `x` does not stand for: the first one, one newer
    /// by the step, or an older one or none, which belongs to another thing of the same name.
    fn is_taken(self, newest_at: &str) -> String {
        let (new, old) = (format!("t.{}", quoted(newest_at)), format!("x.{}", quoted(newest_at)));
        format!(
            "({new} IS NOT {old} AND ({old} IS NULL OR {new} IS NULL OR {new} < {old}
                OR julianday({new}) >= julianday({old}) + {}))",
            self.0
        )
    }
}

/// The numbers of open versions that are not staged unchanged. Versions that differ only in volatile columns are
/// `touched`, and are not counted.
struct Fates {
    /// The number not staged and seen to be absent: ended.
    gone: i64,
    /// The number staged with other values: ended, and another begun.
    changed: i64,
    /// The number staged by key alone: kept.
    kept: i64,
    /// The number neither staged nor seen: kept.
    carried: i64,
}

/// The SQL statements of a resource.
struct Statements<'a> {
    snapshot_id: i64,
    versions: String,
    staged: String,
    /// The names of all columns, except the two bounds and derived columns.
    columns: Vec<String>,
    key: Vec<String>,
    spec: &'a ResourceSpec,
    step: ActivityStep,
    /// The condition that the absence of a version `x` from the staging was seen.
    seen: String,
}

impl<'a> Statements<'a> {
    fn new(publishing: &Publishing<'_>, spec: &'a ResourceSpec, dead: &Dead) -> Result<Self> {
        let columns = resource_columns(publishing.connection, spec.name)?;
        let columns = columns.into_iter().map(|column| column.name).collect();
        let key: Vec<_> = spec.key.iter().map(|column| quoted(column)).collect();
        let of_row = |column: &str| Some(format!("x.{}", quoted(column)));
        Ok(Self {
            snapshot_id: publishing.snapshot_id,
            versions: format!("main.{}", quoted(&versions_table(spec.name))),
            staged: staged(publishing, spec),
            columns,
            key,
            spec,
            step: publishing.step,
            seen: format!("({} OR {})", publishing.seen.cover(spec.name, &of_row), dead.condition()),
        })
    }

    /// Returns the condition that a version and the staged row `t` have the same key.
    fn same_key(&self, version: &str) -> String {
        let equal: Vec<_> =
            self.key.iter().map(|column| format!("t.{column} = {version}.{column}")).collect();
        equal.join(" AND ")
    }

    fn count_alive(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let sql = format!("SELECT count(*) FROM {} WHERE valid_to IS NULL", self.versions);
        connection.query_row(&sql, [], |row| row.get(0))
    }

    fn count_whole(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let sql = format!("SELECT count(*) FROM {} AS t WHERE t.whole = 1", self.staged);
        connection.query_row(&sql, [], |row| row.get(0))
    }

    /// Returns the condition that a column differs between the staged row `t` and the version `x`. A document with the
    /// same meaning in another spelling stays as it was first sent.
    fn differs(&self, column: &str) -> String {
        let name = quoted(column);
        let in_steps = self.spec.activity.as_ref().filter(|_| self.spec.keeps_activity_in_steps);
        if let Some(activity) = in_steps.filter(|activity| activity.has(column)) {
            return self.step.is_taken(activity.newest_at);
        }
        match self.spec.document(column) {
            None => format!("t.{name} IS NOT x.{name}"),
            Some(held) => format!(
                "(t.{name} IS NOT x.{name} AND {} IS NOT {})",
                documents::computed(held, "t"),
                documents::stored(held, "x")
            ),
        }
    }

    /// Records the fate of every open version that does not stay unchanged.
    fn judge(&self, connection: &Connection) -> rusqlite::Result<Fates> {
        let spec = self.spec;
        let is_volatile = |column: &&str| spec.volatile.contains(column);
        let compared = self.columns.iter().map(String::as_str).filter(|column| !is_volatile(column));
        let compared = compared.filter(|column| !spec.key.contains(column));
        let differs = |column: &str| format!(" OR {}", self.differs(column));
        let changed: String = compared.map(differs).collect();
        let touched: String = spec.volatile.iter().copied().map(differs).collect();
        connection.execute_batch("DROP TABLE IF EXISTS temp.publish_fates")?;
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE publish_fates AS
             SELECT x.rowid AS version,
                 CASE WHEN t.whole = 1 THEN CASE WHEN 0{changed} THEN 'changed' ELSE 'touched' END
                      WHEN t.whole = 0 THEN 'kept' WHEN {seen} THEN 'gone' ELSE 'carried' END AS fate
             FROM {versions} AS x LEFT JOIN {staged} AS t ON {same_key}
             WHERE x.valid_to IS NULL AND (t.whole IS NOT 1{changed}{touched})",
            seen = self.seen,
            versions = self.versions,
            staged = self.staged,
            same_key = self.same_key("x"),
        ))?;
        connection.query_row(
            "SELECT total(fate = 'gone'), total(fate = 'changed'), total(fate = 'kept'), total(fate = 'carried')
             FROM temp.publish_fates",
            [],
            |row| {
                let count = |index| row.get::<_, f64>(index).map(|number| number as i64);
                Ok(Fates { gone: count(0)?, changed: count(1)?, kept: count(2)?, carried: count(3)? })
            },
        )
    }

    fn end(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let sql = format!(
            "UPDATE OR ROLLBACK {} SET valid_to = ?1
             WHERE rowid IN (SELECT version FROM temp.publish_fates WHERE fate IN ('gone', 'changed'))",
            self.versions
        );
        connection.execute(&sql, [self.snapshot_id]).map(|rows| rows as i64)
    }

    /// Begins a version for every fully staged row without an open version.
    fn begin(&self, connection: &Connection, some_are_open: bool) -> rusqlite::Result<i64> {
        // Without this condition SQLite can insert while it reads, which halves the time of a first publish.
        let new = match some_are_open {
            true => format!(
                " AND NOT EXISTS (SELECT 1 FROM {} AS v WHERE {} AND v.valid_to IS NULL)",
                self.versions,
                self.same_key("v")
            ),
            false => String::new(),
        };
        let source = format!("{} AS t WHERE t.whole = 1{new}", self.staged);
        self.insert(connection, &source)
    }

    /// Begins versions in the same way if no key is new: then only changed rows begin a version, and no other is looked
    /// up.
    fn begin_changed(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let source = format!(
            "temp.publish_fates AS f CROSS JOIN {} AS x ON x.rowid = f.version CROSS JOIN {} AS t ON {}
             WHERE f.fate = 'changed'",
            self.versions,
            self.staged,
            self.same_key("x")
        );
        self.insert(connection, &source)
    }

    fn insert(&self, connection: &Connection, source: &str) -> rusqlite::Result<i64> {
        let own = self.columns.iter().map(|column| (quoted(column), format!("t.{}", quoted(column))));
        let derived = |held: &DocumentColumn| (quoted(held.hash_column), documents::computed(held, "t"));
        let (columns, values): (Vec<_>, Vec<_>) = own.chain(self.spec.documents.iter().map(derived)).unzip();
        let sql = format!(
            "INSERT OR ROLLBACK INTO {} ({}, valid_from) SELECT {}, ?1 FROM {source}",
            self.versions,
            columns.join(", "),
            values.join(", "),
        );
        connection.execute(&sql, [self.snapshot_id]).map(|rows| rows as i64)
    }

    /// Overwrites the volatile columns of open versions that are otherwise unchanged.
    fn refresh_volatile(&self, connection: &Connection) -> rusqlite::Result<()> {
        if self.spec.volatile.is_empty() {
            return Ok(());
        }
        let volatile = self.spec.volatile.iter().map(|column| quoted(column));
        let sets: Vec<_> = volatile.map(|column| format!("{column} = t.{column}")).collect();
        let sql = format!(
            "UPDATE OR ROLLBACK {} AS v SET {} FROM temp.publish_fates AS f, {} AS t
             WHERE f.fate = 'touched' AND v.rowid = f.version AND {}",
            self.versions,
            sets.join(", "),
            self.staged,
            self.same_key("v")
        );
        connection.execute(&sql, []).map(|_| ())
    }

    /// Checks that a gap explains every row that is carried forward.
    fn check_carried(&self, publishing: &Publishing<'_>, spec: &ResourceSpec) -> Result<()> {
        let of_row = |column: &str| Some(format!("x.{}", quoted(column)));
        let explained = publishing.gaps.cover(spec.name, &of_row);
        if explained == "1" {
            return Ok(());
        }
        let key: Vec<_> = self.key.iter().map(|column| format!("x.{column}")).collect();
        let sql = format!(
            "SELECT json_array({}) FROM temp.publish_fates AS f JOIN {} AS x ON x.rowid = f.version
             WHERE f.fate = 'carried' AND NOT {explained} LIMIT 1",
            key.join(", "),
            self.versions
        );
        let unexplained: Option<String> = publishing
            .connection
            .query_row(&sql, [], |row| row.get(0))
            .optional()
            .doing("explain carried rows")?;
        match unexplained {
            None => Ok(()),
            Some(key) => Err(Error::failed(format!(
                "{} {key} was neither seen nor seen as gone, and no gap explains it",
                spec.name
            ))
            .hint("nothing was published, and earlier snapshots are intact; this is a bug: please report it")
            .hint(format!("{} begins anew", invocation::command("collect --restart")))),
        }
    }
}
