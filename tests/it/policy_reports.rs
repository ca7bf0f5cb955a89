//! Access reports by service control policy (`--access-report-policies`): made on request, and unknown until then.

use std::collections::BTreeSet;
use std::time::Duration;

use orgcensus::simulator::{Action, Config, Fault, ReportDepth, ReportedPolicies, Rows, TruthOptions};

use crate::fixture::Ran;
use crate::world::{World, small};

const RESOURCE: &str = "service_last_accessed";
const FULL: &str = "p-FullAWSAccess";

fn by(report_policies: ReportedPolicies, access_report: ReportDepth) -> TruthOptions {
    TruthOptions { access_report, report_policies, ..TruthOptions::default() }
}

fn texts(world: &World, sql: &str) -> Vec<String> {
    world.select(sql).iter().map(|row| row.values().next().unwrap().as_str().unwrap().to_owned()).collect()
}

/// Returns the policies of a type on a day.
fn policies(world: &World, day: u32, kind: &str) -> BTreeSet<String> {
    let rows = world.simulator.rows(day, "organization_policies", TruthOptions::default());
    let of_kind = rows.iter().filter(|row| row["type"] == kind);
    of_kind.map(|row| row["policy_id"].as_str().unwrap().to_owned()).collect()
}

fn scps(world: &World, day: u32) -> BTreeSet<String> {
    policies(world, day, "SERVICE_CONTROL_POLICY")
}

fn reported(world: &World) -> BTreeSet<String> {
    texts(world, "SELECT DISTINCT policy_id FROM service_last_accessed WHERE policy_id <> ''")
        .into_iter()
        .collect()
}

fn coverage(world: &World) -> String {
    let sql =
        "SELECT status FROM coverage WHERE resource = 'service_last_accessed' ORDER BY snapshot_id DESC";
    texts(world, sql).remove(0)
}

/// Returns the answer about the resource, and its exit code with `--require-complete`.
fn asked(world: &World, condition: &str) -> (Ran, Option<i32>) {
    let sql = format!("SELECT service_namespace FROM service_last_accessed WHERE {condition}");
    let required = world.run(&["query", "--require-complete", &sql]);
    (world.run(&["query", &sql]), required.exit)
}

#[track_caller]
fn assert_whole(world: &World, condition: &str) {
    let (ran, required) = asked(world, condition);
    assert_eq!((ran.exit, required), (Some(0), Some(0)), "{condition}: {}", ran.stderr);
}

#[track_caller]
fn assert_unknown(world: &World, condition: &str) -> Ran {
    let (ran, required) = asked(world, condition);
    assert_eq!((ran.exit, required), (Some(0), Some(4)), "{condition}: {}", ran.stderr);
    assert!(ran.stderr.contains("does not completely cover service_last_accessed"), "{}", ran.stderr);
    ran
}

#[test]
fn equal_the_truth() {
    for (depth, which) in [("ous", "attached"), ("ous", "all"), ("accounts", "attached"), ("accounts", "all")]
    {
        for day in [0, 5] {
            let world = World::of(small());
            let arguments = ["--access-report", depth, "--access-report-policies", which];
            let ran = world.collect_day(day, &[&arguments[..], &["--require", "@access-report"]].concat());
            let reports = match which {
                "all" => ReportedPolicies::All,
                _ => ReportedPolicies::Attached,
            };
            let depth = match depth {
                "accounts" => ReportDepth::Accounts,
                _ => ReportDepth::OrganizationalUnits,
            };
            world.assert_truth(day, by(reports, depth));
            assert!(world.gaps().is_empty(), "{}", ran.stderr);
            assert!(reported(&world).contains(FULL) && reported(&world).len() > 2);
            let management = "SELECT count(*) FROM service_last_accessed AS s JOIN organization AS o
                              ON o.management_account_id = s.entity_id WHERE s.policy_id <> ''";
            assert_eq!(world.number(management), 0);
        }
    }
}

#[test]
fn follow_the_days() {
    let world = World::of(small());
    for day in 0..5 {
        world.collect_day(day, &["--access-report-policies", "all"]);
        world.assert_truth(day, by(ReportedPolicies::All, ReportDepth::OrganizationalUnits));
        assert_eq!(coverage(&world), "limited");
    }
    // The only scope that was not requested is that of the accounts.
    assert_eq!(
        world.number("SELECT max(not_asked) FROM coverage WHERE resource = 'service_last_accessed'"),
        1
    );
    assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(0));
}

