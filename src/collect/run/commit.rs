//! Handles a finished step: commits its page or failure, and lets its task continue, begin again or end.

use tokio::task::JoinError;

use super::asked::beside_the_question;
use super::endless::Pages;
use super::{Collection, Step};
use crate::aws::{CallFailure, FailureClass};
use crate::collect::budget::{Budget, rank};
use crate::collect::collector::{Listed, NotFound, Page, Stopped};
use crate::collect::graph::follow_ups;
use crate::collect::progress::Progress;
use crate::collect::stopping;
use crate::collect::task::Task;
use crate::error::{Error, Result};
use crate::store::{GapKind, Outcome, Rejected};

/// The number of times that a listing may begin. It begins again if AWS no longer accepts its token.
const BEGINNINGS: u32 = 2;

impl Collection<'_> {
    /// Commits the results of the finished steps, and lets their tasks continue or end.
    pub(super) async fn settle(
        &mut self,
        finished: Vec<Result<Step, JoinError>>,
        progress: &mut dyn Progress,
    ) -> Result<Option<Error>> {
        let mut outcomes = Vec::new();
        let mut stop = None;
        // Learns from all pages before judging any: one answer may show whether another can be trusted.
        for (task_id, answer) in finished.iter().flatten() {
            if let (Some(running), Ok(page)) = (self.running.get(task_id), answer) {
                let task = running.task.clone();
                self.learn(&task, page)?;
            }
        }
        for step in finished {
            let (task_id, answer) = match step {
                Ok(step) => step,
                Err(error) if error.is_cancelled() => continue,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
            // A task that has ended meanwhile (its kind was stopped) is ignored.
            let Some(running) = self.running.get(&task_id) else { continue };
            let task = running.task.clone();
            let (token, may_begin_again) = (running.token.clone(), running.beginnings < BEGINNINGS);
            let answer = match answer {
                Ok(page) => match beside_the_question(&task, &page) {
                    Some(failure) => Some(Err(Stopped { begin_again: true, ..failure.into() })),
                    None => self.believed(task_id, &task, page)?,
                },
                stopped => Some(stopped),
            };
            match answer {
                None => {}
                Some(Ok(page)) => outcomes.push(match self.has_no_end(task_id, &page) {
                    Some(failure) => self.failure_outcome(task_id, &task, failure.into()),
                    None => self.page_outcome(task_id, &task, page)?,
                }),
                Some(Err(stopped)) => {
                    let begin_again =
                        stopped.begin_again || stopping::token_refused(&stopped.failure, token.as_deref());
                    match stopped.failure.class {
                        _ if begin_again && may_begin_again => outcomes.push(Outcome::Restart { task_id }),
                        _ if self.session_ended(&task, &stopped.failure) => {
                            let failure = self.plan.failure(&task, &stopped.failure);
                            match self.second_chances.insert(task_id) {
                                true => self.put_aside(task_id, &failure, progress)?,
                                false => outcomes.push(self.failure_outcome(task_id, &task, stopped)),
                            }
                        }
                        _ if let Some(error) =
                            stopping::stopped_by(&stopped.failure, &self.context).await =>
                        {
                            stop = Some(error);
                        }
                        class if class.may_pass() && self.second_chances.insert(task_id) => {
                            let failure = self.plan.failure(&task, &stopped.failure);
                            match stopped.facts.is_empty() {
                                true => self.put_aside(task_id, &failure, progress)?,
                                false => {
                                    let facts = &stopped.facts;
                                    self.put_report_behind(task_id, &task, failure, facts, progress)?;
                                }
                            }
                        }
                        _ => outcomes.push(self.failure_outcome(task_id, &task, stopped)),
                    }
                }
            }
        }
        self.commit(outcomes, progress)?;
        Ok(stop)
    }

    /// Returns true if the session of the role in the task's account has ended early, which concerns that account alone.
    /// The next call there begins another one.
    fn session_ended(&mut self, task: &Task, failure: &CallFailure) -> bool {
        let ended = task.is_in_another_account(&self.context)
            && failure.class == FailureClass::Expired
            && !failure.role_not_assumed;
        if ended {
            self.lanes.disconnect(&task.lane());
        }
        ended
    }

    /// Returns the failure of a listing that seems to have no end.
    fn has_no_end(&mut self, task_id: i64, page: &Page) -> Option<CallFailure> {
        let running = self.running.get_mut(&task_id)?;
        let operation = running.task.operation();
        let why = self.barren.take(operation, &mut running.listed, page)?;
        Some(CallFailure::unusable(operation, why))
    }

    fn page_outcome(&mut self, task_id: i64, task: &Task, page: Page) -> Result<Outcome> {
        let goes_on = self.running.get_mut(&task_id).is_some_and(|running| {
            running.pages += 1;
            running.left_out |= page.listed == Listed::LeftOut;
            running.pages < running.task.most_pages()
        });
        self.tick.rows += page.rows.len() as u64;
        let selection = self.plan.selection;
        let next_token = page.next_token.filter(|token| goes_on && !token.is_empty());
        let then = if next_token.is_none() { task.then(true) } else { None };
        let mut follow_ups = follow_ups(task, &page.rows, &self.context);
        follow_ups.extend(then);
        follow_ups.retain(|task| task.is_wanted(selection));
        for task in &follow_ups {
            let lane = task.lane();
            self.expect(&lane);
            let stoppable = (task.kind(), lane);
            if self.stopped_kinds.contains_key(&stoppable) {
                self.stop_again.insert(stoppable);
            }
        }
        let queued = |task: &Task| Ok(task.queued(rank(self.plan.history, task)?, selection));
        let follow_ups = follow_ups.iter().map(queued).collect::<Result<_>>()?;
        Ok(Outcome::Page {
            task_id,
            rows: page.rows.into_iter().filter(|row| selection.has(row.resource)).collect(),
            follow_ups,
            next_token,
            left_out: (page.listed == Listed::LeftOut).then(|| task.operation().to_string()),
            facts: page.facts,
        })
    }

    fn failure_outcome(&mut self, task_id: i64, task: &Task, stopped: Stopped) -> Outcome {
        if let Some(NotFound { dropped, scope_still_valid }) = task.gone(&stopped.failure) {
            return Outcome::NotFound { task_id, dropped, scope_still_valid };
        }
        let then = task.then(false);
        then.iter().for_each(|task| self.expect(&task.lane()));
        let follow_ups = then.iter().map(|task| task.queued(0, self.plan.selection)).collect();
        let failure = self.plan.failure(task, &stopped.failure);
        Outcome::Gap { task_id, failure, follow_ups, facts: stopped.facts }
    }

    fn commit(&mut self, mut outcomes: Vec<Outcome>, progress: &mut dyn Progress) -> Result<()> {
        let rejected = self.staging.commit(&outcomes)?;
        if !rejected.is_empty() {
            let mut failures = Vec::new();
            for Rejected { task_id, reason } in &rejected {
                let Some(task) = self.running.get(task_id).map(|running| running.task.clone()) else {
                    continue;
                };
                let failure = CallFailure::unusable(task.operation(), reason.to_string());
                failures.push(self.failure_outcome(*task_id, &task, failure.into()));
            }
            outcomes.retain(|outcome| !rejected.iter().any(|rejected| rejected.task_id == outcome.task_id()));
            self.staging.commit(&failures)?;
            outcomes.extend(failures);
        }
        let mut news = false;
        for outcome in outcomes {
            let task = self.running.get(&outcome.task_id());
            news |= task.is_some_and(|running| self.plan.counts(&running.task));
            news |= self.go_on(outcome, progress)?;
        }
        if news && self.plan.advance(self.staging, progress)? {
            self.look_again()?;
            self.stop_all_again();
        }
        for stoppable in std::mem::take(&mut self.stop_again) {
            let Some((failure, scopes)) = self.stopped_kinds.get(&stoppable).cloned() else { continue };
            self.stop(&stoppable, &failure, &scopes)?;
        }
        Ok(())
    }

    /// Lets a task continue with its next page, or takes it off its lane. Returns true if it ended.
    fn go_on(&mut self, outcome: Outcome, progress: &mut dyn Progress) -> Result<bool> {
        let task_id = outcome.task_id();
        let next = match &outcome {
            Outcome::Page { next_token: Some(token), .. } => Some((Some(token.clone()), false)),
            Outcome::Restart { .. } => Some((None, true)),
            _ => None,
        };
        if let Some((token, restarted)) = next {
            let Some(task) = self.running.get(&task_id).map(|running| running.task.clone()) else {
                return Ok(false);
            };
            let handle = self.spawn(task_id, &task, token.clone());
            let running = self.running.get_mut(&task_id).expect("looked up above");
            running.handle = handle;
            running.token = token;
            if restarted {
                running.beginnings += 1;
                running.left_out = false;
                running.listed = Pages::default();
            }
            return Ok(false);
        }
        let Some(running) = self.running.remove(&task_id) else { return Ok(false) };
        self.lanes.end(&running.lane, task_id);
        for waiting in Budget::waiting_for(&running.lane) {
            self.expect(&waiting);
        }
        if running.lane.is_reports() {
            self.forecast.report_ended();
        }
        match outcome {
            // A failure that contains facts, such as an access report's failed job, concerns its task alone.
            Outcome::Gap { facts, failure, .. } if !facts.is_empty() && failure.kind != GapKind::Denied => {}
            Outcome::Gap { failure, .. } => {
                let is_again =
                    self.second_chances.contains(&task_id) || self.shown.doubted.contains(&task_id);
                self.refused(&running, &failure, is_again, progress)?;
            }
            _ => {
                self.refusals.remove(&running.stoppable());
            }
        }
        Ok(true)
    }
}
