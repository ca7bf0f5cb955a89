//! The statements of policies over a range and between two dates: `--during` of the statement views, and `policy-diff`.

use std::collections::BTreeSet;

use orgcensus::model::RESOURCES;
use orgcensus::simulator::{Fault, Rows};
use serde_json::Value;

use crate::gaps::denied;
use crate::world::{World, small};

const ALONE: [&str; 2] = ["--only", "@permission-sets,@policies"];
const VIEWS: [&str; 2] = ["policy_statements", "permission_set_statements"];

fn answer(world: &World, arguments: &[&str]) -> Rows {
    let ran = world.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    serde_json::from_str(ran.data()).unwrap()
}

/// Collects six days. The first could not read AWS's policies, and another one not an inline policy.
fn six_days() -> World {
    let world = World::of(small());
    for (number, day) in [0, 1, 2, 4, 6, 9].into_iter().enumerate() {
        world.simulator.faults().clear();
        match number {
            0 => world.simulator.faults().add(Fault::on("GetPolicyVersion", denied())),
            2 => world.simulator.faults().add(Fault::on("GetInlinePolicyForPermissionSet", denied())),
            _ => {}
        }
        world.simulator.set_day(day);
        let ran = world.collect(&ALONE);
        assert!(matches!(ran.exit, Some(0 | 4)), "{}", ran.all());
    }
    world.simulator.faults().clear();
    world
}

/// Returns a row without its bounds, as text.
fn plain(row: &serde_json::Map<String, Value>) -> String {
    let mut row = row.clone();
    row.remove("valid_from");
    row.remove("valid_to");
    Value::Object(row).to_string()
}

#[test]
fn a_range_has_what_held_in_each_of_its_snapshots() {
    let world = six_days();
    for view in VIEWS {
        for (from, to) in [(1, 6), (2, 5), (3, 3)] {
            let during = answer(&world, &["query", view, "--during", &format!("{from}..{to}")]);
            let mut held: BTreeSet<String> = BTreeSet::new();
            for snapshot in from..=to {
                let alive = |row: &&serde_json::Map<String, Value>| {
                    row["valid_from"].as_i64().unwrap() <= snapshot
                        && row["valid_to"].as_i64().is_none_or(|end| end > snapshot)
                };
                let of_range: BTreeSet<String> = during.iter().filter(alive).map(plain).collect();
                let at = answer(&world, &["query", view, "--at", &snapshot.to_string()]);
                let at: BTreeSet<String> = at.iter().map(plain).collect();
                assert!(!at.is_empty());
                let missing: Vec<_> = at.difference(&of_range).collect();
                let surplus: Vec<_> = of_range.difference(&at).collect();
                assert!(
                    missing.is_empty() && surplus.is_empty(),
                    "{view} {from}..{to} at {snapshot}: missing {missing:?}, surplus {surplus:?}"
                );
                held.extend(at);
            }
            let all: BTreeSet<String> = during.iter().map(plain).collect();
            assert_eq!(all, held, "{view} {from}..{to} has nothing that held in none of them");
        }
    }
    let unread = "SELECT 1 FROM permission_set_statements WHERE source = 'aws_managed' AND effect IS NULL AND valid_from = 1";
    assert!(!answer(&world, &["query", unread, "--during", "1..6"]).is_empty(), "what was not read is told");
}

#[test]
fn a_document_has_its_id_in_every_view() {
    let world = six_days();
    let mut checked = 0;
    for spec in RESOURCES {
        for held in spec.documents {
            let Some(id) = held.id_column() else { continue };
            for view in ["", "_history", "_by_snapshot"].map(|end| format!("{}{end}", spec.name)) {
                let sql = format!("SELECT DISTINCT {} AS document, {id} AS id FROM {view}", held.column);
                for row in answer(&world, &["query", &sql]) {
                    let text = match &row["document"] {
                        Value::Null => None,
                        // It is written as JSON.
                        document => Some(document),
                    };
                    assert_eq!(text.is_some(), row["id"].is_string(), "{view}: {row:?}");
                    checked += 1;
                }
                let other = format!(
                    "SELECT count(*) AS n FROM {view} AS v LEFT JOIN policy_documents AS d ON d.document_id = v.{id}
                     WHERE v.{0} IS NOT d.document", held.column
                );
                assert_eq!(answer(&world, &["query", &other])[0]["n"], 0, "{view}");
            }
        }
    }
    assert!(checked > 20, "{checked}");
    let statements = world.number(
        "SELECT count(*) FROM permission_set_policies AS p JOIN document_statements AS s USING (document_id)",
    );
    assert!(statements > 0);
}

/// Returns the AWS managed policies whose document changed between two snapshots.
fn changed(world: &World) -> Vec<(String, String, i64)> {
    let rows = world.select(
        "SELECT policy_arn, name, snapshot_id FROM managed_policies_changes WHERE change = 'changed'
         AND json_type(fields, '$.document') NOT NULL ORDER BY snapshot_id, policy_arn",
    );
    let text = |row: &serde_json::Map<String, Value>, column: &str| row[column].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(row, "policy_arn"), text(row, "name"), row["snapshot_id"].as_i64().unwrap()))
        .collect()
}

