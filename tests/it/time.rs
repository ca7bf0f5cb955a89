//! The same question for any date gives that date's answer, and a diff of any two dates gives the changes in between.

use std::collections::{BTreeMap, BTreeSet};

use orgcensus::model::{DERIVED_VIEWS, RESOURCES};
use orgcensus::simulator::{Changes, Rows};
use serde_json::Value;

use crate::world::{World, assert_same, awkward, lasting, plain};

type Triple = (String, String, String);

fn views() -> impl Iterator<Item = String> {
    let tables = RESOURCES.iter().flat_map(|spec| [spec.name.to_owned(), format!("{}_history", spec.name)]);
    let views = DERIVED_VIEWS.iter().filter(|view| view.asked_by.is_empty());
    tables.chain(views.map(|view| view.name.to_owned()))
}

/// Removes volatile columns, which are overwritten and so not kept.
fn kept(view: &str, rows: &Rows) -> Rows {
    lasting(view.trim_end_matches("_history"), rows)
}

/// Collects days 0, 1 and 4. Returns the answers of every view right after each.
fn three_days() -> (World, Vec<BTreeMap<String, Rows>>) {
    let world = awkward();
    let mut answers = Vec::new();
    for day in DAYS {
        world.collect_day(day, &["--assignments", "pairs"]);
        let now = views().map(|view| {
            let rows = world.select(&format!("SELECT * FROM {view}"));
            (view, rows)
        });
        answers.push(now.collect());
    }
    (world, answers)
}

const DAYS: [u32; 3] = [0, 1, 4];

fn triples(ways: impl IntoIterator<Item = orgcensus::simulator::Access>) -> BTreeSet<Triple> {
    ways.into_iter().map(|way| (way.user_id, way.account_id, way.permission_set_arn)).collect()
}

fn keys(rows: &Rows) -> BTreeSet<String> {
    rows.iter().map(plain).collect()
}

fn assert_diff(world: &World, from: usize, to: usize) {
    let diff = world.diff(from as u32 + 1, to as u32 + 1);
    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for change in diff["changes"].as_array().unwrap() {
        let text = |member: &str| change[member].as_str().unwrap().to_owned();
        // The accounts' own access reports were not requested.
        if text("change") == "unknown" && change["gap"]["kind"] == "not_asked" {
            continue;
        }
        let new = found
            .entry((text("resource"), text("change")))
            .or_default()
            .insert(plain(change["key"].as_object().unwrap()));
        assert!(new, "told twice: {change}");
    }
    for (resource, Changes { added, removed, changed }) in world.simulator.net_changes(DAYS[from], DAYS[to]) {
        for (change, rows) in [("added", added), ("removed", removed), ("changed", changed)] {
            let told = found.remove(&(resource.to_owned(), change.to_owned())).unwrap_or_default();
            assert_eq!(told, keys(&rows), "{resource} {change} from {from} to {to}");
        }
    }
    assert!(found.is_empty(), "{found:?}");
    let (before, after) =
        (triples(world.simulator.access(DAYS[from])), triples(world.simulator.access(DAYS[to])));
    let told = |what: &str| -> BTreeSet<Triple> {
        let changes = diff["access_changes"].as_array().unwrap().iter();
        let text = |change: &Value, member: &str| change[member].as_str().unwrap().to_owned();
        changes
            .filter(|change| change["change"] == what)
            .map(|change| {
                (text(change, "user_id"), text(change, "account_id"), text(change, "permission_set_arn"))
            })
            .collect()
    };
    assert_eq!(told("gained"), after.difference(&before).cloned().collect(), "gained from {from} to {to}");
    assert_eq!(told("lost"), before.difference(&after).cloned().collect(), "lost from {from} to {to}");
    assert_eq!(told("unknown"), BTreeSet::new());
    if from != to {
        assert!(!told("gained").is_empty() || !told("lost").is_empty(), "nobody's access changed at all");
        let caused = diff["access_changes"].as_array().unwrap().iter();
        for change in caused.filter(|change| change["change"] == "gained" || change["change"] == "lost") {
            assert!(!change["causes"].as_array().unwrap().is_empty(), "without a cause: {change}");
        }
    }
}

#[test]
fn every_day_answers_as_it_did_on_that_day_and_diffs_of_any_two_are_what_changed() {
    let (world, answers) = three_days();
    for (index, then) in answers.iter().enumerate() {
        let now = world.all_at(&views().collect::<Vec<_>>(), index as u32 + 1);
        for (view, now) in &now {
            assert_same(&format!("{view} --at {}", index + 1), &kept(view, now), &kept(view, &then[view]));
        }
        let ways = &now["effective_access"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let found: BTreeSet<_> = ways
            .iter()
            .map(|way| orgcensus::simulator::Access {
                user_id: text(&way["user_id"]).unwrap(),
                account_id: text(&way["account_id"]).unwrap(),
                permission_set_arn: text(&way["permission_set_arn"]).unwrap(),
                group_id: text(&way["group_id"]),
            })
            .collect();
        assert_eq!(found.len(), ways.len(), "one row a way");
        assert_eq!(found, world.simulator.access(DAYS[index]), "effective_access --at {}", index + 1);
    }
    for (from, to) in [(0, 1), (1, 2), (0, 2), (2, 0), (1, 0), (2, 1), (1, 1)] {
        assert_diff(&world, from, to);
    }
}

#[test]
fn an_unchanged_day_adds_no_version() {
    let world = World::of(crate::world::small());
    let everything = ["--assignments", "pairs", "--access-report", "accounts"];
    world.collect_day(0, &everything);
    let versions = |world: &World| -> Vec<i64> {
        let count = |spec: &&orgcensus::model::ResourceSpec| {
            world.number(&format!("SELECT count(*) FROM {}_versions", spec.name))
        };
        RESOURCES.iter().map(count).collect()
    };
    let before = versions(&world);
    world.collect_day(0, &everything);
    assert_eq!(versions(&world), before);
    let diff = world.diff(1, 2);
    assert_eq!(diff["changes"], Value::Array(Vec::new()));
    assert_eq!(diff["access_changes"], Value::Array(Vec::new()));
    assert_eq!(world.run(&["diff", "--exit-code"]).exit, Some(0));
}

#[test]
fn what_nobody_asks_for_does_not_alarm_a_daily_diff() {
    let world = World::of(crate::world::small());
    world.collect_day(0, &[]);
    world.collect_day(0, &[]);
    let ran = world.run(&["diff", "--exit-code"]);
    assert_eq!(ran.exit, Some(0), "{}{}", ran.stdout, ran.stderr);
}
