//! Tests of the effect of parents on their children's rows.

use super::*;

#[test]
fn children_of_a_vanished_parent_are_closed_without_being_asked_for() {
    let mut world = World::new();
    publish_two_groups(&mut world);
    let mut second = world.collect();
    second.listed(&[all("groups")], vec![group("h")]);
    second.listed(&[members_of("h")], vec![member("h", "1")]);
    let second = second.publish();
    assert_eq!(outcome(&second, "group_memberships").removed, 1);
    assert_eq!(world.column(MEMBERS), ["h1"]);
}

#[test]
fn children_of_a_parent_under_a_gap_are_carried() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("g")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]).publish();
    world.collect().failed(GapKind::Denied, &[all("groups")], &[all("group_memberships")], vec![]).publish();
    assert_eq!(world.column(MEMBERS), ["g1"]);
}

#[test]
fn staged_children_of_a_parent_that_vanished_in_mid_run_are_dropped() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]);
    let first = first.publish();
    assert_eq!(outcome(&first, "group_memberships").dropped, 1);
    assert_eq!(world.column(MEMBERS), ["h1"]);
}

#[test]
fn a_staged_key_is_parent_enough() {
    let mut world = World::new();
    let arn = [("permission_set_arn", "s")];
    let mut first = world.collect();
    first.listed(&[all("permission_sets")], vec![key_only("permission_sets", &arn)]);
    first.failed(GapKind::Failed, &[scope("permission_sets", &arn)], &[], vec![]);
    first.listed(&[scope("provisioned_permission_sets", &arn)], vec![provisioned("1", "s")]).publish();
    let rows = world.column("SELECT account_id FROM provisioned_permission_sets");
    assert_eq!(rows, ["1"]);
}

/// Publishes one permission set provisioned to two accounts, with one assignment each.
fn with_assignments(world: &mut World, strategy: &str) {
    let arn = [("permission_set_arn", "s")];
    let mut first = world.collect();
    first.strategy(strategy).listed(&[all("permission_sets")], vec![permission_set("s")]);
    let rows = vec![provisioned("1", "s"), provisioned("2", "s")];
    first.listed(&[scope("provisioned_permission_sets", &arn)], rows);
    for account in ["1", "2"] {
        let pair = scope("account_assignments", &[("account_id", account), ("permission_set_arn", "s")]);
        first.listed(&[pair], vec![assigned(account, "s", "u")]);
    }
    first.publish();
    assert_eq!(world.column(ASSIGNED), ["1su", "2su"]);
}

fn pair(account: &str) -> Scope {
    scope("account_assignments", &[("account_id", account), ("permission_set_arn", "s")])
}

#[test]
fn by_pairs_what_is_still_assigned_outlives_its_pair() {
    let mut world = World::new();
    with_assignments(&mut world, "pairs");
    let mut second = world.collect();
    second.strategy("pairs").listed(&[all("permission_sets")], vec![permission_set("s")]);
    second.listed(&[scope("provisioned_permission_sets", &[("permission_set_arn", "s")])], vec![]);
    second.listed(&[pair("1")], vec![assigned("1", "s", "u")]);
    second.listed(&[pair("2")], vec![]);
    let second = second.publish();
    assert_eq!(outcome(&second, "account_assignments").dropped, 0);
    assert_eq!(world.column(ASSIGNED), ["1su"]);
}

#[test]
fn by_pairs_what_is_still_assigned_outlives_its_set() {
    let mut world = World::new();
    with_assignments(&mut world, "pairs");
    let mut second = world.collect();
    second.strategy("pairs").listed(&[all("permission_sets")], vec![]);
    second.listed(&[pair("1")], vec![assigned("1", "s", "u")]);
    second.failed(GapKind::Denied, &[pair("2")], &[], vec![]).publish();
    assert_eq!(world.column(ASSIGNED), ["1su", "2su"]);
    assert!(world.column("SELECT account_id FROM provisioned_permission_sets").is_empty());
    let mut third = world.collect();
    third.strategy("pairs").listed(&[all("permission_sets"), pair("1"), pair("2")], vec![]).publish();
    assert!(world.column(ASSIGNED).is_empty());
}

#[test]
fn by_principals_nothing_provisioned_says_nothing_of_assignments() {
    let mut world = World::new();
    with_assignments(&mut world, "principals");
    let arn = [("permission_set_arn", "s")];
    let of_user = scope("account_assignments", &[("principal_id", "u"), ("principal_type", "USER")]);
    let mut second = world.collect();
    second.strategy("principals").listed(&[all("permission_sets")], vec![permission_set("s")]);
    second.listed(&[scope("provisioned_permission_sets", &arn)], vec![]);
    second.listed(std::slice::from_ref(&of_user), vec![assigned("1", "s", "u")]).publish();
    assert_eq!(world.column(ASSIGNED), ["1su"]);
    let mut third = world.collect();
    third.strategy("principals").gap(GapKind::Failed, all("account_assignments")).publish();
    assert_eq!(world.column(ASSIGNED), ["1su"]);
}

#[test]
fn tags_go_with_what_they_are_on_and_with_nothing_else() {
    let mut world = World::new();
    let tag =
        |kind: &str, id: &str| row("tags", &[("resource_type", kind), ("resource_id", id), ("key", "k")]);
    let of = |kind: &str, id: &str| scope("tags", &[("resource_type", kind), ("resource_id", id)]);
    let mut first = world.collect();
    first.listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")]));
    first.listed(&[all("roots")], vec![row("roots", &[("root_id", "1")])]);
    for (kind, id) in [("account", "1"), ("account", "2"), ("root", "1")] {
        first.listed(&[of(kind, id)], vec![tag(kind, id)]);
    }
    first.publish();
    let mut second = world.collect();
    second.listed(&[all("accounts")], accounts(&[("2", "two")]));
    second.listed(&[all("roots")], vec![row("roots", &[("root_id", "1")])]);
    second.failed(GapKind::Denied, &[all("tags")], &[], vec![]).publish();
    let tags = world.column("SELECT resource_type || resource_id FROM tags ORDER BY 1");
    assert_eq!(tags, ["account2", "root1"]);
}
