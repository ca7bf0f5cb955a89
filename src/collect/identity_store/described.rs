//! Users and groups described one by one, in a store that cannot be listed: those that assignments name.

use aws_sdk_identitystore::types::{Group as WireGroup, User as WireUser};
use serde::{Deserialize, Serialize};

use super::rows::{group, user};
use crate::aws::{CallFailure, Operation};
use crate::collect::preflight::Context;
use crate::collect::task::{Collector, NotFound, Page, Stage, Stopped};
use crate::model::{Group, Row, Scope, User};

/// Describes one user; only in a store that cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeUser {
    pub user_id: String,
}

impl Collector for DescribeUser {
    const OPERATION: Operation = Operation::DescribeUser;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 2;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<User>().with("user_id", &self.user_id)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<User>()]
    }

    // A store that cannot be listed answers so as a matter of course: the wider gap keeps what was known.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.says_gone("USER").then(|| NotFound { dropped: Vec::new(), scope_still_valid: true })
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
        let user = user(Self::OPERATION, described)?;
        Ok(Page { rows: vec![Row::whole(&user)], ..Page::default() })
    }
}

/// Describes one group; only in a store that cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeGroup {
    pub group_id: String,
}

impl Collector for DescribeGroup {
    const OPERATION: Operation = Operation::DescribeGroup;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 2;

    fn covers(&self) -> Vec<Scope> {
        vec![Scope::all::<Group>().with("group_id", &self.group_id)]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<Group>()]
    }

    // A store that cannot be listed answers so as a matter of course: the wider gap keeps what was known.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.says_gone("GROUP").then(|| NotFound { dropped: Vec::new(), scope_still_valid: true })
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
        let group = group(Self::OPERATION, described)?;
        Ok(Page { rows: vec![Row::whole(&group)], ..Page::default() })
    }
}
