//! SQL functions that canned queries call. Views call none, because any SQLite must be able to read the file.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::file::Doing;
use crate::document::services::{SummarizedPolicy, summarize};
use crate::error::Result;

/// The name of the function that summarizes policies by service ([`crate::document::services::ServiceSummary`]). Takes
/// a JSON array of objects with `kind`, `policy`, `document` and `unread`, and returns a JSON array.
const POLICY_SERVICES: &str = "orgcensus_policy_services";

/// Registers the functions on the connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function(POLICY_SERVICES, 1, flags, policy_services)
        .doing("prepare to summarize policies")
}

fn policy_services(context: &Context<'_>) -> rusqlite::Result<Option<String>> {
    let Some(text) = context.get_raw(0).as_bytes_or_null()? else { return Ok(None) };
    let failed = |error: serde_json::Error| rusqlite::Error::UserFunctionError(error.into());
    let policies: Vec<SummarizedPolicy> = serde_json::from_slice(text).map_err(failed)?;
    serde_json::to_string(&summarize(&policies)).map(Some).map_err(failed)
}
