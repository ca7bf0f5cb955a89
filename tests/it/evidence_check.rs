//! An evidence file compared with the census and the answer beside it: parts that fit, differ or are unknown.

use orgcensus::digest::sha256;
use serde_json::{Value, json};

use crate::fixture::Ran;
use crate::world::{World, small};

const QUESTION: &str = "SELECT user_name, user_id FROM users ORDER BY 1";

fn collected(days: u32) -> World {
    let world = World::of(small());
    (0..days).for_each(|day| drop(world.collect_day(day, &["--access-report", "none"])));
    world
}

fn check(world: &World, file: &str) -> Ran {
    world.run(&["evidence", "check", file, "--format", "csv"])
}

/// Returns the parts in a state.
fn parts(ran: &Ran, state: &str) -> Vec<String> {
    let rows = ran.stdout.lines().filter_map(|line| line.split_once(','));
    rows.filter(|(_, rest)| rest.split(',').next() == Some(state)).map(|(part, _)| part.to_owned()).collect()
}

fn ask(world: &World, arguments: &[&str]) {
    let ran = world.run(&[arguments, &["--evidence", "--force"]].concat());
    assert!(matches!(ran.exit, Some(0 | 3)), "{arguments:?}: {}", ran.stderr);
}

#[test]
fn what_was_written_fits() {
    let world = collected(3);
    let account = world.simulator.management_account_id();
    let questions: [&[&str]; 11] = [
        &["query", "account-access", &account, "--at", "1"],
        &["query", "account-access", "-p", &format!("account={account}")],
        &["query", QUESTION, "--csv-for", "excel", "--format", "csv"],
        &["query", QUESTION, "--during", "1..2", "--format", "json"],
        &["query", "SELECT :n + 1 AS n", "-p", "n:number=2", "--format", "jsonl"],
        &["diff", "1", "2", "--exit-code"],
        &["diff", "--steps", "1", "3", "--format", "markdown"],
        &["history", &account],
        &["query", "account-access", &account, "--format", "xlsx"],
        &["diff", "1", "2", "--steps", "--format", "xlsx"],
        &["history", &account, "--format", "xlsx"],
    ];
    let name = |number: usize| format!("answer-{number}.txt");
    for (number, question) in questions.iter().enumerate() {
        ask(&world, &[question, &["--output", &name(number), "--db", "orgcensus.db"][..]].concat());
    }
    let command = ["query", "-", "--output", "typed.csv", "--evidence"];
    let mut typed = world.command(&command);
    typed.stdin(std::fs::File::open(world.sandbox.path("question.sql")).unwrap_or_else(|_| {
        std::fs::write(world.sandbox.path("question.sql"), QUESTION).unwrap();
        std::fs::File::open(world.sandbox.path("question.sql")).unwrap()
    }));
    assert!(typed.output().unwrap().status.success());
    // The latest snapshot is another one when the question is repeated.
    world.collect_day(9, &["--access-report", "none"]);
    for file in (0..questions.len()).map(name).chain(["typed.csv".to_owned()]) {
        let ran = check(&world, &format!("{file}.evidence.json"));
        assert_eq!(
            (ran.exit, parts(&ran, "fits").len() >= 3),
            (Some(0), true),
            "{file}: {}{}",
            ran.stdout,
            ran.stderr
        );
        assert_eq!(ran.stderr, format!("{file}.evidence.json fits the census and the answer beside it\n"));
    }
    let copied = world.run(&["snapshots", "copy", "copy.db"]);
    assert_eq!(copied.exit, Some(0), "{}", copied.stderr);
    let on_copy = world.run(&["evidence", "check", "answer-0.txt.evidence.json", "--db", "copy.db"]);
    assert_eq!(on_copy.exit, Some(0), "{}", on_copy.stderr);
}

