//! What it takes to bring an older file to this program's schema: it is told, and looked for, before the first write.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params_from_iter};

use super::{MIGRATIONS, recognise, version};
use crate::error::{Error, Result};
use crate::store::file::{Doing, NO_SPACE, connect, refuse_what_is_no_file};
use crate::store::filesystem;

/// Bytes that a migration rewrites in a second at least, hashing what it reads: a tenth of what two cores did.
const RATE: u64 = 20_000_000;
/// What a migration needs that rewrites nothing: new tables, and the views anew.
const LEAST: u64 = 1_000_000;

/// A file of an older schema is about to be brought to this program's, in one transaction: whatever ends it leaves the
/// old file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upgrade {
    /// The number of the file's schema.
    pub from: i64,
    /// The number of this program's.
    pub to: i64,
    /// The free space in bytes that it needs at most.
    pub space: u64,
    /// The time that it takes at most.
    pub time: Duration,
}

impl Upgrade {
    /// Reads what the file at `path` needs, without writing; `None` where it needs nothing. Opening a file that cannot
    /// be read tells why, and this does not.
    pub fn due(path: &Path) -> Option<Self> {
        refuse_what_is_no_file(path).ok()?;
        let connection = connect(path, "mode=ro").ok()?;
        recognise(&connection, path).ok()?;
        Self::of(&connection).ok()?
    }

    /// What a census needs; `None` where it is empty, current or newer.
    pub(in crate::store) fn of(connection: &Connection) -> Result<Option<Self>> {
        let (from, to) = (version(connection)?, MIGRATIONS.len() as i64);
        let from_index = usize::try_from(from).unwrap_or_default();
        if from_index == 0 || from >= to {
            return Ok(None);
        }
        let tables: Vec<String> =
            MIGRATIONS[from_index..].iter().flat_map(|migration| (migration.rewrites)()).collect();
        let bytes = size(connection, &tables)?;
        // Once in the log, and once where the table grows or the log is written back.
        let space = LEAST + 2 * bytes;
        Ok(Some(Self { from, to, space, time: Duration::from_secs(bytes / RATE) }))
    }

    /// Fails where the folder of the file lacks the space.
    pub(in crate::store) fn check_space(&self, path: &Path) -> Result<()> {
        let Some(free) = filesystem::free_space(path).filter(|free| *free < self.space) else {
            return Ok(());
        };
        Err(Error::failed(format!(
            "bringing \"{}\" from schema {} to {} needs {} MB of free space, and there are {} MB",
            path.display(),
            self.from,
            self.to,
            self.space.div_ceil(1_000_000),
            free / 1_000_000
        ))
        .hint(NO_SPACE))
    }
}

/// `schema 5 is brought to 8, in less than a second and with at most 3 MB of free space`.
impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schema {} is brought to {}, in ", self.from, self.to)?;
        match self.time.as_secs() {
            0 => f.write_str("less than a second")?,
            seconds => write!(f, "at most {} s", seconds + 1)?,
        }
        write!(f, " and with at most {} MB of free space", self.space.div_ceil(1_000_000))
    }
}

/// The bytes of the tables, as far as the file has them.
fn size(connection: &Connection, tables: &[String]) -> Result<u64> {
    let places = vec!["?"; tables.len()].join(", ");
    let sql = format!("SELECT total(pgsize) FROM dbstat WHERE aggregate = 1 AND name IN ({places})");
    let bytes = connection.query_row(&sql, params_from_iter(tables), |row| row.get::<_, f64>(0));
    Ok(bytes.doing("read how large the tables are")? as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPGRADE: Upgrade = Upgrade { from: 5, to: 8, space: 2_500_000, time: Duration::ZERO };

    #[test]
    fn says_what_it_takes() {
        let said = "schema 5 is brought to 8, in less than a second and with at most 3 MB of free space";
        assert_eq!(UPGRADE.to_string(), said);
        let longer = Upgrade { time: Duration::from_secs(40), ..UPGRADE };
        assert!(longer.to_string().contains("in at most 41 s"));
    }

    #[test]
    fn a_disk_without_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orgcensus.db");
        UPGRADE.check_space(&path).unwrap();
        let refused = Upgrade { space: u64::MAX, ..UPGRADE }.check_space(&path).unwrap_err().to_string();
        assert!(refused.contains("from schema 5 to 8 needs"), "{refused}");
    }
}
