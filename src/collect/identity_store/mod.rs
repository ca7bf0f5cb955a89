//! Users, groups and memberships of the identity store.
//!
//! The listings return whole users and groups, so nobody is described one by one; except in a store that is
//! synchronized from a legacy Active Directory, which cannot be listed: there the plan describes the
//! principals that assignments name (`described`). `rows` makes columns of what AWS sends.

mod described;
mod rows;

use aws_sdk_identitystore::types::MemberId;
use serde::{Deserialize, Serialize};

pub use self::described::{DescribeGroup, DescribeUser};
use self::rows::{group, user};
use super::convert::{key, text, time};
use super::preflight::Context;
use super::task::{Collector, NotFound, Page, Stage, Stopped, Task};
use crate::aws::{CallFailure, Operation};
use crate::model::{Group, GroupMembership, Row, Scope, User};

/// The identity store's largest page.
const PAGE: i32 = 100;

/// The extended attributes of a user: AWS returns them on request only.
/// Source: IAM Identity Center Identity Store API Reference, ListUsers.
const EXTENSION: &str = "aws:identitystore:enterprise";

/// Whether the store cannot be listed at all, whatever the permissions: it mirrors a legacy Active Directory.
/// Sources: aws/aws-sdk#629 and boto/boto3#3985 ("Filter is required"); iambic#557 (unknown operation).
pub(super) fn cannot_be_listed(failure: &CallFailure) -> bool {
    let message = failure.message.to_lowercase();
    failure.code == "UnknownOperationException"
        || (failure.code == "ValidationException"
            && ["filter", "required"].iter().all(|word| message.contains(word)))
}

/// Lists the users, disabled ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUsers;

impl Collector for ListUsers {
    const OPERATION: Operation = Operation::ListUsers;
    const STAGE: Stage = Stage::Principals;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<User>()]
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
            // An endpoint that does not know the extension still knows the users.
            Err(failure) if failure.code == "ValidationException" && !cannot_be_listed(&failure) => {
                list(None).await?
            }
            answer => answer?,
        };
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
        for found in answer.users {
            page.rows.push(Row::whole(&user(Self::OPERATION, found)?));
        }
        Ok(page)
    }
}

/// Lists the groups, and then each one's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroups;

impl Collector for ListGroups {
    const OPERATION: Operation = Operation::ListGroups;
    const STAGE: Stage = Stage::Principals;
    const PRIORITY: i64 = 0;

    fn covers(&self) -> Vec<Scope> {
        Self::family()
    }

    fn hides(&self) -> Vec<Scope> {
        vec![Scope::all::<GroupMembership>()]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Group>()]
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
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
        for found in answer.groups {
            let group = group(Self::OPERATION, found)?;
            page.follow_ups.push(ListGroupMemberships { group_id: group.group_id.clone() }.into());
            page.rows.push(Row::whole(&group));
        }
        Ok(page)
    }
}

/// Lists the members of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroupMemberships {
    pub group_id: String,
}

impl Collector for ListGroupMemberships {
    const OPERATION: Operation = Operation::ListGroupMemberships;
    const STAGE: Stage = Stage::Memberships;
    const PRIORITY: i64 = 1;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<GroupMembership>().with("group_id", &self.group_id)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<GroupMembership>()]
    }

    fn unavailable(failure: &CallFailure) -> bool {
        cannot_be_listed(failure)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure
            .says_gone("GROUP")
            .then(|| NotFound::with(Scope::all::<Group>().with("group_id", &self.group_id)))
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
        let mut page = Page { next_token: answer.next_token, ..Page::default() };
        for found in answer.group_memberships {
            let user_id = match found.member_id {
                Some(MemberId::UserId(user_id)) => Some(user_id),
                _ => None,
            };
            page.rows.push(Row::whole(&GroupMembership {
                group_id: text(found.group_id).unwrap_or_else(|| self.group_id.clone()),
                user_id: key(Self::OPERATION, "MemberId.UserId", user_id)?,
                membership_id: text(found.membership_id),
                membership_arn: text(found.membership_arn),
                created_at: time(Self::OPERATION, "CreatedAt", found.created_at.as_ref())?,
                created_by: text(found.created_by),
                updated_at: time(Self::OPERATION, "UpdatedAt", found.updated_at.as_ref())?,
                updated_by: text(found.updated_by),
            }));
        }
        Ok(page)
    }
}

/// The tasks that the identity store begins with.
pub(super) fn first_tasks() -> Vec<Task> {
    vec![ListUsers.into(), ListGroups.into()]
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
