//! Property test: any snapshots are pruned from any history, twice. Every remaining snapshot answers as before, and so
//! does the diff of any two. Later collections have the same result.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::Value;

use super::history::{Day, collect, day};
use crate::diff::compare;
use crate::model::DERIVED_VIEWS;
use crate::store::Census;
use crate::store::testing::{World, column};

/// The times at which a row was seen. Pruning may move them to an earlier time, never to a later one.
const TIMES: &[&str] = &["not_before", "first_seen_at", "last_seen_at", "gone_at"];

/// Returns every row of a table or view as text, sorted, with its times apart.
fn rows(census: &Census, table: &str, condition: &str) -> Vec<(String, BTreeMap<String, Option<String>>)> {
    let connection = census.connection();
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} {condition}")).unwrap();
    let names: Vec<String> = statement.column_names().iter().map(|name| (*name).to_owned()).collect();
    let rows = statement.query_map([], |row| {
        let mut text = String::new();
        let mut times = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            if TIMES.contains(&name.as_str()) {
                times.insert(name.clone(), row.get_unwrap(index));
            } else {
                text += &format!("{name} {:?} ", row.get_ref_unwrap(index));
            }
        }
        Ok((text, times))
    });
    let mut rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

type Answers = BTreeMap<String, Vec<(String, BTreeMap<String, Option<String>>)>>;

/// The ends of the names of views that compare snapshots: they depend on which snapshots exist.
const OF_HISTORY: &[&str] = &["_history", "changes", "_causes", "_totals", "_metrics", "_by_snapshot"];

/// The resources of the histories.
const COLLECTED: &[&str] = &["users", "groups", "group_memberships", "account_assignments"];

/// Returns all answers of one snapshot.
fn answers(census: &mut Census, snapshot_id: i64) -> Answers {
    census.answer_as_of(snapshot_id).unwrap();
    let views = COLLECTED.iter().copied().chain(["stale_rows"]);
    let views = views.chain(
        DERIVED_VIEWS
            .iter()
            .map(|view| view.name)
            .filter(|name| !OF_HISTORY.iter().any(|end| name.ends_with(end))),
    );
    let mut answers: Answers = views.map(|name| (name.to_owned(), rows(census, name, ""))).collect();
    let facts = ["snapshots", "coverage", "gaps", "seen_under_gaps", "gap_columns"];
    let charts = COLLECTED.iter().map(|name| format!("{name}_by_snapshot"));
    for name in facts.map(str::to_owned).into_iter().chain(charts) {
        let of_snapshot = rows(census, &name, &format!("WHERE snapshot_id = {snapshot_id}"));
        answers.insert(name, of_snapshot);
    }
    let counts = format!(
        "(SELECT * FROM snapshot_metrics_kept WHERE valid_from <= {snapshot_id}
        AND (valid_to IS NULL OR valid_to > {snapshot_id}))"
    );
    let counts = rows(census, &counts, "")
        .into_iter()
        .map(|(text, times)| (text.split(" valid_from ").next().unwrap_or_default().to_owned(), times));
    answers.insert("counts".to_owned(), counts.collect());
    answers
}

fn differences(census: &Census, from: i64, to: i64) -> Value {
    serde_json::to_value(compare(census.connection(), from, to).unwrap()).unwrap()
}

/// Removes every `last_seen` from a diff, and collects them in order.
fn take_last_seen(value: &mut Value, found: &mut Vec<Option<i64>>) {
    match value {
        Value::Object(members) => {
            // For a scope, only the newest kept snapshot is reported.
            let is_scope = members.get("change").is_some_and(|change| change == "unknown");
            if let Some(last_seen) = members.remove("last_seen").filter(|_| !is_scope) {
                found.push(last_seen.as_i64());
            }
            members.values_mut().for_each(|member| take_last_seen(member, found));
        }
        Value::Array(members) => members.iter_mut().for_each(|member| take_last_seen(member, found)),
        _ => {}
    }
}

/// A census, and the answers of each snapshot.
struct Before {
    census: Census,
    answers: BTreeMap<i64, Answers>,
}

impl Before {
    fn of(world: &World, snapshots: i64) -> Self {
        let mut census = world.census();
        let answers = (1..=snapshots).map(|id| (id, answers(&mut census, id))).collect();
        Self { census, answers }
    }
}

fn assert_as_before(before: &Before, after: &mut Census, kept: &[i64]) {
    for &snapshot_id in kept {
        let now = answers(after, snapshot_id);
        for (name, then) in &before.answers[&snapshot_id] {
            let now = &now[name];
            let texts = |rows: &[(String, _)]| rows.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
            assert_eq!(texts(now), texts(then), "{name} --at {snapshot_id}, kept {kept:?}");
            if name == "stale_rows" {
                for (now, then) in now.iter().zip(then) {
                    let (now, then) = (&now.1["last_seen_at"], &then.1["last_seen_at"]);
                    assert!(now.is_some() && now <= then, "seen {now:?} and not {then:?}, kept {kept:?}");
                }
            }
        }
    }
    for (from, to) in kept.iter().flat_map(|from| kept.iter().map(move |to| (*from, *to))) {
        let (mut then, mut now) = (differences(&before.census, from, to), differences(after, from, to));
        let (mut seen_then, mut seen_now) = (Vec::new(), Vec::new());
        take_last_seen(&mut then, &mut seen_then);
        take_last_seen(&mut now, &mut seen_now);
        assert_eq!(now, then, "from {from} to {to}, kept {kept:?}");
        for (now, then) in seen_now.iter().zip(&seen_then) {
            assert!(now.is_some() == then.is_some() && now <= then, "seen in {now:?} and not {then:?}");
        }
        assert_eq!(seen_now.len(), seen_then.len());
    }
}

