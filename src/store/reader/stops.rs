//! Stops a reader before each of its statements and after each row, to run a writer. Tests then check that the answer
//! stays consistent.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

type Act = Box<dyn FnOnce()>;

/// A point at which a reader is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Before a statement, which has taken no lock yet.
    Statement,
    /// After a row of the statement with this text.
    Row(String),
}

impl Stop {
    /// Returns true if the stop is after a row of the census, not of its schema.
    pub(crate) fn is_content(&self) -> bool {
        let Self::Row(sql) = self else { return false };
        let sql = sql.to_lowercase();
        !["pragma", "sqlite_master", "sqlite_schema", "sqlite_temp"].iter().any(|name| sql.contains(name))
    }
}

#[derive(Default)]
struct Stops {
    passed: Vec<Stop>,
    /// The action to run, with the number of its stop.
    due: Option<(usize, Act)>,
}

thread_local! {
    static STOPS: RefCell<Stops> = RefCell::default();
}

/// Makes every statement and row of the connection a stop.
pub(super) fn watch(connection: &Connection) {
    let events = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_ROW;
    connection.trace_v2(events, Some(pass));
}

fn pass(event: TraceEvent<'_>) {
    let stop = match event {
        TraceEvent::Row(statement) => Stop::Row(statement.sql().into_owned()),
        _ => Stop::Statement,
    };
    let act = STOPS.with_borrow_mut(|stops| {
        stops.passed.push(stop);
        let passed = stops.passed.len();
        stops.due.take_if(|(stop, _)| *stop == passed)
    });
    // The action's own readers stop too, without a further action.
    if let Some((_, act)) = act {
        act();
    }
}

/// Runs `read`, and runs `act` at the stop with this number, counted from 1. Returns the result of `read` with all
/// stops.
pub(crate) fn at<T>(stop: usize, act: impl FnOnce() + 'static, read: impl FnOnce() -> T) -> (T, Vec<Stop>) {
    STOPS.set(Stops { passed: Vec::new(), due: Some((stop, Box::new(act))) });
    let read = read();
    let passed = STOPS.take().passed;
    (read, passed)
}
