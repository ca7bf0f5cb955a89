//! What a family of tasks declares, and what its pages come to.
//!
//! A [`Collector`] says what it is asked for each of and in what; the queue, the selection, the gaps of a failure, the
//! IAM policy and `doctor` are derived from that (`graph`). The page itself is the only code that it has to write.

use super::context::Context;
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, FactRow, Resource, ResourceSpec, Row, Scope};

/// What waits for a task: the plan asks whether a stage still has open tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The root and the OUs.
    Tree,
    /// The accounts, with their paths where AWS sends them.
    Accounts,
    /// The accounts again, by parent, where it does not.
    AccountParents,
    /// Users and groups: counted before a strategy for assignments is chosen.
    Principals,
    /// Permission sets and the pairs that are provisioned: counted likewise.
    Pairs,
    /// The members of groups: they tell how many rows a user's answer has.
    Memberships,
    /// The groups, and a few pairs and users, from whose rows and pages the strategies' costs are estimated.
    Sample,
    /// Assignments by the chosen strategy.
    Assignments,
    /// What the strategy *principals* leaves over.
    Remainder,
    /// The applications, and who may use each.
    ApplicationList,
    /// Access reports.
    Reports,
    /// The policies of the organization: reports by policy may wait for them.
    Policies,
    /// What each of them is attached to: likewise.
    PolicyTargets,
    /// Everything that nothing waits for.
    Details,
}

impl Stage {
    /// The stage's name in the staging.
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

/// What a task is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum In {
    /// The organization: it needs no instance.
    Organization,
    /// The Identity Center instance, in its own Region.
    Instance,
    /// Each account, as the role that is assumed there: it is asked for each row of the accounts, or for rows of which
    /// each is in one, and says in which ([`Collector::about`]).
    #[cfg_attr(not(test), allow(dead_code, reason = "nothing that is collected is asked in accounts yet"))]
    EachAccount,
}

/// The resources whose rows a task is asked for, one task for each row, and what a selection without them leaves of it.
#[derive(Debug, Clone, Copy)]
pub enum ForEach {
    /// It is asked once.
    Once,
    /// Its own resource cannot be collected without all of these.
    All(&'static [&'static ResourceSpec]),
    /// Any one of these is enough: it is asked for the rows of whichever is collected.
    Any(&'static [&'static ResourceSpec]),
    /// It is asked where all of these are collected; other tasks collect its resource without them.
    Where(&'static [&'static ResourceSpec]),
}

impl ForEach {
    /// The resources, whatever a selection without them leaves.
    pub fn resources(self) -> &'static [&'static ResourceSpec] {
        match self {
            Self::Once => &[],
            Self::All(resources) | Self::Any(resources) | Self::Where(resources) => resources,
        }
    }
}

/// When a task is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// At the beginning, or as soon as the row is listed that it is asked for.
    AsListed,
    /// Once another task about the same thing has ended: see [`After`].
    After,
    /// When the plan comes to it, for every row that it is asked for.
    Planned,
    /// When all that has no budget of time was asked, for every row that it is asked for, as long as the time lasts: the
    /// rows that were read the longest ago come first.
    WithinBudget,
    /// When the plan lists assignments so. What cannot be listed then is the plan's to tell.
    By(Strategy),
    /// When the plan finds that `of` does not show all that is needed.
    Instead {
        /// The operation that shows it otherwise.
        of: Operation,
        /// The case in which it does not, to go after "only asked where".
        case: &'static str,
        /// Why there is nothing to ask about where `of` cannot be used at all.
        nothing: Option<&'static str>,
    },
}

/// How assignments are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// By provisioned pair of account and permission set.
    Pairs,
    /// By user and group.
    Principals,
}

impl Strategy {
    /// The name that the snapshot records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Principals => "principals",
        }
    }
}

/// What the last page of a task shows of its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// All of it: what was not listed is not there.
    All,
    /// A part, which another task completes: its failure hides the scope, its success does not show it.
    Part,
    /// Nothing that is concluded from: its failure loses nothing, and so leaves no gap.
    Nothing,
}

/// One page of a task.
#[derive(Debug, Default)]
pub struct Page {
    /// Items of the page.
    pub rows: Vec<Row>,
    /// Where the listing goes on; `None` on its last page.
    pub next_token: Option<String>,
    /// Facts of the snapshot that the answer tells.
    pub facts: Vec<FactRow>,
    /// Why the listing cannot hold nothing at all, where it cannot: it would read as the end of everything.
    pub never_empty: Option<&'static str>,
    /// What the answer's list held, where AWS may say "none" by leaving the list out.
    pub listed: Listed,
}

impl Page {
    /// Makes a page of an answer's list, which is `None` where the answer leaves it out. What that means depends on
    /// the operation ([`Operation::asked`]). An item may be no row of its own.
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

    /// Makes the page of a description.
    pub fn row<R: Resource>(row: &R) -> Self {
        Self { rows: vec![Row::whole(row)], ..Self::default() }
    }

    /// Whether the listing goes on after it.
    pub fn goes_on(&self) -> bool {
        self.next_token.as_deref().is_some_and(|token| !token.is_empty())
    }
}

/// What the member of an answer held that was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Listed {
    /// Something, or the answer always has it.
    #[default]
    Something,
    /// An empty list (or text) that was sent: the operation does not leave empty ones out.
    Empty,
    /// The member is missing: some operations say "none" so, but it is also what is left of an answer that lost it.
    LeftOut,
}

