//! The declarations of a family of tasks, and the pages that a task returns.
//!
//! A [`Collector`] declares the rows that give rise to its tasks and the place where each is asked. The queue, the
//! selection, the gaps of a failure, the IAM policy and `doctor` are derived from that (`graph`). Only the reading of a
//! page is code.

use super::context::Context;
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, FactRow, Resource, ResourceSpec, Row, Scope};

/// The stage of a task. The plan asks whether a stage still has open tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The root and the OUs.
    Tree,
    /// The accounts, with their paths if AWS sends them.
    Accounts,
    /// The accounts by parent, if AWS sends no paths.
    AccountParents,
    /// Users and groups, counted before a strategy for assignments is chosen.
    Principals,
    /// Permission sets and their provisioned pairs, counted likewise.
    Pairs,
    /// The members of groups, which tell how many rows a user's answer has.
    Memberships,
    /// The groups and a few pairs and users, whose rows and pages serve to estimate the costs of the strategies.
    Sample,
    /// Assignments by the chosen strategy.
    Assignments,
    /// The pairs that the strategy *principals* leaves over.
    Remainder,
    /// The applications and their assignments.
    ApplicationList,
    /// Access reports.
    Reports,
    /// The policies of the organization. Reports by policy may wait for them.
    Policies,
    /// The targets of each policy. Reports by policy may wait for them too.
    PolicyTargets,
    /// All tasks that nothing waits for.
    Details,
}

impl Stage {
    /// Returns the stage's name in the staging.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Accounts => "accounts",
            Self::AccountParents => "account_parents",
            Self::Principals => "principals",
            Self::Pairs => "pairs",
            Self::Memberships => "memberships",
            Self::Sample => "sample",
            Self::Assignments => "assignments",
            Self::Remainder => "remainder",
            Self::ApplicationList => "application_list",
            Self::Reports => "reports",
            Self::Policies => "policies",
            Self::PolicyTargets => "policy_targets",
            Self::Details => "details",
        }
    }
}

/// The place where a task is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum In {
    /// The organization; no instance is needed.
    Organization,
    /// The Identity Center instance, in its own Region.
    Instance,
    /// Each account, with the role assumed there, or as the caller in the caller's own. The task is asked for each row of the
    /// accounts, or for rows that each belong to one account, and names that account ([`Collector::about`]).
    EachAccount,
}

/// The resources whose rows each give rise to one task, and the effect of a selection without them.
#[derive(Debug, Clone, Copy)]
pub enum ForEach {
    /// The task is asked once.
    Once,
    /// The task's resource cannot be collected without all of these.
    All(&'static [&'static ResourceSpec]),
    /// Any one of these is enough. The task is asked for the rows of the ones that are collected.
    Any(&'static [&'static ResourceSpec]),
    /// The task is asked if all of these are collected. Otherwise other tasks collect its resource.
    Where(&'static [&'static ResourceSpec]),
}

impl ForEach {
    /// Returns the resources, regardless of the effect of leaving them out.
    pub fn resources(self) -> &'static [&'static ResourceSpec] {
        match self {
            Self::Once => &[],
            Self::All(resources) | Self::Any(resources) | Self::Where(resources) => resources,
        }
    }
}

/// The moment when a task is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// At the beginning, or as soon as the row that gives rise to the task is listed.
    AsListed,
    /// After another task about the same entity has ended: see [`After`].
    After,
    /// In a step of the plan, for every row that gives rise to one.
    Planned,
    /// After all tasks without a time budget, for every row that gives rise to one, until the time is up. The rows that
    /// were read the longest ago come first.
    WithinBudget,
    /// When the plan lists assignments with this strategy. The plan itself records the assignments that cannot be
    /// listed.
    By(Strategy),
    /// When the plan finds that the answer of `of` is not sufficient.
    Instead {
        /// The operation whose answer may not be sufficient.
        of: Operation,
        /// The case in which that answer is not sufficient, in words that follow "only asked where".
        case: &'static str,
        /// The reason why nothing can be asked about if `of` cannot be used at all.
        nothing: Option<&'static str>,
    },
}

