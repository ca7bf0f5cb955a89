//! A census, or some of its snapshots, as one file that holds nothing else: no pages of deleted rows, and no log beside
//! it, not even while it is read. SQLite of 2020 reads its schema.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::{forget_volatile, prune};
use crate::error::{Error, Result};
use crate::invocation;
use crate::signals::Unfinished;
use crate::store::file::{Doing, beside, connect, quoted, uri, with_companions};
use crate::store::schema::portable;
use crate::store::{Snapshot, derived, schema, snapshot, steps, views};

/// The parameters for opening an unfinished file. No other program knows the file, so SQLite need not lock it. On some
/// file systems it could not: they have one kind of lock, which already holds the file.
const OURS: &str = "mode=rw&nolock=1";

/// A callback for each connection that works on the copy, through which the caller can interrupt it.
pub type Watch<'a> = &'a dyn Fn(&Connection) -> Result<()>;

/// Makes sure that no log beside `file` is taken for that of the copy that will have this name. An empty log is
/// removed. Any other log belongs to a census that is in use or was not closed, and is an error.
pub(in crate::store) fn make_room(file: &Path) -> Result<()> {
    for log in with_companions(file).into_iter().skip(1) {
        let Ok(metadata) = log.symlink_metadata() else { continue };
        if metadata.is_file() && metadata.len() > 0 && log != beside(file, "-shm") {
            return Err(Error::failed(format!("\"{}\" holds pages of another database", log.display()))
                .hint("name another file, or close the program that has it open"));
        }
        std::fs::remove_file(&log).map_err(|error| {
            Error::failed(format!("cannot remove \"{}\"", log.display())).caused_by(error)
        })?;
    }
    Ok(())
}

/// Copies the state that the connection reads, as of one moment, into the empty file `target`. With `kept`, prunes the
/// other snapshots from the copy. A failure leaves the file in any state. Fails if the census no longer has exactly the
/// `snapshots` that the caller saw.
pub(in crate::store) fn copy(
    census: &Connection,
    target: &Path,
    snapshots: &[Snapshot],
    kept: Option<&[i64]>,
    watch: Watch<'_>,
) -> Result<()> {
    uncover(census)?;
    let Some(kept) = kept else {
        write_whole(census, target)?;
        let mut connection = settle(target, watch)?;
        still_those(snapshots, &connection)?;
        return portable::make_copy(&mut connection);
    };
    // Pruning leaves free pages that still hold deleted rows, so the final file is made from another one.
    let whole = scratch(target)?;
    write_whole(census, whole.path())?;
    let mut connection = settle(whole.path(), watch)?;
    still_those(snapshots, &connection)?;
    let others = snapshots.iter().map(|one| one.snapshot_id).filter(|id| !kept.contains(id));
    let others: Vec<i64> = others.collect();
    prune(&mut connection, &others)?;
    forget_volatile(&connection)?;
    write_whole(&connection, target)?;
    portable::make_copy(&mut open(target, watch)?)
}

/// Fails if the copy has other snapshots than the caller saw.
fn still_those(snapshots: &[Snapshot], copy: &Connection) -> Result<()> {
    if snapshot::all(copy)? == snapshots {
        return Ok(());
    }
    Err(Error::failed("the snapshots changed just before they were copied")
        .hint(format!("run the command again; {} lists them", invocation::command("snapshots"))))
}

/// Drops the temporary tables that shadow tables of the file: SQLite would create the copy's indexes on them.
fn uncover(census: &Connection) -> Result<()> {
    let covering = "SELECT name FROM temp.sqlite_schema
                    WHERE type = 'table' AND name IN (SELECT name FROM main.sqlite_schema)";
    let drop = || {
        let names = census
            .prepare(covering)?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        names.iter().try_for_each(|name| census.execute_batch(&format!("DROP TABLE temp.{}", quoted(name))))
    };
    drop().doing("let go of what was worked out to read the census")
}

fn write_whole(from: &Connection, to: &Path) -> Result<()> {
    from.execute("VACUUM INTO ?1", [uri(to, OURS)]).map(drop).map_err(|error| {
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let failed = Error::failed("cannot write the copy").caused_by(error);
        match is_full {
            true => failed.hint("make room there, or name a file on another disk"),
            false => failed,
        }
    })
}

/// Brings the copy of an older census, or of a copy, to this version's schema and views.
fn settle(file: &Path, watch: Watch<'_>) -> Result<Connection> {
    let mut connection = open(file, watch)?;
    if portable::is_copy(&connection)? {
        portable::make_census(&mut connection)?;
    }
    schema::migrate(&mut connection)?;
    steps::fill(&mut connection, |_, _| {})?;
    if !derived::is_current(&connection)? {
        derived::fill(&connection, derived::Place::File)?;
    }
    views::make_permanent(&mut connection)?;
    Ok(connection)
}

/// Opens the unfinished copy. No other program uses the file, so its journal need not survive this process. The
/// finished copy is read without a journal.
fn open(file: &Path, watch: Watch<'_>) -> Result<Connection> {
    let open = || {
        let connection = connect(file, OURS)?;
        connection.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    let connection = open().doing("open the copy")?;
    watch(&connection)?;
    Ok(connection)
}

/// Creates a file beside the copy for temporary content.
fn scratch(target: &Path) -> Result<Unfinished> {
    let created = Unfinished::create(target).map(|(scratch, _)| scratch);
    created.map_err(|error| Error::failed("cannot create a file beside the copy").caused_by(error))
}
