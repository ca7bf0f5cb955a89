//! Publishes the nights before the demo's last one, with the simulated organization of each night and under that
//! night's date. Only the demo can backdate a snapshot, and such a snapshot is permanently marked as synthetic.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Map, Value};

use crate::collect::{NotAsked, not_asked};
use crate::error::Result;
use crate::model::{Completeness, Entity, RESOURCES, ResourceGroup, Row, Scope};
use crate::simulator::{ReportDepth, Simulator, TruthOptions};
use crate::store::{
    ActivityStep, CallTotals, CollectionHeader, CollectorLock, Database, Failure, GapKind, Identity, NewTask,
    Outcome, ShrinkLimit, Staging, synthetic_version,
};

/// The resources that are listed in parts: the resource, the column of the part, and the resource with a row for each
/// part.
const IN_PARTS: [(&str, &str, &str); 2] = [
    // In the night `DENIED` the members of one group could not be read.
    ("group_memberships", "group_id", "groups"),
    // Not every entity has a report.
    ("service_last_accessed", "entity_id", "service_last_accessed"),
];
/// The night in which one listing was denied, so that the history has a gap to ask about.
const DENIED: u32 = 40;
/// The duration of each night's collection.
const TOOK: TimeDelta = TimeDelta::minutes(4);

/// Publishes a snapshot for each of the nights into a new census at `path`. `label` returns the label of a night.
pub(super) fn publish(
    path: &Path,
    simulator: &Simulator,
    nights: u32,
    label: impl Fn(u32) -> Option<String>,
) -> Result<()> {
    let (mut database, _) = Database::open_or_create(path)?;
    let _lock = CollectorLock::acquire(path)?;
    database.claim(&Identity {
        organization_id: Some(simulator.organization_id()),
        instance_arn: Some(simulator.instance_arn()),
    })?;
    for night in 0..nights {
        let mut staging = Staging::create(&database, &header(simulator, night, label(night)))?;
        let api_calls = stage(&mut staging, simulator, night)?;
        let completed_at = time(simulator, night, TOOK);
        let totals = CallTotals { api_calls, throttled_calls: 0, completed_at };
        database.publish(&staging, &totals, ShrinkLimit(100), ActivityStep::default())?;
        drop(staging);
        Staging::discard(&database)?;
    }
    Ok(())
}

/// Stages all rows of a night. Returns the number of calls.
fn stage(staging: &mut Staging, simulator: &Simulator, night: u32) -> Result<i64> {
    staging.set_note("assignment_strategy", "pairs")?;
    let options = TruthOptions { access_report: ReportDepth::OrganizationalUnits, ..TruthOptions::default() };
    let rows = |resource: &str| simulator.rows(night, resource, options);
    let mut listings: BTreeMap<Scope, Vec<Row>> = BTreeMap::new();
    let account_id = simulator.management_account_id();
    for spec in RESOURCES {
        // What each account has itself is read in the account of the credentials.
        if spec.group == ResourceGroup::Iam {
            let observed_at = time(simulator, night, TimeDelta::zero());
            let others = Failure { observed_at, ..not_asked(NotAsked::OtherAccount.reason()) };
            staging.add_gap(&spec.all(), &others)?;
            let own = spec.all().about(Entity::Account, &account_id);
            let row = |columns| Row { resource: spec.name, columns, completeness: Completeness::Full };
            listings.insert(own, rows(spec.name).into_iter().map(row).collect());
            continue;
        }
        let column = IN_PARTS.iter().find(|(resource, ..)| *resource == spec.name);
        if let Some((_, column, parts)) = column {
            for part in rows(parts) {
                listings.entry(scope(spec.name, Some((column, &part)))).or_default();
            }
        } else {
            listings.entry(scope(spec.name, None)).or_default();
        }
        for columns in rows(spec.name) {
            let scope = scope(spec.name, column.map(|(_, column, _)| (*column, &columns)));
            let row = Row { resource: spec.name, columns, completeness: Completeness::Full };
            listings.entry(scope).or_default().push(row);
        }
    }
    staging.add_tasks(listings.keys().map(task).collect::<Vec<_>>())?;
    let calls = i64::try_from(listings.len()).unwrap_or(i64::MAX);
    let denied = |scope: &Scope| night == DENIED && scope.resource == IN_PARTS[0].0;
    let refused = listings.iter().find(|(scope, rows)| denied(scope) && rows.len() > 2);
    let refused = refused.map(|(scope, _)| scope.clone());
    let mut outcomes = Vec::new();
    for (task_id, (scope, rows)) in (1..).zip(listings) {
        outcomes.push(if Some(&scope) == refused.as_ref() {
            let failure = failure(time(simulator, night, TimeDelta::minutes(1)));
            Outcome::Gap { task_id, failure, follow_ups: Vec::new(), facts: Vec::new() }
        } else {
            Outcome::Page {
                task_id,
                rows,
                follow_ups: Vec::new(),
                next_token: None,
                left_out: None,
                facts: Vec::new(),
            }
        });
    }
    let rejected = staging.commit(&outcomes)?;
    debug_assert!(rejected.is_empty(), "{rejected:?}");
    Ok(calls)
}

fn scope(resource: &str, part: Option<(&str, &Map<String, Value>)>) -> Scope {
    let columns = part.map(|(column, row)| {
        let value = row[column].as_str().unwrap_or_default();
        (column.to_owned(), value.to_owned())
    });
    Scope { resource: resource.to_owned(), columns: columns.into_iter().collect() }
}

fn task(scope: &Scope) -> NewTask {
    NewTask {
        kind: format!("list_{}", scope.resource),
        body: scope.json(),
        lane: "demo".to_owned(),
        stage: "demo".to_owned(),
        priority: 0,
        covers: vec![scope.clone()],
        hides: Vec::new(),
    }
}

fn failure(observed_at: String) -> Failure {
    Failure {
        kind: GapKind::Denied,
        operation: Some("ListGroupMemberships".to_owned()),
        error_code: Some("AccessDeniedException".to_owned()),
        error_message: Some("the demo denies one group's members for a night".to_owned()),
        attempts: 1,
        request_id: None,
        observed_at,
    }
}

fn header(simulator: &Simulator, night: u32, label: Option<String>) -> CollectionHeader {
    CollectionHeader {
        collection_id: format!("night {} of the demo", night + 1),
        started_at: time(simulator, night, TimeDelta::zero()),
        organization_id: Some(simulator.organization_id()),
        instance_arn: Some(simulator.instance_arn()),
        identity_store_id: Some(simulator.identity_store_id()),
        region: Some(simulator.config().region.clone()),
        caller_arn: None,
        caller_user_id: None,
        label,
        selection: String::new(),
        tool_version: synthetic_version(),
    }
}

fn time(simulator: &Simulator, night: u32, later: TimeDelta) -> String {
    let time = simulator.config().start + TimeDelta::days(night.into()) + later;
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
