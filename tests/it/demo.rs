//! The demo: ninety nights on which every question can be asked, marked as synthetic, and never written over a changed
//! file.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::fixture::{Ran, Sandbox, empty};
use crate::world::{World, small};

const FILE: &str = "orgcensus-demo.db";

/// Returns a folder with the demo's census, and the demo's output. It is created once for all tests.
fn demo() -> (Sandbox, &'static str) {
    static MADE: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    let (census, printed) = MADE.get_or_init(|| {
        let sandbox = empty();
        let ran = sandbox.run(&["demo"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        (std::fs::read(sandbox.path(FILE)).unwrap(), ran.stderr)
    });
    let sandbox = empty();
    std::fs::write(sandbox.path(FILE), census).unwrap();
    (sandbox, printed)
}

fn ask(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run(&[&["--db", FILE], arguments].concat())
}

/// Splits a command's words, some of which are in single quotes.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(number, part)| if number % 2 == 1 { vec![part] } else { part.split(' ').collect() })
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn the_readme_asks_what_the_tour_asks() {
    let (sandbox, printed) = demo();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, section) = readme.split_once("## Ten questions").expect("README has ten questions");
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let asked: Vec<&str> = block.lines().filter(|line| line.starts_with("orgcensus ")).collect();
    let toured: Vec<String> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("$ orgcensus --db orgcensus-demo.db "))
        .map(|line| format!("orgcensus {}", line.trim_end_matches(" --limit 5")))
        .collect();
    assert_eq!(asked, toured);
    assert_eq!(asked.len(), 10);
    for line in asked {
        let arguments = &words(line)[1..];
        let ran = ask(&sandbox, &[arguments, &["--format", "jsonl"]].concat());
        assert_eq!(ran.exit, Some(0), "{line}: {}", ran.stderr);
        assert!(ran.stdout.lines().count() >= 1, "{line} has no answer");
        assert!(ran.stderr.contains("synthetic"), "{line}: {}", ran.stderr);
    }
}

#[test]
fn every_night_has_its_date() {
    let (sandbox, _) = demo();
    let census = Connection::open(sandbox.path(FILE)).unwrap();
    let mut statement = census.prepare("SELECT taken_at, tool_version FROM snapshots ORDER BY 1").unwrap();
    let nights: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(nights.len(), 90);
    let day = |(time, _): &(String, String)| DateTime::parse_from_rfc3339(time).unwrap().date_naive();
    for pair in nights[..89].windows(2) {
        assert_eq!(day(&pair[1]) - day(&pair[0]), TimeDelta::days(1));
    }
    assert!(Utc::now().date_naive() - day(&nights[89]) <= TimeDelta::days(1), "the last night is now");
    assert!(nights.iter().all(|(_, version)| version.ends_with("+synthetic")));
    // A gap to ask about, and an end that matches the previous days: one day's events, not more.
    let partial = "SELECT count(*) FROM snapshots WHERE status = 'partial'";
    assert_eq!(census.query_row(partial, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    let ran = ask(&sandbox, &["snapshots", "verify"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    let last: serde_json::Value =
        serde_json::from_str(ask(&sandbox, &["diff", "89", "90", "--format", "json"]).data()).unwrap();
    let rows = |resource: &str| {
        let changes = last["changes"].as_array().unwrap().iter();
        changes.filter(|change| change["resource"] == resource).count()
    };
    for resource in ["accounts", "users", "groups", "permission_sets"] {
        assert!(rows(resource) <= 3, "{resource} changed {} times in one night", rows(resource));
    }
}

#[test]
fn it_is_synthetic_for_ever() {
    let (sandbox, _) = demo();
    let file = sandbox.path("answer.csv");
    let written =
        ask(&sandbox, &["query", "users", "--at", "30d", "--output", file.to_str().unwrap(), "--evidence"]);
    assert_eq!(written.exit, Some(0), "{}", written.all());
    let evidence = std::fs::read_to_string(sandbox.path("answer.csv.evidence.json")).unwrap();
    assert!(evidence.contains("\"synthetic\""), "{evidence}");
    let copied = ask(&sandbox, &["snapshots", "copy", "copy.db", "--at", "30d"]);
    assert_eq!(copied.exit, Some(0), "{}", copied.all());
    let of_copy = sandbox.run(&["--db", "copy.db", "query", "SELECT count(*) FROM users"]);
    assert!(of_copy.stderr.contains("synthetic"), "{}", of_copy.all());
    let diff = ask(&sandbox, &["diff", "89", "90", "--stat"]);
    assert_eq!(diff.stdout.matches("synthetic").count(), 2, "{}", diff.all());
}

#[test]
fn a_real_collection_does_not_go_into_it() {
    let (sandbox, _) = demo();
    let world = World::of(small());
    std::fs::copy(sandbox.path(FILE), world.sandbox.path("orgcensus.db")).unwrap();
    for arguments in [&[][..], &["--dry-run"]] {
        let ran = world.collect(arguments);
        assert_eq!(ran.exit, Some(1), "{}", ran.all());
        assert!(ran.stderr.contains("simulated organization"), "{}", ran.stderr);
    }
    assert!(world.simulator.calls().all().is_empty(), "it is refused before anything is called");
}

#[test]
fn what_somebody_changed_stays() {
    let cases: [(&str, &[&str]); 3] = [
        ("labelled", &["snapshots", "label", "7", "mine"]),
        ("pruned", &["snapshots", "prune", "--keep-last", "80"]),
        ("changed", &[]),
    ];
    for (why, change) in cases {
        let (sandbox, _) = demo();
        if change.is_empty() {
            let census = Connection::open(sandbox.path(FILE)).unwrap();
            census
                .execute_batch("UPDATE users_versions SET display_name = 'Mine' WHERE valid_to IS NULL")
                .unwrap();
        } else {
            let ran = ask(&sandbox, change);
            assert_eq!(ran.exit, Some(0), "{}", ran.all());
        }
        let before = std::fs::read(sandbox.path(FILE)).unwrap();
        let ran = sandbox.run(&["demo"]);
        assert_eq!(ran.exit, Some(1), "{why}: {}", ran.all());
        assert!(ran.stderr.contains("is left alone") && ran.stderr.contains(why), "{why}: {}", ran.stderr);
        assert_eq!(std::fs::read(sandbox.path(FILE)).unwrap(), before, "{why}");
    }
}

#[test]
fn an_untouched_demo_is_made_again() {
    let (sandbox, printed) = demo();
    let again = sandbox.run(&["demo"]);
    assert_eq!(again.exit, Some(0), "{}", again.all());
    assert!(again.stderr.contains("replacing the former demo's"), "{}", again.stderr);
    let commands = |printed: &str| {
        printed.lines().filter(|line| line.starts_with("$ ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(commands(&again.stderr), commands(printed));
}
