//! Checks the whole file against the hashes recorded when each snapshot was published.
//!
//! Each table is walked once, whatever the number of snapshots. A version is added to the set of the snapshot in which
//! it begins, and removed from the set of the snapshot in which it ends. The sets are then summed up in the order of
//! the snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;

use super::chain::{self, Link, Parts};
use super::rows::HashedTable;
use super::set_hash::SetHash;
use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::model::RESOURCES;
use crate::store::file::{Doing, open_failed};
use crate::store::views::Answering;
use crate::store::{derived, documents, schema, snapshot, steps, views};

/// The result of verifying a file without differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The record of each snapshot, kept or pruned, oldest first. No snapshot was published after the last link.
    pub links: Vec<Link>,
    /// The snapshots that predate the hashes and have no record.
    pub without_hash: Vec<i64>,
    /// True if the views in the file are those of this program. Other views matter only to other tools that read the
    /// file.
    pub views_are_current: bool,
}

/// A difference from the published state.
struct Misfit {
    /// The first affected snapshot; `None` for the file as a whole.
    snapshot_id: Option<i64>,
    what: String,
}

/// Verifies a census; `path` names it in errors. Fails, naming the first snapshot and resource that differ.
pub(in crate::store) fn verify(connection: &Connection, path: &Path) -> Result<Verified> {
    check_integrity(connection, path)?;
    let snapshots = snapshot::all(connection)?;
    let kept: BTreeSet<i64> = snapshots.iter().map(|one| one.snapshot_id).collect();
    let links = chain::links(connection)?;
    let Some(first_link) = links.first().map(|link| link.snapshot_id) else {
        return verified(connection, links, kept.into_iter().collect());
    };

    let mut misfits: Vec<_> = schema::altered(connection)?
        .map(|name| Misfit { snapshot_id: None, what: format!("{name} is not declared as it was made") })
        .into_iter()
        .collect();
    check_chain(&links, &kept, first_link, &mut misfits);
    let by_id: BTreeMap<i64, &Link> = links.iter().map(|link| (link.snapshot_id, link)).collect();
    check_content(connection, &by_id, &kept, &mut misfits)?;
    check_facts(connection, &by_id, &kept, &mut misfits)?;
    check_notes(connection, &links, &mut misfits)?;
    misfits.extend(foreign(connection)?);
    misfits.extend(documents::misfit(connection)?.map(|(resource, column, id)| Misfit {
        snapshot_id: Some(id),
        what: format!("the hash beside {column} of {resource} is of another document"),
    }));
    let derived = steps::differing(connection)?.into_iter();
    misfits.extend(derived.map(|(id, table)| Misfit {
        snapshot_id: Some(id),
        what: format!("{table} does not match the rows of this snapshot"),
    }));
    // A changed policy also changes the rows derived from it. That is not a separate difference.
    if misfits.is_empty() {
        misfits.extend(derived::differing(connection)?.into_iter().map(|table| Misfit {
            snapshot_id: None,
            what: format!("{table} does not match the policies that it is derived from"),
        }));
    }
    // Likewise for counts of rows and policies.
    if misfits.is_empty() {
        let counts = derived::metrics::differing(connection)?.into_iter();
        misfits.extend(counts.map(|(id, table)| Misfit {
            snapshot_id: Some(id),
            what: format!("{table} does not match the rows of this snapshot"),
        }));
    }
    // The checks above dropped the TEMP views that shadow another program's views, so they are made again.
    if !views::permanent_are_current(connection)? {
        views::shadow(connection, Answering::Latest)?;
    }

    // Reports the first difference of the first snapshot.
    if let Some(first) = misfits.iter().min_by_key(|misfit| misfit.snapshot_id) {
        return Err(changed(path, first, misfits.len() - 1));
    }
    let without_hash = kept.range(..first_link).copied().collect();
    verified(connection, links, without_hash)
}

fn verified(connection: &Connection, links: Vec<Link>, without_hash: Vec<i64>) -> Result<Verified> {
    Ok(Verified { links, without_hash, views_are_current: views::permanent_are_current(connection)? })
}

fn changed(path: &Path, first: &Misfit, others: usize) -> Error {
    let error = match first.snapshot_id {
        Some(id) => Error::failed(format!("snapshot {id} is not as it was published: {}", first.what)),
        None => Error::failed(format!("\"{}\" is not as it was made: {}", path.display(), first.what)),
    };
    let error = match others {
        0 => error,
        _ => error.caused_by(format!("this is the first of {} things that do not fit", others + 1)),
    };
    error.hint("another program changed the file: restore a copy that snapshots verify accepts")
}

fn check_integrity(connection: &Connection, path: &Path) -> Result<()> {
    let found = connection.query_row("PRAGMA main.integrity_check(1)", [], |row| row.get::<_, String>(0));
    match found.map_err(|error| open_failed(path, error))?.as_str() {
        "ok" => Ok(()),
        trouble => Err(Error::failed(format!("\"{}\" is damaged", path.display()))
            .caused_by(trouble)
            .hint("restore it from a backup")),
    }
}

