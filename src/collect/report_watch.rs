//! The cause for which the access report in progress waits. When its time is up, the gap names the cause, and a job
//! that did not end is recorded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::AccessReportJob;

/// The time after which a report whose job is in progress goes behind the others. AWS's jobs take 2 to 11 seconds.
const JOB_TIMEOUT: Duration = Duration::from_secs(60);
/// The minimum time for a job, even with a small budget.
const LEAST_TIMEOUT: Duration = Duration::from_secs(15);

/// The cause for which a report waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wait {
    /// No cause, or a call in progress.
    #[default]
    Nothing,
    /// The end of another caller's job: an organization has one at a time.
    AnotherCaller,
    /// The end of its own job.
    Job(AccessReportJob),
}

/// The cause for which the report in progress waits, shared by its task and the loop that runs it.
#[derive(Debug, Clone)]
pub struct ReportWatch {
    wait: Arc<Mutex<Wait>>,
    /// The time limit of a job that follows from the budget of all reports.
    by_budget: Duration,
}

impl Default for ReportWatch {
    fn default() -> Self {
        Self { wait: Arc::default(), by_budget: JOB_TIMEOUT }
    }
}

impl ReportWatch {
    /// Watches reports that share this budget. Each may take at most a third of it.
    pub fn within(budget: Duration) -> Self {
        Self { by_budget: (budget / 3).max(LEAST_TIMEOUT), ..Self::default() }
    }

    /// Returns the time limit of a job.
    pub fn timeout(&self) -> Duration {
        JOB_TIMEOUT.min(self.by_budget)
    }

    /// Records the cause for which the report waits.
    pub fn set(&self, wait: Wait) {
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = wait;
    }

    /// Returns the cause for which the report waits, and clears it.
    pub fn take(&self) -> Wait {
        std::mem::take(&mut *self.wait.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
