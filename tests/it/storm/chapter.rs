//! One collection of a story: its day, its selection, its weather, and the events during it.

use fastrand::Rng;

use super::weather::{Weather, pick};

/// An event during a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Another day is served.
    Turn(u32),
    /// The credentials expire.
    Expire,
    /// A signal is sent after this many milliseconds.
    Signal(&'static str, u64),
}

/// A chapter, drawn before it runs.
#[derive(Debug)]
pub struct Chapter {
    pub day: u32,
    pub arguments: Vec<String>,
    pub weather: Weather,
    /// The events in order, each after a number of calls.
    pub events: Vec<(usize, Event)>,
    /// True if the next attempt meets no faults.
    pub clears_up: bool,
    /// The maximum number of attempts. One more without faults follows, unless it is given up.
    pub tries: usize,
    pub is_given_up: bool,
    pub is_diffed: bool,
}

const RESOURCES: &[&str] = &[
    "organization",
    "roots",
    "organizational_units",
    "accounts",
    "users",
    "groups",
    "group_memberships",
    "permission_sets",
    "permission_set_policies",
    "managed_policies",
    "@policies",
    "provisioned_permission_sets",
    "account_assignments",
    "tags",
];

impl Chapter {
    /// Draws a chapter for a day or the days after. `calls` is the approximate number of calls of a collection.
    pub fn draw(random: &mut Rng, day: u32, calls: usize, ids: &[String], is_management: bool) -> Self {
        let weather = Weather::draw(random, ids);
        let mut events = Vec::new();
        if random.u32(..5) == 0 {
            events.push((random.usize(4..calls), Event::Turn(day + random.u32(1..3))));
        }
        if random.u32(..12) == 0 {
            events.push((random.usize(1..calls), Event::Expire));
        }
        if random.u32(..3) == 0 {
            let signal = pick(random, &["KILL", "KILL", "TERM", "INT"]);
            events.push((random.usize(1..calls + calls / 8), Event::Signal(signal, random.u64(..60))));
        }
        events.sort_by_key(|(call, _)| *call);
        Self {
            day,
            arguments: arguments(random, is_management),
            weather,
            events,
            clears_up: random.bool(),
            tries: random.usize(1..4),
            is_given_up: random.u32(..6) == 0,
            is_diffed: random.bool(),
        }
    }
}

fn arguments(random: &mut Rng, is_management: bool) -> Vec<String> {
    let strategies: &[&str] = if is_management {
        &["pairs", "pairs", "principals", "principals", "auto"]
    } else {
        &["pairs", "auto"]
    };
    let depth = pick(random, &["none", "root", "ous", "accounts"]);
    let mut arguments = vec!["--assignments", pick(random, strategies), "--access-report", depth];
    if random.u32(..10) == 0 {
        arguments.extend(["--access-report-budget", pick(random, &["0s", "20ms", "100ms"])]);
    }
    match random.u32(..8) {
        0 => arguments.extend(["--only", pick(random, RESOURCES)]),
        1 => {
            for _ in 0..random.usize(1..3) {
                arguments.extend(["--skip", pick(random, &RESOURCES[4..])]);
            }
        }
        _ => {}
    }
    arguments.into_iter().map(str::to_owned).collect()
}
