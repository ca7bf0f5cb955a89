//! Tests of the derived views, for the latest snapshot and as of another, and of their query plans.

use super::*;

fn user(id: &str, name: &str, title: &str) -> Row {
    row("users", &[("user_id", id), ("user_name", name), ("title", title)])
}

fn granted(account: &str, set: &str, kind: &str, principal: &str) -> Row {
    row(
        "account_assignments",
        &[
            ("account_id", account),
            ("permission_set_arn", set),
            ("principal_type", kind),
            ("principal_id", principal),
        ],
    )
}

/// Returns a world of three days. Day 1: ann has access directly, bob through g. Day 2: ann's title changes and she
/// joins g. Day 3: bob leaves g.
fn world() -> World {
    let mut world = World::new();
    for (title, members) in [("old", vec!["bob"]), ("new", vec!["ann", "bob"]), ("new", vec!["ann"])] {
        let mut collection = world.collect();
        collection.listed(&[all("accounts")], accounts(&[("1", "one")]));
        collection.listed(&[all("users")], vec![user("ann", "Ann", title), user("bob", "Bob", "old")]);
        collection.listed(&[all("groups")], vec![group("g"), group("empty")]);
        collection.listed(&[members_of("g")], members.iter().map(|user| member("g", user)).collect());
        collection.listed(&[members_of("empty")], vec![]);
        let rows = vec![
            granted("1", "s", "USER", "ann"),
            granted("1", "s", "GROUP", "g"),
            granted("1", "s", "GROUP", "empty"),
            granted("1", "s", "USER", "nobody"),
            granted("2", "s", "GROUP", "vanished"),
        ];
        collection.listed(&[all("account_assignments")], rows);
        collection.publish();
    }
    world
}

const ACCESS: &str = "SELECT user_name || ' ' || account_id || ' ' || coalesce(account_name, '-') || ' ' || via || ' '
    || coalesce(substr(not_before, 1, 10), '-') || ' ' || substr(first_seen_at, 1, 10) FROM effective_access ORDER BY 1";

#[test]
fn effective_access_lists_every_way_and_since_when() {
    let world = world();
    let mut census = world.census();
    let access = |census: &crate::store::Census| column(census.connection(), ACCESS);
    let ann = "Ann 1 one direct - 2026-01-02";
    let bob = "Bob 1 one group - 2026-01-02";
    let joined = "Ann 1 one group 2026-01-02 2026-01-03";
    assert_eq!(access(&census), [ann, joined]);
    census.answer_as_of(2).unwrap();
    assert_eq!(access(&census), [ann, joined, bob]);
    census.answer_as_of(1).unwrap();
    assert_eq!(access(&census), [ann, bob]);
}

#[test]
fn a_way_is_one_row_of_history_however_often_the_user_changes() {
    let world = world();
    let mut census = world.census();
    let sql = "SELECT user_name || ' ' || via || ' ' || substr(first_seen_at, 1, 10) || ' ' || substr(last_seen_at, 1, 10)
        || ' ' || coalesce(substr(gone_at, 1, 10), '-') FROM effective_access_history ORDER BY 1";
    assert_eq!(
        column(census.connection(), sql),
        [
            "Ann direct 2026-01-02 2026-01-04 -",
            "Ann group 2026-01-03 2026-01-04 -",
            "Bob group 2026-01-02 2026-01-03 2026-01-04",
        ]
    );
    census.answer_as_of(2).unwrap();
    assert_eq!(
        column(census.connection(), sql),
        [
            "Ann direct 2026-01-02 2026-01-03 -",
            "Ann group 2026-01-03 2026-01-03 -",
            "Bob group 2026-01-02 2026-01-03 -",
        ]
    );
}

