//! What can go wrong with a call, and what that means for whoever called; `classification` tells it from AWS's
//! answers.

mod classification;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::operation::Operation;
use crate::error::{Error, ErrorKind};

/// What a failure means for whoever called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// AWS refused: an action, a resource policy, a key or a network rule is missing.
    Denied,
    /// The quota is used up; the pacer slows down and the call is sent again.
    Throttled,
    /// Worth another try: a 5xx, a lost connection, a time-out, an answer that could not be read.
    Transient,
    /// No connection at all: transient, and perhaps the network is gone.
    Unreachable,
    /// The credentials ended or there are none: nothing else will work either.
    Expired,
    /// AWS answered with another error; its code says which.
    Answered,
}

impl FailureClass {
    /// Whether the same call may well succeed later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Unreachable)
    }

    /// Whether no other call can be expected to fare better.
    pub fn ends_all(self) -> bool {
        matches!(self, Self::Expired | Self::Unreachable)
    }
}

/// A call that failed for good, with what a gap records of it.
#[derive(Debug, Clone)]
pub struct CallFailure {
    pub operation: Operation,
    pub class: FailureClass,
    /// AWS's error code, or what kind of failure there was without an answer.
    pub code: String,
    pub message: String,
    /// The `Reason` of services that give one, e.g. `KMS_AccessDeniedException`.
    pub reason: Option<Box<str>>,
    /// What was not found, where a ResourceNotFound says so: `USER`, `GROUP`, `IDENTITY_STORE`, …
    pub resource_type: Option<Box<str>>,
    pub request_id: Option<Box<str>>,
    /// How often it was tried.
    pub attempts: u32,
    /// How long AWS asked to wait.
    pub retry_after: Option<Duration>,
}

impl CallFailure {
    /// An answer that cannot be used as it is, and why.
    pub fn unusable(operation: Operation, message: String) -> Self {
        Self {
            operation,
            class: FailureClass::Answered,
            code: "UnusableAnswer".to_owned(),
            message,
            reason: None,
            resource_type: None,
            request_id: None,
            attempts: 1,
            retry_after: None,
        }
    }

    /// A call that was not sent (again) after so many attempts, for calls were ended meanwhile.
    pub fn not_sent(operation: Operation, attempts: u32) -> Self {
        let message = "not sent: no more calls are".to_owned();
        let code = "NotSent".to_owned();
        Self { class: FailureClass::Transient, code, attempts, ..Self::unusable(operation, message) }
    }

    /// Whether the code is one of these and no key trouble hides behind it: a KMS reason inside a
    /// ResourceNotFound means that the key could not be used, not that the thing is gone.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.reason.is_none() && codes.contains(&self.code.as_str())
    }

    /// Whether a thing of this type was not found: that the store or the instance around it was not found says
    /// nothing about the thing.
    pub fn says_gone(&self, resource_type: &str) -> bool {
        self.is(&["ResourceNotFoundException"])
            && self.resource_type.as_deref().is_none_or(|found| found == resource_type)
    }

    /// The failure as the error of a command that cannot do without this call.
    pub fn into_error(self) -> Error {
        let Self { operation, class, code, message, .. } = &self;
        let kind = match class {
            FailureClass::Unreachable | FailureClass::Expired => ErrorKind::Resumable,
            _ => ErrorKind::Failed,
        };
        let error = Error::new(kind, format!("{operation} failed")).caused_by(format!("{code}: {message}"));
        match class {
            FailureClass::Denied => match operation.action() {
                Some(action) => error
                    .hint(format!("allow the action {action} (`orgcensus iam-policy` prints the whole policy)")),
                None => error,
            },
            FailureClass::Expired => error.hint(
                "sign in again (e.g. `aws sso login --profile …`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID, and \
                 run the command again",
            ),
            FailureClass::Unreachable => {
                error.hint("check the network, the proxy and AWS_ENDPOINT_URL, and run the command again")
            }
            FailureClass::Throttled => error.hint("others use the same quota: try again later, or with --share 50"),
            FailureClass::Transient | FailureClass::Answered => error,
        }
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.code, self.message)
    }
}

impl StdError for CallFailure {}