impl Listed {
    /// By whether the member is empty; `None` where it is missing.
    fn of(is_empty: Option<bool>) -> Self {
        match is_empty {
            Some(false) => Self::Something,
            Some(true) => Self::Empty,
            None => Self::LeftOut,
        }
    }
}

/// What it means that the thing that a task asks about no longer exists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NotFound {
    /// The staged rows that the answer proves dead: those of the thing itself.
    pub dropped: Vec<Scope>,
    /// Whether the task's scope outlives it, so that the answer is no evidence about the rows in it.
    pub scope_still_valid: bool,
}

impl NotFound {
    /// The answer is about the entity itself, whose row is dead.
    pub fn of(entity: Entity, id: &str) -> Self {
        Self { dropped: vec![Scope::of_entity(entity, id)], scope_still_valid: false }
    }

    /// The answer is no evidence about the rows in the task's scope.
    pub fn with_scope_still_valid() -> Self {
        Self { dropped: Vec::new(), scope_still_valid: true }
    }
}

/// Why a page could not be had.
#[derive(Debug)]
pub struct Stopped {
    /// The call that failed for good.
    pub failure: Box<CallFailure>,
    /// Facts of the snapshot that the failure tells. Such a failure is about this task alone.
    pub facts: Vec<FactRow>,
    /// The listing cannot go on where it stopped, but may begin again.
    pub begin_again: bool,
}

impl From<CallFailure> for Stopped {
    fn from(failure: CallFailure) -> Self {
        Self { failure: failure.into(), facts: Vec::new(), begin_again: false }
    }
}

/// One kind of task.
pub(super) trait Collector: Sized {
    /// What it lists the rows of.
    type Rows: Resource;
    /// The operation that it sends.
    const OPERATION: Operation;
    /// Every operation that it sends.
    const OPERATIONS: &'static [Operation] = &[Self::OPERATION];
    /// What it is asked in.
    const IN: In;
    /// The resources for each of whose rows it is asked.
    const FOR_EACH: ForEach = ForEach::Once;
    /// The rows of those that give rise to one, a column with its values; `None` where any row may.
    const FOR_ROWS: Option<(&'static str, &'static [&'static str])> = None;
    /// Further resources that it cannot do without, whatever it is asked for.
    const RESTS_ON: &'static [&'static ResourceSpec] = &[];
    /// When it is asked.
    const ASKED: Asked = Asked::AsListed;
    /// What its last page shows of its scope.
    const SHOWS: Shows = Shows::All;
    /// The part of its resource that it lists, a column with its value; `None` for all of it.
    const PART: Option<(&'static str, &'static str)> = None;
    /// The name of a lane of its own, in which one runs at a time; otherwise it shares that of its pacer.
    const LANE: Option<&'static str> = None;
    /// What waits for it.
    const STAGE: Stage;
    /// Lower runs first among the tasks of one pacer: what unlocks the critical path before what does not.
    const PRIORITY: i64;

    /// The task itself, where it is asked once.
    fn once() -> Option<Self> {
        None
    }

    /// The task for a row of one of the resources that it is asked for each row of; `None` where this row gives no
    /// rise to one.
    fn of(_row: &Row, _context: &Context) -> Option<Self> {
        None
    }

    /// The tasks for such a row, where it gives rise to several.
    fn each(row: &Row, context: &Context) -> Vec<Self> {
        Self::of(row, context).into_iter().collect()
    }

    /// The entities that it asks about.
    fn about(&self) -> Vec<(Entity, &str)> {
        Vec::new()
    }

    /// The rows that it lists: those about what it asks about.
    fn scope(&self) -> Scope {
        let mut scope = Scope::all::<Self::Rows>();
        if let Some((column, value)) = Self::PART {
            scope = scope.with(column, value);
        }
        self.about().into_iter().fold(scope, |scope, (entity, id)| scope.about(entity, id))
    }

    /// The scope that every row of its answers lies in.
    fn asks_for(&self) -> Scope {
        self.scope()
    }

    /// Scopes that stay unseen when it fails, besides its own and those that follow from the rows that it finds.
    fn also_hides(&self) -> Vec<Scope> {
        Vec::new()
    }

    /// Gets the page at `token`, the first one without.
    fn page(
        &self,
        context: &Context,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page, Stopped>> + Send;

    /// Whether this answer means that what is asked about no longer exists. Declared per task and never by
    /// error code alone.
    fn gone(&self, _failure: &CallFailure) -> Option<NotFound> {
        None
    }

    /// Whether this answer means that the organization, or the kind of instance, rules the thing out.
    fn unavailable(_failure: &CallFailure) -> bool {
        false
    }

    /// Whether an answer without a list says that there is nothing, whatever the last snapshot knows: unless the
    /// operation is seen to send empty lists.
    fn says_none_without_a_list(&self) -> bool {
        Self::OPERATION.leaves_out_empty_lists()
    }

    /// After how many pages it has seen enough: never, for a listing that covers something.
    fn most_pages(&self) -> u32 {
        u32::MAX
    }
}

/// A task that is asked once another one about the same thing has ended.
pub(super) trait After<Earlier>: Collector {
    /// The task; `is_listed` says whether the earlier one listed everything, or failed.
    fn after(earlier: &Earlier, is_listed: bool) -> Self;
}
