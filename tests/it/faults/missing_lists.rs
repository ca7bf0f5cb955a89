//! Good answers that lack their list. The SDK reads them as empty ones.

use std::time::{Duration, Instant};

use orgcensus::simulator::{Action, Config, Fault};
use orgcensus::store::SnapshotStatus;
use rusqlite::Connection;
use serde_json::json;

use crate::gaps::{
    ARGUMENTS, DAY, after_day_0, after_day_0_of, assert_kept, assert_survived, borrowed, collect,
    collect_impatiently, gaps_found, held, one, scopes_that_follow_from_accounts, truth,
};
use crate::world::{World, assert_same, small};

#[test]
fn once() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    let listings = [
        "ListPermissionSets",
        "ListManagedPoliciesInPermissionSet",
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        "sso-admin:ListTagsForResource",
        "ListAccountsForProvisionedPermissionSet",
        "ListAccountAssignments",
        "ListUsers",
        "ListGroups",
        "ListGroupMemberships",
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccounts",
        "organizations:ListTagsForResource",
        "GetOrganizationsAccessReport",
    ];
    for operation in listings {
        faults.add(Fault::on(operation, Action::MissingListKey).times(1));
    }
    let ran = collect(&world);
    assert_eq!(faults.struck().values().sum::<usize>(), listings.len());
    assert_survived(&world, &ran);
}

#[test]
fn for_ever() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for operation in ["ListUsers", "ListGroups", "ListAccounts"] {
        faults.add(Fault::on(operation, Action::MissingListKey));
    }
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    let told =
        world.select("SELECT DISTINCT error_code, error_message FROM gaps WHERE operation LIKE '%ListUsers'");
    assert_eq!(told[0]["error_code"], "UnreadableAnswer");
    assert!(told[0]["error_message"].as_str().unwrap().contains("it holds no Users"), "{told:?}");
    let mut gaps = vec![
        ("users", json!({})),
        ("groups", json!({})),
        ("group_memberships", json!({})),
        ("accounts", json!({})),
    ];
    gaps.extend(scopes_that_follow_from_accounts());
    assert_kept(&world, &gaps, "failed");
}

/// Asserts that an operation that may omit some empty lists is doubted if it omits all of them.
fn assert_no_list_is_no_evidence(operation: &str, resource: &str) {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(operation, Action::MissingListKey));
    collect_impatiently(&world);
    let gaps = gaps_found(&world);
    assert!(gaps.iter().any(|(hidden, _)| hidden == resource), "{gaps:?}");
    assert_kept(&world, &borrowed(&gaps), "failed");
}

#[test]
fn of_every_pair() {
    assert_no_list_is_no_evidence("ListAccountAssignments", "account_assignments");
}

#[test]
fn of_the_permission_sets() {
    assert_no_list_is_no_evidence("ListPermissionSets", "permission_sets");
}

#[test]
fn of_all_that_is_provisioned() {
    assert_no_list_is_no_evidence("ListAccountsForProvisionedPermissionSet", "provisioned_permission_sets");
}

#[test]
fn of_every_parent() {
    assert_no_list_is_no_evidence("ListOrganizationalUnitsForParent", "organizational_units");
}

#[test]
fn of_everybodys_tags() {
    assert_no_list_is_no_evidence("organizations:ListTagsForResource", "tags");
}

#[test]
fn of_one_group() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let fault = Fault::on("ListGroupMemberships", Action::MissingListKey).containing(&group_id);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    assert_kept(&world, &[("group_memberships", json!({ "group_id": group_id }))], "failed");
}

#[test]
fn where_empty_lists_are_sent() {
    let world = after_day_0();
    // When the last sets are asked, a set without tags has shown that the operation sends an empty list.
    let sets = truth(&world, DAY, "permission_sets").len();
    let fault = Fault::on("sso-admin:ListTagsForResource", Action::MissingListKey)
        .containing(":permissionSet/")
        .from_call(sets - 1);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    let gaps = gaps_found(&world);
    assert!(!gaps.is_empty() && gaps.iter().all(|(resource, _)| resource == "tags"), "{gaps:?}");
    eprintln!(
        "GAPS {gaps:?} {:?}",
        world
            .simulator
            .calls()
            .all()
            .iter()
            .filter(|c| c.operation == "ListTagsForResource")
            .map(|c| c.body.clone())
            .collect::<Vec<_>>()
    );
    assert_kept(&world, &borrowed(&gaps), "failed");
}

#[test]
fn where_empty_lists_are_left_out() {
    // A page that lost its list in the middle of a listing with deleted rows is doubted, which another test covers.
    let world = after_day_0_of(Config { empty_lists: false, empty_pages: false, ..small() });
    let ran = collect(&world);
    assert_survived(&world, &ran);
}

/// Collects without the root's tags. The root is asked first, so that only later answers show whether its answer
/// without a list can be trusted.
fn without_the_roots_tags(empty_lists: bool) -> (World, String) {
    let world = World::of(Config { empty_lists, ..small() });
    let faults = world.simulator.faults();
    let root_id = one(&world, "roots", "root_id");
    let tags = "organizations:ListTagsForResource";
    faults.add(Fault::on(tags, Action::MissingListKey).containing(&root_id));
    for operation in ["ListAccounts", "ListOrganizationalUnitsForParent"] {
        faults.add(Fault::on(operation, Action::Throttle { retry_after_seconds: None }).times(6));
    }
    (world, root_id)
}

#[test]
fn of_the_first_that_is_asked() {
    let (world, _) = without_the_roots_tags(false);
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    assert_eq!(world.number("SELECT count(*) FROM tags WHERE resource_type = 'root'"), 0);
}

