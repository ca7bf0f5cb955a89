//! Applies the faults chosen by `faults`: refusals in the service's words, and damaged listings.
//!
//! `http` applies faults of the connection or the body itself.

use serde_json::{Map, Value, json};

use super::faults::Action;
use super::ops::{self, Context};
use super::paging;
use super::protocol::{Answer, ApiError, Input, Request, Service};

/// Returns the refusal of an action, if the action is one.
pub(super) fn refusal(action: &Action, request: &Request) -> Option<ApiError> {
    let service = request.service;
    let operation = &request.operation;
    Some(match action {
        Action::Denied { kms_reason } => {
            let error = ApiError::denied(
                service,
                format!("User is not authorized to perform: {}:{operation}", service.as_str()),
            );
            match kms_reason {
                Some(reason) => error.with("Reason", reason.as_str()),
                None => error,
            }
        }
        Action::Throttle { retry_after_seconds } => {
            let error = ApiError::throttled(service);
            match retry_after_seconds {
                Some(seconds) => error.with("RetryAfterSeconds", *seconds),
                None => error,
            }
        }
        Action::Status(status) => server_error(*status, service),
        Action::ExpiredToken => ApiError::invalid(service, "You specified an invalid value for nextToken."),
        Action::NotFound => not_found(service, operation),
        Action::KeyNotFound { kms_reason } => {
            not_found(service, operation).with("Reason", kms_reason.as_str())
        }
        Action::ReportInProgress => ApiError::report_in_progress(),
        Action::ExpiredCredentials => expired(service),
        Action::UnknownKey => unsigned(
            service,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "The security token included in the request is invalid.".to_owned(),
        ),
        Action::WrongClock => wrong_signature(
            service,
            "Signature expired: 20261128T160000Z is now earlier than 20261128T185500Z (20261128T190000Z - 5 min.)"
                .to_owned(),
        ),
        Action::WrongSignature => wrong_signature(
            service,
            format!(
                "The request signature we calculated does not match the signature you provided. The Canonical \
                 String for this request should have been 'POST\n/\n\nx-amz-security-token:{}\n'",
                request.signature.as_ref().and_then(|signature| signature.session_token.as_deref()).unwrap_or("none"),
            ),
        ),
        Action::UnknownOperation => ApiError::unknown_operation(service, "an operation of a later year"),
        Action::Refused(status, code) => ApiError::new(*status, code, "The call was refused."),
        Action::LongRefusal(characters) => ApiError::denied(service, "é".repeat(*characters)),
        _ => return None,
    })
}

fn wrong_signature(service: Service, message: String) -> ApiError {
    unsigned(service, "InvalidSignatureException", "SignatureDoesNotMatch", message)
}

/// Returns a refusal of the signature, whose code depends on the protocol.
fn unsigned(service: Service, json: &'static str, query: &'static str, message: String) -> ApiError {
    match service.speaks_json() {
        true => ApiError::new(400, json, message),
        false => ApiError::new(403, query, message),
    }
}

/// Returns the body with the first key of its first item repeated, the first time with another value.
pub(super) fn with_a_key_twice(body: &str) -> String {
    let twice = || {
        let start = body.find("[{\"")? + 2;
        let key = body[start + 1..].split('"').next()?;
        Some(format!("{}\"{key}\":\"another\",{}", &body[..start], &body[start..]))
    };
    twice().unwrap_or_else(|| body.to_owned())
}

/// Returns the request for a listing's first page.
pub(super) fn first_page(request: &Request) -> Request {
    let mut input = request.input.0.clone();
    input.remove("NextToken");
    Request {
        service: request.service,
        operation: request.operation.clone(),
        input: Input(input),
        signature: request.signature.clone(),
    }
}

/// Returns the refusal of expired credentials.
pub(super) fn expired(service: Service) -> ApiError {
    let message = "The security token included in the request is expired";
    if service.speaks_json() {
        ApiError::new(400, "ExpiredTokenException", message)
    } else {
        ApiError::new(403, "ExpiredToken", message)
    }
}

fn server_error(status: u16, service: Service) -> ApiError {
    let code = match (service, status) {
        (Service::Iam | Service::Sts, 503) => "ServiceUnavailable",
        (Service::Iam | Service::Sts, _) => "ServiceFailure",
        (Service::Organizations, _) => "ServiceException",
        (_, 503) => "ServiceUnavailableException",
        _ => "InternalServerException",
    };
    ApiError::new(status, code, "An internal error occurred. Try again later.")
}

fn not_found(service: Service, operation: &str) -> ApiError {
    let message = "The resource does not exist.";
    match (service, operation) {
        (Service::Iam | Service::Sts, _) => ApiError::new(404, "NoSuchEntity", message),
        (
            Service::Organizations,
            "ListOrganizationalUnitsForParent" | "ListAccountsForParent" | "ListChildren",
        ) => ApiError::new(400, "ParentNotFoundException", message),
        (Service::Organizations, "DescribeAccount") => {
            ApiError::new(400, "AccountNotFoundException", message)
        }
        (Service::Organizations, "DescribeOrganizationalUnit") => {
            ApiError::new(400, "OrganizationalUnitNotFoundException", message)
        }
        (Service::Organizations, "ListParents") => ApiError::new(400, "ChildNotFoundException", message),
        (Service::Organizations, _) => ApiError::new(400, "TargetNotFoundException", message),
        _ => ApiError::not_found(message),
    }
}

