//! When a listing begins again and when a collection stops, and what a stop says.

use crate::aws::{CallFailure, FailureClass, caller};
use crate::collect::preflight::Context;
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

/// One connection that failed may be one host's; the caller's own identity can be asked for from anywhere.
pub(super) async fn network_is_lost(context: &Context) -> bool {
    context.caller.is_some()
        && matches!(caller(&context.aws).await, Err(failure) if failure.class == FailureClass::Unreachable)
}

/// The user, or a service manager, asked for the end.
pub(in crate::collect) fn stopped_by_hand() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted; nothing was published")
        .hint("run the same command again to resume where it stopped")
}

/// The credentials serve no longer.
pub(super) fn credentials_ended(failure: &CallFailure) -> Error {
    Error::new(ErrorKind::Resumable, "the credentials ended before the collection did; nothing was published")
        .caused_by(failure.to_string())
        .hint(
            "sign in again (e.g. `aws sso login --profile …`) and run the same command again: it resumes where \
             it stopped",
        )
}

/// Nothing can be reached any more.
pub(super) fn network_lost(failure: &CallFailure) -> Error {
    Error::new(ErrorKind::Resumable, "the network was lost; nothing was published")
        .caused_by(failure.to_string())
        .hint("run the same command again once there is a connection: it resumes where it stopped")
}
