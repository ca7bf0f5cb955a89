//! The database opened for reading: the snapshot that it answers for, and the SQL that it accepts.
//!
//! A [`Census`] is the file at one moment. Opening it begins the read transaction in which everything is read,
//! including the last row and the evidence. An answer therefore never mixes two states of a census that is collected or
//! pruned meanwhile, and no command can forget to begin the transaction.
//!
//! `views` writes the text of the views, `guard` restricts the SQL, `catalog` describes the tables. Nothing here can
//! write the census: the file is opened read-only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::catalog::{self, Table};
use super::columns::versions_table;
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
use crate::model::{Entity, TAGS};

/// The cache of pages in memory: 64 MB (SQLite counts negative sizes in KiB).
const CACHE: i32 = -65_536;

/// The census, opened read-only, in its state at the moment of opening.
#[derive(Debug)]
pub struct Census {
    path: PathBuf,
    connection: Connection,
    /// The state of the file when it was opened, if it is read without locks.
    unlocked: Option<Stamp>,
    guarded: bool,
    is_copy: bool,
}

impl Census {
    /// Opens the database at `path` read-only, also on read-only media and network file systems. Fails, naming the path
    /// and the next step, for a missing file, a directory, a foreign or corrupt file, or a newer schema.
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
        // A path of access is joined from pages all over the file, which SQLite's own cache of 2 MB would read again
        // and again.
        let cache = connection.pragma_update(None, "cache_size", CACHE);
        cache.doing("give the database a cache")?;
        // A diff runs a few statements for every resource, again and again.
        connection.set_prepared_statement_cache_capacity(128);
        documents::register(&connection)?;
        functions::register(&connection)?;
        scopes::register(&connection)?;
        coverage::derive_older(&connection)?;
        // A file of an older version has older views or none, and those of a copy lack the words that make them fast.
        // The views of this program shadow them.
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

    /// Returns true if a newer program wrote the file. This program then answers only the parts that it knows.
    pub fn is_newer(&self) -> Result<bool> {
        schema::is_newer(&self.connection)
    }

    /// Fails if a newer program wrote the file, for commands that need everything in it.
    fn refuse_newer(&self, doing: &str) -> Result<()> {
        if !self.is_newer()? {
            return Ok(());
        }
        let hint = format!("install the newer version: this one can read the file, but not {doing} it");
        Err(schema::newer(&self.connection, &self.path)?.hint(hint))
    }

    /// Returns true for a copy made for other readers.
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// Returns an empty census in memory, for answers about tables and columns before any file exists.
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

    /// Returns the connection alone, for tests that write rows of their own under the views.
    #[cfg(test)]
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Makes a census of such a connection again.
    #[cfg(test)]
    pub(crate) fn of_connection(connection: Connection) -> Self {
        Self { path: PathBuf::from(":memory:"), connection, unlocked: None, guarded: false, is_copy: false }
    }

