//! The nights of the quarter: the simulator's own days, dated.

use std::path::Path;

use chrono::{TimeZone, Utc};
use orgcensus::simulator::{Config, ReportDepth, Size};

use super::census::Maker;

/// The number of nights, from the last night of the second quarter to that of the third.
const NIGHTS: u32 = 93;

/// Publishes one snapshot for each night into a new census at `path`.
pub fn publish(path: &Path) {
    let start = Utc.with_ymd_and_hms(2026, 6, 30, 2, 0, 0).single().expect("a valid constant date");
    let size = Size {
        accounts: 12,
        organizational_units: 9,
        users: 24,
        groups: 8,
        memberships: 36,
        permission_sets: 9,
        pairs: 26,
        assignments: 34,
        applications: 0,
        services: 0,
    };
    let config = Config { size, start, seed: 11, awkward: false, changes_per_day: 1, ..Config::default() };
    let maker = Maker::new(config, ReportDepth::None);
    let mut database = maker.open(path);
    for night in 0..NIGHTS {
        let staging = maker.stage(&database, &maker.rows_on(night), night, &[]);
        maker.publish(&mut database, &staging, night);
    }
}
