//! Tests that an unseen row is never absent.

use serde_json::json;

use crate::diff::AccessChangeKind;
use crate::model::{Entity, Row, ServiceLastAccessed};

use super::history::{
    History, access, group, known, member, named_group, set, to_group, to_user, unknown, user, with,
};

#[test]
fn a_carried_row_is_unknown_and_not_removed() {
    let mut history = History::new();
    history.publish(&[group("ops"), member("ops", "ana"), member("ops", "bob"), member("dev", "ana")]);
    let denied = ("group_memberships", json!({"group_id": "ops"}), "denied");
    history.publish_with(&[group("ops"), member("dev", "ana")], &[denied]);

    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), Vec::<String>::new());
    let entries = unknown(&diff);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].key["group_id"], "ops");
    assert_eq!(entries[0].rows, Some(2));
    assert_eq!(entries[0].label, "group ops-name");
    assert_eq!(entries[0].last_seen, None, "the rows of `from` were seen there");
    assert_eq!(entries[0].gap.as_ref().unwrap().kind, "denied");
    assert!(!diff.has_changes() && diff.has_unknowns());
}

#[test]
fn what_is_first_seen_after_a_gap_is_not_added() {
    let mut history = History::new();
    history.publish_with(&[], &[("users", json!({}), "failed")]);
    history.publish(&[user("ana"), user("bob")]);

    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), Vec::<String>::new());
    assert_eq!(unknown(&diff)[0].rows, Some(2));
    let backward = history.diff(2, 1);
    assert_eq!(known(&backward), Vec::<String>::new());
    assert_eq!(unknown(&backward)[0].rows, Some(2));
}

#[test]
fn a_resource_that_was_not_collected_is_a_gap_over_everything() {
    let mut history = History::new();
    let first = history.publish(&[]);
    history.not_collected(first, "users");
    history.publish(&[user("ana")]);
    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), Vec::<String>::new());
    assert_eq!(unknown(&diff)[0].gap.as_ref().unwrap().kind, "not_asked");

    history.connection.execute("DELETE FROM coverage WHERE snapshot_id = 1", []).unwrap();
    assert_eq!(known(&history.diff(1, 2)), Vec::<String>::new());
}

#[test]
fn of_two_gaps_of_one_scope_the_more_informative_is_told() {
    let gap = |kind: &'static str| ("users", json!({}), kind);
    for (first, second, told) in [
        ("denied", "not_asked", "denied"),
        ("not_asked", "denied", "denied"),
        ("unavailable", "failed", "failed"),
        ("failed", "denied", "denied"),
    ] {
        let mut history = History::new();
        history.publish(&[user("ana")]);
        history.publish_with(&[], &[gap(first)]);
        history.publish_with(&[], &[gap(second)]);
        for (from, to) in [(2, 3), (3, 2)] {
            let diff = history.diff(from, to);
            let entries = unknown(&diff);
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0].gap.as_ref().unwrap().kind, told, "{first}, {second}");
        }
    }
}

#[test]
fn a_row_that_this_very_publish_closed_was_removed_whatever_wider_gap_there_is() {
    let mut history = History::new();
    history.publish(&[member("ops", "ana"), member("dev", "bob")]);
    history.publish(&[member("dev", "bob")]);
    // The listing of ops was seen; that of every other group was refused.
    history
        .connection
        .execute(
            "INSERT INTO gaps VALUES (2, 'group_memberships', '{}', 'denied', 'L', 'E', NULL, 1, NULL, NULL, NULL)",
            [],
        )
        .unwrap();

    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), ["group_memberships removed ana in group ops"]);
    assert_eq!(unknown(&diff)[0].rows, Some(1));
    assert_eq!(known(&history.diff(2, 1)), ["group_memberships added ana in group ops"]);
}

#[test]
fn a_row_closed_before_a_gap_may_be_there_again() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    history.publish(&[]);
    history.publish_with(&[], &[("users", json!({}), "denied")]);
    let diff = history.diff(1, 3);
    assert_eq!(known(&diff), Vec::<String>::new());
    assert_eq!(unknown(&diff)[0].rows, Some(1));
}