/// Damages a good answer.
pub(super) fn damage(action: &Action, context: &Context, answer: Answer) -> Answer {
    match answer {
        Answer::Json(members) => Answer::Json(damaged_listing(action, context, members)),
        Answer::Xml(result) => {
            if let Action::EndlessReport { blocks } = action {
                let id = result.split("<JobId>").nth(1).and_then(|rest| rest.split('<').next());
                context.reports.never_end(id.unwrap_or_default(), *blocks);
            }
            Answer::Xml(damaged_report(action, result))
        }
    }
}

/// Returns an access report that failed, or that lost its list or the list's content.
fn damaged_report(action: &Action, result: String) -> String {
    let with_list = |list: &str| match (result.find("<AccessDetails>"), result.rfind("</AccessDetails>")) {
        (Some(start), Some(end)) => {
            format!("{}{list}{}", &result[..start], &result[end + "</AccessDetails>".len()..])
        }
        _ => result.clone(),
    };
    match action {
        Action::FailedReport(code) => ops::failed_report(code),
        Action::MissingListKey => with_list(""),
        Action::EmptyList => with_list("<AccessDetails/>"),
        Action::OddKey => result.replace("</AccessKeyId>", "&#13;</AccessKeyId>"),
        _ => result,
    }
}

fn damaged_listing(
    action: &Action,
    context: &Context,
    mut members: Map<String, Value>,
) -> Map<String, Value> {
    if let Action::Member(name, value) = action {
        with_member(&mut members, name, value);
        return members;
    }
    let Some(list) = members.iter().find(|(_, value)| value.is_array()).map(|(name, _)| name.clone()) else {
        return members;
    };
    let next_token = |members: &mut Map<String, Value>, token: String| {
        members.insert("NextToken".to_owned(), Value::String(token));
    };
    match action {
        Action::MissingListKey => {
            members.remove(&list);
        }
        Action::EmptyList => {
            members.insert(list, Value::Array(Vec::new()));
            members.remove("NextToken");
        }
        Action::EmptyPageWithToken => {
            members.insert(list, Value::Array(Vec::new()));
            next_token(&mut members, paging::token_to_same_page(context.request));
        }
        Action::RepeatToken => {
            let own = context.request.input.text("NextToken").map(str::to_owned);
            next_token(&mut members, own.unwrap_or_else(|| paging::token_to_same_page(context.request)));
        }
        Action::DuplicateItems => {
            let again = first_item(context, &list);
            if let Some(Value::Array(items)) = members.get_mut(&list) {
                items.splice(0..0, again);
            }
        }
        Action::ConflictingItems => {
            if let Some(Value::Array(items)) = members.get_mut(&list) {
                items.extend(items.first().cloned().map(with_other_values));
            }
        }
        Action::NewTokens => {
            next_token(&mut members, format!("token-{}", context.number));
        }
        Action::Times(seconds) => {
            for item in members.get_mut(&list).and_then(Value::as_array_mut).into_iter().flatten() {
                let fields = item.as_object_mut().into_iter().flatten();
                let is_time = |name: &str| name.ends_with("At") || name.ends_with("Timestamp");
                for (_, value) in fields.filter(|(name, _)| is_time(name)) {
                    *value = (*seconds).into();
                }
            }
        }
        Action::OuInItself => {
            let parent = context.request.input.text("ParentId").unwrap_or_default().to_owned();
            let unit = json!({ "Id": parent, "Name": "In itself" });
            if let Some(Value::Array(items)) = members.get_mut(&list) {
                items.push(unit);
            }
        }
        _ => {}
    }
    members
}

/// Sets a member's value in the items of a listing, or in a description. Paths are lists.
fn with_member(members: &mut Map<String, Value>, name: &str, value: &str) {
    if let Some(member) = members.get_mut(name).filter(|member| member.is_string()) {
        *member = value.into();
        return;
    }
    let inner = members.values_mut().flat_map(|value| match value {
        Value::Array(items) => items.iter_mut().collect(),
        other => vec![other],
    });
    for item in inner.filter_map(Value::as_object_mut) {
        let value = if item.get(name).is_some_and(Value::is_array) { json!([value]) } else { value.into() };
        item.insert(name.to_owned(), value);
    }
}

/// Returns the item with another name or value, and the same key.
fn with_other_values(mut item: Value) -> Value {
    for name in ["DisplayName", "Name", "MembershipId", "Value"] {
        if let Some(Value::String(text)) = item.get_mut(name) {
            text.push_str(" again");
        }
    }
    item
}

/// Returns the first item of the listing's first page.
fn first_item(context: &Context, list: &str) -> Option<Value> {
    let first = first_page(context.request);
    match ops::answer(&Context { request: &first, ..*context }) {
        Ok(Answer::Json(members)) => members.get(list)?.as_array()?.first().cloned(),
        _ => None,
    }
}
