//! Ctrl-C and time limits, which end a statement before its last row.
//!
//! SQLite's progress handler checks a flag and a deadline while it works, and they are checked between rows. A first
//! signal ends the statement in good order. A second one, for a blocked standard output, ends the process
//! ([`signals`]).
//!
//! SQLite does not call the handler while it prepares a statement, nor inside one function, such as LIKE. If such work
//! ([`Interruption::beyond`]) exceeds the deadline by more than a moment, a separate thread ends the process in the
//! same way as the statement would have ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::amounts::exact_duration;
use crate::error::{Error, ErrorKind, Result};
use crate::output::stderr;
use crate::signals;

/// The number of SQLite's instructions between two checks of the clock: a few milliseconds' worth.
const INSTRUCTIONS: i32 = 20_000;

/// The interval at which the thread checks, and the number of checks for which SQLite may continue.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 10;

/// The signals and the deadline that may end a statement early.
#[derive(Debug, Clone)]
pub struct Interruption {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    interrupted: Arc<AtomicBool>,
    /// True while SQLite does work in which it may not notice.
    is_beyond: AtomicBool,
    deadline: Option<Instant>,
    timeout: Option<Duration>,
}

impl Interruption {
    /// Watches for SIGINT and SIGTERM from now on; `timeout` also counts from now.
    pub fn watch(connection: &Connection, timeout: Option<Duration>) -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signals::tell(&interrupted)?;
        // A limit too far in the future is no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let shared = Arc::new(Shared { interrupted, is_beyond: AtomicBool::new(false), deadline, timeout });
        let watched = Arc::downgrade(&shared);
        std::thread::Builder::new()
            .name("time limit".to_owned())
            .spawn(move || end_what_goes_on(&watched))
            .map_err(|error| Error::failed("cannot watch the statement").caused_by(error))?;
        let interruption = Self { shared };
        interruption.attend(connection)?;
        Ok(interruption)
    }

    /// Watches the statements of another connection too.
    pub fn attend(&self, connection: &Connection) -> Result<()> {
        let shared = self.shared.clone();
        connection
            .progress_handler(INSTRUCTIONS, Some(move || shared.is_due()))
            .map_err(|error| Error::failed("cannot watch the statement").caused_by(error))
    }

    /// Runs work of SQLite that may not check the flag or the clock.
    pub fn beyond<T>(&self, work: impl FnOnce() -> T) -> T {
        self.shared.is_beyond.store(true, Ordering::Relaxed);
        let done = work();
        self.shared.is_beyond.store(false, Ordering::Relaxed);
        done
    }

    /// Fails if it is time to stop: as interrupted, or for the time limit.
    pub fn check(&self) -> Result<()> {
        self.shared.check()
    }

    /// Returns the error to report: the interruption itself if it caused the failure.
    pub fn explain(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Failed => self.check().err().unwrap_or(error),
            _ => error,
        }
    }
}

impl Shared {
    fn check(&self) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
        }
        match self.timeout {
            Some(timeout) if self.is_due() => {
                let timeout = exact_duration(timeout);
                Err(Error::failed(format!("the query took longer than {timeout}"))
                    .hint("raise --timeout, or narrow the query: one account, one user, a LIMIT"))
            }
            _ => Ok(()),
        }
    }

    fn is_due(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Ends the process if SQLite continues after it should have stopped.
fn end_what_goes_on(watched: &Weak<Shared>) {
    let mut looks = 0;
    while let Some(shared) = watched.upgrade() {
        looks = if shared.is_due() && shared.is_beyond.load(Ordering::Relaxed) { looks + 1 } else { 0 };
        if looks == LOOKS
            && let Err(error) = shared.check()
        {
            stderr::print_error(&error);
            signals::end(error.exit_status());
        }
        drop(shared);
        std::thread::sleep(LOOK);
    }
}
