//! Users, groups and memberships of the identity store.
//!
//! The listings return complete users and groups, so principals are not described one by one. The exception is a store
//! synchronized from a legacy Active Directory, which cannot be listed. There the plan describes the principals that
//! assignments name (`described`). `rows` converts AWS's values to columns.

mod described;
mod rows;

use aws_sdk_identitystore::types::MemberId;
use serde::{Deserialize, Serialize};

pub use self::described::{DescribeGroup, DescribeUser};
use self::rows::{group, user};
use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, text, time};
use crate::aws::{CallFailure, Operation};
use crate::model::{Entity, Group, GroupMembership, Resource, Row, User};

/// The identity store's largest page.
const PAGE: i32 = 100;

/// The extended attributes of a user, which AWS returns only on request.
/// Source: IAM Identity Center Identity Store API Reference, ListUsers.
const EXTENSION: &str = "aws:identitystore:enterprise";

/// Returns true if the store cannot be listed at all, regardless of permissions: it mirrors a legacy Active Directory.
/// Sources: aws/aws-sdk#629 and boto/boto3#3985 ("Filter is required"); iambic#557 (unknown operation).
fn cannot_be_listed(failure: &CallFailure) -> bool {
    let message = failure.message.to_lowercase();
    failure.code == "UnknownOperationException"
        || (failure.code == "ValidationException"
            && ["filter", "required"].iter().all(|word| message.contains(word)))
}

/// Lists the users, disabled ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUsers;

impl Collector for ListUsers {
    type Rows = User;
    const OPERATION: Operation = Operation::ListUsers;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Principals;
    const PRIORITY: i64 = 0;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        cannot_be_listed(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let list = |extensions: Option<Vec<String>>| {
            aws.call(Self::OPERATION, move || {
                aws.identity_store
                    .list_users()
                    .set_identity_store_id(context.identity_store_id())
                    .set_extensions(extensions.clone())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
        };
        let answer = match list(Some(vec![EXTENSION.to_owned()])).await {
            // An endpoint that does not support the extension still lists the users.
            Err(failure) if failure.code == "ValidationException" && !cannot_be_listed(&failure) => {
                list(None).await?
            }
            answer => answer?,
        };
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.users, |found| {
            Ok(Row::whole(&user(Self::OPERATION, found)?))
        })?)
    }
}

/// Lists the groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroups;

impl Collector for ListGroups {
    type Rows = Group;
    const OPERATION: Operation = Operation::ListGroups;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Principals;
    const PRIORITY: i64 = 0;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        cannot_be_listed(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.identity_store
                    .list_groups()
                    .set_identity_store_id(context.identity_store_id())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.groups, |found| {
            Ok(Row::whole(&group(Self::OPERATION, found)?))
        })?)
    }
}

/// Lists the members of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroupMemberships {
    pub group_id: String,
}

impl Collector for ListGroupMemberships {
    type Rows = GroupMembership;
    const OPERATION: Operation = Operation::ListGroupMemberships;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::All(&[&Group::SPEC]);
    const STAGE: Stage = Stage::Memberships;
    const PRIORITY: i64 = 1;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        row.entity().map(|(_, group_id)| Self { group_id: group_id.to_owned() })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Group, &self.group_id)]
    }

    fn unavailable(failure: &CallFailure) -> bool {
        cannot_be_listed(failure)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.says_gone("GROUP").then(|| NotFound::of(Entity::Group, &self.group_id))
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.identity_store
                    .list_group_memberships()
                    .set_identity_store_id(context.identity_store_id())
                    .group_id(&self.group_id)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.group_memberships, |found| {
            let user_id = match found.member_id {
                Some(MemberId::UserId(user_id)) => Some(user_id),
                _ => None,
            };
            Ok(Row::whole(&GroupMembership {
                group_id: text(found.group_id).unwrap_or_else(|| self.group_id.clone()),
                user_id: key(Self::OPERATION, "MemberId.UserId", user_id)?,
                membership_id: text(found.membership_id),
                membership_arn: text(found.membership_arn),
                created_at: time(Self::OPERATION, "CreatedAt", found.created_at.as_ref())?,
                created_by: text(found.created_by),
                updated_at: time(Self::OPERATION, "UpdatedAt", found.updated_at.as_ref())?,
                updated_by: text(found.updated_by),
            }))
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_wants_a_filter_cannot_be_listed_however_it_says_so() {
        let says = |code: &str, message: &str| {
            let failure = CallFailure::unusable(Operation::ListUsers, message.to_owned());
            cannot_be_listed(&CallFailure { code: code.to_owned(), ..failure })
        };
        assert!(says("ValidationException", "Filter is required"));
        assert!(says("ValidationException", "1 validation error detected: Filters are required."));
        assert!(says("UnknownOperationException", "UnknownError"));
        assert!(!says("ValidationException", "The extension is required to be known"));
        assert!(!says("AccessDeniedException", "Filter is required"));
    }
}
