//! Publishes day after day into one file.

use std::path::Path;
use std::time::Duration;

use crate::support::census::{Maker, bytes};
use crate::support::churn;

/// Publishes `days` snapshots into a new census at `path`, each with `per_mille` of the rows changed. Returns for each
/// day the duration of the publish, the bytes of the file after it, and the number of rows added, removed or changed
/// since the day before.
pub fn publish_days(maker: &Maker, path: &Path, days: u32, per_mille: usize) -> Vec<(Duration, u64, usize)> {
    let mut database = maker.open(path);
    let mut rows = maker.rows();
    let mut published = Vec::new();
    for day in 0..days {
        let changed = if day > 0 { churn::change(&mut rows, per_mille, day) } else { 0 };
        let staging = maker.stage(&database, &rows, day, &[]);
        let took = maker.publish(&mut database, &staging, day);
        published.push((took, bytes(path), changed));
    }
    published
}
