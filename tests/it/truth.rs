//! After a collection every table equals the organization's truth, column by column, for every way in which AWS serves
//! it.

use orgcensus::simulator::{Assignments, Caller, Config, Instances, Partition, ReportDepth, TruthOptions};

use crate::world::{World, awkward, small};

fn all() -> TruthOptions {
    TruthOptions::default()
}

fn by_principals() -> TruthOptions {
    TruthOptions { assignments: Assignments::LivingPrincipalsAndUnseenPairs, ..all() }
}

pub fn strategy(world: &World) -> String {
    let rows = world.select("SELECT assignment_strategy FROM snapshots ORDER BY snapshot_id DESC LIMIT 1");
    rows[0]["assignment_strategy"].as_str().unwrap().to_owned()
}

#[test]
fn three_days_by_pairs_are_the_truth() {
    let world = awkward();
    for day in [0, 1, 5] {
        world.collect_day(day, &["--assignments", "pairs"]);
        world.assert_truth(day, all());
        assert_eq!(strategy(&world), "pairs");
    }
    assert_eq!(world.number("SELECT count(*) FROM gaps WHERE kind IN ('denied', 'failed')"), 0);
    assert!(world.simulator.calls().count("ListUsers") > 3, "listings have several pages");
}

#[test]
fn by_principals_the_assignments_of_the_living_and_of_unseen_pairs_are_the_truth() {
    let world = awkward();
    world.collect_day(0, &["--assignments", "principals"]);
    world.assert_truth(0, by_principals());
    assert_eq!(strategy(&world), "principals");
    let missing = world.simulator.truth(0)["account_assignments"].len()
        - world.simulator.truth_with(0, by_principals())["account_assignments"].len();
    assert!(missing > 0, "the organization has assignments that only pairs can show");
}

/// Asserts that every stored assignment exists, and that every assignment that was visible or known the day before is
/// stored.
fn assert_assignments_between(world: &World, day: u32, before: Option<u32>) {
    let held = world.select("SELECT * FROM account_assignments");
    let rows = |day, options| world.simulator.rows(day, "account_assignments", options);
    let truth = rows(day, all());
    for row in &held {
        assert!(truth.contains(row), "{row:?} is not there");
    }
    let (visible, known) =
        (rows(day, by_principals()), before.map(|day| rows(day, all())).unwrap_or_default());
    for row in &truth {
        let must = visible.contains(row) || known.contains(row);
        assert!(!must || held.contains(row), "{row:?} is lost");
    }
}

#[test]
fn by_principals_after_pairs_nothing_that_was_known_is_lost() {
    let world = awkward();
    world.collect_day(0, &["--assignments", "pairs"]);
    // Deleted principals' assignments are known from the pairs, so their pairs are listed again.
    world.collect_day(1, &["--assignments", "principals"]);
    world.assert_truth_but(1, by_principals(), &["account_assignments"]);
    assert_assignments_between(&world, 1, Some(0));
}

#[test]
fn the_strategy_chosen_by_itself_finds_the_truth_on_every_day() {
    let world = awkward();
    for day in 0..3 {
        world.collect_day(day, &[]);
        world.assert_truth_but(day, all(), &["account_assignments"]);
        assert_assignments_between(&world, day, None);
    }
}

#[test]
fn after_a_full_pass_cheaper_principals_are_chosen() {
    let mut config = small();
    config.size.users = 10;
    config.size.groups = 4;
    config.size.pairs = 90;
    config.size.assignments = 120;
    let world = World::of(config);
    world.collect_day(0, &[]);
    assert_eq!(strategy(&world), "pairs");
    world.assert_truth(0, all());
    world.collect_day(1, &[]);
    assert_eq!(strategy(&world), "principals");
    world.assert_truth_but(1, all(), &["account_assignments"]);
    assert_assignments_between(&world, 1, Some(0));
}

#[test]
fn one_item_a_page_is_the_truth_as_well() {
    let world = World::of(Config { short_pages: Some(1), ..small() });
    world.collect_day(0, &["--assignments", "pairs"]);
    world.assert_truth(0, all());
}

#[test]
fn accounts_without_paths_get_them_from_the_tree() {
    let world = World::of(Config { paths: false, ..small() });
    world.collect_day(0, &["--assignments", "pairs"]);
    world.assert_truth(0, all());
    assert!(world.simulator.calls().count("ListAccountsForParent") > 0);
    world.collect_day(3, &["--assignments", "pairs"]);
    world.assert_truth(3, all());
}

#[test]
fn an_accounts_state_comes_from_either_field_or_is_not_known() {
    for (account_state, account_status) in [(false, true), (true, false), (false, false)] {
        let world = World::of(Config { account_state, account_status, ..small() });
        world.collect_day(0, &["--assignments", "pairs", "--access-report", "none"]);
        world.assert_truth_but(0, all(), &["service_last_accessed"]);
    }
}

