//! Tags of the root, OUs, accounts and permission sets. Neither service lists tags of several things at once,
//! or fewer than all of one: there is no page size to ask for.

use serde::{Deserialize, Serialize};

use super::convert::key;
use super::preflight::Context;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, Row, Scope, Tag};

fn tags_of(resource_type: Entity, resource_id: &str) -> Vec<Scope> {
    vec![Scope::all::<Tag>().with("resource_type", resource_type.as_str()).with("resource_id", resource_id)]
}

fn tag(
    operation: Operation,
    resource_type: Entity,
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

/// Lists the tags of the root, an OU or an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOrganizationTags {
    pub resource_type: Entity,
    pub resource_id: String,
}

impl Collector for ListOrganizationTags {
    const OPERATION: Operation = Operation::ListTagsForResource;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn covers(&self) -> Vec<Scope> {
        tags_of(self.resource_type, &self.resource_id)
    }

    fn family() -> Vec<Scope> {
        [Entity::Root, Entity::Ou, Entity::Account]
            .into_iter()
            .map(|kind| Scope::all::<Tag>().with("resource_type", kind.as_str()))
            .collect()
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["TargetNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.organizations
                    .list_tags_for_resource()
                    .resource_id(&self.resource_id)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let listed = Listed::of(answer.tags.as_ref().map(Vec::is_empty));
        let rows = answer.tags.unwrap_or_default().into_iter();
        Ok(Page {
            listed,
            rows: rows
                .map(|found| {
                    tag(Self::OPERATION, self.resource_type, &self.resource_id, (found.key, found.value))
                })
                .collect::<Result<_, _>>()?,
            next_token: answer.next_token,
            ..Page::default()
        })
    }
}

/// Lists the tags of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPermissionSetTags {
    pub permission_set_arn: String,
}

impl Collector for ListPermissionSetTags {
    const OPERATION: Operation = Operation::ListPermissionSetTags;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 4;

    fn covers(&self) -> Vec<Scope> {
        tags_of(Entity::PermissionSet, &self.permission_set_arn)
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Tag>().with("resource_type", Entity::PermissionSet.as_str())]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_tags_for_resource()
                    .set_instance_arn(context.instance_arn())
                    .resource_arn(&self.permission_set_arn)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let listed = Listed::of(answer.tags.as_ref().map(Vec::is_empty));
        let rows = answer.tags.unwrap_or_default().into_iter();
        Ok(Page {
            listed,
            rows: rows
                .map(|found| {
                    tag(
                        Self::OPERATION,
                        Entity::PermissionSet,
                        &self.permission_set_arn,
                        (found.key, found.value),
                    )
                })
                .collect::<Result<_, _>>()?,
            next_token: answer.next_token,
            ..Page::default()
        })
    }
}