/// Each export of one file and each form of `policy-diff` has evidence, which fits after the next snapshot too.
#[test]
fn exports_and_policies_fit() {
    let world = collected(3);
    let text = |sql: &str| world.select(sql)[0]["text"].as_str().unwrap().to_owned();
    let arn =
        text("SELECT policy_arn AS text FROM managed_policies WHERE document NOT NULL ORDER BY 1 LIMIT 1");
    let set =
        text("SELECT permission_set_arn AS text FROM permission_set_policies WHERE kind = 'inline' LIMIT 1");
    let documents: [String; 2] = ["min", "max"].map(|end| {
        text(&format!("SELECT {end}(document_id) AS text FROM policy_statements"))["sha256:".len()..][..12]
            .to_owned()
    });
    let account = world.simulator.management_account_id();
    let questions: [(&str, &[&str]); 8] = [
        ("policy.txt", &["policy-diff", "--policy", &arn, "1", "2", "--output", "policy.txt", "--exit-code"]),
        ("latest.csv", &["policy-diff", "--policy", &set, "first", "latest", "--output", "latest.csv"]),
        ("documents.json", &["policy-diff", &documents[0], &documents[1], "--output", "documents.json"]),
        ("a.csv", &["export", "assignments-csv", "a.csv", "--account", &account]),
        (
            "e.csv",
            &["export", "assignments-csv", "--output", "e.csv", "--expand-groups", "--csv-for", "excel"],
        ),
        ("a.json", &["export", "assignments-json", "a.json", "--at", "2"]),
        ("all.xlsx", &["export", "xlsx", "all.xlsx"]),
        ("one.xlsx", &["export", "xlsx", "one.xlsx", "--query", "unassigned-sets", "--at", "1"]),
    ];
    for (_, question) in &questions {
        ask(&world, question);
    }
    world.collect_day(9, &["--access-report", "none"]);
    for (file, _) in &questions {
        let ran = check(&world, &format!("{file}.evidence.json"));
        assert_eq!((ran.exit, parts(&ran, "differs")), (Some(0), Vec::new()), "{file}: {}", ran.all());
    }
    // The answer of another snapshot is not the one of the evidence.
    for (file, _) in [&questions[3], &questions[6]] {
        let path = world.sandbox.path(&format!("{file}.evidence.json"));
        let mut evidence: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let other = world.run(&["snapshots", "show", "1", "--evidence", "--format", "json"]);
        evidence["snapshots"] = json!([serde_json::from_str::<Value>(other.data()).unwrap()]);
        std::fs::write(&path, evidence.to_string()).unwrap();
        let ran = check(&world, &format!("{file}.evidence.json"));
        let named = ["answer asked again bytes", "answer asked again hash"].map(str::to_owned);
        let differing = parts(&ran, "differs");
        assert!(ran.exit == Some(1) && !differing.is_empty(), "{file}: {}", ran.all());
        assert!(differing.iter().all(|part| named.contains(part)), "{file}: {}", ran.all());
    }
}

#[test]
fn what_has_no_evidence_says_so() {
    let world = collected(1);
    for (arguments, says) in [
        (&["export", "lake", "--evidence"][..], "there is no option --evidence"),
        (&["export", "--flat", "f.db", "--evidence"], "there is no option --evidence"),
        (&["export", "terraform", "folder", "--evidence"], "there is no option --evidence"),
        (&["export", "assignments-csv", "--evidence"], "--evidence requires --output FILE"),
        (&["policy-diff", "01234567", "01234567", "--evidence"], "--evidence requires --output FILE"),
    ] {
        let refused = world.run(arguments).refusal();
        assert!(refused.contains(says) && refused.ends_with("exit 2"), "{arguments:?}: {refused}");
    }
    ask(&world, &["query", QUESTION, "--output", "a.csv"]);
    for command in [json!(["orgcensus", "export", "lake"]), json!(["orgcensus", "export", "terraform", "t"])]
    {
        let ran = changed(&world, |evidence| evidence["question"]["command"] = command.clone());
        assert_eq!(
            (ran.exit, parts(&ran, "unknown")),
            (Some(4), vec!["question".to_owned()]),
            "{}",
            ran.all()
        );
        assert!(ran.stdout.contains("an export that has no evidence"), "{}", ran.stdout);
    }
    let files = world.sandbox.files();
    assert!(
        files.iter().all(|file| file.starts_with("a.csv") || file.starts_with("orgcensus.db")),
        "{files:?}"
    );
}

/// Changes the evidence beside `a.csv`. Returns the result of the check.
fn changed(world: &World, change: impl Fn(&mut Value)) -> Ran {
    let path = world.sandbox.path("a.csv.evidence.json");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut evidence: Value = serde_json::from_str(&before).unwrap();
    change(&mut evidence);
    std::fs::write(&path, serde_json::to_string(&evidence).unwrap()).unwrap();
    let ran = check(world, "a.csv.evidence.json");
    std::fs::write(&path, before).unwrap();
    ran
}

