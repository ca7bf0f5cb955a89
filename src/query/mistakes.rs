//! SQL that SQLite takes and a person cannot have meant: it would answer "none", and read as a finding.
//!
//! Most of it can be told from the words alone; the rest from the program that SQLite makes of them.

use std::collections::BTreeSet;

use super::program::Program;
use crate::error::{Error, Result};

/// How many digits an account's id has.
const ACCOUNT_ID: usize = 12;

/// Refuses what can only be a mistake: a date or an id without quotes, `= NULL`, an empty list after IN.
pub fn refuse_in_words(sql: &str) -> Result<()> {
    let tokens = tokens(sql);
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead).copied().unwrap_or_default();
        if is_date([*token, next(1), next(2), next(3), next(4)]) {
            let date = [*token, "-", next(2), "-", next(4)].concat();
            return Err(Error::usage(format!("{date} without quotes is a subtraction, not a date"))
                .hint(format!("write '{date}'")));
        }
        if token.len() > 1 && token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = token.trim_start_matches('0');
            let number = if number.is_empty() { "0" } else { number };
            return Err(Error::usage(format!("{token} without quotes is the number {number}"))
                .hint(format!("write '{token}' for an id, {number} for a number")));
        }
        if is_comparison(token) && next(1).eq_ignore_ascii_case("null") {
            return Err(
                Error::usage(format!("nothing is ever {token} NULL")).hint("write IS NULL or IS NOT NULL")
            );
        }
        if token.eq_ignore_ascii_case("in") && next(1) == "(" && next(2) == ")" {
            return Err(
                Error::usage("the list after IN is empty: nothing is ever in it").hint("name its values")
            );
        }
    }
    Ok(())
}

/// Refuses a text as a condition, as in `state = 'SUSPENDED' OR 'CLOSED'`: it counts as false.
pub fn refuse_in_program(program: &Program) -> Result<()> {
    match program.texts_as_conditions().first() {
        Some(text) => Err(Error::usage(format!("'{text}' by itself is no condition: it counts as false"))
            .hint(format!("compare it: … OR column = '{text}', or column IN (…, '{text}')"))),
        None => Ok(()),
    }
}

/// What may have made an answer empty: a text that is compared with a number, or an id written as a number.
pub fn why_empty(program: &Program, sql: &str) -> Vec<String> {
    let is_id = |token: &&str| token.len() == ACCOUNT_ID && token.bytes().all(|byte| byte.is_ascii_digit());
    let ids: BTreeSet<&str> = tokens(sql).into_iter().filter(is_id).collect();
    let ids = ids.into_iter().map(|id| format!("an id is text: {id} may have to be '{id}'"));
    let texts = program.texts_beside_numbers().into_iter().map(|text| {
        format!("'{text}' is compared with a value that may be a number, and no text equals a number")
    });
    ids.chain(texts).collect()
}

fn is_date(tokens: [&str; 5]) -> bool {
    let digits =
        |token: &str, length| token.len() == length && token.bytes().all(|byte| byte.is_ascii_digit());
    let [year, dash, month, other, day] = tokens;
    digits(year, 4) && digits(month, 2) && digits(day, 2) && dash == "-" && other == "-"
}

fn is_comparison(token: &str) -> bool {
    ["=", "==", "<>", "!=", "<", ">", "<=", ">="].contains(&token)
}

/// The words, numbers and signs of SQL, without what is quoted or a comment: a text is a token `'`.
fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let is_of_word = |one: char| one.is_alphanumeric() || "_.:@$?".contains(one);
        let (token, length) = match first {
            _ if rest.starts_with("--") => ("", rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => ("", rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '\'' | '"' | '`' => ("'", quoted(rest, first)),
            '[' => ("'", rest.find(']').map_or(rest.len(), |end| end + 1)),
            _ if first.is_whitespace() => ("", first.len_utf8()),
            _ if is_of_word(first) => {
                let end = rest.find(|one| !is_of_word(one)).unwrap_or(rest.len());
                (&rest[..end], end)
            }
            _ => {
                let end = if is_comparison(rest.get(..2).unwrap_or_default()) { 2 } else { first.len_utf8() };
                (&rest[..end], end)
            }
        };
        if !token.is_empty() {
            tokens.push(token);
        }
        rest = &rest[length..];
    }
    tokens
}

