//! The database opened for reading: as of which snapshot it answers, and what may be asked.
//!
//! A [`Census`] is the file at one moment: opening it begins the one read transaction in which everything is read,
//! down to the last row and the evidence. So whatever is collected or pruned meanwhile, an answer never mixes two
//! states, and no command can forget to begin.
//!
//! `views` writes the text of the views, `guard` holds the fence, `catalog` describes the tables. Nothing here
//! can write the census: the file is opened read-only.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::catalog::{self, Table};
use super::coverage::{self, Coverage};
use super::evidence::{self, Link, Verified};
use super::file::{Doing, beside, connect, is_there, open_failed, refuse_what_is_no_file};
use super::identity::{self, Identity};
use super::retention::{self, Watch};
use super::schema::{self, FileKind};
use super::snapshot::{self, Doubled, Gap, Snapshot};
use super::views::{self, Answering};
use super::{derived, documents, filesystem, functions, guard, scopes};
use crate::error::{Error, Result};
use crate::invocation;

/// How many pages are kept in memory: 64 MB (SQLite counts negative sizes in KiB).
const CACHE: i32 = -65_536;

/// The census, opened read-only, as it is at the moment of its opening.
#[derive(Debug)]
pub struct Census {
    path: PathBuf,
    connection: Connection,
    /// Of a file that is read without locks: its state when it was opened.
    unlocked: Option<Stamp>,
    guarded: bool,
    is_copy: bool,
}

impl Census {
    /// Opens the database at `path` read-only, also on read-only media and network file systems. Fails, naming
    /// the path and the next step, where there is none, for a directory, a foreign or corrupt file or a newer
    /// schema.
    pub fn open(path: &Path) -> Result<Self> {
        refuse_what_is_no_file(path)?;
        if !is_there(path)? {
            return Err(Error::failed(format!("there is no database \"{}\"", path.display()))
                .hint(format!("make one with: {}", invocation::command("collect")))
                .hint("or name an existing one with --db or ORGCENSUS_DB"));
        }
        let (connection, unlocked) = connect_reading(path)?;
        let kind = schema::recognise(&connection, path)?;
        if kind == FileKind::Empty {
            return Err(Error::failed(format!("\"{}\" is empty", path.display()))
                .hint(format!("fill it with: {}", invocation::command("collect"))));
        }
        // A way of access is put together from pages all over the file: SQLite's own 2 MB would be read anew
        // and again.
        let cache = connection.pragma_update(None, "cache_size", CACHE);
        cache.doing("give the database a cache")?;
        // A diff asks a few statements of every resource, again and again.
        connection.set_prepared_statement_cache_capacity(128);
        documents::register(&connection)?;
        functions::register(&connection)?;
        scopes::register(&connection)?;
        coverage::derive_older(&connection)?;
        // A file that an older version wrote has older views or none, and those of a copy lack what makes them fast:
        // ours stand before them.
        let is_copy = kind == FileKind::Copy;
        let is_derived = derived::is_current(&connection)?;
        if !is_derived {
            derived::make_temporary(&connection)?;
        }
        if is_copy || !is_derived || !views::permanent_are_current(&connection)? {
            views::shadow(&connection, Answering::Latest)?;
        }
        if !is_derived {
            derived::fill(&connection, derived::Place::Temporary)?;
        }
        Ok(Self { path: path.to_owned(), connection, unlocked, guarded: false, is_copy })
    }

    /// Whether a newer program wrote it: what this one does not know is not answered.
    pub fn is_newer(&self) -> Result<bool> {
        schema::is_newer(&self.connection)
    }

    /// Fails for what needs all that is in the file, where a newer program wrote it.
    fn refuse_newer(&self, doing: &str) -> Result<()> {
        if !self.is_newer()? {
            return Ok(());
        }
        let hint = format!("install the newer version: this one can read the file, but not {doing} it");
        Err(schema::newer(&self.connection, &self.path)?.hint(hint))
    }