#[test]
fn access_that_rests_on_a_gap_says_on_which() {
    let base = [user("ana"), group("ops"), to_group("111", "p", "ops")];
    let and = |more: &[Row]| base.iter().chain(more).cloned().collect::<Vec<_>>();
    let denied = ("group_memberships", json!({"group_id": "ops"}), "denied");
    let mut history = History::new();
    history.publish_with(&base, std::slice::from_ref(&denied));
    history.publish(&and(&[member("ops", "ana")]));
    history.publish(&and(&[member("ops", "ana"), to_user("111", "p", "ana")]));
    history.publish_with(&base, &[denied]);
    history.publish(&base);

    let json = |from, to| serde_json::to_value(&history.diff(from, to).access_changes[0]).unwrap();
    let unknown = json(1, 2);
    assert_eq!((&unknown["change"], &unknown["gap"]["kind"]), (&json!("unknown"), &json!("denied")));
    assert_eq!(unknown["causes"][0]["gap"]["scope"], json!({"group_id": "ops"}));
    // One path was seen to be added, but the other may be older, and with it the access.
    let older = json(1, 3);
    assert_eq!((&older["change"], &older["gap"]["kind"]), (&json!("unknown"), &json!("denied")));
    assert_eq!(older["causes"][1]["kind"], "assignment_granted");
    assert_eq!(older["causes"][1].get("gap"), None);
    // The row was seen to be gone, and only carried before.
    let lost = json(4, 5);
    assert_eq!((&lost["change"], &lost["gap"]), (&json!("lost"), &json!(null)));
    assert_eq!(lost["causes"][0]["last_seen"], 3);

    let text = |from, to| {
        let mut words = Vec::new();
        crate::diff::text::write(
            &mut crate::output::Page::new(&mut words, false),
            &history.diff(from, to),
            Default::default(),
        )
        .unwrap();
        String::from_utf8(words).unwrap()
    };
    let words = text(1, 3);
    assert!(words.contains("      not seen because ") && words.contains(" was denied"), "{words}");
    let words = text(4, 5);
    assert!(words.contains("removed from group ops-name, last seen before in snapshot 3"), "{words}");
}

#[test]
fn a_way_that_may_have_been_there_is_told_apart_from_a_cause_that_was_not_seen() {
    let base = [user("ana"), group("ops"), set("p"), to_group("111", "p", "ops"), to_user("111", "q", "ana")];
    let denied = ("group_memberships", json!({"group_id": "ops"}), "denied");
    let and_direct: Vec<Row> = base.iter().cloned().chain([to_user("111", "p", "ana")]).collect();
    let mut history = History::new();
    history.publish_with(&base, std::slice::from_ref(&denied));
    history.publish(&and_direct);
    history.publish_with(&base, &[denied]);
    let text = |from, to| {
        let mut words = Vec::new();
        crate::diff::text::write(
            &mut crate::output::Page::new(&mut words, false),
            &history.diff(from, to),
            Default::default(),
        )
        .unwrap();
        String::from_utf8(words).unwrap()
    };
    assert!(
        text(1, 2).contains("      there may have been another path, not seen because L"),
        "{}",
        text(1, 2)
    );
    assert!(
        text(2, 3).contains("      there may still be another path, not seen because L"),
        "{}",
        text(2, 3)
    );
}

#[test]
fn no_gap_hides_a_way_to_a_permission_set_that_is_seen_to_be_gone() {
    let without = [user("ana"), group("ops"), member("ops", "ana")];
    let with: Vec<Row> = without.iter().cloned().chain([set("p"), to_user("111", "p", "ana")]).collect();
    let denied = ("account_assignments", json!({"principal_type": "GROUP", "principal_id": "ops"}), "denied");
    let mut history = History::new();
    history.publish(&with);
    history.publish_with(&without, &[denied]);
    assert_eq!(
        access(&history.diff(1, 2)),
        ["ana lost p in 111: assignment_revoked, permission_set_deleted"]
    );
    assert_eq!(
        access(&history.diff(2, 1)),
        ["ana gained p in 111: assignment_granted, permission_set_created"]
    );
}

/// Listed by principal, an assignment that a refusal hides is carried beyond the end of its permission set.
#[test]
fn what_went_is_no_reason_for_access_to_have_come() {
    let carried = ("account_assignments", json!({"principal_type": "USER", "principal_id": "ana"}), "denied");
    let mut history = History::new();
    history.publish_with(&[set("p"), to_user("111", "p", "ana")], &[("users", json!({}), "failed")]);
    history.publish_with(&[user("ana")], &[carried]);
    for (from, to) in [(1, 2), (2, 1)] {
        let change = &history.diff(from, to).access_changes[0];
        assert_eq!(change.change.as_str(), "unknown", "{change:?}");
        assert!(change.causes.iter().all(|cause| cause.resource == "users"), "{change:?}");
    }
}

#[test]
fn a_gap_covers_only_rows_with_all_of_its_values() {
    let mut history = History::new();
    history.publish(&[to_user("111", "p", "ana"), to_user("111", "q", "ana"), to_user("222", "p", "ana")]);
    let gap = ("account_assignments", json!({"account_id": "111", "permission_set_arn": "p"}), "denied");
    history.publish_with(&[], &[gap]);
    let diff = history.diff(1, 2);
    assert_eq!(known(&diff).len(), 2);
    assert_eq!(unknown(&diff)[0].rows, Some(1));
}

