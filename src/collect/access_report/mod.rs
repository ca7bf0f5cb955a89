//! Organizations access reports: when each service was last attempted in the root, an OU or an account.
//!
//! Only one report job may run at a time in a whole organization, over all callers, and a job takes 2 to 11 seconds.
//! These tasks therefore have a lane of their own, one at a time, and a time budget (see the plan). Facts: IAM User
//! Guide, "Refine permissions … Organizations last accessed information", and captures of real answers. `answer`
//! handles the answers.

mod answer;

use std::time::Duration;

use aws_sdk_iam::operation::get_organizations_access_report::GetOrganizationsAccessReportOutput as Report;
use aws_sdk_iam::types::{JobStatusType, SortKeyType};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::key;
use super::lane::REPORTS;
use super::report_watch::Wait;
use super::services::organizations::PLACES;
use crate::amounts::exact_duration;
use crate::aws::{CallFailure, FailureClass, Operation};
use crate::model::{
    Completeness, Entity, FactRow, Organization, Resource, ResourceSpec, Root, Row, Scope,
    ServiceLastAccessed,
};

pub(super) use answer::{POLICIES_OFF, ruled_out};

/// The typical duration of a report, for estimates: 2 to 11 seconds in captures of real answers.
pub const TYPICAL: Duration = Duration::from_secs(5);

/// The largest page, so that a report needs one page.
const PAGE: i32 = 1000;
/// The time within which AWS returns the same job for a repeated request for the same entity: 60 seconds in captures of
/// real answers.
const REUSE: Duration = Duration::from_secs(75);
/// The number of attempts to generate a job. A job belongs to the session that generated it, so rotated credentials
/// need a new one.
const GENERATIONS: u32 = 3;

/// Generates and reads one access report: of an entity, or of an entity narrowed to one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReport {
    pub entity_type: Entity,
    pub entity_id: String,
    /// The entity's path, without a trailing slash: the job fails on one.
    pub entity_path: String,
    /// The service control policy that the report is narrowed to. Empty for the entity's own report, as in tasks queued
    /// by versions without reports by policy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_id: String,
}

impl Collector for AccessReport {
    type Rows = ServiceLastAccessed;
    // The pages belong to the report. The operation that generates it is named where it is sent.
    const OPERATION: Operation = Operation::GetOrganizationsAccessReport;
    const OPERATIONS: &'static [Operation] = &[
        Operation::GenerateOrganizationsAccessReport,
        Operation::GetOrganizationsAccessReport,
        Operation::ListTagsForResource,
        Operation::DescribePolicy,
    ];
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(PLACES);
    // A path begins with the organization, and the root tells whether service control policies are enabled.
    const RESTS_ON: &'static [&'static ResourceSpec] = &[&Organization::SPEC, &Root::SPEC];
    const ASKED: Asked = Asked::Planned;
    const LANE: Option<&'static str> = Some(REPORTS);
    const STAGE: Stage = Stage::Reports;
    const PRIORITY: i64 = 0;

    /// Requires a path, because AWS accepts no id.
    fn of(row: &Row, context: &Context) -> Option<Self> {
        let (entity_type, id) = row.entity()?;
        let entity_path = if entity_type == Entity::Root {
            format!("{}/{id}", context.organization_id()?)
        } else {
            row.text("entity_path").filter(|_| row.completeness != Completeness::KeyOnly)?.to_owned()
        };
        Some(Self { entity_type, entity_id: id.to_owned(), entity_path, policy_id: String::new() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(self.entity_type, &self.entity_id)]
    }

    // An entity's own report proves nothing about its reports by policy.
    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>()
            .about(self.entity_type, &self.entity_id)
            .about(Entity::Policy, &self.policy_id)
    }

    // The entity's tags cannot be listed, or the policy cannot be described: see `what_is_gone`.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        if failure.is(&["PolicyNotFoundException"]) {
            return Some(NotFound::of(Entity::Policy, &self.policy_id));
        }
        failure.is(&["TargetNotFoundException"]).then(|| NotFound::of(self.entity_type, &self.entity_id))
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        match token {
            None => self.first_page(context).await,
            Some(token) => {
                let (job_id, marker) = token.split_once(' ').unwrap_or((token, ""));
                match self.get(context, job_id, Some(marker)).await {
                    Ok(report) => Ok(self.read(job_id, report)?),
                    Err(failure) => {
                        let begin_again = lost(&failure);
                        Err(Stopped { begin_again, ..failure.into() })
                    }
                }
            }
        }
    }
}

impl AccessReport {
    /// Returns the report of the same entity narrowed to a policy.
    pub fn by_policy(&self, policy_id: &str) -> Self {
        Self { policy_id: policy_id.to_owned(), ..self.clone() }
    }

