//! Tests of the queue and the staged rows.

use std::path::Path;

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::model::Row;
use crate::store::GapKind;
use crate::store::file::staging_file;
use crate::store::testing::{World, column, failure, header, key_only, new_task, row, scope};

fn page(task_id: i64, rows: Vec<Row>, next_token: Option<&str>) -> Outcome {
    Outcome::Page {
        task_id,
        rows,
        follow_ups: vec![],
        next_token: next_token.map(str::to_owned),
        left_out: None,
        facts: vec![],
    }
}

fn begun(world: &World) -> Staging {
    let mut staging = Staging::create(&world.database, &header(1)).unwrap();
    staging.add_tasks([new_task("list", "1"), new_task("list", "2")]).unwrap();
    staging
}

fn resumable(world: &World) -> Option<Staging> {
    match Staging::open(&world.database).unwrap() {
        Unfinished::None => None,
        Unfinished::Usable(staging) => Some(*staging),
        Unfinished::Unusable(reason) => panic!("{reason}"),
    }
}

fn unusable(world: &World) -> String {
    match Staging::open(&world.database).unwrap() {
        Unfinished::Unusable(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn open_ids(staging: &Staging) -> Vec<i64> {
    staging.next_tasks("lane", 10, &HashSet::new()).unwrap().iter().map(|task| task.task_id).collect()
}

fn groups(staging: &Staging) -> Vec<String> {
    column(staging.connection(), "SELECT group_id || ' ' || display_name FROM groups ORDER BY 1")
}

fn group(id: &str, name: &str) -> Row {
    row("groups", &[("group_id", id), ("display_name", name)])
}

#[test]
fn a_collection_goes_on_where_it_stopped() {
    let world = World::new();
    assert!(resumable(&world).is_none());
    let mut staging = begun(&world);
    staging.commit(&[page(1, vec![group("g", "Group")], Some("next"))]).unwrap();
    staging.add_calls(&BTreeMap::from([("s3:List".to_owned(), 2)]), 1).unwrap();
    drop(staging);
    let mut staging = resumable(&world).unwrap();
    assert_eq!(staging.header(), &header(1));
    let next = staging.next_tasks("lane", 1, &HashSet::new()).unwrap();
    assert_eq!(next[0].next_token.as_deref(), Some("next"));
    assert_eq!(groups(&staging), ["g Group"]);
    staging.add_calls(&BTreeMap::from([("s3:List".to_owned(), 3)]), 0).unwrap();
    assert_eq!(staging.calls().unwrap(), (BTreeMap::from([("s3:List".to_owned(), 5)]), 1));
    assert!(staging.last_written_at().unwrap().ends_with('Z'));
    Staging::discard(&world.database).unwrap();
    assert!(resumable(&world).is_none());
}

#[cfg(unix)]
#[test]
fn the_staging_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let _staging = begun(&world);
    for entry in std::fs::read_dir(world.path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn another_versions_or_a_damaged_staging_is_told_from_one_to_go_on_with() {
    let world = World::new();
    begun(&world).connection().pragma_update(None, "user_version", 99).unwrap();
    assert!(unusable(&world).contains("another version's"));
    begun(&world).connection().execute_batch("ALTER TABLE users ADD COLUMN later TEXT").unwrap();
    assert!(unusable(&world).contains("another version's"));
    begun(&world).connection().execute_batch("DELETE FROM header").unwrap();
    assert!(unusable(&world).contains("another version's"));
    Staging::discard(&world.database).unwrap();
    std::fs::write(staging_file(&world.path), "no database ".repeat(100)).unwrap();
    assert!(unusable(&world).contains("is not a SQLite database"));
    Staging::discard(&world.database).unwrap();
    begun(&world);
    resumable(&world).unwrap();
}

#[test]
fn a_staging_damaged_anywhere_is_found_out_or_reads_as_it_was_written() {
    let world = World::new();
    let mut staging = begun(&world);
    let rows: Vec<Row> = (0..200).map(|number| group(&format!("g-{number:04}"), "Group")).collect();
    staging.commit(&[page(1, rows, Some("next"))]).unwrap();
    let expected = groups(&staging);
    drop(staging);
    let whole = std::fs::read(staging_file(&world.path)).unwrap();
    let (mut damaged, mut random) = (0, fastrand::Rng::with_seed(3));
    for round in 0..60 {
        let mut bytes = whole.clone();
        if round % 3 == 0 {
            bytes.truncate(random.usize(1..whole.len()));
        } else {
            let at = random.usize(0..whole.len() - 600);
            bytes[at..at + 600].fill(0xa5);
        }
        std::fs::write(staging_file(&world.path), bytes).unwrap();
        match Staging::open(&world.database).unwrap() {
            Unfinished::Unusable(_) => damaged += 1,
            Unfinished::Usable(staging) => assert_eq!(groups(&staging).len(), expected.len(), "{round}"),
            Unfinished::None => panic!("{round}: something is there"),
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(crate::store::file::beside(&staging_file(&world.path), suffix));
        }
    }
    assert!(damaged > 20, "{damaged} of 60");
}

#[test]
fn a_full_disk_keeps_what_was_staged() {
    let world = World::new();
    let mut staging = begun(&world);
    staging.commit(&[page(1, vec![group("g", "Group")], Some("next"))]).unwrap();
    let pages: i64 = staging.connection().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    staging.connection().pragma_update(None, "max_page_count", pages + 1).unwrap();
    let rows: Vec<Row> = (0..500).map(|number| group(&format!("h-{number}"), "Group")).collect();
    let error = staging.commit(&[page(1, rows.clone(), None)]).unwrap_err();
    assert!(io_error::passes(&error), "{error}");
    drop(staging);
    let mut staging = resumable(&world).unwrap();
    assert_eq!(groups(&staging), ["g Group"]);
    assert_eq!(open_ids(&staging), [1, 2]);
    staging.commit(&[page(1, rows, None)]).unwrap();
    assert_eq!(groups(&staging).len(), 501);
}

#[test]
fn a_staging_that_is_locked_is_not_given_up() {
    let world = World::new();
    drop(begun(&world));
    let other = rusqlite::Connection::open(staging_file(&world.path)).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM notes").unwrap();
    let error = Staging::open(&world.database).unwrap_err();
    assert!(error.to_string().contains("is locked by another program"), "{error}");
    drop(other);
    resumable(&world).unwrap();
}

#[test]
fn a_crash_costs_nothing_and_a_power_cut_seconds() {
    let world = World::new();
    let staging = begun(&world);
    let pragma =
        |name: &str| column(staging.connection(), &format!("SELECT {name} || '' FROM pragma_{name}"));
    assert_eq!(pragma("journal_mode"), ["wal"]);
    assert_eq!(pragma("synchronous"), ["1"]);
}

#[test]
fn a_resumed_collection_may_take_another_label() {
    let world = World::new();
    begun(&world).set_label("after the audit").unwrap();
    assert_eq!(resumable(&world).unwrap().header().label.as_deref(), Some("after the audit"));
}

#[test]
fn a_staging_whose_creation_was_cut_short_is_none() {
    let world = World::new();
    std::fs::write(staging_file(&world.path), "").unwrap();
    assert!(resumable(&world).is_none());
    begun(&world);
}

#[test]
fn a_task_is_queued_once() {
    let world = World::new();
    let mut staging = begun(&world);
    staging.commit(&[page(1, vec![], None)]).unwrap();
    staging.add_tasks([new_task("list", "1"), new_task("describe", "1")]).unwrap();
    assert_eq!(open_ids(&staging), [2, 3]);
    let counts = |kind: &str, open, ended| TaskCounts { kind: kind.into(), lane: "lane".into(), open, ended };
    assert_eq!(staging.task_counts().unwrap(), [counts("describe", 1, 0), counts("list", 1, 1)]);
}

#[test]
fn tasks_run_by_priority_then_in_order_and_never_twice_at_once() {
    let world = World::new();
    let mut staging = begun(&world);
    let mut urgent = new_task("urgent", "1");
    urgent.priority = -1;
    let mut elsewhere = new_task("other", "1");
    elsewhere.lane = "other".to_owned();
    elsewhere.stage = "later".to_owned();
    staging.add_tasks([urgent, elsewhere]).unwrap();
    assert_eq!(open_ids(&staging), [3, 1, 2]);
    let next = staging.next_tasks("lane", 1, &HashSet::from([3, 1])).unwrap();
    assert_eq!(next.iter().map(|task| task.task_id).collect::<Vec<_>>(), [2]);
    assert!(staging.has_open(&["never", "later"]).unwrap());
    staging.commit(&[page(4, vec![], None)]).unwrap();
    assert!(!staging.has_open(&["never", "later"]).unwrap());
    assert!(staging.has_open(&["stage"]).unwrap());
}

#[test]
fn the_next_tasks_are_found_by_an_index() {
    let world = World::new();
    let staging = begun(&world);
    for (sql, index) in [
        (
            "SELECT 1 FROM tasks WHERE lane = 'l' AND state = 'open' ORDER BY priority, task_id",
            "tasks_to_run",
        ),
        ("SELECT 1 FROM tasks WHERE stage = 's' AND state = 'open'", "tasks_open_by_stage"),
    ] {
        let plan: Vec<String> = staging
            .connection()
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap()
            .query_map([], |row| row.get(3))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert!(plan.len() == 1 && plan[0].contains(index), "{plan:?}");
    }
}

#[test]
fn a_key_staged_twice_holds_the_later_page_but_a_key_alone_replaces_nothing() {
    let world = World::new();
    let mut staging = begun(&world);
    let key = |name: &str| key_only("groups", &[("group_id", "g"), ("display_name", name)]);
    staging.commit(&[page(1, vec![key("first")], Some("a"))]).unwrap();
    assert_eq!(groups(&staging), ["g first"]);
    staging.commit(&[page(1, vec![group("g", "Old"), group("g", "New")], Some("b"))]).unwrap();
    staging.commit(&[page(2, vec![key("nothing")], None)]).unwrap();
    assert_eq!(groups(&staging), ["g New"]);
}

#[test]
fn a_repeated_token_rejects_its_page() {
    let world = World::new();
    let mut staging = begun(&world);
    staging.commit(&[page(1, vec![], Some("a")), page(2, vec![], Some("a"))]).unwrap();
    staging.commit(&[page(1, vec![], Some("b"))]).unwrap();
    let rejected = staging
        .commit(&[
            page(1, vec![group("g", "Group")], Some("a")),
            page(2, vec![group("h", "Good")], Some("b")),
        ])
        .unwrap();
    assert_eq!(rejected, [Rejected { task_id: 1, reason: Rejection::RepeatedToken }]);
    assert_eq!(groups(&staging), ["h Good"]);
    let next = staging.next_tasks("lane", 1, &HashSet::new()).unwrap();
    assert_eq!((next[0].task_id, next[0].next_token.as_deref()), (1, Some("b")));
}

#[test]
fn a_row_without_its_key_rejects_its_page() {
    let world = World::new();
    let mut staging = begun(&world);
    let mut follow = page(1, vec![group("g", "Group"), row("groups", &[("display_name", "nameless")])], None);
    if let Outcome::Page { follow_ups, .. } = &mut follow {
        follow_ups.push(new_task("never", "1"));
    }
    let rejected = staging.commit(&[follow]).unwrap();
    let missing = |resource: &str, column: &str| Rejection::MissingKey {
        resource: resource.to_owned(),
        column: column.to_owned(),
    };
    assert_eq!(rejected, [Rejected { task_id: 1, reason: missing("groups", "group_id") }]);
    assert!(groups(&staging).is_empty());
    assert_eq!(open_ids(&staging), [1, 2]);
    let empty = page(1, vec![group("", "nameless")], None);
    assert_eq!(staging.commit(&[empty]).unwrap()[0].reason, missing("groups", "group_id"));
    // An entity's own report has no policy: '' is a value there.
    let mut report = row("service_last_accessed", &[("entity_id", "r-1"), ("policy_id", "")]);
    report.columns.insert("entity_type".to_owned(), "root".into());
    let lacking = staging.commit(&[page(1, vec![report.clone()], None)]).unwrap();
    assert_eq!(lacking[0].reason, missing("service_last_accessed", "service_namespace"));
    report.columns.insert("service_namespace".to_owned(), "s3".into());
    assert_eq!(staging.commit(&[page(1, vec![report], None)]).unwrap(), []);
}

#[test]
fn a_restart_forgets_rows_and_tokens() {
    let world = World::new();
    let mut staging = begun(&world);
    staging
        .commit(&[page(1, vec![group("g", "Group")], Some("a")), page(2, vec![group("h", "H")], None)])
        .unwrap();
    staging.commit(&[Outcome::Restart { task_id: 1 }]).unwrap();
    assert_eq!(groups(&staging), ["h H"]);
    assert_eq!(open_ids(&staging), [1]);
    assert_eq!(staging.next_tasks("lane", 1, &HashSet::new()).unwrap()[0].next_token, None);
    assert_eq!(staging.commit(&[page(1, vec![], Some("a"))]).unwrap(), []);
}

#[test]
fn what_is_gone_takes_its_rows_along() {
    let world = World::new();
    let mut staging = begun(&world);
    staging.commit(&[page(1, vec![group("g", "Group"), group("h", "H")], None)]).unwrap();
    let member = row("group_memberships", &[("group_id", "g"), ("user_id", "u")]);
    staging.commit(&[page(2, vec![member], Some("a"))]).unwrap();
    let dropped = vec![scope("groups", &[("group_id", "g")])];
    staging.commit(&[Outcome::NotFound { task_id: 2, dropped, scope_still_valid: false }]).unwrap();
    assert_eq!(groups(&staging), ["h H"]);
    assert!(column(staging.connection(), "SELECT user_id FROM group_memberships").is_empty());
    assert!(open_ids(&staging).is_empty());
}

#[test]
fn a_note_is_stored_once_and_for_all() {
    let world = World::new();
    let mut staging = begun(&world);
    assert_eq!(staging.note("assignment_strategy").unwrap(), None);
    assert_eq!(staging.set_note("assignment_strategy", "pairs").unwrap(), "pairs");
    assert_eq!(staging.set_note("assignment_strategy", "principals").unwrap(), "pairs");
    assert_eq!(staging.note("assignment_strategy").unwrap().as_deref(), Some("pairs"));
}

#[test]
fn a_stopped_kind_has_no_open_task_and_an_answer_on_its_way_still_counts() {
    let world = World::new();
    let mut staging = begun(&world);
    staging.add_tasks([new_task("list", "3"), new_task("describe", "1")]).unwrap();
    let gap =
        |task_id, kind| Outcome::Gap { task_id, failure: failure(kind), follow_ups: vec![], facts: vec![] };
    staging.commit(&[gap(1, GapKind::Denied)]).unwrap();
    staging.stop_kind("list", "lane", &failure(GapKind::Denied), &[scope("groups", &[])]).unwrap();
    assert_eq!(open_ids(&staging), [4]);
    staging.commit(&[page(2, vec![group("g", "Group")], None), gap(3, GapKind::Failed)]).unwrap();
    let states = "SELECT state FROM tasks ORDER BY task_id";
    assert_eq!(column(staging.connection(), states), ["stopped", "done", "stopped", "open"]);
    assert_eq!(
        column(staging.connection(), "SELECT resource || scope || kind FROM gaps"),
        ["groups{}denied"]
    );
}

#[test]
fn a_published_staging_that_was_left_behind_is_not_resumed() {
    let mut world = World::new();
    world.collect().publish();
    assert!(staging_file(&world.path).exists());
    assert!(resumable(&world).is_none());
    assert!(!staging_file(&world.path).exists());
}

#[test]
fn the_files_are_beside_the_database() {
    assert_eq!(staging_file(Path::new("/tmp/o.db")), Path::new("/tmp/o.db.collecting"));
}

#[test]
fn what_came_twice_is_counted_once_it_differs() {
    let world = World::new();
    let mut staging = Staging::create(&world.database, &header(1)).unwrap();
    staging.add_tasks([new_task("list", "1"), new_task("list", "2"), new_task("other", "3")]).unwrap();
    let doubled = |staging: &Staging| -> Vec<String> {
        let doubled = staging.doubled().unwrap();
        doubled.into_iter().map(|one| format!("{} {} ({})", one.resource, one.item, one.differs)).collect()
    };
    let member =
        |id: &str| row("group_memberships", &[("group_id", "g"), ("user_id", "u"), ("membership_id", id)]);
    // These are no doubles: two equal items, a key alone beside a complete row, and two kinds of listing that disagree.
    let same = vec![group("g", "Group"), group("g", "Group"), key_only("groups", &[("group_id", "g")])];
    staging.commit(&[page(1, same, Some("next")), page(3, vec![group("g", "Other")], None)]).unwrap();
    assert!(doubled(&staging).is_empty());
    staging.commit(&[page(1, vec![member("m-1"), member("m-2"), member("m-3")], Some("more"))]).unwrap();
    assert_eq!(doubled(&staging), ["group_memberships g u (membership_id)"]);
    assert_eq!(column(staging.connection(), "SELECT membership_id FROM group_memberships"), ["m-3"]);
    // Two tasks of one kind are one listing. The items of a restarted listing do not count yet.
    staging.commit(&[page(2, vec![member("m-4"), group("h", "H"), group("h", "I")], Some("n"))]).unwrap();
    assert_eq!(doubled(&staging).len(), 2);
    staging.commit(&[Outcome::Restart { task_id: 2 }]).unwrap();
    assert_eq!(doubled(&staging), ["group_memberships g u (membership_id)"]);
}
