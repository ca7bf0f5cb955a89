//! Views that no statement may read completely: they have a row for each path of access of every snapshot.

use super::program::Program;
use super::tokens::{Token, TokenKind, tokens};
use crate::error::{Error, Result};
use crate::model::DERIVED_VIEWS;

/// Refuses a statement that selects no value of the columns by which one of its views must be filtered.
pub fn refuse_scan(sql: &str, program: &Program) -> Result<()> {
    let scanned = DERIVED_VIEWS.iter().find(|view| {
        !view.asked_by.is_empty() && program.named.says(view.name) && !asks_for_one_of(view.asked_by, sql)
    });
    let Some(view) = scanned else { return Ok(()) };
    let (last, others) = view.asked_by.split_last().expect("it is not empty");
    Err(Error::usage(format!(
        "{} is too large to be read as a whole: it has every path of access of every snapshot",
        view.name
    ))
    .hint(format!("ask for values of {} or {last} by = or IN: WHERE {last} = '…'", others.join(", ")))
    .hint("snapshot_metrics has the counts of each snapshot, and effective_access --at DATE one day"))
}

/// Returns true if every row of the answer has a value that one of the columns is compared with by `=` or IN, judging
/// by the words. The program does not show this: SQLite compares the values with bounds that the view computes.
fn asks_for_one_of(columns: &[&str], sql: &str) -> bool {
    let tokens = tokens(sql);
    let mut depth = 0_i32;
    let depths: Vec<i32> = tokens
        .iter()
        .map(|token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth
        })
        .collect();
    let is_optional =
        |at: i32| tokens.iter().zip(&depths).any(|(token, depth)| token.is("or") && *depth <= at);
    let is_denied = |place: usize| place > 0 && tokens[place - 1].is("not");
    (0..tokens.len().saturating_sub(2)).any(|place| {
        let [column, sign, value] = [place, place + 1, place + 2].map(|place| &tokens[place]);
        columns.iter().any(|wanted| is_named(column, wanted))
            && ["=", "==", "in", "is"].iter().any(|one| sign.is(one))
            && !is_column(value)
            && column.in_condition
            && !is_denied(place)
            && !is_optional(depths[place])
    })
}

/// Returns true if the token names the column, with any table name.
fn is_named(token: &Token<'_>, column: &str) -> bool {
    let name = token.text.rsplit('.').next().unwrap_or_default().trim_matches(['"', '`', '[', ']']);
    matches!(token.kind, TokenKind::Word | TokenKind::Name) && name.eq_ignore_ascii_case(column)
}

/// Returns true if the token is a name and no parameter.
fn is_column(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Name) && !token.text.starts_with([':', '@', '$', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_must_be_asked_for() {
        let asks = |condition: &str| {
            asks_for_one_of(&["snapshot_id", "user_id"], &format!("SELECT * FROM v AS e WHERE {condition}"))
        };
        for condition in [
            "user_id = 'a'",
            "e.user_id IN ('a', 'b') AND via = 'direct'",
            "\"user_id\" = :user",
            "snapshot_id = 3 AND (via = 'direct' OR via = 'group')",
            "via = 'group' AND (snapshot_id = (SELECT max(snapshot_id) FROM snapshots))",
            "e.SNAPSHOT_ID in (SELECT snapshot_id FROM snapshot_dates)",
        ] {
            assert!(asks(condition), "{condition}");
        }
        for condition in [
            "1",
            "user_id > 'a'",
            "user_id <> 'a'",
            "user_id LIKE 'a%'",
            "user_id NOT IN ('a')",
            "NOT user_id = 'a'",
            "user_id = 'a' OR via = 'direct'",
            "(user_id = 'a' AND via = 'group') OR via = 'direct'",
            "user_id = e.group_id",
            "via = 'user_id = 1'",
            "user_id IS NOT NULL",
            "lower(user_id) = 'a'",
        ] {
            assert!(!asks(condition), "{condition}");
        }
        assert!(!asks_for_one_of(&["user_id"], "SELECT user_id = 'a' FROM v"));
    }
}
