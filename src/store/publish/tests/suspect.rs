//! Tests of a resource that loses many of its rows from one snapshot to the next.

use super::*;

#[test]
fn a_resource_that_shrinks_by_half_is_suspect() {
    let mut world = World::new();
    let many: Vec<_> = (0..30).map(|number| account(&number.to_string(), "name")).collect();
    world.collect().listed(&[all("accounts")], many.clone()).publish();
    let half = world.collect().listed(&[all("accounts")], many[..15].to_vec()).publish();
    assert_eq!(half.suspect, None);
    world.collect().listed(&[all("accounts")], many.clone()).publish();
    let less = world.collect().listed(&[all("accounts")], many[..14].to_vec()).publish();
    assert_eq!(less.suspect.as_deref(), Some("accounts fell from 30 to 14"));
    assert_eq!(world.column("SELECT coalesce(suspect, '') FROM snapshots")[3], "accounts fell from 30 to 14");
}

#[test]
fn how_much_may_be_lost_can_be_said() {
    // The rows before and after, the limit, and true if the loss is suspect.
    for (before, after, limit, is_suspect) in [
        (40, 20, 50, false),
        (40, 19, 50, true),
        (21, 0, 50, true),
        (20, 0, 50, false),
        (40, 0, 100, false),
        (40, 3, 90, true),
        (40, 4, 90, false),
        (40, 39, 0, true),
        (40, 40, 0, false),
        (40, 41, 0, false),
    ] {
        let mut world = World::new();
        let many: Vec<_> = (0..50).map(|number| account(&number.to_string(), "name")).collect();
        world.collect().listed(&[all("accounts")], many[..before].to_vec()).publish();
        let mut second = world.collect();
        second.shrink_limit = ShrinkLimit(limit);
        let second = second.listed(&[all("accounts")], many[..after].to_vec()).publish();
        let expected = is_suspect.then(|| format!("accounts fell from {before} to {after}"));
        assert_eq!(second.suspect, expected, "{before} {after} {limit}");
    }
}

#[test]
fn what_was_not_seen_is_not_lost() {
    let mut world = World::new();
    let many: Vec<_> = (0..30).map(|number| account(&number.to_string(), "name")).collect();
    for kind in [GapKind::NotAsked, GapKind::Denied, GapKind::Unavailable] {
        world.collect().listed(&[all("accounts")], many.clone()).publish();
        let second = world.collect().gap(kind, all("accounts")).publish();
        assert_eq!((outcome(&second, "accounts").rows, second.suspect), (30, None), "{kind:?}");
    }
}
