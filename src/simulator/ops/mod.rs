//! The operations, one file per service: the answers to well-formed, allowed calls that are not throttled.
//!
//! They read the world of the served day. Each service's file decides on permissions, because the rules differ.
//! `faults` damages answers.

mod account_iam;
mod applications;
mod credential_report;
mod iam;
mod identity_center;
mod identity_store;
mod instances;
mod organizations;
mod requests;
mod sso_admin;
mod sts;

pub(super) use iam::failed_report;
pub(super) use identity_store::revision;
pub(super) use organizations::policy_types;

use std::collections::BTreeMap;
use std::sync::RwLock;

use serde_json::{Map, Value};

use super::access_report::Reports;
use super::config::Caller;
use super::credential_reports::CredentialReports;
use super::credentials::Credentials;
use super::dice;
use super::organization::{TagPair, World};
use super::paging::Pager;
use super::protocol::{Answer, ApiError, Request, Service};

/// Everything that an operation may read.
pub(super) struct Context<'a> {
    pub world: &'a World,
    pub reports: &'a Reports,
    pub credential_reports: &'a CredentialReports,
    pub credentials: &'a Credentials,
    /// The inline policies set in place of the world's own, by permission set.
    pub inline_policies: &'a RwLock<BTreeMap<String, String>>,
    /// The number of the call.
    pub number: u64,
    pub request: &'a Request,
    pub caller: Caller,
}

/// Answers a call.
pub(super) fn answer(context: &Context) -> Result<Answer, ApiError> {
    let json = |answer: Map<String, Value>| Answer::Json(without_empty_lists(context, answer));
    // A session may always ask who it is.
    let is_open = context.request.service == Service::Sts;
    if !is_open && !context.credentials.allows(context.request.signature.as_ref(), &context.action()) {
        return Err(context.denied());
    }
    match context.request.service {
        Service::SsoAdmin => sso_admin::answer(context).map(json),
        Service::IdentityStore => identity_store::answer(context).map(Answer::Json),
        Service::Organizations => organizations::answer(context).map(json),
        Service::Iam => iam::answer(context).map(Answer::Xml),
        Service::Sts => sts::answer(context).map(Answer::Xml),
    }
}

impl Context<'_> {
    /// Returns a required parameter.
    fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.request.input.text(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ApiError::invalid(
                self.request.service,
                format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"),
            )
        })
    }

    /// Returns the requested page of items that ascend by `key`, as the answer's member `name`.
    fn page<T>(
        &self,
        name: &str,
        items: &[T],
        key: impl Fn(&T) -> u128,
        show: impl Fn(&T) -> Value,
    ) -> Result<Map<String, Value>, ApiError> {
        let (page, token) = Pager::of(&self.world.config, self.request)?.cut(items, key);
        Ok(listing(name, page.iter().map(show).collect(), token))
    }

    /// Returns the requested page of items that have a name, but no order.
    fn page_by_name<T>(
        &self,
        name: &str,
        items: &[T],
        of: impl Fn(&T) -> &str,
        show: impl Fn(&T) -> Value,
    ) -> Result<Map<String, Value>, ApiError> {
        let (page, token) = self.cut_by_name(items, of)?;
        Ok(listing(name, page.into_iter().map(show).collect(), token))
    }

    /// Returns the items of the requested page, and the token of the next one. A name keeps its place among the others when
    /// one of them comes or goes, so that a listing under way skips none.
    fn cut_by_name<'a, T>(
        &self,
        items: &'a [T],
        of: impl Fn(&T) -> &str,
    ) -> Result<(Vec<&'a T>, Option<String>), ApiError> {
        let mut placed: Vec<(u128, &T)> =
            items.iter().map(|item| (u128::from(dice::hash(19, &[of(item)])), item)).collect();
        placed.sort_by_key(|(place, _)| *place);
        let (page, token) = Pager::of(&self.world.config, self.request)?.cut(&placed, |(place, _)| *place);
        Ok((page.iter().map(|(_, item)| *item).collect(), token))
    }

    fn unknown_operation(&self) -> ApiError {
        ApiError::unknown_operation(self.request.service, &self.request.operation)
    }

    /// Returns the action that the request needs, in the form of a policy.
    fn action(&self) -> String {
        let prefix = match self.request.service {
            Service::SsoAdmin => "sso",
            other => other.as_str(),
        };
        format!("{prefix}:{}", self.request.operation)
    }

    fn denied(&self) -> ApiError {
        let caller = self.credentials.caller_arn(self.world, self.request.signature.as_ref());
        let message = format!("User: {caller} is not authorized to perform: {}", self.action());
        ApiError::denied(self.request.service, message)
    }
}

/// Removes empty lists, like a service that omits them. The models of the identity store and of some operations of an
/// application require their lists, and an organization always has accounts and a root.
fn without_empty_lists(context: &Context, mut answer: Map<String, Value>) -> Map<String, Value> {
    let always_sent = matches!(
        context.request.operation.as_str(),
        "ListAccounts" | "ListRoots" | "ListApplicationGrants" | "ListApplicationAccessScopes"
    );
    if !context.world.config.empty_lists && !always_sent {
        answer.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    }
    answer
}

/// Returns the object's members without those that AWS omits, which are null here.
fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => unreachable!("answers are objects, not {other}"),
    }
}

/// Returns a page of items as an answer. The token's key is omitted at the end.
fn listing(key: &str, items: Vec<Value>, token: Option<String>) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert(key.to_owned(), Value::Array(items));
    if let Some(token) = token {
        answer.insert("NextToken".to_owned(), Value::String(token));
    }
    answer
}

/// Returns a tag in AWS's form.
fn tag_value((key, value): &TagPair) -> Value {
    serde_json::json!({"Key": key, "Value": value})
}
