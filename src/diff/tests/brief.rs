//! Tests of the summary of a diff that is too long to read in full.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::history::{History, account, group, member, policy, set, to_group, user, with};
use super::random::{days, publish};
use crate::diff::Diff;
use crate::diff::change::CauseKind;
use crate::diff::text::{Extent, TextOptions, causes, write};
use crate::model::Row;
use crate::output::Page;

fn brief(diff: &Diff) -> String {
    let options = TextOptions {
        extent: Extent::Brief,
        rows: Some(40),
        options: " --ou /Prod",
        ..TextOptions::default()
    };
    let mut out = Vec::new();
    write(&mut Page::new(&mut out, false), diff, options).unwrap();
    String::from_utf8(out).unwrap()
}

fn name(number: usize) -> String {
    format!("u{number:02}")
}

/// Returns the diff of a day with many changes for many users.
fn busy_day() -> Diff {
    let inline = |actions: &[&str]| {
        let document =
            json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}).to_string();
        with(with(policy("deploy", "inline"), "kind", "inline"), "document", &document)
    };
    let accounts = ["111", "222", "333"];
    let mut stays: Vec<Row> = accounts.map(account).into();
    stays.extend(["admin", "deploy", "read"].map(set));
    stays.extend(["admins", "dev", "hid", "hid2"].map(group));
    let admin = with(policy("admin", "arn:aws:iam::aws:policy/AdministratorAccess"), "kind", "aws_managed");
    stays.push(with(admin, "policy_name", "AdministratorAccess"));
    stays.extend(accounts.map(|id| to_group(id, "deploy", "dev")));
    stays.extend([to_group("111", "admin", "admins"), to_group("222", "admin", "admins")]);
    let people = |range: std::ops::Range<usize>| range.map(name);
    let mut before = stays.clone();
    before.extend(people(0..40).map(|id| user(&id)));
    before.extend(people(0..40).map(|id| member("dev", &id)));
    before.extend(people(0..2).map(|id| member("admins", &id)));
    before.extend([inline(&["ecs:RunTask"]), member("hid", "u01"), member("hid2", "u02")]);
    let mut after = stays;
    after.extend(people(5..60).map(|id| user(&id)));
    after.extend(people(5..40).map(|id| member("dev", &id)));
    after.extend(people(40..47).map(|id| member("admins", &id)));
    after.extend([inline(&["ecs:RunTask", "s3:PutBucketPolicy"]), to_group("333", "read", "dev")]);
    let mut history = History::new();
    history.publish(&before);
    let hidden = ["hid", "hid2"].map(|id| ("group_memberships", json!({"group_id": id}), "denied"));
    history.publish_with(&after, &hidden);
    history.diff(1, 2)
}

#[test]
fn a_busy_day_fits_on_a_screen() {
    let told = brief(&busy_day());
    insta::assert_snapshot!(told);
    let is_wide = |line: &&str| line.chars().count() > 100 && !line.contains(": orgcensus ");
    assert_eq!(told.lines().find(is_wide), None);
}

#[test]
fn the_rest_is_counted_and_can_be_asked_for() {
    let (mut before, mut after) = (History::new(), Vec::new());
    after.push(set("read"));
    for number in 0..30 {
        let id = name(number);
        after.extend([user(&id), account(&id), group(&id), member(&id, &id)]);
    }
    before.publish(&after);
    after.extend((0..30).map(|number| to_group(&name(number), "read", &name(number))));
    before.publish(&after);
    let told = brief(&before.diff(1, 2));
    assert_eq!(told.matches("assignment granted →").count(), 20, "{told}");
    assert!(told.contains("\n  … and 10 more causes, of 10 people\n"), "{told}");
    assert!(told.contains(": orgcensus diff 1 2 --access --details --ou /Prod\n"), "{told}");
}

/// Access does not depend on the account: an assignment remains when the account left the organization.
#[test]
fn what_went_brought_nobody_access() {
    let mut history = History::new();
    let stays = [set("read"), group("dev"), to_group("111", "read", "dev"), user("u1"), user("u2")];
    history.publish(&[&stays[..], &[account("111")]].concat());
    history.publish(&[&stays[..], &[member("dev", "u1"), member("dev", "u2")]].concat());
    let diff = history.diff(1, 2);
    let groups = causes::groups(&diff.access_changes);
    let [group] = groups.as_slice() else { panic!("{} groups", groups.len()) };
    assert_eq!(group.cause.unwrap().kind, CauseKind::MembershipAdded);
}

#[test]
fn numbers_alone_are_the_summary() {
    let diff = busy_day();
    let mut out = Vec::new();
    let options = TextOptions { extent: Extent::Numbers, ..TextOptions::default() };
    write(&mut Page::new(&mut out, false), &diff, options).unwrap();
    let told = String::from_utf8(out).unwrap();
    assert!(told.contains("\n  users                        20 added, 5 removed\n"), "{told}");
    assert!(!told.contains("access, by cause") && !told.contains("u01"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// No user is lost between the causes, and the access of administrators is in groups of its own.
    #[test]
    fn causes_add_up_to_every_access_change(days in days()) {
        let history = publish(&days);
        for (from, to) in [(1, history.snapshot), (history.snapshot, 1)] {
            let diff = history.diff(from, to);
            let groups = causes::groups(&diff.access_changes);
            let mut told: Vec<_> = groups.iter().flat_map(|group| group.changes.iter().copied()).collect();
            told.sort_by_key(|change| (&change.user_id, &change.account_id, &change.permission_set_arn));
            prop_assert!(told.into_iter().eq(&diff.access_changes));
            let people: BTreeSet<_> = groups.iter().flat_map(|group| group.people()).collect();
            let all: BTreeSet<_> = diff.access_changes.iter().map(|change| &*change.user_id).collect();
            prop_assert_eq!(people, all);
            for group in &groups {
                prop_assert!(group.changes.iter().all(|one| one.change == group.changes[0].change));
                prop_assert!(group.changes.iter().all(|one| one.privileged == group.is_privileged));
            }
        }
    }
}