#[test]
fn a_deleted_user_has_no_access_and_the_way_ends_with_the_user() {
    let mut world = world();
    let mut fourth = world.collect();
    fourth.listed(&[all("users")], vec![user("bob", "Bob", "old")]);
    fourth.gap(GapKind::Failed, all("account_assignments")).gap(GapKind::Failed, all("group_memberships"));
    fourth.publish();
    assert!(world.column("SELECT user_id FROM effective_access").is_empty());
    let gone =
        "SELECT via || substr(gone_at, 1, 10) FROM effective_access_history WHERE user_id = 'ann' ORDER BY 1";
    assert_eq!(world.column(gone), ["direct2026-01-05", "group2026-01-05"]);
}

#[test]
fn a_way_that_ends_and_begins_again_is_two_rows_of_history() {
    let mut world = world();
    let mut fourth = world.collect();
    fourth.listed(&[members_of("g")], vec![member("g", "ann"), member("g", "bob")]);
    fourth.publish();
    let bob =
        "SELECT substr(first_seen_at, 1, 10) FROM effective_access_history WHERE user_id = 'bob' ORDER BY 1";
    assert_eq!(world.column(bob), ["2026-01-02", "2026-01-05"]);
}

/// Tests the bounds of a path that is joined from an assignment and a membership, each with its own gaps.
#[test]
fn the_bounds_of_a_way_are_what_is_known_of_its_parts() {
    let mut world = world();
    let assigned = || vec![granted("1", "s", "GROUP", "g"), granted("1", "s", "USER", "ann")];
    let people = || vec![user("ann", "Ann", "new"), user("bob", "Bob", "old")];
    // In the fourth snapshot the members of g are hidden. In the fifth carl is new and bob is seen to be gone. In the
    // sixth bob is back and assignments are hidden. In the seventh none of them is seen.
    let mut fourth = world.collect();
    fourth.listed(&[all("users")], people()).listed(&[all("groups")], vec![group("g")]);
    fourth.failed(GapKind::Denied, &[members_of("g")], &[], vec![]);
    fourth.listed(&[all("account_assignments")], assigned()).publish();
    let mut fifth = world.collect();
    fifth.listed(&[all("users")], vec![user("ann", "Ann", "new"), user("carl", "Carl", "")]);
    fifth.listed(&[all("groups")], vec![group("g")]);
    fifth.listed(&[members_of("g")], vec![member("g", "ann"), member("g", "carl")]);
    let and_bob = [assigned(), vec![granted("1", "s", "USER", "bob")]].concat();
    fifth.listed(&[all("account_assignments")], and_bob).publish();
    let mut sixth = world.collect();
    sixth.listed(
        &[all("users")],
        vec![user("ann", "Ann", "new"), user("bob", "Bob", "back"), user("carl", "Carl", "")],
    );
    sixth.listed(&[all("groups")], vec![group("g")]);
    sixth.listed(&[members_of("g")], vec![member("g", "carl")]);
    sixth.failed(GapKind::Failed, &[all("account_assignments")], &[], vec![]).publish();
    let mut seventh = world.collect();
    seventh.failed(GapKind::Failed, &[all("users")], &[], vec![]).failed(
        GapKind::Failed,
        &[all("groups")],
        &[],
        vec![],
    );
    seventh.failed(GapKind::Failed, &[members_of("g")], &[], vec![]).publish();

    // The columns after user and path: not before, first seen, last seen, gone.
    let sql = "SELECT user_name || ' ' || via || ' ' || coalesce(substr(not_before, 9, 2), '-') || ' '
        || substr(first_seen_at, 9, 2) || ' ' || substr(last_seen_at, 9, 2) || ' ' || coalesce(substr(gone_at, 9, 2), '-')
        FROM effective_access_history WHERE account_id = '1' ORDER BY 1";
    let found = world.column(sql);
    assert_eq!(
        found,
        [
            "Ann direct - 02 06 -",
            "Ann group 02 03 06 07",
            // The assignment existed while bob was gone, but gave nobody access before he came back.
            "Bob direct 06 07 07 -",
            "Bob group - 02 03 04",
            "Carl group 05 06 06 -",
        ]
    );
}

