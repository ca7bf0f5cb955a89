//! What a collection tells of itself while it runs.

use std::time::Duration;

/// How far a collection is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tick {
    /// Tasks that have ended, resumed ones included.
    pub ended: u64,
    /// Tasks that are known and have not ended.
    pub open: u64,
    /// Calls of this run.
    pub calls: u64,
    /// Of these, throttled ones.
    pub throttled: u64,
    /// Rows staged by this run.
    pub rows: u64,
    /// How much longer; `None` while what is left is still being counted.
    pub remaining: Option<Duration>,
}

/// Whoever shows the progress; the collection prints nothing itself.
pub trait Progress {
    /// A line worth reading: a choice, a stop, a plan.
    fn say(&mut self, line: &str);
    /// Called several times a second.
    fn tick(&mut self, tick: &Tick);
}

/// Shows nothing.
impl Progress for () {
    fn say(&mut self, _line: &str) {}
    fn tick(&mut self, _tick: &Tick) {}
}
