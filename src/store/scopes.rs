//! The functions with which canned queries look up rules over accounts: see [`crate::scopes`].
//!
//! Like the hash of a document, they exist only on this program's own connections, and no view uses them.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use serde_json::Value;

use super::file::Doing;
use crate::error::Result;
use crate::scopes::{Facts, exceptions, rules};

/// The function that finds the fewest rules.
const RULES: &str = "orgcensus_scope_rules";

/// The function that finds accounts that differ from nearly all others of their scope.
const EXCEPTIONS: &str = "orgcensus_scope_exceptions";

/// The number of arguments of both: accounts, OUs, tags and assignments as JSON, and a share in percent.
const ARGUMENTS: i32 = 5;

/// Registers the functions on the connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let of_rules = |context: &Context<'_>| {
        let (facts, share) = arguments(context)?;
        Ok(json(rules(&facts, share).iter().map(|rule| rule.to_json())))
    };
    let of_exceptions = |context: &Context<'_>| {
        let (facts, share) = arguments(context)?;
        Ok(json(exceptions(&facts, share).iter().map(|one| one.to_json())))
    };
    let doing = "prepare to find rules over accounts";
    connection.create_scalar_function(RULES, ARGUMENTS, flags, of_rules).doing(doing)?;
    connection.create_scalar_function(EXCEPTIONS, ARGUMENTS, flags, of_exceptions).doing(doing)
}

fn arguments(context: &Context<'_>) -> rusqlite::Result<(Facts, f64)> {
    let failed = |error: serde_json::Error| rusqlite::Error::UserFunctionError(Box::new(error));
    let [accounts, ous, tags, assignments] = [0, 1, 2, 3].map(|place| context.get_raw(place).as_str());
    let facts = Facts::parse(accounts?, ous?, tags?, assignments?).map_err(failed)?;
    let share: f64 = context.get(4)?;
    if !(share > 50.0 && share <= 100.0) {
        let wrong = format!("the share must be a percentage above 50 and up to 100, not {share}");
        return Err(rusqlite::Error::UserFunctionError(wrong.into()));
    }
    Ok((facts, share))
}

fn json(rows: impl Iterator<Item = Value>) -> String {
    Value::Array(rows.collect()).to_string()
}
