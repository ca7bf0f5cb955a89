//! Handles the answer to an access report: its rows, its job, and the cause of a failed job.

use aws_sdk_iam::operation::get_organizations_access_report::GetOrganizationsAccessReportOutput as Report;
use aws_sdk_iam::types::{ErrorDetails, JobStatusType};

use super::AccessReport;
use crate::aws::{CallFailure, FailureClass, Operation};
use crate::collect::collector::{Collector, Page, Stopped};
use crate::collect::context::Context;
use crate::collect::convert::{key, text, time};
use crate::excerpt::{self, excerpt};
use crate::model::{AccessReportJob, FactRow, Row, ServiceLastAccessed};

/// The reason for having no reports that the management account can remove by changing a setting.
pub(in crate::collect) const POLICIES_OFF: &str = "service control policies are not enabled on the root";

/// Returns the reason why this organization, or these credentials, have no access reports at all. `policies_enabled`
/// says whether service control policies are enabled on the root; `None` if unknown.
pub(in crate::collect) fn ruled_out(
    context: &Context,
    policies_enabled: Option<bool>,
) -> Option<&'static str> {
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

impl AccessReport {
    pub(super) fn read(&self, job_id: &str, report: Report) -> Result<Page, CallFailure> {
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
        // Such a page would read as "nothing is used". A repeated request may return it complete.
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
                policy_id: self.policy_id.clone(),
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

    pub(super) async fn failed(&self, context: &Context, report: Report) -> Stopped {
        let job = match self.job(&report) {
            Ok(job) => job,
            Err(failure) => return failure.into(),
        };
        let operation = Operation::GetOrganizationsAccessReport;
        let code = job.error_code.clone().unwrap_or_else(|| "JobFailed".to_owned());
        let message = job.error_message.clone().unwrap_or_else(|| "the report's job failed".to_owned());
        if let Some(gone) = self.what_is_gone(context, &code).await {
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

    /// Returns the failure that proves a deletion, if the entity or the policy was deleted since it was listed. The
    /// job's own error code is ambiguous. An invalid path is also reported for an entity that was moved, and an invalid
    /// policy for one that is not a service control policy.
    async fn what_is_gone(&self, context: &Context, code: &str) -> Option<CallFailure> {
        let aws = &context.aws;
        let failure = match code {
            "INVALID_ORGANIZATIONS_ENTITY_PATH" => {
                let tags = aws.call(Operation::ListTagsForResource, || {
                    aws.organizations.list_tags_for_resource().resource_id(&self.entity_id).send()
                });
                tags.await.err()
            }
            "INVALID_ORGANIZATIONS_POLICY" => {
                let policy_id = self.policy()?;
                let policy = aws.call(Operation::DescribePolicy, || {
                    aws.organizations.describe_policy().policy_id(policy_id).send()
                });
                policy.await.err()
            }
            _ => None,
        };
        failure.filter(|failure| self.gone(failure).is_some())
    }

    pub(super) fn job(&self, report: &Report) -> Result<AccessReportJob, CallFailure> {
        let operation = Operation::GetOrganizationsAccessReport;
        let said = |part: fn(&ErrorDetails) -> &String, most| {
            let part = report.error_details.as_ref().map(part)?;
            text(excerpt(part, most).into_owned())
        };
        Ok(AccessReportJob {
            entity_id: self.entity_id.clone(),
            policy_id: self.policy_id.clone(),
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
