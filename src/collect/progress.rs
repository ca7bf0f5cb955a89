//! The progress that a collection reports while it runs.

use std::time::Duration;

/// The progress of a collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tick {
    /// The number of ended tasks, resumed ones included.
    pub ended: u64,
    /// The number of known tasks that have not ended.
    pub open: u64,
    /// The number of calls of this run.
    pub calls: u64,
    /// The number of these calls that were throttled.
    pub throttled: u64,
    /// The number of rows staged by this run.
    pub rows: u64,
    /// The remaining time; `None` while the remaining calls are still being counted.
    pub remaining: Option<Duration>,
}

/// Shows the progress. The collection itself prints nothing.
pub trait Progress {
    /// Shows a line of text: a choice, a stop, a plan.
    fn say(&mut self, line: &str);
    /// Updates the progress. Called several times per second.
    fn tick(&mut self, tick: &Tick);
}

/// Shows nothing.
impl Progress for () {
    fn say(&mut self, _line: &str) {}
    fn tick(&mut self, _tick: &Tick) {}
}
