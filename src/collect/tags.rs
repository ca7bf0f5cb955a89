//! Tags of the root, OUs, accounts, policies, permission sets, applications, the instance and its token issuers.
//! Neither service lists the tags of several entities at once, nor takes a page size.

use serde::{Deserialize, Serialize};

use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::key;
use super::lane::{DETAILS, POLICY_TAGS};
use super::services::organizations::PLACES;
use crate::aws::{CallFailure, Operation};
use crate::model::{
    Application, Entity, IdentityCenterInstance, OrganizationPolicy, PermissionSet, Resource, ResourceSpec,
    Row, Scope, Tag, TrustedTokenIssuer,
};

fn tag(
    operation: Operation,
    resource_type: &'static str,
    resource_id: &str,
    (tag_key, value): (String, String),
) -> Result<Row, CallFailure> {
    Ok(Row::whole(&Tag {
        resource_type,
        resource_id: resource_id.to_owned(),
        key: key(operation, "Key", tag_key)?,
        // An empty value is a value.
        value: Some(value),
    }))
}

/// The resources of the tree, whose tags Organizations lists.
const TAGGED: &[&ResourceSpec] = &[PLACES[0], PLACES[1], PLACES[2]];

/// Lists the tags of the root, an OU or an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOrganizationTags {
    pub resource_type: Entity,
    pub resource_id: String,
}

impl Collector for ListOrganizationTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListTagsForResource;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::Any(TAGGED);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(resource_type, id)| Self { resource_type, resource_id: id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(self.resource_type, &self.resource_id)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["TargetNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(of_organization(context, self.resource_type.as_str(), &self.resource_id, token).await?)
    }
}

/// Lists the tags of a policy, within the time budget of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPolicyTags {
    pub policy_id: String,
}

impl Collector for ListPolicyTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListTagsForResource;
    const IN: In = In::Organization;
    const FOR_EACH: ForEach = ForEach::Any(&[&OrganizationPolicy::SPEC]);
    const LANE: Option<&'static str> = Some(POLICY_TAGS);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        // AWS's own policies have no tags, and AWS refuses their ids (cloud-custodian PR#8194).
        if row.is_true("aws_managed") {
            return None;
        }
        row.entity().map(|(_, id)| Self { policy_id: id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Policy, &self.policy_id)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["TargetNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(of_organization(context, Entity::Policy.as_str(), &self.policy_id, token).await?)
    }
}

/// Lists the tags of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPermissionSetTags {
    pub permission_set_arn: String,
}

impl Collector for ListPermissionSetTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListSsoAdminTags;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::Any(&[&PermissionSet::SPEC]);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(of_instance(context, Entity::PermissionSet.as_str(), &self.permission_set_arn, token).await?)
    }
}

/// Lists the tags of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListApplicationTags {
    pub application_arn: String,
}

impl Collector for ListApplicationTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListSsoAdminTags;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::Any(&[&Application::SPEC]);
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
        Ok(of_instance(context, Entity::Application.as_str(), &self.application_arn, token).await?)
    }
}

/// Lists the tags of the collected instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListInstanceTags {
    pub instance_arn: String,
}

impl Collector for ListInstanceTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListSsoAdminTags;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::Any(&[&IdentityCenterInstance::SPEC]);
    const PART: Option<(&'static str, &'static str)> = Some(("resource_type", Tag::INSTANCE));
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, context: &Context) -> Option<Self> {
        let instance_arn = context.instance_arn().filter(|own| row.text("instance_arn") == Some(own))?;
        Some(Self { instance_arn })
    }

    fn scope(&self) -> Scope {
        scope_of(Tag::INSTANCE, &self.instance_arn)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(of_instance(context, Tag::INSTANCE, &self.instance_arn, token).await?)
    }
}

/// Lists the tags of a trusted token issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTokenIssuerTags {
    pub trusted_token_issuer_arn: String,
}

impl Collector for ListTokenIssuerTags {
    type Rows = Tag;
    const OPERATION: Operation = Operation::ListSsoAdminTags;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::Any(&[&TrustedTokenIssuer::SPEC]);
    const PART: Option<(&'static str, &'static str)> = Some(("resource_type", Tag::TOKEN_ISSUER));
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        let arn = row.text("trusted_token_issuer_arn")?;
        Some(Self { trusted_token_issuer_arn: arn.to_owned() })
    }

    fn scope(&self) -> Scope {
        scope_of(Tag::TOKEN_ISSUER, &self.trusted_token_issuer_arn)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        Ok(of_instance(context, Tag::TOKEN_ISSUER, &self.trusted_token_issuer_arn, token).await?)
    }
}

/// Returns the scope of the tags of a resource that is no entity.
fn scope_of(resource_type: &str, arn: &str) -> Scope {
    Scope::all::<Tag>().with("resource_type", resource_type).with("resource_id", arn)
}

/// Returns a page of the tags of a resource of Organizations.
async fn of_organization(
    context: &Context,
    tagged: &'static str,
    id: &str,
    token: Option<&str>,
) -> Result<Page, CallFailure> {
    let operation = Operation::ListTagsForResource;
    let aws = &context.aws;
    let answer = aws
        .call(operation, || {
            aws.organizations
                .list_tags_for_resource()
                .resource_id(id)
                .set_next_token(token.map(str::to_owned))
                .send()
        })
        .await?;
    Page::of(operation, answer.next_token, answer.tags, |found| {
        tag(operation, tagged, id, (found.key, found.value))
    })
}

/// Returns a page of the tags of a resource of the instance.
async fn of_instance(
    context: &Context,
    tagged: &'static str,
    arn: &str,
    token: Option<&str>,
) -> Result<Page, CallFailure> {
    let operation = Operation::ListSsoAdminTags;
    let aws = &context.aws;
    let answer = aws
        .call(operation, || {
            aws.sso_admin
                .list_tags_for_resource()
                .set_instance_arn(context.instance_arn())
                .resource_arn(arn)
                .set_next_token(token.map(str::to_owned))
                .send()
        })
        .await?;
    Page::of(operation, answer.next_token, answer.tags, |found| {
        tag(operation, tagged, arn, (found.key, found.value))
    })
}
