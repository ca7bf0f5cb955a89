//! The failures of calls and their meaning for the caller. `classification` derives it from AWS's answers.

mod classification;
mod clock;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::operation::Operation;
use crate::error::{Error, ErrorKind};
use crate::excerpt::{self, excerpt};

/// The meaning of a failure for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// AWS denied the call: an action, a resource policy, a key's permission or a network rule is missing.
    Denied,
    /// The quota is used up; the pacer slows down and the call is sent again.
    Throttled,
    /// A retry may help: a 5xx, a lost connection, a time-out, an unreadable answer.
    Transient,
    /// There is no connection: a transient failure, or the network is lost.
    Unreachable,
    /// The credentials expired or are missing: every other call would fail too.
    Expired,
    /// AWS refused the request's time: this machine's clock is wrong.
    ClockSkewed,
    /// A setting keeps the request from being built: a Region, an endpoint, a key.
    Misconfigured,
    /// AWS answered with another error, which its code names.
    Answered,
}

impl FailureClass {
    /// Returns the class of an AWS error code.
    pub fn of_code(code: &str) -> Self {
        classification::of_code(code)
    }

    /// Returns true if the same call may succeed later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Unreachable)
    }

    /// Returns true if every other call is expected to fail too.
    pub fn ends_all(self) -> bool {
        matches!(self, Self::Expired | Self::ClockSkewed | Self::Misconfigured | Self::Unreachable)
    }
}

/// The code of a connection whose certificate TLS refuses.
const CERTIFICATE_REFUSED: &str = "CertificateRefused";

/// A call that failed permanently, with the values that a gap records.
#[derive(Debug, Clone)]
pub struct CallFailure {
    /// The operation of the call.
    pub operation: Operation,
    /// The class, which decides whether the collection continues and which gap is recorded.
    pub class: FailureClass,
    /// AWS's error code, or the kind of failure if there was no answer.
    pub code: String,
    /// True if the HTTP status says that the endpoint has no such operation: 501 regardless of the code; 400, 404 or 405
    /// if the answer names no error.
    pub is_not_implemented: bool,
    /// True if the call was not sent, because the role in its account could not be assumed. Then the answer is STS's.
    pub role_not_assumed: bool,
    /// AWS's message, or the SDK's if there was no answer. Secrets are blanked out.
    pub message: String,
    /// The `Reason` of services that send one, e.g. `KMS_AccessDeniedException`.
    pub reason: Option<Box<str>>,
    /// The type of the missing resource, if a ResourceNotFound names it: `USER`, `GROUP`, `IDENTITY_STORE`, …
    pub resource_type: Option<Box<str>>,
    /// AWS's request id of the last attempt; `None` without an answer.
    pub request_id: Option<Box<str>>,
    /// The number of attempts.
    pub attempts: u32,
    /// The pause that AWS asked for.
    pub retry_after: Option<Duration>,
}

impl CallFailure {
    /// Returns the failure of an answer that cannot be used, with the reason.
    pub fn unusable(operation: Operation, message: String) -> Self {
        Self {
            operation,
            class: FailureClass::Answered,
            code: "UnusableAnswer".to_owned(),
            is_not_implemented: false,
            role_not_assumed: false,
            message: excerpt(&message, excerpt::MESSAGE).into_owned(),
            reason: None,
            resource_type: None,
            request_id: None,
            attempts: 1,
            retry_after: None,
        }
    }

    /// Returns the failure of a call on which the SDK panicked.
    pub(super) fn sdk_panicked(operation: Operation) -> Self {
        let message = "the AWS SDK cannot make this request, or cannot read its answer".to_owned();
        Self { code: "SdkPanicked".to_owned(), ..Self::unusable(operation, message) }
    }

    /// Returns the failure of a call that was not sent (again) after this many attempts, because calls were ended.
    pub fn not_sent(operation: Operation, attempts: u32) -> Self {
        let message = "not sent: the collection is stopping".to_owned();
        let code = "NotSent".to_owned();
        Self { class: FailureClass::Transient, code, attempts, ..Self::unusable(operation, message) }
    }

    /// Returns the failure of a call that was not sent, because no role is named to assume in the account.
    pub fn without_account_role(operation: Operation) -> Self {
        let message = "not sent: no role is named to assume in the account".to_owned();
        let code = "NoAccountRole".to_owned();
        Self { class: FailureClass::Denied, code, attempts: 0, ..Self::unusable(operation, message) }
    }

    /// Returns true if the code is one of these and the cause is not a KMS key. A KMS reason inside a ResourceNotFound
    /// means that the key could not be used, not that the resource is missing.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.reason.is_none() && codes.contains(&self.code.as_str())
    }

    /// Returns true if the service does not offer the operation here, because the partition or the endpoint lacks it.
    pub fn is_not_offered(&self) -> bool {
        self.is_not_implemented
            || self.is(&[
                "InvalidAction",
                "UnknownOperation",
                "UnknownOperationException",
                "UnsupportedAPIEndpointException",
            ])
    }

    /// Returns true if a resource of this type was not found. If instead the store or the instance around it was not
    /// found, the answer proves nothing about the resource.
    pub fn says_gone(&self, resource_type: &str) -> bool {
        self.is(&["ResourceNotFoundException"])
            && self.resource_type.as_deref().is_none_or(|found| found == resource_type)
    }

    /// Converts the failure to the error of a command that requires this call.
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

    /// Returns the remedy for the user, who then runs the same command again.
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

    /// Returns true if the access key id is unknown to the endpoint: it is wrong, or the account has not enabled the
    /// Region.
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
