//! Organizations access reports: when each service was last attempted in the root, an OU or an account.
//!
//! Only one report job may run at a time in a whole organization, over all callers, and it takes 2 to 11
//! seconds; so these tasks have a lane of their own, one at a time, and a budget of time (see the plan).
//! Facts: IAM User Guide, "Refine permissions … Organizations last accessed information", and captures of
//! real answers.

use std::time::Duration;

use aws_sdk_iam::operation::get_organizations_access_report::GetOrganizationsAccessReportOutput as Report;
use aws_sdk_iam::types::{ErrorDetails, JobStatusType, SortKeyType};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, text, time};
use super::lane::REPORTS;
use super::report_watch::Wait;
use super::services::organizations::PLACES;
use crate::aws::{CallFailure, FailureClass, Operation};
use crate::excerpt::{self, excerpt};
use crate::model::{
    AccessReportJob, Completeness, Entity, FactRow, Organization, Resource, ResourceSpec, Root, Row,
    ServiceLastAccessed,
};

/// How long a report takes, for estimates: 2 to 11 seconds in captures of real answers.
pub const TYPICAL: Duration = Duration::from_secs(5);

/// The largest page: one page a report.
const PAGE: i32 = 1000;
/// Asked again for the same entity within this time of the first, AWS answers with the same job: 60 seconds in
/// captures of real answers.
const REUSE: Duration = Duration::from_secs(75);
/// A job belongs to the session that generated it: when credentials rotate it has to be generated again.
const GENERATIONS: u32 = 3;

/// Generates and reads one access report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReport {
    pub entity_type: Entity,
    pub entity_id: String,
    /// Without a slash at its end: the job fails on one.
    pub entity_path: String,
}

