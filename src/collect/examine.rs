//! What can these credentials see? One cheap read for each operation, for `doctor`.
//!
//! The tasks themselves are asked, each kind once, so that what is examined is what a collection calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::assignments::{ListPairAssignments, ListPrincipalAssignments};
use super::organization::service_control_policies_enabled;
use super::preflight::Context;
use super::task::Task;
use crate::aws::{FailureClass, Operation};
use crate::model::Row;
use crate::store::GapKind;

/// What one operation lets be seen.
#[derive(Debug)]
pub struct Finding {
    pub operation: Operation,
    /// The resources that need it.
    pub resources: Vec<String>,
    pub seen: Seen,
}

/// Whether an operation can be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Yes,
    /// There was nothing to ask it about, or asking is not cheap.
    NotTried(String),
    /// The organization, or the kind of instance or account, rules it out.
    Unavailable(String),
    /// The action or setting that is missing.
    No(String),
}

/// Sends one read for each operation that tasks send; answers in the order of the services.
pub async fn examine(context: &Context) -> Vec<Finding> {
    let mut tasks: VecDeque<Task> = [
        super::organization::first_tasks(),
        super::permission_sets::first_tasks(),
        super::identity_store::first_tasks(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut kinds = BTreeSet::new();
    let mut findings: BTreeMap<Operation, Finding> = BTreeMap::new();
    let mut policies_enabled = None;
    while let Some(task) = tasks.pop_front() {
        if !kinds.insert(task.kind()) {
            continue;
        }
        let seen = match task.page(context, None).await {
            Ok(page) => {
                for row in &page.rows {
                    tasks.extend(asked_by(context, row));
                    if row.resource == "roots" {
                        let types = row.columns.get("policy_types").and_then(|types| types.as_str());
                        policies_enabled = Some(service_control_policies_enabled(types));
                    }
                }
                tasks.extend(page.follow_ups);
                Seen::Yes
            }
            Err(stopped) => {
                let failure = stopped.failure;
                if task.gone(&failure).is_some() {
                    Seen::Yes
                } else if task.failure(&failure).kind == GapKind::Unavailable {
                    Seen::Unavailable(failure.message)
                } else if failure.class == FailureClass::Denied {
                    let action = failure.operation.action().unwrap_or_else(|| failure.operation.to_string());
                    Seen::No(format!("allow {action} ({}: {})", failure.code, failure.message))
                } else {
                    tasks.extend(task.instead());
                    Seen::No(failure.to_string())
                }
            }
        };
        note(&mut findings, task.operation(), &task, seen);
    }
    note_reports(context, policies_enabled, &mut findings).await;
    let mut all: Vec<Finding> = findings.into_values().collect();
    for (operation, resources) in Task::needs() {
        if !all.iter().any(|finding| finding.operation == operation) {
            let why = "there was nothing to ask about, or what it follows from cannot be seen".to_owned();
            all.push(Finding { operation, resources, seen: Seen::NotTried(why) });
        }
    }
    all.sort_by_key(|finding| finding.operation);
    all
}

/// Several kinds of task may send one operation: what is missing for any is missing.
fn note(findings: &mut BTreeMap<Operation, Finding>, operation: Operation, task: &Task, seen: Seen) {
    let resources: Vec<String> = task.family().into_iter().map(|scope| scope.resource).collect();
    let finding = findings.entry(operation).or_insert_with(|| Finding {
        operation,
        resources: Vec::new(),
        seen: Seen::Yes,
    });
    for resource in resources {
        if !finding.resources.contains(&resource) {
            finding.resources.push(resource);
        }
    }
    if seen != Seen::Yes {
        finding.seen = seen;
    }
}

/// The tasks that a collection would plan from this row.
fn asked_by(context: &Context, row: &Row) -> Vec<Task> {
    let text = |column: &str| row.columns.get(column).and_then(|value| value.as_str()).map(str::to_owned);
    match row.resource {
        "provisioned_permission_sets" => match (text("account_id"), text("permission_set_arn")) {
            (Some(account_id), Some(permission_set_arn)) => {
                vec![ListPairAssignments { account_id, permission_set_arn }.into()]
            }
            _ => Vec::new(),
        },
        "groups" if context.is_management_account() == Some(true) => text("group_id")
            .map(|principal_id| {
                ListPrincipalAssignments { principal_type: "GROUP".to_owned(), principal_id }.into()
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// A report is not generated to find out whether it could be: it takes seconds, and the only place of the
/// whole organization. Reading one that does not exist tells as much about the permission to read.
async fn note_reports(
    context: &Context,
    policies_enabled: Option<bool>,
    findings: &mut BTreeMap<Operation, Finding>,
) {
    let ruled_out = if context.is_management_account() == Some(false) {
        Some("only the management account can generate access reports")
    } else if policies_enabled == Some(false) {
        Some("service control policies are not enabled on the root")
    } else {
        None
    };
    let resources = vec!["service_last_accessed".to_owned()];
    let (generate, get) = match ruled_out {
        Some(reason) => (Seen::Unavailable(reason.to_owned()), Seen::Unavailable(reason.to_owned())),
        None => {
            let aws = &context.aws;
            let answer = aws
                .call(Operation::GetOrganizationsAccessReport, || {
                    aws.iam
                        .get_organizations_access_report()
                        .job_id("00000000-0000-0000-0000-000000000000")
                        .send()
                })
                .await;
            let get = match answer {
                Err(failure) if failure.class == FailureClass::Denied => {
                    Seen::No(format!("allow iam:GetOrganizationsAccessReport ({})", failure.code))
                }
                Err(failure) if failure.class != FailureClass::Answered => Seen::No(failure.to_string()),
                _ => Seen::Yes,
            };
            (
                Seen::NotTried("a report takes seconds, and only one may run in the organization".to_owned()),
                get,
            )
        }
    };
    for (operation, seen) in [
        (Operation::GenerateOrganizationsAccessReport, generate),
        (Operation::GetOrganizationsAccessReport, get),
    ] {
        findings.insert(operation, Finding { operation, resources: resources.clone(), seen });
    }
}