/// The length of what is quoted at the beginning, its quotes included; one that is doubled does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut inside = text[1..].char_indices().peekable();
    while let Some((at, one)) = inside.next() {
        if one == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
            return at + 2;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, state TEXT) WITHOUT ROWID;
            CREATE VIEW v AS SELECT id, n + 1 AS depth, count(*) AS many FROM t GROUP BY id";
        connection.execute_batch(tables).unwrap();
        connection
    }

    #[test]
    fn what_the_words_alone_give_away_is_refused() {
        for (sql, says) in [
            ("SELECT 1 WHERE taken_at > 2026-09-30", "2026-09-30 without quotes is a subtraction"),
            ("SELECT 1 WHERE a BETWEEN 2026-01-01 AND 2026-02-01", "2026-01-01 without quotes"),
            (
                "SELECT 1 WHERE account_id = 012345678901",
                "012345678901 without quotes is the number 12345678901",
            ),
            ("SELECT 1 WHERE a IN ('1',007)", "007 without quotes is the number 7"),
            ("SELECT 1 WHERE gone_at = NULL", "nothing is ever = NULL"),
            ("SELECT 1 WHERE gone_at<>null", "nothing is ever <> NULL"),
            ("SELECT 1 WHERE user_id IN ( )", "the list after IN is empty"),
            ("SELECT 1 WHERE user_id not in(/* none */)", "the list after IN is empty"),
        ] {
            let error = refuse_in_words(sql).unwrap_err();
            assert!(error.to_string().starts_with(says), "{sql}: {error}");
            assert!(!error.hints().is_empty());
        }
    }

    #[test]
    fn what_may_be_meant_is_not() {
        for sql in [
            "SELECT '2026-09-30', \"2026-09-30\", [2026-09-30], `a''0077` -- 2026-09-30 = NULL",
            "SELECT 2026 - 9 - 30, 10-9-30, 0, 0.5, 1.05, 0x1F, x'00ff', 1e05, a007, :007",
            "SELECT 'it''s 2026-09-30' /* IN () 007 */ WHERE a IS NULL AND b IN (1) AND c = :null",
            "SELECT '= NULL', \"IN ()\", 'unterminated 007",
            "SELECT coalesce(a, NULL), count(*) FROM t /* 007",
            "SELECT f() FROM json_each('[]') WHERE é = 'é'",
        ] {
            assert!(refuse_in_words(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn a_text_by_itself_is_no_condition() {
        let connection = connection();
        for condition in [
            "state = 'SUSPENDED' OR 'CLOSED'",
            "'CLOSED' OR state = 'SUSPENDED'",
            "state = 'SUSPENDED' AND 'CLOSED'",
            "NOT 'CLOSED'",
            "'CLOSED'",
            "n > 1 AND (state = 'SUSPENDED' OR 'CLOSED')",
        ] {
            let error =
                refuse_in_program(&Program::of(&connection, &format!("SELECT * FROM t WHERE {condition}")))
                    .unwrap_err();
            assert!(error.to_string().starts_with("'CLOSED' by itself"), "{condition}: {error}");
        }
        for condition in [
            "state = 'a' OR state = 'b'",
            "state IN ('a', 'b')",
            "state LIKE 'a' OR n",
            "coalesce(state, 'a') = 'b'",
        ] {
            refuse_in_program(&Program::of(&connection, &format!("SELECT 'x' FROM t WHERE {condition}")))
                .unwrap();
        }
    }

    #[test]
    fn what_may_have_made_an_answer_empty_is_named() {
        let connection = connection();
        let why = |condition: &str| {
            let sql = format!("SELECT * FROM {condition}");
            why_empty(&Program::of(&connection, &sql), &sql)
        };
        for condition in [
            "t WHERE n = 'true'",
            "v WHERE depth = '2'",
            "v WHERE many > '3'",
            "t GROUP BY state HAVING count(*) = '1'",
            "v WHERE id = lower(111122223333)",
            "t WHERE lower(id) = 111122223333",
        ] {
            assert_eq!(why(condition).len(), 1, "{condition}: {:?}", why(condition));
        }
        for condition in ["t WHERE id = 'a'", "t WHERE n = '2'", "t WHERE n = 1", "v WHERE lower(id) = 'abc'"]
        {
            assert_eq!(why(condition), Vec::<String>::new(), "{condition}");
        }
    }
}