    /// Returns the path that the census was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size of the census in bytes as it is read. A log beside the file may hold some of them.
    pub fn bytes(&self) -> Result<u64> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0).map(i64::unsigned_abs));
        bytes.doing("read the size of the database")
    }

    /// Returns the read-only connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the identity of the census; `None` until it is claimed.
    pub fn identity(&self) -> Result<Option<Identity>> {
        identity::read(&self.connection)
    }

    /// Returns every snapshot, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        snapshot::all(&self.connection)
    }

    /// Returns the keys of all tags of accounts, in any snapshot.
    pub fn account_tag_keys(&self) -> Result<BTreeSet<String>> {
        let doing = "cannot read the tags";
        let sql = format!("SELECT DISTINCT key FROM {} WHERE resource_type = ?1", versions_table(TAGS));
        let mut statement = self.connection.prepare(&sql).doing(doing)?;
        let keys = statement.query_map([Entity::Account.as_str()], |row| row.get(0)).doing(doing)?;
        keys.collect::<Result<_, _>>().doing(doing)
    }

    /// Returns the coverage of the snapshot, in the order of [`crate::model::RESOURCES`].
    pub fn coverage(&self, snapshot_id: i64) -> Result<Vec<Coverage>> {
        coverage::of_snapshot(&self.connection, snapshot_id)
    }

    /// Returns the items that AWS listed twice with different values for the snapshot.
    pub fn doubled(&self, snapshot_id: i64) -> Result<Vec<Doubled>> {
        snapshot::doubled(&self.connection, snapshot_id)
    }

    /// Returns the gaps of the snapshot.
    pub fn gaps(&self, snapshot_id: i64) -> Result<Vec<Gap>> {
        snapshot::gaps(&self.connection, snapshot_id)
    }

    /// Returns the records that prove each snapshot, kept or pruned, oldest first.
    pub fn links(&self) -> Result<Vec<Link>> {
        evidence::links(&self.connection)
    }

    /// Checks the whole file against the hashes recorded when each snapshot was published. Fails, naming the first
    /// snapshot and resource that differ, and for a damaged file.
    pub fn verify(&self) -> Result<Verified> {
        self.refuse_newer("verify")?;
        evidence::verify(&self.connection, &self.path)
    }

    /// Returns every table and view that a user may query, resources first, each with its columns and their
    /// descriptions.
    pub fn tables(&self) -> Result<Vec<Table>> {
        catalog::tables(&self.connection)
    }

    /// Copies the census, with all snapshots or only those of `kept`, into the empty file `target`. The result is one
    /// file without a log, without remains of earlier content, which SQLite 3.31 can read. A failure leaves the file
    /// unfinished. A collection or prune since the census was opened is a failure.
    ///
    /// Consumes the census: SQLite copies outside a transaction, at a moment of its own, and nothing more may be read
    /// after that. Before the copy is renamed onto another path, [`Self::make_room_for_copy`] clears that path.
    pub fn copy(self, target: &Path, kept: Option<&[i64]>, watch: Watch<'_>) -> Result<()> {
        self.refuse_newer("copy")?;
        let snapshots = self.snapshots()?;
        self.connection.execute_batch("COMMIT").doing("end reading")?;
        retention::copy(&self.connection, target, &snapshots, kept, watch)?;
        self.check_unwritten()
    }

    /// Fails if the file was written while it was read without locks, in a read-only folder or on a network file
    /// system: the answer may then mix several states. Must be called before an answer is finished.
    pub fn check_unwritten(&self) -> Result<()> {
        match &self.unlocked {
            Some(stamp) if *stamp != Stamp::of(&self.path) => {
                Err(Error::failed(format!("\"{}\" was written while it was read", self.path.display()))
                    .hint("run the command again: the answer may mix two states of the census"))
            }
            _ => Ok(()),
        }
    }

    /// Removes the files that an earlier database of this name left beside it; fails if one holds data.
    pub fn make_room_for_copy(file: &Path) -> Result<()> {
        retention::make_room(file)
    }

    /// Makes every view of this connection, including derived ones, answer as of this snapshot.
    pub fn answer_as_of(&mut self, snapshot_id: i64) -> Result<()> {
        self.answer(Answering::AsOf(snapshot_id))
    }

    /// Makes every resource's view, `effective_access` and `privileged_permission_sets` return the rows alive in any
    /// snapshot from `from` to `to`, with their bounds. Histories stop at `to`, and views of changes cover the
    /// snapshots in between. Views that describe the state of one snapshot are refused.
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

    /// Restricts SQL on this connection to reading: no changes, no attached file, no pragma that writes, no loading of
    /// code. Used for statements that a user typed.
    pub fn guard(&mut self) -> Result<()> {
        guard::raise(&self.connection).doing("guard the database against writing")?;
        self.guarded = true;
        Ok(())
    }
}

/// The inode, size and modification time of a file, which show that it was written. SQLite does not check an immutable
/// file for changes.
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

/// Opens the file read-only, and begins to read. A database in WAL mode needs its `-shm` file even for reading. If that
/// file cannot be made (a read-only folder) or means nothing (a network file system), and no `-wal` holds newer pages,
/// the database file is complete and can be opened as immutable.
///
/// Otherwise it is not opened as immutable, although that would avoid leaving the `-shm` and an empty `-wal` behind: a
/// collection that begins meanwhile would change the file under a reader without a lock.
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
            .hint(
                "copy it and the database to a local folder that can be written, and name the copy with --db",
            )
            .hint("or wait for a running collection to end, which leaves one file")
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

/// Begins the transaction in which everything is read. SQLite opens the file and fixes the state that the transaction
/// reads at the first query.
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
