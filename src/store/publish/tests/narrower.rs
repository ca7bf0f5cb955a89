//! Tests of rows that were seen under a wider gap, and of rows that were only carried.

use super::*;

#[test]
fn a_gap_shows_in_when_a_row_was_last_seen_and_when_the_next_began() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
    world.collect().failed(GapKind::Denied, &[all("accounts")], &[], vec![]).publish();
    let life = "SELECT last_seen_at || ' ' || coalesce(not_before, '-') FROM accounts_history ORDER BY account_id, valid_from";
    assert_eq!(world.column(life), ["2026-01-02T00:10:00Z -"]);
    // The second snapshot did not look, so the second account may have been created before it.
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    assert_eq!(world.column(life), ["2026-01-04T00:10:00Z -", "2026-01-04T00:10:00Z 2026-01-02T00:00:00Z"]);
}

#[test]
fn what_is_seen_under_a_wider_gap_is_kept_and_nothing_else() {
    let mut world = World::new();
    let mut first = world.collect();
    first.failed(
        GapKind::Failed,
        &[all("groups")],
        &[all("group_memberships")],
        vec![group("g"), group("h")],
    );
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.failed(GapKind::Failed, &[members_of("h")], &[], vec![]);
    first.listed(&[scope("group_memberships", &[("group_id", "h"), ("user_id", "1")])], vec![]);
    first.listed(&[scope("accounts", &[("account_id", "1")]), all("accounts")], vec![]);
    first.publish();
    let kept = "SELECT resource || ' ' || scope FROM seen_under_gaps ORDER BY 1";
    let expected =
        [r#"group_memberships {"group_id":"g"}"#, r#"group_memberships {"group_id":"h","user_id":"1"}"#];
    assert_eq!(world.column(kept), expected);
    let gaps = "SELECT scope || ' ' || seen_columns FROM gaps WHERE seen_columns IS NOT NULL ORDER BY scope";
    let (of_h, of_all) =
        (r#"{"group_id":"h"} [["group_id","user_id"]]"#, r#"{} [["group_id","user_id"],["group_id"]]"#);
    assert_eq!(world.column(gaps), [of_h, of_all]);
}

#[test]
fn the_gaps_own_scope_is_not_narrower_than_the_gap() {
    let mut world = World::new();
    let set = [("permission_set_arn", "a")];
    let mut first = world.collect();
    first.listed(&[all("permission_sets")], vec![key_only("permission_sets", &set)]);
    first.failed(GapKind::Denied, &[all("permission_sets")], &[], vec![]).publish();
    assert!(world.column("SELECT scope FROM seen_under_gaps").is_empty());
}

#[test]
fn a_listing_by_key_shows_nothing_under_a_gap_of_details() {
    let mut world = World::new();
    let of_type = |name: &str| scope("organization_policies", &[("type", name)]);
    let policy = |make: fn(&str, &[(&str, &str)]) -> Row, id: &str, name: &str| {
        make("organization_policies", &[("policy_id", id), ("type", name)])
    };
    let mut first = world.collect();
    let listed =
        vec![policy(key_only, "p-1", "A"), policy(key_only, "p-2", "A"), policy(key_only, "p-3", "B")];
    first.listed(&[of_type("A"), of_type("B"), of_type("C")], listed);
    first.gap(GapKind::Failed, all("organization_policies"));
    for (id, name) in [("p-1", "A"), ("p-3", "B")] {
        first.listed(&[scope("organization_policies", &[("policy_id", id)])], vec![policy(row, id, name)]);
    }
    first.publish();
    // The second policy of type A was never described. All policies of type B were described, and type C has none.
    let expected = [r#"{"policy_id":"p-1"}"#, r#"{"policy_id":"p-3"}"#, r#"{"type":"B"}"#, r#"{"type":"C"}"#];
    assert_eq!(world.column("SELECT scope FROM seen_under_gaps ORDER BY 1"), expected);
}

#[test]
fn a_kept_scope_reads_as_every_other_scope_does() {
    let mut world = World::new();
    let odd = scope("groups", &[("group_id", "a \"b\" \\ \u{1}\n é 🦀 'c' /"), ("display_name", "")]);
    world.collect().failed(GapKind::Failed, &[all("groups")], &[], vec![]).seen(odd.clone()).publish();
    assert_eq!(world.column("SELECT scope FROM seen_under_gaps"), [odd.json()]);
}

#[test]
fn a_row_seen_under_a_wider_gap_was_seen_and_one_beside_it_was_not() {
    let mut world = World::new();
    for _ in 0..2 {
        publish_two_groups(&mut world);
    }
    let mut third = world.collect();
    third.failed(GapKind::Failed, &[all("groups")], &[all("group_memberships")], vec![group("g")]);
    third.listed(&[members_of("g")], vec![member("g", "1"), member("g", "2")]).publish();
    let seen = "SELECT group_id || user_id || ' ' || substr(last_seen_at, 1, 10) || ' '
                || coalesce(substr(not_before, 1, 10), '-') FROM group_memberships_history ORDER BY 1";
    assert_eq!(world.column(seen), ["g1 2026-01-04 -", "g2 2026-01-04 2026-01-03", "h1 2026-01-03 -"]);
    world
        .collect()
        .listed(&[members_of("g")], vec![member("g", "1"), member("g", "3")])
        .listed(&[members_of("h")], vec![member("h", "1"), member("h", "3")])
        .publish();
    // The third snapshot saw all of g, so only new rows of h may have existed before.
    let new = "SELECT group_id || substr(not_before, 1, 10) FROM group_memberships_history WHERE user_id = '3' ORDER BY 1";
    assert_eq!(world.column(new), ["g2026-01-04", "h2026-01-03"]);
}

#[test]
fn carried_rows_are_listed_with_what_hid_them() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")]));
    first.listed(&[all("groups")], vec![group("g"), group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]).publish();
    let mut second = world.collect();
    second.failed(GapKind::Denied, &[all("accounts")], &[], accounts(&[("2", "zwei"), ("3", "three")]));
    second.failed(
        GapKind::Failed,
        &[all("groups")],
        &[all("group_memberships")],
        vec![group("g"), group("h")],
    );
    second.listed(&[members_of("g")], vec![member("g", "1")]);
    second.failed(GapKind::Denied, &[members_of("h")], &[], vec![]).publish();
    let mut third = world.collect();
    third.listed(&[all("accounts")], accounts(&[("2", "zwei")])).listed(&[all("groups")], vec![]).publish();

    let sql = "SELECT resource || ' ' || key || ' ' || substr(last_seen_at, 1, 10) || ' ' || gap FROM stale_rows ORDER BY 1";
    let gap = |scope: &str, kind: &str| {
        format!(
            r#"{{"scope":{scope},"kind":"{kind}","operation":"organizations:ListAccounts","error_code":"AccessDeniedException"}}"#
        )
    };
    let mut census = world.census();
    assert!(column(census.connection(), sql).is_empty());
    census.answer_as_of(1).unwrap();
    assert!(column(census.connection(), sql).is_empty());
    census.answer_as_of(2).unwrap();
    let expected = [
        format!(r#"accounts {{"account_id":"1"}} 2026-01-02 {}"#, gap("{}", "denied")),
        format!(
            r#"group_memberships {{"group_id":"h","user_id":"1"}} 2026-01-02 {}"#,
            gap(r#"{"group_id":"h"}"#, "denied")
        ),
        format!(r#"groups {{"group_id":"g"}} 2026-01-02 {}"#, gap("{}", "failed")),
        format!(r#"groups {{"group_id":"h"}} 2026-01-02 {}"#, gap("{}", "failed")),
    ];
    assert_eq!(column(census.connection(), sql), expected);
}

#[test]
fn carried_rows_are_found_from_the_gaps() {
    let world = World::new();
    let plan: Vec<String> = world
        .database
        .connection()
        .prepare("EXPLAIN QUERY PLAN SELECT * FROM stale_rows")
        .unwrap()
        .query_map([], |row| row.get(3))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    // The rows of a resource are walked only for a gap that names no part of their key, and only after that gap was
    // found.
    for (step, line) in
        plan.iter().enumerate().filter(|(_, line)| line.contains("AUTOMATIC") || line.starts_with("SCAN v"))
    {
        let before: Vec<_> = plan[..step].iter().rev().take(4).collect();
        assert!(before.iter().any(|line| line.starts_with("SEARCH n ")), "{line}: {plan:#?}");
    }
}
