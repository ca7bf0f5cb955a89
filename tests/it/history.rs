//! `history`: a life as a timeline, by any name that it ever had.

use insta::assert_snapshot;
use orgcensus::store::Database;

use crate::fixture;
use crate::world::World;

#[test]
fn a_life_reads_like_a_log() {
    let sandbox = fixture::census();
    assert_snapshot!("history_of_a_user", sandbox.run(&["history", "bob"]).all());
    assert_snapshot!("history_of_a_user_who_is_gone", sandbox.run(&["history", "carl"]).all());
    assert_snapshot!("history_of_a_group", sandbox.run(&["history", "devs, \"core\""]).all());
    assert_snapshot!("history_of_an_account", sandbox.run(&["history", "044444444444"]).all());
    assert_snapshot!("history_of_a_permission_set", sandbox.run(&["history", "Administrator"]).all());
    assert_snapshot!(
        "history_up_to_a_day",
        sandbox.run(&["history", "devs, \"core\"", "--at", "2026-02-28"]).all()
    );
}

#[test]
fn what_was_not_asked_for_is_said_in_words() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let gap = "INSERT INTO gaps (snapshot_id, resource, scope, kind, error_message, attempts)
        VALUES (4, 'group_memberships', '{}', 'not_asked', 'left out by --skip', 0)";
    database.connection().execute_batch(gap).unwrap();
    drop(database);
    let told = sandbox.run(&["history", "g-devs"]);
    assert!(told.data().contains("? group_memberships not seen: not asked for\n"), "{}", told.stdout);
}

#[test]
fn names_come_and_go_and_accounts_move() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let moved = "
        UPDATE accounts_versions SET valid_to = 3 WHERE account_id = '222222222222';
        INSERT INTO accounts_versions (account_id, name, email, state, parent_id, entity_path, valid_from)
        VALUES ('222222222222', 'prod-old', 'aws+prod@example.com', 'ACTIVE', 'ou-f1-west', 'elsewhere', 3);
        INSERT INTO groups_versions (group_id, display_name, valid_from) VALUES ('g-gone2', 'Gone', 4), ('g-bob', 'bob', 4)";
    database.connection().execute_batch(moved).unwrap();
    drop(database);
    let told = sandbox.run(&["history", "PROD"]);
    assert!(told.data().starts_with("account prod-old (222222222222)\n"), "{}", told.stdout);
    let changes: Vec<&str> = told.data().lines().filter(|line| line.starts_with("  ~ ")).collect();
    assert_eq!(
        changes,
        [
            "  ~ renamed: prod → prod-old",
            "  ~ moved: Root/Production → Root/Production/EU, \"west\"",
            "  ~ is_management_account: 0 → (none)"
        ]
    );
    // An entity that was deleted and recreated is shown twice.
    let again = sandbox.run(&["history", "gone"]);
    let titles: Vec<&str> = again.data().lines().filter(|line| line.starts_with("group ")).collect();
    assert_eq!(titles, ["group Gone (g-gone), gone by 2026-04-10T02:01:00Z", "group Gone (g-gone2)"]);
    assert_snapshot!("history_of_several_kinds", sandbox.run(&["history", "Bob"]).refusal());
    assert!(sandbox.run(&["history", "Bob", "--kind", "group"]).data().starts_with("group bob (g-bob)\n"));
    assert_snapshot!("history_of_nobody", sandbox.run(&["history", "carla"]).refusal());
    assert_eq!(sandbox.run(&["history", "carl", "--kind", "account"]).exit, Some(2));
    // An account that Organizations does not know.
    assert!(sandbox.run(&["history", "777777777777"]).data().contains("ReadOnly for user sam.two"));
}