    /// Returns the policy that the report is narrowed to; `None` for an entity's own report.
    pub fn policy(&self) -> Option<&str> {
        Some(self.policy_id.as_str()).filter(|policy_id| !policy_id.is_empty())
    }

    async fn first_page(&self, context: &Context) -> Result<Page, Stopped> {
        let mut generation = 1;
        let mut lost_job = None;
        loop {
            let job_id = self.generate_other(context, lost_job.as_deref()).await?;
            match self.finished(context, &job_id).await {
                Ok(report) if report.job_status == JobStatusType::Failed => {
                    return Err(self.failed(context, report).await);
                }
                Ok(report) if report.job_status == JobStatusType::InProgress => {
                    return Err(self.unended(context, &report));
                }
                Ok(report) => return Ok(self.read(&job_id, report)?),
                Err(failure) if lost(&failure) && generation < GENERATIONS => {
                    generation += 1;
                    lost_job = Some(job_id);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Generates a report with a job other than the lost one. For a minute AWS may return the same job again, to any
    /// caller.
    async fn generate_other(&self, context: &Context, lost_job: Option<&str>) -> Result<String, CallFailure> {
        let begun = Instant::now();
        let mut wait = Duration::from_secs(1);
        loop {
            let job_id = self.generate(context).await?;
            if lost_job != Some(job_id.as_str()) || begun.elapsed() > context.aws.retry_policy().wait(REUSE) {
                return Ok(job_id);
            }
            sleep(context.aws.retry_policy().wait(wait)).await;
            wait = (wait * 2).min(Duration::from_secs(10));
        }
    }

    async fn generate(&self, context: &Context) -> Result<String, CallFailure> {
        let aws = &context.aws;
        let operation = Operation::GenerateOrganizationsAccessReport;
        let mut wait = Duration::from_millis(500);
        loop {
            let answer = aws
                .call(operation, || {
                    aws.iam
                        .generate_organizations_access_report()
                        .entity_path(&self.entity_path)
                        .set_organizations_policy_id(self.policy().map(str::to_owned))
                        .send()
                })
                .await;
            match answer {
                Ok(answer) => {
                    context.reports.set(Wait::Nothing);
                    return key(operation, "JobId", answer.job_id);
                }
                // Another caller's report is in progress. This report has not failed, so only the budget of all reports
                // ends the wait.
                Err(failure) if failure.code.starts_with("ReportGenerationLimitExceeded") => {
                    context.reports.set(Wait::AnotherCaller);
                    sleep(context.aws.retry_policy().wait(wait)).await;
                    wait = (wait * 2).min(Duration::from_secs(10));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits for the job to end. Returns the report as it stands when that takes too long.
    async fn finished(&self, context: &Context, job_id: &str) -> Result<Report, CallFailure> {
        let begun = Instant::now();
        let timeout = context.aws.retry_policy().wait(context.reports.timeout());
        let mut wait = Duration::from_millis(50);
        loop {
            sleep(context.aws.retry_policy().wait(wait)).await;
            let report = self.get(context, job_id, None).await?;
            if report.job_status != JobStatusType::InProgress {
                context.reports.set(Wait::Nothing);
                return Ok(report);
            }
            context.reports.set(Wait::Job(self.job(&report)?));
            if begun.elapsed() > timeout {
                context.reports.set(Wait::Nothing);
                return Ok(report);
            }
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    /// Returns the failure of a job that does not end. Its report moves behind the others, and may be ready at the next
    /// attempt.
    fn unended(&self, context: &Context, report: &Report) -> Stopped {
        let operation = Operation::GetOrganizationsAccessReport;
        let by_policy = self.policy().map(|policy_id| format!(" by {policy_id}")).unwrap_or_default();
        let message = format!(
            "the report of {}{by_policy} was still in progress after {}",
            self.entity_id,
            exact_duration(context.reports.timeout())
        );
        let failure = CallFailure {
            class: FailureClass::Transient,
            code: "ReportInProgress".to_owned(),
            ..CallFailure::unusable(operation, message)
        };
        let facts = self.job(report).iter().map(FactRow::of).collect();
        Stopped { failure: failure.into(), facts, begin_again: false }
    }

    async fn get(
        &self,
        context: &Context,
        job_id: &str,
        marker: Option<&str>,
    ) -> Result<Report, CallFailure> {
        let aws = &context.aws;
        aws.call(Operation::GetOrganizationsAccessReport, || {
            aws.iam
                .get_organizations_access_report()
                .job_id(job_id)
                .max_items(PAGE)
                .sort_key(SortKeyType::ServiceNamespaceAscending)
                .set_marker(marker.map(str::to_owned))
                .send()
        })
        .await
    }
}

/// Returns true if the job belongs to another session. This code does not mean that the entity is missing.
fn lost(failure: &CallFailure) -> bool {
    failure.code.starts_with("NoSuchEntity")
}
