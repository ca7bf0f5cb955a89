//! IAM of every account, by a role that is assumed in each: `--iam-role` and `--iam-accounts`.

use std::collections::BTreeSet;

use orgcensus::model::{ResourceGroup, ResourceSpec};
use orgcensus::simulator::{Action, Config, Fault, IamAccounts, Rows, TruthOptions};
use serde_json::Value;

use crate::fixture::Ran;
use crate::world::{World, assert_same, small};

const ROLE: &str = "OrgCensus";
const BY_ROLE: [&str; 4] = ["--only", "@iam", "--iam-role", ROLE];

fn resources() -> impl Iterator<Item = &'static ResourceSpec> {
    ResourceGroup::Iam.resources()
}

/// The rows of the active accounts, and of no other.
fn truth(world: &World, day: u32, resource: &str) -> Rows {
    world.simulator.rows(day, resource, TruthOptions { iam: IamAccounts::Active, ..TruthOptions::default() })
}

fn accounts(rows: &Rows) -> BTreeSet<String> {
    rows.iter().map(|row| row["account_id"].as_str().unwrap().to_owned()).collect()
}

/// The accounts in which a role is assumed.
fn members(world: &World) -> Vec<String> {
    let own = world.simulator.management_account_id();
    let active = accounts(&truth(world, 0, "iam_roles")).into_iter().filter(|id| *id != own);
    active.collect()
}

fn assert_truth(world: &World, day: u32) {
    for spec in resources() {
        let found = world.select(&format!("SELECT * FROM {}", spec.name));
        assert_same(spec.name, &found, &truth(world, day, spec.name));
    }
}

fn with(world: &World, more: &[&str]) -> Ran {
    world.collect(&[&BY_ROLE[..], more].concat())
}

#[test]
fn every_active_account_is_read_by_its_role_and_the_own_one_without() {
    let world = World::of(small());
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_truth(&world, 0);
    assert!(members(&world).len() > 5);
    let assumed = world.simulator.calls().all().into_iter().filter(|call| call.operation == "AssumeRole");
    let bodies: Vec<String> = assumed.map(|call| call.body).collect();
    assert_eq!(bodies.len(), members(&world).len());
    // Each session may only do what the printed policy says.
    let printed = world.run(&["iam-policy", "--iam-role", ROLE, "--only", "@iam", "--for", "members"]);
    let printed: Value = serde_json::from_str(printed.data()).unwrap();
    for body in bodies {
        let policy = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "Policy").unwrap().1;
        assert_eq!(serde_json::from_str::<Value>(&policy).unwrap(), printed);
    }
    let not_active = world.select(
        "SELECT DISTINCT json_extract(scope, '$.account_id') AS account_id, kind FROM gaps
         WHERE error_message = 'the account is not active'",
    );
    let all = accounts(&world.simulator.rows(0, "accounts", TruthOptions::default()));
    assert_eq!(accounts(&not_active).len(), all.len() - members(&world).len() - 1);
    assert!(not_active.iter().all(|gap| gap["kind"] == "not_asked"), "{not_active:?}");
}

