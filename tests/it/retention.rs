//! Pruned snapshots and copies: the remaining snapshots answer as before, in the census and in a file of their own.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use orgcensus::model::{DERIVED_VIEWS, RESOURCES};
use orgcensus::store::CollectorLock;
use serde_json::Value;

use crate::fixture::{self, Sandbox};
use crate::world::{World, assert_same, small};

const QUESTIONS: &[&[&str]] = &[
    &["query", "SELECT * FROM accounts ORDER BY account_id"],
    // Without the start of the access, which depends on the existing snapshots.
    &["query", "SELECT user_name, account_name, via, group_name FROM effective_access ORDER BY 1, 2, 3, 4"],
    &["query", "orphan-assignments"],
    &["query", "group-members", "Admins"],
    &["snapshots", "show", "--format", "json"],
];

/// Returns the answers of the census for a snapshot, and the changes up to it.
fn answers(sandbox: &Sandbox, db: &str, at: &str) -> Vec<String> {
    let asked = QUESTIONS.iter().map(|question| [question, &["--at", at, "--db", db][..]].concat());
    let diff = vec!["diff", "1", at, "--db", db];
    asked.chain([diff]).map(|arguments| sandbox.run(&arguments).data().to_owned()).collect()
}

#[test]
fn what_would_be_pruned_is_listed_and_nothing_is_changed() {
    let sandbox = fixture::census();
    let rules =
        ["snapshots", "prune", "--keep-last", "1", "--keep-monthly", "2", "--keep-label", "q1-review"];
    sandbox.run(&["snapshots", "label", "1", "q1-review"]).data();
    let before = sandbox.run(&["snapshots"]).data().to_owned();
    let dry = sandbox.run(&[&rules[..], &["--dry-run", "--format", "table"]].concat());
    assert_snapshot!("would_be_pruned", dry.all());
    assert_eq!(sandbox.run(&["snapshots"]).data(), before);
    assert!(!sandbox.files().contains(&"orgcensus.db.lock".to_owned()), "a dry run takes no lock");
    let kept: Vec<_> = ["1", "3", "4"].iter().map(|at| answers(&sandbox, "orgcensus.db", at)).collect();
    let done = sandbox.run(&[&rules[..], &["--format", "csv"]].concat());
    assert_eq!(done.data(), sandbox_csv());
    assert!(done.stderr.starts_with("pruned 1 of 4 snapshots and "), "{}", done.stderr);
    for (then, at) in kept.iter().zip(["1", "3", "4"]) {
        assert_eq!(&answers(&sandbox, "orgcensus.db", at), then, "--at {at}");
    }
    let again = sandbox.run(&rules);
    assert_eq!(again.stderr, "nothing to prune: all 3 snapshots are kept\n");
    let gone = sandbox.run(&["query", "SELECT 1", "--at", "2"]);
    assert_eq!(gone.exit, Some(2));
}

fn sandbox_csv() -> &'static str {
    "snapshot_id,completed_at,status,label,action,reasons\n\
     1,2026-01-10T02:01:00Z,complete,q1-review,keep,label q1-review\n\
     2,2026-02-10T02:01:00Z,complete,\"after the \"\"big\"\" move\",prune,\n\
     3,2026-03-10T02:01:00Z,partial,,keep,monthly 2026-03\n\
     4,2026-04-10T02:01:00Z,complete,,keep,\"last, monthly 2026-04\"\n"
}

#[test]
fn help_says_what_is_kept_and_what_is_copied() {
    let sandbox = fixture::empty();
    assert_snapshot!("prune_help", sandbox.run(&["snapshots", "prune", "--help"]).data());
    assert_snapshot!("copy_help", sandbox.run(&["snapshots", "copy", "--help"]).data());
    assert_snapshot!("label_help", sandbox.run(&["snapshots", "label", "-h"]).data());
}

