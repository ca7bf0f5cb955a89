//! The diff of any two of the simulator's days equals the truth: the changed rows, the changed access, and its causes,
//! computed independently from the rows of both days.

use std::collections::{BTreeMap, BTreeSet};

use orgcensus::diff::{AccessChangeKind, CauseKind, ChangeKind, Diff, Record, compare};
use orgcensus::model::compared;
use orgcensus::simulator::{Access, Config, ReportDepth, Simulator};
use orgcensus::store::Census;
use serde_json::{Map, Value};

use crate::published::census::Maker;
use crate::world::small;

/// The number of organizations. Each is compared on every pair of days, in both directions.
const ORGANIZATIONS: u64 = 4;
const DAYS: u32 = 8;

#[test]
fn every_pair_of_days_is_told_as_it_is_stated() {
    let mut seen = BTreeSet::new();
    let mut pairs = 0;
    for seed in 1..=ORGANIZATIONS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orgcensus.db");
        // Enough events per day to make two days differ in every possible way.
        let config = Config { seed, changes_per_day: 9, ..small() };
        let maker = Maker::new(config, ReportDepth::OrganizationalUnits);
        let mut database = maker.open(&path);
        for day in 0..DAYS {
            let staging = maker.stage(&database, &maker.rows_on(day), day, &[]);
            maker.publish(&mut database, &staging, day);
        }
        let days: Vec<Day> = (0..DAYS).map(|day| Day::of(&maker.simulator, day)).collect();
        let census = Census::open(&path).unwrap();
        for (from, to) in (0..DAYS).flat_map(|from| (0..DAYS).map(move |to| (from, to))) {
            let diff = compare(census.connection(), i64::from(from) + 1, i64::from(to) + 1).unwrap();
            let (from, to) = (&days[from as usize], &days[to as usize]);
            let recreated = recreated(from, to);
            let which =
                format!("organization {seed}, snapshots {} {}", diff.from.snapshot_id, diff.to.snapshot_id);
            assert_eq!(told_rows(&diff), row_changes(from, to), "{which}");
            assert_eq!(told(&diff), access_changes(from, to, &recreated), "{which}");
            assert_eq!(told_recreated(&diff), recreated, "{which}");
            seen.extend(recreated.into_iter().map(|_| "recreated".to_owned()));
            seen.extend(told(&diff).into_values().flat_map(|(kind, causes)| {
                causes.into_iter().map(|cause| cause.0).chain([format!("{kind:?}")])
            }));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 256);
    for kind in ["Gained", "Lost", "Altered", "Rerouted", "recreated"] {
        assert!(seen.contains(kind), "no {kind} in {seen:?}");
    }
    let causes = seen.iter().filter(|kind| kind.contains('_')).count();
    assert_eq!(causes, 16, "every kind of cause has its turn: {seen:?}");
}

/// Returns every changed row: resource, key, and kind of change.
fn row_changes(from: &Day, to: &Day) -> BTreeSet<(&'static str, String, ChangeKind)> {
    let places: BTreeSet<&Place> = from.rows.keys().chain(to.rows.keys()).collect();
    let change = |place: &&Place| {
        let kind = match (from.rows.get(*place), to.rows.get(*place)) {
            (Some(before), Some(after)) if before == after => return None,
            (Some(_), Some(_)) => ChangeKind::Changed,
            (Some(_), None) => ChangeKind::Removed,
            _ => ChangeKind::Added,
        };
        Some((place.0, place.1.join(" "), kind))
    };
    places.iter().filter_map(change).collect()
}

fn told_rows(diff: &Diff) -> BTreeSet<(&'static str, String, ChangeKind)> {
    diff.changes.iter().map(|change| (change.resource, joined(&change.key), change.change)).collect()
}

