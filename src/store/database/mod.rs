//! The database opened for writing: creation with mode 0600, migrations, permanent views, and the identity.
//!
//! Neighbours: `schema` knows the migrations, `views` the text of the views, and `identity` the organization. `publish`
//! adds the method that writes a snapshot. Nothing in this module reads a staged row.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::coverage::{self, Coverage};
use super::derived;
use super::documents;
use super::file::{Doing, NO_SPACE, connect, make_private_if_empty, open_failed, refuse_what_is_no_file};
use super::filesystem;
use super::identity::{self, Identity};
use super::io_error;
use super::reader::Census;
use super::retention::{self, Pruned};
use super::schema::{self, FileKind, Upgrade, portable};
use super::snapshot::{self, Gap, Snapshot};
use super::steps;
use super::views;
use crate::error::{Error, Result};
use crate::invocation;
use crate::plain_file;

/// The census, opened by its one writer.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    connection: Connection,
    was_copy: bool,
}

impl Database {
    /// Opens the database at `path` for writing. Creates it (mode 0600) if it is missing, and migrates it if it is
    /// older than the program. Returns true with the database if it was created.
    ///
    /// Fails, naming the path and the next step, for a directory, a file that is no SQLite database or not a census, a
    /// newer schema, a corrupt or read-only file, and on a network file system. Fails resumably if the disk is full or
    /// another program holds a lock on the file.
    pub fn open_or_create(path: &Path) -> Result<(Self, bool)> {
        Self::open_for_writing(path).map_err(|error| match io_error::passes(&error) {
            true => io_error::stopped(error, path),
            false => error,
        })
    }

    /// Opens the census at `path` to change existing snapshots. Does not create the file, and keeps its journal mode.
    ///
    /// Fails for the same reasons as [`Self::open_or_create`], and if the file is missing.
    pub fn open_existing(path: &Path) -> Result<Self> {
        // Opening it for reading first reports the errors that a reader would see.
        drop(Census::open(path)?);
        refuse_network(path)?;
        let (mut connection, kind) = connect_writing(path)?;
        prepare(&connection).map_err(|error| open_failed(path, error))?;
        // A copy stays a copy for its readers: if schema and views are current, nothing has to be made.
        if kind == FileKind::Copy
            && schema::is_current(&connection)?
            && views::permanent_are_current(&connection)?
        {
            return Ok(Self { path: path.to_owned(), connection, was_copy: false });
        }
        let was_copy = bring_up_to_date(&mut connection, kind, path)?;
        Ok(Self { path: path.to_owned(), connection, was_copy })
    }

    fn open_for_writing(path: &Path) -> Result<(Self, bool)> {
        refuse_what_is_no_file(path)?;
        refuse_network(path)?;
        // This follows a symbolic link too: SQLite would not create its target.
        let file = plain_file::follow(path).map_err(|error| creation_failed(path, error))?;
        match plain_file::create(&file) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => make_private_if_empty(&file),
            Err(error) => return Err(creation_failed(path, error)),
        }
        let (mut connection, kind) = connect_writing(path)?;
        let failed = |error| open_failed(path, error);
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        let was_copy = bring_up_to_date(&mut connection, kind, path)?;
        Ok((Self { path: path.to_owned(), connection, was_copy }, kind == FileKind::Empty))
    }

    /// Returns true if opening turned a copy back into a census.
    pub fn was_copy(&self) -> bool {
        self.was_copy
    }

    /// Returns the path that the database was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the connection, for reading what earlier snapshots saw.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the connection, for the publish.
    pub(super) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns the identity of the census; `None` until it is claimed.
    pub fn identity(&self) -> Result<Option<Identity>> {
        identity::read(&self.connection)
    }

    /// Claims an unclaimed database for an organization and instance, or checks an existing claim. Fails, naming both,
    /// if the claim is another organization's or instance's. Fills in a part that was unknown.
    ///
    /// An identity without any known part claims nothing. It is refused if another claim exists, because two identities
    /// that cannot be compared are not proven equal.
    pub fn claim(&mut self, identity: &Identity) -> Result<()> {
        identity::claim(&self.connection, &self.path, identity)
    }

    /// Returns the published snapshots, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        snapshot::all(&self.connection)
    }

    /// Returns the coverage of a published snapshot; see [`super::Census::coverage`].
    pub fn coverage(&self, snapshot_id: i64) -> Result<Vec<Coverage>> {
        coverage::of_snapshot(&self.connection, snapshot_id)
    }

    /// Returns the gaps of a published snapshot.
    pub fn gaps(&self, snapshot_id: i64) -> Result<Vec<Gap>> {
        snapshot::gaps(&self.connection, snapshot_id)
    }

    /// Removes snapshots in one transaction. The answers of all other snapshots stay the same. Fails if one of the
    /// snapshots does not exist, and if none would remain.
    pub fn prune(&mut self, snapshot_ids: &[i64]) -> Result<Pruned> {
        retention::prune(&mut self.connection, snapshot_ids)
    }

    /// Sets or removes the label of a snapshot. Fails if the snapshot does not exist.
    pub fn label(&self, snapshot_id: i64, label: Option<&str>) -> Result<()> {
        let sql = "UPDATE main.snapshots SET label = ?2 WHERE snapshot_id = ?1";
        match self.connection.execute(sql, (snapshot_id, label)).doing("label the snapshot")? {
            0 => Err(Error::unknown(format!("snapshot {snapshot_id} does not exist"))
                .hint(format!("{} lists them", invocation::command("snapshots")))),
            _ => Ok(()),
        }
    }

    /// Fills the tables that store the rows of views (see `steps`), for a file that an older program wrote or that an
    /// interrupted program did not fill. Calls `tell` with the number of snapshots done and the total. Unfilled
    /// snapshots still answer correctly, but slower.
    pub fn fill(&mut self, mut tell: impl FnMut(usize, usize)) -> Result<()> {
        if !derived::is_current(&self.connection)? {
            let transaction = self.connection.transaction().doing("begin to read policies")?;
            derived::fill(&transaction, derived::Place::File)?;
            transaction.commit().doing("keep what policies say")?;
        }
        if steps::are_missing(&self.connection)? {
            steps::fill(&mut self.connection, &mut tell)?;
            views::make_permanent(&mut self.connection)?;
        }
        derived::metrics::fill(&mut self.connection, tell)
    }
}

