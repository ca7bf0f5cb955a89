//! The invariants of the census after every run: the file is intact, published snapshots do not change, and the latest
//! snapshot neither loses nor invents rows.

use std::collections::{BTreeMap, BTreeSet};

use orgcensus::model::{FACTS, RESOURCES, ResourceSpec};
use orgcensus::simulator::Rows;
use orgcensus::store::Census;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::tally::Tally;
use super::truths::{Keyed, Seen, key_of, keyed};
use crate::world::{World, lasting, plain, select};

/// A published snapshot, and the truth while it was collected.
#[derive(Debug)]
pub struct Published {
    pub snapshot_id: u32,
    pub rows: BTreeMap<&'static str, Keyed>,
    pub seen: Seen,
    /// True if assignments were listed by principal, which omits some of deleted principals.
    by_principals: bool,
}

impl Published {
    /// Returns true if the snapshot must have seen the row.
    fn must_have_seen(&self, resource: &str, key: &str, row: &Map<String, Value>) -> bool {
        let is_enumerable = resource != "account_assignments" || self.seen.is_enumerable(key, row, true);
        self.seen.throughout(resource, key) && (is_enumerable || !self.by_principals)
    }
}

/// Asserts that the file can be opened, is intact, and follows its own rules. Returns the number of snapshots.
pub fn sound(world: &World) -> u32 {
    if !world.sandbox.path("orgcensus.db").exists() {
        return 0;
    }
    let census = world.database();
    assert_eq!(select(&census, "PRAGMA integrity_check")[0]["integrity_check"], "ok");
    assert_eq!(select(&census, "PRAGMA foreign_key_check"), Rows::new());
    // A run that was killed at its beginning may have created the file without tables.
    if select(&census, "SELECT 1 FROM sqlite_master WHERE name = 'snapshots'").is_empty() {
        return 0;
    }
    for spec in RESOURCES {
        let (table, key) = (format!("{}_versions", spec.name), spec.key.join(", "));
        let broken = format!(
            "SELECT {key} FROM {table} WHERE valid_to IS NULL GROUP BY {key} HAVING count(*) > 1
             UNION ALL SELECT {key} FROM {table} WHERE valid_to <= valid_from"
        );
        assert_eq!(select(&census, &broken), Rows::new(), "{table}");
    }
    let sql = "SELECT count(*) AS snapshots, count(DISTINCT collection_id) AS collections,
               coalesce(max(snapshot_id), 0) AS latest FROM snapshots";
    let counted = &select(&census, sql)[0];
    assert_eq!(counted["snapshots"], counted["collections"], "a collection was published twice");
    assert_eq!(counted["snapshots"], counted["latest"]);
    counted["snapshots"].as_u64().unwrap() as u32
}

/// Returns all data of a snapshot as text, which must never change again.
pub fn answers(world: &World, snapshot_id: u32) -> Vec<String> {
    let census = world.database();
    let mut all = Vec::new();
    for spec in RESOURCES {
        let alive = format!(
            "SELECT * FROM {}_versions
             WHERE valid_from <= {snapshot_id} AND (valid_to IS NULL OR valid_to > {snapshot_id})",
            spec.name
        );
        for row in &mut lasting(spec.name, &select(&census, &alive)) {
            row.remove("valid_to");
            all.push(format!("{} {}", spec.name, plain(row)));
        }
    }
    let recorded = ["snapshots", "coverage", "gaps", "seen_under_gaps"];
    for table in recorded.into_iter().chain(FACTS.iter().map(|spec| spec.name)) {
        for row in select(&census, &format!("SELECT * FROM {table} WHERE snapshot_id = {snapshot_id}")) {
            all.push(format!("{table} {}", plain(&row)));
        }
    }
    all.sort();
    all
}

/// The gaps of the latest snapshot.
struct Gaps {
    gaps: Vec<(String, Map<String, Value>)>,
    seen: Vec<(String, Map<String, Value>)>,
    /// The resource and key of the rows that it carried forward.
    stale: BTreeSet<(String, String)>,
}

