//! Telling that something was used again from a change.
//!
//! A census that looks every day finds newer attempts every day. A row of which nothing else differs is told, but
//! does not count as a change; a first use does, and so does a use that is gone or older than the one before.

use chrono::DateTime;
use serde_json::Value;

use super::rows::{Difference, Version};
use super::snapshot_pair::SnapshotPair;
use crate::model::ResourceSpec;

/// Whether all that differs in the row, which are these columns, is use that is no older in the later snapshot.
pub(super) fn is_all(
    spec: &ResourceSpec,
    pair: SnapshotPair,
    difference: &Difference,
    fields: &[String],
) -> bool {
    let (Some(activity), Some(before), Some(after)) = (&spec.activity, &difference.before, &difference.after)
    else {
        return false;
    };
    if !fields.iter().all(|field| activity.has(field)) {
        return false;
    }
    // Whichever is asked for first: a diff backward mirrors the one forward.
    let (earlier, later) = if pair.from <= pair.to { (before, after) } else { (after, before) };
    let newest = |version: &Version| {
        let time = version.row.get(activity.newest_at).and_then(Value::as_str)?;
        DateTime::parse_from_rfc3339(time).ok()
    };
    matches!((newest(earlier), newest(later)), (Some(earlier), Some(later)) if later >= earlier)
}