    /// Whether it is a copy, made for others to read.
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// An empty census in memory: what it answers about tables and columns holds before any file exists.
    pub fn blank() -> Result<Self> {
        let mut connection = Connection::open_in_memory().doing("make a database in memory")?;
        schema::migrate(&mut connection)?;
        views::make_permanent(&mut connection)?;
        functions::register(&connection)?;
        Ok(Self {
            path: PathBuf::from(":memory:"),
            connection,
            unlocked: None,
            guarded: false,
            is_copy: false,
        })
    }

    /// Its connection alone, for tests that write rows of their own under the views.
    #[cfg(test)]
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// The way back.
    #[cfg(test)]
    pub(crate) fn of_connection(connection: Connection) -> Self {
        Self { path: PathBuf::from(":memory:"), connection, unlocked: None, guarded: false, is_copy: false }
    }

    /// The path that it was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes the census takes at the moment that it is read: a log beside the file may hold some of them.
    pub fn bytes(&self) -> Result<u64> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0).map(i64::unsigned_abs));
        bytes.doing("read the size of the database")
    }

    /// The read-only connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whose census this is; `None` while nothing claimed it.
    pub fn identity(&self) -> Result<Option<Identity>> {
        identity::read(&self.connection)
    }

    /// Every snapshot, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        snapshot::all(&self.connection)
    }

    /// What the snapshot covered, in the order of [`crate::model::RESOURCES`].
    pub fn coverage(&self, snapshot_id: i64) -> Result<Vec<Coverage>> {
        coverage::of_snapshot(&self.connection, snapshot_id)
    }

    /// The items that AWS listed twice with different values for the snapshot.
    pub fn doubled(&self, snapshot_id: i64) -> Result<Vec<Doubled>> {
        snapshot::doubled(&self.connection, snapshot_id)
    }

    /// What the snapshot could not see.
    pub fn gaps(&self, snapshot_id: i64) -> Result<Vec<Gap>> {
        snapshot::gaps(&self.connection, snapshot_id)
    }

    /// What is recorded to prove each snapshot, kept or pruned, oldest first.
    pub fn links(&self) -> Result<Vec<Link>> {
        evidence::links(&self.connection)
    }

    /// Holds the whole file against what was recorded when each snapshot was published. Fails, naming the first
    /// snapshot and resource that do not fit, and for a damaged file.
    pub fn verify(&self) -> Result<Verified> {
        self.refuse_newer("verify")?;
        evidence::verify(&self.connection, &self.path)
    }

    /// Every table and view that a user may ask, resources first, each with its columns and what they mean.
    pub fn tables(&self) -> Result<Vec<Table>> {
        catalog::tables(&self.connection)
    }

    /// Copies the census, with every snapshot or only those of `kept`, into the empty file `target`: one file
    /// without a log, which no former content is left in, and which SQLite 3.31 reads. A failure leaves it unfinished, and so does a collection
    /// or prune since the census was opened.
    ///
    /// It takes the census: SQLite copies outside a transaction, at a moment of its own, and nothing more may be
    /// read after that. Before the copy is renamed onto another path, [`Self::make_room_for_copy`] clears that path.
    pub fn copy(self, target: &Path, kept: Option<&[i64]>, watch: Watch<'_>) -> Result<()> {
        self.refuse_newer("copy")?;
        let snapshots = self.snapshots()?;
        self.connection.execute_batch("COMMIT").doing("end reading")?;
        retention::copy(&self.connection, target, &snapshots, kept, watch)?;
        self.check_unwritten()
    }

    /// Fails where the file was written while it was read without locks, in a read-only folder or on a network
    /// file system: then what was read may be of several states. To be called before an answer is finished.
    pub fn check_unwritten(&self) -> Result<()> {
        match &self.unlocked {
            Some(stamp) if *stamp != Stamp::of(&self.path) => {
                Err(Error::failed(format!("\"{}\" was written while it was read", self.path.display()))
                    .hint("run the command again: the answer may mix two states of the census"))
            }
            _ => Ok(()),
        }
    }

    /// Removes what a former database of this name left beside it; fails where that is not empty.
    pub fn make_room_for_copy(file: &Path) -> Result<()> {
        retention::make_room(file)
    }

    /// From now on every view of this connection, derived ones too, answers as of this snapshot.
    pub fn answer_as_of(&mut self, snapshot_id: i64) -> Result<()> {
        self.answer(Answering::AsOf(snapshot_id))
    }

    /// From now on every resource's view, `effective_access` and `privileged_permission_sets` have what was
    /// alive in any snapshot from one to the other, with its bounds; histories stop at the last, and views of
    /// changes tell those between. Views that are a state of one snapshot are refused.
    pub fn answer_during(&mut self, from: i64, to: i64) -> Result<()> {
        self.answer(Answering::During { from, to })
    }

    fn answer(&mut self, answering: Answering) -> Result<()> {
        if self.guarded {
            guard::lower(&self.connection).doing("prepare the views for the snapshot")?;
        }
        let shadowed = views::shadow(&self.connection, answering);
        if self.guarded {
            guard::raise(&self.connection).doing("guard the database against writing")?;
        }
        shadowed
    }

    /// From now on no SQL on this connection can change anything, attach a file, write a pragma or load
    /// code: for statements that a user typed.
    pub fn guard(&mut self) -> Result<()> {
        guard::raise(&self.connection).doing("guard the database against writing")?;
        self.guarded = true;
        Ok(())
    }
}

