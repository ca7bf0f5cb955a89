//! Ctrl-C and time limits: what ends a statement before its last row.
//!
//! A flag and a deadline are looked at while SQLite works (its progress handler) and between rows. A first
//! signal ends the statement in good order; a second one, for when standard output is stuck, ends the process
//! ([`signals`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::error::{Error, ErrorKind, Result};
use crate::signals;

/// How many of SQLite's instructions pass between two looks at the clock: a few milliseconds' worth.
const INSTRUCTIONS: i32 = 20_000;

/// What may end a statement early.
#[derive(Debug, Clone)]
pub struct Interruption {
    interrupted: Arc<AtomicBool>,
    deadline: Option<Instant>,
    timeout: Option<Duration>,
}

impl Interruption {
    /// Watches for SIGINT and SIGTERM from now on; `timeout` counts from now too.
    pub fn watch(connection: &Connection, timeout: Option<Duration>) -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signals::tell(&interrupted)?;
        // A limit too long to be told from none is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let interruption = Self { interrupted, deadline, timeout };
        interruption.attend(connection)?;
        Ok(interruption)
    }

    /// Ends the statements of one more connection too.
    pub fn attend(&self, connection: &Connection) -> Result<()> {
        let handler = self.clone();
        connection
            .progress_handler(INSTRUCTIONS, Some(move || handler.is_due()))
            .map_err(|error| Error::failed("cannot watch the statement").caused_by(error))
    }

    /// Fails when it is time to stop: as interrupted, or for the time limit.
    pub fn check(&self) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
        }
        match self.timeout {
            Some(timeout) if self.is_due() => {
                let timeout = humantime::format_duration(timeout);
                Err(Error::failed(format!("the query took longer than {timeout}"))
                    .hint("give --timeout more time, or ask for less: one account, one user, a LIMIT"))
            }
            _ => Ok(()),
        }
    }

    /// The error to report: the interruption itself where that is what made the work fail.
    pub fn explain(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Failed => self.check().err().unwrap_or(error),
            _ => error,
        }
    }

    fn is_due(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
