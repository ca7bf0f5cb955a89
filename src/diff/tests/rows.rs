//! Tests of changed rows.

use super::history::{History, account, group, known, member, user, with};
use crate::diff::ChangeKind;

#[test]
fn rows_are_added_removed_and_changed_field_by_field() {
    let mut history = History::new();
    history.publish(&[user("ana"), user("bob"), user("eve")]);
    history.publish(&[user("ana"), with(user("bob"), "title", "Lead"), user("zoe")]);

    let diff = history.diff(1, 2);
    assert_eq!(known(&diff), ["users changed bob-name", "users removed eve-name", "users added zoe-name"]);
    let bob = &diff.changes[0];
    assert_eq!(bob.fields, ["title"]);
    assert_eq!(bob.before.as_ref().unwrap()["title"], serde_json::Value::Null);
    assert_eq!(bob.after.as_ref().unwrap()["title"], "Lead");
    assert_eq!(bob.key["user_id"], "bob");
    assert!(!bob.after.as_ref().unwrap().contains_key("updated_at"), "volatile columns stay out");
    assert!(diff.changes.iter().all(|change| change.gap.is_none() && change.last_seen.is_none()));
}

#[test]
fn what_lay_between_does_not_matter() {
    let mut history = History::new();
    history.publish(&[user("ana"), user("bob")]);
    history.publish(&[with(user("ana"), "title", "Interim"), user("eve")]);
    history.publish(&[user("ana"), user("bob")]);

    assert_eq!(known(&history.diff(1, 3)), Vec::<String>::new());
    assert_eq!(
        known(&history.diff(1, 2)),
        ["users changed ana-name", "users removed bob-name", "users added eve-name"]
    );
}

#[test]
fn the_backward_diff_mirrors_the_forward_one() {
    let mut history = History::new();
    history.publish(&[user("ana"), with(user("bob"), "title", "Dev")]);
    history.publish(&[user("eve"), with(user("bob"), "title", "Lead")]);

    let diff = history.diff(2, 1);
    assert_eq!((diff.from.snapshot_id, diff.to.snapshot_id), (2, 1));
    assert_eq!(known(&diff), ["users added ana-name", "users changed bob-name", "users removed eve-name"]);
    assert_eq!(diff.changes[1].before.as_ref().unwrap()["title"], "Lead");
}

#[test]
fn a_snapshot_compared_with_itself_has_no_changes() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    let diff = history.diff(1, 1);
    assert!(!diff.has_changes() && !diff.has_unknowns());
}

#[test]
fn a_snapshot_that_does_not_exist_is_an_unknown_name() {
    let mut history = History::new();
    history.publish(&[]);
    let error = crate::diff::compare(&history.connection, 1, 7).unwrap_err();
    assert_eq!(error.to_string(), "there is no snapshot 7");
    assert_eq!(error.exit_status(), crate::error::ExitStatus::Usage);
}

#[test]
fn labels_name_what_ids_stand_for_though_it_is_gone() {
    let mut history = History::new();
    history.publish(&[user("ana"), group("ops"), member("ops", "ana"), account("111")]);
    history.publish(&[account("111")]);
    let diff = history.diff(1, 2);
    let labels: Vec<&str> = diff.changes.iter().map(|change| change.label.as_str()).collect();
    assert_eq!(labels, ["ana-name", "ops-name", "ana-name in group ops-name"]);
    assert!(diff.changes.iter().all(|change| change.change == ChangeKind::Removed));
}