/// What tells that a file was written: SQLite looks for no change of one that it takes as immutable.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(Option<(u64, u64, std::time::SystemTime)>);

impl Stamp {
    fn of(path: &Path) -> Self {
        let found = path.metadata().ok();
        Self(found.and_then(|found| Some((inode(&found), found.len(), found.modified().ok()?))))
    }
}

#[cfg(unix)]
fn inode(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

/// Opens read-only, and begins to read. A database in WAL mode needs its `-shm` file even then; where that cannot be made (a
/// read-only folder) or means nothing (a network file system), and no `-wal` holds newer pages, the file is all
/// there is and can be taken as immutable.
///
/// Elsewhere it is not, though that would spare the `-shm` and the empty `-wal` that reading leaves behind: a
/// collector that begins meanwhile would change the file under a reader that takes no lock.
fn connect_reading(path: &Path) -> Result<(Connection, Option<Stamp>)> {
    let locked = |connection| (connection, None);
    let unlocked = || {
        let stamp = Stamp::of(path);
        Ok((begin(connect(path, "immutable=1"))?, Some(stamp)))
    };
    let failed = |error| open_failed(path, error);
    let log = beside(path, "-wal");
    let has_newer_pages = std::fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    let unreadable = |why: &str| {
        Error::failed(format!("\"{}\" holds newer pages that cannot be read {why}", log.display()))
            .hint("copy it and the database, both, to a local folder that can be written; name the copy with --db")
            .hint("or wait for the collection that is writing it, if one is: it leaves one file")
    };
    if let Some(name) = filesystem::network(path) {
        if has_newer_pages {
            return Err(unreadable(&format!("on a network file system ({name})")));
        }
        return unlocked().map_err(failed);
    }
    match begin(connect(path, "mode=ro")) {
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) =>
        {
            if has_newer_pages {
                return Err(unreadable("where nothing can be written").caused_by(error));
            }
            unlocked().map_err(failed)
        }
        opened => opened.map(locked).map_err(failed),
    }
}

/// Begins the one transaction in which everything is read. SQLite opens a file, and settles which state of it a
/// transaction reads, when it is first asked.
fn begin(connection: rusqlite::Result<Connection>) -> rusqlite::Result<Connection> {
    let connection = connection?;
    #[cfg(test)]
    stops::watch(&connection);
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

mod resolve;
#[cfg(test)]
pub(crate) mod stops;
#[cfg(test)]
mod tests;
