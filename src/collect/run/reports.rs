//! When the time for access reports is up, and what becomes of those that do not end.

use std::collections::{BTreeSet, HashSet};

use super::{Collection, parse};
use crate::collect::lane::{LaneKey, REPORTS};
use crate::collect::plan::{BEYOND_BUDGET, not_asked, report_in_words};
use crate::collect::progress::Progress;
use crate::collect::report_watch::Wait;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::FactRow;
use crate::store::{Failure, Outcome};

/// Scopes of their own for so many reports that the budget left out; beyond, one for all.
const REPORT_GAPS: usize = 100;
/// More than an organization can have entities: 50,000 accounts and 2,000 OUs.
const MOST_REPORTS: usize = 1_000_000;

impl Collection<'_> {
    /// Puts a report whose job does not end behind all others. Its job is noted at once, so that the next run comes
    /// to it last, whatever becomes of this one.
    pub(super) fn put_report_behind(
        &mut self,
        task_id: i64,
        task: &Task,
        failure: Failure,
        facts: &[FactRow],
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let Some((running, open)) = self.take_off(task_id) else { return Ok(()) };
        self.lanes.put_aside(&running.lane, open);
        self.staging.note_facts(task_id, facts)?;
        if let Task::AccessReport(report) = task {
            progress.say(&format!(
                "the access report of {} does not end: the others come first",
                report_in_words(self.staging, report)?
            ));
        }
        self.unended_reports.insert(task_id, failure);
        Ok(())
    }

    /// Ends the reports, whose time is up: what is left is carried forward, and nothing waits for it. Those whose job
    /// did not end were asked for in vain; the others are left for the next run.
    pub(super) fn end_reports(&mut self, progress: &mut dyn Progress) -> Result<()> {
        self.report_deadline = None;
        let wait = self.context.reports.take();
        let open = self.staging.next_tasks(REPORTS, MOST_REPORTS, &HashSet::new())?;
        let Some(kind) = open.first().map(|open| open.kind.clone()) else { return Ok(()) };
        let lane = LaneKey::reports();
        let under_way = self.running.iter().find(|(_, running)| running.lane == lane);
        let under_way = under_way.map(|(task_id, _)| *task_id);
        // A second budget would begin if a late step queued more; there is none left to queue.
        self.forget(&kind, &lane);
        self.lanes.remove(&lane);
        if let (Wait::Job(job), Some(task_id)) = (&wait, under_way) {
            self.staging.note_facts(task_id, &[FactRow::of(job)])?;
        }
        let (unended, left): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|open| self.unended_reports.contains_key(&open.task_id));
        let in_vain: Vec<_> = unended
            .iter()
            .filter_map(|open| {
                let failure = self.unended_reports.get(&open.task_id)?.clone();
                Some(Outcome::Gap {
                    task_id: open.task_id,
                    failure,
                    follow_ups: Vec::new(),
                    facts: Vec::new(),
                })
            })
            .collect();
        self.staging.commit(&in_vain)?;
        if left.is_empty() {
            return Ok(());
        }
        let (said, reason) = match wait {
            Wait::AnotherCaller => (
                "another caller's access report was in progress until the time for them was up",
                format!("{BEYOND_BUDGET}: another caller's report was in progress"),
            ),
            Wait::Nothing | Wait::Job(_) => ("the time for access reports is up", BEYOND_BUDGET.to_owned()),
        };
        progress.say(&match left.len() {
            1 => format!("{said}: 1 is left for the next run"),
            several => format!("{said}: {several} are left for the next run"),
        });
        let mut scopes = BTreeSet::new();
        for open in &left {
            let task = parse(open)?;
            scopes.extend(if left.len() > REPORT_GAPS { task.family() } else { task.covers() });
        }
        let scopes: Vec<_> = scopes.into_iter().collect();
        self.staging.stop_kind(&kind, &lane.to_string(), &not_asked(&reason), &scopes)
    }
}
