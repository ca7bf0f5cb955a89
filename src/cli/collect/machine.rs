//! Writes the summary of a collection for programs: `--format json`. Its keys are a contract (docs/json.md).

use serde_json::{Value, json};

use crate::cli::evidence::write_pretty;
use crate::collect::Summary;
use crate::error::{ExitStatus, Result};
use crate::output::Destination;
use crate::store::{Gap, ResourceOutcome};

/// Writes one object.
pub fn write(
    summary: &Summary,
    unmet: &[String],
    status: ExitStatus,
    mut destination: Destination,
) -> Result<()> {
    let published = &summary.published;
    let resources = published.resources.iter().map(|outcome| resource(summary, outcome));
    let object = json!({
        "snapshot_id": published.snapshot_id,
        "status": published.status,
        "suspect": published.suspect,
        "snapshot_hash": published.snapshot_hash,
        "exit_code": status as i32,
        "resources": resources.collect::<Vec<_>>(),
        "gaps": summary.gaps.iter().map(gap).collect::<Vec<_>>(),
        "required_but_incomplete": unmet,
        "calls": summary.calls,
        "throttled_calls": summary.throttled,
        "elapsed_seconds": summary.elapsed.as_secs_f64(),
        "later_snapshot_id": summary.after_this.as_ref().map(|one| one.snapshot_id),
    });
    write_pretty(&object, &mut destination)?;
    destination.finish()
}

/// Returns the changes of a resource, and its coverage.
fn resource(summary: &Summary, outcome: &ResourceOutcome) -> Value {
    let covered = summary.coverage.iter().find(|one| one.resource == outcome.resource);
    json!({
        "resource": outcome.resource,
        "status": covered.map(|one| one.status),
        "reason": covered.and_then(|one| one.reason.as_deref()),
        "rows": outcome.rows,
        "added": outcome.added,
        "removed": outcome.removed,
        "changed": outcome.changed,
        "carried": outcome.carried,
        "dropped": outcome.dropped,
        "gaps": outcome.gaps,
    })
}

fn gap(gap: &Gap) -> Value {
    json!({
        "resource": gap.resource,
        "scope": serde_json::from_str::<Value>(&gap.scope).unwrap_or_default(),
        "kind": gap.kind.as_str(),
        "operation": gap.operation,
        "error_code": gap.error_code,
        "error_message": gap.error_message,
        "attempts": gap.attempts,
        "request_id": gap.request_id,
        "observed_at": gap.observed_at,
    })
}
