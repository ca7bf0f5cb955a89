//! The lane of a task: the quota that it shares with other tasks, which limits how many calls are in flight at once.

use std::fmt;

use crate::aws::Operation;

/// The lane of access reports, in which one runs at a time.
pub(super) const REPORTS: &str = "access-report";

/// The lane of reads within a time budget, behind all other calls of sso-admin, whose quota it shares.
pub(super) const DETAILS: &str = "sso-admin/details";

/// The lanes of the documents, the targets and the tags of organization policies.
pub(super) const POLICY_DOCUMENTS: &str = "organizations/policy-documents";
pub(super) const POLICY_TARGETS: &str = "organizations/policy-targets";
pub(super) const POLICY_TAGS: &str = "organizations/policy-tags";

/// An AWS quota that the tasks of one lane share. Calls in accounts include the account, because each account has its
/// own quotas.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LaneKey {
    /// The name of a service, or of an operation that has a quota of its own. A lane with its own name puts the service
    /// whose quota it shares and a slash in front.
    pub quota: String,
    /// The account in which the calls are made.
    pub account: Option<String>,
}

impl LaneKey {
    /// Returns the lane with this name in the queue.
    pub fn of(name: &str) -> Self {
        match name.split_once('@') {
            Some((quota, account)) => Self { quota: quota.to_owned(), account: Some(account.to_owned()) },
            None => Self { quota: name.to_owned(), account: None },
        }
    }

    /// Returns the lane of access reports, which run one at a time.
    pub fn reports() -> Self {
        Self::of(REPORTS)
    }

    /// Returns the lane of reads within a time budget.
    pub fn details() -> Self {
        Self::of(DETAILS)
    }

    /// Returns true for the lane of access reports.
    pub fn is_reports(&self) -> bool {
        self.quota == REPORTS
    }

    /// Returns an operation that counts toward the quota; `None` for a lane of its own.
    pub fn operation(&self) -> Option<Operation> {
        let service = self.quota.split_once('/').map_or(self.quota.as_str(), |(service, _)| service);
        let of_service = |operation: &Operation| operation.service().name() == service;
        Operation::named(&self.quota).or_else(|| Operation::ALL.iter().copied().find(of_service))
    }
}

impl fmt::Display for LaneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{}@{account}", self.quota),
            None => f.write_str(&self.quota),
        }
    }
}
