//! The days of a census: of each the snapshot that answers for it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::digest::sha256;
use crate::error::Result;
use crate::store::{Census, Snapshot};

/// A day in UTC with a snapshot that was completed on it.
#[derive(Debug, Clone)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// The one that `--at DATE` answers from.
    pub snapshot: Snapshot,
    /// What proves the snapshot; `None` in a census older than that.
    pub snapshot_hash: Option<String>,
    /// Stands for every snapshot that is kept up to this one, with its label.
    pub history: String,
}

/// The days of the census, oldest first. Of a day with several snapshots the highest id completed by its end answers, as it
/// does for `--at`.
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