/// Connects for writing and returns the kind of the file. Checks the file before any write, so that a foreign file
/// stays unchanged.
fn connect_writing(path: &Path) -> Result<(Connection, FileKind)> {
    let connection = connect(path, "mode=rw").map_err(|error| open_failed(path, error))?;
    let kind = schema::recognise(&connection, path)?;
    if schema::is_newer(&connection)? {
        let newer = schema::newer(&connection, path)?;
        return Err(newer.hint("install the newer version: this one can only read the file"));
    }
    documents::register(&connection)?;
    if connection.is_readonly("main").map_err(|error| open_failed(path, error))? {
        return Err(Error::failed(format!("\"{}\" cannot be written", path.display()))
            .hint("check the permissions of the file and of its folder, or name another file with --db"));
    }
    if kind != FileKind::Empty {
        schema::refuse_additions(&connection, path)?;
    }
    Ok((connection, kind))
}

/// Migrates the file to a census of this version; returns true if it was a copy.
fn bring_up_to_date(connection: &mut Connection, kind: FileKind, path: &Path) -> Result<bool> {
    if let Some(upgrade) = Upgrade::of(connection)? {
        upgrade.check_space(path)?;
    }
    if kind == FileKind::Copy {
        portable::make_census(connection)?;
    }
    schema::migrate(connection)?;
    views::make_permanent(connection)?;
    Ok(kind == FileKind::Copy)
}

/// Configures the writer's connection: a published snapshot must survive a power cut.
///
/// FULL makes each commit wait until the log is on the disk. NORMAL would wait only at checkpoints, and could lose the
/// last publish. The first such wait after the log was created also syncs the folder, and with it the directory entries
/// of the log and the database. macOS needs `fullfsync` to flush the disk's own cache.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // A publish's temporary tables are small. In memory they cannot fill a disk, so a full disk is always the
    // database's.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The publish probes a few hundred MB of index pages in key order. A larger cache avoids reading them again.
    connection.pragma_update(None, "cache_size", -49_152)
}

/// Refuses a network file system: there, the log that lets readers read during a publish does not work, and two
/// machines would not see each other's locks.
fn refuse_network(path: &Path) -> Result<()> {
    let Some(name) = filesystem::network(path) else { return Ok(()) };
    Err(Error::failed(format!("\"{}\" is on a network file system ({name})", path.display()))
        .hint("collect into a file on a local disk: name one with --db")
        .hint("copy it to the share afterwards: there it can be read"))
}

fn creation_failed(path: &Path, error: io::Error) -> Error {
    let hint = match (error.kind(), path.parent()) {
        (kind, _) if io_error::is_no_space(kind) => NO_SPACE.to_owned(),
        (io::ErrorKind::NotFound, Some(folder)) => {
            format!("make its folder first: mkdir -p \"{}\"", folder.display())
        }
        _ => "check the permissions of its folder, or name another file with --db".to_owned(),
    };
    Error::failed(format!("cannot create \"{}\"", path.display())).caused_by(error).hint(hint)
}

#[cfg(test)]
mod tests;
