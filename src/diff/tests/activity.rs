//! Tests that a newer attempt of a service is reported and is no change, while a first one is.

use rusqlite::types::Value as SqlValue;
use serde_json::{Value, json};

use super::history::{History, user};
use crate::diff::filter::Filter;
use crate::diff::text::{TextOptions, write, write_markdown};
use crate::diff::{Diff, flat};
use crate::model::{Entity, Row, ServiceLastAccessed};

const DAY_1: &str = "2026-11-01T10:00:00Z";
const DAY_2: &str = "2026-11-02T10:00:00Z";

fn service(namespace: &str, at: Option<&str>) -> ServiceLastAccessed {
    ServiceLastAccessed {
        entity_id: "111".to_owned(),
        service_namespace: namespace.to_owned(),
        entity_type: Entity::Account,
        service_name: Some(namespace.to_uppercase()),
        last_authenticated_at: at.map(str::to_owned),
        last_authenticated_region: at.map(|_| "eu-west-1".to_owned()),
        last_authenticated_entity: at.map(|_| "o-1/r-1/111".to_owned()),
        total_authenticated_entities: Some(at.map_or(0, |_| 1)),
        ..ServiceLastAccessed::default()
    }
}

fn history(before: &[ServiceLastAccessed], after: &[ServiceLastAccessed]) -> History {
    let rows = |services: &[ServiceLastAccessed]| services.iter().map(Row::whole).collect::<Vec<_>>();
    let mut history = History::new();
    history.publish(&rows(before));
    history.publish(&rows(after));
    history
}

fn used(namespaces: &[&str], at: &str) -> Vec<ServiceLastAccessed> {
    namespaces.iter().map(|namespace| service(namespace, Some(at))).collect()
}

/// Returns true if the only row that differs counts as a change, which is the same in both directions.
fn is_change(before: ServiceLastAccessed, after: ServiceLastAccessed) -> bool {
    let history = history(&[before], &[after]);
    let [forward, backward] = [(1, 2), (2, 1)].map(|(from, to)| history.diff(from, to));
    assert_eq!([forward.changes.len(), backward.changes.len()], [1, 1]);
    assert_eq!(forward.changes[0].activity, !forward.has_changes());
    assert_eq!(forward.has_changes(), backward.has_changes());
    forward.has_changes()
}

#[test]
fn a_newer_attempt_alone_is_no_change() {
    let before = || service("s3", Some(DAY_1));
    let after = || service("s3", Some(DAY_2));
    let text = |text: &str| Some(text.to_owned());
    let no_change = [
        after(),
        ServiceLastAccessed { last_authenticated_region: text("us-east-1"), ..after() },
        ServiceLastAccessed { last_authenticated_entity: text("o-1/r-1/222"), ..after() },
        ServiceLastAccessed { total_authenticated_entities: Some(7), ..after() },
        ServiceLastAccessed { last_authenticated_region: None, ..after() },
        // Others' attempts left the tracking period, or have the same newest time.
        ServiceLastAccessed { total_authenticated_entities: Some(9), ..before() },
    ];
    for after in no_change {
        assert!(!is_change(before(), after.clone()), "{after:?}");
    }
    let changes = [
        service("s3", None),
        service("s3", Some("2026-10-31T10:00:00Z")),
        service("s3", Some("no time")),
        ServiceLastAccessed { service_name: text("Amazon S3"), ..after() },
        ServiceLastAccessed { entity_path: text("o-1/r-1/ou-2/111"), ..after() },
    ];
    for after in changes {
        assert!(is_change(before(), after.clone()), "{after:?}");
    }
}

#[test]
fn a_first_attempt_is_a_change() {
    assert!(is_change(service("s3", None), service("s3", Some(DAY_1))));
    let none = || service("s3", None);
    assert!(is_change(none(), ServiceLastAccessed { total_authenticated_entities: Some(1), ..none() }));
}

#[test]
fn a_service_that_comes_or_goes_is_a_change() {
    for (before, after) in [(&["s3"][..], &["s3", "iam"][..]), (&["s3", "iam"], &["s3"])] {
        assert!(history(&used(before, DAY_1), &used(after, DAY_2)).diff(1, 2).has_changes());
    }
}

