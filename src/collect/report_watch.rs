//! What the access report under way waits for: whoever ends it must say why, and note the job that did not end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::AccessReportJob;

/// How long a job may be in progress before its report goes behind the others: AWS's take 2 to 11 seconds.
const JOB_TIMEOUT: Duration = Duration::from_secs(60);
/// The least time for a job, however small the budget is.
const LEAST_TIMEOUT: Duration = Duration::from_secs(15);

/// What a report waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wait {
    /// Nothing, or an answer of AWS.
    #[default]
    Nothing,
    /// A job of another caller to end: an organization has one at a time.
    AnotherCaller,
    /// Its own job to end.
    Job(AccessReportJob),
}

/// What the report under way waits for, shared by its task and the loop that runs it.
#[derive(Debug, Clone)]
pub struct ReportWatch {
    wait: Arc<Mutex<Wait>>,
    /// How long a job may be in progress, by the budget of all reports.
    by_budget: Duration,
}

impl Default for ReportWatch {
    fn default() -> Self {
        Self { wait: Arc::default(), by_budget: JOB_TIMEOUT }
    }
}

impl ReportWatch {
    /// Watches reports that have this time together: none of them may take more than a third of it.
    pub fn within(budget: Duration) -> Self {
        Self { by_budget: (budget / 3).max(LEAST_TIMEOUT), ..Self::default() }
    }

    /// Returns how long a job may be in progress.
    pub fn timeout(&self) -> Duration {
        JOB_TIMEOUT.min(self.by_budget)
    }

    /// Notes what the report waits for.
    pub fn set(&self, wait: Wait) {
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = wait;
    }

    /// Returns what it waits for, and forgets it.
    pub fn take(&self) -> Wait {
        std::mem::take(&mut *self.wait.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
