//! The database opened for reading.

use std::path::Path;

use rusqlite::Connection;

use super::snapshot::{Coverage, Gap, Snapshot};
use super::when::When;
use crate::error::Result;

/// The census, opened read-only.
pub struct Census {}

impl Census {
    /// Opens the database at `path` read-only, also on read-only media. Fails, naming the path and the
    /// next step, where there is none, for a directory, a foreign or corrupt file or a newer schema.
    pub fn open(path: &Path) -> Result<Self> {
        todo!("{path:?}")
    }

    /// The path that it was opened with.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// The read-only connection.
    pub fn connection(&self) -> &Connection {
        todo!()
    }

    /// Every snapshot, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        todo!()
    }

    /// The snapshot that `when` names: exit 2 with the known ones for an unknown id, and for a time
    /// before the first snapshot an error that names the first.
    pub fn resolve(&self, when: &When) -> Result<Snapshot> {
        todo!("{when:?}")
    }

    /// What the snapshot covered, in the order of [`crate::model::RESOURCES`].
    pub fn coverage(&self, snapshot_id: i64) -> Result<Vec<Coverage>> {
        todo!("{snapshot_id}")
    }

    /// What the snapshot could not see.
    pub fn gaps(&self, snapshot_id: i64) -> Result<Vec<Gap>> {
        todo!("{snapshot_id}")
    }

    /// From now on every view of this connection, derived ones too, answers as of this snapshot.
    pub fn answer_as_of(&mut self, snapshot_id: i64) -> Result<()> {
        todo!("{snapshot_id}")
    }

    /// From now on no SQL on this connection can change anything, attach a file, write a pragma or load
    /// code: for statements that a user typed.
    pub fn guard(&mut self) -> Result<()> {
        todo!()
    }
}