/// Checks the links against each other and against the existing snapshots.
fn check_chain(links: &[Link], kept: &BTreeSet<i64>, first_link: i64, misfits: &mut Vec<Misfit>) {
    let mut misfit = |snapshot_id, what: &str| {
        misfits.push(Misfit { snapshot_id: Some(snapshot_id), what: what.to_owned() });
    };
    let mut before = None;
    for link in links {
        let id = link.snapshot_id;
        if sha256(&link.content) != link.content_hash
            || sha256(&link.facts) != link.facts_hash
            || link.chained(before) != link.snapshot_hash
        {
            misfit(id, "its row in snapshot_hashes, or the one before, was changed");
        }
        before = Some(link.snapshot_hash.as_str());
        match (kept.contains(&id), &link.pruned_at) {
            (true, Some(_)) => misfit(id, "snapshot_hashes says that it was pruned, and it is there"),
            (false, None) => misfit(id, "it is missing, and was not pruned"),
            _ => {}
        }
        if link.state.is_some() && link.set_hashes().is_none() {
            misfit(id, "its state in snapshot_hashes was changed");
        }
    }
    if let Some(newest) = links.last().filter(|link| link.state.is_none()) {
        misfit(newest.snapshot_id, "the row after it in snapshot_hashes is missing, or its own state is");
    }
    let linked: BTreeSet<i64> = links.iter().map(|link| link.snapshot_id).collect();
    for id in kept.range(first_link..).filter(|id| !linked.contains(id)) {
        misfit(*id, "it has no row in snapshot_hashes");
    }
}

/// Checks the rows alive in each kept snapshot, resource by resource.
fn check_content(
    connection: &Connection,
    links: &BTreeMap<i64, &Link>,
    kept: &BTreeSet<i64>,
    misfits: &mut Vec<Misfit>,
) -> Result<()> {
    let recorded: BTreeMap<i64, Parts> =
        kept.iter().filter_map(|id| Some((*id, links.get(id)?.content_parts()))).collect();
    for spec in RESOURCES {
        let Some(table) = HashedTable::of_resource(connection, spec)? else { continue };
        let name = table.name;
        let mut misfit = |snapshot_id, what| misfits.push(Misfit { snapshot_id: Some(snapshot_id), what });
        let mut changes: BTreeMap<i64, SetHash> = BTreeMap::new();
        let add = |[from, to]: [Option<i64>; 2], row| {
            if let Some(from) = from {
                changes.entry(from).or_default().add(&row);
            }
            if let Some(to) = to {
                changes.entry(to).or_default().remove(&row);
            }
            if let (Some(from), Some(to)) = (from, to)
                && to <= from
            {
                misfit(from, format!("a version of {name} ends before it begins"));
            }
        };
        table.walk(connection, ["valid_from", "valid_to"], "", [], add).doing(&format!("hash {name}"))?;
        for id in changes.keys().filter(|id| !kept.contains(id)) {
            misfit(*id, format!("a version of {name} begins or ends in it, and it is not kept"));
        }
        let mut alive = SetHash::default();
        let mut digest = None;
        let mut changes = changes.into_iter().peekable();
        for (id, recorded) in &recorded {
            let mut changed = false;
            while let Some((_, change)) = changes.next_if(|(at, _)| at <= id) {
                alive.merge(&change);
                changed = true;
            }
            if changed {
                digest = alive.digest();
            }
            if digest.as_ref() != recorded.get(name) {
                misfit(*id, format!("the rows of {name} differ"));
            }
        }
    }
    Ok(())
}

/// Checks the facts of each kept snapshot in the tables keyed by snapshot.
fn check_facts(
    connection: &Connection,
    links: &BTreeMap<i64, &Link>,
    kept: &BTreeSet<i64>,
    misfits: &mut Vec<Misfit>,
) -> Result<()> {
    let recorded: BTreeMap<i64, Parts> = links.iter().map(|(id, link)| (*id, link.facts_parts())).collect();
    for name in snapshot::facts() {
        let Some(table) = HashedTable::of_facts(connection, name)? else { continue };
        let mut found: BTreeMap<i64, SetHash> = BTreeMap::new();
        let add = |[id]: [Option<i64>; 1], row| found.entry(id.unwrap_or_default()).or_default().add(&row);
        table.walk(connection, ["snapshot_id"], "", [], add).doing(&format!("hash {name}"))?;
        let mut misfit = |snapshot_id, what| misfits.push(Misfit { snapshot_id: Some(snapshot_id), what });
        for id in found.keys().filter(|id| !kept.contains(id)) {
            misfit(*id, format!("{name} refers to it, but it is not kept"));
        }
        for (id, recorded) in recorded.iter().filter(|(id, _)| kept.contains(id)) {
            if found.get(id).and_then(SetHash::digest).as_ref() != recorded.get(name) {
                misfit(*id, format!("what {name} says of it differs"));
            }
        }
    }
    Ok(())
}

/// Checks the pruning notes about the snapshots.
fn check_notes(connection: &Connection, links: &[Link], misfits: &mut Vec<Misfit>) -> Result<()> {
    let mut notes = super::notes(connection)?;
    let recorded = links.iter().map(|link| (link.snapshot_id, &link.notes_hash));
    let differ = recorded.filter(|(id, recorded)| notes.remove(id) != **recorded).map(|(id, _)| id);
    let mut differ: Vec<i64> = differ.collect();
    differ.extend(notes.into_keys());
    misfits.extend(
        differ
            .into_iter()
            .map(|id| Misfit { snapshot_id: Some(id), what: "what pruning noted of it differs".to_owned() }),
    );
    Ok(())
}

/// Returns a difference for the first snapshot of an organization or instance other than the census's.
fn foreign(connection: &Connection) -> Result<Option<Misfit>> {
    let first: Option<i64> = connection
        .query_row(
            "SELECT min(s.snapshot_id) FROM main.snapshots AS s LEFT JOIN main.census AS c ON c.only_row = 1
             WHERE s.organization_id <> coalesce(c.organization_id, '')
                OR s.instance_arn <> coalesce(c.instance_arn, '')",
            [],
            |row| row.get(0),
        )
        .doing("compare the snapshots with whose census this is")?;
    Ok(first.map(|id| Misfit {
        snapshot_id: Some(id),
        what: "it is of another organization or instance than census says".to_owned(),
    }))
}
