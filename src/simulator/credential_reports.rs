//! The life of credential reports: each is asked for, is in progress for one look, and holds for a day of the world.
//! `ops::credential_report` writes the answers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::protocol::ApiError;

/// A report of an account.
#[derive(Debug)]
struct Report {
    day: u32,
    /// True once somebody asked for it while it was in progress. The next one finds it made.
    is_made: bool,
}

/// The last report of each account, by the account's position.
#[derive(Debug, Default)]
pub(super) struct CredentialReports(Mutex<BTreeMap<u32, Report>>);

impl CredentialReports {
    /// Asks for a report. Returns AWS's words for its state.
    pub fn generate(&self, account: u32, day: u32) -> &'static str {
        let mut reports = self.0.lock().expect("no thread panics while it holds the reports");
        match reports.get(&account) {
            Some(report) if report.day == day && report.is_made => "COMPLETE",
            Some(report) if report.day == day => "INPROGRESS",
            _ => {
                reports.insert(account, Report { day, is_made: false });
                "STARTED"
            }
        }
    }

    /// Fails unless there is a report to read.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html#API_GetCredentialReport_Errors>.
    pub fn read(&self, account: u32, day: u32) -> Result<(), ApiError> {
        let mut reports = self.0.lock().expect("no thread panics while it holds the reports");
        match reports.get_mut(&account) {
            None => Err(ApiError::new(410, "ReportNotPresent", "No report was generated.")),
            Some(report) if report.day != day => {
                Err(ApiError::new(410, "ReportExpired", "The most recent report has expired."))
            }
            Some(report) if !report.is_made => {
                report.is_made = true;
                Err(ApiError::new(404, "ReportInProgress", "The report is still being generated."))
            }
            Some(_) => Ok(()),
        }
    }
}