/// A resource and a key.
type Place = (&'static str, Vec<String>);
/// User, account and permission set.
type Triple = (String, String, String);
/// A kind and the key of the row.
type Cause = (String, String);

/// The truth of a day.
struct Day {
    /// The rows without volatile columns.
    rows: BTreeMap<Place, Map<String, Value>>,
    ways: BTreeMap<Triple, BTreeSet<Option<String>>>,
}

impl Day {
    fn of(simulator: &Simulator, day: u32) -> Self {
        let mut rows = BTreeMap::new();
        let mut truth = simulator.truth(day);
        for spec in compared() {
            for mut row in truth.remove(spec.name).unwrap() {
                row.retain(|column, _| !spec.volatile.contains(&column.as_str()));
                let key = spec.key.iter().map(|column| row[*column].as_str().unwrap_or_default().to_owned());
                rows.insert((spec.name, key.collect()), row);
            }
        }
        let mut ways: BTreeMap<Triple, BTreeSet<Option<String>>> = BTreeMap::new();
        for Access { user_id, account_id, permission_set_arn, group_id } in simulator.access(day) {
            ways.entry((user_id, account_id, permission_set_arn)).or_default().insert(group_id);
        }
        Self { rows, ways }
    }

    fn row(&self, resource: &'static str, key: &[&str]) -> Option<&Map<String, Value>> {
        self.rows.get(&(resource, key.iter().map(|part| (*part).to_owned()).collect()))
    }

    fn is_disabled(&self, user_id: &str) -> bool {
        self.row("users", &[user_id]).is_some_and(|user| user["user_status"] == "DISABLED")
    }
}

/// Returns every access change and its causes.
fn access_changes(
    from: &Day,
    to: &Day,
    recreated: &BTreeSet<Recreated>,
) -> BTreeMap<Triple, (AccessChangeKind, BTreeSet<Cause>)> {
    let triples: BTreeSet<&Triple> = from.ways.keys().chain(to.ways.keys()).collect();
    let (nothing, contents) = (BTreeSet::new(), contents(from, to));
    let mut changes = BTreeMap::new();
    for triple in triples {
        let (before, after) =
            (from.ways.get(triple).unwrap_or(&nothing), to.ways.get(triple).unwrap_or(&nothing));
        let mut causes = BTreeSet::new();
        if before != after {
            let ways = before.symmetric_difference(after);
            causes.extend(causes_of_ways(from, to, triple, ways, recreated));
        }
        let stays = !before.is_empty() && !after.is_empty();
        if stays {
            causes.extend(contents.get(&triple.2).cloned().unwrap_or_default());
            causes.extend(causes_of_status(from, to, &triple.0));
        } else {
            causes.extend(one_sided(
                from,
                to,
                "accounts",
                &[&triple.1],
                "account_created",
                "account_deleted",
            ));
        }
        let kind = match (before.is_empty(), after.is_empty()) {
            (true, _) => AccessChangeKind::Gained,
            (_, true) => AccessChangeKind::Lost,
            _ if before != after => AccessChangeKind::Rerouted,
            _ => AccessChangeKind::Altered,
        };
        if before != after || !causes.is_empty() {
            changes.insert(triple.clone(), (kind, causes));
        }
    }
    changes
}

fn causes_of_ways<'a>(
    from: &Day,
    to: &Day,
    (user_id, account_id, arn): &Triple,
    ways: impl Iterator<Item = &'a Option<String>>,
    recreated: &BTreeSet<Recreated>,
) -> BTreeSet<Cause> {
    let mut causes = BTreeSet::new();
    causes.extend(one_sided(from, to, "users", &[user_id], "user_created", "user_deleted"));
    let set = ("permission_set_created", "permission_set_deleted");
    causes.extend(one_sided(from, to, "permission_sets", &[arn], set.0, set.1));
    for group_id in ways {
        let (kind, principal) = match group_id {
            Some(group_id) => ("GROUP", group_id),
            None => ("USER", user_id),
        };
        let (key, made) = ([account_id, arn, kind, principal], ("assignment_granted", "assignment_revoked"));
        causes.extend(one_sided(from, to, "account_assignments", &key, made.0, made.1));
        let Some(group_id) = group_id else { continue };
        let made = ("membership_added", "membership_removed");
        causes.extend(one_sided(from, to, "group_memberships", &[group_id, user_id], made.0, made.1));
        match recreated.iter().find(|(old, new, _)| old == group_id || new == group_id) {
            Some((_, new, _)) => _ = causes.insert(("group_recreated".to_owned(), new.clone())),
            None => {
                causes.extend(one_sided(from, to, "groups", &[group_id], "group_created", "group_deleted"))
            }
        }
    }
    causes
}

