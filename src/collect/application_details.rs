//! The settings of applications: grants, access scopes and authentication methods. They take four calls per
//! application, its tags included, within a time budget (see `plan::details`).

use aws_sdk_ssoadmin::types::{AuthenticationMethod, AuthorizedTokenIssuer, Grant};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::applications::APPLICATIONS;
use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{document, key, members, string, text, word};
use super::lane::DETAILS;
use crate::aws::{CallFailure, Operation};
use crate::model::{ApplicationAccessScope, ApplicationAuthenticationMethod, ApplicationGrant, Entity, Row};

/// Lists the grants of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplicationGrants {
    pub application_arn: String,
}

impl Collector for ListApplicationGrants {
    type Rows = ApplicationGrant;
    const OPERATION: Operation = Operation::ListApplicationGrants;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = APPLICATIONS;
    const ASKED: Asked = Asked::WithinBudget;
    const LANE: Option<&'static str> = Some(DETAILS);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 7;

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
                    .list_application_grants()
                    .application_arn(&self.application_arn)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.grants, |found| {
            Ok(Row::whole(&ApplicationGrant {
                application_arn: self.application_arn.clone(),
                grant_type: key(Self::OPERATION, "GrantType", word(found.grant_type.as_str()))?,
                settings: found.grant.and_then(settings),
            }))
        })?)
    }
}

/// Returns the members of a grant in AWS's spelling; `None` if it has none.
fn settings(grant: Grant) -> Option<String> {
    let texts = |texts: Option<Vec<String>>| texts.filter(|texts| !texts.is_empty()).map(Value::from);
    let settings = match grant {
        Grant::AuthorizationCode(grant) => members([("RedirectUris", texts(grant.redirect_uris))]),
        Grant::JwtBearer(grant) => {
            let issuer = |issuer: AuthorizedTokenIssuer| {
                Value::Object(members([
                    ("TrustedTokenIssuerArn", string(issuer.trusted_token_issuer_arn)),
                    ("AuthorizedAudiences", texts(issuer.authorized_audiences)),
                ]))
            };
            let issuers = grant.authorized_token_issuers.filter(|issuers| !issuers.is_empty());
            let issuers = issuers.map(|issuers| issuers.into_iter().map(issuer).collect());
            members([("AuthorizedTokenIssuers", issuers)])
        }
        // The other types have no members, or are not known yet. Their type is recorded anyway.
        _ => Map::new(),
    };
    (!settings.is_empty()).then(|| Value::Object(settings).to_string())
}

/// Lists the access scopes of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplicationAccessScopes {
    pub application_arn: String,
}

impl Collector for ListApplicationAccessScopes {
    type Rows = ApplicationAccessScope;
    const OPERATION: Operation = Operation::ListApplicationAccessScopes;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = APPLICATIONS;
    const ASKED: Asked = Asked::WithinBudget;
    const LANE: Option<&'static str> = Some(DETAILS);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 7;

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
                    .list_application_access_scopes()
                    .application_arn(&self.application_arn)
                    .max_results(SCOPES)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.scopes, |found| {
            let targets = found.authorized_targets.filter(|targets| !targets.is_empty());
            Ok(Row::whole(&ApplicationAccessScope {
                application_arn: self.application_arn.clone(),
                scope: key(Self::OPERATION, "Scope", found.scope)?,
                authorized_targets: targets.map(|targets| Value::from(targets).to_string()),
            }))
        })?)
    }
}

/// The largest page of access scopes.
const SCOPES: i32 = 10;

/// Lists the authentication methods of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplicationAuthenticationMethods {
    pub application_arn: String,
}

impl Collector for ListApplicationAuthenticationMethods {
    type Rows = ApplicationAuthenticationMethod;
    const OPERATION: Operation = Operation::ListApplicationAuthenticationMethods;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = APPLICATIONS;
    const ASKED: Asked = Asked::WithinBudget;
    const LANE: Option<&'static str> = Some(DETAILS);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 7;

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
                    .list_application_authentication_methods()
                    .application_arn(&self.application_arn)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.authentication_methods, |found| {
            let method = found.authentication_method_type.and_then(|method| word(method.as_str()));
            let policy = match found.authentication_method {
                Some(AuthenticationMethod::Iam(iam)) => Some(document(iam.actor_policy)),
                // A method that is not known yet: its type is recorded anyway.
                _ => None,
            };
            Ok(Row::whole(&ApplicationAuthenticationMethod {
                application_arn: self.application_arn.clone(),
                method: key(Self::OPERATION, "AuthenticationMethodType", method)?,
                actor_policy: text(
                    policy.filter(|policy| !policy.is_null()).map(|policy| policy.to_string()),
                ),
            }))
        })?)
    }
}
