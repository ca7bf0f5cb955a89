//! The one classification of failed calls, by the answer's error code, HTTP status and body.

use std::error::Error as StdError;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::clock::is_about_the_clock;
use super::{CERTIFICATE_REFUSED, CallFailure, FailureClass};
use crate::aws::credentials::{BadKeys, RoleNotAssumed};
use crate::aws::http;
use crate::aws::operation::Operation;
use crate::excerpt::{self, excerpt};

impl CallFailure {
    /// Classifies one failed attempt.
    ///
    /// Codes are matched as text, not as the SDK's variants, because some operations return codes that they do not
    /// declare (for example the access report's AccessDenied).
    pub fn of<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut details = Details::default();
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        let (class, code, message, meta) = match error {
            SdkError::ServiceError(service) => {
                let meta = service.err().meta().clone();
                let status = service.raw().status().as_u16();
                details = Details::of(service.raw().body().bytes());
                let code = meta.code().filter(|code| !code.is_empty()).map(plain_code);
                let class = classify_answer(code, status);
                let cause = || chain(service.err());
                let (code, message) = match (code, meta.message()) {
                    (Some(code), message) => (code.to_owned(), message.map_or_else(cause, str::to_owned)),
                    (None, Some(message)) => (unreadable(status, cause()).0, message.to_owned()),
                    (None, None) => unreadable(status, cause()),
                };
                (class, code, message, Some(meta))
            }
            SdkError::ResponseError(_) if http::is_too_long(error) => {
                let message = format!("the answer is longer than {} MiB", http::LONGEST_ANSWER);
                (FailureClass::Answered, "AnswerTooLong".to_owned(), message, None)
            }
            SdkError::ResponseError(response) => {
                let status = response.raw().status().as_u16();
                let (code, message) = unreadable(status, chain(error));
                let class = match status {
                    501 => FailureClass::Answered,
                    _ => FailureClass::Transient,
                };
                (class, code, message, None)
            }
            SdkError::TimeoutError(_) => (FailureClass::Transient, "Timeout".to_owned(), chain(error), None),
            SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => {
                (FailureClass::Unreachable, "Timeout".to_owned(), chain(error), None)
            }
            SdkError::DispatchFailure(dispatch) if dispatch.is_io() => {
                let message = chain(error);
                let code = if message.contains("invalid peer certificate") {
                    CERTIFICATE_REFUSED
                } else {
                    "ConnectionFailed"
                };
                (FailureClass::Unreachable, code.to_owned(), message, None)
            }
            other if let Some(RoleNotAssumed { code, message, is_last }) = RoleNotAssumed::behind(other) => {
                let class = match code {
                    Some(code) => classify_answer(Some(code), 403),
                    None if *is_last => FailureClass::Answered,
                    None => FailureClass::Transient,
                };
                let code = code.as_deref().unwrap_or("RoleNotAssumed");
                (class, code.to_owned(), message.clone(), None)
            }
            other => {
                let message = chain(other);
                let (class, code) = classify_unsent(other, &message);
                (class, code.to_owned(), message, None)
            }
        };
        let request_id = meta.as_ref().and_then(request_id);
        // AWS always names an error. An endpoint that stands in for AWS may have no page for an operation.
        let names_no_error = meta.as_ref().and_then(ErrorMetadata::code).is_none_or(str::is_empty);
        let is_not_implemented = match status {
            Some(501) => true,
            Some(400 | 404 | 405) => names_no_error,
            _ => false,
        };
        let Details { reason, resource_type, retry_after } = details;
        // The key caused this failure, so the code alone does not mean "missing" or "throttled by the service".
        let class = match reason.as_deref() {
            Some(reason) if reason.starts_with("KMS_") && class == FailureClass::Answered => {
                FailureClass::Denied
            }
            _ => class,
        };
        let class = match class {
            FailureClass::Expired | FailureClass::Answered if is_about_the_clock(&code, &message) => {
                FailureClass::ClockSkewed
            }
            _ => class,
        };
        let message = excerpt(&message, excerpt::MESSAGE);
        let message = match &reason {
            Some(reason) => format!("{message} ({reason})"),
            None => message.into_owned(),
        };
        let code = excerpt(&code, excerpt::WORD).into_owned();
        Self {
            operation,
            class,
            code,
            is_not_implemented,
            role_not_assumed: RoleNotAssumed::behind(error).is_some(),
            message,
            reason,
            resource_type,
            request_id,
            attempts: 1,
            retry_after,
        }
    }
}

/// Classifies the failure of a request that was not sent. Before sending, the SDK finds the endpoint and signs.
fn classify_unsent<E: StdError + 'static>(
    error: &SdkError<E, HttpResponse>,
    message: &str,
) -> (FailureClass, &'static str) {
    let is_user = matches!(error, SdkError::DispatchFailure(dispatch) if dispatch.is_user());
    if BadKeys::among(error).is_some() {
        (FailureClass::Misconfigured, "CredentialsUnusable")
    } else if message.to_lowercase().contains("credential") || message.contains("token") {
        (FailureClass::Expired, "CredentialsUnavailable")
    } else if message.contains("invalid peer certificate") {
        (FailureClass::Unreachable, CERTIFICATE_REFUSED)
    } else if is_user || message.contains("endpoint") || matches!(error, SdkError::ConstructionFailure(_)) {
        (FailureClass::Misconfigured, "RequestNotMade")
    } else {
        (FailureClass::Unreachable, "DispatchFailure")
    }
}

