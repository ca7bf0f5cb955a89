//! Estimates the remaining time of a collection.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::collect::access_report;
use crate::collect::budget::Budget;
use crate::collect::context::Context;
use crate::collect::lane::LaneKey;
use crate::store::TaskCounts;

/// The period over which the current pace is measured.
const WINDOW: Duration = Duration::from_secs(10);

/// The observed pace of the collection.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    reports_begun: Option<Instant>,
    reports_ended: u32,
    /// The number of ended tasks at several times within the period.
    pace: VecDeque<(Instant, u64)>,
}

impl Forecast {
    /// Records that the first access report has begun.
    pub fn reports_begin(&mut self) {
        self.reports_begun = Some(Instant::now());
    }

    /// Records that an access report has ended.
    pub fn report_ended(&mut self) {
        self.reports_ended += 1;
    }

    /// Returns the time that the slowest lane needs, at one page per listing, by its pacer's rate or by the current
    /// pace, whichever is slower. A lane with a time budget takes at most the rest of its budget.
    pub fn remaining(
        &mut self,
        context: &Context,
        counts: &[TaskCounts],
        left: impl Fn(&LaneKey) -> Option<Duration>,
    ) -> Duration {
        let mut open: HashMap<LaneKey, u64> = HashMap::new();
        let mut ended = 0;
        for counts in counts {
            let lane = LaneKey::of(&counts.lane);
            ended += if lane.is_reports() { 0 } else { counts.ended };
            *open.entry(lane).or_default() += counts.open;
        }
        let reports = open.remove(&LaneKey::reports()).unwrap_or(0);
        let budget = left(&LaneKey::reports()).unwrap_or(Duration::MAX);
        let reports = self.a_report().mul_f64(reports as f64).min(budget);
        let details = open.remove(&LaneKey::details()).unwrap_or(0) as f64;
        let budget = left(&LaneKey::details()).unwrap_or(Duration::MAX).as_secs_f64();
        let details = (details / context.rate_of(&LaneKey::details())).min(budget);
        // Lanes with a budget run beside the others, limited by their time.
        for (lane, open) in open.iter_mut().filter(|(lane, _)| Budget::of(lane).is_some()) {
            let most = left(lane).unwrap_or(Duration::MAX).as_secs_f64() * context.rate_of(lane);
            *open = (*open).min(most as u64);
        }
        let paced = open.iter().map(|(lane, open)| *open as f64 / context.rate_of(lane)).fold(0.0, f64::max);
        // They begin when the other work on their quota is done.
        let paced = paced + details;
        let observed = self.observed(ended, open.values().sum());
        reports.max(Duration::from_secs_f64(paced)).max(observed)
    }

    fn a_report(&self) -> Duration {
        match self.reports_begun {
            Some(begun) if self.reports_ended > 0 => begun.elapsed() / self.reports_ended,
            _ => access_report::TYPICAL,
        }
    }

    fn observed(&mut self, ended: u64, left: u64) -> Duration {
        let now = Instant::now();
        self.pace.push_back((now, ended));
        while self.pace.front().is_some_and(|(time, _)| now - *time > WINDOW) {
            self.pace.pop_front();
        }
        let Some((time, before)) = self.pace.front() else { return Duration::ZERO };
        let per_second = (ended - before) as f64 / (now - *time).as_secs_f64().max(0.001);
        if per_second > 0.0 { Duration::from_secs_f64(left as f64 / per_second) } else { Duration::ZERO }
    }
}
