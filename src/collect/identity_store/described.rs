//! Describes the users and groups that assignments name, one by one, in a store that cannot be listed.

use aws_sdk_identitystore::types::{Group as WireGroup, User as WireUser};
use serde::{Deserialize, Serialize};

use super::rows::{group, user};
use crate::aws::{CallFailure, Operation};
use crate::collect::collector::{Asked, Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use crate::collect::context::Context;
use crate::model::{AccountAssignment, Entity, Group, Resource, Row, User};

/// The assignments, which name the principals to describe.
const ASSIGNMENTS: ForEach = ForEach::Where(&[&AccountAssignment::SPEC]);

/// Declares a task that is asked only if the listing is not available.
const fn instead_of(listing: Operation) -> Asked {
    Asked::Instead {
        of: listing,
        case: "the directory cannot be listed",
        nothing: Some("no assignment that was seen names anybody to ask about"),
    }
}

/// Returns the id of the principal of an assignment, if the principal is of this kind.
fn principal(row: &Row, entity: Entity) -> Option<String> {
    let column = AccountAssignment::SPEC.about(entity).next()?;
    let is_of_kind = column.of.is_none_or(|(type_column, value)| row.text(type_column) == Some(value));
    row.text(column.id).filter(|_| is_of_kind).map(str::to_owned)
}

/// Describes one user, only in a store that cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeUser {
    pub user_id: String,
}

impl Collector for DescribeUser {
    type Rows = User;
    const OPERATION: Operation = Operation::DescribeUser;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ASSIGNMENTS;
    const ASKED: Asked = instead_of(Operation::ListUsers);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 2;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        principal(row, Entity::User).map(|user_id| Self { user_id })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::User, &self.user_id)]
    }

    // A store that cannot be listed may give this answer for any user. The wider gap keeps the known rows.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.says_gone("USER").then(NotFound::with_scope_still_valid)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.identity_store
                    .describe_user()
                    .set_identity_store_id(context.identity_store_id())
                    .user_id(&self.user_id)
                    .send()
            })
            .await?;
        let described = WireUser::builder()
            .identity_store_id(answer.identity_store_id)
            .user_id(answer.user_id)
            .user_arn(answer.user_arn)
            .revision(answer.revision)
            .set_user_name(answer.user_name)
            .set_external_ids(answer.external_ids)
            .set_name(answer.name)
            .set_display_name(answer.display_name)
            .set_nick_name(answer.nick_name)
            .set_profile_url(answer.profile_url)
            .set_emails(answer.emails)
            .set_addresses(answer.addresses)
            .set_phone_numbers(answer.phone_numbers)
            .set_user_type(answer.user_type)
            .set_title(answer.title)
            .set_preferred_language(answer.preferred_language)
            .set_locale(answer.locale)
            .set_timezone(answer.timezone)
            .set_user_status(answer.user_status)
            .set_photos(answer.photos)
            .set_website(answer.website)
            .set_birthdate(answer.birthdate)
            .set_roles(answer.roles)
            .set_created_at(answer.created_at)
            .set_created_by(answer.created_by)
            .set_updated_at(answer.updated_at)
            .set_updated_by(answer.updated_by)
            .set_extensions(answer.extensions)
            .build()
            .map_err(|error| CallFailure::unusable(Self::OPERATION, error.to_string()))?;
        Ok(Page::row(&user(Self::OPERATION, described)?))
    }
}

/// Describes one group, only in a store that cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeGroup {
    pub group_id: String,
}

impl Collector for DescribeGroup {
    type Rows = Group;
    const OPERATION: Operation = Operation::DescribeGroup;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ASSIGNMENTS;
    const ASKED: Asked = instead_of(Operation::ListGroups);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 2;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        principal(row, Entity::Group).map(|group_id| Self { group_id })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Group, &self.group_id)]
    }

    // A store that cannot be listed may give this answer for any group. The wider gap keeps the known rows.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.says_gone("GROUP").then(NotFound::with_scope_still_valid)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.identity_store
                    .describe_group()
                    .set_identity_store_id(context.identity_store_id())
                    .group_id(&self.group_id)
                    .send()
            })
            .await?;
        let described = WireGroup::builder()
            .identity_store_id(answer.identity_store_id)
            .group_id(answer.group_id)
            .group_arn(answer.group_arn)
            .revision(answer.revision)
            .set_display_name(answer.display_name)
            .set_description(answer.description)
            .set_external_ids(answer.external_ids)
            .set_created_at(answer.created_at)
            .set_created_by(answer.created_by)
            .set_updated_at(answer.updated_at)
            .set_updated_by(answer.updated_by)
            .build()
            .map_err(|error| CallFailure::unusable(Self::OPERATION, error.to_string()))?;
        Ok(Page::row(&group(Self::OPERATION, described)?))
    }
}
