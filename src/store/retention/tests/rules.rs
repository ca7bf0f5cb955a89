//! Tests of which snapshots the rules keep, and of the reasons.

use crate::store::retention::{KeepRules, Verdict};
use crate::store::testing::World;
use crate::store::{Census, Snapshot};

/// Returns snapshots completed at these times, numbered from 1.
fn snapshots(times: &[&str]) -> Vec<Snapshot> {
    let database = World::new().database;
    for (time, id) in times.iter().zip(1..) {
        let sql =
            "INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, tool_version, api_calls,
                       throttled_calls, collection_id) VALUES (?1, ?2, ?2, 'complete', '0', 0, 0, ?1 || '')";
        database.connection().execute(sql, (id, time)).unwrap();
    }
    crate::store::snapshot::all(database.connection()).unwrap()
}

/// Returns the kept snapshots as `id: reasons`.
fn kept(rules: KeepRules, snapshots: &[Snapshot]) -> Vec<String> {
    let verdicts = rules.judge(snapshots.to_vec(), "2026-11-17T00:00:00Z".parse().unwrap());
    let pruned = Verdict::pruned(&verdicts);
    let (kept, others): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(|one| one.kept);
    assert_eq!(pruned, others.iter().map(|one| one.snapshot.snapshot_id).collect::<Vec<_>>());
    assert!(others.iter().all(|one| one.reasons.is_empty()));
    kept.iter().map(|one| format!("{}: {}", one.snapshot.snapshot_id, one.reasons.join(", "))).collect()
}

#[test]
fn a_rule_keeps_the_last_of_each_of_so_many_periods_that_have_one() {
    let snapshots = snapshots(&[
        "2024-12-30T02:00:00Z",
        "2025-12-31T22:59:59Z",
        // In UTC this is still the last day of the year.
        "2026-01-01T01:00:00+02:00",
        "2026-01-01T00:00:00Z",
        "2026-03-10T02:00:00Z",
        "2026-03-10T14:00:00Z",
        "2026-03-15T02:00:00Z",
        "2026-03-16T02:00:00Z",
    ]);
    let daily = KeepRules { daily: 3, ..KeepRules::default() };
    assert_eq!(
        kept(daily, &snapshots),
        ["6: daily 2026-03-10", "7: daily 2026-03-15", "8: daily 2026-03-16"]
    );
    // The 15th of March 2026 is a Sunday: the last day of its ISO week.
    let weekly = KeepRules { weekly: 3, ..KeepRules::default() };
    assert_eq!(kept(weekly, &snapshots), ["4: weekly 2026-W01", "7: weekly 2026-W11", "8: weekly 2026-W12"]);
    let monthly = KeepRules { monthly: 3, ..KeepRules::default() };
    assert_eq!(kept(monthly, &snapshots), ["3: monthly 2025-12", "4: monthly 2026-01", "8: monthly 2026-03"]);
    let yearly = KeepRules { yearly: 9, ..KeepRules::default() };
    assert_eq!(kept(yearly, &snapshots), ["1: yearly 2024", "3: yearly 2025", "8: yearly 2026"]);
}

#[test]
fn what_any_rule_keeps_stays_and_every_reason_is_told() {
    let mut snapshots = snapshots(&["2026-01-10T02:00:00Z", "2026-01-11T02:00:00Z", "2026-02-10T02:00:00Z"]);
    snapshots[0].label = Some("audit".to_owned());
    snapshots[1].label = Some("audit 2".to_owned());
    let rules = KeepRules { last: 1, monthly: 1, labels: vec!["audit".to_owned()], ..KeepRules::default() };
    assert_eq!(kept(rules, &snapshots), ["1: label audit", "3: last, monthly 2026-02"]);
    let all = KeepRules { last: 9, ..KeepRules::default() };
    assert_eq!(kept(all, &snapshots).len(), 3);
    assert!(KeepRules::default().is_empty());
}

#[test]
fn neither_all_nor_what_an_unfinished_collection_began_after_is_pruned() {
    let world = World::new();
    let snapshots = snapshots(&["2026-01-10T02:00:00Z", "2026-01-11T02:00:00Z"]);
    let check = |ids: &[i64]| Verdict::check(&Verdict::but(snapshots.clone(), ids), &world.path);
    assert!(check(&[1]).is_ok() && check(&[2]).is_ok());
    assert_eq!(check(&[1, 2]).unwrap_err().to_string(), "no snapshot would be left");
    std::fs::write(world.path.with_extension("db.collecting"), "").unwrap();
    assert!(check(&[1]).is_ok());
    let error = check(&[2]).unwrap_err();
    assert_eq!(error.to_string(), "a collection that began after snapshot 2 is unfinished");
    assert!(Census::open(&world.path).is_ok());
}

#[test]
fn days_of_a_wrong_clock_are_not_merged() {
    // The second was in the future. Earlier versions gave that time to all later snapshots.
    let clamped = snapshots(&[
        "2026-03-10T02:00:00Z",
        "2030-01-01T02:00:00Z",
        "2030-01-01T02:00:00Z",
        "2030-01-01T02:00:00Z",
    ]);
    let daily = || KeepRules { daily: 30, ..KeepRules::default() };
    let with_times = |taken: &[&str]| {
        let mut snapshots = clamped.clone();
        for (one, taken) in snapshots.iter_mut().zip(taken) {
            one.taken_at = (*taken).to_owned();
        }
        snapshots
    };
    let uncertain =
        ["1: daily 2026-03-10", "2: time not certain", "3: time not certain", "4: time not certain"];
    let taken =
        ["2026-03-10T01:00:00Z", "2030-01-01T01:00:00Z", "2030-01-01T01:00:00Z", "2030-01-01T01:00:00Z"];
    assert_eq!(kept(daily(), &with_times(&taken)), uncertain);
    let all = KeepRules { trusts_all_times: true, ..daily() };
    assert_eq!(kept(all, &with_times(&taken)), ["1: daily 2026-03-10", "4: daily 2030-01-01"]);
    // True times follow the one in the future: its neighbours are in doubt, the others are not.
    let jumped = snapshots(&[
        "2026-03-10T02:00:00Z",
        "2030-01-01T02:00:00Z",
        "2026-03-12T02:00:00Z",
        "2026-03-13T02:00:00Z",
        "2026-03-13T03:00:00Z",
    ]);
    let expected =
        ["1: daily 2026-03-10", "2: time not certain", "3: time not certain", "5: daily 2026-03-13"];
    assert_eq!(kept(daily(), &jumped), expected);
    // Only rules that use times are affected.
    assert_eq!(kept(KeepRules { last: 1, ..KeepRules::default() }, &jumped), ["5: last"]);
}