impl Gaps {
    fn of(census: &Connection, snapshot_id: u32) -> Self {
        let scopes = |table: &str| {
            let sql = format!("SELECT resource, scope FROM {table} WHERE snapshot_id = {snapshot_id}");
            select(census, &sql)
                .iter()
                .map(|row| {
                    let scope = serde_json::from_str(row["scope"].as_str().unwrap()).unwrap();
                    (row["resource"].as_str().unwrap().to_owned(), scope)
                })
                .collect()
        };
        let stale = select(census, "SELECT resource, key FROM stale_rows");
        let stale = stale.iter().map(|row| {
            let resource = row["resource"].as_str().unwrap();
            let key: Map<String, Value> = serde_json::from_str(row["key"].as_str().unwrap()).unwrap();
            let spec = orgcensus::model::resource(resource).unwrap();
            (resource.to_owned(), key_of(spec, &key))
        });
        Self { gaps: scopes("gaps"), seen: scopes("seen_under_gaps"), stale: stale.collect() }
    }

    /// Returns true if a gap hides the row, and no narrower scope that was seen shows it.
    fn hide(&self, resource: &str, row: &Map<String, Value>) -> bool {
        let covers = |scope: &Map<String, Value>| scope.iter().all(|(column, value)| row[column] == *value);
        self.gaps.iter().any(|(hidden, gap)| {
            hidden == resource
                && covers(gap)
                && !self.seen.iter().any(|(shown, scope)| {
                    shown == resource
                        && scope.len() > gap.len()
                        && gap.keys().all(|column| scope.contains_key(column))
                        && covers(scope)
                })
        })
    }
}

/// Reads the latest snapshot, and compares it with the truth and with the previous one.
pub fn published(
    world: &World,
    snapshot_id: u32,
    before: Option<&Published>,
    seen: Seen,
    tally: &mut Tally,
) -> Published {
    let census = world.database();
    let rows: BTreeMap<&'static str, Keyed> = RESOURCES
        .iter()
        .map(|spec| (spec.name, keyed(spec, select(&census, &format!("SELECT * FROM {}", spec.name)))))
        .collect();
    let by_principals = strategy(&census, snapshot_id).as_deref() == Some("principals");
    let now = Published { snapshot_id, rows, seen, by_principals };
    let gaps = Gaps::of(&census, snapshot_id);
    for spec in RESOURCES {
        assert_no_invention(spec, &now, before, &gaps, tally);
        assert_no_loss(spec, &now, before, &gaps, tally);
    }
    assert_coverage(&census, snapshot_id);
    Census::open(&world.sandbox.path("orgcensus.db")).unwrap().verify().unwrap();
    tally.published += 1;
    now
}

/// Asserts that every row is true, or marked as carried forward.
fn assert_no_invention(
    spec: &ResourceSpec,
    now: &Published,
    before: Option<&Published>,
    gaps: &Gaps,
    tally: &mut Tally,
) {
    for (key, held) in &now.rows[spec.name] {
        tally.rows_held += 1;
        if now.seen.was_so(spec.name, key, held) {
            continue;
        }
        let known = before.and_then(|before| before.rows[spec.name].get(key));
        assert_eq!(
            known.map(|known| &known.text),
            Some(&held.text),
            "{} holds a row that is not there and never was held",
            spec.name
        );
        assert!(
            gaps.hide(spec.name, &held.row),
            "{} carries a row that is not there, and no gap says so: {}",
            spec.name,
            held.text
        );
        assert!(
            gaps.stale.contains(&(spec.name.to_owned(), key.clone())),
            "stale_rows do not have {} {}",
            spec.name,
            held.text
        );
        tally.rows_carried += 1;
    }
}

