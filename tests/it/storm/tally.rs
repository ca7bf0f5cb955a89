//! The statistics of a storm.

use std::collections::BTreeMap;
use std::fmt;

/// The statistics of one story, or of many.
#[derive(Debug, Default)]
pub struct Tally {
    pub stories: usize,
    /// The number of runs of `collect`.
    pub runs: usize,
    /// The ends of the runs.
    pub ends: BTreeMap<String, usize>,
    /// The faults by kind.
    pub faults: BTreeMap<String, usize>,
    pub days_turned: usize,
    pub resumed: usize,
    pub calls: usize,
    /// The calls of resumed runs, and the number of them that had a good answer in an earlier run.
    pub calls_of_resumed: usize,
    pub repeated: usize,
    pub published: usize,
    pub complete: usize,
    pub rows_held: usize,
    pub rows_carried: usize,
    pub rows_missing: usize,
    pub removals_checked: usize,
    pub diffs: usize,
}

impl Tally {
    /// Adds another's statistics.
    pub fn add(&mut self, other: &Self) {
        for (counts, others) in [(&mut self.ends, &other.ends), (&mut self.faults, &other.faults)] {
            for (what, number) in others {
                *counts.entry(what.clone()).or_default() += number;
            }
        }
        for (number, more) in [
            (&mut self.stories, other.stories),
            (&mut self.runs, other.runs),
            (&mut self.days_turned, other.days_turned),
            (&mut self.resumed, other.resumed),
            (&mut self.calls, other.calls),
            (&mut self.calls_of_resumed, other.calls_of_resumed),
            (&mut self.repeated, other.repeated),
            (&mut self.published, other.published),
            (&mut self.complete, other.complete),
            (&mut self.rows_held, other.rows_held),
            (&mut self.rows_carried, other.rows_carried),
            (&mut self.rows_missing, other.rows_missing),
            (&mut self.removals_checked, other.removals_checked),
            (&mut self.diffs, other.diffs),
        ] {
            *number += more;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let mut line = |what: &str, number: &dyn fmt::Display| writeln!(f, "{what:40} {number:>9}");
        line("stories", &self.stories)?;
        line("collections run", &self.runs)?;
        for (end, number) in &self.ends {
            line(&format!("  {end}"), number)?;
        }
        let killed = |end: &str| self.ends.get(end).copied().unwrap_or_default();
        line("kills survived", &(killed("killed") + killed("exit 130")))?;
        line("runs that resumed an earlier one", &self.resumed)?;
        line("snapshots published", &self.published)?;
        line("  complete", &self.complete)?;
        line("days turned in mid-run", &self.days_turned)?;
        line("faults injected", &self.faults.values().sum::<usize>())?;
        for (kind, number) in &self.faults {
            line(&format!("  {kind}"), number)?;
        }
        line("calls", &self.calls)?;
        line("  of runs that resumed", &self.calls_of_resumed)?;
        line("  asked again, answered before", &self.repeated)?;
        line("  in percent of all calls", &format!("{:.2}", percent(self.repeated, self.calls)))?;
        line("  a resume", &format!("{:.1}", self.repeated as f64 / self.resumed.max(1) as f64))?;
        line("rows held, and held against the truth", &self.rows_held)?;
        line("  carried unseen, each under a gap", &self.rows_carried)?;
        line("true rows not seen, each under a gap", &self.rows_missing)?;
        line("removals, each of them true", &self.removals_checked)?;
        line("false removals", &0)?;
        line("diffs held against the truth", &self.diffs)
    }
}
