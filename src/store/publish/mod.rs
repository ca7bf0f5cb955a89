//! From staged rows to versions, gaps and coverage, in one transaction, by the rules of gaps:
//!
//! - A staged row holds, whatever gaps say. A row that is not staged is closed only where its scope was seen
//!   (or its parent is seen not to exist), and is carried forward untouched everywhere else.
//! - A document that says the same in another spelling is no change: it stays as it was first sent.
//! - A task that was not seen to its end leaves a gap, and a carried row that no gap covers fails the publish:
//!   it would be a bug, and silence about it a lie.
//!
//! `scopes` turns scopes into tables that a statement can probe, `parents` finds what went with its parent,
//! `versions` opens and closes versions, `gaps` and `coverage` say what was not seen, `narrower` what was seen
//! all the same, and [`evidence`] hashes what came of it. The staging is attached
//! read-only, so the transaction writes to one file. Every statement is made from the tables' own columns.

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

/// What the whole collection, resumed parts included, called and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTotals {
    /// Calls sent to AWS, retries included.
    pub api_calls: i64,
    /// Those of `api_calls` that AWS throttled.
    pub throttled_calls: i64,
    /// Time of the last call, RFC 3339, UTC.
    pub completed_at: String,
}

/// What publishing did to one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceOutcome {
    /// Name of the resource, as in [`RESOURCES`].
    pub resource: String,
    /// Rows alive in the new snapshot, carried ones included.
    pub rows: i64,
    /// Rows that had no open version in the snapshot before.
    pub added: i64,
    /// Rows whose absence was proved: their version is closed.
    pub removed: i64,
    /// Rows of which a new version replaced the open one.
    pub changed: i64,
    /// Rows carried forward because a gap hides them.
    pub carried: i64,
    /// Staged rows whose parent vanished in mid-run, left out.
    pub dropped: i64,
    /// Gaps of kind denied or failed.
    pub gaps: i64,
}

/// The snapshot that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// One more than the newest number, those of pruned snapshots included.
    pub snapshot_id: i64,
    /// Partial where any listing was denied or failed.
    pub status: SnapshotStatus,
    /// What proves it and every snapshot before, `sha256:…`; `None` for a snapshot older than the hashes.
    pub snapshot_hash: Option<String>,
    /// Which resources lost more rows than [`ShrinkLimit`] allows, and from how many to how many.
    pub suspect: Option<String>,
    /// One for each resource, in the order of [`RESOURCES`].
    pub resources: Vec<ResourceOutcome>,
}

/// What every part of a publish needs. The connection is inside the publish's transaction, with the staging
/// attached as `staging`.
struct Publishing<'a> {
    connection: &'a Connection,
    snapshot_id: i64,
    /// What was seen.
    seen: Scopes,
    /// What was not.
    gaps: Scopes,
    /// The resources of which staged rows were left out; their keys are in `temp.publish_dropped_<name>`.
    dropped: BTreeSet<&'static str>,
}

impl Database {
    /// Publishes what is staged as the next snapshot, in one transaction, by the rules of gaps. A staging
    /// that was published before yields the snapshot that it became (without its counts of changes).
    pub fn publish(
        &mut self,
        staging: &Staging,
        totals: &CallTotals,
        limit: ShrinkLimit,
    ) -> Result<Published> {
        let header = staging.header();
        if let Some(published) = snapshot::of_collection(self.connection(), &header.collection_id)? {
            return already_published(self.connection(), published);
        }
        let file = uri(&staging_file(self.path()), "mode=ro");
        // The publish reads the file by itself: what the collection kept of it in memory is no longer needed.
        let shrink = staging.connection().execute_batch("PRAGMA shrink_memory");
        shrink.doing("let go of the collection's cache")?;
        let connection = self.connection_mut();
        connection.execute("ATTACH ?1 AS staging", [file]).doing("read the collection")?;
        let published = in_transaction(connection, header, totals, limit);
        // The statements that read the staging are done with it, but the cache still holds them.
        connection.flush_prepared_statement_cache();
        let detached = connection.execute_batch("DETACH staging").doing("let go of the collection");
        let published = published?;
        detached?;
        // Leaves one file to copy; a reader that holds the journal back only puts it off.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(published)
    }
}

fn in_transaction(
    connection: &mut Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    limit: ShrinkLimit,
) -> Result<Published> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .doing("begin to publish the snapshot")?;
    let published = write_snapshot(&transaction, header, totals, limit)?;
    drop_temporary_tables(&transaction).doing("clean up after the publish")?;
    transaction.commit().doing("publish the snapshot")?;
    Ok(published)
}

fn write_snapshot(
    connection: &Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    limit: ShrinkLimit,
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
    let mut publishing = Publishing { connection, snapshot_id, seen, gaps, dropped: BTreeSet::new() };

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

/// The snapshot's own row; its status is known only at the end.
fn insert_snapshot(
    connection: &Connection,
    header: &CollectionHeader,
    totals: &CallTotals,
    strategy: Option<&str>,
) -> Result<i64> {
    let previous = snapshot::newest(connection)?;
    // The times are those that the clock said: one that was wrong once must not falsify all that come after.
    // A pruned snapshot's number is not given again.
    let linked = evidence::newest(connection)?.map_or(0, |link| link.snapshot_id);
    let snapshot_id = previous.map_or(0, |one| one.snapshot_id).max(linked) + 1;
    connection
        .execute(
            "INSERT INTO main.snapshots (snapshot_id, taken_at, completed_at, status, organization_id,
                 instance_arn, identity_store_id, region, caller_arn, label, tool_version, api_calls,
                 throttled_calls, assignment_strategy, collection_id)
             VALUES (?1, ?2, ?3, 'complete', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
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

/// Of two items with one key only the later is a row: that there were two is a fact of the snapshot.
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

/// A publish that was cut off after its commit is found again, not repeated.
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