#[test]
fn an_account_that_refuses_is_a_gap_and_hides_no_other() {
    let world = World::of(small());
    with(&world, &[]);
    let refused: Vec<String> = members(&world).into_iter().take(2).collect();
    for account in &refused {
        let denied = Fault::on("AssumeRole", Action::Denied { kms_reason: None });
        world.simulator.faults().add(denied.containing(account));
    }
    world.simulator.calls().clear();
    world.simulator.set_day(6);
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    // One refusal stands for all listings that were not under way yet.
    let asked = world.simulator.calls().count("AssumeRole");
    assert!(asked <= members(&world).len() + 4 * refused.len(), "{asked}");
    let listed = accounts(&world.simulator.rows(6, "accounts", TruthOptions::default()));
    let active = accounts(&truth(&world, 6, "iam_roles"));
    let unseen: BTreeSet<&String> = listed.difference(&active).chain(&refused).collect();
    for spec in resources() {
        let gaps = world.select(&format!(
            "SELECT json_extract(scope, '$.account_id') AS account_id FROM gaps
             WHERE snapshot_id = 2 AND kind = 'denied' AND resource = '{}'",
            spec.name
        ));
        assert_eq!(accounts(&gaps), refused.iter().cloned().collect(), "{}", spec.name);
        // What was known of an account that is not active any more stays, too.
        let is_carried =
            |row: &serde_json::Map<String, Value>| unseen.iter().any(|id| row["account_id"] == **id);
        let (day_0, day_6) = (truth(&world, 0, spec.name), truth(&world, 6, spec.name));
        let carried = day_0.into_iter().filter(&is_carried);
        let seen = day_6.into_iter().filter(|row| !is_carried(row));
        let found = world.select(&format!("SELECT * FROM {}", spec.name));
        assert_same(spec.name, &found, &carried.chain(seen).collect());
    }
    // Seen again, it changes as if it had been seen all the time.
    world.simulator.faults().clear();
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    for spec in resources() {
        let mut found = world.select(&format!("SELECT * FROM {}", spec.name));
        found.retain(|row| active.contains(row["account_id"].as_str().unwrap()));
        assert_same(spec.name, &found, &truth(&world, 6, spec.name));
    }
}

#[test]
fn a_denial_in_every_account_is_a_gap_though_it_was_never_seen() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("AssumeRole", Action::Denied { kms_reason: None }));
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let seen = world.select("SELECT DISTINCT account_id FROM iam_roles");
    assert_eq!(accounts(&seen), BTreeSet::from([world.simulator.management_account_id()]));
}

#[test]
fn an_account_that_does_not_answer_is_given_up_alone() {
    let world = World::of(small());
    let silent = members(&world).swap_remove(3);
    world.simulator.faults().add(Fault::on("AssumeRole", Action::Hang).containing(&silent));
    let mut command = world.collect_command(&BY_ROLE);
    let ran = world.sandbox.ran(command.env("ORGCENSUS_HASTE", "100").output().unwrap());
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    for spec in resources() {
        let mut expected = truth(&world, 0, spec.name);
        expected.retain(|row| row["account_id"] != *silent);
        assert_same(spec.name, &world.select(&format!("SELECT * FROM {}", spec.name)), &expected);
    }
}

#[test]
fn a_session_that_ends_early_is_begun_again() {
    let world = World::of(small());
    // Of the sessions that begin together, these are over at once.
    for number in [1, 3, 4] {
        world.simulator.expire_credentials(&format!("ASIASIMULATED{number:07}"));
    }
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_truth(&world, 0);
}

#[test]
fn a_killed_collection_goes_on_where_it_was() {
    let world = World::of(Config { latency: std::time::Duration::from_millis(10), ..small() });
    let mut child = world.spawn(&BY_ROLE);
    world.wait_for_calls(60);
    child.kill().unwrap();
    child.wait().unwrap();
    world.simulator.calls().clear();
    let ran = with(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("resuming the collection begun at "), "{}", ran.stderr);
    assert_truth(&world, 0);
    // Another choice of accounts is another collection.
    let mut child = world.spawn(&BY_ROLE);
    world.wait_for_calls(world.simulator.calls().total() + 30);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = world.collect(&["--only", "@iam", "--iam-role", "Another"]);
    assert!(!ran.stderr.contains("resuming"), "{}", ran.stderr);
}

