//! The required effects of a fault, for the tests of `faults` and others: a row that AWS does not show is unknown,
//! never removed. A fault that is survived leaves no trace ([`assert_survived`]). Any other fault leaves a gap, carried
//! rows and a correct diff ([`assert_hidden`]).

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use orgcensus::aws::{ConnectionOptions, FixedEndpoint, PaceOptions, Rate, RetryPolicy, Service};
use orgcensus::collect::{
    ReportDepth as Depth, RunOptions, Selection, StrategyChoice, Summary, TakeOptions, Taken, take,
};
use orgcensus::model::{ParentWhen, RESOURCES, ResourceGroup, ResourceSpec, resource};
use orgcensus::simulator::{Action, Config, ReportDepth, Rows, TruthOptions};
use orgcensus::store::ShrinkLimit;
use serde_json::{Map, Value, json};

use crate::fixture::Ran;
use crate::world::{KEY, World, assert_same, plain, small};

pub(crate) const ARGUMENTS: [&str; 4] = ["--assignments", "pairs", "--access-report", "accounts"];

pub(crate) fn everything() -> TruthOptions {
    TruthOptions { access_report: ReportDepth::Accounts, ..TruthOptions::default() }
}

pub(crate) fn denied() -> Action {
    Action::Denied { kms_reason: None }
}

pub(crate) fn collect(world: &World) -> Ran {
    world.collect(&ARGUMENTS)
}

