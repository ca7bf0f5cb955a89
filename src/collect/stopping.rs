//! When a listing begins again and when a collection stops, and what a stop says.

use super::context::Context;
use crate::aws::{CallFailure, FailureClass, caller};
use crate::error::{Error, ErrorKind};

/// Token lifetimes are not documented: a refusal of a later page's request begins the listing again, once.
pub(super) fn token_refused(failure: &CallFailure, token: Option<&str>) -> bool {
    token.is_some()
        && matches!(
            failure.code.as_str(),
            "ValidationException"
                | "InvalidInputException"
                | "ValidationError"
                | "InvalidNextTokenException"
                | "InvalidPaginationTokenException"
                | "ExpiredNextTokenException"
                | "InvalidInput"
                | "InvalidToken"
        )
}

/// The user, or a service manager, asked for the end.
pub(super) fn stopped_by_hand() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted; nothing was published")
        .hint("run the same command again to resume where it stopped")
}

/// Why nothing else can be asked after this failure either; `None` where something else may well be answered.
pub(super) async fn stopped_by(failure: &CallFailure, context: &Context) -> Option<Error> {
    let what =
        match failure.class {
            FailureClass::Expired if failure.is_about_the_key() && is_known_at_home(context).await => {
                return Some(region_not_enabled(failure, context.aws.region()));
            }
            FailureClass::Expired => "the credentials ended before the collection did",
            FailureClass::ClockSkewed => "AWS refuses this machine's time",
            FailureClass::Misconfigured => "no request can be made any more",
            FailureClass::Unreachable if network_is_lost(context).await => {
                return Some(stopped("the network was lost", failure).hint(
                    "run the same command again once there is a connection: it resumes where it stopped",
                ));
            }
            FailureClass::Unreachable
            | FailureClass::Denied
            | FailureClass::Throttled
            | FailureClass::Transient
            | FailureClass::Answered => return None,
        };
    let error = stopped(what, failure).hint_if_any(failure.remedy());
    Some(error.hint("run the same command again: it resumes where it stopped"))
}

/// AWS knows the credentials, but not in this Region.
pub(super) fn region_not_enabled(failure: &CallFailure, region: &str) -> Error {
    let operation = failure.operation;
    stopped(&format!("the credentials are valid, but {operation} in {region} does not know them"), failure)
        .hint(format!(
            "{region} is most likely a Region that the account has not enabled: enable it (AWS Account Management, \
             AWS Regions), or pass the Region of the Identity Center instance with --region"
        ))
}

fn stopped(what: &str, failure: &CallFailure) -> Error {
    Error::new(ErrorKind::Resumable, format!("{what}; nothing was published")).caused_by(failure.to_string())
}

/// One connection that failed may be one host's; the caller's own identity can be asked for from anywhere.
async fn network_is_lost(context: &Context) -> bool {
    context.caller.is_some()
        && matches!(caller(&context.aws).await, Err(failure) if failure.class == FailureClass::Unreachable)
}

/// Whether the credentials are still known in the Region that was asked first.
async fn is_known_at_home(context: &Context) -> bool {
    caller(&context.home).await.is_ok()
}