/// Returns the changes to the content of each permission set for users who have it.
fn contents(from: &Day, to: &Day) -> BTreeMap<String, BTreeSet<Cause>> {
    let mut contents: BTreeMap<String, BTreeSet<Cause>> = BTreeMap::new();
    let mut changed = |arn: &str, key: String| {
        contents.entry(arn.to_owned()).or_default().insert(("policy_changed".to_owned(), key));
    };
    let policies = |day: &Day| -> BTreeSet<(String, String)> {
        let of_sets = day.rows.keys().filter(|place| place.0 == "permission_set_policies");
        of_sets.map(|place| (place.1[2].clone(), place.1[0].clone())).collect()
    };
    // A new version of an AWS managed policy changes the sets that had it and still have it, if its content differs.
    let attached: BTreeSet<_> = policies(from).intersection(&policies(to)).cloned().collect();
    let said = |day: &Day, arn: &str| -> Value {
        let policy = day.row("managed_policies", &[arn]).unwrap();
        serde_json::from_str(policy["document"].as_str().unwrap()).unwrap()
    };
    for (resource, key, kind) in row_changes(from, to) {
        let arn = key.split(' ').next().unwrap();
        let session =
            |day: &Day| day.row("permission_sets", &[arn]).map(|set| set["session_duration"].clone());
        match resource {
            "permission_set_policies" => changed(arn, key.clone()),
            "permission_sets" if kind == ChangeKind::Changed && session(from) != session(to) => {
                changed(arn, arn.to_owned());
            }
            "managed_policies" if kind == ChangeKind::Changed && said(from, arn) != said(to, arn) => {
                let sets = attached.iter().filter(|(policy, _)| policy == arn);
                sets.for_each(|(_, set)| changed(set, arn.to_owned()));
            }
            _ => {}
        }
    }
    contents
}

fn causes_of_status(from: &Day, to: &Day, user_id: &str) -> Option<Cause> {
    let kind = match (from.is_disabled(user_id), to.is_disabled(user_id)) {
        (true, false) => "user_enabled",
        (false, true) => "user_disabled",
        _ => return None,
    };
    Some((kind.to_owned(), user_id.to_owned()))
}

fn one_sided(
    from: &Day,
    to: &Day,
    resource: &'static str,
    key: &[&str],
    came: &str,
    went: &str,
) -> Option<Cause> {
    let kind = match (from.row(resource, key), to.row(resource, key)) {
        (None, Some(_)) => came,
        (Some(_), None) => went,
        _ => return None,
    };
    Some((kind.to_owned(), key.join(" ")))
}

/// The old id, the new one, and the number of orphaned assignments.
type Recreated = (String, String, usize);

/// Returns the deleted groups that have a new group of the same name, and the number of assignments that each left
/// orphaned. The simulator recreates nothing else, and no two of its new groups have the same name.
fn recreated(from: &Day, to: &Day) -> BTreeSet<Recreated> {
    let groups = |day: &Day, other: &Day| -> BTreeMap<String, String> {
        let only = day.rows.keys().filter(|place| place.0 == "groups" && !other.rows.contains_key(*place));
        only.map(|place| (day.rows[place]["display_name"].as_str().unwrap().to_owned(), place.1[0].clone()))
            .collect()
    };
    let came = groups(to, from);
    groups(from, to)
        .into_iter()
        .filter_map(|(name, old)| {
            let named = |(resource, key): &&(&'static str, Vec<String>)| {
                *resource == "account_assignments" && key[3] == old
            };
            Some((old.clone(), came.get(&name)?.clone(), to.rows.keys().filter(named).count()))
        })
        .collect()
}

fn told(diff: &Diff) -> BTreeMap<Triple, (AccessChangeKind, BTreeSet<Cause>)> {
    let word = |kind: CauseKind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
    diff.access_changes
        .iter()
        .map(|change| {
            let [user_id, account_id, arn] =
                [&change.user_id, &change.account_id, &change.permission_set_arn];
            let triple = (user_id.to_string(), account_id.to_string(), arn.to_string());
            let causes: BTreeSet<Cause> =
                change.causes.iter().map(|cause| (word(cause.kind), joined(&cause.key))).collect();
            assert_eq!(causes.len(), change.causes.len(), "a cause is told once");
            (triple, (change.change, causes))
        })
        .collect()
}

fn told_recreated(diff: &Diff) -> BTreeSet<Recreated> {
    diff.recreations
        .iter()
        .map(|one| (joined(&one.before_key), joined(&one.after_key), one.dangling.len()))
        .collect()
}

/// Returns a key's values as one word.
fn joined(key: &Record) -> String {
    key.values().map(|part| part.as_str().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}
