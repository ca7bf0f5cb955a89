//! The evidence of a snapshot and of an answer: hashes, `snapshots verify`, `--evidence`.

use insta::assert_snapshot;
use orgcensus::digest::sha256;
use orgcensus::model::RESOURCES;
use serde_json::Value;

use crate::fixture;
use crate::world::{World, small};

/// Returns the hash that a collection printed at its end.
fn hash(stderr: &str, snapshot_id: u32) -> String {
    let begin = format!("snapshot {snapshot_id} sha256:");
    let line = stderr.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("{stderr}"));
    let hash = &line[line.len() - 71..];
    assert_eq!((&hash[..7], hash.len()), ("sha256:", 71));
    hash.to_owned()
}

fn collected(days: u32) -> (World, Vec<String>) {
    let world = World::of(small());
    let quick = ["--access-report", "none"];
    let hashes = (0..days).map(|day| hash(&world.collect_day(day, &quick).stderr, day + 1)).collect();
    (world, hashes)
}

#[test]
fn collect_prints_the_hash_that_verify_expects() {
    let (world, hashes) = collected(2);
    let verified = world.run(&["snapshots", "verify", "--format", "jsonl"]);
    let rows: Vec<Value> = verified.data().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = rows.iter().map(|row| row["snapshot_hash"].as_str().unwrap()).collect();
    assert_eq!(told, hashes);
    assert_eq!(verified.stderr, format!("2 snapshots verified; the chain ends with {}\n", hashes[1]));

    for expected in [hashes[0].clone(), hashes[0][7..19].to_owned(), hashes[0][7..].to_uppercase()] {
        let ran = world.run(&["snapshots", "verify", "--expect", &expected]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("snapshot 1 is the one expected, and so are all before it\n"));
    }
    let other = sha256("another census");
    let unexpected = world.run(&["snapshots", "verify", "--expect", &hashes[1], "--expect", &other]);
    assert_snapshot!("a_hash_that_no_snapshot_has", unexpected.refusal());
    for too_short in ["sha256:abc", "", "not hexadecimal"] {
        assert_eq!(world.run(&["snapshots", "verify", "--expect", too_short]).exit, Some(2), "{too_short}");
    }
}

#[test]
fn what_was_changed_is_named() {
    let (world, _) = collected(2);
    let path = world.sandbox.path("orgcensus.db");
    let change = "UPDATE account_assignments_versions SET principal_id = 'somebody else'
                  WHERE rowid = (SELECT rowid FROM account_assignments_versions WHERE valid_from = 2 LIMIT 1);
                  DELETE FROM users_versions WHERE valid_from = 2 OR valid_to = 2";
    rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
    let ran = world.run(&["snapshots", "verify"]);
    assert_snapshot!(ran.refusal());
}

#[test]
fn a_damaged_file_is_said_to_be() {
    let (world, _) = collected(1);
    let path = world.sandbox.path("orgcensus.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let page = bytes.len() / 2 / 4096 * 4096;
    bytes[page..page + 4096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let ran = world.run(&["snapshots", "verify"]);
    assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: \"orgcensus.db\" is damaged\ncaused by: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nhint: restore it from a backup"), "{}", ran.stderr);
}

#[test]
fn a_census_without_hashes_cannot_be_verified() {
    assert_snapshot!(fixture::census().run(&["snapshots", "verify"]).refusal());
}

