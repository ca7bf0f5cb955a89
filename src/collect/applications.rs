//! Applications of the Identity Center instance and their assignments: two calls per application by default.
//!
//! ListApplications returns every attribute except the one that decides to whom an application is open: whether it
//! requires an assignment. Its row is staged by its key, and completed by GetApplicationAssignmentConfiguration.

use aws_sdk_ssoadmin::types::Application as Found;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, text, time, word};
use super::services::sso_admin::{PAGE, account_instance};
use crate::aws::{CallFailure, Operation};
use crate::model::{Application, ApplicationAssignment, Completeness, Entity, Resource, Row};

/// Lists the applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplications;

impl Collector for ListApplications {
    type Rows = Application;
    const OPERATION: Operation = Operation::ListApplications;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::ApplicationList;
    const PRIORITY: i64 = 5;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_applications()
                    .set_instance_arn(context.instance_arn())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.applications, |found| {
            Ok(Row::key_only(&listed(found)?))
        })?)
    }
}

/// Returns an application as listed: everything except whether it requires an assignment.
fn listed(found: Found) -> Result<Application, CallFailure> {
    let operation = Operation::ListApplications;
    let (visibility, sign_in) = match found.portal_options {
        Some(options) => (word(options.visibility.as_str()), options.sign_in_options),
        None => (None, None),
    };
    let (origin, url) = match sign_in {
        Some(options) => (word(options.origin.as_str()), text(options.application_url)),
        None => (None, None),
    };
    Ok(Application {
        application_arn: key(operation, "ApplicationArn", found.application_arn)?,
        name: text(found.name),
        description: text(found.description),
        application_account_id: text(found.application_account),
        provider_arn: text(found.application_provider_arn),
        instance_arn: text(found.instance_arn),
        identity_store_arn: text(found.identity_store_arn),
        status: found.status.and_then(|status| word(status.as_str())),
        assignment_required: None,
        portal_visibility: visibility,
        portal_origin: origin,
        portal_url: url,
        created_at: time(operation, "CreatedDate", found.created_date.as_ref())?,
        created_from: text(found.created_from),
    })
}

/// The applications, for tasks that read the attributes missing from their listing.
pub(super) const APPLICATIONS: ForEach = ForEach::All(&[&Application::SPEC]);

/// Reads whether an application requires an assignment, and completes its row with that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetApplicationAssignmentConfiguration {
    pub application_arn: String,
    /// The columns that were listed.
    pub listed: Map<String, Value>,
}

impl Collector for GetApplicationAssignmentConfiguration {
    type Rows = Application;
    const OPERATION: Operation = Operation::GetApplicationAssignmentConfiguration;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = APPLICATIONS;
    const STAGE: Stage = Stage::ApplicationList;
    const PRIORITY: i64 = 6;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        let (_, arn) = row.entity()?;
        Some(Self { application_arn: arn.to_owned(), listed: row.columns.clone() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Application, &self.application_arn)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        let is_gone = failure.is(&["ResourceNotFoundException"]);
        is_gone.then(|| NotFound::of(Entity::Application, &self.application_arn))
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .get_application_assignment_configuration()
                    .application_arn(&self.application_arn)
                    .send()
            })
            .await?;
        let mut columns = self.listed.clone();
        columns.insert("assignment_required".to_owned(), answer.assignment_required.into());
        let row = Row { resource: Self::Rows::SPEC.name, columns, completeness: Completeness::Full };
        Ok(Page { rows: vec![row], ..Page::default() })
    }
}

/// Lists the principals assigned to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplicationAssignments {
    pub application_arn: String,
}

impl Collector for ListApplicationAssignments {
    type Rows = ApplicationAssignment;
    const OPERATION: Operation = Operation::ListApplicationAssignments;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = APPLICATIONS;
    const STAGE: Stage = Stage::ApplicationList;
    const PRIORITY: i64 = 6;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { application_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Application, &self.application_arn)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_application_assignments()
                    .application_arn(&self.application_arn)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.application_assignments, |found| {
            Ok(Row::whole(&ApplicationAssignment {
                application_arn: self.application_arn.clone(),
                principal_type: key(Self::OPERATION, "PrincipalType", word(found.principal_type.as_str()))?,
                principal_id: key(Self::OPERATION, "PrincipalId", found.principal_id)?,
            }))
        })?)
    }
}
