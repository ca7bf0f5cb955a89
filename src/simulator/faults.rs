//! Scripted faults: the calls that fail, the time and the way.
//!
//! A script can be changed while the simulator serves. `damage` applies the actions. Regular refusals (a missing group,
//! a wrong token) are not faults, and belong to `ops`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::dice::Dice;
use super::protocol::Request;

/// The way in which a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The service's access denied error.
    Denied {
        /// The error's `Reason`, e.g. `KMS_AccessDeniedException`: the use of the data's key is denied, not the action.
        kms_reason: Option<String>,
    },
    /// The service's own throttling error.
    Throttle {
        /// `RetryAfterSeconds`, a member of identitystore's body.
        retry_after_seconds: Option<u32>,
    },
    /// A server error with the service's body: 500 or 503.
    Status(u16),
    /// The connection is closed without an answer.
    Reset,
    /// No answer, until the client drops the connection.
    Hang,
    /// The body ends before its announced length.
    TruncatedBody,
    /// JSON or XML that does not parse.
    MalformedBody,
    /// The list is missing from an otherwise good answer to a listing.
    MissingListKey,
    /// The list is empty in an otherwise good answer to a listing, and no page follows.
    EmptyList,
    /// An empty page with a token to the same page.
    EmptyPageWithToken,
    /// The page's own token again, as the next one. Use it for at least two calls.
    RepeatToken,
    /// A page's token is no longer valid. Calls without a token are not affected.
    ExpiredToken,
    /// A page repeats an item of the first page.
    DuplicateItems,
    /// A page's first item is repeated, with another name or value.
    ConflictingItems,
    /// ResourceNotFoundException, or the service's equivalent.
    NotFound,
    /// The same error, caused by a KMS key that cannot be used.
    KeyNotFound {
        /// The error's `Reason`, which names the problem of the key.
        kms_reason: String,
    },
    /// An access report's job that failed, with the code of its `ErrorDetails`.
    FailedReport(&'static str),
    /// An access report's job that never ends.
    EndlessReport {
        /// True if it keeps other jobs from beginning.
        blocks: bool,
    },
    /// Another caller's access report is in progress.
    ReportInProgress,
    /// The organization changes: this day is served from this call on.
    TurnDay(u32),
    /// The credentials have expired.
    ExpiredCredentials,
    /// The access key id is unknown, as in a Region that the account has not enabled.
    UnknownKey,
    /// The request's time is three hours behind.
    WrongClock,
    /// The signature is wrong, and the message contains the request's headers, as AWS's does.
    WrongSignature,
    /// A refusal with a message of this many characters.
    LongRefusal(usize),
    /// A refusal with this status and code.
    Refused(u16, &'static str),
    /// The service does not know the operation.
    UnknownOperation,
    /// An answer that never ends.
    EndlessBody,
    /// The first page again and again, each time with a new token.
    NewTokens,
    /// All times in a listing's items are this one, in seconds.
    Times(i64),
    /// This member of the items, or of the description, has this value.
    Member(&'static str, String),
    /// An OU is listed as a child of itself.
    OuInItself,
    /// The access key id of an assumed role ends with a carriage return.
    OddKey,
    /// The first item of a listing has its first key twice, with two values.
    KeyTwice,
    /// HTTP 500 with a page of HTML, as proxies send it.
    Html500,
    /// This HTTP status without a body, as servers that stand in for AWS send it for what they do not have.
    NoBody(u16),
    /// The XML of the result, regardless of the organization, even for an operation that is not simulated.
    Result(String),
}

impl Action {
    /// Returns its kind, for statistics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Denied { kms_reason: None } => "denied",
            Self::Denied { kms_reason: Some(_) } => "denied for a key's sake",
            Self::Throttle { .. } => "throttled",
            Self::Status(500) => "status 500",
            Self::Status(501) => "status 501",
            Self::Status(_) => "status 503",
            Self::Reset => "connection reset",
            Self::Hang => "no answer",
            Self::TruncatedBody => "truncated body",
            Self::MalformedBody => "malformed body",
            Self::MissingListKey => "missing list key",
            Self::EmptyList => "empty list",
            Self::EmptyPageWithToken => "empty page with a token",
            Self::RepeatToken => "repeated token",
            Self::ExpiredToken => "expired token",
            Self::DuplicateItems => "duplicate items",
            Self::ConflictingItems => "conflicting items",
            Self::NotFound => "not found",
            Self::ExpiredCredentials => "expired credentials",
            Self::UnknownKey => "unknown key",
            Self::WrongClock => "wrong clock",
            Self::WrongSignature => "wrong signature",
            Self::LongRefusal(_) => "long refusal",
            Self::Refused(..) => "another refusal",
            Self::UnknownOperation => "unknown operation",
            Self::EndlessBody => "endless body",
            Self::NewTokens => "new tokens",
            Self::Times(_) => "times",
            Self::Member(..) => "another member",
            Self::OuInItself => "OU in itself",
            Self::OddKey => "odd key",
            Self::KeyTwice => "key twice",
            Self::Html500 => "HTML 500",
            Self::NoBody(_) => "no body",
            Self::Result(_) => "another result",
            Self::KeyNotFound { .. } => "not found for a key's sake",
            Self::FailedReport(_) => "failed report",
            Self::EndlessReport { .. } => "endless report",
            Self::ReportInProgress => "report of another in progress",
            Self::TurnDay(_) => "day turned",
        }
    }

    /// Returns true if the call can fail in this way: only listings have lists and tokens.
    fn suits(&self, request: &Request) -> bool {
        let is_listing = request.service.speaks_json() && request.operation.starts_with("List");
        let is_report = request.operation == "GetOrganizationsAccessReport";
        match self {
            Self::ExpiredToken => request.input.text("NextToken").is_some(),
            Self::MissingListKey | Self::EmptyList => is_listing || is_report,
            Self::EmptyPageWithToken
            | Self::RepeatToken
            | Self::DuplicateItems
            | Self::ConflictingItems
            | Self::NewTokens
            | Self::Times(_)
            | Self::KeyTwice => is_listing,
            Self::OddKey => request.operation == "AssumeRole",
            Self::OuInItself => {
                request.operation == "ListOrganizationalUnitsForParent"
                    && request.input.text("ParentId").is_some_and(|parent| parent.starts_with("ou-"))
            }
            Self::FailedReport(_) => is_report,
            Self::Result(_) => !request.service.speaks_json(),
            Self::ReportInProgress | Self::EndlessReport { .. } => {
                request.operation == "GenerateOrganizationsAccessReport"
            }
            _ => true,
        }
    }
}

