//! The state of the whole collection: its identity, the choices of its plan, and its number of calls.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{CollectionHeader, Staging};
use crate::error::Result;
use crate::store::file::Doing;
use crate::store::now;

impl Staging {
    /// Replaces the label of the snapshot.
    pub fn set_label(&mut self, label: &str) -> Result<()> {
        self.write(|connection, _| {
            connection.execute("UPDATE header SET label = ?1", [label]).doing("note the label").map(|_| ())
        })?;
        self.header.label = Some(label.to_owned());
        Ok(())
    }

    /// Returns the time when a step was last committed, RFC 3339, UTC.
    pub fn last_written_at(&self) -> Result<String> {
        self.connection
            .query_row("SELECT last_written_at FROM header", [], |row| row.get(0))
            .doing("read when the collection was last written")
    }

    /// Returns a choice that the plan stored, e.g. `assignment_strategy`.
    pub fn note(&self, name: &str) -> Result<Option<String>> {
        self.connection
            .query_row("SELECT value FROM notes WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .doing("read a choice of the collection")
    }

    /// Stores a choice permanently (a later value is ignored); returns the stored one.
    pub fn set_note(&mut self, name: &str, value: &str) -> Result<String> {
        self.connection
            .execute("INSERT OR IGNORE INTO notes (name, value) VALUES (?1, ?2)", [name, value])
            .doing("store a choice of the collection")?;
        Ok(self.note(name)?.expect("it was stored just now, if not before"))
    }

    /// Adds to the collection's running totals, which include resumed parts.
    pub fn add_calls(&mut self, api_calls: &BTreeMap<String, u64>, throttled: u64) -> Result<()> {
        self.write(|connection, _| {
            let add = || -> rusqlite::Result<()> {
                let mut statement = connection.prepare_cached(
                    "INSERT INTO calls (operation, calls) VALUES (?1, ?2)
                     ON CONFLICT (operation) DO UPDATE SET calls = calls + excluded.calls",
                )?;
                for (operation, calls) in api_calls {
                    statement.execute(params![operation, *calls as i64])?;
                }
                connection
                    .execute("UPDATE header SET throttled_calls = throttled_calls + ?1", [throttled as i64])
                    .map(|_| ())
            };
            add().doing("count the calls")
        })
    }

    /// Returns the totals so far: calls by operation (`service:Operation`), and throttled ones.
    pub fn calls(&self) -> Result<(BTreeMap<String, u64>, u64)> {
        let read = || {
            let calls = self
                .connection
                .prepare_cached("SELECT operation, calls FROM calls")?
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
                .collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
            let throttled = self
                .connection
                .query_row("SELECT throttled_calls FROM header", [], |row| row.get::<_, i64>(0))?;
            Ok((calls, throttled.unsigned_abs()))
        };
        read().doing("read the calls' totals")
    }
}

/// Writes the header when the collection begins.
pub(super) fn write(connection: &Connection, header: &CollectionHeader) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO header (only_row, collection_id, started_at, organization_id, instance_arn,
                 identity_store_id, region, caller_arn, label, selection, tool_version, throttled_calls,
                 last_written_at, caller_user_id)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12)",
            params![
                header.collection_id,
                header.started_at,
                header.organization_id,
                header.instance_arn,
                header.identity_store_id,
                header.region,
                header.caller_arn,
                header.label,
                header.selection,
                header.tool_version,
                now(),
                header.caller_user_id,
            ],
        )
        .map(|_| ())
}

/// Reads the header again, for a resume.
pub(super) fn read(connection: &Connection) -> Result<CollectionHeader> {
    connection
        .query_row(
            "SELECT collection_id, started_at, organization_id, instance_arn, identity_store_id, region,
                 caller_arn, label, selection, tool_version, caller_user_id
             FROM header",
            [],
            |row| {
                Ok(CollectionHeader {
                    collection_id: row.get(0)?,
                    started_at: row.get(1)?,
                    organization_id: row.get(2)?,
                    instance_arn: row.get(3)?,
                    identity_store_id: row.get(4)?,
                    region: row.get(5)?,
                    caller_arn: row.get(6)?,
                    label: row.get(7)?,
                    selection: row.get(8)?,
                    tool_version: row.get(9)?,
                    caller_user_id: row.get(10)?,
                })
            },
        )
        .doing("read the unfinished collection")
}
