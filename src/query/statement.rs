//! Preparing, refusing and explaining SQL that a user typed; streaming its rows.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Statement};

use super::interruption::Interruption;
use super::mistakes;
use super::program::Program;
use super::projection::Projection;
use crate::error::{Error, Result};
use crate::nearest::did_you_mean;
use crate::output::{Destination, Format, RowWriter, text};
use crate::store::{Census, QUERY_MEMORY, without_range};

/// A statement, with the program that SQLite compiles it to.
#[derive(Debug)]
pub struct Prepared<'c> {
    /// The statement, ready to run; its parameters are not bound yet.
    pub statement: Statement<'c>,
    /// SQLite's program for the statement, which shows what it reads.
    pub program: Program,
}

/// Prepares one statement that only reads. Refuses empty input, several statements, statements that write or return no
/// columns, and invalid SQL. The error for invalid SQL has SQLite's message, the position and the nearest names.
pub fn prepare<'a>(census: &'a Census, sql: &str) -> Result<Prepared<'a>> {
    // This comes before the statement is prepared: recording the views that it opens makes SQLite prepare existing
    // statements again.
    let program = Program::of(census.connection(), sql);
    let statement = census.connection().prepare(sql).map_err(|error| sql_error(census, sql, error))?;
    if statement.column_count() == 0 || !statement.readonly() {
        if is_blank(census.connection(), sql) {
            return Err(Error::usage("there is no SQL to run")
                .hint("orgcensus query --list shows the canned queries, orgcensus schema the tables"));
        }
        return Err(only_reads());
    }
    mistakes::refuse_in_words(census.connection(), sql)?;
    mistakes::refuse_in_program(sql, &program)?;
    Ok(Prepared { statement, program })
}

/// Runs the statement, whose parameters are bound, and writes the wanted part of its rows as they arrive. Returns their
/// number, and true if there are more.
pub fn stream(
    census: &Census,
    sql: &str,
    statement: &mut Statement<'_>,
    wanted: Projection,
    interruption: &Interruption,
    format: Format,
    destination: &mut Destination,
) -> Result<(u64, bool)> {
    let Projection { columns, places, limit } = wanted;
    let mut left = limit.unwrap_or(u64::MAX);
    let begin = || RowWriter::begin(format, columns, destination);
    let walk = Walk { places: &places, left: &mut left, interruption };
    let (writer, has_more) = walk.rows(census, sql, statement, begin, |writer, row| writer.row(row))?;
    Ok((writer.finish()?, has_more))
}

/// The options for walking the rows of a statement.
pub struct Walk<'w> {
    /// The positions of the wanted columns.
    pub places: &'w [usize],
    /// The maximum number of wanted rows; afterwards the remaining number.
    pub left: &'w mut u64,
    /// The signals and the deadline that may end it early.
    pub interruption: &'w Interruption,
}