#[test]
fn two_dates_of_a_policy_differ_by_what_they_say() {
    let world = six_days();
    let changed = changed(&world);
    let (arn, name, snapshot) =
        changed.iter().find(|(.., snapshot)| *snapshot > 2).expect("AWS changes policies");
    let (before, after) = ((snapshot - 1).to_string(), snapshot.to_string());
    let pair = |policy: &str, more: &[&str]| {
        world.run(&[&["policy-diff", "--policy", policy, &before, &after], more].concat())
    };
    let by_arn = pair(arn, &["--exit-code", "--format", "json"]);
    assert_eq!(by_arn.exit, Some(3), "{}", by_arn.all());
    assert_eq!(pair(name, &["--exit-code", "--format", "json"]).stdout, by_arn.stdout);
    // The added actions equal the difference between the statements.
    let rows: Rows = serde_json::from_str(&by_arn.stdout).unwrap();
    let of = |column: &str| -> BTreeSet<String> {
        let actions = rows.iter().filter(|row| row["element"] == "Action");
        let values = actions.flat_map(|row| row[column].as_array().cloned().unwrap_or_default());
        values.map(|value| value.as_str().unwrap().to_ascii_lowercase()).collect()
    };
    let actions = |at: &str| -> BTreeSet<String> {
        let sql = format!("SELECT lower(action) AS action FROM policy_statements WHERE policy = '{arn}'");
        let rows = answer(&world, &["query", &sql, "--at", at]);
        rows.iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect()
    };
    let (old, new) = (actions(&before), actions(&after));
    assert_eq!(of("added"), new.difference(&old).cloned().collect());
    assert_eq!(of("removed"), old.difference(&new).cloned().collect());
    assert!(old != new);
    // The same by the ids of the documents, and in words.
    let id = |at: &str| {
        let sql = format!("SELECT DISTINCT document_id FROM policy_statements WHERE policy = '{arn}'");
        answer(&world, &["query", &sql, "--at", at])[0]["document_id"].as_str().unwrap().to_owned()
    };
    let (old, new) = (id(&before), id(&after));
    let by_id =
        world.run(&["policy-diff", &old, &new["sha256:".len()..][..12], "--format", "json", "--exit-code"]);
    assert_eq!((by_id.exit, &by_id.stdout), (Some(3), &by_arn.stdout));
    let text = pair(arn, &[]);
    assert_eq!(text.exit, Some(0));
    assert!(text.data().contains(&format!("from document {old}\nto   document {new}\n")), "{}", text.data());
    let same = world.run(&["policy-diff", &old, &old, "--exit-code"]);
    assert!(same.exit == Some(0) && same.data().contains("both mean the same"), "{}", same.all());
    let quiet = pair(arn, &["--exit-code", "--quiet"]);
    assert_eq!((quiet.exit, quiet.stdout.as_str()), (Some(3), ""));
}

#[test]
fn what_was_not_read_is_not_removed() {
    let world = six_days();
    let sql = "SELECT policy_arn FROM managed_policies WHERE document NOT NULL ORDER BY policy_arn LIMIT 1";
    let arn = answer(&world, &["query", sql, "--at", "2"])[0]["policy_arn"].as_str().unwrap().to_owned();
    let ran = world.run(&["policy-diff", "--policy", &arn, "1", "2", "--exit-code"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    assert!(ran.stdout.contains("? it is not known what changed"), "{}", ran.all());
    assert!(!ran.stdout.contains("statement"), "{}", ran.stdout);
    // An inline policy that was carried forward: no change was seen, but that is not certain.
    let sql =
        "SELECT permission_set_arn FROM permission_set_policies WHERE kind = 'inline' ORDER BY 1 LIMIT 1";
    let set =
        answer(&world, &["query", sql, "--at", "2"])[0]["permission_set_arn"].as_str().unwrap().to_owned();
    let ran = world.run(&["policy-diff", "--policy", &set, "2", "3", "--exit-code"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    assert!(ran.stderr.contains("it is as snapshot 2 saw it"), "{}", ran.stderr);
}

#[test]
fn what_is_meant_is_told() {
    let world = six_days();
    for (arguments, says) in [
        (&["policy-diff"][..], "policy-diff needs two documents"),
        (&["policy-diff", "abc", "def"], "is not the id of a document"),
        (&["policy-diff", "0123456789abcdef", "0123456789abcdef"], "is not the id of any document"),
        (&["policy-diff", "--policy", "NoSuchPolicy", "1", "2"], "no snapshot has a policy"),
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, Some(2), "{arguments:?}: {}", ran.all());
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
    let customer =
        world.select("SELECT policy FROM permission_set_policies WHERE kind = 'customer_managed' LIMIT 1");
    let ran = world.run(&["policy-diff", "--policy", customer[0]["policy"].as_str().unwrap(), "1", "2"]);
    assert_eq!(ran.exit, Some(2), "{}", ran.all());
    assert!(ran.stderr.contains("no snapshot read what the policy"), "{}", ran.stderr);
}
