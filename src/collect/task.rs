//! What a task is, and the one list of all tasks.
//!
//! A [`Collector`] declares what the queue, the publish and the IAM policy need to know of a task; the page
//! itself is the only code that a family has to write.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::access_report::AccessReport;
use super::accounts::{ListAccounts, ListAccountsForParent};
use super::assignments::{ListPairAssignments, ListPrincipalAssignments, SamplePrincipal};
use super::identity_store::{DescribeGroup, DescribeUser, ListGroupMemberships, ListGroups, ListUsers};
use super::organization::{DescribeOrganization, ListOrganizationalUnits, ListRoots};
use super::permission_set_policies::{
    GetInlinePolicy, GetPermissionsBoundary, ListCustomerManagedPolicies, ListManagedPolicies,
};
use super::permission_sets::{DescribePermissionSet, ListPermissionSets};
use super::preflight::Context;
use super::provisioning::{ListOutdatedAccounts, ListProvisionedAccounts};
use super::selection::Selection;
use super::tags::{ListOrganizationTags, ListPermissionSetTags};
use crate::aws::{CallFailure, FailureClass, Operation, PaceOptions};
use crate::model::{FactRow, Row, Scope};
use crate::store::{Failure, GapKind, NewTask};

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
    /// Access reports.
    Reports,
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
            Self::Reports => "reports",
            Self::Details => "details",
        }
    }
}

/// One page of a task.
#[derive(Debug, Default)]
pub struct Page {
    /// Items of the page, of one or several resources.
    pub rows: Vec<Row>,
    /// Tasks that the items give rise to.
    pub follow_ups: Vec<Task>,
    /// Where the listing goes on; `None` on its last page.
    pub next_token: Option<String>,
    /// Facts of the snapshot that the answer tells.
    pub facts: Vec<FactRow>,
    /// Why the listing cannot hold nothing at all, where it cannot: it would read as the end of everything.
    pub must_hold: Option<&'static str>,
    /// What the answer's list held, where AWS may say "none" by leaving the list out.
    pub listed: Listed,
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
    pub fn of(is_empty: Option<bool>) -> Self {
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
    /// The answer is about the thing itself, whose rows are in this scope.
    pub fn with(scope: Scope) -> Self {
        Self { dropped: vec![scope], scope_still_valid: false }
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
pub(super) trait Collector {
    /// The operation that it sends.
    const OPERATION: Operation;
    /// Every operation that it sends.
    const OPERATIONS: &'static [Operation] = &[Self::OPERATION];
    /// What waits for it.
    const STAGE: Stage;
    /// Lower runs first among the tasks of one pacer: what unlocks the critical path before what does not.
    const PRIORITY: i64;

    /// The scopes that are seen once its last page is in.
    fn covers(&self) -> Vec<Scope>;

    /// The scopes that every row of its answers lies in, where they are not those that it covers.
    fn asks_for(&self) -> Vec<Scope> {
        self.covers()
    }

    /// Further scopes that stay unseen when it fails: those of the follow-ups that it would have had.
    fn hides(&self) -> Vec<Scope> {
        Vec::new()
    }

    /// The scopes that all tasks of this kind cover together: the one gap when the kind is stopped.
    fn family() -> Vec<Scope>;

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

    /// Tasks that go on in spite of the failure.
    fn instead(&self) -> Vec<Task> {
        Vec::new()
    }

    /// After how many pages it has seen enough: never, for a listing that covers something.
    fn most_pages(&self) -> u32 {
        u32::MAX
    }
}

macro_rules! tasks {
    ($($name:ident),+ $(,)?) => {
        /// A task of any kind, as the queue stores it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        #[allow(missing_docs, reason = "each variant is documented at its struct")]
        pub enum Task { $($name($name)),+ }

        $(impl From<$name> for Task {
            fn from(task: $name) -> Self { Self::$name(task) }
        })+

        impl Task {
            /// The operations that the tasks of this selection can send.
            pub fn operations(selection: &Selection) -> BTreeSet<Operation> {
                let mut operations = BTreeSet::new();
                $(if <$name as Collector>::family().iter().any(|scope| selection.has(&scope.resource)) {
                    operations.extend(<$name as Collector>::OPERATIONS);
                })+
                operations
            }

            /// Each operation that tasks can send, with the resources that need it.
            pub fn needs() -> Vec<(Operation, Vec<String>)> {
                let mut needs: BTreeMap<Operation, Vec<String>> = BTreeMap::new();
                $(for operation in <$name as Collector>::OPERATIONS {
                    let resources = needs.entry(*operation).or_default();
                    for scope in <$name as Collector>::family() {
                        if !resources.contains(&scope.resource) {
                            resources.push(scope.resource);
                        }
                    }
                })+
                needs.into_iter().collect()
            }

            /// The operation that the task sends.
            pub fn operation(&self) -> Operation {
                match self { $(Self::$name(_) => <$name as Collector>::OPERATION),+ }
            }

            fn stage(&self) -> Stage {
                match self { $(Self::$name(_) => <$name as Collector>::STAGE),+ }
            }

            fn priority(&self) -> i64 {
                match self { $(Self::$name(_) => <$name as Collector>::PRIORITY),+ }
            }

            /// The scopes that are seen once its last page is in.
            pub fn covers(&self) -> Vec<Scope> {
                match self { $(Self::$name(task) => task.covers()),+ }
            }

            /// The scopes that every row of its answers lies in.
            pub fn asks_for(&self) -> Vec<Scope> {
                match self { $(Self::$name(task) => task.asks_for()),+ }
            }

            /// Further scopes that stay unseen when it fails.
            pub fn hides(&self) -> Vec<Scope> {
                match self { $(Self::$name(task) => task.hides()),+ }
            }

            /// The scopes that all tasks of its kind cover together.
            pub fn family(&self) -> Vec<Scope> {
                match self { $(Self::$name(_) => <$name as Collector>::family()),+ }
            }

            /// Gets the page at `token`, the first one without.
            pub async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
                match self { $(Self::$name(task) => task.page(context, token).await),+ }
            }

            /// Whether this answer means that what is asked about no longer exists.
            pub fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
                match self { $(Self::$name(task) => task.gone(failure)),+ }
            }

            fn unavailable(&self, failure: &CallFailure) -> bool {
                match self { $(Self::$name(_) => <$name as Collector>::unavailable(failure)),+ }
            }

            /// Whether an answer without a list says that there is nothing, whatever the last snapshot knows.
            pub fn says_none_without_a_list(&self) -> bool {
                match self { $(Self::$name(task) => task.says_none_without_a_list()),+ }
            }

            /// Tasks that go on in spite of the failure.
            pub fn instead(&self) -> Vec<Task> {
                match self { $(Self::$name(task) => task.instead()),+ }
            }

            /// After how many pages it has seen enough.
            pub fn most_pages(&self) -> u32 {
                match self { $(Self::$name(task) => task.most_pages()),+ }
            }
        }
    };
}

tasks! {
    DescribeOrganization, ListRoots, ListOrganizationalUnits, ListAccounts, ListAccountsForParent,
    ListOrganizationTags, ListUsers, ListGroups, ListGroupMemberships, DescribeUser, DescribeGroup,
    ListPermissionSets, DescribePermissionSet, GetInlinePolicy, GetPermissionsBoundary,
    ListManagedPolicies, ListCustomerManagedPolicies, ListPermissionSetTags, ListOutdatedAccounts,
    ListProvisionedAccounts, ListPairAssignments, ListPrincipalAssignments, SamplePrincipal, AccessReport,
}

impl Task {
    /// The task's kind, as the queue stores it.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).expect("a task is a struct of plain values");
        value["kind"].as_str().expect("the enum is tagged with its kind").to_owned()
    }

