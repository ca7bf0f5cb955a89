//! The one loop that runs tasks. It follows the pages of every listing, is the only code that commits to the staging,
//! and decides when a collection stops.
//!
//! A page's rows, follow-ups and next token are committed together, the last page with the done mark. An empty page
//! with a token continues the listing. A repeated token is an error, and so a gap. No transaction is held open across
//! an await: spawned futures fetch pages, and the loop commits them between awaits.
//!
//! `lanes` selects the tasks to start and limits concurrent calls. `commit` handles a page or a failure. `asked`
//! rejects rows that do not belong to the request. `empty_answers` doubts empty answers. `endless` detects listings
//! without an end. `circuit_breaker` gives up a kind of task. `budgets` ends the work whose time is up. `forecast`
//! estimates the remaining time.

mod asked;
mod budgets;
mod circuit_breaker;
mod commit;
mod empty_answers;
mod endless;
mod forecast;
mod lanes;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, interval, sleep_until, timeout_at};

use self::circuit_breaker::Refusals;
use self::empty_answers::Shown;
use self::endless::{Barren, Pages};
use self::forecast::Forecast;
use self::lanes::{Lanes, limit_of};
use super::budget::{Budget, BudgetOption};
use super::collector::{In, Page, Stopped};
use super::context::Context;
use super::lane::LaneKey;
use super::never_seen::NeverSeen;
use super::plan::Plan;
use super::progress::{Progress, Tick};
use super::report_watch::ReportWatch;
use super::selection::Selection;
use super::stopping::stopped_by_hand;
use super::task::Task;
use crate::aws::CallFailure;
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::Scope;
use crate::store::{Failure, OpenTask, Staging};

/// The interval at which calls are counted and progress is reported.
const TICK: Duration = Duration::from_millis(250);
/// The time to wait for answers in flight when a collection has to stop. A second signal ends this wait too.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// The options of a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The time for access reports, counted from the first one.
    pub report_budget: Duration,
    /// The time for the settings of applications, counted from the first one.
    pub details_budget: Duration,
    /// The time for the documents, targets and tags of organization policies, counted from the first one. It extends
    /// for as long as other reads are running.
    pub policies_budget: Duration,
    /// True to only count, and estimate the calls of a collection.
    pub dry_run: bool,
    /// The maximum age of the last full pass by pairs, regardless of its cost. `None` for 30 days, unless the pass
    /// takes long.
    pub full_every: Option<Duration>,
}

impl RunOptions {
    /// Returns the time that the tasks of a lane share; `None` if it is unlimited.
    fn budget_of(&self, lane: &LaneKey) -> Option<Duration> {
        if lane.is_reports() {
            return Some(self.report_budget);
        }
        Budget::of(lane).map(|budget| match budget.option {
            BudgetOption::Applications => self.details_budget,
            BudgetOption::Policies => self.policies_budget,
        })
    }
}

/// The way in which a collection ended.
#[derive(Debug)]
pub enum Ended {
    /// All tasks have ended; the staging can be published.
    Finished,
    /// The collection had to stop. The staging is kept, and the error tells how to continue.
    Stopped(Error),
}

/// A collection in progress.
pub struct Collection<'a> {
    context: Arc<Context>,
    /// The context for listings that the plan counts. Their pages come one after another, and all other tasks wait for
    /// them.
    ahead: Arc<Context>,
    plan: Plan<'a>,
    staging: &'a mut Staging,
    options: RunOptions,
    lanes: Lanes,
    running: HashMap<i64, Running>,
    /// The tasks that were set aside once. Their next failure is a gap.
    second_chances: HashSet<i64>,
    shown: Shown,
    barren: Barren,
    steps: JoinSet<Step>,
    refusals: HashMap<Stoppable, Refusals>,
    /// The stopped kinds of task, with the failure and the scopes recorded for each.
    stopped_kinds: BTreeMap<Stoppable, (Failure, Vec<Scope>)>,
    /// The stopped kinds of which tasks may have been queued since.
    stop_again: BTreeSet<Stoppable>,
    /// The times at which the budgets of the lanes that have begun are used up.
    deadlines: BTreeMap<LaneKey, Instant>,
    /// The failures to record for the access reports that went behind the others because their job did not end.
    unended_reports: HashMap<i64, Failure>,
    forecast: Forecast,
    tick: Tick,
}

