//! Property test: for any history, every snapshot holds the staged rows, or the last known rows under a gap.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The staged value of each pair of group and user.
type State = BTreeMap<(u8, u8), u8>;

/// One collection of the members of three groups: which groups exist, how each group's listing ended, and the rows.
#[derive(Debug, Clone)]
struct Day {
    groups_listed: bool,
    /// For each group: true if it exists, and true if its members' listing finished.
    groups: Vec<(bool, bool)>,
    rows: State,
}

fn day() -> impl Strategy<Value = Day> {
    let rows = proptest::collection::btree_map((0..3u8, 0..3u8), 0..2u8, 0..6);
    let groups = proptest::collection::vec((proptest::bool::weighted(0.8), proptest::bool::weighted(0.7)), 3);
    (proptest::bool::weighted(0.8), groups, rows).prop_map(|(groups_listed, groups, rows)| Day {
        groups_listed,
        groups,
        rows,
    })
}

fn collect(world: &mut World, day: &Day) {
    let mut collection = world.collect();
    let existing = day.groups.iter().enumerate().filter(|(_, (exists, _))| *exists);
    let rows: Vec<_> = existing.clone().map(|(number, _)| group(&number.to_string())).collect();
    if day.groups_listed {
        collection.listed(&[all("groups")], rows);
    } else {
        collection.failed(GapKind::Denied, &[all("groups")], &[all("group_memberships")], rows);
    }
    for (number, (_, listed)) in existing {
        let rows = day.rows.iter().filter(|((group, _), _)| usize::from(*group) == number);
        let rows = rows
            .map(|((group, user), value)| {
                let (group, user, value) = (group.to_string(), user.to_string(), value.to_string());
                row(
                    "group_memberships",
                    &[("group_id", &group), ("user_id", &user), ("membership_id", &value)],
                )
            })
            .collect();
        let covers = [members_of(&number.to_string())];
        if *listed {
            collection.listed(&covers, rows);
        } else {
            collection.failed(GapKind::Failed, &covers, &[], rows);
        }
    }
    collection.publish();
}

/// Returns the rows after `day`, given the rows before: the staged rows of existing groups, and the last known rows of
/// groups whose listing failed, or that were not staged while the groups' listing failed.
fn expected(before: &State, day: &Day) -> State {
    let mut after = State::new();
    for (key, value) in before {
        let (exists, listed) = day.groups[usize::from(key.0)];
        let unseen = if exists { !listed } else { !day.groups_listed };
        if unseen {
            after.insert(*key, *value);
        }
    }
    let staged = day.rows.iter().filter(|((group, _), _)| day.groups[usize::from(*group)].0);
    after.extend(staged.map(|(key, value)| (*key, *value)));
    after
}

/// The rows that a gap hides, each with the snapshot in which its value began and the one that saw it last.
type Stale = BTreeMap<(u8, u8), (usize, usize)>;

/// Returns the expected rows of `stale_rows` after the day `number`, and updates the known rows.
fn sight(before: &State, after: &State, day: &Day, number: usize, known: &mut Stale) -> Stale {
    let unseen = |group: u8| match day.groups[usize::from(group)] {
        (true, listed) => !listed,
        (false, _) => !day.groups_listed,
    };
    known.retain(|key, _| after.contains_key(key) && before.get(key) == after.get(key));
    let mut stale = Stale::new();
    for key in after.keys() {
        let (began, last_seen) = known.entry(*key).or_insert((number, number));
        if !unseen(key.0) {
            *last_seen = number;
        } else if *began < number {
            stale.insert(*key, (*began, *last_seen));
        }
    }
    stale
}

/// Returns the rows of the view as text that includes when they were last seen.
fn stale(connection: &rusqlite::Connection) -> Vec<String> {
    let sql =
        "SELECT json_extract(r.key, '$.group_id') || json_extract(r.key, '$.user_id') || ' ' || s.snapshot_id
               FROM stale_rows AS r JOIN snapshots AS s ON s.completed_at = r.last_seen_at
               WHERE r.resource = 'group_memberships' ORDER BY 1";
    column(connection, sql)
}

fn state(connection: &rusqlite::Connection) -> State {
    let sql = "SELECT group_id || user_id || membership_id FROM group_memberships";
    let digit = |text: &str, at: usize| text.as_bytes()[at] - b'0';
    column(connection, sql).iter().map(|row| ((digit(row, 0), digit(row, 1)), digit(row, 2))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn as_of_every_snapshot_stands_what_was_staged_or_last_known(days in proptest::collection::vec(day(), 1..6)) {
        let mut world = World::claimed();
        let mut states = vec![State::new()];
        let mut stales = vec![Vec::new()];
        let mut known = Stale::new();
        for (day, number) in days.iter().zip(1..) {
            collect(&mut world, day);
            let before = &states[number - 1];
            let after = expected(before, day);
            let hidden = sight(before, &after, day, number, &mut known);
            let told = hidden.iter().map(|((group, user), (_, last_seen))| format!("{group}{user} {last_seen}"));
            stales.push(told.collect());
            states.push(after);
        }
        let mut census = world.census();
        prop_assert_eq!(&state(census.connection()), states.last().unwrap());
        prop_assert_eq!(&stale(census.connection()), stales.last().unwrap());
        for (snapshot, expected) in states.iter().enumerate().skip(1) {
            census.answer_as_of(snapshot as i64).unwrap();
            prop_assert_eq!(&state(census.connection()), expected, "as of {}", snapshot);
            prop_assert_eq!(&stale(census.connection()), &stales[snapshot], "stale as of {}", snapshot);
            let charted = format!(
                "SELECT count(*) || '' FROM main.group_memberships_by_snapshot WHERE snapshot_id = {snapshot}"
            );
            prop_assert_eq!(column(census.connection(), &charted), vec![expected.len().to_string()]);
        }
        // The counts carried from day to day equal the counts of one walk over all versions.
        prop_assert_eq!(census.verify().unwrap().links.len(), days.len());
        let twice = "SELECT group_id FROM group_memberships_versions WHERE valid_to IS NULL
                     GROUP BY group_id, user_id HAVING count(*) > 1";
        prop_assert!(column(census.connection(), twice).is_empty());
        // Adjacent versions differ: an unchanged row is stored once.
        let idle = "SELECT a.group_id FROM group_memberships_versions AS a JOIN group_memberships_versions AS b
                    ON b.group_id = a.group_id AND b.user_id = a.user_id AND b.valid_from = a.valid_to
                       AND b.membership_id = a.membership_id";
        prop_assert!(column(census.connection(), idle).is_empty());
    }
}