#[test]
fn assignments_whose_people_are_not_known_are_listed_with_the_reason() {
    let mut world = world();
    let sql =
        "SELECT account_id || ' ' || principal_id || ' ' || reason FROM effective_access_unknown ORDER BY 1";
    let deleted = ["1 nobody principal_deleted", "2 vanished principal_deleted"];
    assert_eq!(world.column(sql), deleted);
    let mut fourth = world.collect();
    fourth.listed(&[all("groups")], vec![group("g"), group("empty"), group("new")]);
    fourth.failed(GapKind::Denied, &[members_of("new")], &[], vec![]);
    fourth.failed(GapKind::Denied, &[all("users")], &[], vec![]);
    fourth.listed(&[members_of("g")], vec![member("g", "ann"), member("g", "carl")]);
    fourth.listed(&[members_of("empty")], vec![]);
    let rows = vec![
        granted("1", "s", "GROUP", "new"),
        granted("1", "s", "GROUP", "g"),
        granted("1", "s", "USER", "nobody"),
    ];
    fourth.listed(&[all("account_assignments")], rows).publish();
    assert_eq!(
        world.column(sql),
        ["1 g member_users_not_listed", "1 new members_not_listed", "1 nobody principal_not_listed"]
    );
    let mut census = world.census();
    census.answer_as_of(3).unwrap();
    assert_eq!(column(census.connection(), sql), deleted);
}

#[test]
fn a_principal_seen_to_be_gone_under_a_wider_gap_is_deleted_and_not_merely_unlisted() {
    let mut world = world();
    let mut fourth = world.collect();
    fourth.failed(GapKind::Denied, &[all("users")], &[], vec![user("ann", "Ann", "new")]);
    fourth.gone(&[scope("users", &[("user_id", "nobody")])], &[]);
    fourth.failed(GapKind::Denied, &[all("groups")], &[all("group_memberships")], vec![group("empty")]);
    fourth.listed(&[members_of("empty")], vec![]);
    fourth.gone(&[scope("groups", &[("group_id", "vanished")]), members_of("vanished")], &[]);
    fourth.gap(GapKind::NotAsked, all("account_assignments")).publish();
    let sql =
        "SELECT account_id || ' ' || principal_id || ' ' || reason FROM effective_access_unknown ORDER BY 1";
    assert_eq!(world.column(sql), ["1 nobody principal_deleted", "2 vanished principal_deleted"]);
}

#[test]
fn the_tree_has_the_names_from_the_root_down() {
    let mut world = World::new();
    let ou = |id: &str, name: &str, parent: &str| {
        row("organizational_units", &[("ou_id", id), ("name", name), ("parent_id", parent)])
    };
    let mut first = world.collect();
    first.listed(&[all("organization")], vec![row("organization", &[("organization_id", "o-1")])]);
    first.listed(&[all("roots")], vec![row("roots", &[("root_id", "r"), ("name", "Root")])]);
    first.listed(
        &[all("organizational_units")],
        vec![ou("a", "Work", "r"), ou("b", "Prod", "a"), ou("c", "Lost", "unseen"), ou("d", "Sub", "c")],
    );
    let placed =
        |id: &str, parent: &str| row("accounts", &[("account_id", id), ("name", id), ("parent_id", parent)]);
    let rows = vec![placed("1", "b"), placed("2", "r"), placed("3", "nowhere")];
    first.listed(&[all("accounts")], rows).publish();
    let sql =
        "SELECT id || ' ' || type || ' ' || coalesce(depth, '-') || ' ' || coalesce(ou_path, '-') || ' '
        || coalesce(entity_path, '-') FROM organization_tree ORDER BY 1";
    assert_eq!(
        world.column(sql),
        [
            "1 account 3 Root/Work/Prod -",
            "2 account 1 Root -",
            "3 account - - -",
            "a organizational_unit 1 Root/Work -",
            "b organizational_unit 2 Root/Work/Prod -",
            "c organizational_unit - Lost -",
            "d organizational_unit - Lost/Sub -",
            "r root 0 Root o-1/r",
        ]
    );
}

