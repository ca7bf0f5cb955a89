//! The changes from one day to the next: joiners and leavers, grants and revocations, moves and renames.
//!
//! They are deterministic: a day's events follow from the seed and the day's number. Every kind of event has its turn
//! before any is repeated, so that a few days show them all. Each is one function in the modules below, and does
//! nothing if the organization has no suitable subject.

mod access;
mod people;
mod tree;

use super::dice::{self, Dice};
use super::organization::World;

type Event = fn(&mut World, &mut Dice);

/// The kinds of event, in the order of their turns. The most common ones appear twice.
const EVENTS: &[Event] = &[
    people::somebody_joins,
    access::grant_to_group,
    people::somebody_joins_a_group,
    access::revoke,
    people::somebody_leaves,
    people::somebody_changes_groups,
    access::change_session_duration,
    tree::rename_account,
    people::disable_somebody,
    access::grant_to_user,
    tree::add_account,
    access::attach_policy,
    people::change_title,
    tree::move_account,
    access::detach_policy,
    people::rename_group,
    tree::change_tags,
    access::change_inline_policy,
    people::somebody_joins,
    people::recreate_group,
    tree::add_unit,
    access::create_permission_set,
    people::somebody_leaves_a_group,
    tree::suspend_account,
    access::reprovision,
    people::enable_somebody,
    access::delete_permission_set,
    tree::rename_unit,
    people::delete_group,
    access::change_permission_set_tags,
    access::revoke,
    tree::close_account,
    people::create_group,
    access::deprovision,
];

/// The events for the rest of a day on which every kind has had its turn: an organization of 50,000 people does not
/// delete more permission sets than one of 500.
const EVERYDAY_EVENTS: &[Event] = &[
    people::somebody_joins,
    people::somebody_leaves,
    people::somebody_joins_a_group,
    people::somebody_leaves_a_group,
    people::somebody_changes_groups,
    people::change_title,
    people::disable_somebody,
    people::enable_somebody,
    access::grant_to_group,
    access::grant_to_user,
    access::revoke,
    access::revoke,
    tree::change_tags,
];

/// Returns the world of the next day.
pub(super) fn next(yesterday: &World) -> World {
    let mut world = yesterday.tomorrow();
    let mut dice = Dice::new(dice::mix(world.config.seed ^ u64::from(world.day) << 32));
    let count = world.config.changes_per_day;
    let turns = count.min(EVENTS.len());
    let first = yesterday.day as usize * turns;
    for turn in first..first + turns {
        EVENTS[turn % EVENTS.len()](&mut world, &mut dice);
    }
    for _ in turns..count {
        EVERYDAY_EVENTS[dice.below(EVERYDAY_EVENTS.len())](&mut world, &mut dice);
    }
    // The directory sync updates every user and group on most days, even without changes.
    if dice.percent(70) {
        world.synced_at = Some(world.now() - 7_200_000 + dice.below(1_000) as i64);
    }
    world
}

/// Returns a time of a change today: some hours before the day's census.
fn earlier_today(world: &World, dice: &mut Dice) -> i64 {
    world.now() - 60_000 * (1 + dice.below(600) as i64)
}

/// Returns a position that `suits`, searching from a random start.
fn find(dice: &mut Dice, length: usize, suits: impl Fn(usize) -> bool) -> Option<usize> {
    let start = dice.below(length);
    (start..length).chain(0..start).find(|position| suits(*position))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::simulator::Config;
    use crate::simulator::history::History;
    use crate::simulator::organization::PrincipalKind;
    use crate::simulator::truth::{self, TruthOptions};

    #[test]
    fn the_same_seed_gives_the_same_days_and_another_seed_others() {
        let truth_of = |seed, day| {
            let history = History::new(Config { seed, ..Config::default() });
            truth::all(&history.day(day), TruthOptions::default())
        };
        assert_eq!(truth_of(7, 9), truth_of(7, 9));
        assert_ne!(truth_of(7, 9), truth_of(8, 9));
    }

    #[test]
    fn net_changes_lead_from_one_day_to_the_other() {
        let history = History::new(Config::default());
        let options = TruthOptions::default();
        let (from, to) = (history.day(2), history.day(12));
        let changes = truth::net_changes(&from, &to, options);
        let (before, after) = (truth::all(&from, options), truth::all(&to, options));
        for spec in crate::model::compared() {
            let (resource, changes) = (spec.name, &changes[spec.name]);
            let grown = before[resource].len() + changes.added.len() - changes.removed.len();
            assert_eq!(grown, after[resource].len(), "{resource}");
        }
        for resource in
            ["accounts", "users", "groups", "group_memberships", "account_assignments", "permission_sets"]
        {
            assert!(!changes[resource].is_empty(), "{resource} changed in ten days");
        }
        let same = truth::net_changes(&to, &to, options);
        assert!(same.values().all(truth::Changes::is_empty));
    }

    #[test]
    fn a_round_of_events_shows_every_kind_of_change() {
        let history = History::new(Config { changes_per_day: EVENTS.len(), ..Config::default() });
        let changes = truth::net_changes(&history.day(0), &history.day(1), TruthOptions::default());
        for resource in ["accounts", "organizational_units", "users", "groups", "permission_sets", "tags"] {
            let changes = &changes[resource];
            assert!(!changes.added.is_empty() && !changes.changed.is_empty(), "{resource}: {changes:?}");
        }
        for resource in ["users", "groups", "permission_sets", "group_memberships", "account_assignments"] {
            assert!(!changes[resource].removed.is_empty(), "{resource}");
        }
        assert!(!changes["permission_set_policies"].removed.is_empty());
        assert!(!changes["service_last_accessed"].changed.is_empty());
    }

    #[test]
    fn nobody_who_left_is_a_member_and_assignments_stay_sorted() {
        let history = History::new(Config { changes_per_day: 40, ..Config::default() });
        let world = history.day(20);
        for members in &world.members {
            assert!(members.iter().all(|member| world.users[member.user as usize].exists));
        }
        for (&(set, _), pair) in &world.pairs {
            assert!(world.sets[set as usize].exists);
            assert!(pair.principals.windows(2).all(|two| two[0] < two[1]));
        }
        let orphans = world.pairs.values().flat_map(|pair| &pair.principals);
        assert!(
            orphans
                .clone()
                .any(|(kind, at)| *kind == PrincipalKind::Group && !world.groups[*at as usize].exists)
        );
        assert!(
            orphans
                .clone()
                .any(|(kind, at)| *kind == PrincipalKind::User && !world.users[*at as usize].exists)
        );
        assert!(Arc::ptr_eq(&world, &history.day(20)), "a day is made once");
    }
}