#[test]
fn what_must_not_be_pruned_is_not() {
    let sandbox = fixture::census();
    let refused = |arguments: &[&str]| sandbox.run(&[&["snapshots", "prune"], arguments].concat()).refusal();
    assert_snapshot!("prune_without_rules", refused(&[]));
    assert_snapshot!("prune_all", refused(&["1", "2", "3", "4"]));
    assert_snapshot!("prune_unknown_label", refused(&["--keep-last", "1", "--keep-label", "no such label"]));
    assert_snapshot!("prune_unknown", refused(&["2", "99", "--dry-run"]));
    assert_snapshot!("prune_ids_and_rules", refused(&["2", "--keep-last", "3"]));
    assert_snapshot!("prune_keep_none", refused(&["--keep-daily", "0"]));
    assert_snapshot!("prune_latest", refused(&["latest"]));
    std::fs::write(sandbox.path("orgcensus.db.collecting"), "").unwrap();
    assert_snapshot!("prune_under_a_collection", refused(&["4"]));
    let lock = CollectorLock::acquire(&sandbox.path("orgcensus.db")).unwrap();
    let locked = refused(&["2"]).replace(&std::process::id().to_string(), "[PROCESS]");
    assert_snapshot!("prune_while_collecting", locked);
    drop(lock);
    assert_eq!(sandbox.run(&["snapshots"]).data().lines().count(), 5, "all are there");
    assert_eq!(fixture::empty().run(&["snapshots", "prune", "1"]).exit, Some(1));
}

