//! Mistakes visible in the words of a statement: a date without quotes, a comparison with NULL, an empty list after IN,
//! a constant in GROUP BY or ORDER BY, an unreadable time.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::query::tokens::{Token, TokenKind, elements, tokens};

/// The comparisons that NULL makes NULL.
const COMPARISONS: &[&str] =
    &["=", "==", "<>", "!=", "<", ">", "<=", ">=", "like", "glob", "match", "regexp", "between"];

/// SQLite's time functions, which return NULL for an unreadable argument.
const OF_TIMES: &[&str] = &["date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"];
/// A time for an argument that is unknown before the statement runs: a number, so that any modifier can follow it.
const SOME_TIME: &str = "2460000.5";

/// Refuses mistakes visible in the words alone: a date without quotes, a comparison with NULL, an empty list after IN,
/// a constant in GROUP BY or ORDER BY, an unreadable time.
pub fn refuse_in_words(connection: &Connection, sql: &str) -> Result<()> {
    let tokens = tokens(sql);
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead);
        let text = |ahead: usize| next(ahead).map_or("", |token| token.text);
        if is_date([token.text, text(1), text(2), text(3), text(4)]) {
            let date = [token.text, "-", text(2), "-", text(4)].concat();
            return Err(Error::usage(format!("{date} without quotes is a subtraction, not a date"))
                .hint(format!("write '{date}'")));
        }
        if token.in_condition && token.is("null") {
            let before = at.checked_sub(1).map(|before| tokens[before]);
            if let Some(sign) = before.filter(|before| before.is_any(COMPARISONS)) {
                return Err(never(&format!("{} NULL", sign.text)));
            }
            let is_said = before.is_some_and(|before| before.is_any(&["is", "not"]));
            if let Some(sign) = next(1).filter(|next| next.is_any(COMPARISONS) && !is_said) {
                return Err(never(&format!("NULL {}", sign.text)));
            }
        }
        if token.is("in") && text(1) == "(" {
            refuse_list(&tokens, at)?;
        }
        if token.is("by") && at > 0 && tokens[at - 1].is_any(&["group", "order", "partition"]) {
            refuse_constants(&tokens, at)?;
        }
        if token.is_any(OF_TIMES) && text(1) == "(" {
            refuse_time(connection, &tokens, at)?;
        }
    }
    Ok(())
}

fn never(comparison: &str) -> Error {
    Error::usage(format!("nothing is ever {comparison}")).hint("write IS NULL or IS NOT NULL")
}

