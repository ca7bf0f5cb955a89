//! The reads under way: what is asked, what follows from an answer, and when all are in.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use super::missing::{how_to_enable_policies, missing, why_unavailable};
use super::{Findings, Seen, is_in_the_instance};
use crate::aws::{CallFailure, FailureClass, Operation};
use crate::collect::access_report::{POLICIES_OFF, ruled_out};
use crate::collect::accounts::ListAccountsForParent;
use crate::collect::assignments::{ListPairAssignments, ListPrincipalAssignments};
use crate::collect::identity_store::{DescribeGroup, DescribeUser};
use crate::collect::organization::service_control_policies_enabled;
use crate::collect::preflight::Context;
use crate::collect::selection::Selection;
use crate::collect::task::{Page, Stopped, Task};
use crate::collect::{identity_store, organization, permission_sets};
use crate::model::{Completeness, Row};
use crate::store::GapKind;

/// A listing's first pages may be empty.
const PAGES: usize = 5;
/// How many permission sets are asked for their accounts before it is believed that none is provisioned.
const SAMPLES: usize = 5;

/// A read that was answered.
enum Answered {
    Task(Box<(Task, Result<Page, Stopped>)>),
    Report(Option<CallFailure>),
}

/// The reads under way.
pub(super) struct Asking<'a> {
    context: &'a Context,
    selection: &'a Selection,
    findings: &'a mut Findings,
    reads: JoinSet<Answered>,
    asked: BTreeSet<String>,
    /// Further things to ask the same about, where the first lead nowhere.
    samples: BTreeMap<String, Vec<Task>>,
    root: Option<String>,
    policies_enabled: Option<bool>,
    /// Whether an account came without its path.
    pathless: bool,
    /// Whether the directory's users, or groups, cannot be listed at all.
    unlistable: BTreeSet<&'static str>,
    /// A principal of each type that an assignment names.
    principals: BTreeMap<String, String>,
}

impl<'a> Asking<'a> {
    /// Sends the first reads.
    pub fn new(context: &'a Context, selection: &'a Selection, findings: &'a mut Findings) -> Self {
        let mut asking = Self {
            context,
            selection,
            findings,
            reads: JoinSet::new(),
            asked: BTreeSet::new(),
            samples: BTreeMap::new(),
            root: None,
            policies_enabled: None,
            pathless: false,
            unlistable: BTreeSet::new(),
            principals: BTreeMap::new(),
        };
        let first =
            [organization::first_tasks(), permission_sets::first_tasks(), identity_store::first_tasks()];
        // The organization is described already.
        let first = first.into_iter().flatten().filter(|task| !matches!(task, Task::DescribeOrganization(_)));
        first.for_each(|task| asking.ask(task));
        asking
    }

    /// Waits for all answers; whether service control policies are enabled on the root, where it could be seen.
    pub async fn finish(mut self) -> Option<bool> {
        self.note_principals_out_of_reach();
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
        let possible = self.context.instance.is_some() || !is_in_the_instance(task.operation());
        if !possible || !task.is_wanted(self.selection) || !self.findings.has(task.operation()) {
            return;
        }
        let kind = task.kind();
        if !self.asked.insert(kind.clone()) {
            if matches!(task, Task::ListOutdatedAccounts(_) | Task::ListProvisionedAccounts(_)) {
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
            let answer = first_rows(&task, &context).await;
            Answered::Task(Box::new((task, answer)))
        });
    }

