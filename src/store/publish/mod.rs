//! Turns staged rows into versions, gaps and coverage, in one transaction, by the rules of gaps:
//!
//! - A staged row holds, whatever the gaps are. A row that is not staged is closed only if its scope was seen (or its
//!   parent is seen not to exist). Everywhere else it is carried forward unchanged.
//! - A document with the same meaning in another spelling is no change: it stays as it was first sent.
//! - A task that did not finish leaves a gap. A carried row that no gap covers fails the publish: it is a bug that must
//!   not pass silently.
//!
//! `scopes` turns scopes into tables that a statement can probe, `parents` finds rows whose parent is gone, `versions`
//! opens and closes versions, `gaps` and `coverage` record what was not seen, `narrower` records what was seen under a
//! wider gap, and [`evidence`] hashes the result. The staging is attached read-only, so the transaction writes to one
//! file. Every statement is made from the tables' own columns.

mod coverage;
mod gaps;
mod narrower;
mod parents;
mod scopes;
#[cfg(test)]
mod tests;
mod versions;

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior, params};

pub use self::coverage::ShrinkLimit;
use self::scopes::Scopes;
pub use self::versions::ActivityStep;
use super::columns::fact_columns;
use super::coverage::of_snapshot as coverage_of;
use super::database::Database;
use super::derived;
use super::evidence;
use super::file::{Doing, quoted, staging_file, uri};
use super::snapshot::{self, Snapshot, SnapshotStatus};
use super::staging::{CollectionHeader, Staging};
use super::steps;
use crate::error::Result;
use crate::model::{FACTS, FactSpec, RESOURCES};

/// The totals of the calls of a whole collection, resumed parts included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTotals {
    /// The number of calls sent to AWS, retries included.
    pub api_calls: i64,
    /// The number of calls that AWS throttled, included in `api_calls`.
    pub throttled_calls: i64,
    /// The time of the last call, RFC 3339, UTC.
    pub completed_at: String,
}

/// The effect of a publish on one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceOutcome {
    /// The name of the resource, as in [`RESOURCES`].
    pub resource: String,
    /// The number of rows alive in the new snapshot, including carried ones.
    pub rows: i64,
    /// The number of rows that had no open version in the snapshot before.
    pub added: i64,
    /// The number of rows whose absence was proved: their version is closed.
    pub removed: i64,
    /// The number of rows whose open version was replaced by a new one.
    pub changed: i64,
    /// The number of rows carried forward because a gap hides them.
    pub carried: i64,
    /// The number of staged rows left out because their parent vanished during the run.
    pub dropped: i64,
    /// The number of gaps of kind denied or failed.
    pub gaps: i64,
}

/// The snapshot that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The number of the snapshot: one more than the newest, including pruned snapshots.
    pub snapshot_id: i64,
    /// The status: partial if any listing was denied or failed.
    pub status: SnapshotStatus,
    /// The hash that proves this snapshot and every earlier one, `sha256:…`; `None` for a snapshot that predates the
    /// hashes.
    pub snapshot_hash: Option<String>,
    /// The resources that lost more rows than [`ShrinkLimit`] allows, each with the number before and after.
    pub suspect: Option<String>,
    /// The outcome of each resource, in the order of [`RESOURCES`].
    pub resources: Vec<ResourceOutcome>,
}

/// The state that every part of a publish needs. The connection is inside the publish's transaction, with the staging
/// attached as `staging`.
struct Publishing<'a> {
    connection: &'a Connection,
    snapshot_id: i64,
    /// The scopes that were seen.
    seen: Scopes,
    /// The scopes that were not seen.
    gaps: Scopes,
    /// The step by which a use has to be newer, for resources that keep uses in steps.
    step: ActivityStep,
    /// The resources with staged rows that were left out. The keys of these rows are in `temp.publish_dropped_<name>`.
    dropped: BTreeSet<&'static str>,
}

impl Database {
    /// Publishes the staged rows as the next snapshot, in one transaction, by the rules of gaps. For a staging that was
    /// already published, returns the snapshot that it became (without its counts of changes).
    pub fn publish(
        &mut self,
        staging: &Staging,
        totals: &CallTotals,
        limit: ShrinkLimit,
        step: ActivityStep,
    ) -> Result<Published> {
        let header = staging.header();
        if let Some(published) = snapshot::of_collection(self.connection(), &header.collection_id)? {
            return already_published(self.connection(), published);
        }
        let file = uri(&staging_file(self.path()), "mode=ro");
        // The publish reads the staging file itself, so the collection's cache is no longer needed.
        let shrink = staging.connection().execute_batch("PRAGMA shrink_memory");
        shrink.doing("let go of the collection's cache")?;
        let connection = self.connection_mut();
        connection.execute("ATTACH ?1 AS staging", [file]).doing("read the collection")?;
        let published = in_transaction(connection, header, totals, limit, step);
        // The statements that read the staging are finished, but the statement cache still holds them.
        connection.flush_prepared_statement_cache();
        let detached = connection.execute_batch("DETACH staging").doing("let go of the collection");
        let published = published?;
        detached?;
        // The checkpoint leaves one file to copy. An open reader only delays it.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(published)
    }
}

fn in_transaction(
    connection: &mut Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    limit: ShrinkLimit,
    step: ActivityStep,
) -> Result<Published> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .doing("begin to publish the snapshot")?;
    let published = write_snapshot(&transaction, header, totals, limit, step)?;
    drop_temporary_tables(&transaction).doing("clean up after the publish")?;
    transaction.commit().doing("publish the snapshot")?;
    Ok(published)
}