#[test]
fn are_not_asked_for_by_default() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "accounts"]);
    assert_eq!(coverage(&world), "complete");
    world.assert_truth(0, by(ReportedPolicies::None, ReportDepth::Accounts));
    let root = texts(&world, "SELECT root_id FROM roots").remove(0);
    for whole in ["1".to_owned(), "policy_id = ''".to_owned(), format!("entity_id = '{root}'")] {
        assert_whole(&world, &whole);
    }
    for unknown in [format!("policy_id = '{FULL}'"), format!("entity_id = '{root}' AND policy_id = '{FULL}'")]
    {
        let ran = assert_unknown(&world, &unknown);
        assert!(ran.stderr.contains("no such report was ever taken"), "{}", ran.stderr);
        assert!(ran.stderr.contains("does not mean that there are none"), "{}", ran.stderr);
    }
    let canned = world.run(&["query", "policy-services", "FullAWSAccess"]);
    assert!(canned.stderr.contains("--access-report-policies"), "{}", canned.stderr);
}

#[test]
fn first_asked_for_are_not_added() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "accounts"]);
    world.collect_day(0, &["--access-report", "accounts", "--access-report-policies", "all"]);
    let diff = world.diff(1, 2);
    let changes = diff["changes"].as_array().unwrap();
    let of_reports: Vec<_> = changes.iter().filter(|change| change["resource"] == RESOURCE).collect();
    assert!(
        !of_reports.is_empty() && of_reports.iter().all(|change| change["change"] == "unknown"),
        "{diff}"
    );
    assert_eq!(world.run(&["diff", "1", "2", "--exit-code"]).exit, Some(4));
    // A row that a later report shows for the first time is new.
    world.collect_day(5, &["--access-report", "accounts", "--access-report-policies", "all"]);
    let later = world.diff(2, 3);
    let gained = later["changes"].as_array().unwrap().iter().any(|change| {
        change["resource"] == RESOURCE && change["change"] == "changed" && change["key"]["policy_id"] != ""
    });
    assert!(gained, "{later}");
}

#[test]
fn carried_where_not_asked_for() {
    let world = World::of(small());
    let deep = ["--access-report", "accounts", "--access-report-policies", "all"];
    world.collect_day(0, &deep);
    let before = reported(&world);
    let rows = world.number("SELECT count(*) FROM service_last_accessed");
    for fewer in [&["--access-report", "accounts"][..], &["--access-report", "ous"]] {
        let ran = world.collect_day(0, fewer);
        assert!(ran.stderr.contains("not asked for by --access-report-policies"), "{}", ran.stderr);
        assert_eq!((coverage(&world).as_str(), reported(&world)), ("limited", before.clone()));
        assert_eq!(world.number("SELECT count(*) FROM service_last_accessed"), rows);
        // A report that was made once is known, and so is the entity's own report.
        let root = texts(&world, "SELECT root_id FROM roots").remove(0);
        assert_whole(&world, &format!("policy_id = '{FULL}'"));
        assert_whole(&world, &format!("entity_id = '{root}'"));
        assert_whole(&world, &format!("entity_id = '{root}' AND policy_id = '{FULL}'"));
        let latest = world.number("SELECT max(snapshot_id) FROM snapshots") as u32;
        let diff = world.diff(latest - 1, latest);
        assert!(
            diff["changes"].as_array().unwrap().iter().all(|change| change["change"] == "unknown"),
            "{diff}"
        );
    }
    world.collect_day(0, &deep);
    assert_eq!(coverage(&world), "complete");
    world.assert_truth(0, by(ReportedPolicies::All, ReportDepth::Accounts));
}

#[test]
fn of_some_by_their_ids() {
    let world = World::of(small());
    let other = scps(&world, 0).into_iter().find(|id| id != FULL).unwrap();
    let ids = format!("{other},{FULL},{other}");
    let ran = world.collect_day(0, &["--access-report-policies", &ids]);
    assert_eq!(reported(&world), BTreeSet::from([other.clone(), FULL.to_owned()]), "{}", ran.stderr);
    let third = scps(&world, 0).into_iter().find(|id| *id != other && id != FULL).unwrap();
    assert_unknown(&world, &format!("policy_id = '{third}'"));
    // The second night requests other reports, and carries the first ones.
    world.collect_day(0, &["--access-report-policies", &third]);
    assert_eq!(reported(&world), BTreeSet::from([other.clone(), FULL.to_owned(), third]));
    let carried = format!(
        "SELECT count(*) FROM gaps WHERE snapshot_id = 2 AND kind = 'not_asked'
                           AND json_extract(scope, '$.policy_id') IN ('{other}', '{FULL}')"
    );
    assert_eq!(world.number(&carried), 2);
}

