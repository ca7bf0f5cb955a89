//! The lane of a task: what it shares with others, by which it is decided how many calls are under way at once.

use std::fmt;

use crate::aws::Operation;

/// The lane of access reports: one at a time.
pub(super) const REPORTS: &str = "access-report";

/// The lane of what is read within a budget of time: behind all else of sso-admin, whose quota it shares.
pub(super) const DETAILS: &str = "sso-admin/details";

/// The lanes of what organization policies say, are attached to and are tagged with.
pub(super) const POLICY_DOCUMENTS: &str = "organizations/policy-documents";
pub(super) const POLICY_TARGETS: &str = "organizations/policy-targets";
pub(super) const POLICY_TAGS: &str = "organizations/policy-tags";

/// A quota of AWS, which the tasks of one lane share; in accounts, each of which has quotas of its own, the account too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LaneKey {
    /// The name of a service, or of an operation where each has a quota of its own; or a lane's own name, after that of the
    /// service whose quota it shares and a slash.
    pub quota: String,
    /// The account that is asked itself.
    pub account: Option<String>,
}

impl LaneKey {
    /// The lane that the queue stores by this name.
    pub fn of(name: &str) -> Self {
        match name.split_once('@') {
            Some((quota, account)) => Self { quota: quota.to_owned(), account: Some(account.to_owned()) },
            None => Self { quota: name.to_owned(), account: None },
        }
    }

    /// The lane of access reports, which come one at a time.
    pub fn reports() -> Self {
        Self::of(REPORTS)
    }

    /// The lane of what is read within a budget of time.
    pub fn details() -> Self {
        Self::of(DETAILS)
    }

    /// Whether it is the lane of access reports.
    pub fn is_reports(&self) -> bool {
        self.quota == REPORTS
    }

    /// An operation that is counted towards the quota; `None` for a lane of its own.
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