/// Collects with low retry limits, for faults that never end. The waits are seconds instead of minutes, and nothing
/// else differs.
pub(crate) fn collect_impatiently(world: &World) -> Summary {
    let retry_policy = RetryPolicy {
        attempt_timeout: Duration::from_secs(2),
        transients: 2,
        timeouts: 2,
        throttled_for: Duration::from_secs(1),
        ..RetryPolicy::default()
    };
    let rates = Service::ALL.into_iter().map(|service| (service, Rate::Fixed(100_000.0))).collect();
    let endpoint = FixedEndpoint { url: world.simulator.endpoint(), access_key_id: KEY.to_owned() };
    let connection = ConnectionOptions {
        pace: PaceOptions { rates, share: None },
        retry_policy,
        endpoint: Some(endpoint),
        ..ConnectionOptions::default()
    };
    let selection = Selection::new(&[], &[], Depth::Accounts, StrategyChoice::Pairs).unwrap();
    let options = TakeOptions {
        database: world.sandbox.path("orgcensus.db"),
        connection,
        selection,
        instance_arn: None,
        label: None,
        restart: false,
        resume_within: Duration::from_secs(3600),
        activity_step: orgcensus::store::ActivityStep::default(),
        shrink_limit: ShrinkLimit(50),
        run: RunOptions {
            report_budget: Duration::from_secs(600),
            details_budget: Duration::from_secs(600),
            policies_budget: Duration::from_secs(600),
            dry_run: false,
            full_every: None,
        },
        synthetic: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(take(&options, &mut (), std::future::pending())).unwrap() {
        Taken::Published(summary) => summary,
        other => panic!("{other:?}"),
    }
}

/// Returns a small organization on day 6, whose day 0 was collected once for all tests.
pub(crate) fn after_day_0() -> World {
    after_day_0_of(small())
}

/// Returns the same, served in another way. Its day 0 must equal that of `small`.
pub(crate) fn after_day_0_of(config: Config) -> World {
    static DAY_0: OnceLock<Vec<u8>> = OnceLock::new();
    let world = World::of(config);
    let file = world.sandbox.path("orgcensus.db");
    let day_0 = DAY_0.get_or_init(|| {
        let first = World::of(small());
        first.collect_day(0, &ARGUMENTS);
        std::fs::read(first.sandbox.path("orgcensus.db")).unwrap()
    });
    std::fs::write(&file, day_0).unwrap();
    world.simulator.calls().clear();
    world.simulator.set_day(DAY);
    world
}

/// A day late enough that something of every kind has changed since day 0.
pub(crate) const DAY: u32 = 6;

pub(crate) fn truth(world: &World, day: u32, resource: &str) -> Rows {
    world.simulator.rows(day, resource, everything())
}

pub(crate) fn held(world: &World, resource: &str) -> Rows {
    world.select(&format!("SELECT * FROM {resource}"))
}

pub(crate) fn key(resource_name: &str, row: &Map<String, Value>) -> String {
    let key = resource(resource_name).unwrap().key.iter();
    plain(&key.map(|column| ((*column).to_owned(), row[*column].clone())).collect())
}

pub(crate) fn covers(scope: &Value, row: &Map<String, Value>) -> bool {
    scope.as_object().unwrap().iter().all(|(column, value)| row[column] == *value)
}

/// Returns true if a row's parent was proven deleted, which is evidence even if the row itself is hidden.
pub(crate) fn lost_its_parent(
    world: &World,
    spec: &ResourceSpec,
    row: &Map<String, Value>,
    is_hidden: impl Fn(&str) -> bool,
) -> bool {
    spec.parents.iter().any(|parent| {
        let applies = match parent.when {
            ParentWhen::Always => true,
            ParentWhen::Column(column, value) => row.get(column).is_some_and(|found| *found == *value),
            ParentWhen::Filled(column) => row.get(column).is_some_and(|found| *found != *""),
        };
        let is_of = |other: &Map<String, Value>| {
            parent.columns.iter().all(|(column, parent_column)| row[*column] == other[*parent_column])
        };
        applies && !is_hidden(parent.resource) && !truth(world, DAY, parent.resource).iter().any(is_of)
    })
}

/// Asserts that the fault was survived: no gap, the day's truth, and the real changes.
pub(crate) fn assert_survived(world: &World, ran: &Ran) {
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    world.assert_truth(DAY, everything());
    assert_net_changes(world, 1, 2);
}

/// Returns the scopes that are not seen if the accounts are not listed, besides these.
pub(crate) fn scopes_that_follow_from_accounts() -> Vec<(&'static str, Value)> {
    // The account of the credentials is found among the accounts.
    let iam = ResourceGroup::Iam.resources().map(|spec| (spec.name, json!({})));
    let others = [
        ("tags", json!({ "resource_type": "account" })),
        ("service_last_accessed", json!({ "entity_type": "account" })),
    ];
    others.into_iter().chain(iam).collect()
}

/// Returns the scopes that the latest snapshot could not see, for faults that affect arbitrary calls.
pub(crate) fn gaps_found(world: &World) -> Vec<(String, Value)> {
    let gaps = world.gaps().into_iter();
    gaps.map(|(resource, scope, _)| (resource, serde_json::from_str(&scope).unwrap())).collect()
}

/// Returns the same in the form that [`assert_hidden`] takes.
pub(crate) fn borrowed(gaps: &[(String, Value)]) -> Vec<(&str, Value)> {
    gaps.iter().map(|(resource, scope)| (resource.as_str(), scope.clone())).collect()
}

/// Asserts that the gap hides the given scopes, and nothing else. Inside them, the rows of day 0 are carried;
/// everywhere else the rows equal the day's truth. No diff reports hidden rows as removed or added, and the next
/// collection resolves the gap.
pub(crate) fn assert_hidden(world: &World, ran: &Ran, gaps: &[(&str, Value)], kind: &str) {
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("is unknown, not absent"), "{}", ran.stderr);
    assert_kept(world, gaps, kind);
}