#[test]
fn of_what_is_no_service_control_policy() {
    let world = World::of(small());
    let tag_policy = policies(&world, 0, "TAG_POLICY").into_iter().next().unwrap();
    let nobody = "p-0000000000";
    let ids = format!("{tag_policy},{FULL},{nobody}");
    let ran = world.collect(&["--access-report-policies", &ids]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    for (id, why) in
        [(&*tag_policy, "it is a policy of type TAG_POLICY"), (nobody, "no service control policy has")]
    {
        let gap = format!(
            "SELECT error_message FROM gaps WHERE kind = 'failed' AND scope = '{{\"policy_id\":\"{id}\"}}'"
        );
        assert!(texts(&world, &gap)[0].starts_with(why));
        assert!(ran.stderr.contains(id), "{}", ran.stderr);
        assert_unknown(&world, &format!("policy_id = '{id}'"));
    }
    assert_eq!(reported(&world), BTreeSet::from([FULL.to_owned()]));
    // Without the listing, AWS's answer shows it.
    let world = World::of(small());
    let ran = world.collect(&["--access-report-policies", &ids, "--skip", "@policies"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let failed = "SELECT policy_id FROM access_report_jobs WHERE job_status = 'FAILED' ORDER BY 1";
    assert!(texts(&world, failed).contains(&tag_policy));
    assert_eq!(reported(&world), BTreeSet::from([FULL.to_owned()]));
}

#[test]
fn refused_are_gaps_that_name_the_policy() {
    let world = World::of(small());
    let arguments = ["--access-report", "root", "--access-report-policies", FULL];
    world.collect_day(0, &arguments);
    let fault =
        Fault::on("GetOrganizationsAccessReport", Action::FailedReport("INVALID_ORGANIZATIONS_POLICY"));
    world.simulator.faults().add(fault);
    let ran = world.collect(&arguments);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("INVALID_ORGANIZATIONS_POLICY: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("FullAWSAccess (p-FullAWSAccess)"), "{}", ran.stderr);
    let root = texts(&world, "SELECT root_id FROM roots").remove(0);
    let scope = format!("{{\"entity_id\":\"{root}\",\"entity_type\":\"root\",\"policy_id\":\"{FULL}\"}}");
    assert!(world.gaps().contains(&(RESOURCE.to_owned(), scope, "failed".to_owned())), "{:?}", world.gaps());
    let job =
        "SELECT error_code FROM access_report_jobs WHERE snapshot_id = 2 AND policy_id = 'p-FullAWSAccess'";
    assert_eq!(texts(&world, job), ["INVALID_ORGANIZATIONS_POLICY"]);
    assert_eq!(reported(&world), BTreeSet::from([FULL.to_owned()]));
    assert_eq!(
        world.diff(1, 2)["changes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["change"] != "unknown")
            .count(),
        0
    );
}

/// Returns the policies that are listed, but deleted when their report is requested.
fn deleted(world: &World) -> BTreeSet<String> {
    scps(world, 0).difference(&scps(world, LATER)).cloned().collect()
}

const LATER: u32 = 6;

#[test]
fn of_a_policy_that_is_deleted_meanwhile() {
    let world = World::of(small());
    let arguments = ["--access-report", "root", "--access-report-policies", "all"];
    world.collect_day(0, &arguments);
    assert!(!deleted(&world).is_empty() && deleted(&world).is_subset(&reported(&world)));
    let fault = Fault::on("GenerateOrganizationsAccessReport", Action::TurnDay(LATER)).times(1);
    world.simulator.faults().add(fault);
    let ran = world.collect(&arguments);
    let gaps = world.gaps();
    assert!(gaps.iter().all(|(_, scope, _)| !scope.contains("p-")), "{gaps:?}: {}", ran.stderr);
    // The policy and its reports are removed, because AWS's answer proved the deletion.
    assert!(deleted(&world).is_disjoint(&reported(&world)));
    assert!(
        deleted(&world)
            .is_disjoint(&texts(&world, "SELECT policy_id FROM organization_policies").into_iter().collect())
    );
    world.simulator.faults().clear();
    world.collect_day(LATER, &arguments);
    world.assert_truth(LATER, by(ReportedPolicies::All, ReportDepth::Root));
}

#[test]
fn of_policies_that_are_not_known() {
    for (operation, which, seen_before) in [
        ("ListPolicies", "all", false),
        ("ListPolicies", "attached", true),
        ("ListTargetsForPolicy", "attached", false),
        ("ListTargetsForPolicy", "attached", true),
    ] {
        let world = World::of(small());
        let arguments = ["--access-report-policies", which];
        if seen_before {
            world.collect_day(0, &arguments);
        }
        let before = if seen_before { reported(&world) } else { BTreeSet::new() };
        world.simulator.faults().add(Fault::on(operation, Action::Denied { kms_reason: None }));
        let ran = world.collect(&arguments);
        // Requesting reports by policy requests the policies by name.
        assert_eq!(ran.exit, Some(4), "{operation}: {}", ran.stderr);
        assert!(world.gaps().iter().any(|(resource, ..)| resource == RESOURCE), "{:?}", world.gaps());
        assert_eq!(reported(&world), before);
        assert_unknown(&world, &format!("policy_id = '{FULL}'"));
        // The entities' own reports are not affected.
        let own = world.select("SELECT * FROM service_last_accessed WHERE policy_id = ''");
        assert_eq!(own.len(), own_truth(&world).len());
        world.simulator.faults().clear();
        world.collect_day(0, &arguments);
        assert!(reported(&world).contains(FULL));
    }
}

fn own_truth(world: &World) -> Rows {
    world.simulator.rows(0, RESOURCE, TruthOptions::default())
}

#[test]
fn share_the_budget_the_stalest_first() {
    let world = World::of(small());
    let arguments = ["--access-report", "root", "--access-report-policies", "all"];
    let short = [&arguments[..], &["--access-report-budget", "2s", "--require", RESOURCE]].concat();
    let others = || Fault::on("GenerateOrganizationsAccessReport", Action::ReportInProgress);
    // The root's report, the management account's and two by policy are made, and then another caller's never ends.
    world.simulator.faults().add(others().from_call(5));
    let ran = world.collect(&short);
    let all = scps(&world, 0).len() as i64 + 2;
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{} are left for the next run", all - 4)), "{}", ran.stderr);
    assert_eq!(world.number("SELECT count(*) FROM access_report_jobs"), 4);
    let first: BTreeSet<String> = reported(&world);
    let left: BTreeSet<String> = scps(&world, 0).difference(&first).cloned().collect();
    let root = texts(&world, "SELECT root_id FROM roots").remove(0);
    first.iter().for_each(|id| assert_whole(&world, &format!("entity_id = '{root}' AND policy_id = '{id}'")));
    left.iter().for_each(|id| drop(assert_unknown(&world, &format!("policy_id = '{id}'"))));
    assert_unknown(&world, &format!("entity_id = '{root}'"));
    // A report that was never made comes before the ones that were.
    world.simulator.faults().clear();
    world.simulator.faults().add(others().from_call(left.len() as u32 as usize + 1));
    world.collect(&short);
    let second = texts(&world, "SELECT policy_id FROM access_report_jobs WHERE snapshot_id = 2");
    assert_eq!(second.into_iter().collect::<BTreeSet<_>>(), left);
    let ages = world.run(&["query", "report-ages", "--format", "json", "--at", "1"]);
    let ages: Rows = serde_json::from_str(ages.data()).unwrap();
    let beyond =
        ages.iter().filter(|row| row["why_none"] == "beyond the budget" && !row["policy_id"].is_null());
    assert_eq!(beyond.count(), left.len());
    let taken = ages.iter().filter(|row| row["why_none"].is_null() && !row["policy_id"].is_null());
    assert_eq!(taken.count(), first.len());
}

#[test]
fn are_counted_by_a_dry_run() {
    let world = World::of(small());
    let units = world.simulator.rows(0, "organizational_units", TruthOptions::default()).len();
    let own = units + 2;
    let count = |arguments: &[&str]| {
        let ran = world.collect(&[&["--dry-run"], arguments].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let words = ran.stderr.split_once(" access reports").unwrap().0.to_owned();
        words.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(count(&[]), own);
    assert_eq!(count(&["--access-report-policies", "all"]), own + scps(&world, 0).len());
    assert_eq!(count(&["--access-report-policies", FULL]), own + 1);
    let attached = world.simulator.rows(0, "organization_policy_targets", TruthOptions::default());
    let attached: BTreeSet<_> =
        attached.iter().map(|row| row["policy_id"].as_str().unwrap().to_owned()).collect();
    let attached = attached.intersection(&scps(&world, 0)).count();
    assert_eq!(count(&["--access-report-policies", "attached"]), own + attached);
}

#[test]
fn are_resumed() {
    let config = Config { access_report_duration: Duration::from_millis(100), ..small() };
    let world = World::of(config);
    let arguments = ["--access-report", "root", "--access-report-policies", "all"];
    let mut child = world.spawn(&arguments);
    let begun = std::time::Instant::now();
    while world.simulator.calls().count("GenerateOrganizationsAccessReport") < 4 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = world.collect(&arguments);
    assert!(ran.stderr.contains("resuming the collection"), "{}", ran.stderr);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    world.assert_truth(0, by(ReportedPolicies::All, ReportDepth::Root));
    // Another selection is another collection.
    let mut child = world.spawn(&arguments);
    world.wait_for_calls(world.simulator.calls().total() + 20);
    child.kill().unwrap();
    child.wait().unwrap();
    let other = world.collect(&["--access-report", "root"]);
    assert!(other.stderr.contains("--access-report-policies"), "{}", other.stderr);
}

#[test]
fn survive_a_prune_and_a_copy() {
    let world = World::of(small());
    let deep = ["--access-report", "root", "--access-report-policies", "all"];
    world.collect_day(0, &deep);
    world.collect_day(1, &["--access-report", "root"]);
    world.collect_day(2, &["--access-report", "root"]);
    let ages = |arguments: &[&str]| {
        let ran = world.run(&[&["query", "report-ages", "--format", "csv"], arguments].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        ran.data().to_owned()
    };
    let services = |arguments: &[&str]| {
        let ran = world
            .run(&[&["query", "policy-services", "FullAWSAccess", "--format", "csv"], arguments].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        ran.data().to_owned()
    };
    let before = (ages(&[]), services(&[]));
    assert!(before.0.contains(FULL) && before.1.lines().count() > 2, "{before:?}");
    let pruned = world.run(&["snapshots", "prune", "1"]);
    assert_eq!(pruned.exit, Some(0), "{}", pruned.stderr);
    assert_eq!((ages(&[]), services(&[])), before);
    assert_whole(&world, &format!("policy_id = '{FULL}'"));
    let copy = world.sandbox.path("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(world.run(&["snapshots", "copy", copy, "--at", "latest"]).exit, Some(0));
    assert_eq!((ages(&["--db", copy]), services(&["--db", copy])), before);
    assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(0));
}

#[test]
fn names_and_filters_know_the_policy() {
    let world = World::of(small());
    let deep = ["--access-report", "root", "--access-report-policies", "all"];
    world.collect_day(0, &deep);
    world.collect_day(5, &deep);
    let ran = world.run(&["diff", "1", "2", "--policy", "FullAWSAccess", "--format", "json"]);
    let diff: serde_json::Value = serde_json::from_str(ran.data()).unwrap();
    let changes = diff["changes"].as_array().unwrap();
    let reports: Vec<_> = changes.iter().filter(|change| change["resource"] == RESOURCE).collect();
    assert!(!reports.is_empty() && reports.iter().all(|one| one["key"]["policy_id"] == FULL), "{diff}");
    let labelled = reports
        .iter()
        .filter(|one| one["label"].as_str().unwrap().ends_with(" in root Root by policy FullAWSAccess"));
    assert_eq!(labelled.count(), reports.len(), "{diff}");
}

#[test]
fn what_the_flag_takes() {
    let world = World::of(small());
    for wrong in ["", "none", "All", "p-1", "FullAWSAccess", "attached,all", "p-FullAWSAccess,"] {
        let ran = world.collect(&["--access-report-policies", wrong]);
        assert_eq!(ran.exit, Some(2), "{wrong:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("p-FullAWSAccess"), "{wrong:?}: {}", ran.stderr);
    }
    for contradiction in
        [["--access-report", "none"], ["--skip", "@policies"], ["--only", "users"], ["--skip", RESOURCE]]
    {
        let ran = world.collect(&[&["--access-report-policies", "all"], &contradiction[..]].concat());
        assert_eq!(ran.exit, Some(2), "{contradiction:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    }
    assert_eq!(world.simulator.calls().total(), 0);
    let policy = world.run(&["iam-policy", "--only", RESOURCE, "--access-report-policies", "attached"]);
    assert!(policy.stdout.contains("organizations:ListTargetsForPolicy"), "{}", policy.stdout);
}
