//! Probes what these credentials can see, for `doctor`: one cheap read for each operation, concurrently.
//!
//! The probe runs the collection's own tasks, each kind once, so that it sends the calls that a collection sends. A
//! read is sent as soon as its subject is known. A read that hangs delays only the reads that depend on it. An
//! operation that could not be tried has a reason.

mod asking;
mod missing;

use std::collections::BTreeMap;

use asking::Asking;
use missing::missing;

use super::collector::Asked;
use super::context::Context;
use super::graph::{self, PREFLIGHT, source_of};
use super::never_seen::NeverSeen;
use super::preflight::Groundwork;
use super::selection::Selection;
use crate::aws::{CallFailure, Operation, Service};
use crate::error::Error;
use crate::model::RESOURCES;

/// The usability of an operation. Of two answers, the later in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// The operation had no subject, or is not cheap.
    NotTried,
    /// AWS answered.
    Yes,
    /// The organization, or the kind of instance or account, does not support it.
    Unavailable,
    /// AWS denied it, or it failed.
    No,
}

impl Seen {
    /// Returns the word for the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotTried => "not tried",
            Self::Yes => "yes",
            Self::Unavailable => "unavailable",
            Self::No => "no",
        }
    }
}

/// The result for one operation.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The operation.
    pub operation: Operation,
    /// The resources that need it.
    pub resources: Vec<String>,
    /// The most severe of its answers.
    pub seen: Seen,
    /// The missing action or setting, or the reason why the operation was not tried.
    pub missing: Option<String>,
    /// AWS's error code, if the call failed.
    pub error_code: Option<String>,
    /// AWS's message beside `error_code`.
    pub error_message: Option<String>,
}

/// The results for a selection.
#[derive(Debug)]
pub struct Examination {
    /// The caller, the organization and the instance.
    pub context: Context,
    /// One finding for each operation that a collection can send, in the order of the services.
    pub findings: Vec<Finding>,
    /// True if service control policies are enabled on the root; `None` if that could not be seen.
    pub policies_enabled: Option<bool>,
}

/// Sends one read for each operation that a collection of this selection can send and the preflight has not sent yet. A
/// denied operation is unavailable if no snapshot has ever seen its resource.
pub async fn probe(
    groundwork: &Groundwork,
    selection: &Selection,
    never_seen: &NeverSeen,
    instance_arn: Option<&str>,
) -> Examination {
    let mut findings = Findings::of(selection);
    findings.note_groundwork(groundwork);
    let instance = groundwork.instance(instance_arn).unwrap_or_else(|error| {
        findings.note_no_instance(groundwork, &error);
        None
    });
    let context = groundwork.context(instance);
    let policies_enabled = Asking::new(&context, selection, never_seen, &mut findings).finish().await;
    Examination { findings: findings.settled(), policies_enabled, context }
}

/// The findings so far, by operation.
pub(super) struct Findings(BTreeMap<Operation, Finding>);

impl Findings {
    fn of(selection: &Selection) -> Self {
        let operations = super::operations(selection);
        let findings = operations.iter().map(|&operation| {
            let resources = needing(operation).into_iter().filter(|name| selection.has(name)).collect();
            let (seen, missing, error_code, error_message) = (Seen::NotTried, None, None, None);
            (operation, Finding { operation, resources, seen, missing, error_code, error_message })
        });
        Self(findings.collect())
    }

    pub fn has(&self, operation: Operation) -> bool {
        self.0.contains_key(&operation)
    }

    /// Records an answer, unless a more severe one is recorded.
    pub fn note(&mut self, operation: Operation, seen: Seen, missing: Option<String>) {
        if let Some(finding) = self.0.get_mut(&operation).filter(|finding| finding.seen < seen) {
            (finding.seen, finding.missing) = (seen, missing);
            (finding.error_code, finding.error_message) = (None, None);
        }
    }

    /// Records a refusal, with AWS's own words.
    pub fn note_failure(&mut self, failure: &CallFailure, seen: Seen, missing: String) {
        let Some(finding) = self.0.get_mut(&failure.operation).filter(|finding| finding.seen < seen) else {
            return;
        };
        (finding.seen, finding.missing) = (seen, Some(missing));
        finding.error_code = Some(failure.code.clone());
        finding.error_message = Some(failure.message.clone());
    }

    /// Records why an operation is not tried.
    pub fn explain(&mut self, operation: Operation, why: &str) {
        if let Some(finding) = self.0.get_mut(&operation).filter(|finding| finding.seen == Seen::NotTried) {
            finding.missing = Some(why.to_owned());
        }
    }

    fn note_groundwork(&mut self, groundwork: &Groundwork) {
        for operation in PREFLIGHT {
            self.note(operation, Seen::Yes, None);
        }
        for failure in groundwork.failures() {
            self.note_failure(failure, Seen::No, missing(failure, groundwork.aws.region()));
        }
        if matches!(groundwork.organization, Ok(None)) {
            let why = missing::why_unavailable(Service::Organizations).to_owned();
            self.note(Operation::DescribeOrganization, Seen::Unavailable, Some(why));
        }
    }

    /// Records that the instances can be listed, but none can be chosen.
    fn note_no_instance(&mut self, groundwork: &Groundwork, error: &Error) {
        if matches!(groundwork.instances, Some(Ok(_))) {
            let mut words = vec![error.to_string()];
            words.extend(error.hints().iter().cloned());
            self.note(Operation::ListInstances, Seen::No, Some(words.join("; ")));
        }
    }

    /// Returns all findings, with the reasons for the operations that were not tried.
    fn settled(mut self) -> Vec<Finding> {
        let operations: Vec<Operation> = self.0.keys().copied().collect();
        for operation in operations {
            self.settle(operation);
        }
        self.0.into_values().collect()
    }

    fn settle(&mut self, operation: Operation) {
        let is_open = |finding: &Finding| finding.seen == Seen::NotTried && finding.missing.is_none();
        if !self.0.get(&operation).is_some_and(is_open) {
            return;
        }
        let before = source_of(operation);
        let asked = graph::sender(operation).map(|spec| spec.asked);
        before.into_iter().for_each(|before| self.settle(before));
        let (seen, why) = match before.and_then(|before| self.0.get(&before)) {
            Some(before) if let Some(Asked::Instead { case, nothing, .. }) = asked => {
                let nothing = nothing.filter(|_| before.seen == Seen::Unavailable);
                let why = nothing.map_or_else(|| format!("only asked where {case}"), str::to_owned);
                (Seen::NotTried, why)
            }
            None => (Seen::NotTried, "there is nothing to ask it about".to_owned()),
            Some(before) => match (before.seen, before.operation.name()) {
                (Seen::Yes, name) => (Seen::NotTried, format!("nothing to ask it about: {name} lists none")),
                (Seen::Unavailable, _) => (Seen::Unavailable, before.missing.clone().unwrap_or_default()),
                (Seen::No | Seen::NotTried, name) => {
                    (Seen::NotTried, format!("it depends on {name}: see there"))
                }
            },
        };
        if let Some(finding) = self.0.get_mut(&operation) {
            (finding.seen, finding.missing) = (seen, Some(why));
        }
    }
}

/// Returns the resources that need the operation: by their own tasks, or because these depend on its rows.
fn needing(operation: Operation) -> Vec<String> {
    let needing = graph::needing(operation);
    RESOURCES.iter().map(|spec| spec.name.to_owned()).filter(|name| needing.contains(name.as_str())).collect()
}
