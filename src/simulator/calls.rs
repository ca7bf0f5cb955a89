//! The log of every received call, which tests and benchmarks count.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::faults::Action;
use super::protocol::Service;

/// One call, logged when it ends.
#[derive(Debug, Clone)]
pub struct Call {
    /// The service named by the request's target or version.
    pub service: Service,
    /// The operation in AWS's spelling, e.g. `ListUsers`.
    pub operation: String,
    /// The request's body.
    pub body: String,
    /// The access key id of the request's signature; `None` for an unsigned request.
    pub access_key_id: Option<String>,
    /// The time of arrival, since the simulator started.
    pub at: Duration,
    /// The HTTP status; 0 when the connection was cut instead.
    pub status: u16,
    /// AWS's error code.
    pub error_code: Option<String>,
    /// The fault that the script applied to it.
    pub fault: Option<Action>,
}

/// Every call so far. It can be read and cleared while the simulator serves.
#[derive(Debug)]
pub struct Calls {
    started: Instant,
    log: Mutex<Vec<Call>>,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            log: Mutex::new(Vec::new()),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
        }
    }

    /// Returns all calls, in the order in which they ended.
    pub fn all(&self) -> Vec<Call> {
        self.lock().clone()
    }

    /// Returns the number of calls.
    pub fn total(&self) -> usize {
        self.lock().len()
    }

    /// Returns the number of calls of this operation.
    pub fn count(&self, operation: &str) -> usize {
        self.lock().iter().filter(|call| call.operation == operation).count()
    }

    /// Returns the number of calls with this error code.
    pub fn errors(&self, error_code: &str) -> usize {
        self.lock().iter().filter(|call| call.error_code.as_deref() == Some(error_code)).count()
    }

    /// Returns the number of calls by service and operation.
    pub fn counts(&self) -> BTreeMap<(Service, String), usize> {
        let mut counts = BTreeMap::new();
        for call in self.lock().iter() {
            *counts.entry((call.service, call.operation.clone())).or_default() += 1;
        }
        counts
    }

    /// Returns the largest number of calls that were in flight at the same time.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Clears the log.
    pub fn clear(&self) {
        self.lock().clear();
        self.peak.store(0, Ordering::Relaxed);
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        InFlight { calls: self, at: self.started.elapsed() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Call>> {
        self.log.lock().expect("no thread panics while it holds the log")
    }
}

/// A call in flight, until it is dropped.
pub(super) struct InFlight<'a> {
    calls: &'a Calls,
    pub at: Duration,
}

impl InFlight<'_> {
    pub fn log(&self, call: Call) {
        self.calls.lock().push(call);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.calls.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
