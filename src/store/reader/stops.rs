//! Stops a reader before each of its statements and after each row, to let a writer in: tests of what an answer
//! is then made of.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

type Act = Box<dyn FnOnce()>;

/// Where a reader is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Before a statement, which has taken no lock yet.
    Statement,
    /// After a row of the statement with this text.
    Row(String),
}

impl Stop {
    /// Whether it is after a row of the census, rather than one of its schema.
    pub(crate) fn is_content(&self) -> bool {
        let Self::Row(sql) = self else { return false };
        let sql = sql.to_lowercase();
        !["pragma", "sqlite_master", "sqlite_schema", "sqlite_temp"].iter().any(|name| sql.contains(name))
    }
}

#[derive(Default)]
struct Stops {
    passed: Vec<Stop>,
    /// What to do, and at which stop.
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
    // Its own readers stop too, with nothing left to do.
    if let Some((_, act)) = act {
        act();
    }
}

/// Reads, and at the stop of this number, the first being 1, does something else. Returns what was read and the
/// stops that there were.
pub(crate) fn at<T>(stop: usize, act: impl FnOnce() + 'static, read: impl FnOnce() -> T) -> (T, Vec<Stop>) {
    STOPS.set(Stops { passed: Vec::new(), due: Some((stop, Box::new(act))) });
    let read = read();
    let passed = STOPS.take().passed;
    (read, passed)
}
