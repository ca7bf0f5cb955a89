//! The guard that keeps reading from writing: SQL that a user typed can read the census and do nothing else.
//!
//! There are three fences, because each alone has a hole. The file is open read-only. `query_only` stops temporary
//! tables. An authorizer stops ATTACH, VACUUM INTO (which would create a file), loading code, and pragmas that switch
//! the other two off.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// The pragmas that only describe tables and indexes.
const DESCRIBING: &[&str] =
    &["table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"];

/// The functions that reach outside the database, in case a build of SQLite has them.
const OUTSIDE: &[&str] = &["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];

/// The number of bytes that SQLite may use in a process that runs a query.
pub const QUERY_MEMORY: i64 = 512_000_000;

/// Restricts all statements of this connection to reading. A misspelt name in double quotes is an error, not a text.
pub(super) fn raise(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "hard_heap_limit", QUERY_MEMORY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "query_only", true)?;
    // Earlier statements were prepared without the authorizer. None of them is the user's, but none is needed either.
    connection.flush_prepared_statement_cache();
    connection.authorizer(Some(decide))
}

/// Removes the guard, for statements of this program.
pub(super) fn lower(connection: &Connection) -> rusqlite::Result<()> {
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    connection.pragma_update(None, "query_only", false)
}

/// Runs `work`, which prepares a statement. Returns its result with the tables and views that the statement opens, in
/// lower case, including those within views. From then on the connection only allows reading.
pub fn views_read<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> (rusqlite::Result<T>, BTreeSet<String>) {
    let read = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&read);
    let note = move |context: AuthContext<'_>| {
        let table = match context.action {
            AuthAction::Read { table_name, .. } => Some(table_name),
            _ => None,
        };
        let names = [table, context.accessor].into_iter().flatten().map(str::to_lowercase);
        noted.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        decide(context)
    };
    let done = connection.authorizer(Some(note)).and_then(|()| work());
    let fenced = connection.authorizer(Some(decide));
    let read = read.lock().unwrap_or_else(PoisonError::into_inner);
    (done.and_then(|done| fenced.map(|()| done)), read.clone())
}

fn decide(context: AuthContext<'_>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !OUTSIDE.iter().any(|name| name.eq_ignore_ascii_case(function_name))
        }
        AuthAction::Pragma { pragma_name, .. } => {
            DESCRIBING.iter().any(|name| name.eq_ignore_ascii_case(pragma_name))
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}
