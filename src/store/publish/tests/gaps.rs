//! Which gaps are recorded, and what they make of coverage.

use super::*;

#[test]
fn of_two_gaps_over_one_scope_the_one_that_tells_more_stays() {
    let mut world = World::new();
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, all("accounts")).gap(GapKind::Denied, all("accounts"));
    first.failed(GapKind::Failed, &[all("accounts")], &[], vec![]);
    // Another task that saw the scope told which keys live; what this one would have told stays unknown.
    first.failed(GapKind::Failed, &[all("users")], &[], vec![]).listed(&[all("users")], vec![]).publish();
    let gaps = "SELECT resource || kind FROM gaps WHERE resource IN ('accounts', 'users')";
    assert_eq!(world.column(gaps), ["accountsdenied", "usersfailed"]);
}

#[test]
fn a_kind_that_was_given_up_leaves_one_gap() {
    let mut world = World::new();
    let mut first = world.collect();
    for number in 0..5 {
        let mut task = new_task("list_members", &number.to_string());
        task.covers = vec![members_of(&number.to_string())];
        task.hides = vec![scope("tags", &[("resource_id", &number.to_string())])];
        first.staging.add_tasks([task]).unwrap();
    }
    first.end(Outcome::Gap { task_id: 1, failure: failure(GapKind::Denied), follow_ups: vec![], job: None });
    first.staging.stop_kind("list_members", &failure(GapKind::Denied), &[all("group_memberships")]).unwrap();
    first.publish();
    let gaps = "SELECT resource || scope FROM gaps WHERE kind = 'denied' AND resource = 'group_memberships'";
    assert_eq!(world.column(gaps), ["group_memberships{}"]);
    // What the wide gap does not cover keeps its own.
    assert_eq!(world.column("SELECT scope FROM gaps WHERE resource = 'tags' AND kind = 'denied'").len(), 5);
}

#[test]
fn what_a_given_up_kind_would_have_told_is_unknown_where_another_task_saw_the_keys() {
    let mut world = World::new();
    let of_set = |set: &str| scope("provisioned_permission_sets", &[("permission_set_arn", set)]);
    let pairs = || vec![provisioned("1", "a"), provisioned("1", "b")];
    world.collect().listed(&[of_set("a"), of_set("b")], pairs()).publish();
    let mut second = world.collect();
    for set in ["a", "b"] {
        let mut task = new_task("list_outdated", set);
        task.hides = vec![of_set(set)];
        second.staging.add_tasks([task]).unwrap();
    }
    let whole = [all("provisioned_permission_sets")];
    second.staging.stop_kind("list_outdated", &failure(GapKind::Denied), &whole).unwrap();
    let key = [("account_id", "1"), ("permission_set_arn", "a")];
    second.listed(&[of_set("a")], vec![key_only("provisioned_permission_sets", &key)]).publish();
    let stale = "SELECT key ->> 'permission_set_arn' FROM stale_rows ORDER BY 1";
    assert_eq!(world.column(stale), ["a", "b"], "of a it is known that it lives, and no more");
    let gaps = "SELECT scope FROM gaps WHERE resource = 'provisioned_permission_sets' AND snapshot_id = 2 ORDER BY 1";
    assert_eq!(world.column(gaps), [r#"{"permission_set_arn":"a"}"#, "{}"]);
}

#[test]
fn not_asked_and_unavailable_carry_rows_but_make_nothing_partial() {
    for (kind, status) in [
        (GapKind::NotAsked, CoverageStatus::NotCollected),
        (GapKind::Unavailable, CoverageStatus::Unavailable),
    ] {
        let mut world = World::new();
        world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
        let second = world.collect().gap(kind, all("accounts")).publish();
        assert_eq!(second.status, SnapshotStatus::Complete);
        assert_eq!(outcome(&second, "accounts").carried, 1);
        assert_eq!(world.column(ACCOUNTS), ["1 one"]);
        assert_eq!(coverage(&world, 2, "accounts"), (status, Some(format!("{} it was", kind.as_str()))));
    }
}

#[test]
fn a_resource_of_which_nothing_was_seen_is_not_complete() {
    for (kind, status) in [
        (GapKind::NotAsked, CoverageStatus::NotCollected),
        (GapKind::Unavailable, CoverageStatus::Unavailable),
    ] {
        let mut world = World::new();
        let mut first = world.collect();
        for resource_type in ["account", "permission_set"] {
            first.gap(kind, scope("tags", &[("resource_type", resource_type)]));
        }
        first.publish();
        assert_eq!(coverage(&world, 1, "tags").0, status);
    }
}

#[test]
fn a_narrower_unasked_scope_leaves_a_resource_complete() {
    let mut world = World::new();
    let one = scope("accounts", &[("account_id", "1")]);
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, one).listed(&[scope("accounts", &[("account_id", "2")])], vec![]).publish();
    assert_eq!(coverage(&world, 1, "accounts"), (CoverageStatus::Complete, None));
    // Children without any scope are complete when their parents are: there was nobody to ask.
    world.collect().listed(&[all("groups")], vec![]).publish();
}