/// Asserts the same of the census alone, for any kind of collection.
pub(crate) fn assert_kept(world: &World, gaps: &[(&str, Value)], kind: &str) {
    let mut expected: Vec<_> = gaps
        .iter()
        .map(|(resource, scope)| ((*resource).to_owned(), scope.to_string(), kind.to_owned()))
        .collect();
    expected.sort();
    assert_eq!(world.gaps(), expected);
    let is_hidden = |resource: &str, row: &Map<String, Value>| {
        gaps.iter().any(|(hidden, scope)| *hidden == resource && covers(scope, row))
    };
    for spec in RESOURCES {
        let mut expected: Rows = truth(world, DAY, spec.name);
        expected.retain(|row| !is_hidden(spec.name, row));
        let before = truth(world, 0, spec.name).into_iter();
        let hidden = |name: &str| gaps.iter().any(|(hidden, _)| *hidden == name);
        expected.extend(
            before.filter(|row| is_hidden(spec.name, row) && !lost_its_parent(world, spec, row, hidden)),
        );
        let some_names_are_hidden =
            |of: &str| gaps.iter().any(|(name, scope)| *name == of && *scope != json!({}));
        if spec.named_by.as_ref().is_some_and(|by| some_names_are_hidden(by.resource)) && hidden(spec.name) {
            // Rows with a name are read anyway. Rows that only a hidden row may name are carried.
            let day = truth(world, DAY, spec.name);
            let is_named =
                |row: &Map<String, Value>| day.iter().any(|one| key(spec.name, one) == key(spec.name, row));
            expected.retain(|row| !is_named(row));
            expected.extend(day);
        }
        assert_same(spec.name, &held(world, spec.name), &expected);
        let hidden_rows = expected.iter().filter(|row| is_hidden(spec.name, row)).count();
        let status = format!(
            "SELECT count(*) FROM coverage WHERE snapshot_id = 2 AND resource = '{}' AND status = 'partial'",
            spec.name
        );
        let has_gap = gaps.iter().any(|(hidden, _)| *hidden == spec.name);
        assert_eq!(world.number(&status), i64::from(has_gap), "{} with {hidden_rows} hidden rows", spec.name);
    }
    let told = |from: u32, to: u32, hidden_change: &str| {
        let mut unknown = BTreeSet::new();
        let diff = world.diff(from, to);
        let changes = diff["changes"].as_array().unwrap();
        for change in changes {
            let name = change["resource"].as_str().unwrap();
            if change["change"] == "unknown" {
                // The rows of a scope that was not seen are also in a wider scope of which only parts are asked for.
                if change["gap"]["kind"] == "not_asked" && kind != "not_asked" {
                    let is_told_so = |one: &Value| one["resource"] == name && one["gap"]["kind"] == kind;
                    assert!(changes.iter().any(is_told_so), "{change}");
                    continue;
                }
                assert_eq!(change["gap"]["kind"], kind, "{change}");
                unknown.insert((name.to_owned(), change["key"].to_string()));
                continue;
            }
            let row = change["before"].as_object().or(change["after"].as_object()).unwrap();
            let hidden = |name: &str| gaps.iter().any(|(hidden, _)| *hidden == name);
            if is_hidden(name, row) && !lost_its_parent(world, resource(name).unwrap(), row, hidden) {
                assert_ne!(change["change"], hidden_change, "{change}");
            }
        }
        unknown
    };
    // A resource that is not compared is in no diff.
    let is_compared = |name: &str| resource(name).is_some_and(|spec| spec.not_compared.is_none());
    let compared = gaps.iter().filter(|(name, _)| is_compared(name));
    let scopes: BTreeSet<_> =
        compared.map(|(resource, scope)| ((*resource).to_owned(), scope.to_string())).collect();
    assert_eq!(told(1, 2, "removed"), scopes, "every gap is told as unknown");
    let exit = world.run(&["diff", "1", "2", "--exit-code"]).exit;
    assert!(matches!(exit, Some(3 | 4)), "{exit:?}");
    // The next day, everything is visible again.
    world.simulator.faults().clear();
    let clean = collect(world);
    assert_eq!(clean.exit, Some(0), "{}", clean.stderr);
    world.assert_truth(DAY, everything());
    assert_eq!(told(2, 3, "added"), scopes, "what was first seen after a gap is not added");
    assert_net_changes(world, 1, 3);
}

/// Asserts that the changes between two completely seen days do not depend on the snapshots in between.
pub(crate) fn assert_net_changes(world: &World, from: u32, to: u32) {
    let diff = world.diff(from, to);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for change in diff["changes"].as_array().unwrap() {
        let name = change["resource"].as_str().unwrap();
        found.insert(format!(
            "{name} {} {}",
            change["change"],
            key(name, change["key"].as_object().unwrap())
        ));
    }
    let mut expected = BTreeSet::new();
    for (name, changes) in world.simulator.net_changes_with(0, DAY, everything()) {
        for (change, rows) in
            [("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)]
        {
            expected.extend(rows.iter().map(|row| format!("{name} {} {}", json!(change), key(name, row))));
        }
    }
    assert_eq!(found, expected);
}

/// Returns an id that exists on both days, and has rows below it.
pub(crate) fn one(world: &World, resource: &str, column: &str) -> String {
    several(world, resource, column, 1).remove(0)
}

/// Returns this many such ids.
pub(crate) fn several(world: &World, resource: &str, column: &str, number: usize) -> Vec<String> {
    let ids = |day: u32| -> BTreeSet<String> {
        truth(world, day, resource).iter().map(|row| row[column].as_str().unwrap().to_owned()).collect()
    };
    let lasting: Vec<String> = ids(0).intersection(&ids(DAY)).take(number).cloned().collect();
    assert_eq!(lasting.len(), number, "{resource}");
    lasting
}