#[test]
fn where_a_later_answer_sends_an_empty_one() {
    let (world, root_id) = without_the_roots_tags(true);
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let scope = json!({ "resource_id": root_id, "resource_type": "root" });
    assert_eq!(gaps_found(&world), [("tags".to_owned(), scope)]);
}

/// Rows of the last snapshot do not end without evidence, regardless of whether other answers omit empty lists or send
/// them.
#[test]
fn of_one_that_is_known() {
    let listings = [
        ("ListAccountAssignments", "account_assignments", &["account_id", "permission_set_arn"][..]),
        ("ListManagedPoliciesInPermissionSet", "permission_set_policies", &["permission_set_arn"]),
        (
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "permission_set_policies",
            &["permission_set_arn"],
        ),
        ("sso-admin:ListTagsForResource", "tags", &["resource_id"]),
        ("organizations:ListTagsForResource", "tags", &["resource_id"]),
        ("ListOrganizationalUnitsForParent", "organizational_units", &["parent_id"]),
    ];
    for (operation, resource, columns) in listings {
        let world = World::of(Config { empty_lists: false, ..small() });
        world.collect_day(0, &ARGUMENTS);
        let kind = match operation {
            "ListManagedPoliciesInPermissionSet" => "kind = 'aws_managed'",
            "ListCustomerManagedPolicyReferencesInPermissionSet" => "kind = 'customer_managed'",
            "sso-admin:ListTagsForResource" => "resource_type = 'permission_set'",
            "organizations:ListTagsForResource" => "resource_type <> 'permission_set'",
            _ => "1",
        };
        let rows = world.select(&format!("SELECT * FROM {resource} WHERE {kind} LIMIT 1"));
        let id = |column: &str| rows[0][column].as_str().unwrap().to_owned();
        let before = held(&world, resource);
        let mut fault = Fault::on(operation, Action::MissingListKey);
        for column in columns {
            fault = fault.containing(&id(column));
        }
        world.simulator.faults().add(fault);
        let summary = collect_impatiently(&world);
        assert_eq!(summary.published.status, SnapshotStatus::Partial, "{operation}");
        let hidden: Vec<_> =
            gaps_found(&world).into_iter().filter(|(hidden, _)| hidden == resource).collect();
        assert!(
            hidden.iter().any(|(_, scope)| scope[columns[0]] == *id(columns[0])),
            "{operation}: {hidden:?}"
        );
        assert_same(resource, &held(&world, resource), &before);
        world.simulator.faults().clear();
        assert_eq!(collect(&world).exit, Some(0), "{operation}");
    }
}

/// Returns a census of day 0, followed by one in which the listing of a known set's accounts lacks its list.
fn without_what_is_provisioned(empty_lists: bool) -> (World, String) {
    let world = World::of(Config { empty_lists, changes_per_day: 0, ..small() });
    world.collect_day(0, &ARGUMENTS);
    let set = one(&world, "provisioned_permission_sets", "permission_set_arn");
    let listing = "ListAccountsForProvisionedPermissionSet";
    world.simulator.faults().add(Fault::on(listing, Action::MissingListKey).containing(&set));
    (world, set)
}

/// AWS is known to omit this list if it is empty. Existing assignments are still kept.
#[test]
fn that_aws_leaves_out_where_it_is_empty() {
    let (world, set) = without_what_is_provisioned(false);
    let of_set = |rows: orgcensus::simulator::Rows| -> orgcensus::simulator::Rows {
        rows.into_iter().filter(|row| row["permission_set_arn"] == *set).collect()
    };
    let assigned = of_set(held(&world, "account_assignments"));
    assert!(!assigned.is_empty());
    for _ in 0..2 {
        let ran = collect(&world);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert_eq!(world.gaps(), []);
        assert_eq!(of_set(held(&world, "provisioned_permission_sets")), []);
        assert_same("account_assignments", &of_set(held(&world, "account_assignments")), &assigned);
    }
}

#[test]
fn that_others_send_although_aws_leaves_it_out() {
    let (world, set) = without_what_is_provisioned(true);
    let before = held(&world, "provisioned_permission_sets");
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    let hidden = ("provisioned_permission_sets".to_owned(), json!({ "permission_set_arn": set }));
    assert!(gaps_found(&world).contains(&hidden), "{:?}", world.gaps());
    assert_same("provisioned_permission_sets", &held(&world, "provisioned_permission_sets"), &before);
}

/// A resumed run knows what the first run has learned.
#[test]
fn after_a_resume() {
    let world = World::of(Config { latency: Duration::from_millis(5), ..small() });
    let sets = truth(&world, 0, "permission_sets").len();
    let mut child = world.spawn(&ARGUMENTS);
    let tags = |world: &World| world.simulator.calls().count("sso-admin:ListTagsForResource");
    let begun = Instant::now();
    // Three sets were answered, one of them without tags.
    let none = |world: &World| {
        let untagged =
            "SELECT count(*) FROM notes WHERE name = 'sends_empty_lists:sso-admin:ListTagsForResource'";
        Connection::open(world.sandbox.path("orgcensus.db.collecting"))
            .and_then(|staging| staging.query_row(untagged, [], |row| row.get::<_, i64>(0)))
            .unwrap_or(0)
            == 0
    };
    while none(&world) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} answers", tags(&world));
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(sets > 1);
    world.simulator.faults().add(Fault::on("sso-admin:ListTagsForResource", Action::MissingListKey));
    collect_impatiently(&world);
    let asked_again = world.number(
        "SELECT count(*) FROM gaps WHERE resource = 'tags' AND operation = 'sso-admin:ListTagsForResource'",
    );
    assert!(asked_again > 0, "{:?}", world.gaps());
}
