//! Describes in a workbook the snapshots that answered: the caller, the time, and the gaps.

use rusqlite::types::Value;

use super::evidence::Question;
use crate::error::Result;
use crate::output::{About, Section};
use crate::store::{Census, CoverageStatus, Gap, GapKind, Snapshot};

/// The number of listed gaps. A denied listing of each group may leave as many as there are groups.
const MOST_GAPS: usize = 1_000;

/// Describes an answer of these snapshots, oldest first, under its own title. It depends only on the census and the
/// question, so that the same question yields the same workbook.
pub fn about(title: &str, census: &Census, snapshots: &[Snapshot], question: &Question<'_>) -> Result<About> {
    let newest = snapshots.last();
    let mut about = About {
        title: title.to_owned(),
        created_at: newest.map(|one| one.completed_at.clone()).unwrap_or_default(),
        ..About::default()
    };
    let identity = census.identity()?;
    let organization = identity.as_ref().and_then(|one| one.organization_id.clone());
    about.fact("organization", organization.unwrap_or_else(|| "not known".to_owned()));
    if let Some(instance) = identity.and_then(|one| one.instance_arn) {
        about.fact("instance", instance);
    }
    about.fact("program", concat!("orgcensus ", env!("CARGO_PKG_VERSION")));
    if snapshots.iter().any(Snapshot::is_synthetic) {
        about.fact("synthetic", "the organization is simulated: this is the demo's census");
    }
    if let Some(query) = question.query {
        about.fact("query", query);
    }
    for one in question.parameters {
        let value = match &one.value {
            Value::Text(text) if *text != one.typed => format!("{} ({text})", one.typed),
            _ => one.typed.clone(),
        };
        about.fact(format!("value of {}", one.name), value);
    }
    if let Some(sql) = question.sql {
        about.fact("SQL", sql);
    }
    about.sections = vec![told(census, snapshots)?, unseen(census, snapshots)?, gaps(census, snapshots)?];
    Ok(about)
}

/// Lists the snapshots.
fn told(census: &Census, snapshots: &[Snapshot]) -> Result<Section> {
    let links = census.links()?;
    let header = ["snapshot", "completed at (UTC)", "status", "caller", "collected by", "hash"];
    let rows = snapshots.iter().map(|one| {
        let hash = links.iter().find(|link| link.snapshot_id == one.snapshot_id);
        let suspect = one.suspect.as_ref().map(|why| format!(", suspect: {why}")).unwrap_or_default();
        vec![
            one.snapshot_id.to_string(),
            one.completed_at.clone(),
            format!("{}{suspect}", one.status.as_str()),
            one.caller_arn.clone().unwrap_or_default(),
            format!("orgcensus {}", one.tool_version),
            hash.map(|link| link.snapshot_hash.clone()).unwrap_or_default(),
        ]
    });
    Ok(section("Snapshots that answered", &header, rows.collect()))
}

/// Lists the tables that a snapshot did not see completely, whose rows may be missing or old.
fn unseen(census: &Census, snapshots: &[Snapshot]) -> Result<Section> {
    let header = ["snapshot", "table", "coverage", "rows", "gaps", "reason"];
    let mut rows = Vec::new();
    for snapshot in snapshots {
        let coverage = census.coverage(snapshot.snapshot_id)?;
        for one in coverage.iter().filter(|one| one.status != CoverageStatus::Complete) {
            let reason = one.limits().into_iter().chain(one.reason.clone()).collect::<Vec<_>>().join(": ");
            rows.push(vec![
                snapshot.snapshot_id.to_string(),
                one.resource.clone(),
                one.status.as_str().to_owned(),
                one.rows.to_string(),
                one.gaps.to_string(),
                reason,
            ]);
        }
    }
    let title = match rows.is_empty() {
        true => "Every table was seen completely",
        false => "Tables that were not completely seen: rows may be missing or old",
    };
    Ok(section(title, &header, rows))
}

/// Lists the denied and failed listings.
fn gaps(census: &Census, snapshots: &[Snapshot]) -> Result<Section> {
    let header = ["snapshot", "table", "scope", "kind", "operation", "error"];
    let mut rows = Vec::new();
    let mut left_out = 0;
    for snapshot in snapshots {
        let is_failure = |gap: &&Gap| matches!(gap.kind, GapKind::Denied | GapKind::Failed);
        for gap in census.gaps(snapshot.snapshot_id)?.iter().filter(is_failure) {
            if rows.len() == MOST_GAPS {
                left_out += 1;
                continue;
            }
            rows.push(vec![
                snapshot.snapshot_id.to_string(),
                gap.resource.clone(),
                gap.scope.clone(),
                gap.kind.as_str().to_owned(),
                gap.operation.clone().unwrap_or_default(),
                gap.error_code.clone().unwrap_or_default(),
            ]);
        }
    }
    let title = match (rows.len(), left_out) {
        (0, _) => "No listing was denied or failed".to_owned(),
        (_, 0) => "Listings that were denied or failed".to_owned(),
        (shown, left) => format!("Listings that were denied or failed: {shown} of {}", shown + left),
    };
    Ok(section(&title, &header, rows))
}

fn section(title: &str, header: &[&str], rows: Vec<Vec<String>>) -> Section {
    let header =
        if rows.is_empty() { Vec::new() } else { header.iter().map(|one| (*one).to_owned()).collect() };
    Section { title: title.to_owned(), header, rows }
}