#[test]
fn power_is_recognised_by_policy_name_and_by_what_inline_policies_allow() {
    let mut world = World::new();
    let managed = |set: &str, arn: &str| {
        row(
            "permission_set_policies",
            &[("permission_set_arn", set), ("kind", "aws_managed"), ("policy", arn)],
        )
    };
    let inline = |set: &str, document: &str| {
        row(
            "permission_set_policies",
            &[("permission_set_arn", set), ("kind", "inline"), ("policy", "inline"), ("document", document)],
        )
    };
    let rows = vec![
        managed("admin", "arn:aws:iam::aws:policy/AdministratorAccess"),
        managed("china", "arn:aws-cn:iam::aws:policy/IAMFullAccess"),
        managed("reader", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        managed("similar", "arn:aws:iam::aws:policy/NotAdministratorAccess"),
        inline("star", r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#),
        inline(
            "list",
            r#"{"Statement": [{"Effect": "Deny", "Action": "*"}, {"Effect": "Allow", "Action": ["s3:Get*", "IAM:*", "sso:*"]}]}"#,
        ),
        inline(
            "assume",
            r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ["x", "*"]}]}"#,
        ),
        inline(
            "narrow",
            r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:x"}]}"#,
        ),
        inline("inverse", r#"{"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]}"#),
        inline("denied", r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#),
        inline("broken", r#"{"Statement": [{"Effect": "Allow""#),
        inline("odd", r#"{"Statement": ["Allow", 7, null, {"Effect": "Allow", "Action": 7}]}"#),
        inline("scalar", "7"),
    ];
    let mut first = world.collect();
    let sets = [
        "admin", "china", "reader", "similar", "star", "list", "assume", "narrow", "inverse", "denied",
        "broken", "odd", "scalar",
    ];
    first.listed(&[all("permission_sets")], sets.map(permission_set).to_vec());
    first.listed(&[all("permission_set_policies")], rows).publish();
    assert_eq!(
        world.column(
            "SELECT DISTINCT permission_set_arn || ': ' || reason FROM privileged_permission_sets
             WHERE level = 'administrator' AND scope = 'any' ORDER BY 1"
        ),
        [
            "admin: AWS managed policy AdministratorAccess, by its name: not read",
            "china: AWS managed policy IAMFullAccess, by its name: not read",
            "inverse: inline policy allows all but s3:*",
            "list: inline policy allows IAM:*",
            "list: inline policy allows sso:*",
            "star: inline policy allows *",
        ]
    );
    assert_eq!(
        world.column(
            "SELECT permission_set_arn FROM privileged_permission_sets WHERE level IS NULL ORDER BY 1"
        ),
        ["broken", "odd", "reader", "scalar", "similar"]
    );
}

/// Typical typed queries: a filter by id or name, a list, a subquery, a join from either side, a sort.
const AD_HOC: &[&str] = &[
    "SELECT * FROM {view} WHERE account_id = '1'",
    "SELECT * FROM {view} WHERE account_id = (SELECT '1')",
    "SELECT * FROM {view} WHERE user_id = 'ann'",
    "SELECT * FROM {view} WHERE user_id = (SELECT 'ann')",
    "SELECT * FROM {view} WHERE permission_set_arn = 's'",
    "SELECT * FROM {view} WHERE account_name = 'one'",
    "SELECT * FROM {view} WHERE user_name = 'Ann' ORDER BY account_name",
    "SELECT * FROM {view} WHERE group_name = 'g'",
    "SELECT * FROM {view} WHERE permission_set_name = 's'",
    "SELECT * FROM {view} WHERE user_name = 'Ann' AND account_name = 'one'",
    "SELECT * FROM {view} WHERE account_id IN ('1', '2')",
    "SELECT * FROM {view} WHERE account_name IN ('one', 'two')",
    "SELECT * FROM {view} WHERE user_name IN ('Ann', 'Bob')",
    "SELECT * FROM {view} WHERE account_id IN (SELECT account_id FROM accounts WHERE name = 'one')",
    "SELECT * FROM {view} WHERE user_id IN (SELECT user_id FROM users WHERE user_name = 'Ann')",
    "SELECT e.*, c.email FROM {view} AS e JOIN accounts AS c ON c.account_id = e.account_id WHERE c.name = 'one'",
    "SELECT e.*, c.email FROM accounts AS c JOIN {view} AS e USING (account_id) WHERE c.email = 'one@x'",
    "SELECT e.*, c.arn FROM {view} AS e LEFT JOIN accounts AS c USING (account_id) WHERE e.user_name = 'Ann'",
    "SELECT e.*, u.title FROM {view} AS e JOIN users AS u USING (user_id) WHERE u.primary_email = 'ann@x'",
];

#[test]
fn effective_access_is_found_by_index_whatever_it_is_asked_by() {
    now_and_as_of(|census, as_of| {
        for view in ["effective_access", "effective_access_history"] {
            for form in AD_HOC {
                let sql = form.replace("{view}", view);
                let plan = plan(census, &sql);
                // The alias v stands for versions. Only the gaps of one snapshot are walked.
                let slow = |step: &&String| {
                    ["SCAN v", "MATERIALIZE"].iter().any(|one| step.starts_with(one))
                        || step.contains("AUTOMATIC")
                };
                let scans: Vec<_> = plan.iter().filter(slow).collect();
                assert!(scans.is_empty(), "as of {as_of:?}: {sql}: {plan:#?}");
            }
        }
    });
}

/// SQLite flattens no compound query into one that counts, and no outer join into one without duplicates. It then
/// materializes the members of the groups and the names, but never the paths of access.
#[test]
fn a_count_of_effective_access_lists_the_memberships_and_never_the_ways() {
    now_and_as_of(|census, as_of| {
        for sql in [
            "SELECT count(*) FROM effective_access WHERE account_name = 'one'",
            "SELECT count(DISTINCT user_id) FROM effective_access WHERE account_id IN ('1', '2')",
            "SELECT DISTINCT user_name FROM effective_access WHERE user_name = 'Ann'",
            "SELECT c.email, count(*) FROM effective_access JOIN accounts AS c USING (account_id)
             WHERE c.name = 'one' GROUP BY 1",
        ] {
            let plan = plan(census, sql);
            let small = ["w", "accounts_history", "groups_history", "permission_sets_history"];
            let made = |step: &&String| {
                let name = ["MATERIALIZE ", "CO-ROUTINE "].iter().find_map(|how| step.strip_prefix(how));
                name.is_some_and(|name| !small.contains(&name))
            };
            let made: Vec<_> = plan.iter().filter(made).collect();
            assert!(made.is_empty(), "as of {as_of:?}: {sql}: {plan:#?}");
        }
    });
}

/// If no index serves a filter, the users or accounts are walked and filtered before the memberships multiply them.
#[test]
fn a_filter_that_no_index_serves_is_tried_before_the_ways_are_made() {
    now_and_as_of(|census, as_of| {
        for (filter, first, last) in [
            ("lower(user_name) = 'ann'", "users_", "account_assignments_"),
            ("user_name LIKE '%nn%'", "users_", "account_assignments_"),
            ("user_status = 'DISABLED'", "users_", "account_assignments_"),
            ("account_name LIKE '%on%'", "accounts_", "group_memberships_"),
            ("lower(account_name) = 'one'", "accounts_", "group_memberships_"),
            ("account_state <> 'ACTIVE'", "accounts_", "group_memberships_"),
            ("lower(permission_set_name) = 's'", "permission_sets_", "group_memberships_"),
            ("lower(group_name) = 'g'", "groups_", "group_memberships_"),
            ("account_id LIKE '1%'", "SCAN v", "group_memberships_"),
            ("permission_set_arn LIKE '%s'", "SCAN v", "group_memberships_"),
            ("substr(user_name, 1, 1) = 'A'", "users_", "account_assignments_"),
            ("permission_set_name LIKE '%s%'", "permission_sets_", "group_memberships_"),
        ] {
            let plan = plan(census, &format!("SELECT * FROM effective_access WHERE {filter}"));
            // Looks at the half of the query for groups, without the subqueries of its columns.
            let half = plan.iter().skip_while(|step| *step != "UNION ALL");
            let steps: Vec<_> = half.take_while(|step| !step.starts_with("CORRELATED")).collect();
            let place = |table: &str| steps.iter().position(|step| step.contains(table));
            assert!(place(first) < place(last), "as of {as_of:?}: {filter}: {steps:#?}");
            assert!(place(first).is_some(), "as of {as_of:?}: {filter}: {steps:#?}");
        }
    });
}

/// A denied family of listings leaves a gap for each group. Trying each gap for each row would be quadratic.
#[test]
fn a_gap_is_looked_for_by_its_scope_and_no_other_is_tried() {
    now_and_as_of(|census, as_of| {
        for sql in [
            "SELECT not_before, last_seen_at FROM group_memberships_history",
            "SELECT not_before, last_seen_at FROM account_assignments_history",
            "SELECT * FROM effective_access_unknown",
        ] {
            let plan = plan(census, sql);
            let tried: Vec<_> = plan.iter().filter(|step| step.starts_with("SEARCH n ")).collect();
            assert!(!tried.is_empty(), "{plan:#?}");
            let by_scope = |step: &&&String| step.ends_with("(snapshot_id=? AND resource=? AND scope=?)");
            assert_eq!(
                tried.iter().filter(by_scope).count(),
                tried.len(),
                "as of {as_of:?}: {sql}: {plan:#?}"
            );
        }
    });
}

/// Runs a check on a census as of its latest snapshot, and as of its second one.
fn now_and_as_of(check: impl Fn(&crate::store::Census, Option<i64>)) {
    let world = world();
    let mut census = world.census();
    check(&census, None);
    census.answer_as_of(2).unwrap();
    check(&census, Some(2));
}

fn plan(census: &crate::store::Census, sql: &str) -> Vec<String> {
    let mut statement = census.connection().prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = statement.query_map([], |row| row.get(3)).unwrap();
    steps.collect::<rusqlite::Result<_>>().unwrap()
}

/// Changes are found by the snapshots in which versions begin and end, and the affected rows by keys. A year of
/// snapshots of a large organization then costs only its changes.
#[test]
fn changes_are_found_from_the_snapshots_by_index() {
    now_and_as_of(|census, as_of| {
        for view in ["changes", "accounts_changes", "access_changes", "access_change_causes"] {
            for question in [
                "SELECT * FROM {view} WHERE snapshot_id = 2",
                "SELECT * FROM {view}",
                "SELECT strftime('%Y-%W', taken_at), change, count(*) FROM {view} GROUP BY 1, 2",
            ] {
                let sql = question.replace("{view}", view);
                let plan = plan(census, &sql);
                // The aliases v and b are versions; a, m, u and x are rows that a change affects; r is the stored
                // changes.
                let versions = ["v", "b", "e", "n", "a", "m", "u", "x", "h", "r"];
                let walked = |step: &&String| {
                    let alias = step.strip_prefix("SCAN ").and_then(|scanned| scanned.split(' ').next());
                    step.contains("AUTOMATIC")
                        || step.starts_with("MATERIALIZE")
                        || alias.is_some_and(|alias| versions.contains(&alias))
                };
                let walked: Vec<_> = plan.iter().filter(walked).collect();
                assert!(walked.is_empty(), "as of {as_of:?}: {sql}: {walked:#?} {plan:#?}");
                // A query for one snapshot reads no other snapshot's changes, at whatever depth.
                let mut of_snapshots =
                    plan.iter().filter(|step| step.starts_with("SCAN t") || step.starts_with("SEARCH t "));
                if question.contains("snapshot_id =") {
                    assert!(of_snapshots.all(|step| step.ends_with("(rowid=?)")), "{sql}: {plan:#?}");
                }
            }
        }
    });
}
