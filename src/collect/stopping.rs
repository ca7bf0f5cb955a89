//! Decides when a listing begins again and when a collection stops, and builds the error of a stop.

use super::context::Context;
use crate::aws::{CallFailure, FailureClass, caller};
use crate::error::{Error, ErrorKind};

/// Returns true if AWS refused a later page's token. Token lifetimes are not documented, so the listing begins again,
/// once.
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

/// Returns the error of a stop requested by the user or a service manager.
pub(super) fn stopped_by_hand() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted; nothing was published")
        .hint("run the same command again to resume where it stopped")
}

/// Returns the error that makes all other calls pointless too; `None` if other calls may succeed.
pub(super) async fn stopped_by(failure: &CallFailure, context: &Context) -> Option<Error> {
    let what =
        match failure.class {
            FailureClass::Expired if failure.is_about_the_key() && is_known_at_home(context).await => {
                return Some(region_not_enabled(failure, context.aws.region()));
            }
            FailureClass::Expired => "the credentials expired",
            FailureClass::ClockSkewed => "AWS rejects requests because of this machine's clock",
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

/// Returns the error of credentials that are valid, but unknown in this Region.
pub(super) fn region_not_enabled(failure: &CallFailure, region: &str) -> Error {
    let operation = failure.operation;
    stopped(&format!("the credentials are valid, but {operation} in {region} rejects them"), failure)
        .hint(format!(
            "{region} is most likely a Region that the account has not enabled: enable it (AWS Account Management, \
             AWS Regions), or pass the Region of the Identity Center instance with --region"
        ))
}

fn stopped(what: &str, failure: &CallFailure) -> Error {
    Error::new(ErrorKind::Resumable, format!("{what}; nothing was published")).caused_by(failure.to_string())
}

/// Returns true if the network is lost. A failed connection may concern one host only, so the caller's identity is
/// requested again.
async fn network_is_lost(context: &Context) -> bool {
    context.caller.is_some()
        && matches!(caller(&context.aws).await, Err(failure) if failure.class == FailureClass::Unreachable)
}

/// Returns true if the credentials are still valid in the Region that was requested.
async fn is_known_at_home(context: &Context) -> bool {
    caller(&context.home).await.is_ok()
}