/// Asserts that the view of changes gives for each snapshot the same changes as the diff with the one before.
fn assert_changes(census: &mut Census, kept: &[i64]) {
    census.answer_as_of(kept[kept.len() - 1]).unwrap();
    for pair in kept.windows(2) {
        let diff = compare(census.connection(), pair[0], pair[1]).unwrap();
        let of_diff = diff.changes.iter().filter(|one| one.rows.is_none()).map(|one| {
            let key = serde_json::to_value(&one.key).unwrap();
            format!("{} {} {key}", one.resource, one.change.as_str())
        });
        let of_view = "SELECT concat_ws(' ', resource, change, key) FROM changes WHERE change <> 'unknown'";
        let of_view = column(census.connection(), &format!("{of_view} AND snapshot_id = {}", pair[1]));
        let of_diff: BTreeSet<String> = of_diff.collect();
        assert_eq!(of_view.into_iter().collect::<BTreeSet<_>>(), of_diff, "at {pair:?}, kept {kept:?}");
    }
}

/// Asserts that the bounds name kept snapshots, and that an unchanged row is stored once.
fn assert_tidy(census: &Census, kept: &[i64]) {
    let connection = census.connection();
    for resource in COLLECTED {
        let table = format!("{resource}_versions");
        let bounds = format!(
            "SELECT valid_from || '' FROM {table} UNION SELECT valid_to || '' FROM {table} WHERE valid_to IS NOT NULL"
        );
        let named: BTreeSet<String> = column(connection, &bounds).into_iter().collect();
        let kept: BTreeSet<String> = kept.iter().map(i64::to_string).collect();
        assert!(named.is_subset(&kept), "{table} names {named:?}");
        let columns = format!(
            "SELECT name FROM pragma_table_info('{table}') WHERE name NOT LIKE 'valid\\_%' ESCAPE '\\'"
        );
        let alike: Vec<_> = column(connection, &columns)
            .iter()
            .map(|name| format!(" AND a.\"{name}\" IS b.\"{name}\""))
            .collect();
        let alike = format!(
            "SELECT b.valid_from || '' FROM {table} AS a JOIN {table} AS b ON b.valid_from = a.valid_to{}
             WHERE NOT EXISTS (SELECT 1 FROM gaps WHERE snapshot_id = b.valid_from AND resource = '{resource}')",
            alike.concat(),
        );
        assert_eq!(column(connection, &alike), Vec::<String>::new(), "{table}");
    }
    let pruned =
        "SELECT snapshot_id || '' FROM pruned_beginnings UNION SELECT snapshot_id || '' FROM pruned_endings
                  EXCEPT SELECT snapshot_id || '' FROM snapshots";
    assert_eq!(column(connection, pruned), Vec::<String>::new());
}

/// Generates days, the snapshots that the first pruning keeps, those that the second keeps, and one more day.
fn histories() -> impl Strategy<Value = (Vec<Day>, Vec<i64>, Vec<i64>, Day)> {
    let kept = |from: Vec<i64>| {
        let all = from.len();
        subsequence(from, 1..=all)
    };
    proptest::collection::vec(day(), 3..7).prop_flat_map(move |days| {
        let ids: Vec<i64> = (1..=days.len() as i64).collect();
        let both = kept(ids).prop_flat_map(move |first| (Just(first.clone()), kept(first)));
        (Just(days), both, day()).prop_map(|(days, (first, second), next)| (days, first, second, next))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn every_snapshot_that_stays_answers_as_before((days, first, second, next) in histories()) {
        let mut world = World::new();
        days.iter().for_each(|day| collect(&mut world, day));
        let mut pruned = world.fork();
        assert_changes(&mut world.census(), &(1..=days.len() as i64).collect::<Vec<_>>());
        let before = Before::of(&world, days.len() as i64);
        let mut ids: Vec<i64> = (1..=days.len() as i64).collect();
        for kept in [first, second] {
            let gone: Vec<i64> = ids.iter().copied().filter(|id| !kept.contains(id)).collect();
            pruned.database.prune(&gone).unwrap();
            assert_as_before(&before, &mut pruned.census(), &kept);
            assert_tidy(&pruned.census(), &kept);
            assert_changes(&mut pruned.census(), &kept);
            ids = kept;
        }
        // The rows that a gap carries forward depend on the snapshot before.
        if *ids.last().unwrap() == days.len() as i64 {
            collect(&mut world, &next);
            collect(&mut pruned, &next);
            ids.push(days.len() as i64 + 1);
            assert_as_before(&Before::of(&world, ids[ids.len() - 1]), &mut pruned.census(), &ids);
        }
    }
}