/// Asserts that every true row is stored, or covered by a gap, and that no true row was dropped.
fn assert_no_loss(
    spec: &ResourceSpec,
    now: &Published,
    before: Option<&Published>,
    gaps: &Gaps,
    tally: &mut Tally,
) {
    let pairs_are_known = !gaps.gaps.iter().any(|(resource, _)| resource == "provisioned_permission_sets");
    let held = &now.rows[spec.name];
    let days = now.seen.days.values();
    let any_day = days.flat_map(|day| &day.rows[spec.name]);
    for (key, there) in any_day.filter(|(key, _)| !held.contains_key(*key)) {
        let was_known = before.is_some_and(|before| before.rows[spec.name].contains_key(key));
        if !now.seen.throughout(spec.name, key) || now.seen.claims.cover(spec.name, &there.row) {
            continue;
        }
        assert!(!was_known, "FALSE REMOVAL from {}: {}", spec.name, there.text);
        if spec.name == "account_assignments"
            && now.by_principals
            && !now.seen.is_enumerable(key, &there.row, pairs_are_known)
        {
            continue;
        }
        assert!(gaps.hide(spec.name, &there.row), "{} lacks, without a gap: {}", spec.name, there.text);
        tally.rows_missing += 1;
    }
    if let Some(before) = before {
        tally.removals_checked +=
            before.rows[spec.name].keys().filter(|key| !held.contains_key(*key)).count();
    }
}

fn strategy(census: &Connection, snapshot_id: u32) -> Option<String> {
    let sql = format!("SELECT assignment_strategy FROM snapshots WHERE snapshot_id = {snapshot_id}");
    select(census, &sql)[0]["assignment_strategy"].as_str().map(str::to_owned)
}

/// Asserts that the snapshot's coverage equals its gaps.
fn assert_coverage(census: &Connection, snapshot_id: u32) {
    let sql = format!(
        "SELECT c.resource, c.status FROM coverage AS c WHERE c.snapshot_id = {snapshot_id}
         AND (c.status = 'partial') <> EXISTS (SELECT 1 FROM gaps AS g WHERE g.snapshot_id = {snapshot_id}
             AND g.resource = c.resource AND g.kind IN ('denied', 'failed'))"
    );
    assert_eq!(select(census, &sql), Rows::new(), "coverage and gaps differ");
    let sql = format!(
        "SELECT status FROM snapshots WHERE snapshot_id = {snapshot_id} AND (status = 'partial') <>
         EXISTS (SELECT 1 FROM coverage WHERE snapshot_id = {snapshot_id} AND status = 'partial')"
    );
    assert_eq!(select(census, &sql), Rows::new(), "status and coverage differ");
}

/// Asserts that the diff of two snapshots reports nothing as removed, added, lost or gained that existed all the time.
pub fn diff(world: &World, before: &Published, now: &Published) {
    let diff = world.diff(before.snapshot_id, now.snapshot_id);
    for change in diff["changes"].as_array().unwrap() {
        let spec = orgcensus::model::resource(change["resource"].as_str().unwrap()).unwrap();
        let (row, other) = match change["change"].as_str().unwrap() {
            "removed" => (&change["before"], now),
            "added" => (&change["after"], before),
            _ => continue,
        };
        let row = row.as_object().unwrap();
        let key = key_of(spec, row);
        let is_claimed = other.seen.claims.cover(spec.name, row);
        // A known row is never lost. A row that was never known may stay unseen.
        let was_there = match other.snapshot_id == now.snapshot_id {
            true => other.seen.throughout(spec.name, &key),
            false => other.must_have_seen(spec.name, &key, row),
        } && !is_claimed;
        assert!(!was_there, "diff calls {change} although it was there all the time");
    }
    for change in diff["access_changes"].as_array().unwrap() {
        let other = match change["change"].as_str().unwrap() {
            "lost" => now,
            "gained" => before,
            _ => continue,
        };
        let text = |member: &str| change[member].as_str().unwrap();
        let (user_id, account_id) = (text("user_id"), text("account_id"));
        let had_access = other.seen.had_access(user_id, account_id, text("permission_set_arn"));
        let was_there = had_access && !other.seen.claims.touch_access();
        assert!(!was_there, "diff calls {change} although it was there all the time");
    }
}