/// One rule: the calls and the fault.
#[derive(Debug, Clone)]
pub struct Fault {
    operation: String,
    but: Option<String>,
    containing: Vec<String>,
    from: usize,
    times: usize,
    action: Action,
    seen: usize,
    struck: usize,
}

impl Fault {
    /// Returns a fault of every call of an operation: `"ListGroups"`, `"identitystore:ListGroups"`, `"identitystore:*"`
    /// or `"*"`.
    pub fn on(operation: &str, action: Action) -> Self {
        Self {
            operation: operation.to_owned(),
            but: None,
            containing: Vec::new(),
            from: 1,
            times: usize::MAX,
            action,
            seen: 0,
            struck: 0,
        }
    }

    /// Excludes this operation of the service.
    #[must_use]
    pub fn but(mut self, operation: &str) -> Self {
        self.but = Some(operation.to_owned());
        self
    }

    /// Limits the rule to calls whose body contains the text, e.g. a group's id, and every text given before.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.containing.push(text.to_owned());
        self
    }

    /// Applies the rule from the nth matching call on, counted from 1.
    #[must_use]
    pub fn from_call(mut self, nth: usize) -> Self {
        self.from = nth;
        self
    }

    /// Applies the rule at most this many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &Request, body: &str) -> bool {
        let operation = match self.operation.split_once(':') {
            Some((service, _)) if service != request.service.as_str() => return false,
            Some((_, operation)) => operation,
            None => self.operation.as_str(),
        };
        (operation == "*" || operation == request.operation)
            && self.but.as_ref().is_none_or(|spared| *spared != request.operation)
            && self.containing.iter().all(|text| body.contains(text.as_str()))
            && self.action.suits(request)
    }
}

/// The script. Rules are tried in the order in which they were added, and the first that applies wins.
#[derive(Debug, Default)]
pub struct Faults {
    script: Mutex<Script>,
    kinds: Mutex<BTreeMap<&'static str, usize>>,
}

#[derive(Default)]
struct Script {
    faults: Vec<Fault>,
    storm: Option<Storm>,
}

struct Storm {
    dice: Dice,
    per_mille: usize,
    actions: Vec<Action>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Faults {
    /// Adds a rule.
    pub fn add(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Applies one of the actions to any call with the chance `rate` (0 to 1), until cleared.
    pub fn storm(&self, seed: u64, rate: f64, actions: &[Action]) {
        let per_mille = (rate * 1_000.0) as usize;
        self.lock().storm = Some(Storm { dice: Dice::new(seed), per_mille, actions: actions.to_vec() });
    }

    /// Removes all rules and ends the storm.
    pub fn clear(&self) {
        *self.lock() = Script::default();
    }

    /// Returns the number of times that each rule was applied, by its operation.
    pub fn struck(&self) -> BTreeMap<String, usize> {
        let mut struck = BTreeMap::new();
        for fault in &self.lock().faults {
            *struck.entry(fault.operation.clone()).or_default() += fault.struck;
        }
        struck
    }

    /// Returns the number of faults by kind since the simulator started, including removed rules and ended storms.
    pub fn kinds(&self) -> BTreeMap<&'static str, usize> {
        self.kinds.lock().expect("no thread panics while it counts").clone()
    }

    pub(super) fn strike(&self, request: &Request, body: &str) -> Option<Action> {
        let action = self.draw(request, body)?;
        let mut kinds = self.kinds.lock().expect("no thread panics while it counts");
        *kinds.entry(action.kind()).or_default() += 1;
        Some(action)
    }

    fn draw(&self, request: &Request, body: &str) -> Option<Action> {
        let mut script = self.lock();
        for fault in &mut script.faults {
            if !fault.matches(request, body) {
                continue;
            }
            fault.seen += 1;
            if fault.seen >= fault.from && fault.struck < fault.times {
                fault.struck += 1;
                return Some(fault.action.clone());
            }
        }
        let storm = script.storm.as_mut()?;
        if storm.actions.is_empty() || storm.dice.below(1_000) >= storm.per_mille {
            return None;
        }
        let action = storm.actions[storm.dice.below(storm.actions.len())].clone();
        action.suits(request).then_some(action)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().expect("no thread panics while it holds the script")
    }
}