#[test]
fn every_partition_is_the_truth() {
    for (partition, region) in [(Partition::China, "cn-north-1"), (Partition::GovCloud, "us-gov-west-1")] {
        let world = World::of(Config { partition, region: region.to_owned(), ..small() });
        let mut command = world.collect_command(&["--assignments", "pairs"]);
        let ran = world.sandbox.ran(command.env("AWS_REGION", region).output().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        world.assert_truth(0, all());
        let prefix = format!("arn:{}:", partition.as_str());
        let foreign = format!("SELECT count(*) FROM accounts WHERE arn NOT LIKE '{prefix}%'");
        assert_eq!(world.number(&foreign), 0);
    }
}

#[test]
fn a_delegated_administrator_sees_everything_but_access_reports() {
    let world = World::of(Config { caller: Caller::DelegatedAdministrator, ..small() });
    for day in [0, 2] {
        world.collect_day(day, &[]);
        assert_eq!(strategy(&world), "pairs");
        let expected = TruthOptions { access_report: ReportDepth::None, ..all() };
        world.assert_truth_but(day, expected, &["organization_features"]);
    }
    let coverage = world.select(
        "SELECT status, reason FROM coverage WHERE resource IN ('service_last_accessed', 'organization_features')",
    );
    assert!(
        coverage.iter().all(|row| row["status"] == "unavailable" && row["reason"].is_string()),
        "{coverage:?}"
    );
    assert_eq!(world.number("SELECT count(*) FROM snapshots WHERE status = 'complete'"), 2);
    assert_eq!(world.simulator.calls().count("ListAccountAssignmentsForPrincipal"), 0);
    assert_eq!(world.simulator.calls().count("GenerateOrganizationsAccessReport"), 0);
    let required = world.collect(&["--require", "service_last_accessed"]);
    assert_eq!(required.exit, Some(4), "{}", required.stderr);
}

#[test]
fn access_reports_go_as_deep_as_asked() {
    let world = World::of(small());
    for (depth, access_report) in [
        ("accounts", ReportDepth::Accounts),
        ("ous", ReportDepth::OrganizationalUnits),
        ("root", ReportDepth::Root),
    ] {
        // Each depth has its own census, because deeper reports of earlier snapshots are carried forward.
        let db = format!("{depth}.db");
        let ran = world.collect(&["--access-report", depth, "--assignments", "pairs", "--db", &db]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        std::fs::rename(world.sandbox.path(&db), world.sandbox.path("orgcensus.db")).unwrap();
        world.assert_truth(0, TruthOptions { access_report, ..all() });
    }
}

#[test]
fn without_service_control_policies_there_are_no_access_reports() {
    for (service_control_policies, all_features) in [(false, true), (false, false)] {
        let world = World::of(Config { service_control_policies, all_features, ..small() });
        world.collect_day(0, &["--assignments", "pairs"]);
        world.assert_truth(0, all());
        let sql = "SELECT count(*) FROM coverage WHERE resource = 'service_last_accessed' AND status = 'unavailable'";
        assert_eq!(world.number(sql), 1);
        assert_eq!(world.simulator.calls().count("GenerateOrganizationsAccessReport"), 0);
    }
}

#[test]
fn a_legacy_directory_is_described_from_its_assignments() {
    let world = World::of(Config { legacy_directory: true, ..small() });
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(strategy(&world), "pairs");
    world.assert_truth_but(0, all(), &["users", "groups", "group_memberships"]);
    let sql = "SELECT count(*) FROM coverage WHERE status = 'unavailable'
               AND resource IN ('users', 'groups', 'group_memberships')";
    assert_eq!(world.number(sql), 3);
}

#[test]
fn an_account_instance_has_users_and_groups_alone() {
    let world = World::of(Config { instances: Instances::Account, ..small() });
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let sets =
        ["permission_sets", "permission_set_policies", "provisioned_permission_sets", "account_assignments"];
    let but: Vec<&str> = sets.into_iter().chain(["tags", "users", "groups", "group_memberships"]).collect();
    world.assert_truth_but(0, all(), &but);
    for resource in sets {
        let sql =
            format!("SELECT count(*) FROM coverage WHERE resource = '{resource}' AND status = 'unavailable'");
        assert_eq!(world.number(&sql), 1, "{resource}");
    }
}

#[test]
fn an_account_outside_any_organization_has_an_identity_center_all_the_same() {
    let world = World::of(Config { in_organization: false, instances: Instances::Account, ..small() });
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.number("SELECT count(*) FROM accounts"), 0);
    assert!(world.number("SELECT count(*) FROM users") > 0);
}