/// Classifies an error code, regardless of the HTTP status.
pub(super) fn of_code(code: &str) -> FailureClass {
    classify_answer(Some(code), 400)
}

/// Classifies an error code, or the HTTP status if there is no code.
/// Sources: the error shapes of each service's API model (botocore); the SDK's own list of throttling codes
/// (`THROTTLING_ERRORS` of aws-runtime).
fn classify_answer(code: Option<&str>, status: u16) -> FailureClass {
    match code.unwrap_or_default() {
        // The endpoint does not have the operation, so a retry is pointless. LocalStack sends the code InternalFailure.
        _ if status == 501 => FailureClass::Answered,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "LimitExceededException"
        | "BandwidthLimitExceeded" => FailureClass::Throttled,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "UnauthorizedException"
        | "AccessDeniedForDependencyException"
        | "OptInRequired" => FailureClass::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "TokenRefreshRequired" => FailureClass::Expired,
        "InternalServerException"
        | "InternalServerError"
        | "InternalFailure"
        | "InternalError"
        | "ServiceException"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ConcurrentModificationException"
        | "TransientError" => FailureClass::Transient,
        _ if status == 429 => FailureClass::Throttled,
        _ if status >= 500 => FailureClass::Transient,
        "" if status == 403 || status == 401 => FailureClass::Denied,
        // An error status with a body that contains no error comes from an intermediary.
        "" => FailureClass::Transient,
        _ => FailureClass::Answered,
    }
}

/// Returns the code and the message for an answer that is readable neither as a result nor as an error. The SDK's own
/// message names only the point at which its parser failed. The SDK reports an unreadable success as an error of the
/// service, so only the status tells the two apart.
fn unreadable(status: u16, cause: String) -> (String, String) {
    if status < 300 {
        ("UnreadableAnswer".to_owned(), format!("the answer (HTTP {status}) cannot be read: {cause}"))
    } else {
        (
            format!("HTTP{status}"),
            format!("the answer (HTTP {status}) holds no error that can be read: {cause}"),
        )
    }
}

/// Returns the plain code. JSON 1.1 services may send `prefix#Code` or `Code:uri`.
fn plain_code(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code)
}

/// The additional members that some services put into the body of an error. The SDKs model them only on single errors,
/// and do not model the identity store's retry hint at all.
#[derive(Debug, Default)]
struct Details {
    reason: Option<Box<str>>,
    resource_type: Option<Box<str>>,
    retry_after: Option<Duration>,
}

impl Details {
    fn of(body: Option<&[u8]>) -> Self {
        let json = body.and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
        let Some(json) = json else { return Self::default() };
        let text = |name: &str| {
            let text = json[name].as_str().filter(|text| !text.is_empty())?;
            Some(Box::from(&*excerpt(text, excerpt::WORD)))
        };
        Self {
            reason: text("Reason"),
            resource_type: text("ResourceType"),
            retry_after: json["RetryAfterSeconds"]
                .as_f64()
                .filter(|seconds| (0.0..=60.0).contains(seconds))
                .map(Duration::from_secs_f64),
        }
    }
}

fn request_id(meta: &ErrorMetadata) -> Option<Box<str>> {
    meta.extra("aws_request_id").map(|id| Box::from(&*excerpt(id, excerpt::WORD)))
}

/// Returns an error and its sources, in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_services_throttle_code_is_a_throttle_whatever_its_http_status() {
        for code in ["ThrottlingException", "TooManyRequestsException", "Throttling"] {
            assert_eq!(classify_answer(Some(code), 400), FailureClass::Throttled, "{code}");
        }
    }

    #[test]
    fn an_error_page_of_somebody_in_between_is_transient() {
        assert_eq!(classify_answer(None, 500), FailureClass::Transient);
        assert_eq!(classify_answer(None, 400), FailureClass::Transient);
        assert_eq!(classify_answer(None, 403), FailureClass::Denied);
        for code in [None, Some("InternalFailure"), Some("NotImplemented")] {
            assert_eq!(classify_answer(code, 501), FailureClass::Answered, "nobody has the operation");
        }
    }

    #[test]
    fn an_unreadable_answer_says_whether_it_was_meant_as_a_success() {
        let (code, message) = unreadable(200, "expected text".to_owned());
        assert_eq!(code, "UnreadableAnswer");
        assert_eq!(message, "the answer (HTTP 200) cannot be read: expected text");
        let (code, message) = unreadable(500, "no root element".to_owned());
        assert_eq!(code, "HTTP500");
        assert_eq!(message, "the answer (HTTP 500) holds no error that can be read: no root element");
    }

    #[test]
    fn what_an_error_leaves_empty_it_does_not_say() {
        let details = Details::of(Some(br#"{"Reason": "", "ResourceType": null, "RetryAfterSeconds": 1.5}"#));
        assert_eq!((details.reason, details.resource_type), (None, None));
        assert_eq!(details.retry_after, Some(Duration::from_millis(1500)));
        let details = Details::of(Some(br#"{"Reason": "KMS_NotFoundException", "ResourceType": "GROUP"}"#));
        assert_eq!(details.reason.as_deref(), Some("KMS_NotFoundException"));
        assert_eq!(details.resource_type.as_deref(), Some("GROUP"));
    }

    #[test]
    fn other_answers_keep_their_code() {
        assert_eq!(classify_answer(Some("ResourceNotFoundException"), 400), FailureClass::Answered);
        assert_eq!(plain_code("com.amazonaws.sso#ResourceNotFoundException"), "ResourceNotFoundException");
    }
}
