//! The two wire protocols, AWS JSON 1.1 and AWS Query. This module parses requests, and writes errors.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>,
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>. Knows no operation.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A simulated service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// AWS JSON, target `SWBExternalService`.
    SsoAdmin,
    /// AWS JSON, target `AWSIdentityStore`.
    IdentityStore,
    /// AWS JSON, target `AWSOrganizationsV20161128`.
    Organizations,
    /// AWS Query, version `2010-05-08`.
    Iam,
    /// AWS Query, version `2011-06-15`.
    Sts,
}

impl Service {
    /// Returns the name that the command line and the SDK crates use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    fn of_target(prefix: &str) -> Option<Self> {
        match prefix {
            "SWBExternalService" => Some(Self::SsoAdmin),
            "AWSIdentityStore" => Some(Self::IdentityStore),
            "AWSOrganizationsV20161128" => Some(Self::Organizations),
            _ => None,
        }
    }

    fn of_version(version: &str) -> Option<Self> {
        match version {
            "2010-05-08" => Some(Self::Iam),
            "2011-06-15" => Some(Self::Sts),
            _ => None,
        }
    }

    pub(super) fn speaks_json(self) -> bool {
        !matches!(self, Self::Iam | Self::Sts)
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            _ => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

/// A parsed request.
#[derive(Debug)]
pub(super) struct Request {
    pub service: Service,
    pub operation: String,
    pub input: Input,
    pub signature: Option<Signature>,
}

/// The signing key and session, and the Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub access_key_id: String,
    pub session_token: Option<String>,
    pub region: String,
}

impl Signature {
    /// Parses `AWS4-HMAC-SHA256 Credential=AKID/20260301/us-east-1/sso/aws4_request, …`.
    pub fn parse(authorization: &str, session_token: Option<&str>) -> Option<Self> {
        let (_, credential) = authorization.split_once("Credential=")?;
        let mut parts = credential.split(',').next()?.split('/');
        let access_key_id = parts.next()?.to_owned();
        let region = parts.nth(1)?.to_owned();
        Some(Self { access_key_id, session_token: session_token.map(str::to_owned), region })
    }
}

/// An operation's parameters.
#[derive(Debug, Default)]
pub(super) struct Input(pub Map<String, Value>);

impl Input {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns a number. In the Query protocol numbers are text.
    pub fn number(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }
}

/// Parses a request; `None` if it names no simulated service.
pub(super) fn parse(target: Option<&str>, body: &[u8], signature: Option<Signature>) -> Option<Request> {
    if let Some((prefix, operation)) = target.and_then(|target| target.split_once('.')) {
        let service = Service::of_target(prefix)?;
        let input = serde_json::from_slice(body).unwrap_or_default();
        return Some(Request { service, operation: operation.to_owned(), input: Input(input), signature });
    }
    let mut form: Map<String, Value> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let operation = form.remove("Action")?.as_str()?.to_owned();
    let service = Service::of_version(form.remove("Version")?.as_str()?)?;
    Some(Request { service, operation, input: Input(form), signature })
}

/// A refusal in the service's words.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Further members of a JSON error, e.g. `Reason`.
    pub members: Vec<(&'static str, Value)>,
}

impl ApiError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), members: Vec::new() }
    }

    /// Returns the refusal of invalid input.
    pub fn invalid(service: Service, message: impl Into<String>) -> Self {
        match service {
            Service::Organizations => {
                Self::new(400, "InvalidInputException", message).with("Reason", "INVALID_PATTERN")
            }
            Service::Iam | Service::Sts => Self::new(400, "ValidationError", message),
            _ => Self::new(400, "ValidationException", message),
        }
    }

    pub fn denied(service: Service, message: impl Into<String>) -> Self {
        match service {
            Service::Iam | Service::Sts => Self::new(403, "AccessDenied", message),
            _ => Self::new(400, "AccessDeniedException", message),
        }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(400, "ResourceNotFoundException", message)
    }

    pub fn throttled(service: Service) -> Self {
        match service {
            // Organizations throttles with 400, not 429 (https://github.com/aws/aws-sdk-js/issues/2135).
            Service::Organizations => Self::new(
                400,
                "TooManyRequestsException",
                "You have sent too many requests in too short a period of time.",
            ),
            Service::Iam | Service::Sts => Self::new(400, "Throttling", "Rate exceeded"),
            Service::SsoAdmin | Service::IdentityStore => {
                Self::new(400, "ThrottlingException", "Rate exceeded")
            }
        }
    }

    /// Returns the refusal of a second report: one may be in progress in the whole organization.
    pub fn report_in_progress() -> Self {
        Self::new(409, "ReportGenerationLimitExceeded", "Maximum number of concurrent jobs exceeded")
    }

    pub fn unknown_operation(service: Service, operation: &str) -> Self {
        match service {
            Service::Iam | Service::Sts => {
                Self::new(400, "InvalidAction", format!("Could not find operation {operation}"))
            }
            _ => Self::new(400, "UnknownOperationException", ""),
        }
    }

    /// Adds a member to a JSON error.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Returns the body in the service's protocol.
    pub fn body(&self, service: Service, request_id: &str) -> String {
        if service.speaks_json() {
            let mut body = Map::new();
            body.insert("__type".to_owned(), self.code.into());
            if !self.message.is_empty() {
                body.insert("Message".to_owned(), self.message.as_str().into());
            }
            for (name, value) in &self.members {
                body.insert((*name).to_owned(), value.clone());
            }
            return Value::Object(body).to_string();
        }
        let side = if self.status < 500 { "Sender" } else { "Receiver" };
        format!(
            "<ErrorResponse xmlns=\"{}\"><Error><Type>{side}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            service.namespace(),
            self.code,
            escape(&self.message)
        )
    }
}

/// A successful answer.
#[derive(Debug)]
pub(super) enum Answer {
    Json(Map<String, Value>),
    /// The content of `<…Result>`.
    Xml(String),
}

impl Answer {
    /// Returns the body in the service's protocol.
    pub fn body(&self, service: Service, operation: &str, request_id: &str) -> String {
        match self {
            Self::Json(members) => {
                serde_json::to_string(members).expect("a map of JSON values is always JSON")
            }
            Self::Xml(result) => format!(
                "<{operation}Response xmlns=\"{}\"><{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>",
                service.namespace()
            ),
        }
    }
}

/// Appends `<name>value</name>`.
pub(super) fn element(xml: &mut String, name: &str, value: impl std::fmt::Display) {
    let value = escape(&value.to_string());
    write!(xml, "<{name}>{value}</{name}>").expect("writing to a string cannot fail");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