    /// The name of the lane: tasks of one lane share a pacer and a limit of calls under way.
    pub fn lane(&self) -> String {
        if matches!(self, Self::AccessReport(_)) {
            return super::access_report::LANE.to_owned();
        }
        match PaceOptions::pacer_key(self.operation()) {
            (_, Some(operation)) => operation.to_string(),
            (service, None) => service.name().to_owned(),
        }
    }

    /// The task as the queue stores it, waited for by another stage than its own.
    pub fn queued_in(&self, stage: Stage, rank: i64, selection: &Selection) -> NewTask {
        NewTask { stage: stage.name().to_owned(), ..self.queued(rank, selection) }
    }

    /// The task as the queue stores it; `rank` moves it behind others of its priority. Its failure hides nothing
    /// that was not asked for.
    pub fn queued(&self, rank: i64, selection: &Selection) -> NewTask {
        NewTask {
            kind: self.kind(),
            body: serde_json::to_string(self).expect("a task is a struct of plain values"),
            lane: self.lane(),
            stage: self.stage().name().to_owned(),
            priority: self.priority() * 1_000_000 + rank,
            covers: self.covers(),
            hides: self.hides().into_iter().filter(|scope| selection.has(&scope.resource)).collect(),
        }
    }

    /// Whether the plan's estimate needs it.
    pub fn is_counted(&self) -> bool {
        matches!(self.stage(), Stage::Tree | Stage::Accounts | Stage::Principals | Stage::Pairs)
    }

    /// Whether the selection asks for anything that this task collects.
    pub fn is_wanted(&self, selection: &Selection) -> bool {
        self.family().iter().any(|scope| selection.has(&scope.resource))
    }

    /// What a gap records of this failure.
    pub fn failure(&self, failure: &CallFailure) -> Failure {
        let kind = if self.unavailable(failure) {
            GapKind::Unavailable
        } else if failure.class == FailureClass::Denied {
            GapKind::Denied
        } else {
            GapKind::Failed
        };
        Failure {
            kind,
            operation: Some(failure.operation.to_string()),
            error_code: Some(failure.code.clone()),
            error_message: Some(failure.message.clone()),
            attempts: failure.attempts,
            request_id: failure.request_id.as_deref().map(str::to_owned),
            observed_at: super::convert::now(),
        }
    }
}
