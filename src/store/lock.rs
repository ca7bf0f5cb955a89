//! One collector at a time: an advisory lock on `<db>.lock`, a file of its own (opening and closing the
//! database by `std::fs` while SQLite has it open would drop SQLite's own locks).

use std::path::Path;

use crate::error::Result;

/// Held for as long as a collection runs; dropped with the process at the latest.
pub struct CollectorLock {}

impl CollectorLock {
    /// Takes the lock beside the database, or fails at once when another collector holds it (naming its
    /// process id where known).
    pub fn acquire(database: &Path) -> Result<Self> {
        todo!("{database:?}")
    }
}
