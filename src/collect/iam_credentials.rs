//! The credential report of an account: the credentials of its users, and when these were last used.
//!
//! AWS makes the report on demand, in seconds, and returns the same report for four hours. A user created meanwhile is not
//! in it, and so its credentials are unknown.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::collector::{Collector, ForEach, In, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{member, time};
use super::credential_report::CredentialReport;
use super::iam::{ACCOUNTS, in_each_account};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, FactRow, IamCredential, IamCredentialActivity, IamCredentialReport, Row};

const GENERATE: Operation = Operation::GenerateCredentialReport;
const GET: Operation = Operation::GetCredentialReport;
const BOTH: &[Operation] = &[GENERATE, GET];
/// The number of reports that are asked for: one may expire before it is read.
const GENERATIONS: u32 = 3;
/// The time after which a report that is still in progress fails. AWS takes seconds for most accounts.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for the report of an account, waits for it, and returns it with the time when AWS made it.
async fn report(context: &Context) -> Result<(CredentialReport, Option<String>), CallFailure> {
    let aws = &context.aws;
    let patience = aws.retry_policy().wait(PATIENCE);
    let mut generation = 0;
    loop {
        generation += 1;
        // The state of the report is not looked at: reading it tells the same.
        aws.call(GENERATE, || aws.iam.generate_credential_report().send()).await?;
        let begun = Instant::now();
        let mut wait = Duration::from_millis(250);
        loop {
            match aws.call(GET, || aws.iam.get_credential_report().send()).await {
                Ok(answer) => {
                    let content = member(GET, "Content", answer.content)?;
                    let generated_at = time(GET, "GeneratedTime", answer.generated_time.as_ref())?;
                    return Ok((CredentialReport::parse(content.as_ref())?, generated_at));
                }
                Err(failure) if failure.code == "ReportInProgress" && begun.elapsed() < patience => {
                    sleep(aws.retry_policy().wait(wait)).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(failure) => {
                    let is_lost = ["ReportNotPresent", "ReportExpired"].contains(&failure.code.as_str());
                    if !is_lost || generation == GENERATIONS {
                        return Err(failure);
                    }
                    break;
                }
            }
        }
    }
}

/// Returns the only page of a report. The root user is in every one, so that an empty report is none.
fn page(rows: Vec<Row>) -> Page {
    Page { rows, never_empty: Some("an account has its root user"), ..Page::default() }
}

in_each_account! {
    /// Lists the credentials of the users of an account.
    ListIamCredentials lists IamCredential, by GET => BOTH,
    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let (report, generated_at) = report(context).await?;
        let made = IamCredentialReport { account_id: self.account_id.clone(), generated_at };
        Ok(Page { facts: vec![FactRow::of(&made)], ..page(report.credentials(&self.account_id)?) })
    }
}

in_each_account! {
    /// Lists when the credentials of the users of an account were last used.
    ListIamCredentialActivity lists IamCredentialActivity, by GET => BOTH,
    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let (report, _) = report(context).await?;
        Ok(page(report.activity(&self.account_id)?))
    }
}
