//! The reads in progress: the calls to send, the consequences of an answer, and the end.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use super::missing::{how_to_enable_policies, missing, why_unavailable};
use super::{Findings, Seen};
use crate::aws::{CallFailure, FailureClass, Operation};
use crate::collect::access_report::{POLICIES_OFF, ruled_out};
use crate::collect::collector::{Asked, In, Page, Stopped};
use crate::collect::context::Context;
use crate::collect::graph::{self, PREFLIGHT};
use crate::collect::never_seen::NeverSeen;
use crate::collect::organization::service_control_policies_enabled;
use crate::collect::selection::Selection;
use crate::collect::task::Task;
use crate::model::{Completeness, Resource, Root, Row};
use crate::store::GapKind;

/// The number of pages to read, because a listing's first pages may be empty.
const PAGES: usize = 5;
/// The number of subjects asked the same before the probe concludes that none leads to an assignment: permission sets,
/// asked for their accounts.
const SAMPLES: usize = 5;

/// A read that was answered.
enum Answered {
    Task(Box<(Task, Result<Page, Stopped>)>),
    Report(Option<CallFailure>),
}

/// The reads in progress.
pub(super) struct Asking<'a> {
    context: &'a Context,
    selection: &'a Selection,
    never_seen: &'a NeverSeen,
    findings: &'a mut Findings,
    reads: JoinSet<Answered>,
    /// The kinds that were asked, in another account than the caller's or not.
    asked: BTreeSet<(&'static str, bool)>,
    /// Further subjects to ask the same about, if the first lead nowhere.
    samples: BTreeMap<&'static str, Vec<Task>>,
    root: Option<String>,
    policies_enabled: Option<bool>,
    /// The operations whose answers are not sufficient: they cannot be used here, or leave rows incomplete.
    closed: BTreeSet<Operation>,
    /// The tasks asked in place of an operation, by kind.
    instead: BTreeMap<&'static str, Task>,
}

impl<'a> Asking<'a> {
    /// Sends the first reads.
    pub fn new(
        context: &'a Context,
        selection: &'a Selection,
        never_seen: &'a NeverSeen,
        findings: &'a mut Findings,
    ) -> Self {
        let mut asking = Self {
            context,
            selection,
            never_seen,
            findings,
            reads: JoinSet::new(),
            asked: BTreeSet::new(),
            samples: BTreeMap::new(),
            root: None,
            policies_enabled: None,
            closed: BTreeSet::new(),
            instead: BTreeMap::new(),
        };
        // An operation of the preflight is sent again only if other tasks ask about its rows.
        let leads_on = |task: &Task| !graph::asked_for_each(task.spec().rows.name).is_empty();
        let first =
            graph::first_tasks().filter(|task| !PREFLIGHT.contains(&task.operation()) || leads_on(task));
        first.for_each(|task| asking.ask(task));
        asking
    }