#[test]
fn a_snapshot_is_labelled_and_no_longer() {
    let sandbox = fixture::census();
    let label = |when: &str, text: &str| {
        let ran = sandbox.run(&["snapshots", "label", when, text]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
        ran.stderr.lines().last().unwrap().to_owned()
    };
    let labels = || {
        let ran = sandbox.run(&["snapshots", "--format", "jsonl"]);
        let rows =
            ran.data().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["label"].clone());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(label("2026-01-31", " q1-review "), "labelled \"q1-review\"");
    assert_eq!(label("latest", "audit"), "labelled \"audit\"");
    assert_eq!(labels(), ["q1-review".into(), "after the \"big\" move".into(), Value::Null, "audit".into()]);
    assert_eq!(label("1", "q2-review"), "labelled \"q2-review\" (was \"q1-review\")");
    assert_eq!(label("1", ""), "no longer labelled \"q2-review\"");
    assert_eq!(labels()[0], Value::Null);
    assert_eq!(sandbox.run(&["snapshots", "label", "9", "x"]).exit, Some(2));
}

#[test]
fn a_copy_answers_as_the_census_does_and_is_one_file() {
    let sandbox = fixture::census();
    // A collector may be running meanwhile.
    let _lock = CollectorLock::acquire(&sandbox.path("orgcensus.db")).unwrap();
    let copied = sandbox.run(&["snapshots", "copy", "audit.db", "--mode", "0640"]);
    assert_eq!(copied.exit, Some(0), "{}", copied.stderr);
    assert!(copied.stderr.contains("copied all snapshots to audit.db, "), "{}", copied.stderr);
    assert!(copied.stderr.ends_with("B, mode 0640\n"), "{}", copied.stderr);
    let mode = std::fs::metadata(sandbox.path("audit.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    for at in ["1", "2", "3", "4"] {
        assert_eq!(answers(&sandbox, "audit.db", at), answers(&sandbox, "orgcensus.db", at), "--at {at}");
    }
    let of = |db: &str| sandbox.run(&["snapshots", "--db", db]).data().to_owned();
    assert_eq!(of("audit.db"), of("orgcensus.db"));
    let beside = |name: &str| sandbox.path(&format!("audit.db{name}")).exists();
    assert!(!beside("-wal") && !beside("-shm"), "reading a copy leaves nothing beside it");
    assert_eq!(sandbox.files(), ["audit.db", "orgcensus.db", "orgcensus.db.lock"]);
}

#[test]
fn a_copy_of_named_dates_has_no_others() {
    let sandbox = fixture::census();
    let copied =
        sandbox.run(&["snapshots", "copy", "audit.db", "--at", "2026-03-31", "--at", "1", "--at", "3"]);
    assert_snapshot!("copied_dates", copied.all().replace(&size_of(&copied.stderr), "[SIZE]"));
    let kept = sandbox.run(&["snapshots", "--db", "audit.db", "--format", "jsonl"]);
    let ids: Vec<Value> = kept
        .data()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["snapshot_id"].clone())
        .collect();
    assert_eq!(ids, [1, 3]);
    for question in QUESTIONS {
        let of =
            |db: &str| sandbox.run(&[question, &["--at", "3", "--db", db][..]].concat()).data().to_owned();
        assert_eq!(of("audit.db"), of("orgcensus.db"));
    }
    let diff = |db: &str| sandbox.run(&["diff", "1", "3", "--format", "json", "--db", db]).data().to_owned();
    assert_eq!(diff("audit.db"), diff("orgcensus.db"));
}

fn size_of(words: &str) -> String {
    words.split(", ").find(|part| part.ends_with(" kB") || part.ends_with(" MB")).unwrap().to_owned()
}

#[test]
fn a_copy_that_cannot_be_made_leaves_nothing() {
    let sandbox = fixture::census();
    std::fs::write(sandbox.path("kept.db"), "kept").unwrap();
    let copy = |arguments: &[&str]| sandbox.run(&[&["snapshots", "copy"], arguments].concat());
    assert_snapshot!("copy_exists", copy(&["kept.db"]).refusal());
    assert_snapshot!("copy_onto_itself", copy(&["orgcensus.db", "--force"]).refusal());
    assert_snapshot!("copy_unknown", copy(&["new.db", "--at", "99"]).refusal());
    assert_snapshot!("copy_mode", copy(&["new.db", "--mode", "0755"]).refusal());
    assert_eq!(copy(&["nowhere/new.db"]).exit, Some(1));
    assert_eq!(copy(&["kept.db", "--force", "--at", "99"]).exit, Some(2));
    assert_eq!(std::fs::read_to_string(sandbox.path("kept.db")).unwrap(), "kept");
    assert_eq!(sandbox.files(), ["kept.db", "orgcensus.db"]);
    assert_eq!(copy(&["kept.db", "--force"]).exit, Some(0));
    assert_eq!(
        sandbox.run(&["query", "SELECT count(*) FROM users", "--db", "kept.db"]).data(),
        "count(*)\n5\n"
    );
}

#[test]
fn a_copy_is_passed_on_whole_or_not_at_all() {
    let sandbox = fixture::census();
    std::fs::create_dir(sandbox.path("scratch")).unwrap();
    let copy = |arguments: &[&str]| {
        let mut command = sandbox.command(&[&["snapshots", "copy"], arguments].concat());
        command.env("TMPDIR", sandbox.path("scratch"));
        command
    };
    for arguments in [&["-"][..], &["/dev/stdout"], &["-", "--at", "3"], &["-", "--during", "2..3"]] {
        let file = std::fs::File::create(sandbox.path("passed.db")).unwrap();
        let ran = copy(arguments).stdout(file).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let verified = sandbox.run(&["snapshots", "--db", "passed.db", "--format", "csv"]);
        assert!(verified.data().lines().count() > 1, "{}", verified.stderr);
        assert_eq!(std::fs::read_dir(sandbox.path("scratch")).unwrap().count(), 0);
    }
    let piped = copy(&["-"]).output().unwrap();
    assert!(piped.stdout.starts_with(b"SQLite format 3\0"));

    // A failed copy outputs nothing.
    for (arguments, exit) in [
        (&["-", "--at", "99"][..], 2),
        (&["-", "--mode", "0640"], 2),
        (&["-", "--during", "..3"], 2),
        (&["-", "--during", "3..2"], 2),
        (&["-", "--during", "2..3", "--at", "3"], 2),
        (&["-", "--db", "nowhere.db"], 1),
    ] {
        let ran = sandbox.ran(copy(arguments).output().unwrap());
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_eq!(ran.exit, Some(exit), "{arguments:?}: {}", ran.stderr);
    }
    let nowhere = sandbox.ran(copy(&["-"]).env("TMPDIR", sandbox.path("none")).output().unwrap());
    assert!(nowhere.refusal().contains("hint: name another folder with TMPDIR"), "{}", nowhere.stderr);

    // A reader that goes away has no database.
    let mut child = copy(&["-"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = sandbox.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.exit, Some(1));
    assert!(ran.stderr.contains("the reader closed the pipe before the copy was complete"), "{}", ran.stderr);

    // The census itself must not be the destination.
    let census = std::fs::OpenOptions::new().append(true).open(sandbox.path("orgcensus.db")).unwrap();
    let onto_itself = sandbox.ran(copy(&["-"]).stdout(census).output().unwrap());
    assert!(onto_itself.refusal().contains("is the census itself"), "{}", onto_itself.stderr);
}

#[test]
fn a_copy_of_a_range_answers_it_as_the_census() {
    let sandbox = fixture::census();
    let ids = |db: &str| {
        sandbox
            .run(&["query", "--db", db, "--raw", "SELECT snapshot_id FROM snapshots ORDER BY 1"])
            .data()
            .to_owned()
    };
    let question = "SELECT user_name, first_seen_at, gone_at FROM users ORDER BY 1, 2";
    for (range, expected) in [
        ("2..3", "2\n3\n"),
        ("3..3", "3\n"),
        ("2..", "2\n3\n4\n"),
        ("first..2", "1\n2\n"),
        ("latest-1..latest", "3\n4\n"),
        ("2026-Q2", "1\n2\n3\n4\n"),
    ] {
        let copied = sandbox.run(&["snapshots", "copy", "r.db", "--force", "--during", range]);
        assert_eq!(copied.exit, Some(0), "{range}: {}", copied.stderr);
        let held = ids("r.db");
        if range != "2026-Q2" {
            assert_eq!(held, expected, "{range}");
        }
        let asked = |db: &str| {
            let ran = sandbox.run(&["query", question, "--db", db, "--during", range]);
            ran.data().lines().map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(asked("r.db"), asked("orgcensus.db"), "{range}");
    }
}

#[test]
fn every_command_that_reads_takes_a_date() {
    let sandbox = fixture::census();
    let then = "snapshot 2, 2026-02-10T02:01Z, [AGE] old, complete, 18 days before 2026-02-28\n";
    for arguments in [
        &["query", "SELECT count(*) FROM users"][..],
        &["snapshots"],
        &["snapshots", "show", "--format", "csv"],
        &["schema", "users"],
        &[],
    ] {
        let ran = sandbox.run(&[arguments, &["--at", "2026-02-28"]].concat());
        ran.data();
        assert!(ran.stderr.starts_with(then), "{arguments:?}: {}", ran.stderr);
        let before = sandbox.run(&[arguments, &["--at", "2026-01-01"]].concat());
        assert!(before.refusal().contains("the first, 1, was completed at 2026-01-10T02:01:00Z"));
    }
    let colored = sandbox.run(&["snapshots", "show", "--at", "2026-02-28", "--color", "always"]);
    assert!(colored.stderr.starts_with("\u{1b}[1;33msnapshot 2, "), "{}", colored.stderr);
    let state = sandbox.run(&["--at", "2"]).data().to_owned();
    assert!(state.contains("snapshots     4 (1 to 4)\nlast          snapshot 2, "), "{state}");
    assert_eq!(sandbox.run(&["snapshots", "--at", "2"]).data().lines().count(), 3);
    assert_eq!(sandbox.run(&["snapshots", "show", "1", "--at", "2"]).exit, Some(2));
    assert_eq!(fixture::empty().run(&["schema", "users", "--at", "latest"]).exit, Some(0));
}

/// The views that compare snapshots, or show each of them, depend on the existing snapshots.
const OF_HISTORY: &[&str] = &["_history", "changes", "_causes", "_totals", "_metrics", "_by_snapshot"];

#[test]
fn a_history_that_is_pruned_or_copied_answers_as_before() {
    let world = World::of(small());
    (0..4).for_each(|day| drop(world.collect_day(day, &["--assignments", "pairs"])));
    let views: Vec<String> = RESOURCES
        .iter()
        .map(|spec| spec.name.to_owned())
        .chain(
            DERIVED_VIEWS
                .iter()
                .map(|view| view.name.to_owned())
                .filter(|name| !OF_HISTORY.iter().any(|end| name.ends_with(end))),
        )
        .collect();
    let answers = |at: u32| {
        let mut rows = world.all_at(&views, at);
        for row in rows.values_mut().flatten() {
            row.retain(|column, _| column != "not_before" && column != "first_seen_at");
        }
        rows
    };
    let kept = [1, 3, 4];
    let before: Vec<_> =
        kept.iter().map(|at| (answers(*at), world.diff(1, *at), world.diff(*at, 1))).collect();
    let assert_as_before = |of: &str| {
        for (then, at) in before.iter().zip(kept) {
            let now = answers(at);
            for (view, rows) in &then.0 {
                assert_same(&format!("{view} of the {of} --at {at}"), &now[view], rows);
            }
            assert_eq!((&world.diff(1, at), &world.diff(at, 1)), (&then.1, &then.2), "{of}");
        }
        let verified = world.run(&["snapshots", "verify"]);
        assert_eq!(verified.exit, Some(0), "{}", verified.stderr);
        let gone = world.run(&["snapshots", "show", "2"]).refusal();
        let says = if of == "copy" { "is not in this copy" } else { "was pruned on " };
        assert!(gone.starts_with(&format!("error: snapshot 2 {says}")), "{gone}");
    };
    let copied = world.run(&["snapshots", "copy", "copy.db", "--at", "1", "--at", "3", "--at", "4"]);
    assert_eq!(copied.exit, Some(0), "{}", copied.stderr);
    let pruned = world.run(&["snapshots", "prune", "2"]);
    assert_eq!(pruned.exit, Some(0), "{}", pruned.stderr);
    assert_as_before("pruned census");
    // A new collection is compared with the remaining snapshots.
    world.collect_day(3, &["--assignments", "pairs"]);
    assert_eq!(world.diff(4, 5)["changes"], Value::Array(Vec::new()));
    assert_eq!(world.run(&["snapshots", "prune", "5"]).exit, Some(0));
    world.collect_day(3, &["--assignments", "pairs"]);
    assert_eq!(world.number("SELECT max(snapshot_id) FROM snapshots"), 6, "no number comes twice");
    std::fs::rename(world.sandbox.path("copy.db"), world.sandbox.path("orgcensus.db")).unwrap();
    assert_as_before("copy");
}

#[test]
fn a_label_that_no_range_can_name_is_refused() {
    let sandbox = fixture::census();
    for text in ["a..b", "..", "q3..", "label:x", "v1...2"] {
        let ran = sandbox.run(&["snapshots", "label", "1", text]);
        assert!(ran.exit == Some(2) && ran.stderr.contains("hint: "), "{text}: {}", ran.stderr);
    }
    // A label from earlier versions, which allowed it, is still found.
    let forge = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    forge.execute_batch("UPDATE snapshots SET label = 'a..b' WHERE snapshot_id = 2").unwrap();
    drop(forge);
    for arguments in [
        &["query", "SELECT 1", "--at", "label:a..b"][..],
        &["diff", "label:a..b", "4", "--resource", "roots"],
        &["diff", "1", "label:a..b", "--resource", "roots"],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.exit, Some(0), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn no_time_at_all_is_no_time_limit() {
    let sandbox = fixture::census();
    for limit in ["0s", "0ms", "0", "0h 0m"] {
        let ran = sandbox.run(&["query", "SELECT 1", "--timeout", limit]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{limit}: {}", ran.stderr);
    }
}

#[test]
fn the_state_counts_every_snapshot() {
    let sandbox = fixture::census();
    for at in [&[][..], &["--at", "2"]] {
        let ran = sandbox.run(&[&["--format", "json"], at].concat());
        let state: serde_json::Value = serde_json::from_str(ran.data()).unwrap();
        let ends = [&state["snapshots"], &state["first_snapshot_id"], &state["last_snapshot_id"]];
        assert_eq!(ends, [4, 1, 4], "{at:?}");
        assert!(sandbox.run(at).data().contains("snapshots     4 (1 to 4)"));
    }
}
