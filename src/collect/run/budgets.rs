//! Ends the work whose time is up: access reports, including those whose job does not end, and lanes with a time budget
//! (`collect::budget`).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use tokio::time::Instant;

use super::{Collection, TICK, parse};
use crate::amounts::counted_as;
use crate::collect::budget::Budget;
use crate::collect::lane::{LaneKey, REPORTS};
use crate::collect::plan::{BEYOND_BUDGET, not_asked, report_in_words};
use crate::collect::progress::Progress;
use crate::collect::report_watch::Wait;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{FactRow, Scope};
use crate::store::{Failure, Outcome};

/// The number of omitted listings up to which each has a gap of its own. Beyond it there is one gap for all of a kind.
const GAPS: usize = 100;
/// A number above any possible number of remaining tasks: reports have at most 50,000 accounts and 2,000 OUs.
const MOST: usize = 1_000_000;

impl Collection<'_> {
    /// Ends the lanes whose time is up.
    pub(super) fn end_what_is_due(&mut self, progress: &mut dyn Progress) -> Result<()> {
        let now = Instant::now();
        let due: Vec<LaneKey> =
            self.deadlines.extract_if(.., |_, deadline| *deadline <= now).map(|(lane, _)| lane).collect();
        for lane in due {
            match Budget::of(&lane) {
                None => self.end_reports(progress)?,
                Some(budget) if budget.outlasts && self.is_anything_else_read() => {
                    self.deadlines.insert(lane, now + TICK);
                }
                Some(budget) => self.end_budget(budget, &lane, progress)?,
            }
        }
        Ok(())
    }

    /// Returns true if calls are in flight other than those of lanes that extend their budget while others run.
    fn is_anything_else_read(&self) -> bool {
        let outlasts = |lane: &LaneKey| Budget::of(lane).is_some_and(|budget| budget.outlasts);
        self.running.values().any(|running| !outlasts(&running.lane))
    }

    /// Ends a lane whose time is up. The remaining scopes are carried forward, and the next collection begins with
    /// them.
    fn end_budget(
        &mut self,
        budget: &'static Budget,
        lane: &LaneKey,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let open = self.staging.next_tasks(&lane.to_string(), MOST, &HashSet::new())?;
        let Some(first) = open.first() else { return Ok(()) };
        let left = open.iter().map(parse).collect::<Result<Vec<_>>>()?;
        self.staging.note_facts(first.task_id, &[budget.exhausted(&left)])?;
        let mut by_kind: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        left.iter().for_each(|task| by_kind.entry(task.kind()).or_default().push(task));
        by_kind.keys().for_each(|kind| self.forget(kind, lane));
        self.lanes.remove(lane);
        let what = budget.words;
        let listings = counted_as(left.len(), "listing is", "listings are");
        progress.say(&format!("the time for {what} is up: {listings} left for the next run"));
        for (kind, tasks) in by_kind {
            let scopes = scopes_of(&tasks);
            self.staging.stop_kind(kind, &lane.to_string(), &not_asked(budget.option.beyond()), &scopes)?;
        }
        Ok(())
    }

    /// Puts a report whose job does not end behind all others. Its job is recorded at once, so that the next run puts
    /// it last even if this run fails.
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
                "the access report of {} has not finished: the others come first",
                report_in_words(self.staging, report)?
            ));
        }
        self.unended_reports.insert(task_id, failure);
        Ok(())
    }

    /// Ends the access reports when their time is up. The remaining ones are carried forward, and nothing waits for
    /// them. A report whose job did not end counts as failed; the others are left for the next run.
    fn end_reports(&mut self, progress: &mut dyn Progress) -> Result<()> {
        let wait = self.context.reports.take();
        let open = self.staging.next_tasks(REPORTS, MOST, &HashSet::new())?;
        let Some(kind) = open.first().map(|open| open.kind.clone()) else { return Ok(()) };
        let lane = LaneKey::reports();
        let under_way = self.running.iter().find(|(_, running)| running.lane == lane);
        let under_way = under_way.map(|(task_id, _)| *task_id);
        // A late step that queued more reports would begin a second budget. No step is left that could.
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
                "another caller's access report was in progress until the time for access reports was up",
                format!("{BEYOND_BUDGET}: another caller's report was in progress"),
            ),
            Wait::Nothing | Wait::Job(_) => ("the time for access reports is up", BEYOND_BUDGET.to_owned()),
        };
        progress.say(&format!("{said}: {} left for the next run", counted_as(left.len(), "is", "are")));
        let left = left.iter().map(parse).collect::<Result<Vec<_>>>()?;
        let scopes = scopes_of(&left.iter().collect::<Vec<_>>());
        self.staging.stop_kind(&kind, &lane.to_string(), &not_asked(&reason), &scopes)
    }
}

/// Returns the scopes of the gaps for the remaining tasks of one kind: one per listing, or those of the whole kind if
/// there are many.
fn scopes_of(left: &[&Task]) -> Vec<Scope> {
    let of_one = |task: &&Task| if left.len() > GAPS { task.family() } else { task.covers() };
    let scopes: BTreeSet<Scope> = left.iter().flat_map(of_one).collect();
    scopes.into_iter().collect()
}