impl Collector for AccessReport {
    type Rows = ServiceLastAccessed;
    // Its pages are of the report; what generates it is said where it is.
    const OPERATION: Operation = Operation::GetOrganizationsAccessReport;
    const OPERATIONS: &'static [Operation] = &[
        Operation::GenerateOrganizationsAccessReport,
        Operation::GetOrganizationsAccessReport,
        Operation::ListTagsForResource,
    ];
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(PLACES);
    // A path begins with the organization, and the root says whether service control policies are enabled.
    const RESTS_ON: &'static [&'static ResourceSpec] = &[&Organization::SPEC, &Root::SPEC];
    const ASKED: Asked = Asked::Planned;
    const LANE: Option<&'static str> = Some(REPORTS);
    const STAGE: Stage = Stage::Reports;
    const PRIORITY: i64 = 0;

    /// AWS takes a path and no id: without one there is no report.
    fn of(row: &Row, context: &Context) -> Option<Self> {
        let (entity_type, id) = row.entity()?;
        let entity_path = if entity_type == Entity::Root {
            format!("{}/{id}", context.organization_id()?)
        } else {
            row.text("entity_path").filter(|_| row.completeness != Completeness::KeyOnly)?.to_owned()
        };
        Some(Self { entity_type, entity_id: id.to_owned(), entity_path })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(self.entity_type, &self.entity_id)]
    }

    // Its tags cannot be listed: see `is_gone`.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
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

    /// Generates a report with a job other than the lost one: for a minute AWS may hand out the same job again,
    /// whoever asks.
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
                    aws.iam.generate_organizations_access_report().entity_path(&self.entity_path).send()
                })
                .await;
            match answer {
                Ok(answer) => {
                    context.reports.set(Wait::Nothing);
                    return key(operation, "JobId", answer.job_id);
                }
                // Another caller's report is in progress: no failure of this one, so that only the budget of all
                // reports ends the wait.
                Err(failure) if failure.code.starts_with("ReportGenerationLimitExceeded") => {
                    context.reports.set(Wait::AnotherCaller);
                    sleep(context.aws.retry_policy().wait(wait)).await;
                    wait = (wait * 2).min(Duration::from_secs(10));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits for the job to end; returns the report as it is when that takes too long.
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

    /// A job that does not end: its report goes behind the others, and may be there when it is asked for again.
    fn unended(&self, context: &Context, report: &Report) -> Stopped {
        let operation = Operation::GetOrganizationsAccessReport;
        let message = format!(
            "the report of {} was still in progress after {} s",
            self.entity_id,
            context.reports.timeout().as_secs()
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

    fn read(&self, job_id: &str, report: Report) -> Result<Page, CallFailure> {
        let operation = Operation::GetOrganizationsAccessReport;
        let unusable = |message: &str| CallFailure::unusable(operation, message.to_owned());
        if report.job_status != JobStatusType::Completed {
            return Err(unusable(&format!("the report's status is {}", report.job_status.as_str())));
        }
        let marker = text(report.marker.clone()).filter(|_| report.is_truncated);
        if report.is_truncated && marker.is_none() {
            return Err(unusable("the report is truncated but names no next page"));
        }
        let counts_some = report.number_of_services_accessible.is_some_and(|number| number > 0);
        // Such a page would read as "nothing is used"; asked for again it may be whole.
        if report.access_details.is_none() && counts_some {
            let failure = unusable("the report counts services but lists none");
            return Err(CallFailure { class: FailureClass::Transient, ..failure });
        }
        let mut page = Page {
            facts: vec![FactRow::of(&self.job(&report)?)],
            next_token: marker.map(|marker| format!("{job_id} {marker}")),
            never_empty: counts_some.then_some("the report counts services"),
            ..Page::default()
        };
        for found in report.access_details.unwrap_or_default() {
            page.rows.push(Row::whole(&ServiceLastAccessed {
                entity_id: self.entity_id.clone(),
                policy_id: String::new(),
                service_namespace: key(operation, "ServiceNamespace", found.service_namespace)?,
                entity_type: self.entity_type,
                entity_path: Some(self.entity_path.clone()),
                service_name: text(found.service_name),
                last_authenticated_at: time(
                    operation,
                    "LastAuthenticatedTime",
                    found.last_authenticated_time.as_ref(),
                )?,
                last_authenticated_region: text(found.region),
                last_authenticated_entity: text(found.entity_path),
                total_authenticated_entities: found.total_authenticated_entities.map(i64::from),
            }));
        }
        Ok(page)
    }

    async fn failed(&self, context: &Context, report: Report) -> Stopped {
        let job = match self.job(&report) {
            Ok(job) => job,
            Err(failure) => return failure.into(),
        };
        let operation = Operation::GetOrganizationsAccessReport;
        let code = job.error_code.clone().unwrap_or_else(|| "JobFailed".to_owned());
        let message = job.error_message.clone().unwrap_or_else(|| "the report's job failed".to_owned());
        if code == "INVALID_ORGANIZATIONS_ENTITY_PATH"
            && let Some(gone) = self.is_gone(context).await
        {
            return gone.into();
        }
        let denied = code == "ORGANIZATIONS_REPORT_ACCESS_DENIED";
        let failure = CallFailure {
            class: if denied { FailureClass::Denied } else { FailureClass::Answered },
            code,
            ..CallFailure::unusable(operation, message)
        };
        Stopped { failure: failure.into(), facts: vec![FactRow::of(&job)], begin_again: false }
    }

    /// The answer that shows it, if the entity was deleted since it was listed. The job itself says only that the
    /// path is wrong, as it also is once an entity was moved.
    async fn is_gone(&self, context: &Context) -> Option<CallFailure> {
        let aws = &context.aws;
        let tags = aws.call(Operation::ListTagsForResource, || {
            aws.organizations.list_tags_for_resource().resource_id(&self.entity_id).send()
        });
        tags.await.err().filter(|failure| self.gone(failure).is_some())
    }

    fn job(&self, report: &Report) -> Result<AccessReportJob, CallFailure> {
        let operation = Operation::GetOrganizationsAccessReport;
        let said = |part: fn(&ErrorDetails) -> &String, most| {
            let part = report.error_details.as_ref().map(part)?;
            text(excerpt(part, most).into_owned())
        };
        Ok(AccessReportJob {
            entity_id: self.entity_id.clone(),
            policy_id: String::new(),
            job_status: excerpt(report.job_status.as_str(), excerpt::WORD).into_owned(),
            created_at: time(operation, "JobCreationDate", Some(&report.job_creation_date))?,
            completed_at: time(operation, "JobCompletionDate", report.job_completion_date.as_ref())?,
            services_accessible: report.number_of_services_accessible.map(i64::from),
            services_not_accessed: report.number_of_services_not_accessed.map(i64::from),
            error_code: said(|details| &details.code, excerpt::WORD),
            error_message: said(|details| &details.message, excerpt::MESSAGE),
        })
    }
}

/// Why there are none: a setting that the management account can change.
pub(super) const POLICIES_OFF: &str = "service control policies are not enabled on the root";

/// Why this organization, or these credentials, have no access reports at all. `policies_enabled` is whether
/// service control policies are enabled on the root, where that is known.
pub(super) fn ruled_out(context: &Context, policies_enabled: Option<bool>) -> Option<&'static str> {
    let organization = context.organization.as_ref()?;
    if organization.feature_set.as_deref() == Some("CONSOLIDATED_BILLING") {
        Some("the organization has consolidated billing only, and so no service control policies")
    } else if context.is_management_account() == Some(false) {
        Some("only the management account can generate access reports")
    } else if policies_enabled == Some(false) {
        Some(POLICIES_OFF)
    } else {
        None
    }
}

/// Whether the job belongs to another session: not that the entity does not exist.
fn lost(failure: &CallFailure) -> bool {
    failure.code.starts_with("NoSuchEntity")
}
