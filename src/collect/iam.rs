//! IAM of the accounts: users, groups, roles and policies, each account asked itself.
//!
//! GetAccountAuthorizationDetails answers with everything at once, or with one kind of thing: it is asked for each kind, so
//! that each resource has listings of its own, and a failure hides no other. What it does not say of roles, ListRoles does.

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::EntityType;
use serde::{Deserialize, Serialize};

use super::collector::{After, Asked, Collector, ForEach, In, Listed, Page, Shows, Stage, Stopped};
use super::context::Context;
use super::convert::{key, text, time};
use super::iam_rows::{attachments, policy, role, sorted_tags};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    Account, Entity, IamGroup, IamGroupMember, IamPolicy, IamPolicyAttachment, IamRole, IamRoleActivity,
    IamUser, Resource, Row,
};

/// The most that a page of IAM has.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>.
const PAGE: i32 = 1_000;
const DETAILS: Operation = Operation::GetAccountAuthorizationDetails;
/// The accounts: of them those are asked that the credentials reach.
pub(super) const ACCOUNTS: ForEach = ForEach::All(&[&Account::SPEC]);

/// Asks an account for the details of some kinds of things. Returns them, and the token of the next page.
async fn details(
    context: &Context,
    kinds: &[EntityType],
    token: Option<&str>,
) -> Result<(GetAccountAuthorizationDetailsOutput, Option<String>), CallFailure> {
    let aws = &context.aws;
    let send = || {
        aws.iam
            .get_account_authorization_details()
            .set_filter(Some(kinds.to_vec()))
            .max_items(PAGE)
            .set_marker(token.map(str::to_owned))
            .send()
    };
    let mut answer = aws.call(DETAILS, send).await?;
    let next_token = answer.marker.take().filter(|_| answer.is_truncated);
    Ok((answer, next_token))
}

/// Makes a page of a list of the answer: each item gives rise to some rows. A list that the answer leaves out is no empty one.
fn page<T>(
    next_token: Option<String>,
    items: Option<Vec<T>>,
    rows: impl Fn(T) -> Result<Vec<Row>, CallFailure>,
) -> Result<Page, Stopped> {
    let listed = Listed::of(items.as_ref().map(Vec::is_empty));
    let mut found = Vec::new();
    for item in items.unwrap_or_default() {
        found.extend(rows(item)?);
    }
    Ok(Page { rows: found, next_token, listed, ..Page::default() })
}

/// Declares a listing that is asked for in each account: its struct, and how it becomes the task for a row of an account.
macro_rules! in_each_account {
    ($(#[doc = $doc:literal])+ $Name:ident lists $Rows:ident $(shows $shows:expr)?, by $operation:expr $(=> $operations:expr)?, $page:item) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $Name {
            pub account_id: String,
        }

        impl Collector for $Name {
            type Rows = $Rows;
            const OPERATION: Operation = $operation;
            $(const OPERATIONS: &'static [Operation] = $operations;)?
            const IN: In = In::EachAccount;
            const FOR_EACH: ForEach = ACCOUNTS;
            $(const SHOWS: Shows = $shows;)?
            const STAGE: Stage = Stage::Details;
            const PRIORITY: i64 = 5;

            fn of(row: &Row, context: &Context) -> Option<Self> {
                context.account_to_ask(row).map(|account_id| Self { account_id })
            }

            fn about(&self) -> Vec<(Entity, &str)> {
                vec![(Entity::Account, &self.account_id)]
            }

            $page
        }
    };
}
pub(super) use in_each_account;

in_each_account! {
    /// Lists the users of an account.
    ListIamUsers lists IamUser, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::User], token).await?;
        page(next_token, answer.user_detail_list, |found| {
            let boundary = found.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
            Ok(vec![Row::whole(&IamUser {
                account_id: self.account_id.clone(),
                user_name: key(DETAILS, "UserName", found.user_name)?,
                user_id: text(found.user_id),
                arn: text(found.arn),
                path: text(found.path),
                created_at: time(DETAILS, "CreateDate", found.create_date.as_ref())?,
                permissions_boundary_arn: text(boundary),
                tags: sorted_tags(found.tags),
            })])
        })
    }
}

in_each_account! {
    /// Lists the groups of an account.
    ListIamGroups lists IamGroup, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::Group], token).await?;
        page(next_token, answer.group_detail_list, |found| {
            Ok(vec![Row::whole(&IamGroup {
                account_id: self.account_id.clone(),
                group_name: key(DETAILS, "GroupName", found.group_name)?,
                group_id: text(found.group_id),
                arn: text(found.arn),
                path: text(found.path),
                created_at: time(DETAILS, "CreateDate", found.create_date.as_ref())?,
            })])
        })
    }
}

in_each_account! {
    /// Lists who is in which group of an account: a user's details name its groups, and no group's its members.
    ListIamGroupMembers lists IamGroupMember, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::User], token).await?;
        page(next_token, answer.user_detail_list, |found| {
            let user_name = key(DETAILS, "UserName", found.user_name)?;
            let row = |group_name: String| {
                Ok(Row::whole(&IamGroupMember {
                    account_id: self.account_id.clone(),
                    group_name: key(DETAILS, "GroupName", group_name)?,
                    user_name: user_name.clone(),
                }))
            };
            found.group_list.unwrap_or_default().into_iter().map(row).collect()
        })
    }
}

