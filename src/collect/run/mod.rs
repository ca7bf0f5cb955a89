//! The one loop that runs tasks: it is every listing's page loop, the only place that commits to the
//! staging, and where a collection stops.
//!
//! A page's rows, follow-ups and next token are committed together, the last page with the done-mark. An empty
//! page with a token goes on; a token seen before is an error, and so a gap. Nothing is awaited while a
//! transaction is open: pages are fetched by spawned futures, and committed between awaits.
//!
//! `lanes` says which tasks are started, and how many calls are under way at once, `commit` what becomes of a page or a
//! failure, `asked` which rows are no answer to the question, `empty_answers` which answers are doubted, `endless` which
//! listings have no end, `circuit_breaker` when a kind of task is given up, `budgets` what becomes of that whose time is
//! up, and `forecast` how long it will take.

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

/// How often calls are counted and progress is told.
const TICK: Duration = Duration::from_millis(250);
/// How long answers under way are waited for when a collection has to stop: a second signal ends that, too.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How a collection runs.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Time for access reports, from the first one on.
    pub report_budget: Duration,
    /// Time for how applications are set up, from the first one on.
    pub details_budget: Duration,
    /// Time for what organization policies say, are attached to and are tagged with, from the first one on; they go on for
    /// as long as anything else is read.
    pub policies_budget: Duration,
    /// Only count, and estimate what a collection would call.
    pub dry_run: bool,
    /// How old the last full pass by pairs may be, whatever it costs; `None` for 30 days, unless it is long.
    pub full_every: Option<Duration>,
}

impl RunOptions {
    /// The time that the tasks of a lane have together; `None` where they have all the time that they need.
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

/// How a collection came to its end.
#[derive(Debug)]
pub enum Ended {
    /// Everything was tried; the staging can be published.
    Finished,
    /// It had to stop; the staging is kept, and the error says how to go on.
    Stopped(Error),
}

/// A collection under way.
pub struct Collection<'a> {
    context: Arc<Context>,
    /// For what the plan has to count: its pages come one after another, and all others would be waited for.
    ahead: Arc<Context>,
    plan: Plan<'a>,
    staging: &'a mut Staging,
    options: RunOptions,
    lanes: Lanes,
    running: HashMap<i64, Running>,
    /// Tasks that were put aside once: their next failure is a gap.
    second_chances: HashSet<i64>,
    shown: Shown,
    barren: Barren,
    steps: JoinSet<Step>,
    refusals: HashMap<Stoppable, Refusals>,
    /// The kinds that are not asked on, with what is recorded of each.
    stopped_kinds: BTreeMap<Stoppable, (Failure, Vec<Scope>)>,
    /// Of which stopped kinds tasks may have been queued since.
    stop_again: BTreeSet<Stoppable>,
    /// When the time is up of the lanes that have a budget of it and have begun.
    deadlines: BTreeMap<LaneKey, Instant>,
    /// What to record of the access reports that went behind the others because they did not end.
    unended_reports: HashMap<i64, Failure>,
    forecast: Forecast,
    tick: Tick,
}

/// What is given up as one: a kind of task, in its lane. What one account refuses says nothing of another.
type Stoppable = (&'static str, LaneKey);

/// What a fetched page came to, and of which task.
type Step = (i64, Result<Page, Stopped>);

#[derive(Debug)]
struct Running {
    task: Arc<Task>,
    lane: LaneKey,
    token: Option<String>,
    pages: u32,
    /// Whether a page left its list out.
    left_out: bool,
    listed: Pages,
    beginnings: u32,
    handle: AbortHandle,
}

impl<'a> Collection<'a> {
    /// Prepares to run what is queued; a fresh staging gets its first tasks.
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

    /// Runs until nothing is left, or until it has to stop: credentials ended, network lost, interrupted.
    ///
    /// Fails where the staging cannot be written; what was committed is kept, and a later run resumes it.
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
            // Before an answer is taken: where there is no time at all, nothing is asked in vain or read by chance.
            self.end_what_is_due(progress)?;
            if self.steps.is_empty() {
                // A kind that was given up ends tasks that something may have waited for.
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

    /// Keeps what is still answered to calls that were sent before the collection had to stop: a later run need
    /// not ask again. Whatever fails now stays open.
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

    /// Keeps every lane as full as its limit allows.
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
        // What is read beside the core never takes a turn of it.
        if Budget::of(key).is_some_and(|budget| budget.waits_for().any(|lane| self.is_under_way(&lane))) {
            return Ok(None);
        }
        let Some(lane) = self.lanes.free(key) else { return Ok(None) };
        if lane.buffer.is_empty() && lane.more {
            // Little is buffered, so that a task that unlocks others does not wait behind those that do not.
            let wanted = lane.limit;
            let found = self.staging.next_tasks(&key.to_string(), wanted, &lane.held())?;
            lane.more = found.len() == wanted;
            lane.buffer.extend(found);
        }
        if lane.buffer.is_empty() && !lane.more && lane.under_way.is_empty() {
            lane.buffer.extend(lane.aside.drain(..));
        }
        if self.options.dry_run {
            // What is counted runs first in every lane: behind it are only tasks to be counted themselves.
            let is_counted =
                lane.buffer.front().map(parse).transpose()?.is_some_and(|task| self.plan.counts(&task));
            if !is_counted {
                lane.buffer.clear();
                lane.more = false;
            }
        }
        Ok(lane.buffer.pop_front())
    }

    /// Whether calls of a lane are under way.
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
        // A throttle may be answered in a tick in which nothing was sent.
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
