//! Users, groups and memberships of the identity store.
//!
//! The listings return whole users and groups, so nobody is described one by one; except in a store that is
//! synchronized from a legacy Active Directory, which cannot be listed: there the plan describes the
//! principals that assignments name.

use aws_sdk_identitystore::types::{ExternalId, Group as WireGroup, MemberId, User as WireUser};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::preflight::Context;
use super::task::{Collector, Gone, Page, Stage, Stopped, Task};
use super::wire::{array, document, key, members, string, text, time};
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
    const STAGE: Stage = Stage::Details;
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

    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure.says_gone("GROUP").then(|| Gone::with(Scope::all::<Group>().with("group_id", &self.group_id)))
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
                created_at: time(found.created_at.as_ref()),
                created_by: text(found.created_by),
                updated_at: time(found.updated_at.as_ref()),
                updated_by: text(found.updated_by),
            }));
        }
        Ok(page)
    }
}

/// Describes one user: only in a store that cannot be listed.
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
    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure.says_gone("USER").then(|| Gone { dropped: Vec::new(), scope_survives: true })
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

/// Describes one group: only in a store that cannot be listed.
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
    fn gone(&self, failure: &CallFailure) -> Option<Gone> {
        failure.says_gone("GROUP").then(|| Gone { dropped: Vec::new(), scope_survives: true })
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

fn group(operation: Operation, found: WireGroup) -> Result<Group, CallFailure> {
    Ok(Group {
        group_id: key(operation, "GroupId", found.group_id)?,
        display_name: text(found.display_name),
        description: text(found.description),
        external_ids: external_ids(found.external_ids),
        group_arn: text(found.group_arn),
        created_at: time(found.created_at.as_ref()),
        created_by: text(found.created_by),
        updated_at: time(found.updated_at.as_ref()),
        updated_by: text(found.updated_by),
    })
}

fn user(operation: Operation, found: WireUser) -> Result<User, CallFailure> {
    let name = found.name;
    let part = |part: fn(&aws_sdk_identitystore::types::Name) -> &Option<String>| {
        name.as_ref().and_then(|name| text(part(name).clone()))
    };
    let primary_email = found.emails.as_ref().and_then(|emails| {
        let primary = emails.iter().find(|email| email.primary).or(emails.first());
        primary.and_then(|email| text(email.value.clone()))
    });
    Ok(User {
        user_id: key(operation, "UserId", found.user_id)?,
        user_name: text(found.user_name),
        display_name: text(found.display_name),
        given_name: part(|name| &name.given_name),
        family_name: part(|name| &name.family_name),
        formatted_name: part(|name| &name.formatted),
        middle_name: part(|name| &name.middle_name),
        honorific_prefix: part(|name| &name.honorific_prefix),
        honorific_suffix: part(|name| &name.honorific_suffix),
        primary_email,
        user_status: text(found.user_status.map(|status| status.as_str().to_owned())),
        user_type: text(found.user_type),
        title: text(found.title),
        user_arn: text(found.user_arn),
        nick_name: text(found.nick_name),
        profile_url: text(found.profile_url),
        preferred_language: text(found.preferred_language),
        locale: text(found.locale),
        timezone: text(found.timezone),
        website: text(found.website),
        birthdate: text(found.birthdate),
        emails: array(found.emails, |email| typed(email.value, email.r#type, email.primary)),
        phone_numbers: array(found.phone_numbers, |phone| typed(phone.value, phone.r#type, phone.primary)),
        roles: array(found.roles, |role| typed(role.value, role.r#type, role.primary)),
        photos: array(found.photos, |photo| {
            members([
                ("Value", Some(Value::String(photo.value))),
                ("Type", string(photo.r#type)),
                ("Display", string(photo.display)),
                ("Primary", Some(Value::Bool(photo.primary))),
            ])
        }),
        addresses: array(found.addresses, |address| {
            members([
                ("StreetAddress", string(address.street_address)),
                ("Locality", string(address.locality)),
                ("Region", string(address.region)),
                ("PostalCode", string(address.postal_code)),
                ("Country", string(address.country)),
                ("Formatted", string(address.formatted)),
                ("Type", string(address.r#type)),
                ("Primary", Some(Value::Bool(address.primary))),
            ])
        }),
        external_ids: external_ids(found.external_ids),
        extensions: found
            .extensions
            .filter(|extensions| !extensions.is_empty())
            .map(|extensions| document(aws_smithy_types::Document::Object(extensions)).to_string()),
        created_at: time(found.created_at.as_ref()),
        created_by: text(found.created_by),
        updated_at: time(found.updated_at.as_ref()),
        updated_by: text(found.updated_by),
    })
}

fn typed(value: Option<String>, kind: Option<String>, primary: bool) -> serde_json::Map<String, Value> {
    members([("Value", string(value)), ("Type", string(kind)), ("Primary", Some(Value::Bool(primary)))])
}

fn external_ids(ids: Option<Vec<ExternalId>>) -> Option<String> {
    array(ids, |id| members([("Issuer", Some(Value::String(id.issuer))), ("Id", Some(Value::String(id.id)))]))
}

/// The tasks that the identity store begins with.
pub(super) fn first_tasks() -> Vec<Task> {
    vec![ListUsers.into(), ListGroups.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_sends_as_an_empty_string_is_null() {
        let found = WireUser::builder().identity_store_id("d-1").user_id("u").user_arn("").revision("");
        let found = found.user_status("".into()).title("").display_name("").build().unwrap();
        let user = user(Operation::ListUsers, found).unwrap();
        assert_eq!(
            (user.user_status, user.title, user.display_name, user.user_arn),
            (None, None, None, None)
        );
    }

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