#[test]
fn who_came_later_is_not_said_never_to_have_been() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let came =
        "INSERT INTO groups_versions (group_id, display_name, valid_from) VALUES ('g-new', 'Newcomers', 4)";
    database.connection().execute_batch(came).unwrap();
    drop(database);
    let refusal = sandbox.run(&["history", "newcomers", "--at", "1"]).refusal();
    let words = "no snapshot up to 1 has an account, user, group or permission set \"newcomers\"";
    assert!(
        refusal.contains(words) && refusal.contains("hint: a later one has: leave out --at"),
        "{refusal}"
    );
    let refusal = sandbox.run(&["history", "carla", "--at", "1"]).refusal();
    assert!(refusal.contains("no snapshot up to 1 has") && refusal.contains("carl"), "{refusal}");
}

/// A directory recreates a group, and puts its members into the new one.
#[test]
fn what_went_stands_before_what_came_in_its_place() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let again = "
        UPDATE group_memberships_versions SET valid_to = 4 WHERE group_id = 'g-devs' AND valid_to IS NULL;
        UPDATE groups_versions SET valid_to = 4 WHERE group_id = 'g-devs' AND valid_to IS NULL;
        INSERT INTO groups_versions (group_id, display_name, valid_from)
        SELECT 'g-again', display_name, 4 FROM groups_versions WHERE group_id = 'g-devs';
        INSERT INTO group_memberships_versions (group_id, user_id, valid_from)
        SELECT 'g-again', user_id, 4 FROM group_memberships_versions WHERE group_id = 'g-devs'";
    database.connection().execute_batch(again).unwrap();
    drop(database);
    let told = sandbox.run(&["history", "u-eve"]);
    let signs: Vec<&str> =
        told.data().lines().filter(|line| line.contains("member of")).map(|line| &line[2..3]).collect();
    assert_eq!(signs.last(), Some(&"+"), "{}", told.stdout);
}

#[test]
fn other_formats_hold_one_row_an_event() {
    let sandbox = fixture::census();
    let csv = sandbox.run(&["history", "bob", "--format", "csv"]);
    assert_snapshot!("history_csv", csv.data());
    for format in ["json", "jsonl", "markdown", "table"] {
        let ran = sandbox.run(&["history", "bob", "--format", format]);
        assert!(ran.data().contains("user_status"), "{format}");
    }
    let ran = sandbox.run(&["history", "bob", "--output", "bob.txt"]);
    assert!(ran.stderr.ends_with("wrote bob.txt\n"), "{}", ran.stderr);
    let file = std::fs::read_to_string(sandbox.path("bob.txt")).unwrap();
    assert_eq!(file, sandbox.run(&["history", "bob"]).data());
    sandbox.run(&["history", "bob", "--output", "bob.csv", "--evidence"]).data();
    let evidence = std::fs::read_to_string(sandbox.path("bob.csv.evidence.json")).unwrap();
    let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence["snapshots"][0]["snapshot_id"], 4);
}

/// Days of a simulated organization: every addition, removal or change of an entity is in its life.
#[test]
fn the_life_of_what_changed_tells_the_change() {
    let world = World::of(crate::world::small());
    for day in [0, 2, 5] {
        world.collect_day(day, &["--assignments", "pairs", "--access-report", "none"]);
    }
    let sql = "SELECT snapshot_id, resource, change, json_extract(key, '$.user_id') AS user_id,
            json_extract(key, '$.group_id') AS group_id, json_extract(key, '$.account_id') AS account_id
        FROM changes WHERE resource IN ('users', 'groups', 'accounts', 'group_memberships', 'account_assignments')";
    let changes = world.select(sql);
    assert!(changes.len() > 3, "{changes:?}");
    for change in &changes {
        for column in ["user_id", "group_id", "account_id"] {
            let Some(id) = change[column].as_str() else { continue };
            let ran = world.run(&["history", id, "--format", "jsonl"]);
            let tells = |line: &str| {
                let event: serde_json::Value = serde_json::from_str(line).unwrap();
                ["snapshot_id", "resource"].iter().all(|column| event[*column] == change[*column])
                    && event["event"] == change["change"]
            };
            assert!(ran.data().lines().any(tells), "{change:?}: {}", ran.stdout);
        }
    }
}
