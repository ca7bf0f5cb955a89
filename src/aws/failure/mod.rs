//! What can go wrong with a call, and what that means for whoever called; `classification` tells it from AWS's
//! answers.

mod classification;
mod clock;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::operation::Operation;
use crate::error::{Error, ErrorKind};
use crate::excerpt::{self, excerpt};

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
    /// AWS refused the request's time: this machine's clock is wrong.
    ClockSkewed,
    /// A setting keeps the request from being made: a Region, an endpoint, a key.
    Misconfigured,
    /// AWS answered with another error; its code says which.
    Answered,
}

impl FailureClass {
    /// What an error code of AWS means.
    pub fn of_code(code: &str) -> Self {
        classification::of_code(code)
    }

    /// Whether the same call may well succeed later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Unreachable)
    }

    /// Whether no other call can be expected to fare better.
    pub fn ends_all(self) -> bool {
        matches!(self, Self::Expired | Self::ClockSkewed | Self::Misconfigured | Self::Unreachable)
    }
}

/// The code of a connection whose certificate TLS refuses.
const CERTIFICATE_REFUSED: &str = "CertificateRefused";

/// A call that failed for good, with what a gap records of it.
#[derive(Debug, Clone)]
pub struct CallFailure {
    /// The operation that was called, or was about to be.
    pub operation: Operation,
    /// Decides whether the collection goes on, and which gap is recorded.
    pub class: FailureClass,
    /// AWS's error code, or what kind of failure there was without an answer.
    pub code: String,
    /// Whether the answer was HTTP 501: whoever answers has no such operation, whatever its code says.
    pub is_not_implemented: bool,
    /// AWS's message, or the SDK's of a failure without an answer; secrets are blanked out.
    pub message: String,
    /// The `Reason` of services that give one, e.g. `KMS_AccessDeniedException`.
    pub reason: Option<Box<str>>,
    /// What was not found, where a ResourceNotFound says so: `USER`, `GROUP`, `IDENTITY_STORE`, …
    pub resource_type: Option<Box<str>>,
    /// AWS's request id of the last attempt; `None` without an answer.
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
            is_not_implemented: false,
            message: excerpt(&message, excerpt::MESSAGE).into_owned(),
            reason: None,
            resource_type: None,
            request_id: None,
            attempts: 1,
            retry_after: None,
        }
    }

    /// A call that the SDK panicked at.
    pub(super) fn sdk_panicked(operation: Operation) -> Self {
        let message = "the AWS SDK cannot make this request, or cannot read its answer".to_owned();
        Self { code: "SdkPanicked".to_owned(), ..Self::unusable(operation, message) }
    }

    /// A call that was not sent (again) after so many attempts, for calls were ended meanwhile.
    pub fn not_sent(operation: Operation, attempts: u32) -> Self {
        let message = "not sent: no more calls are".to_owned();
        let code = "NotSent".to_owned();
        Self { class: FailureClass::Transient, code, attempts, ..Self::unusable(operation, message) }
    }

    /// A call that was not sent, for no role is named to assume in the account.
    pub fn without_account_role(operation: Operation) -> Self {
        let message = "not sent: no role is named to assume in the account".to_owned();
        let code = "NoAccountRole".to_owned();
        Self { class: FailureClass::Denied, code, attempts: 0, ..Self::unusable(operation, message) }
    }

    /// Whether the code is one of these and no key trouble hides behind it: a KMS reason inside a
    /// ResourceNotFound means that the key could not be used, not that the thing is gone.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.reason.is_none() && codes.contains(&self.code.as_str())
    }

    /// Whether the service does not offer the operation here: the partition, or the endpoint, has none of it.
    pub fn is_not_offered(&self) -> bool {
        self.is_not_implemented
            || self.is(&["UnknownOperationException", "UnsupportedAPIEndpointException", "InvalidAction"])
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
            FailureClass::Unreachable | FailureClass::Expired | FailureClass::ClockSkewed => {
                ErrorKind::Resumable
            }
            FailureClass::Misconfigured => ErrorKind::Usage,
            FailureClass::Denied
            | FailureClass::Throttled
            | FailureClass::Transient
            | FailureClass::Answered => ErrorKind::Failed,
        };
        Error::new(kind, format!("{operation} failed"))
            .caused_by(format!("{code}: {message}"))
            .hint_if_any(self.remedy())
    }

    /// What a person can do about it, to be followed by the same command.
    pub fn remedy(&self) -> Option<String> {
        let remedy = match self.class {
            FailureClass::Denied => {
                let action = self.operation.action()?;
                return Some(format!(
                    "allow the action {action} (`orgcensus iam-policy` prints the whole policy)"
                ));
            }
            FailureClass::ClockSkewed => return Some(clock::remedy(&self.message)),
            FailureClass::Expired if self.is_about_the_secret() => {
                "the secret access key does not belong to the access key id: set both again, and run the command \
                 again"
            }
            FailureClass::Expired if self.is_about_the_key() => {
                "the access key id is not known: it was deleted, or it belongs to another partition. Set other \
                 keys or sign in again (e.g. `aws sso login --profile …`), and run the command again"
            }
            FailureClass::Expired => {
                "sign in again (e.g. `aws sso login --profile …`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID, and \
                 run the command again"
            }
            FailureClass::Misconfigured => {
                "check the Region (--region, AWS_REGION), the endpoint (AWS_ENDPOINT_URL) and the credentials"
            }
            FailureClass::Unreachable if self.code == CERTIFICATE_REFUSED => {
                "where a proxy or a private endpoint has its own certificate authority, name its PEM file in \
                 AWS_CA_BUNDLE, and run the command again"
            }
            FailureClass::Unreachable => {
                "check the network, the proxy and AWS_ENDPOINT_URL, and run the command again"
            }
            FailureClass::Throttled => "others use the same quota: try again later, or with --share 50",
            FailureClass::Transient | FailureClass::Answered => return None,
        };
        Some(remedy.to_owned())
    }

    /// Whether the access key id is not known where it was sent: it is wrong, or the Region is one that the
    /// account has not enabled.
    pub fn is_about_the_key(&self) -> bool {
        self.class == FailureClass::Expired
            && ["UnrecognizedClientException", "InvalidClientTokenId"].contains(&self.code.as_str())
    }

    fn is_about_the_secret(&self) -> bool {
        ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(&self.code.as_str())
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.code, self.message)
    }
}

impl StdError for CallFailure {}