/// Refuses a list after IN that is empty or contains NULL.
fn refuse_list(tokens: &[Token<'_>], at: usize) -> Result<()> {
    let (list, _) = elements(tokens, at + 1);
    if list.is_empty() {
        return Err(Error::usage("the list after IN is empty: nothing is ever in it").hint("name its values"));
    }
    let is_null = list.iter().any(|one| one.len() == 1 && tokens[one.start].is("null"));
    if !is_null || !tokens[at].in_condition {
        return Ok(());
    }
    let is_not = at > 0 && tokens[at - 1].is("not");
    let what = if is_not {
        "nothing is ever NOT IN a list with NULL"
    } else {
        "nothing is ever equal to the NULL in the list after IN"
    };
    let hint = if is_not {
        "leave NULL out, and add AND column IS NOT NULL"
    } else {
        "leave NULL out, and add OR column IS NULL"
    };
    Err(Error::usage(what).hint(hint))
}

/// Refuses a text in GROUP BY or ORDER BY: it is the same for every row.
fn refuse_constants(tokens: &[Token<'_>], by: usize) -> Result<()> {
    let ends = |token: &Token<'_>| {
        token.is_any(&[
            ",",
            ")",
            "asc",
            "desc",
            "having",
            "limit",
            "nulls",
            "order",
            "window",
            "union",
            "except",
            "intersect",
            ";",
        ])
    };
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(by + 1) {
        match token {
            _ if token.is("(") => depth += 1,
            _ if token.is(")") => depth -= 1,
            _ => {}
        }
        if depth < 0
            || depth == 0 && token.is_any(&["having", "limit", "window", "union", "except", "intersect"])
        {
            break;
        }
        let begins = at == by + 1 || tokens[at - 1].is(",");
        let is_alone = begins && tokens.get(at + 1).is_none_or(ends);
        if depth == 0 && token.kind == TokenKind::Text && is_alone {
            let name = token.text.trim_matches('\'');
            return Err(Error::usage(format!(
                "{} BY {} is the same for every row",
                tokens[by - 1].text.to_uppercase(),
                token.text
            ))
            .hint(format!("a column is written without quotes: {name}")));
        }
    }
    Ok(())
}

/// Refuses a time, format or modifier that SQLite cannot read, because SQLite only returns NULL for it.
fn refuse_time(connection: &Connection, tokens: &[Token<'_>], function: usize) -> Result<()> {
    let (arguments, _) = elements(tokens, function + 1);
    let name = tokens[function].text.to_ascii_lowercase();
    let literal = |range: &std::ops::Range<usize>| {
        let sign = range.len() == 2 && tokens[range.start].is_any(&["+", "-"]);
        let last = tokens[range.end - 1];
        let is_literal =
            matches!(last.kind, TokenKind::Text | TokenKind::Number) && (range.len() == 1 || sign);
        is_literal.then(|| tokens[range.clone()].iter().map(|token| token.text).collect::<String>())
    };
    // The format comes before the time.
    let times = match name.as_str() {
        "strftime" => 1..2,
        "timediff" => 0..2,
        _ => 0..1,
    };
    let of = |(place, range)| match literal(range) {
        Some(said) => Some(said),
        None if times.contains(&place) => Some(SOME_TIME.to_owned()),
        // A computed format or modifier is unknown.
        None if place < times.start => Some("'%Y'".to_owned()),
        None => None,
    };
    let said: Vec<String> = arguments.iter().enumerate().filter_map(of).collect();
    let call = format!("{name}({})", said.join(", "));
    let is_null = connection.query_row(&format!("SELECT {call} IS NULL"), [], |row| row.get(0));
    if !said.is_empty() && is_null.unwrap_or(false) {
        let shown: Vec<String> = arguments.iter().filter_map(literal).collect();
        return Err(Error::usage(format!("{name} cannot read {}: it would be NULL", shown.join(", ")))
            .hint("a date is written as '2026-09-30', a modifier as '-2 years' or 'start of month'"));
    }
    Ok(())
}

/// Returns notes on lists after NOT IN that contain a NULL: the condition is then never true.
pub(super) fn nulls_in_lists(connection: &Connection, sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let is_not_in = |at: &usize| {
        let is = |ahead: usize, word: &str| tokens.get(at + ahead).is_some_and(|token| token.is(word));
        is(0, "not") && is(1, "in") && is(2, "(") && is(3, "select")
    };
    let found = (0..tokens.len()).filter(is_not_in).filter_map(|at| {
        let (_, end) = elements(&tokens, at + 2);
        let list = &sql[tokens[at + 2].start..=tokens.get(end)?.start];
        // A list that depends on the row around it, or on a parameter, cannot be queried by itself.
        let has_value = tokens[at + 2..end].iter().any(|token| token.kind == TokenKind::Word && token.text.starts_with([':', '@', '$', '?']));
        let has_null = format!("SELECT (hex(randomblob(16)) NOT IN {list}) IS NULL");
        let has_null = !has_value && connection.query_row(&has_null, [], |row| row.get(0)).unwrap_or(false);
        has_null.then(|| "a list after NOT IN has a NULL in it, and nothing is ever not in it: add WHERE column IS NOT NULL".to_owned())
    });
    found.collect()
}

fn is_date(tokens: [&str; 5]) -> bool {
    let digits =
        |token: &str, length| token.len() == length && token.bytes().all(|byte| byte.is_ascii_digit());
    let [year, dash, month, other, day] = tokens;
    digits(year, 4) && digits(month, 2) && digits(day, 2) && dash == "-" && other == "-"
}