    fn take(&mut self, task: &Task, answer: Result<Page, Stopped>) {
        let mut leads_nowhere = false;
        match answer {
            Ok(page) => {
                leads_nowhere = page.rows.is_empty() && page.follow_ups.is_empty();
                self.findings.note(task.operation(), Seen::Yes, None);
                page.rows.iter().for_each(|row| self.learn(row));
                page.follow_ups.into_iter().for_each(|next| self.ask(next));
            }
            // The operation can be used: what it was asked about has just gone.
            Err(Stopped { failure, .. }) if task.gone(&failure).is_some() => {
                leads_nowhere = true;
                self.findings.note(task.operation(), Seen::Yes, None);
            }
            Err(Stopped { failure, .. }) => self.refused(task, &failure),
        }
        if leads_nowhere && let Some(next) = self.samples.get_mut(&task.kind()).and_then(Vec::pop) {
            self.send(next);
        }
        self.ask_where_the_usual_way_is_closed();
        if matches!(task, Task::ListRoots(_)) {
            self.ask_for_a_report();
        }
    }

    fn refused(&mut self, task: &Task, failure: &CallFailure) {
        if task.failure(failure).kind == GapKind::Unavailable {
            match task {
                Task::ListUsers(_) => self.unlistable.insert("USER"),
                Task::ListGroups(_) => self.unlistable.insert("GROUP"),
                _ => false,
            };
            let why = why_unavailable(failure.operation.service()).to_owned();
            self.findings.note_failure(failure, Seen::Unavailable, why);
        } else {
            self.findings.note_failure(failure, Seen::No, missing(failure, self.context.aws.region()));
            task.instead().into_iter().for_each(|next| self.ask(next));
        }
    }

    /// What a collection would plan from this row.
    fn learn(&mut self, row: &Row) {
        let text = |column: &str| row.columns.get(column).and_then(|value| value.as_str()).map(str::to_owned);
        match row.resource {
            "roots" => {
                self.root = text("root_id");
                let enabled = service_control_policies_enabled(text("policy_types").as_deref());
                self.policies_enabled = Some(self.policies_enabled.unwrap_or(false) || enabled);
            }
            "accounts" => self.pathless |= row.completeness == Completeness::KeyOnly,
            "users" => self.ask_principal("USER", text("user_id")),
            "groups" => self.ask_principal("GROUP", text("group_id")),
            "provisioned_permission_sets" => {
                if let (Some(account_id), Some(permission_set_arn)) =
                    (text("account_id"), text("permission_set_arn"))
                {
                    self.ask(ListPairAssignments::of(account_id, permission_set_arn).into());
                }
            }
            "account_assignments" => {
                if let (Some(principal_type), Some(id)) = (text("principal_type"), text("principal_id")) {
                    self.principals.entry(principal_type).or_insert(id);
                }
            }
            _ => {}
        }
    }

    fn ask_principal(&mut self, principal_type: &str, id: Option<String>) {
        if let Some(principal_id) = id.filter(|_| self.context.is_management_account() == Some(true)) {
            let principal_type = principal_type.to_owned();
            self.ask(ListPrincipalAssignments { principal_type, principal_id }.into());
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
        if let Some(parent_id) = self.root.clone().filter(|_| self.pathless) {
            self.ask(ListAccountsForParent { parent_id, parent_path: None }.into());
        }
        for principal_type in self.unlistable.clone() {
            match self.principals.get(principal_type).cloned() {
                Some(user_id) if principal_type == "USER" => self.ask(DescribeUser { user_id }.into()),
                Some(group_id) => self.ask(DescribeGroup { group_id }.into()),
                None => {}
            }
        }
    }

    /// A report is not generated to find out whether it could be: it takes seconds, and the only place of the
    /// whole organization. Reading one that does not exist tells as much about the permission to read.
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

/// The first page that holds anything: an empty one may have others behind it.
async fn first_rows(task: &Task, context: &Context) -> Result<Page, Stopped> {
    let mut page = task.page(context, None).await?;
    for _ in 1..PAGES {
        let token = page.next_token.take().filter(|token| !token.is_empty());
        match token {
            Some(token) if page.rows.is_empty() && page.follow_ups.is_empty() => {
                page = task.page(context, Some(&token)).await?;
            }
            _ => break,
        }
    }
    Ok(page)
}