/// The unit that is given up: a kind of task in its lane. A refusal by one account proves nothing about another.
type Stoppable = (&'static str, LaneKey);

/// The result of fetching a page, with the id of its task.
type Step = (i64, Result<Page, Stopped>);

#[derive(Debug)]
struct Running {
    task: Arc<Task>,
    lane: LaneKey,
    token: Option<String>,
    pages: u32,
    /// Set when a page omitted its list.
    left_out: bool,
    listed: Pages,
    beginnings: u32,
    handle: AbortHandle,
}

impl<'a> Collection<'a> {
    /// Prepares to run the queued tasks. A fresh staging gets its first tasks.
    pub fn new(
        context: &'a Context,
        selection: &'a Selection,
        history: &'a Connection,
        staging: &'a mut Staging,
        options: RunOptions,
    ) -> Result<Self> {
        let RunOptions { dry_run, full_every, .. } = options;
        let unseen = NeverSeen::of(selection, Some(history))?;
        let taken = BTreeSet::new();
        let plan = Plan { context, selection, history, unseen, dry_run, full_every, taken, looks: 0 };
        plan.begin(staging)?;
        let watched = Context { reports: ReportWatch::within(options.report_budget), ..context.clone() };
        Ok(Self {
            ahead: Arc::new(Context { aws: context.aws.ahead(), ..watched.clone() }),
            context: Arc::new(watched),
            plan,
            staging,
            options,
            lanes: Lanes::default(),
            running: HashMap::new(),
            second_chances: HashSet::new(),
            shown: Shown::default(),
            barren: Barren::default(),
            steps: JoinSet::new(),
            refusals: HashMap::new(),
            stopped_kinds: BTreeMap::new(),
            stop_again: BTreeSet::new(),
            deadlines: BTreeMap::new(),
            unended_reports: HashMap::new(),
            forecast: Forecast::default(),
            tick: Tick::default(),
        })
    }

    /// Runs until no task is left, or until it has to stop: credentials expired, network lost, interrupted.
    ///
    /// Fails if the staging cannot be written. The committed data is kept, and a later run resumes it.
    pub async fn run(
        mut self,
        progress: &mut dyn Progress,
        interrupted: impl Future<Output = ()>,
    ) -> Result<Ended> {
        tokio::pin!(interrupted);
        let mut ticks = interval(TICK);
        self.plan.advance(self.staging, progress)?;
        self.look_again()?;
        let ended = loop {
            self.fill()?;
            // Before an answer is taken: with a budget of zero, no call is sent in vain and no answer is read by
            // chance.
            self.end_what_is_due(progress)?;
            if self.steps.is_empty() {
                // A stopped kind ends tasks that a step may have waited for.
                if self.plan.advance(self.staging, progress)? {
                    self.look_again()?;
                    continue;
                }
                break Ended::Finished;
            }
            let deadline = self.deadlines.values().min().copied();
            tokio::select! {
                () = &mut interrupted => break Ended::Stopped(stopped_by_hand()),
                Some(step) = self.steps.join_next() => {
                    let mut finished = vec![step];
                    while let Some(step) = self.steps.try_join_next() {
                        finished.push(step);
                    }
                    if let Some(stop) = self.settle(finished, progress).await? {
                        break Ended::Stopped(stop);
                    }
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {}
                _ = ticks.tick() => self.tell(progress)?,
            }
        };
        if matches!(ended, Ended::Stopped(_)) {
            self.keep_last_answers(progress).await?;
        }
        self.tell(progress)?;
        Ok(ended)
    }

    /// Keeps the answers that still arrive for calls sent before the collection had to stop, so that a later run need
    /// not repeat them. A task that fails now stays open.
    async fn keep_last_answers(&mut self, progress: &mut dyn Progress) -> Result<()> {
        self.context.aws.end_calls();
        let deadline = Instant::now() + LAST_ANSWERS;
        while let Ok(Some(step)) = timeout_at(deadline, self.steps.join_next()).await {
            if !matches!(step, Ok((_, Err(_)))) {
                self.settle(vec![step], progress).await?;
            }
        }
        self.steps.abort_all();
        Ok(())
    }

    /// Fills every lane up to its limit.
    fn fill(&mut self) -> Result<()> {
        self.fill_lanes()?;
        if self.ask_the_doubted_again() {
            self.fill_lanes()?;
        }
        Ok(())
    }

    fn fill_lanes(&mut self) -> Result<()> {
        while let Some(key) = self.lanes.next_ready() {
            while let Some(open) = self.next_of(&key)? {
                self.start(&key, open)?;
            }
            self.lanes.close_if_over(&key);
        }
        Ok(())
    }

    fn next_of(&mut self, key: &LaneKey) -> Result<Option<OpenTask>> {
        // Reads beside the core must not delay the core.
        if Budget::of(key).is_some_and(|budget| budget.waits_for().any(|lane| self.is_under_way(&lane))) {
            return Ok(None);
        }
        let Some(lane) = self.lanes.free(key) else { return Ok(None) };
        if lane.buffer.is_empty() && lane.more {
            // Few tasks are buffered, so that a task that unlocks others does not wait behind tasks that do not.
            let wanted = lane.limit;
            let found = self.staging.next_tasks(&key.to_string(), wanted, &lane.held())?;
            lane.more = found.len() == wanted;
            lane.buffer.extend(found);
        }
        if lane.buffer.is_empty() && !lane.more && lane.under_way.is_empty() {
            lane.buffer.extend(lane.aside.drain(..));
        }
        if self.options.dry_run {
            // Counted tasks run first in every lane. Only tasks that need to be counted themselves follow.
            let is_counted =
                lane.buffer.front().map(parse).transpose()?.is_some_and(|task| self.plan.counts(&task));
            if !is_counted {
                lane.buffer.clear();
                lane.more = false;
            }
        }
        Ok(lane.buffer.pop_front())
    }

    /// Returns true if calls of a lane are in flight.
    fn is_under_way(&self, lane: &LaneKey) -> bool {
        self.running.values().any(|running| running.lane == *lane)
    }

    fn start(&mut self, key: &LaneKey, open: OpenTask) -> Result<()> {
        let task = parse(&open)?;
        if let Some(budget) = self.options.budget_of(key)
            && !self.deadlines.contains_key(key)
        {
            self.deadlines.insert(key.clone(), Instant::now() + budget);
            if key.is_reports() {
                self.forecast.reports_begin();
            }
        }
        let task = Arc::new(task);
        let handle = self.spawn(open.task_id, &task, open.next_token.clone());
        self.lanes.begin(key, open.task_id);
        let running = Running {
            task,
            lane: key.clone(),
            token: open.next_token,
            pages: 0,
            left_out: open.left_out,
            listed: Pages::default(),
            beginnings: 1,
            handle,
        };
        self.running.insert(open.task_id, running);
        Ok(())
    }

    fn spawn(&mut self, task_id: i64, task: &Arc<Task>, token: Option<String>) -> AbortHandle {
        let context = if task.is_counted() { &self.ahead } else { &self.context };
        let (task, context) = (task.clone(), context.clone());
        let in_account = match task.spec().place {
            In::EachAccount => task.account().zip(self.lanes.in_account(&task.lane())),
            In::Organization | In::Instance => None,
        };
        self.steps.spawn(async move {
            let context = match in_account {
                Some((account, connection)) => {
                    let connect = || async { context.in_account(&account).await.map(Arc::new) };
                    match connection.get_or_init(connect).await {
                        Some(context) => context.clone(),
                        None => {
                            let failure = CallFailure::without_account_role(task.operation());
                            return (task_id, Err(failure.into()));
                        }
                    }
                }
                None => context,
            };
            (task_id, task.page(&context, token.as_deref()).await)
        })
    }

    /// Looks for open tasks again, in every lane that has some.
    fn look_again(&mut self) -> Result<()> {
        for counts in self.staging.task_counts()? {
            if counts.open > 0 {
                self.expect(&LaneKey::of(&counts.lane));
            }
        }
        Ok(())
    }

    fn expect(&mut self, lane: &LaneKey) {
        self.lanes.expect(lane, || limit_of(&self.context, lane));
    }

    fn tell(&mut self, progress: &mut dyn Progress) -> Result<()> {
        self.lanes.set_limits(|lane| limit_of(&self.context, lane));
        let (calls, throttled) = self.context.aws.take_calls();
        // A throttled answer may arrive in a tick in which nothing was sent.
        if !calls.is_empty() || throttled > 0 {
            self.tick.calls += calls.values().sum::<u64>();
            self.tick.throttled += throttled;
            self.staging.add_calls(&calls, throttled)?;
        }
        let counts = self.staging.task_counts()?;
        self.tick.open = counts.iter().map(|counts| counts.open).sum();
        self.tick.ended = counts.iter().map(|counts| counts.ended).sum();
        let left = |lane: &LaneKey| {
            let deadline = self.deadlines.get(lane);
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            left.or(self.options.budget_of(lane))
        };
        let remaining = self.forecast.remaining(&self.context, &counts, left);
        self.tick.remaining = self.plan.is_counted().then_some(remaining);
        progress.tick(&self.tick);
        Ok(())
    }
}

fn parse(open: &OpenTask) -> Result<Task> {
    serde_json::from_str(&open.body).map_err(|error| {
        Error::failed(format!("the staging holds a `{}` that cannot be read", open.kind))
            .caused_by(error)
            .hint(format!("start over with `{}`", invocation::command("collect --restart")))
    })
}
