//! The answer as lines of JSON, one a change, each of which stands alone: it names its two snapshots.

use std::io::{self, Write};

use serde::Serialize;

use super::change::Diff;

/// One change, with what it cannot be understood without.
#[derive(Serialize)]
struct Line<'d, T> {
    from_snapshot: i64,
    to_snapshot: i64,
    /// For what does not say it itself: `access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'static str>,
    /// Likewise: `recreated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    #[serde(flatten)]
    what: &'d T,
}

/// Writes the changes, then the access changes as those of the resource `access`, then what was recreated; each as
/// in the object of `--format json`.
pub fn write(out: &mut dyn Write, diff: &Diff) -> io::Result<()> {
    for change in &diff.changes {
        write_line(out, diff, None, None, change)?;
    }
    for change in &diff.access_changes {
        write_line(out, diff, Some("access"), None, change)?;
    }
    for recreation in &diff.recreations {
        write_line(out, diff, None, Some("recreated"), recreation)?;
    }
    Ok(())
}

fn write_line<T: Serialize>(
    out: &mut dyn Write,
    diff: &Diff,
    resource: Option<&'static str>,
    change: Option<&'static str>,
    what: &T,
) -> io::Result<()> {
    let (from_snapshot, to_snapshot) = (diff.from.snapshot_id, diff.to.snapshot_id);
    serde_json::to_writer(&mut *out, &Line { from_snapshot, to_snapshot, resource, change, what })?;
    writeln!(out)
}