#[test]
fn the_accounts_can_be_limited_by_id_and_by_place() {
    for paths in [true, false] {
        let world = World::of(Config { paths, ..small() });
        let rows = world.simulator.rows(0, "accounts", TruthOptions::default());
        let unit = rows.iter().map(|row| row["parent_id"].as_str().unwrap()).find(|id| id.starts_with("ou-"));
        let unit = unit.unwrap().to_owned();
        let in_unit =
            |row: &serde_json::Map<String, Value>| row["entity_path"].as_str().unwrap().contains(&unit);
        let inside = accounts(&rows.into_iter().filter(in_unit).collect());
        let one = members(&world).into_iter().find(|id| !inside.contains(id)).unwrap();
        let ran = with(&world, &["--iam-accounts", &format!("{unit},{one}")]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let is_chosen = |id: &Value| {
            let id = id.as_str().unwrap();
            id == one || inside.contains(id)
        };
        for spec in resources() {
            let mut expected = truth(&world, 0, spec.name);
            expected.retain(|row| is_chosen(&row["account_id"]));
            assert_same(spec.name, &world.select(&format!("SELECT * FROM {}", spec.name)), &expected);
        }
        let why = world.select("SELECT DISTINCT error_message FROM gaps WHERE resource = 'iam_users'");
        assert!(why.iter().any(|gap| gap["error_message"] == "left out by --iam-accounts"), "{why:?}");
        // The others are unknown, and what was known of them stays.
        with(&world, &[]);
        let before = world.select("SELECT * FROM iam_users");
        with(&world, &["--iam-accounts", &one]);
        assert_same("iam_users", &world.select("SELECT * FROM iam_users"), &before);
    }
}

#[test]
fn what_cannot_be_meant_is_told_before_any_call() {
    let world = World::of(small());
    for (arguments, said) in [
        (
            &["--iam", "none", "--iam-role", ROLE][..],
            "--iam-role OrgCensus, but --iam, --only or --skip leaves",
        ),
        (
            &["--only", "users", "--iam-role", ROLE],
            "--iam-role OrgCensus, but --iam, --only or --skip leaves",
        ),
        (&["--iam-accounts", "111122223333"], "--iam-role"),
        (&["--iam-role", "arn:aws:iam::111122223333:role/OrgCensus"], "give the role's name alone"),
        (&["--iam-role", ROLE, "--iam-accounts", "1111"], "give the id of an account"),
    ] {
        let ran = world.collect(arguments);
        assert_eq!(ran.exit, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(world.simulator.calls().total(), 0);
}

#[test]
fn the_documents_of_caller_and_role_are_printed() {
    let world = World::of(small());
    let printed = |more: &[&str]| -> Value {
        let ran = world.run(&[&["iam-policy", "--iam-role", "audit/OrgCensus"], more].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        serde_json::from_str(ran.data()).unwrap()
    };
    let statements = printed(&[])["Statement"].as_array().unwrap().clone();
    let assumes = statements.iter().find(|statement| statement["Action"] == "sts:AssumeRole").unwrap();
    assert_eq!(assumes["Resource"], "arn:*:iam::*:role/audit/OrgCensus");
    let runs = "arn:aws:iam::111122223333:role/Census";
    let trust = printed(&["--for", "trust", "--trusted", runs]);
    assert_eq!(trust["Statement"][0]["Principal"]["AWS"], runs);
    let template = printed(&["--for", "stack-set"]);
    let role = &template["Resources"]["OrgcensusRole"]["Properties"];
    assert_eq!((&role["RoleName"], &role["Path"]), (&"OrgCensus".into(), &"/audit/".into()));
    assert_eq!(role["Policies"][0]["PolicyDocument"], printed(&["--for", "members"]));
    for (arguments, said) in [
        (&["iam-policy", "--for", "members"][..], "no role is named to assume in the accounts"),
        (&["iam-policy", "--iam-role", ROLE, "--for", "trust"], "a trust policy names whom it trusts"),
        (
            &["iam-policy", "--iam-role", ROLE, "--trusted", "arn:aws:sts::111122223333:assumed-role/R/me"],
            "a session ends",
        ),
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn doctor_tries_the_role_in_another_account() {
    let world = World::of(small());
    let fine = world.run(&["doctor", "--only", "@iam", "--iam-role", ROLE]);
    assert_eq!(fine.exit, Some(0), "{}{}", fine.stdout, fine.stderr);
    assert!(world.simulator.calls().count("AssumeRole") > 0);
    world.simulator.faults().add(Fault::on("AssumeRole", Action::Denied { kms_reason: None }));
    let refused = world.run(&["doctor", "--only", "@iam", "--iam-role", ROLE]);
    assert_eq!(refused.exit, Some(1), "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stdout.contains("a role there that trusts the caller"), "{}", refused.stdout);
}
