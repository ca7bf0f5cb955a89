//! Stops a reader before each of its statements and after each row, to let a writer in: tests of what an answer
//! is then made of.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

type Act = Box<dyn FnOnce()>;

#[derive(Default)]
struct Stops {
    passed: usize,
    /// What to do, and at which stop.
    due: Option<(usize, Act)>,
}

thread_local! {
    static STOPS: RefCell<Stops> = RefCell::default();
}

/// Makes every statement and row of the connection a stop. A statement is traced before it takes a lock.
pub(super) fn watch(connection: &Connection) {
    let events = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_ROW;
    connection.trace_v2(events, Some(pass));
}

fn pass(_: TraceEvent<'_>) {
    let act = STOPS.with_borrow_mut(|stops| {
        stops.passed += 1;
        let passed = stops.passed;
        stops.due.take_if(|(stop, _)| *stop == passed)
    });
    // Its own readers stop too, with nothing left to do.
    if let Some((_, act)) = act {
        act();
    }
}

/// Reads, and at the stop of this number, the first being 1, does something else. Returns what was read and how
/// many stops there were.
pub(crate) fn at<T>(stop: usize, act: impl FnOnce() + 'static, read: impl FnOnce() -> T) -> (T, usize) {
    STOPS.set(Stops { passed: 0, due: Some((stop, Box::new(act))) });
    let read = read();
    let passed = STOPS.take().passed;
    (read, passed)
}
