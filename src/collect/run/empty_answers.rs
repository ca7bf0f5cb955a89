//! Decides whether to trust an empty response. Trusting a wrong one would close every known row.

use std::collections::{HashMap, HashSet};

use super::Collection;
use crate::aws::{CallFailure, Operation};
use crate::collect::budget::Budget;
use crate::collect::collector::{Asked, Listed, Page, Shows, Stopped, Strategy};
use crate::collect::lane::LaneKey;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::Scope;
use crate::store::{find_open_row, has_open_rows};

/// The judgment of an answer.
enum Trust {
    /// The answer is accepted.
    Taken,
    /// The listing is empty, although it must have a row. It begins again.
    Refused(CallFailure),
    /// The answer omitted its list. AWS may say "none" like this, but the operation sends empty lists, or the last
    /// snapshot has rows. The task is asked again when all others have been answered.
    Doubted(CallFailure),
}

/// The evidence from the answers so far.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The kinds of task of which an answer had rows.
    kinds: HashSet<&'static str>,
    /// True, by kind of task without any row yet, if earlier snapshots have rows that it should show.
    expected: HashMap<&'static str, bool>,
    /// The operations that sent an empty list: they do not omit empty ones.
    sends_empty: HashSet<Operation>,
    /// The tasks that were doubted once. The next doubt is a gap.
    pub doubted: HashSet<i64>,
}

impl Collection<'_> {
    /// Returns the page if it is trusted, or the failure of its task. `None` if the task was set aside, to be asked
    /// again.
    pub(super) fn believed(
        &mut self,
        task_id: i64,
        task: &Task,
        page: Page,
    ) -> Result<Option<Result<Page, Stopped>>> {
        Ok(match self.trust(task_id, task, &page)? {
            Trust::Taken => Some(Ok(page)),
            Trust::Refused(failure) => Some(Err(Stopped { begin_again: true, ..failure.into() })),
            Trust::Doubted(_) if self.shown.doubted.insert(task_id) => {
                self.doubt(task_id);
                None
            }
            Trust::Doubted(failure) => Some(Err(failure.into())),
        })
    }

    /// Learns from a task's page that its operation sends empty lists. Earlier answers without a list that were trusted
    /// are requested again.
    pub(super) fn learn(&mut self, task: &Task, page: &Page) -> Result<()> {
        let operation = task.operation();
        if page.listed != Listed::Empty || !self.shown.sends_empty.insert(operation) {
            return Ok(());
        }
        if self.staging.sends_empty_lists(&operation.to_string())? > 0 {
            self.look_again()?;
            self.stop_all_again();
        }
        Ok(())
    }

    /// Returns true if an answer of this run, or of the run that it resumes, has shown that the operation sends empty
    /// lists.
    fn sends_empty(&mut self, operation: Operation) -> Result<bool> {
        let known = self.shown.sends_empty.contains(&operation)
            || self.staging.knows_to_send_empty_lists(&operation.to_string())?;
        if known {
            self.shown.sends_empty.insert(operation);
        }
        Ok(known)
    }

    /// Returns the reason to doubt a listing whose page omitted its list, regardless of other answers. Either the
    /// operation sends empty lists, or the complete listing lacks a row of the previous snapshot.
    fn why_it_lost_its_list(
        &mut self,
        task_id: i64,
        task: &Task,
        page: &Page,
        goes_on: bool,
    ) -> Result<Option<&'static str>> {
        let left_out = page.listed == Listed::LeftOut;
        let before = self.running.get(&task_id).is_some_and(|running| running.left_out);
        if task.spec().shows == Shows::Nothing || !(left_out || before) {
            return Ok(None);
        }
        if left_out && self.sends_empty(task.operation())? {
            return Ok(Some("the answer has no list, and AWS sends empty lists for this operation"));
        }
        if goes_on || task.says_none_without_a_list() {
            return Ok(None);
        }
        let is_shown = |key: &Scope| -> Result<bool> {
            Ok(page.rows.iter().any(|row| row.is_in(key)) || self.staging.has_rows(key)?)
        };
        let open = find_open_row(self.plan.history, &task.asks_for(), |key| Ok(!is_shown(key)?))?;
        Ok(open.map(|_| "an answer has no list, but the snapshot before knows some of it"))
    }

    fn trust(&mut self, task_id: i64, task: &Task, page: &Page) -> Result<Trust> {
        let goes_on = page.goes_on();
        if let Some(why) = self.why_it_lost_its_list(task_id, task, page, goes_on)? {
            return Ok(Trust::Doubted(CallFailure::unusable(task.operation(), why.to_owned())));
        }
        if !page.rows.is_empty() {
            self.shown.kinds.insert(task.kind());
            return Ok(Trust::Taken);
        }
        if goes_on || (page.never_empty.is_none() && page.listed != Listed::LeftOut) {
            return Ok(Trust::Taken);
        }
        for scope in task.covers() {
            if self.staging.has_rows(&scope)? {
                return Ok(Trust::Taken);
            }
        }
        if let Some(why) = page.never_empty {
            let message = format!("the listing is empty, but {why}");
            return Ok(Trust::Refused(CallFailure::unusable(task.operation(), message)));
        }
        if !self.is_expected(task)? {
            return Ok(Trust::Taken);
        }
        let message = "every answer left out what was asked for, but the snapshots before know some";
        Ok(Trust::Doubted(CallFailure::unusable(task.operation(), message.to_owned())))
    }

    fn doubt(&mut self, task_id: i64) {
        let Some((running, open)) = self.take_off(task_id) else { return };
        self.lanes.doubt(&running.lane, open);
    }

    /// Lets doubted tasks be asked again once only two kinds of call are in flight: access reports, which take long and
    /// prove nothing about other kinds, and calls of lanes that extend their budget while others run. Returns true if
    /// there is any doubted task.
    pub(super) fn ask_the_doubted_again(&mut self) -> bool {
        let may_wait =
            |lane: &LaneKey| lane.is_reports() || Budget::of(lane).is_some_and(|budget| budget.outlasts);
        self.running.values().all(|running| may_wait(&running.lane)) && self.lanes.ask_the_doubted_again()
    }

    /// Returns true if a kind of task has shown no rows yet, although earlier snapshots have some.
    fn is_expected(&mut self, task: &Task) -> Result<bool> {
        let kind = task.kind();
        // A task that covers no scope closes no rows.
        if self.shown.kinds.contains(kind) || task.covers().is_empty() {
            return Ok(false);
        }
        if let Some(expected) = self.shown.expected.get(kind) {
            return Ok(*expected);
        }
        let mut expected = false;
        let remainder = match task.spec().asked == Asked::By(Strategy::Pairs) {
            true => self.plan.remainder_holds_some(self.staging)?,
            false => None,
        };
        for scope in task.family() {
            // The rows that a resumed collection has received before.
            if self.staging.has_rows_of(kind, &scope.resource)? {
                self.shown.kinds.insert(kind);
                return Ok(false);
            }
            expected |= match remainder {
                Some(holds_some) => holds_some,
                None => has_open_rows(self.plan.history, &scope)?,
            };
        }
        self.shown.expected.insert(kind, expected);
        Ok(expected)
    }
}