    /// Waits for all answers. Returns whether service control policies are enabled on the root, if that could be seen.
    pub async fn finish(mut self) -> Option<bool> {
        self.note_principals_out_of_reach();
        self.note_account_not_known();
        while let Some(answered) = self.reads.join_next().await {
            match answered {
                Ok(Answered::Task(answered)) => {
                    let (task, answer) = *answered;
                    self.take(&task, answer);
                }
                Ok(Answered::Report(failure)) => self.take_report(failure),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        self.policies_enabled
    }

    fn ask(&mut self, task: Task) {
        let possible = self.context.instance.is_some() || task.spec().place != In::Instance;
        if !possible || !task.is_wanted(self.selection) || !self.findings.has(task.operation()) {
            return;
        }
        let kind = task.kind();
        if !self.asked.insert((kind, task.is_in_another_account(self.context))) {
            if leads_to_assignments(&task) {
                let samples = self.samples.entry(kind).or_default();
                if samples.len() < SAMPLES {
                    samples.push(task);
                }
            }
            return;
        }
        self.send(task);
    }

    fn send(&mut self, task: Task) {
        let context = self.context.clone();
        self.reads.spawn(async move {
            let answer = match task.account() {
                Some(account) => match context.in_account(&account).await {
                    Some(context) => first_rows(&task, &context).await,
                    None => Err(CallFailure::without_account_role(task.operation()).into()),
                },
                None => first_rows(&task, &context).await,
            };
            Answered::Task(Box::new((task, answer)))
        });
    }

    fn take(&mut self, task: &Task, answer: Result<Page, Stopped>) {
        let mut leads_nowhere = false;
        match answer {
            Ok(page) => {
                let then = if page.goes_on() { None } else { task.then(true) };
                leads_nowhere = page.rows.is_empty() && then.is_none();
                task.spec().operations.iter().for_each(|it| self.findings.note(*it, Seen::Yes, None));
                if page.rows.iter().any(|row| row.completeness == Completeness::KeyOnly) {
                    self.closed.insert(task.operation());
                }
                page.rows.iter().for_each(|row| self.learn(row));
                let follow_ups = graph::follow_ups(task, &page.rows, self.context);
                follow_ups.into_iter().chain(then).for_each(|next| self.ask(next));
            }
            // The operation can be used: its subject has just been deleted.
            Err(Stopped { failure, .. }) if task.gone(&failure).is_some() => {
                leads_nowhere = true;
                self.findings.note(task.operation(), Seen::Yes, None);
            }
            Err(Stopped { failure, .. }) => {
                let sent = task.spec().operations;
                let refused = sent.iter().position(|it| *it == failure.operation).unwrap_or_default();
                sent[..refused].iter().for_each(|it| self.findings.note(*it, Seen::Yes, None));
                let why = format!("it depends on {}: see there", failure.operation.name());
                sent[refused + 1..].iter().for_each(|it| self.findings.explain(*it, &why));
                self.refused(task, &failure);
            }
        }
        if leads_nowhere && let Some(next) = self.samples.get_mut(task.kind()).and_then(Vec::pop) {
            self.send(next);
        }
        self.ask_where_the_usual_way_is_closed();
        if matches!(task, Task::ListRoots(_)) {
            self.ask_for_a_report();
        }
    }

    fn refused(&mut self, task: &Task, failure: &CallFailure) {
        if self.never_seen.withholds(task, failure) {
            let missing = missing(failure, self.context.aws.region());
            self.findings.note_failure(failure, Seen::Unavailable, missing);
        } else if task.failure(failure).kind == GapKind::Unavailable {
            self.closed.insert(task.operation());
            let why = why_unavailable(failure.operation.service()).to_owned();
            self.findings.note_failure(failure, Seen::Unavailable, why);
        } else {
            self.findings.note_failure(failure, Seen::No, missing(failure, self.context.aws.region()));
            task.then(false).into_iter().for_each(|next| self.ask(next));
        }
    }

    /// Asks the tasks that a collection would plan from this row.
    fn learn(&mut self, row: &Row) {
        if row.resource == Root::SPEC.name {
            self.root = row.text("root_id").map(str::to_owned);
            let enabled = service_control_policies_enabled(row.text("policy_types"));
            self.policies_enabled = Some(self.policies_enabled.unwrap_or(false) || enabled);
        }
        for spec in graph::asked_for_each(row.resource) {
            match spec.asked {
                Asked::By(_) | Asked::WithinBudget => {
                    (spec.of)(row, self.context).into_iter().for_each(|task| self.ask(task))
                }
                Asked::Instead { .. } => {
                    if !self.instead.contains_key(spec.kind)
                        && let Some(task) = (spec.of)(row, self.context).pop()
                    {
                        self.instead.insert(spec.kind, task);
                    }
                }
                Asked::AsListed | Asked::After | Asked::Planned => {}
            }
        }
    }

    /// Explains operations that are asked in the caller's own account, if it is not known which account that is.
    fn note_account_not_known(&mut self) {
        if self.context.caller.is_some() || self.context.accounts.role().is_some() {
            return;
        }
        for spec in self.selection.asked_in_accounts() {
            for operation in spec.operations {
                self.findings.explain(*operation, "it depends on GetCallerIdentity: see there");
            }
        }
    }

    fn note_principals_out_of_reach(&mut self) {
        let operation = Operation::ListAccountAssignmentsForPrincipal;
        match self.context.is_management_account() {
            _ if self.context.instance.is_none() => {}
            Some(true) => {}
            Some(false) => {
                let why = "only the management account may ask; assignments are listed by pairs instead";
                self.findings.note(operation, Seen::Unavailable, Some(why.to_owned()));
            }
            None => {
                let why = "only the management account may ask, and it is not known whether this is it";
                self.findings.explain(operation, why);
            }
        }
    }

    fn ask_where_the_usual_way_is_closed(&mut self) {
        for operation in self.closed.clone() {
            let tasks: Vec<_> = graph::instead_of(operation)
                .filter_map(|spec| self.instead.get(spec.kind).cloned())
                .collect();
            tasks.into_iter().for_each(|task| self.ask(task));
        }
    }

    /// Tests the permissions for access reports without generating one. A report takes seconds, and occupies the only
    /// job of the whole organization. Reading a report that does not exist tests the permission to read just as well.
    fn ask_for_a_report(&mut self) {
        let (generate, get) =
            (Operation::GenerateOrganizationsAccessReport, Operation::GetOrganizationsAccessReport);
        if !self.findings.has(generate) {
            return;
        }
        if let Some(why) = ruled_out(self.context, self.policies_enabled) {
            let root = self.root.as_deref().filter(|_| why == POLICIES_OFF);
            let how = root.map(|root| format!(": {}", how_to_enable_policies(root))).unwrap_or_default();
            for operation in [generate, get] {
                self.findings.note(operation, Seen::Unavailable, Some(format!("{why}{how}")));
            }
            return;
        }
        if self.context.organization.is_none() {
            return;
        }
        let why = "a report takes seconds, and only one may run in the whole organization; iam-policy lists \
                   what it needs";
        self.findings.explain(generate, why);
        let aws = self.context.aws.clone();
        self.reads.spawn(async move {
            let id = "00000000-0000-0000-0000-000000000000";
            let send = || aws.iam.get_organizations_access_report().job_id(id).send();
            Answered::Report(aws.call(get, send).await.err())
        });
    }

    fn take_report(&mut self, failure: Option<CallFailure>) {
        match failure {
            Some(failure) if failure.class != FailureClass::Answered => {
                self.findings.note_failure(&failure, Seen::No, missing(&failure, self.context.aws.region()));
            }
            _ => self.findings.note(Operation::GetOrganizationsAccessReport, Seen::Yes, None),
        }
    }
}

/// Returns true if assignments are listed, by some strategy, for the rows of the task.
fn leads_to_assignments(task: &Task) -> bool {
    graph::asked_for_each(task.spec().rows.name).iter().any(|spec| matches!(spec.asked, Asked::By(_)))
}

/// Returns the first page with any row. An empty page may be followed by others.
async fn first_rows(task: &Task, context: &Context) -> Result<Page, Stopped> {
    let mut page = task.page(context, None).await?;
    for _ in 1..PAGES {
        let token = page.next_token.take().filter(|token| !token.is_empty());
        match token {
            Some(token) if page.rows.is_empty() => {
                page = task.page(context, Some(&token)).await?;
            }
            _ => break,
        }
    }
    Ok(page)
}
