//! The days of a census, each with its answering snapshot.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::digest::sha256;
use crate::error::Result;
use crate::store::{Census, Snapshot};

/// A day in UTC with a snapshot that was completed on it.
#[derive(Debug, Clone)]
pub struct Day {
    /// The date in UTC.
    pub date: NaiveDate,
    /// The snapshot that `--at DATE` answers from.
    pub snapshot: Snapshot,
    /// The hash that proves the snapshot; `None` in a census that predates the hashes.
    pub snapshot_hash: Option<String>,
    /// A digest of every kept snapshot up to this one, with its label.
    pub history: String,
}

/// Returns the days of the census, oldest first. A day is answered, as for `--at`, by the snapshot with the highest id
/// among those completed by the day's end.
pub fn days(census: &Census) -> Result<Vec<Day>> {
    let (snapshots, links) = (census.snapshots()?, census.links()?);
    let hash_of = |snapshot: &Snapshot| {
        let link = links.iter().find(|link| link.snapshot_id == snapshot.snapshot_id);
        link.map(|link| link.snapshot_hash.clone())
    };
    let date_of = |snapshot: &Snapshot| snapshot.times().map(|(_, completed)| completed.date_naive());
    let dates: BTreeSet<NaiveDate> = snapshots.iter().filter_map(date_of).collect();
    let mut days = Vec::with_capacity(dates.len());
    for date in dates {
        let by_then = |one: &&Snapshot| date_of(one).is_some_and(|completed| completed <= date);
        let Some(snapshot) = snapshots.iter().rev().find(by_then) else { continue };
        days.push((date, snapshot.clone()));
    }
    let mut known = String::new();
    let mut histories = Vec::with_capacity(snapshots.len());
    for snapshot in &snapshots {
        let proof = hash_of(snapshot).unwrap_or_else(|| snapshot.collection_id.clone());
        let label = snapshot.label.as_deref().unwrap_or_default();
        known = sha256(format!("{known}\n{}\n{proof}\n{label}", snapshot.snapshot_id));
        histories.push((snapshot.snapshot_id, known.clone()));
    }
    let history = |id: i64| histories.iter().find(|(one, _)| *one == id).map(|(_, history)| history.clone());
    Ok(days
        .into_iter()
        .map(|(date, snapshot)| Day {
            date,
            snapshot_hash: hash_of(&snapshot),
            history: history(snapshot.snapshot_id).unwrap_or_default(),
            snapshot,
        })
        .collect())
}
