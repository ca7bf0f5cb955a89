//! Handles a call before and after its operation: credentials, faults, buckets, the log.
//!
//! `http` provides the bytes, and `ops` the answers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use bytes::Bytes;

use super::access_report::Reports;
use super::calls::{Call, Calls};
use super::config::Config;
use super::credential_reports::CredentialReports;
use super::credentials::{Credentials, account_of};
use super::damage;
use super::dice;
use super::faults::{Action, Faults};
use super::history::History;
use super::ops::{self, Context};
use super::organization::World;
use super::protocol::{self, ApiError, Request, Service, Signature};
use super::throttle::Buckets;

/// The state of the running simulator.
#[derive(Debug)]
pub(super) struct State {
    pub config: Config,
    pub history: History,
    pub current: RwLock<Arc<World>>,
    pub calls: Calls,
    pub faults: Faults,
    pub reports: Reports,
    pub credential_reports: CredentialReports,
    pub credentials: Credentials,
    pub buckets: Buckets,
    /// The inline policies set in place of the organization's own, by permission set.
    pub inline_policies: RwLock<BTreeMap<String, String>>,
    requests: AtomicU64,
}

/// The end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    /// Truncated in the middle.
    Truncated,
    Never,
}

/// The reply over the connection.
pub(super) enum Reply {
    Answer {
        status: u16,
        content_type: &'static str,
        request_id: String,
        body: String,
        ending: Ending,
    },
    /// Closes the connection without an answer.
    Reset,
    /// Waits until the client disconnects.
    Hang,
}

impl State {
    pub fn new(config: Config) -> Self {
        let history = History::new(config.clone());
        let current = RwLock::new(history.day(0));
        let buckets = Buckets::new(config.throttling);
        Self {
            config,
            history,
            current,
            calls: Calls::new(),
            faults: Faults::default(),
            reports: Reports::default(),
            credential_reports: CredentialReports::default(),
            credentials: Credentials::default(),
            buckets,
            inline_policies: RwLock::default(),
            requests: AtomicU64::new(0),
        }
    }

    pub fn world(&self) -> Arc<World> {
        self.current.read().expect("no thread panics while it changes the day").clone()
    }

    /// Returns the number of the latest call.
    pub fn number(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Serves another day from now on.
    pub fn set_day(&self, day: u32) {
        let world = self.history.day(day);
        *self.current.write().expect("no thread panics while it reads the day") = world;
    }

    /// Serves one call.
    pub async fn serve(&self, target: Option<&str>, signature: Option<Signature>, body: Bytes) -> Reply {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let request_id = dice::uuid_from(number, &["request"]);
        let flight = self.calls.begin();
        let Some(request) = protocol::parse(target, &body, signature) else {
            let error = ApiError::new(400, "UnknownOperationException", "");
            let body = error.body(Service::Organizations, &request_id);
            return Reply::Answer {
                status: 400,
                content_type: JSON,
                request_id,
                body,
                ending: Ending::Whole,
            };
        };
        if !self.config.latency.is_zero() {
            tokio::time::sleep(self.config.latency).await;
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        let fault = self.faults.strike(&request, &text);
        let (reply, error_code) = self.reply(&request, fault.as_ref(), request_id);
        flight.log(Call {
            service: request.service,
            operation: request.operation,
            body: text,
            access_key_id: request.signature.map(|signature| signature.access_key_id),
            at: flight.at,
            status: match &reply {
                Reply::Answer { status, .. } => *status,
                Reply::Reset | Reply::Hang => 0,
            },
            error_code,
            fault,
        });
        reply
    }

    fn reply(
        &self,
        request: &Request,
        action: Option<&Action>,
        request_id: String,
    ) -> (Reply, Option<String>) {
        let service = request.service;
        match action {
            Some(Action::Reset) => return (Reply::Reset, None),
            Some(Action::Hang) => return (Reply::Hang, None),
            Some(Action::TurnDay(day)) => self.set_day(*day),
            Some(Action::Html500 | Action::NoBody(_)) => {
                let (status, body) = match action {
                    Some(Action::NoBody(status)) => (*status, String::new()),
                    _ => (500, "<html><body><h1>500 Internal Server Error</h1></body></html>".to_owned()),
                };
                let reply = Reply::Answer {
                    status,
                    content_type: "text/html",
                    request_id,
                    body,
                    ending: Ending::Whole,
                };
                return (reply, None);
            }
            _ => {}
        }
        let content_type = if service.speaks_json() { JSON } else { "text/xml" };
        let (status, error_code, mut body) = match self.answer(request, action) {
            Ok(answer) => (200, None, answer.body(service, &request.operation, &request_id)),
            Err(error) => (error.status, Some(error.code.to_owned()), error.body(service, &request_id)),
        };
        if action == Some(&Action::MalformedBody) {
            let middle = (0..=body.len() / 2).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
            body.truncate(middle);
        }
        if action == Some(&Action::KeyTwice) {
            body = damage::with_a_key_twice(&body);
        }
        let ending = match action {
            Some(Action::TruncatedBody) => Ending::Truncated,
            Some(Action::EndlessBody) => Ending::Never,
            _ => Ending::Whole,
        };
        (Reply::Answer { status, content_type, request_id, body, ending }, error_code)
    }

    fn answer(&self, request: &Request, action: Option<&Action>) -> Result<protocol::Answer, ApiError> {
        let service = request.service;
        let Some(signature) = &request.signature else {
            let (status, code) = if service.speaks_json() {
                (400, "MissingAuthenticationTokenException")
            } else {
                (403, "MissingAuthenticationToken")
            };
            return Err(ApiError::new(status, code, "Missing Authentication Token"));
        };
        if self.credentials.is_expired(&signature.access_key_id) {
            return Err(damage::expired(service));
        }
        let world = self.world();
        let arn = self.credentials.caller_arn(&world, Some(signature));
        if !self.buckets.take(service, &request.operation, account_of(&arn)) {
            return Err(ApiError::throttled(service));
        }
        if let Some(refusal) = action.and_then(|action| damage::refusal(action, request)) {
            return Err(refusal);
        }
        if let Some(Action::Result(xml)) = action {
            return Ok(protocol::Answer::Xml(xml.clone()));
        }
        let first;
        let request = match action {
            Some(Action::NewTokens) => {
                first = damage::first_page(request);
                &first
            }
            _ => request,
        };
        let caller = self.credentials.caller(&self.config, &world, Some(signature));
        let context = Context {
            world: &world,
            reports: &self.reports,
            credential_reports: &self.credential_reports,
            credentials: &self.credentials,
            inline_policies: &self.inline_policies,
            number: self.number(),
            request,
            caller,
        };
        let answer = ops::answer(&context)?;
        Ok(match action {
            Some(action) => damage::damage(action, &context, answer),
            None => answer,
        })
    }
}

const JSON: &str = "application/x-amz-json-1.1";