in_each_account! {
    /// Lists what the details of an account's roles leave out, before these: so that a role is whole once it is listed there.
    ListIamRoleSettings lists IamRole shows Shows::Part, by Operation::ListRoles,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (aws, operation) = (&context.aws, Self::OPERATION);
        let send = || aws.iam.list_roles().max_items(PAGE).set_marker(token.map(str::to_owned)).send();
        let answer = aws.call(operation, send).await?;
        let next_token = answer.marker.filter(|_| answer.is_truncated);
        Ok(Page::of(operation, next_token, answer.roles, |found| {
            let template = found.source_role_template.map(|template| {
                serde_json::json!({
                    "TemplateArn": template.template_arn, "TemplateMinorVersion": template.template_minor_version,
                })
                .to_string()
            });
            Ok(Row::key_only(&IamRole {
                account_id: self.account_id.clone(),
                role_name: key(operation, "RoleName", found.role_name)?,
                description: text(found.description),
                max_session_duration: found.max_session_duration.map(i64::from),
                source_template: template,
                ..IamRole::default()
            }))
        })?)
    }
}

/// Lists the roles of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIamRoles {
    pub account_id: String,
    /// Whether the settings were listed that the details leave out: those are staged already. Otherwise the roles are known to
    /// exist, and no more.
    pub settings_are_known: bool,
}

impl After<ListIamRoleSettings> for ListIamRoles {
    fn after(settings: &ListIamRoleSettings, is_listed: bool) -> Self {
        Self { account_id: settings.account_id.clone(), settings_are_known: is_listed }
    }
}

impl Collector for ListIamRoles {
    type Rows = IamRole;
    const OPERATION: Operation = DETAILS;
    const IN: In = In::EachAccount;
    const FOR_EACH: ForEach = ACCOUNTS;
    const ASKED: Asked = Asked::After;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, context: &Context) -> Option<Self> {
        context.account_to_ask(row).map(|account_id| Self { account_id, settings_are_known: false })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Account, &self.account_id)]
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::Role], token).await?;
        page(next_token, answer.role_detail_list, |found| {
            let row = role(DETAILS, &self.account_id, found)?;
            Ok(vec![match self.settings_are_known {
                true => Row::whole_with_staged(&row),
                false => Row::key_only(&row),
            }])
        })
    }
}

in_each_account! {
    /// Lists when the roles of an account were last used.
    ListIamRoleActivity lists IamRoleActivity, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::Role], token).await?;
        page(next_token, answer.role_detail_list, |found| {
            let used = found.role_last_used;
            let last_used_at = used.as_ref().and_then(|used| used.last_used_date.as_ref());
            Ok(vec![Row::whole(&IamRoleActivity {
                account_id: self.account_id.clone(),
                role_name: key(DETAILS, "RoleName", found.role_name)?,
                last_used_at: time(DETAILS, "LastUsedDate", last_used_at)?,
                last_used_region: text(used.and_then(|used| used.region)),
            })])
        })
    }
}

in_each_account! {
    /// Lists the managed policies that an account has itself.
    ListIamPolicies lists IamPolicy, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let (answer, next_token) = details(context, &[EntityType::LocalManagedPolicy], token).await?;
        page(next_token, answer.policies, |found| {
            Ok(vec![Row::whole(&policy(DETAILS, &self.account_id, found)?)])
        })
    }
}

in_each_account! {
    /// Lists the policies of the users, groups and roles of an account.
    ListIamPolicyAttachments lists IamPolicyAttachment, by DETAILS,
    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let kinds = [EntityType::User, EntityType::Group, EntityType::Role];
        let (answer, next_token) = details(context, &kinds, token).await?;
        let (users, groups, roles) = (answer.user_detail_list, answer.group_detail_list, answer.role_detail_list);
        // An answer without one of the lists has lost it: of three lists it would say too little.
        let is_whole = users.is_some() && groups.is_some() && roles.is_some();
        let mut found = Vec::new();
        let account = self.account_id.as_str();
        for user in users.unwrap_or_default() {
            let (name, inline) = (key(DETAILS, "UserName", user.user_name)?, user.user_policy_list);
            found.extend(attachments(DETAILS, account, "USER", &name, inline, user.attached_managed_policies)?);
        }
        for group in groups.unwrap_or_default() {
            let (name, inline) = (key(DETAILS, "GroupName", group.group_name)?, group.group_policy_list);
            found.extend(attachments(DETAILS, account, "GROUP", &name, inline, group.attached_managed_policies)?);
        }
        for role in roles.unwrap_or_default() {
            let (name, inline) = (key(DETAILS, "RoleName", role.role_name)?, role.role_policy_list);
            found.extend(attachments(DETAILS, account, "ROLE", &name, inline, role.attached_managed_policies)?);
        }
        let listed = Listed::of(is_whole.then_some(found.is_empty()));
        Ok(Page { rows: found, next_token, listed, ..Page::default() })
    }
}