fn write_snapshot(
    connection: &Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    limit: ShrinkLimit,
    step: ActivityStep,
) -> Result<Published> {
    let strategy: Option<String> = connection
        .query_row("SELECT max(value) FROM staging.notes WHERE name = 'assignment_strategy'", [], |row| {
            row.get(0)
        })
        .doing("read the collection's choices")?;
    let snapshot_id = insert_snapshot(connection, header, totals, strategy.as_deref())?;
    let seen = scopes::seen(connection)?;
    let gaps = gaps::gather(connection, snapshot_id)?;
    narrower::write(connection, snapshot_id, &seen, &gaps)?;
    let mut publishing = Publishing { connection, snapshot_id, seen, gaps, step, dropped: BTreeSet::new() };

    let mut resources = Vec::new();
    let mut suspects = Vec::new();
    for spec in RESOURCES {
        let dead = parents::drop_orphans(&mut publishing, spec)?;
        let (before, mut outcome) = versions::publish(&publishing, spec, &dead)?;
        outcome.dropped = dead.dropped;
        coverage::write(&publishing, spec, &mut outcome)?;
        if spec.not_compared.is_none() {
            suspects.extend(limit.exceeded(before, &outcome));
        }
        resources.push(outcome);
    }
    for spec in FACTS {
        copy_facts(connection, snapshot_id, spec)?;
    }
    copy_doubled_items(connection, snapshot_id).doing("note which items came twice")?;

    let status = match resources.iter().any(|outcome| outcome.gaps > 0) {
        true => SnapshotStatus::Partial,
        false => SnapshotStatus::Complete,
    };
    let suspect = (!suspects.is_empty()).then(|| suspects.join("; "));
    connection
        .execute(
            "UPDATE main.snapshots SET status = ?2, suspect = ?3 WHERE snapshot_id = ?1",
            params![snapshot_id, status.as_str(), suspect],
        )
        .doing("complete the snapshot")?;
    let snapshot = snapshot::newest(connection)?
        .filter(|newest| newest.snapshot_id == snapshot_id)
        .expect("the newest snapshot is the one just written");
    let snapshot_hash = Some(evidence::record(connection, &snapshot)?);
    steps::publish(connection, snapshot_id)?;
    derived::fill(connection, derived::Place::File)?;
    derived::metrics::publish(connection, snapshot_id)?;
    Ok(Published { snapshot_id, status, snapshot_hash, suspect, resources })
}

/// Inserts the snapshot's own row. Its status is known only at the end.
fn insert_snapshot(
    connection: &Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    strategy: Option<&str>,
) -> Result<i64> {
    let previous = snapshot::newest(connection)?;
    // The times are those of the clock: one wrong time must not falsify all later ones. A pruned snapshot's number is
    // not reused.
    let linked = evidence::newest(connection)?.map_or(0, |link| link.snapshot_id);
    let snapshot_id = previous.map_or(0, |one| one.snapshot_id).max(linked) + 1;
    connection
        .execute(
            "INSERT INTO main.snapshots (snapshot_id, taken_at, completed_at, status, organization_id,
                 instance_arn, identity_store_id, region, caller_arn, label, tool_version, api_calls,
                 throttled_calls, assignment_strategy, collection_id, caller_user_id)
             VALUES (?1, ?2, ?3, 'complete', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                snapshot_id,
                header.started_at,
                totals.completed_at,
                header.organization_id,
                header.instance_arn,
                header.identity_store_id,
                header.region,
                header.caller_arn,
                header.label,
                header.tool_version,
                totals.api_calls,
                totals.throttled_calls,
                strategy,
                header.collection_id,
                header.caller_user_id,
            ],
        )
        .doing("begin the snapshot")?;
    Ok(snapshot_id)
}

fn copy_facts(connection: &Connection, snapshot_id: i64, spec: &FactSpec) -> Result<()> {
    let columns: Vec<_> =
        fact_columns(connection, spec.name)?.iter().map(|column| quoted(&column.name)).collect();
    let (table, columns) = (quoted(spec.name), columns.join(", "));
    let sql = format!(
        "INSERT INTO main.{table} (snapshot_id, {columns}) SELECT ?1, {columns} FROM staging.{table}"
    );
    connection.execute(&sql, [snapshot_id]).map(drop).doing(&format!("copy {}", spec.name))
}

/// Records items that AWS listed twice with one key: only the later one becomes a row.
fn copy_doubled_items(connection: &Connection, snapshot_id: i64) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO main.doubled_items (snapshot_id, resource, item, differs)
         SELECT ?1, resource, item, differs FROM staging.doubles",
        [snapshot_id],
    )
}

fn drop_temporary_tables(connection: &Connection) -> rusqlite::Result<()> {
    let names: Vec<String> = connection
        .prepare("SELECT name FROM temp.sqlite_master WHERE type = 'table' AND name LIKE 'publish\\_%' ESCAPE '\\'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    names.iter().try_for_each(|name| connection.execute_batch(&format!("DROP TABLE temp.\"{name}\"")))
}

/// Returns the outcome of a publish that was interrupted after its commit, so that it is not repeated.
fn already_published(connection: &Connection, published: Snapshot) -> Result<Published> {
    let resources = coverage_of(connection, published.snapshot_id)?
        .into_iter()
        .map(|one| ResourceOutcome {
            resource: one.resource,
            rows: one.rows,
            gaps: one.gaps,
            carried: one.carried.unwrap_or_default(),
            ..Default::default()
        })
        .collect();
    let Snapshot { snapshot_id, status, suspect, .. } = published;
    let link = evidence::links(connection)?.into_iter().find(|link| link.snapshot_id == snapshot_id);
    let snapshot_hash = link.map(|link| link.snapshot_hash);
    Ok(Published { snapshot_id, status, snapshot_hash, suspect, resources })
}