#[test]
fn no_other_resource_has_activity() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    history.publish(&[super::history::with(user("ana"), "title", "Lead")]);
    let diff = history.diff(1, 2);
    assert!(diff.has_changes() && diff.activity().is_empty());
}

fn text(diff: &Diff, rows: Option<usize>) -> String {
    let mut out = Vec::new();
    write(
        &mut crate::output::Page::new(&mut out, false),
        diff,
        TextOptions { rows, ..TextOptions::default() },
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn newer_attempts_are_one_line() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let diff = history(&used(&names, DAY_1), &used(&names, DAY_2)).diff(1, 2);
    let told = text(&diff, Some(40));
    let (_, told) = told.split_once("\n\n").unwrap();
    assert_eq!(
        told,
        "  nothing changed\n  service_last_accessed        7 rows with a newer attempt (not counted as changes)\n"
    );
    let mut markdown = Vec::new();
    write_markdown(&mut markdown, &diff, TextOptions { rows: Some(40), ..TextOptions::default() }).unwrap();
    let markdown = String::from_utf8(markdown).unwrap();
    assert!(markdown.contains("7 rows with a newer attempt") && !markdown.contains("- `~`"), "{markdown}");
    // A diff of this resource shows them.
    let all = text(&diff, None);
    assert_eq!(all.matches("(not counted as a change)\n").count(), 7, "{all}");
}

#[test]
fn changes_are_told_beside_newer_attempts() {
    let mut before = used(&["a", "b"], DAY_1);
    let mut after = used(&["a", "b"], DAY_2);
    before.push(service("c", None));
    after.push(service("c", Some(DAY_2)));
    let told = text(&history(&before, &after).diff(1, 2), Some(40));
    assert!(told.contains("1 changed, 2 rows with a newer attempt (not counted as changes)"), "{told}");
    assert_eq!(told.matches("  ~ ").count(), 1, "{told}");
    assert!(told.contains("last_authenticated_at: nothing → \"2026-11-02T10:00:00Z\""), "{told}");
}

#[test]
fn programs_get_the_rows_marked() {
    let mut before = used(&["a"], DAY_1);
    let mut after = used(&["a"], DAY_2);
    before.push(service("b", None));
    after.push(service("b", Some(DAY_2)));
    let diff = history(&before, &after).diff(1, 2);
    let object = serde_json::to_value(&diff).unwrap();
    let marks =
        |changes: &[Value]| changes.iter().map(|one| one.get("activity").cloned()).collect::<Vec<_>>();
    let expected = [Some(json!(true)), None];
    assert_eq!(marks(object["changes"].as_array().unwrap()), expected);
    assert_eq!(object["changes"][0]["change"], "changed");
    let place = flat::COLUMNS.iter().position(|column| *column == "activity").unwrap();
    let flat: Vec<SqlValue> = flat::rows(&diff).map(|row| row[place].clone()).collect();
    // There is one row for the newer attempt, and one for each column of the first.
    assert_eq!(flat[..2], [SqlValue::Integer(1), SqlValue::Integer(0)]);
    assert!(flat[1..].iter().all(|mark| *mark == SqlValue::Integer(0)));
}

#[test]
fn a_skipped_resource_is_left_out() {
    let history = history(&[service("a", None)], &[service("a", Some(DAY_1))]);
    let mut diff = history.diff(1, 2);
    let skip = vec!["service_last_accessed".to_owned()];
    Filter { skip, ..Filter::default() }.apply(&history.connection, &mut diff).unwrap();
    assert!(!diff.has_changes() && diff.changes.is_empty());
}

#[test]
fn what_hides_access_is_not_skipped() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    let gaps = [("users", json!({}), "denied"), ("tags", json!({}), "denied")];
    history.publish_with(&[], &gaps);
    let left = |access: bool, resources: &[&str]| -> Vec<&str> {
        let mut diff = history.diff(1, 2);
        let filter = Filter {
            skip: vec!["users".to_owned(), "tags".to_owned()],
            resources: resources.iter().map(|name| (*name).to_owned()).collect(),
            access,
            ..Filter::default()
        };
        filter.apply(&history.connection, &mut diff).unwrap();
        diff.changes.iter().map(|change| change.resource).collect()
    };
    assert_eq!(left(false, &[]), ["users"]);
    assert_eq!(left(true, &[]), ["users"]);
    assert_eq!(left(false, &["users", "groups"]), <[&str; 0]>::default());
}