#[test]
fn every_change_is_named() {
    let world = collected(2);
    ask(&world, &["query", QUESTION, "--output", "a.csv", "--at", "2"]);
    let changes: [(&str, Value, &[&str]); 14] = [
        ("/file/bytes", json!(1), &["file bytes", "answer asked again bytes"]),
        ("/file/hash", json!("sha256:00"), &["file hash", "answer asked again hash"]),
        ("/snapshots/0/api_calls", json!(1), &["snapshot 2 api_calls"]),
        ("/snapshots/0/status", json!("partial"), &["snapshot 2 status"]),
        ("/snapshots/0/gaps", json!(7), &["snapshot 2 gaps"]),
        ("/snapshots/0/caller_arn", json!("arn:x"), &["snapshot 2 caller_arn"]),
        ("/snapshots/0/snapshot_hash", json!("sha256:00"), &["snapshot 2 snapshot_hash"]),
        ("/snapshots/0/content_hash", Value::Null, &["snapshot 2 content_hash"]),
        ("/snapshots/0/before/snapshot_hash", json!("x"), &["snapshot 2 before.snapshot_hash"]),
        ("/snapshots/0/coverage/0/rows", json!(99), &["snapshot 2 coverage.organization.rows"]),
        ("/snapshots/0/coverage/0/hash", json!("x"), &["snapshot 2 coverage.organization.hash"]),
        ("/question/sql", json!("SELECT 1"), &["question sql"]),
        ("/question/parameters", json!({"user": {"typed": "ana"}}), &["question parameters user"]),
        ("/question/query", json!("user-access"), &["question query"]),
    ];
    for (pointer, value, named) in changes {
        let ran = changed(&world, |evidence| *evidence.pointer_mut(pointer).unwrap() = value.clone());
        assert_eq!(
            (ran.exit, parts(&ran, "differs")),
            (Some(1), named.iter().map(|one| (*one).to_owned()).collect()),
            "{pointer}: {}",
            ran.stderr
        );
        assert!(ran.stderr.starts_with("error: a.csv.evidence.json does not fit: "), "{}", ran.stderr);
    }
    let removed = changed(&world, |evidence| {
        evidence["snapshots"][0].as_object_mut().unwrap().remove("facts_hash");
        evidence["snapshots"][0]["coverage"].as_array_mut().unwrap().remove(3);
    });
    assert_eq!(parts(&removed, "differs").len(), 3, "{}", removed.stdout);
    // The length is the same, and nothing else differs.
    let answer = std::fs::read(world.sandbox.path("a.csv")).unwrap();
    let mut other = answer.clone();
    *other.last_mut().unwrap() = b' ';
    std::fs::write(world.sandbox.path("a.csv"), other).unwrap();
    let ran = check(&world, "a.csv.evidence.json");
    assert_eq!((ran.exit, parts(&ran, "differs")), (Some(1), vec!["file hash".to_owned()]));
    // Both were changed consistently, but the repeated question has another answer.
    let forged = [&answer[..], b"eve,u-eve\n"].concat();
    std::fs::write(world.sandbox.path("a.csv"), &forged).unwrap();
    let ran = changed(&world, |evidence| {
        evidence["file"]["bytes"] = forged.len().into();
        evidence["file"]["hash"] = sha256(&forged).into();
    });
    let named = ["answer asked again bytes", "answer asked again hash"].map(str::to_owned);
    assert_eq!((ran.exit, parts(&ran, "differs")), (Some(1), named.to_vec()), "{}", ran.stdout);
    // A label may change.
    std::fs::write(world.sandbox.path("a.csv"), &answer).unwrap();
    assert_eq!(world.run(&["snapshots", "label", "2", "reviewed"]).exit, Some(0));
    assert_eq!(check(&world, "a.csv.evidence.json").exit, Some(0));
}

#[test]
fn what_cannot_be_checked_is_unknown() {
    let world = collected(3);
    ask(&world, &["query", QUESTION, "--output", "a.csv", "--at", "2"]);
    ask(&world, &["query", QUESTION, "--output", "b.csv", "--at", "3"]);
    std::fs::remove_file(world.sandbox.path("b.csv")).unwrap();
    let ran = check(&world, "b.csv.evidence.json");
    assert_eq!((ran.exit, parts(&ran, "unknown")), (Some(4), vec!["file".to_owned()]), "{}", ran.stderr);
    for command in [
        json!(["orgcensus", "collect"]),
        json!(["orgcensus", "--help"]),
        json!(["x", "query", "nothing-such"]),
    ] {
        let ran = changed(&world, |evidence| evidence["question"]["command"] = command.clone());
        assert_eq!(
            (ran.exit, parts(&ran, "unknown")),
            (Some(4), vec!["question".to_owned()]),
            "{command}: {}",
            ran.stderr
        );
    }
    let later = changed(&world, |evidence| evidence["snapshots"][0]["snapshot_id"] = 77.into());
    assert_eq!(later.exit, Some(4), "{}", later.stderr);
    assert!(later.stdout.contains("\"not in this census, which ends with snapshot 3\""), "{}", later.stdout);

    assert_eq!(world.run(&["snapshots", "copy", "copy.db", "--at", "3"]).exit, Some(0));
    let on_copy = world.run(&["evidence", "check", "a.csv.evidence.json", "--db", "copy.db"]);
    assert_eq!(on_copy.exit, Some(4), "{}", on_copy.stderr);
    assert!(on_copy.stdout.contains("its rows are not in this copy"), "{}", on_copy.stdout);

    assert_eq!(world.run(&["snapshots", "prune", "2"]).exit, Some(0));
    let pruned = check(&world, "a.csv.evidence.json");
    assert_eq!(
        (pruned.exit, parts(&pruned, "unknown")),
        (Some(4), vec!["snapshot 2".to_owned(), "question".to_owned()])
    );
    assert!(pruned.stdout.contains("its hashes fit, and its rows were pruned at 2"), "{}", pruned.stdout);
    assert!(
        pruned.stderr.contains("\nhint: check it on a census that has kept its snapshots"),
        "{}",
        pruned.stderr
    );
    // A hash that the snapshot never had still differs.
    let forged = changed(&world, |evidence| evidence["snapshots"][0]["snapshot_hash"] = "sha256:00".into());
    assert_eq!(
        (forged.exit, parts(&forged, "differs")),
        (Some(1), vec!["snapshot 2 snapshot_hash".to_owned()])
    );
}