#[test]
fn a_refusal_is_told_even_when_nothing_was_ever_seen_there() {
    let mut history = History::new();
    history.publish(&[]);
    let gaps = [("users", json!({}), "denied"), ("groups", json!({}), "not_asked")];
    history.publish_with(&[], &gaps);
    let diff = history.diff(1, 2);
    let entries = unknown(&diff);
    assert_eq!(entries.len(), 1, "what was not asked for and carries nothing leaves nothing open");
    assert_eq!((entries[0].resource, entries[0].rows), ("users", Some(0)));
}

#[test]
fn a_changed_row_under_a_gap_is_a_fact() {
    let mut history = History::new();
    history.publish(&[user("ana"), user("bob")]);
    history.publish_with(&[with(user("ana"), "title", "Lead")], &[("users", json!({}), "failed")]);
    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), ["users changed ana-name"]);
    assert_eq!(unknown(&diff)[0].rows, Some(1));
}

#[test]
fn a_carried_row_says_when_it_was_last_seen() {
    let mut history = History::new();
    let gap = ("users", json!({}), "denied");
    history.publish(&[user("ana"), user("bob")]);
    history.publish_with(&[], std::slice::from_ref(&gap));
    history.publish_with(&[], &[gap]);
    history.publish(&[with(user("bob"), "title", "Lead")]);

    let diff = history.diff(3, 4);
    assert_eq!(known(&diff), ["users removed ana-name", "users changed bob-name"]);
    assert!(diff.changes.iter().all(|change| change.last_seen == Some(1)), "{:?}", diff.changes);

    let diff = history.diff(2, 3);
    assert_eq!(unknown(&diff)[0].last_seen, Some(1));
    history.connection.execute("DELETE FROM snapshots WHERE snapshot_id = 1", []).unwrap_err();
}

#[test]
fn listing_by_principal_says_nothing_of_principals_that_nobody_knows() {
    let mut history = History::new();
    history.publish_by("principals", &[user("ana"), named_group("ops", "Ops")], &[]);
    history.publish(&[
        user("ana"),
        named_group("ops", "Ops"),
        to_user("111", "p", "ana"),
        to_user("111", "p", "ghost"),
        to_group("111", "p", "ops"),
    ]);
    let diff = history.diff(1, 2);
    assert_eq!(
        known(&diff),
        [
            "account_assignments added p for group Ops in 111",
            "account_assignments added p for user ana-name in 111"
        ]
    );
    let entries = unknown(&diff);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].key["principal_id"], "ghost");
    assert_eq!(entries[0].rows, Some(1));
}

#[test]
fn both_sides_under_one_gap_are_one_entry() {
    let mut history = History::new();
    let gap = ("users", json!({}), "denied");
    history.publish(&[user("ana"), user("bob")]);
    history.publish_with(&[], std::slice::from_ref(&gap));
    history.publish_with(&[user("eve")], &[gap]);
    let diff = history.diff(2, 3);
    let entries = unknown(&diff);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].rows, Some(3), "two carried, and one that may have been there");
}

#[test]
fn what_was_seen_under_a_wider_gap_is_known() {
    let mut history = History::new();
    let rows = [member("ops", "ana"), member("ops", "bob"), member("dev", "ana")];
    let gap = ("group_memberships", json!({}), "denied");
    let seen = ("group_memberships", json!({"group_id": "ops"}));
    history.publish_seeing(&rows, std::slice::from_ref(&gap), std::slice::from_ref(&seen));
    let joined = [rows.as_slice(), &[member("ops", "eve")]].concat();
    history.publish_seeing(&joined[1..], std::slice::from_ref(&gap), &[seen]);

    let diff = history.diff(1, 2);
    assert_eq!(
        known(&diff),
        ["group_memberships removed ana in group ops", "group_memberships added eve in group ops"]
    );
    assert_eq!(unknown(&diff)[0].rows, Some(1), "only dev was hidden");
    // Seen in only one of the two snapshots, a row may have existed in the other.
    history.publish_with(&[], &[gap]);
    assert_eq!(unknown(&history.diff(2, 3))[0].rows, Some(3));
}

#[test]
fn the_reports_of_entities_that_were_asked_for_are_no_unknowns_where_others_were_not() {
    let service = |entity_id: &str| {
        Row::whole(&ServiceLastAccessed {
            entity_id: entity_id.to_owned(),
            service_namespace: "s3".to_owned(),
            entity_type: Entity::Account,
            ..ServiceLastAccessed::default()
        })
    };
    let mut history = History::new();
    let not_asked = ("service_last_accessed", json!({"entity_type": "account"}), "not_asked");
    let seen = ("service_last_accessed", json!({"entity_id": "111", "entity_type": "account"}));
    for _ in 0..2 {
        let (gaps, seen) = (std::slice::from_ref(&not_asked), std::slice::from_ref(&seen));
        history.publish_seeing(&[service("111")], gaps, seen);
    }
    assert!(history.diff(1, 2).changes.is_empty(), "{:?}", history.diff(1, 2).changes);
}