/// The strategy for listing assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// By provisioned pair of account and permission set.
    Pairs,
    /// By user and group.
    Principals,
}

impl Strategy {
    /// Returns the name that the snapshot records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Principals => "principals",
        }
    }
}

/// The extent to which the last page of a task shows its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The whole scope: a row that was not listed does not exist.
    All,
    /// A part that another task completes. A failure hides the scope; a success does not show it.
    Part,
    /// Nothing. A failure loses nothing, and so leaves no gap.
    Nothing,
}

/// One page of a task.
#[derive(Debug, Default)]
pub struct Page {
    /// The rows of the page.
    pub rows: Vec<Row>,
    /// The token of the next page; `None` on the last page.
    pub next_token: Option<String>,
    /// The facts of the snapshot that the answer contains.
    pub facts: Vec<FactRow>,
    /// The reason why the listing cannot be empty, if there is one. An empty answer would otherwise read as the
    /// deletion of every row.
    pub never_empty: Option<&'static str>,
    /// The state of the answer's list, for operations where AWS may say "none" by omitting the list.
    pub listed: Listed,
}

impl Page {
    /// Builds a page from an answer's list, which is `None` if the answer omits it. The meaning of an omitted list
    /// depends on the operation ([`Operation::asked`]). Not every item yields a row.
    pub fn of<T, R: Into<Option<Row>>>(
        operation: Operation,
        next_token: Option<String>,
        items: impl Into<Option<Vec<T>>>,
        mut row: impl FnMut(T) -> Result<R, CallFailure>,
    ) -> Result<Self, CallFailure> {
        let items = items.into();
        let listed = match operation.may_leave_out() {
            true => Listed::of(items.as_ref().map(Vec::is_empty)),
            false => Listed::Something,
        };
        let mut rows = Vec::with_capacity(items.as_ref().map_or(0, Vec::len));
        for item in items.unwrap_or_default() {
            rows.extend(row(item)?.into());
        }
        Ok(Self { rows, next_token, facts: Vec::new(), never_empty: operation.never_empty(), listed })
    }

    /// Builds the page of a description.
    pub fn row<R: Resource>(row: &R) -> Self {
        Self { rows: vec![Row::whole(row)], ..Self::default() }
    }

    /// Returns true if another page follows.
    pub fn goes_on(&self) -> bool {
        self.next_token.as_deref().is_some_and(|token| !token.is_empty())
    }
}

/// The content of the requested member of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Listed {
    /// A non-empty value, or a member that the answer always has.
    #[default]
    Something,
    /// An empty list (or text) that was sent: the operation does not omit empty ones.
    Empty,
    /// A missing member. Some operations say "none" like this, but a damaged answer looks the same.
    LeftOut,
}

impl Listed {
    /// Returns the state by emptiness; `None` stands for a missing member.
    pub(super) fn of(is_empty: Option<bool>) -> Self {
        match is_empty {
            Some(false) => Self::Something,
            Some(true) => Self::Empty,
            None => Self::LeftOut,
        }
    }
}

/// The consequences of an answer that the entity of a task no longer exists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NotFound {
    /// The staged rows that the answer proves deleted: those of the entity itself.
    pub dropped: Vec<Scope>,
    /// True if the task's scope outlives the entity, so that the answer proves nothing about the rows in the scope.
    pub scope_still_valid: bool,
}

impl NotFound {
    /// Returns the consequences of an answer about the entity itself, whose row is deleted.
    pub fn of(entity: Entity, id: &str) -> Self {
        Self { dropped: vec![Scope::of_entity(entity, id)], scope_still_valid: false }
    }

    /// Returns the consequences of an answer that proves nothing about the rows in the task's scope.
    pub fn with_scope_still_valid() -> Self {
        Self { dropped: Vec::new(), scope_still_valid: true }
    }
}

/// The reason why a page could not be read.
#[derive(Debug)]
pub struct Stopped {
    /// The call that failed permanently.
    pub failure: Box<CallFailure>,
    /// The facts of the snapshot that the failure contains. Such a failure concerns this task alone.
    pub facts: Vec<FactRow>,
    /// True if the listing cannot continue where it stopped, but may begin again.
    pub begin_again: bool,
}

