//! Tests of the recorded gaps and their effect on coverage.

use super::*;
use crate::store::{Census, Coverage, Database, Failure, schema};

#[test]
fn of_two_gaps_over_one_scope_the_one_that_tells_more_stays() {
    let mut world = World::new();
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, all("accounts")).gap(GapKind::Denied, all("accounts"));
    first.failed(GapKind::Failed, &[all("accounts")], &[], vec![]);
    // Another task that saw the scope reported which keys exist. The part that this task would have reported stays
    // unknown.
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
    first.end(Outcome::Gap {
        task_id: 1,
        failure: failure(GapKind::Denied),
        follow_ups: vec![],
        facts: vec![],
    });
    first
        .staging
        .stop_kind("list_members", "lane", &failure(GapKind::Denied), &[all("group_memberships")])
        .unwrap();
    first.publish();
    let gaps = "SELECT resource || scope FROM gaps WHERE kind = 'denied' AND resource = 'group_memberships'";
    assert_eq!(world.column(gaps), ["group_memberships{}"]);
    // Scopes that the wide gap does not cover keep their own gaps.
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
    second.staging.stop_kind("list_outdated", "lane", &failure(GapKind::Denied), &whole).unwrap();
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
fn a_narrower_unasked_scope_limits_a_resource() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    let one = scope("accounts", &[("account_id", "1")]);
    let two = [scope("accounts", &[("account_id", "2")])];
    let second =
        world.collect().gap(GapKind::NotAsked, one).listed(&two, accounts(&[("2", "two")])).publish();
    assert_eq!(second.status, SnapshotStatus::Complete);
    let found =
        world.census().coverage(2).unwrap().into_iter().find(|one| one.resource == "accounts").unwrap();
    assert_eq!((found.status, found.not_asked, found.carried), (CoverageStatus::Limited, 1, Some(1)));
    assert_eq!(found.reason.as_deref(), Some("not_asked it was"));
    world.database.connection().execute_batch("UPDATE coverage SET carried = NULL").unwrap();
    assert_eq!(world.census().coverage(2).unwrap()[3].carried, Some(1), "counted when it is read");
}

#[test]
fn any_resource_can_be_limited() {
    for spec in crate::model::RESOURCES {
        let mut world = World::new();
        let of = |value: &str| scope(spec.name, &[(spec.key[0], value)]);
        let mut first = world.collect();
        first.gap(GapKind::NotAsked, of("a")).gap(GapKind::NotAsked, of("b")).listed(&[of("c")], vec![]);
        assert_eq!(first.publish().status, SnapshotStatus::Complete);
        let counts =
            format!("SELECT status || not_asked || carried FROM coverage WHERE resource = '{}'", spec.name);
        assert_eq!(world.column(&counts), ["limited20"], "{}", spec.name);
    }
}

#[test]
fn a_stopped_kind_is_counted_by_its_tasks() {
    let mut world = World::new();
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, scope("group_memberships", &[("user_id", "1")]));
    first.listed(&[members_of("seen")], vec![]);
    for number in 0..5 {
        let mut task = new_task("list_members", &number.to_string());
        task.covers = vec![members_of(&number.to_string())];
        first.staging.add_tasks([task]).unwrap();
    }
    let left = Failure { observed_at: "2026-01-02T00:00:00Z".to_owned(), ..failure(GapKind::NotAsked) };
    first.staging.stop_kind("list_members", "lane", &left, &[all("group_memberships")]).unwrap();
    first.publish();
    // There are five tasks, and the scope that no task stands for. The one gap over all scopes belongs to the five.
    let counts = "SELECT status || not_asked FROM coverage WHERE resource = 'group_memberships'";
    assert_eq!(world.column(counts), ["limited6"]);
}

#[test]
fn an_older_snapshots_limit_is_derived_from_its_gaps() {
    let mut world = World::new();
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, scope("accounts", &[("account_id", "1")]));
    first.gap(GapKind::NotAsked, scope("accounts", &[("account_id", "2")]));
    first
        .listed(&[scope("accounts", &[("account_id", "3")])], vec![])
        .listed(&[all("users")], vec![])
        .publish();
    let before = world.column("SELECT group_concat(content_hash || facts_hash) FROM snapshot_hashes");
    let as_it_was = "UPDATE coverage SET not_asked = NULL, carried = NULL, reason = NULL, status = 'complete'
                     WHERE status IN ('complete', 'limited')";
    world.database.connection().execute_batch(as_it_was).unwrap();
    assert_eq!(
        coverage(&world, 1, "accounts"),
        (CoverageStatus::Limited, Some("not_asked it was".to_owned()))
    );
    assert_eq!(coverage(&world, 1, "users"), (CoverageStatus::Complete, None));
    let found = &world.database.coverage(1).unwrap()[3];
    assert_eq!((found.resource.as_str(), found.not_asked, found.carried), ("accounts", 2, Some(0)));
    // Statements read the derived status, while the stored row stays unchanged.
    let statuses =
        "SELECT status || not_asked FROM coverage WHERE resource IN ('accounts', 'users') ORDER BY resource";
    assert_eq!(column(world.census().connection(), statuses), ["limited2", "complete0"]);
    assert_eq!(
        world.column("SELECT DISTINCT status FROM coverage WHERE resource = 'accounts'"),
        ["complete"]
    );
    assert_eq!(world.column("SELECT group_concat(content_hash || facts_hash) FROM snapshot_hashes"), before);
}

#[test]
fn the_migration_changes_no_snapshots_proof() {
    let mut world = World::claimed();
    for limited in [false, true, true, true] {
        let mut collection = world.collect();
        let covered = if limited {
            collection.gap(GapKind::NotAsked, scope("accounts", &[("account_id", "1")]));
            scope("accounts", &[("account_id", "2")])
        } else {
            all("accounts")
        };
        collection.listed(&[covered], accounts(&[("2", "two")])).publish();
    }
    let older = "UPDATE coverage SET not_asked = NULL, carried = NULL, status = replace(status, 'limited', 'complete'),
                     reason = CASE WHEN status <> 'limited' THEN reason END; DELETE FROM snapshot_hashes";
    world.database.connection().execute_batch(older).unwrap();
    world.rehash();
    world.database.prune(&[2]).unwrap();
    schema::downgrade(world.database.connection(), 3);
    let proof = "SELECT group_concat(concat_ws(' ', snapshot_id, snapshot_hash, notes_hash, pruned_at)) FROM snapshot_hashes";
    let before = world.column(proof);
    let statuses = |census: &Census| [1, 3, 4].map(|id| status_of(&census.coverage(id).unwrap(), "accounts"));
    let expected = [CoverageStatus::Complete, CoverageStatus::Limited, CoverageStatus::Limited];
    // The first pass reads the file as it is. The second reads it after this program migrated it.
    for _ in 0..2 {
        let census = world.census();
        census.verify().unwrap();
        assert_eq!(statuses(&census), expected);
        drop(census);
        (world.database, _) = Database::open_or_create(&world.path).unwrap();
    }
    assert_eq!(world.column(proof), before);
    assert_eq!(world.column("SELECT status FROM coverage WHERE resource = 'accounts'"), ["complete"; 3]);
}

fn status_of(coverage: &[Coverage], resource: &str) -> CoverageStatus {
    coverage.iter().find(|one| one.resource == resource).unwrap().status
}
