//! The organization's delegation: trusted services, delegated administrators and central root access.

use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, time};
use super::services::organizations::{PAGE, not_in_use};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    DelegatedAdministrator, DelegatedAdministratorAccount, Entity, OrganizationFeature, Resource, Row, Scope,
    TrustedService,
};

/// Lists the accounts that are delegated administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDelegatedAdministrators;

impl Collector for ListDelegatedAdministrators {
    type Rows = DelegatedAdministratorAccount;
    const OPERATION: Operation = Operation::ListDelegatedAdministrators;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_delegated_administrators()
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.delegated_administrators, |found| {
            let enabled_at = found.delegation_enabled_date.as_ref();
            Ok(Row::whole(&DelegatedAdministratorAccount {
                account_id: key(Self::OPERATION, "Id", found.id)?,
                delegation_enabled_at: time(Self::OPERATION, "DelegationEnabledDate", enabled_at)?,
            }))
        })?)
    }
}

/// Lists the services that an account administers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDelegatedServices {
    pub account_id: String,
}

impl Collector for ListDelegatedServices {
    type Rows = DelegatedAdministrator;
    const OPERATION: Operation = Operation::ListDelegatedServicesForAccount;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::All(&[&DelegatedAdministratorAccount::SPEC]);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.text("account_id").map(|account_id| Self { account_id: account_id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Account, &self.account_id)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        let is_none = failure.is(&["AccountNotRegisteredException", "AccountNotFoundException"]);
        let account = Scope::all::<DelegatedAdministratorAccount>().about(Entity::Account, &self.account_id);
        is_none.then(|| NotFound { dropped: vec![account], scope_still_valid: false })
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_delegated_services_for_account()
                    .account_id(&self.account_id)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.delegated_services, |found| {
            let enabled_at = found.delegation_enabled_date.as_ref();
            Ok(Row::whole(&DelegatedAdministrator {
                account_id: self.account_id.clone(),
                service_principal: key(Self::OPERATION, "ServicePrincipal", found.service_principal)?,
                delegation_enabled_at: time(Self::OPERATION, "DelegationEnabledDate", enabled_at)?,
            }))
        })?)
    }
}

/// Lists the services that the organization trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTrustedServices;

impl Collector for ListTrustedServices {
    type Rows = TrustedService;
    const OPERATION: Operation = Operation::ListAWSServiceAccessForOrganization;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        not_in_use(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_aws_service_access_for_organization()
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.enabled_service_principals, |found| {
            Ok(Row::whole(&TrustedService {
                service_principal: key(Self::OPERATION, "ServicePrincipal", found.service_principal)?,
                enabled_at: time(Self::OPERATION, "DateEnabled", found.date_enabled.as_ref())?,
            }))
        })?)
    }
}

/// Lists the enabled features of central root access.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOrganizationsFeatures;

impl Collector for ListOrganizationsFeatures {
    type Rows = OrganizationFeature;
    const OPERATION: Operation = Operation::ListOrganizationsFeatures;
    const IN: In = In::Organization;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        // Unless the organization trusts IAM, no such feature can be enabled.
        let is_off = failure.is(&["ServiceAccessNotEnabled", "ServiceAccessNotEnabledException"]);
        is_off.then(NotFound::default)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        failure.is(&[
            "OrganizationNotFound",
            "OrganizationNotFoundException",
            "OrganizationNotInAllFeaturesMode",
            "OrganizationNotInAllFeaturesModeException",
            "AccountNotManagementOrDelegatedAdministrator",
            "AccountNotManagementOrDelegatedAdministratorException",
        ])
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws.call(Self::OPERATION, || aws.iam.list_organizations_features().send()).await?;
        Ok(Page::of(Self::OPERATION, None, answer.enabled_features, |found| {
            let feature = key(Self::OPERATION, "feature", found.as_str().to_owned())?;
            Ok(Row::whole(&OrganizationFeature { feature }))
        })?)
    }
}