impl From<CallFailure> for Stopped {
    fn from(failure: CallFailure) -> Self {
        Self { failure: failure.into(), facts: Vec::new(), begin_again: false }
    }
}

/// One kind of task.
pub(super) trait Collector: Sized {
    /// The resource whose rows it lists.
    type Rows: Resource;
    /// The main operation.
    const OPERATION: Operation;
    /// Every operation that it sends.
    const OPERATIONS: &'static [Operation] = &[Self::OPERATION];
    /// The place where it is asked.
    const IN: In;
    /// The resources whose rows each give rise to one task.
    const FOR_EACH: ForEach = ForEach::Once;
    /// A column with its values that limits these rows; `None` if any row gives rise to a task.
    const FOR_ROWS: Option<(&'static str, &'static [&'static str])> = None;
    /// Further resources that it depends on.
    const RESTS_ON: &'static [&'static ResourceSpec] = &[];
    /// The moment when it is asked.
    const ASKED: Asked = Asked::AsListed;
    /// The extent to which its last page shows its scope.
    const SHOWS: Shows = Shows::All;
    /// The part of its resource that it lists, as a column with its value; `None` for all of it.
    const PART: Option<(&'static str, &'static str)> = None;
    /// The name of a lane of its own, in which one task runs at a time. `None` shares the lane of its pacer.
    const LANE: Option<&'static str> = None;
    /// The stage to which it belongs.
    const STAGE: Stage;
    /// The priority among the tasks of one pacer; lower runs first. Tasks on the critical path come before the others.
    const PRIORITY: i64;

    /// Returns the task itself, if it is asked once.
    fn once() -> Option<Self> {
        None
    }

    /// Returns the task for a row of one of the resources in `FOR_EACH`; `None` if this row gives rise to none.
    fn of(_row: &Row, _context: &Context) -> Option<Self> {
        None
    }

    /// Returns the tasks for such a row, if it gives rise to several.
    fn each(row: &Row, context: &Context) -> Vec<Self> {
        Self::of(row, context).into_iter().collect()
    }

    /// Returns the entities that it asks about.
    fn about(&self) -> Vec<(Entity, &str)> {
        Vec::new()
    }

    /// Returns the scope of the rows that it lists: those about the entities that it asks about.
    fn scope(&self) -> Scope {
        let mut scope = Scope::all::<Self::Rows>();
        if let Some((column, value)) = Self::PART {
            scope = scope.with(column, value);
        }
        self.about().into_iter().fold(scope, |scope, (entity, id)| scope.about(entity, id))
    }

    /// Returns the scope that contains every row of its answers.
    fn asks_for(&self) -> Scope {
        self.scope()
    }

    /// Returns the scopes that stay unseen on failure, besides its own and those that follow from the rows that it
    /// finds.
    fn also_hides(&self) -> Vec<Scope> {
        Vec::new()
    }

    /// Reads the page at `token`, or the first page without one.
    fn page(
        &self,
        context: &Context,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page, Stopped>> + Send;

    /// Returns the consequences if this failure means that the entity no longer exists. Declared per task and never by
    /// error code alone.
    fn gone(&self, _failure: &CallFailure) -> Option<NotFound> {
        None
    }

    /// Returns true if this failure means that the organization, or the kind of instance, does not have the resource.
    fn unavailable(_failure: &CallFailure) -> bool {
        false
    }

    /// Returns true if an answer without a list means "none", regardless of the last snapshot. It does not once the
    /// operation is seen to send empty lists.
    fn says_none_without_a_list(&self) -> bool {
        Self::OPERATION.leaves_out_empty_lists()
    }

    /// Returns the number of pages after which it stops. A listing that covers a scope has no limit.
    fn most_pages(&self) -> u32 {
        u32::MAX
    }
}

/// A task that is asked once another task about the same entity has ended.
pub(super) trait After<Earlier>: Collector {
    /// Returns the task. `is_listed` is true if the earlier task listed everything, and false if it failed.
    fn after(earlier: &Earlier, is_listed: bool) -> Self;
}
