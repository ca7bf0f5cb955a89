//! Permission sets. Their policies and their accounts have files of their own.
//!
//! ListPermissionSets returns ARNs alone, so a set is known to exist before its attributes are known. Its row is staged
//! by its key, and completed by DescribePermissionSet.

use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, member, text, time};
use super::services::sso_admin::{PAGE, account_instance, set_is_gone};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, PermissionSet, Resource, Row};

/// Lists the ARNs of the permission sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPermissionSets;

impl Collector for ListPermissionSets {
    type Rows = PermissionSet;
    const OPERATION: Operation = Operation::ListPermissionSets;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Pairs;
    const PRIORITY: i64 = 0;

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
                    .list_permission_sets()
                    .set_instance_arn(context.instance_arn())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.permission_sets, |found| {
            let permission_set_arn = key(Self::OPERATION, "permission set ARN", found)?;
            Ok(Row::key_only(&PermissionSet { permission_set_arn, ..Default::default() }))
        })?)
    }
}

/// Reads a permission set's own attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribePermissionSet {
    pub permission_set_arn: String,
}

impl Collector for DescribePermissionSet {
    type Rows = PermissionSet;
    const OPERATION: Operation = Operation::DescribePermissionSet;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::All(&[&PermissionSet::SPEC]);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 3;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, arn)| Self { permission_set_arn: arn.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::PermissionSet, &self.permission_set_arn)]
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        set_is_gone(failure, &self.permission_set_arn)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .describe_permission_set()
                    .set_instance_arn(context.instance_arn())
                    .permission_set_arn(&self.permission_set_arn)
                    .send()
            })
            .await?;
        let found = member(Self::OPERATION, "PermissionSet", answer.permission_set)?;
        let row = PermissionSet {
            permission_set_arn: text(found.permission_set_arn)
                .unwrap_or_else(|| self.permission_set_arn.clone()),
            name: text(found.name),
            description: text(found.description),
            session_duration: text(found.session_duration),
            relay_state: text(found.relay_state),
            created_at: time(Self::OPERATION, "CreatedDate", found.created_date.as_ref())?,
        };
        Ok(Page::row(&row))
    }
}