#[test]
fn a_row_hidden_before_and_seen_again_was_last_seen_in_a_narrower_scope() {
    let mut history = History::new();
    let gap = ("users", json!({}), "denied");
    history.publish(&[user("ana")]);
    history.publish_seeing(
        &[user("ana")],
        std::slice::from_ref(&gap),
        &[("users", json!({"user_id": "ana"}))],
    );
    history.publish_with(&[], &[gap]);
    history.publish(&[]);
    assert_eq!(history.diff(3, 4).changes[0].last_seen, Some(2));
}

#[test]
fn a_group_that_nobody_saw_may_give_access() {
    let everything = |resource| (resource, json!({}), "denied");
    let mut history = History::new();
    history.publish(&[user("ana"), set("p"), to_user("111", "p", "ana")]);
    let hidden = ["groups", "group_memberships", "account_assignments"].map(everything);
    history.publish_all("pairs", &[user("ana"), set("p")], &hidden, &[to_user("111", "p", "ana")], &[]);
    let change = |history: &History, from, to| history.diff(from, to).access_changes[0].change;
    assert_eq!(change(&history, 1, 2), AccessChangeKind::Unknown);
    // A seen pair, or the absence of other groups, rules that out.
    let mut history = History::new();
    history.publish(&[user("ana"), set("p"), to_user("111", "p", "ana")]);
    let pair = ("account_assignments", json!({"account_id": "111", "permission_set_arn": "p"}));
    history.publish_all("pairs", &[user("ana"), set("p")], &hidden, &[], &[pair]);
    assert_eq!(change(&history, 1, 2), AccessChangeKind::Lost);
    let mut history = History::new();
    history.publish(&[user("ana"), set("p"), to_user("111", "p", "ana")]);
    let gone = [to_user("111", "p", "ana")];
    history.publish_all("pairs", &[user("ana"), set("p")], &hidden[1..], &gone, &[]);
    assert_eq!(change(&history, 1, 2), AccessChangeKind::Lost);
}

#[test]
fn overlapping_gaps_count_a_row_once() {
    let mut history = History::new();
    let rows = [member("ops", "ana"), member("ops", "bob"), member("dev", "ana"), member("dev", "bob")];
    history.publish(&rows);
    let gaps = [
        ("group_memberships", json!({"group_id": "ops"}), "denied"),
        ("group_memberships", json!({"user_id": "ana"}), "failed"),
    ];
    history.publish_with(&[], &gaps);
    let diff = history.diff(1, 2);
    let entries: Vec<_> = unknown(&diff).iter().map(|change| change.rows).collect();
    assert_eq!(entries, [Some(2), Some(2)]);
    assert_eq!(diff.not_seen["group_memberships"], 3, "of four, ana in ops is under both");
    let text = history.text(1, 2);
    assert!(text.contains("1 removed, 3 not seen"), "{text}");
    // Adds a gap over everything.
    history.publish_with(&[], &[gaps[0].clone(), ("group_memberships", json!({}), "denied")]);
    assert_eq!(history.diff(2, 3).not_seen["group_memberships"], 3);
}

/// Only pairs show orphans: rows that the other listing cannot show are neither added nor removed, in either direction.
#[test]
fn what_a_listing_cannot_show_never_comes_or_goes() {
    let mut history = History::new();
    let living = [user("ana"), to_user("111", "p", "ana")];
    history.publish_by("principals", &living, &[]);
    history.limit(1, "account_assignments", "by principal");
    let orphans = [to_user("111", "p", "ghost"), to_group("111", "p", "gone")];
    history.publish_by("pairs", &[&living[..], &orphans[..]].concat(), &[]);
    for (from, to) in [(1, 2), (2, 1)] {
        let diff = history.diff(from, to);
        assert_eq!(known(&diff), [""; 0]);
        assert_eq!(diff.not_seen["account_assignments"], 2);
        let text = history.text(from, to);
        let said = "not asked for\n  ? account_assignments is limited in snapshot 1 (by principal)";
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn what_was_asked_for_in_parts_is_said_where_nothing_changed() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    history.publish(&[user("ana")]);
    assert!(history.text(1, 2).contains("nothing changed"));
    for snapshot in [1, 2] {
        history.limit(snapshot, "service_last_accessed", "beyond the depth");
    }
    let text = history.text(1, 2);
    assert!(text.contains("no change was seen, but not everything was requested"), "{text}");
    let line = "  ? service_last_accessed is limited in snapshots 1 and 2 (beyond the depth)";
    assert!(text.contains(line), "{text}");
    assert!(!history.diff(1, 2).has_unknowns(), "it changes no exit code");
}