#[test]
fn views_that_somebody_else_made_are_pointed_out() {
    let (world, _) = collected(1);
    let change = "DROP VIEW privileged_permission_sets;
                  CREATE VIEW privileged_permission_sets AS SELECT NULL AS permission_set_arn, NULL AS reason WHERE 0";
    rusqlite::Connection::open(world.sandbox.path("orgcensus.db")).unwrap().execute_batch(change).unwrap();
    let ran = world.run(&["snapshots", "verify"]);
    assert_eq!(ran.exit, Some(0));
    assert!(
        ran.stderr.contains("warning: the views in the file are not those of this version"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_snapshot_is_shown_with_what_proves_it() {
    let (world, hashes) = collected(2);
    let shown = world.run(&["snapshots", "show", "2", "--evidence", "--format", "json"]);
    let evidence: Value = serde_json::from_str(shown.data()).unwrap();
    assert_eq!(evidence["snapshot_hash"], *hashes[1]);
    assert_eq!(evidence["before"]["snapshot_hash"], *hashes[0]);
    assert_eq!(evidence["organization_id"], *world.simulator.organization_id());
    for fact in ["taken_at", "completed_at", "caller_arn", "caller_user_id", "tool_version"] {
        assert!(evidence[fact].is_string(), "{fact}");
    }
    let accounts = evidence["coverage"].as_array().unwrap().iter().find(|one| one["resource"] == "accounts");
    assert_eq!(accounts.unwrap()["rows"], world.number("SELECT count(*) FROM accounts"));
    // The chain's hash can be computed independently.
    let text = |name: &str| evidence[name].as_str().unwrap();
    let lines = format!(
        "orgcensus snapshot 2\ntaken_at {}\ncompleted_at {}\ncontent {}\nfacts {}\nbefore {}\n",
        text("taken_at"),
        text("completed_at"),
        text("content_hash"),
        text("facts_hash"),
        hashes[0]
    );
    assert_eq!(sha256(lines), hashes[1]);
    let rows = world.run(&["snapshots", "show", "2", "--evidence", "--format", "csv"]);
    assert!(rows.data().contains(&format!("\nsnapshot_hash,{}\n", hashes[1])), "{}", rows.stdout);
    assert!(rows.data().contains("\ncoverage.accounts.status,complete\n"), "{}", rows.stdout);
    let table = world.run(&["snapshots", "show", "2", "--evidence", "--format", "table"]);
    assert!(table.data().contains(&format!("snapshot_hash         {}\n", hashes[1])), "{}", table.stdout);
}

/// Returns the evidence file of an answer.
fn evidence(world: &World, answer: &str) -> Value {
    let text = std::fs::read_to_string(world.sandbox.path(&format!("{answer}.evidence.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_answer_has_its_evidence_beside_it() {
    let (world, hashes) = collected(2);
    let account = world.simulator.management_account_id();
    let ran =
        world.run(&["query", "account-access", &account, "--at", "1", "--output", "a.csv", "--evidence"]);
    let words = ran.stderr.lines().filter(|line| !line.starts_with("warning: the CSV file"));
    assert_eq!((ran.data(), words.count()), ("", 2), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nwrote ") && ran.stderr.contains("a.csv: "), "{}", ran.stderr);
    let found = evidence(&world, "a.csv");
    let answer = std::fs::read(world.sandbox.path("a.csv")).unwrap();
    assert_eq!(found["file"]["name"], "a.csv");
    assert_eq!(found["file"]["bytes"], answer.len());
    assert_eq!(found["file"]["hash"], sha256(answer));
    assert_eq!(found["question"]["query"], "account-access");
    assert!(found["question"]["sql"].as_str().unwrap().contains("SELECT"));
    assert_eq!(found["question"]["parameters"]["account"]["value"], *account);
    assert_eq!(found["question"]["command"].as_array().unwrap()[1..4], ["query", "account-access", &account]);
    assert_eq!(found["snapshots"][0]["snapshot_hash"], *hashes[0]);
    assert_eq!(found["snapshots"][0]["coverage"].as_array().unwrap().len(), RESOURCES.len());
    #[cfg(unix)]
    for file in ["a.csv", "a.csv.evidence.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = world.sandbox.path(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    let ran = world.run(&["diff", "1", "2", "--output", "d.json", "--evidence"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let found = evidence(&world, "d.json");
    assert_eq!(found["question"]["sql"], Value::Null);
    let told: Vec<_> =
        found["snapshots"].as_array().unwrap().iter().map(|one| &one["snapshot_hash"]).collect();
    assert_eq!(told, [&hashes[0], &hashes[1]]);
    assert_eq!(world.run(&["query", "--list", "--output", "l.csv", "--evidence"]).exit, Some(2), "no answer");
}

#[test]
fn every_snapshot_of_the_steps_is_named() {
    let (world, hashes) = collected(3);
    let ran = world.run(&["diff", "1", "3", "--steps", "--output", "steps.txt", "--evidence"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let found = evidence(&world, "steps.txt");
    let told: Vec<_> =
        found["snapshots"].as_array().unwrap().iter().map(|one| &one["snapshot_hash"]).collect();
    assert_eq!(told, [&hashes[0], &hashes[1], &hashes[2]]);
}

#[test]
fn an_answer_and_its_evidence_appear_together_or_not_at_all() {
    let (world, _) = collected(1);
    let ask = |arguments: &[&str]| {
        let question = ["query", "SELECT count(*) FROM users"];
        world.run(&[&question[..], arguments, &["--evidence"]].concat())
    };
    assert_snapshot!("evidence_beside_nothing", ask(&[]).refusal());
    assert_eq!(ask(&["--output", "-"]).exit, Some(2));

    std::fs::write(world.sandbox.path("u.csv.evidence.json"), "mine").unwrap();
    assert_snapshot!("evidence_exists_already", ask(&["--output", "u.csv"]).refusal());
    assert!(!world.sandbox.files().contains(&"u.csv".to_owned()));
    assert_eq!(ask(&["--output", "u.csv", "--force"]).exit, Some(0));
    assert_eq!(evidence(&world, "u.csv")["file"]["name"], "u.csv");

    let failed = world.run(&["query", "SELECT json('{') FROM users", "--output", "f.csv", "--evidence"]);
    assert_eq!(failed.exit, Some(2), "{}", failed.stderr);
    let files = world.sandbox.files();
    assert!(!files.iter().any(|file| file.contains("f.csv")), "{files:?}");
}

#[cfg(unix)]
#[test]
fn a_file_on_read_only_media_can_be_verified() {
    use std::os::unix::fs::PermissionsExt;
    let (world, hashes) = collected(1);
    let folder = world.sandbox.path("media");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(world.sandbox.path("orgcensus.db"), folder.join("copy.db")).unwrap();
    let mode = |mode| std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o555);
    let ran = world.run(&["snapshots", "verify", "--db", "media/copy.db", "--expect", &hashes[0]]);
    mode(0o755);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
}

#[test]
fn help_says_what_proves_what() {
    assert_snapshot!(fixture::empty().run(&["snapshots", "verify", "--help"]).data());
}