#[test]
fn what_is_no_evidence_of_it_is_refused() {
    let world = collected(1);
    ask(&world, &["query", QUESTION, "--output", "a.csv"]);
    let newer = changed(&world, |evidence| evidence["program"] = "orgcensus 99.0.0".into());
    assert_eq!(
        newer.refusal(),
        "error: a.csv.evidence.json is of a newer version, orgcensus 99.0.0, and this is orgcensus 0.1.0\n\
         hint: check it with that version, or a newer one\nexit 1"
    );
    let other = changed(&world, |evidence| evidence["snapshots"][0]["organization_id"] = "o-another".into());
    let other = other.refusal();
    assert!(
        other.contains(
            "is not evidence of the census \"orgcensus.db\": its snapshots are of organization o-another\n"
        ),
        "{other}"
    );
    assert!(
        other.contains("\nhint: it was written from orgcensus.db: name that one with --db\n")
            && other.ends_with("exit 1"),
        "{other}"
    );
    let anew =
        changed(&world, |evidence| evidence["snapshots"][0]["collection_id"] = "another".into()).refusal();
    assert!(anew.contains("its snapshots are taken by other collections"), "{anew}");

    let whole = std::fs::read_to_string(world.sandbox.path("a.csv.evidence.json")).unwrap();
    let path = world.sandbox.path("x.json");
    for text in [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "not JSON",
        &whole[..whole.len() / 2],
        &whole.replace("\"file\"", "\"fill\""),
        &whole.replace("\"hash\"", "\"bytes\""),
        &whole.replace("orgcensus 0.1.0", "another 0.1.0"),
        &whole.replace("\"name\": \"a.csv\"", "\"name\": \"../a.csv\""),
        &whole.replace("\"snapshots\": [", "\"snapshots\": [7, "),
        &whole.replace("\"command\": [", "\"command\": [7, "),
        &format!("{whole}{whole}"),
    ] {
        std::fs::write(&path, text).unwrap();
        let refused = check(&world, "x.json").refusal();
        assert!(
            refused.starts_with("error: x.json is damaged, or not an evidence file: ")
                && refused.ends_with("exit 1"),
            "{refused}"
        );
    }
    std::fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    assert!(check(&world, "x.json").refusal().ends_with("exit 1"));
    for (file, says) in [
        ("nothing.json", "cannot read nothing.json"),
        (".", "it is not a plain file"),
        ("/dev/null", "it is not a plain file"),
    ] {
        let refused = check(&world, file).refusal();
        assert!(refused.contains(says) && refused.ends_with("exit 1"), "{refused}");
    }
    let answer = check(&world, "a.csv").refusal();
    assert!(
        answer.contains("hint: orgcensus evidence check a.csv.evidence.json") && answer.ends_with("exit 2"),
        "{answer}"
    );
    assert_eq!(world.run(&["evidence", "check", "a.csv.evidence.json", "--at", "1"]).exit, Some(2));
    // The census itself was changed, so its data proves nothing.
    let change = "UPDATE users_versions SET user_name = 'eve' WHERE rowid = 1";
    rusqlite::Connection::open(world.sandbox.path("orgcensus.db")).unwrap().execute_batch(change).unwrap();
    let tampered = check(&world, "a.csv.evidence.json").refusal();
    assert!(tampered.starts_with("error: snapshot 1 is not as it was published: "), "{tampered}");
}