impl Walk<'_> {
    /// Passes each row of the statement, whose parameters are bound, to `write`. Returns the result of `begin`, and
    /// true if there are more rows than wanted.
    pub fn rows<W>(
        self,
        census: &Census,
        sql: &str,
        statement: &mut Statement<'_>,
        begin: impl FnOnce() -> Result<W>,
        mut write: impl FnMut(&mut W, &[ValueRef<'_>]) -> Result<()>,
    ) -> Result<(W, bool)> {
        let failed = |error| sql_error(census, sql, error);
        let mut rows = statement.raw_query();
        // The first row is read before the header is written, so that a statement that fails at once writes nothing.
        let mut row = self.interruption.beyond(|| rows.next()).map_err(failed)?;
        let mut writer = begin()?;
        while let Some(found) = row {
            if *self.left == 0 {
                return Ok((writer, true));
            }
            *self.left -= 1;
            let values = self.places.iter().map(|place| found.get_ref(*place));
            let values: Vec<ValueRef<'_>> = values.collect::<Result<_, _>>().map_err(failed)?;
            write(&mut writer, &values)?;
            self.interruption.check()?;
            row = self.interruption.beyond(|| rows.next()).map_err(failed)?;
        }
        Ok((writer, false))
    }
}

fn only_reads() -> Error {
    Error::usage("only statements that read can be run: SELECT, VALUES, WITH … SELECT, EXPLAIN")
        .hint("the census is opened read-only; copy the file to change the copy with another tool")
}

/// Returns true if the SQL is only white space and comments.
fn is_blank(connection: &Connection, sql: &str) -> bool {
    // SQLite compiles no program for it, so there is nothing to expand either.
    connection.prepare(sql).is_ok_and(|statement| statement.expanded_sql().is_none())
}

fn sql_error(census: &Census, sql: &str, error: rusqlite::Error) -> Error {
    use rusqlite::Error::{MultipleStatement, SqlInputError, SqliteFailure};
    match error {
        MultipleStatement => {
            Error::usage("there are several statements").hint("run each one with a query command of its own")
        }
        SqlInputError { error, .. } | SqliteFailure(error, _)
            if matches!(error.code, ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) =>
        {
            only_reads()
        }
        SqlInputError { error, .. } | SqliteFailure(error, _) if error.code == ErrorCode::OutOfMemory => {
            Error::failed(format!("the query needs more than {} MB of memory", QUERY_MEMORY / 1_000_000))
                .hint("narrow the query: fewer nested views, one account, one user")
        }
        // DELETE FROM a view fails before the check for writes.
        SqlInputError { msg, .. } if msg.starts_with("cannot modify ") => only_reads(),
        SqliteFailure(_, Some(message)) if message.starts_with("cannot modify ") => only_reads(),
        SqlInputError { msg, offset, .. } => {
            let (place, excerpt) = position(sql, offset).unwrap_or_default();
            let error = Error::usage(format!("{msg}{place}")).excerpted(excerpt);
            with_name_hints(census, sql, &msg, error)
        }
        // These errors have no position: an unknown table, input that ends too early, malformed JSON.
        SqliteFailure(error, message) if is_the_statements(error.code) => {
            let message = message.unwrap_or_else(|| error.to_string());
            with_name_hints(census, sql, &message, Error::usage(message.clone()))
        }
        SqliteFailure(error, message) => {
            let cause = message.unwrap_or_else(|| error.to_string());
            Error::failed(format!("cannot read {}", census.path().display())).caused_by(cause)
        }
        other => Error::failed("the query failed").caused_by(other),
    }
}

/// Returns true if the error is in the statement (malformed JSON, an overflow), not in the file or the machine.
fn is_the_statements(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::TooBig | ErrorCode::ApiMisuse)
}

/// Returns ` (line 2, column 8)`, and the line with a mark below it; `None` if SQLite gives no position.
fn position(sql: &str, offset: i32) -> Option<(String, Vec<String>)> {
    let before = sql.get(..usize::try_from(offset).ok()?)?;
    let line_number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = sql[line_start..].lines().next().unwrap_or_default().replace('\t', " ");
    let before = before[line_start..].replace('\t', " ");
    let mark = " ".repeat(text::one_line(&before).chars().count());
    let place = format!(" (line {line_number}, column {})", before.chars().count() + 1);
    Some((place, vec![text::one_line(&line).into_owned(), format!("{mark}^")]))
}

fn with_name_hints(census: &Census, sql: &str, message: &str, error: Error) -> Error {
    let tables = census.tables().unwrap_or_default();
    if let Some(table) = message.strip_prefix("no such table: ") {
        let table = table.trim_start_matches("main.").trim_start_matches("temp.");
        if let Some(view) = without_range(table) {
            return Error::usage(format!(
                "{view} shows the state of one snapshot, and has no result over a range"
            ))
            .hint("ask as of one snapshot: --at WHEN");
        }
        return error
            .hint_if_any(did_you_mean(table, tables.iter().map(|table| table.name.as_str())))
            .hint("orgcensus schema lists the tables and views");
    }
    if let Some(named) = message.strip_prefix("no such column: ") {
        // SQLite's message asks whether a text was meant only for a name in double quotes.
        let in_quotes = named.strip_prefix('"').and_then(|rest| Some(rest.split_once("\" - ")?.0));
        let column = in_quotes.unwrap_or_else(|| named.rsplit('.').next().unwrap_or(named));
        let text_hint = in_quotes.map(|text| format!("a text is written in single quotes: '{text}'"));
        let words: Vec<&str> = sql.split(|one: char| !one.is_alphanumeric() && one != '_').collect();
        let named: Vec<_> = tables
            .iter()
            .filter(|table| words.iter().any(|word| word.eq_ignore_ascii_case(&table.name)))
            .collect();
        let columns = named.iter().flat_map(|table| table.columns.iter().map(|column| column.name.as_str()));
        let error = error.hint_if_any(mistakes::column_meant(column, columns)).hint_if_any(text_hint);
        return match named.first() {
            Some(table) => error.hint(format!("orgcensus schema {} lists its columns", table.name)),
            None => error.hint("orgcensus schema lists the tables and their columns"),
        };
    }
    if message.starts_with("near ") || message.contains("syntax error") || message == "incomplete input" {
        return error.hint("orgcensus query --show NAME prints a canned query to start from");
    }
    error
}
