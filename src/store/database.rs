//! The database opened for writing.

use std::path::Path;

use rusqlite::Connection;

use super::publish::{CallTotals, Published};
use super::staging::Staging;
use crate::error::Result;

/// Which organization and Identity Center instance a database belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `o-…`; `None` for an instance outside an organization, or where it may not be read.
    pub organization_id: Option<String>,
    /// ARN of the Identity Center instance; `None` where there is none.
    pub instance_arn: Option<String>,
}

/// The census, opened by its one writer.
pub struct Database {}

impl Database {
    /// Opens the database at `path` for writing, creating it (mode 0600) where there is none and
    /// migrating it where it is older than the program. The flag says whether it was created.
    ///
    /// Fails, naming the path and the next step, for a directory, a file that is no SQLite database or not
    /// ours, a newer schema, a corrupt or read-only file.
    pub fn open_or_create(path: &Path) -> Result<(Self, bool)> {
        todo!("{path:?}")
    }

    /// The path that it was opened with.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// The connection, for reading what former snapshots saw.
    pub fn connection(&self) -> &Connection {
        todo!()
    }

    /// Whose census this is; `None` while nothing claimed it.
    pub fn identity(&self) -> Result<Option<Identity>> {
        todo!()
    }

    /// Claims an unclaimed database for an organization and instance, or checks that it is theirs; another
    /// one's is refused with an error that names both. A part that was unknown is filled in.
    pub fn claim(&mut self, identity: &Identity) -> Result<()> {
        todo!("{identity:?}")
    }

    /// Publishes what is staged as the next snapshot, in one transaction, by the rules of gaps.
    pub fn publish(&mut self, staging: &Staging, totals: &CallTotals) -> Result<Published> {
        todo!("{staging:p} {totals:?}")
    }
}
