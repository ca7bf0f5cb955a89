//! The cost of bringing an older file to this program's schema, reported and checked before the first write.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params_from_iter};

use super::{MIGRATIONS, recognise, version};
use crate::amounts::exact_duration;
use crate::error::{Error, Result};
use crate::store::file::{Doing, NO_SPACE, connect, refuse_what_is_no_file};
use crate::store::filesystem;

/// The number of bytes per second that a migration rewrites at least, hashing included: a tenth of the rate of two
/// cores.
const RATE: u64 = 20_000_000;
/// The bytes that a migration without rewrites needs: new tables, and the views.
const LEAST: u64 = 1_000_000;

/// The upgrade of a file to this program's schema, in one transaction: an interruption leaves the old file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upgrade {
    /// The number of the file's schema.
    pub from: i64,
    /// The number of this program's schema.
    pub to: i64,
    /// The maximum free space in bytes that it needs.
    pub space: u64,
    /// The maximum time that it takes.
    pub time: Duration,
}

impl Upgrade {
    /// Returns the upgrade that the file at `path` needs, without writing; `None` if it needs none. Returns no error
    /// for an unreadable file, because opening it reports the reason.
    pub fn due(path: &Path) -> Option<Self> {
        refuse_what_is_no_file(path).ok()?;
        let connection = connect(path, "mode=ro").ok()?;
        recognise(&connection, path).ok()?;
        Self::of(&connection).ok()?
    }

    /// Returns the upgrade that a census needs; `None` if it is empty, current or newer.
    pub(in crate::store) fn of(connection: &Connection) -> Result<Option<Self>> {
        let (from, to) = (version(connection)?, MIGRATIONS.len() as i64);
        let from_index = usize::try_from(from).unwrap_or_default();
        if from_index == 0 || from >= to {
            return Ok(None);
        }
        let tables: Vec<String> =
            MIGRATIONS[from_index..].iter().flat_map(|migration| (migration.rewrites)()).collect();
        let bytes = size(connection, &tables)?;
        // The bytes are written once to the log, and once when the table grows or the log is written back.
        let space = LEAST + 2 * bytes;
        Ok(Some(Self { from, to, space, time: Duration::from_secs(bytes / RATE) }))
    }

    /// Fails if the folder of the file lacks the space.
    pub(in crate::store) fn check_space(&self, path: &Path) -> Result<()> {
        let Some(free) = filesystem::free_space(path).filter(|free| *free < self.space) else {
            return Ok(());
        };
        Err(Error::failed(format!(
            "migrating \"{}\" from schema {} to {} needs {} MB of free space, and there are {} MB",
            path.display(),
            self.from,
            self.to,
            self.space.div_ceil(1_000_000),
            free / 1_000_000
        ))
        .hint(NO_SPACE))
    }
}

/// Writes `schema 5 is brought to 8, in less than a second and with at most 3 MB of free space`.
impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schema {} is brought to {}, in ", self.from, self.to)?;
        match self.time.as_secs() {
            0 => f.write_str("less than a second")?,
            seconds => write!(f, "at most {}", exact_duration(Duration::from_secs(seconds + 1)))?,
        }
        write!(f, " and with at most {} MB of free space", self.space.div_ceil(1_000_000))
    }
}

/// Returns the size in bytes of the existing tables among these.
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
        assert!(longer.to_string().contains("in at most 41s"));
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
