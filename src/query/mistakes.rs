//! SQL that SQLite takes and a person cannot have meant: it would answer "none", and read as a finding.
//!
//! Some of it can be told from the words alone; the rest from the program that SQLite makes of them, which knows what
//! is a text and what a number. What is certainly a mistake is refused. What may be meant is answered, and what may have
//! made the answer empty is said.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::instruction::Instruction;
use super::program::Program;
use super::tokens::{Token, TokenKind, elements, tokens};
use super::types::{ARITHMETIC, Held};
use crate::error::{Error, Result};

/// How many digits an account's id has.
const ACCOUNT_ID: usize = 12;

/// The comparisons that NULL makes NULL.
const COMPARISONS: &[&str] =
    &["=", "==", "<>", "!=", "<", ">", "<=", ">=", "like", "glob", "match", "regexp", "between"];

/// SQLite's functions of times, which are NULL where they cannot read an argument.
const OF_TIMES: &[&str] = &["date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"];
/// A time for an argument that is not known before the statement runs: a number, so that every modifier can follow it.
const SOME_TIME: &str = "2460000.5";

/// Refuses what the words alone show to be a mistake: a date without quotes, a comparison with NULL, an empty list
/// after IN, a constant to group or sort by, a time that cannot be read.
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

/// Refuses a list after IN with nothing in it, or with NULL.
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

/// Refuses a text as what is grouped or sorted by: it is the same for every row.
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

/// Refuses a time, format or modifier that SQLite cannot read: it says so by NULL alone.
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
    // A format stands before the time.
    let times = match name.as_str() {
        "strftime" => 1..2,
        "timediff" => 0..2,
        _ => 0..1,
    };
    let of = |(place, range)| match literal(range) {
        Some(said) => Some(said),
        None if times.contains(&place) => Some(SOME_TIME.to_owned()),
        // Of a format or modifier that is computed nothing is known.
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

/// Refuses what the program shows to be a mistake: a text as a condition or in arithmetic, a text compared with a number,
/// a number with leading zeros where a text is meant.
pub fn refuse_in_program(sql: &str, program: &Program) -> Result<()> {
    if let Some(text) = program.texts_as_conditions().first() {
        return Err(Error::usage(format!("'{text}' by itself is no condition: it counts as false"))
            .hint(format!("compare it: … OR column = '{text}', or column IN (…, '{text}')")));
    }
    for (at, step) in program.instructions.iter().enumerate() {
        let held = |register: i64| program.held(at, register);
        match step.name() {
            "If" | "IfNot" | "Not" => refuse_condition(held(step.p1))?,
            opcode if ARITHMETIC.contains(&opcode) => refuse_sum(opcode, held(step.p1), held(step.p2))?,
            // The id of a row is a number.
            "SeekRowid" | "NotExists" => {
                if let Some(text) = held(step.p3).filter(Held::is_no_number) {
                    return Err(text_and_number(&text, &Held::Number));
                }
            }
            _ => {}
        }
    }
    let comparisons = comparisons(program);
    comparisons.iter().try_for_each(|one| refuse_comparison(one, &comparisons))?;
    refuse_zeros(sql, &comparisons)
}

/// Two values that are compared, as far as it is known what they are.
struct Comparison<'p> {
    sides: [Option<Held<'p>>; 2],
    /// Whether neither is converted.
    as_is: bool,
    /// Whether texts that are numbers become some.
    as_numbers: bool,
}

/// Every comparison of a program, those with the members of a list after IN included.
fn comparisons(program: &Program) -> Vec<Comparison<'_>> {
    let held = |at: usize, register: i64| program.held(at, register);
    let steps = || program.instructions.iter().enumerate();
    let compared = steps().filter(|(_, step)| step.is_comparison()).map(|(at, step)| Comparison {
        sides: [held(at, step.p1), held(at, step.p3)],
        as_is: step.compares_as_is(),
        as_numbers: step.compares_as_numbers(),
    });
    let members =
        steps().filter(|(_, step)| step.name() == "MakeRecord" && step.p2 == 1).flat_map(|(at, record)| {
            let insert = program.instructions[at..]
                .iter()
                .take(2)
                .find(|step| step.name() == "IdxInsert" && step.p2 == record.p3);
            let looks = insert.into_iter().flat_map(|insert| {
                program.using(insert.p1).filter(|(_, step)| ["Found", "NotFound"].contains(&step.name()))
            });
            looks.map(move |(looks_at, look)| Comparison {
                sides: [held(at, record.p1), held(looks_at, look.p3)],
                as_is: record.p4 == "A",
                as_numbers: record.p4.as_str() > "B",
            })
        });
    compared.chain(members).collect()
}

fn refuse_condition(held: Option<Held<'_>>) -> Result<()> {
    let what = match held {
        Some(Held::Column(name)) => name,
        Some(Held::Text) => "a text".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::usage(format!("{what} by itself is no condition: a text counts as false"))
        .hint("compare it with something: column = 'text', column <> '', column IS NOT NULL"))
}

fn refuse_sum(opcode: &str, one: Option<Held<'_>>, other: Option<Held<'_>>) -> Result<()> {
    let both_texts = [&one, &other].iter().all(|held| held.as_ref().is_some_and(Held::is_text));
    if !both_texts && ![one, other].iter().flatten().any(Held::is_no_number) {
        return Ok(());
    }
    let sign = match opcode {
        "Add" => "+",
        "Subtract" => "-",
        "Multiply" => "*",
        "Divide" => "/",
        "Remainder" => "%",
        "BitAnd" => "&",
        "BitOr" => "|",
        "ShiftLeft" => "<<",
        _ => ">>",
    };
    Err(Error::usage(format!("{sign} computes with numbers, and takes a text for 0"))
        .hint("texts are joined by ||, conditions by AND and OR; the days between two times are julianday(b) - julianday(a)"))
}

impl Comparison<'_> {
    /// Whether one of the sides is this number of the statement.
    fn has(&self, number: &Instruction) -> bool {
        self.sides.iter().any(|held| matches!(held, Some(Held::Constant(one)) if std::ptr::eq(*one, number)))
    }

    fn has_text(&self) -> bool {
        self.sides.iter().flatten().any(Held::is_text)
    }
}

fn refuse_comparison(comparison: &Comparison<'_>, all: &[Comparison<'_>]) -> Result<()> {
    // A column of numbers makes a number of a text that is one.
    if let Some(text) =
        comparison.sides.iter().flatten().find(|held| held.is_no_number() && comparison.as_numbers)
    {
        return Err(text_and_number(text, &Held::Number));
    }
    let Comparison { sides: [Some(one), Some(other)], as_is: true, .. } = comparison else {
        return Ok(());
    };
    let (text, number) = match (one.is_text(), other.is_text()) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return Ok(()),
    };
    // SQLite puts a condition on the rows of a UNION to each of its SELECTs: a number may be meant for another of them.
    if let (Held::Literal(_), Held::Constant(constant)) = (text, number)
        && !all.iter().filter(|one| one.has(constant)).all(Comparison::has_text)
    {
        return Ok(());
    }
    Err(text_and_number(text, number))
}

fn text_and_number(text: &Held<'_>, number: &Held<'_>) -> Error {
    let said = match text {
        Held::Literal(text) => format!("'{text}'"),
        Held::Column(name) => name.clone(),
        _ => "a text".to_owned(),
    };
    let (of, hint) = match number {
        Held::Constant(number) => {
            let number = number.number();
            (
                format!("the number {number}"),
                format!("write '{number}', or CAST(… AS INTEGER) on the other side"),
            )
        }
        _ => (
            "a number".to_owned(),
            "write a number without quotes, or CAST(… AS TEXT) on the other side".to_owned(),
        ),
    };
    Error::usage(format!("{said} is compared with {of}, and no text equals a number")).hint(hint)
}

/// Refuses a number with leading zeros, which it loses, unless it is compared with numbers alone.
fn refuse_zeros(sql: &str, comparisons: &[Comparison<'_>]) -> Result<()> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for token in tokens(sql).iter().filter(|token| token.kind == TokenKind::Number && is_digits(token.text)) {
        let digits = token.text;
        let number = digits.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        if number.len() == digits.len() {
            continue;
        }
        let is_it =
            |held: &Option<Held<'_>>| matches!(held, Some(Held::Constant(one)) if one.number() == number);
        let is_number = |held: &Option<Held<'_>>| held.as_ref().is_some_and(|held| !held.is_text());
        let of_it: Vec<_> = comparisons.iter().filter(|one| one.sides.iter().any(is_it)).collect();
        let is_meant = |one: &&Comparison<'_>| one.as_numbers || one.sides.iter().all(is_number);
        if of_it.is_empty() || !of_it.iter().all(is_meant) {
            return Err(Error::usage(format!("{digits} without quotes is the number {number}"))
                .hint(format!("write '{digits}' for an id, {number} for a number")));
        }
    }
    Ok(())
}

/// What may have made an answer empty: a text that is compared with what may be a number, an id written as a number, a
/// NULL among what is not to be in a list.
pub fn why_empty(connection: &Connection, program: &Program, sql: &str) -> Vec<String> {
    let mut why = BTreeSet::new();
    for Comparison { sides: [one, other], .. } in comparisons(program).iter().filter(|one| one.as_is) {
        for sides in [(one, other), (other, one)] {
            match sides {
                (Some(Held::Constant(number)), None) if number.number().len() == ACCOUNT_ID => {
                    why.insert(format!("an id is text: {0} may have to be '{0}'", number.number()));
                }
                (Some(Held::Literal(text)), None) if text.trim().parse::<f64>().is_ok() => {
                    why.insert(format!(
                        "'{text}' is compared with a value that may be a number, and no text equals a number"
                    ));
                }
                _ => {}
            }
        }
    }
    why.extend(nulls_in_lists(connection, sql));
    why.into_iter().collect()
}

/// Which lists after NOT IN have a NULL in them: nothing is then ever not in them.
fn nulls_in_lists(connection: &Connection, sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let is_not_in = |at: &usize| {
        let is = |ahead: usize, word: &str| tokens.get(at + ahead).is_some_and(|token| token.is(word));
        is(0, "not") && is(1, "in") && is(2, "(") && is(3, "select")
    };
    let found = (0..tokens.len()).filter(is_not_in).filter_map(|at| {
        let (_, end) = elements(&tokens, at + 2);
        let list = &sql[tokens[at + 2].start..=tokens.get(end)?.start];
        // One that depends on the row around it, or on a value, cannot be asked by itself.
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

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, state TEXT) WITHOUT ROWID;
            CREATE TABLE r (k INTEGER PRIMARY KEY, id TEXT, n INTEGER, state TEXT);
            CREATE INDEX by_state ON r (state);
            CREATE VIEW v AS SELECT id, n + 1 AS depth, count(*) AS many FROM t GROUP BY id";
        connection.execute_batch(tables).unwrap();
        connection
    }

    fn words(sql: &str) -> Result<()> {
        refuse_in_words(&Connection::open_in_memory().unwrap(), sql)
    }

    /// Refuses what a whole statement gives away.
    fn refuse(connection: &Connection, sql: &str) -> Result<()> {
        connection.prepare(sql).unwrap();
        refuse_in_words(connection, sql)?;
        refuse_in_program(sql, &Program::of(connection, sql))
    }

    #[test]
    fn what_the_words_alone_give_away_is_refused() {
        for (sql, says) in [
            ("SELECT 1 WHERE taken_at > 2026-09-30", "2026-09-30 without quotes is a subtraction"),
            ("SELECT 1 WHERE a BETWEEN 2026-01-01 AND 2026-02-01", "2026-01-01 without quotes"),
            ("SELECT 1 WHERE gone_at = NULL", "nothing is ever = NULL"),
            ("SELECT 1 WHERE gone_at<>null", "nothing is ever <> NULL"),
            ("SELECT 1 WHERE NULL = gone_at", "nothing is ever NULL ="),
            ("SELECT 1 WHERE name LIKE NULL", "nothing is ever LIKE NULL"),
            ("SELECT 1 WHERE name NOT GLOB NULL", "nothing is ever GLOB NULL"),
            ("SELECT 1 WHERE name BETWEEN NULL AND 'x'", "nothing is ever BETWEEN NULL"),
            ("SELECT 1 FROM a JOIN b ON a.x = NULL", "nothing is ever = NULL"),
            ("SELECT CASE WHEN x = NULL THEN 1 END", "nothing is ever = NULL"),
            ("SELECT count(*) FROM a WHERE (x = NULL)", "nothing is ever = NULL"),
            ("SELECT 1 WHERE user_id IN ( )", "the list after IN is empty"),
            ("SELECT 1 WHERE user_id not in(/* none */)", "the list after IN is empty"),
            ("SELECT 1 WHERE x NOT IN ('a', NULL, 'b')", "nothing is ever NOT IN a list with NULL"),
            ("SELECT 1 WHERE x IN (NULL)", "nothing is ever equal to the NULL in the list"),
            ("SELECT 1 WHERE x IN ('a', null)", "nothing is ever equal to the NULL in the list"),
            ("SELECT count(*) FROM t GROUP BY 'state'", "GROUP BY 'state' is the same for every row"),
            ("SELECT * FROM t ORDER BY id, 'state' DESC", "ORDER BY 'state' is the same"),
            ("SELECT rank() OVER (PARTITION BY 'state') FROM t", "PARTITION BY 'state' is the same"),
            ("SELECT 1 WHERE a > datetime('now','-2 yeers')", "datetime cannot read 'now', '-2 yeers'"),
            ("SELECT 1 WHERE a > date('2024-13-01')", "date cannot read '2024-13-01'"),
            ("SELECT 1 WHERE a > date(b, '2 weeks ago')", "date cannot read '2 weeks ago'"),
            ("SELECT unixepoch('yesterday')", "unixepoch cannot read 'yesterday'"),
            ("SELECT julianday(a) - julianday('30.09.2026')", "julianday cannot read '30.09.2026'"),
            ("SELECT strftime('%Q', a)", "strftime cannot read '%Q'"),
            ("SELECT strftime('%Y', 'last week')", "strftime cannot read '%Y', 'last week'"),
        ] {
            let error = words(sql).unwrap_err();
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
            "SELECT NULL = NULL, 1 IN (NULL), x LIKE NULL AS unknown FROM t WHERE coalesce(x, NULL) = 1",
            "SELECT 1 WHERE (SELECT NULL = NULL) IS NULL AND a IS NOT NULL = 1",
            "SELECT 'state' AS a, count(*) FROM t GROUP BY a, lower('x') ORDER BY CASE a WHEN 'x' THEN 1 END",
            "SELECT date('now', '-2 years'), datetime(a, 'unixepoch'), strftime(:f, a, '-' || b || ' days')",
            "SELECT date(a), time('12:00'), strftime('%Y-W%W', a), unixepoch('now', 'subsec'), date(a, b)",
            "SELECT date('2026-09-30T10:00:00Z', 'start of month', '+1 month'), timediff('now', a), julianday()",
        ] {
            assert!(words(sql).is_ok(), "{sql}: {:?}", words(sql));
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
            let error = refuse(&connection, &format!("SELECT * FROM t WHERE {condition}")).unwrap_err();
            assert!(error.to_string().starts_with("'CLOSED' by itself"), "{condition}: {error}");
        }
        for condition in
            ["state", "NOT state", "n = 1 OR state", "n = 1 AND NOT state", "CASE WHEN state THEN 1 END"]
        {
            let error = refuse(&connection, &format!("SELECT * FROM r WHERE {condition}")).unwrap_err();
            assert!(error.to_string().starts_with("state by itself is no condition"), "{condition}: {error}");
        }
        for condition in ["lower(state)", "state || 'x'", "NOT substr(id, 1, 1)"] {
            let error = refuse(&connection, &format!("SELECT * FROM r WHERE {condition}")).unwrap_err();
            assert!(
                error.to_string().starts_with("a text by itself is no condition"),
                "{condition}: {error}"
            );
        }
        for condition in [
            "state = 'a' OR state = 'b'",
            "state IN ('a', 'b')",
            "state LIKE 'a' OR n",
            "coalesce(state, 'a') = 'b'",
            "n",
            "NOT n AND state <> ''",
            "length(state)",
            "EXISTS (SELECT state FROM t) AND state IS NOT NULL",
            "(SELECT count(*) FROM t AS o WHERE o.state = r.state)",
        ] {
            for table in ["t", "r"] {
                if table == "r" || !condition.contains("r.state") {
                    refuse(&connection, &format!("SELECT 'x' FROM {table} WHERE {condition}")).unwrap();
                }
            }
        }
    }

    #[test]
    fn no_text_equals_a_number() {
        let connection = connection();
        for (rows, says) in [
            ("r WHERE strftime('%Y', state) = 2024", "a text is compared with the number 2024"),
            ("r WHERE substr(id, 1, 1) = 4", "a text is compared with the number 4"),
            ("r WHERE 2024 <= substr(state, 1, 4)", "a text is compared with the number 2024"),
            ("t WHERE lower(id) = 111122223333", "a text is compared with the number 111122223333"),
            ("r WHERE id || '' = 7", "a text is compared with the number 7"),
            ("r WHERE substr(id, 1, 1) BETWEEN 1 AND 4", "a text is compared with the number"),
            ("t WHERE n = 'true'", "'true' is compared with a number"),
            ("r WHERE rowid = '3x'", "'3x' is compared with a number"),
            ("r WHERE k = '3x'", "'3x' is compared with a number"),
            ("v WHERE depth = '2'", "'2' is compared with a number"),
            ("v WHERE many > '3'", "'3' is compared with a number"),
            ("t GROUP BY state HAVING count(*) = '1'", "'1' is compared with a number"),
            ("r WHERE length(state) = 'x'", "'x' is compared with a number"),
            ("r WHERE state & 'x'", "& computes with numbers"),
            ("r WHERE state = 'a' & 'b'", "& computes with numbers"),
            ("r WHERE id = state + 'b'", "+ computes with numbers"),
            ("r WHERE id + state = 'ab'", "+ computes with numbers"),
            ("r WHERE state - '2026-01-01' > 30", "- computes with numbers"),
            ("t WHERE id = 012345678901", "012345678901 without quotes is the number 12345678901"),
            (
                "(SELECT 'x' AS a FROM r UNION ALL SELECT 'y' FROM r) WHERE a = 1",
                "'x' is compared with the number 1",
            ),
            ("r WHERE id IN ('1', 007)", "007 without quotes is the number 7"),
        ] {
            let refused = refuse(&connection, &format!("SELECT 1 FROM {rows}"));
            let Err(error) = refused else { panic!("{rows} is not refused") };
            assert!(error.to_string().starts_with(says), "{rows}: {error}");
            assert!(!error.hints().is_empty());
        }
        for rows in [
            "r WHERE substr(id, 1, 1) = '4'",
            "r WHERE CAST(id AS INTEGER) = 123 AND CAST(n AS TEXT) = '123'",
            "r WHERE length(state) = 007",
            "r WHERE n = '2' AND n + 0 = 2 AND id + 0 = 2 AND state || '' = '2'",
            "r WHERE id = 111122223333",
            "v WHERE id = lower(111122223333)",
            "r WHERE CASE WHEN n THEN 'x' ELSE 1 END = 1",
            "r WHERE CASE WHEN n THEN 1 ELSE 'x' END = 'x'",
            "r WHERE coalesce(n, 'none') = 'none' AND iif(n, 1, 'x') = 1",
            "r WHERE julianday(state) - julianday('2026-01-01') > 30 AND n & 4 AND n << 1 > 3",
            "r WHERE k = '3' AND rowid IN (1, 2)",
            "(SELECT 'x' AS a UNION ALL SELECT 1) WHERE a = 1",
            "(SELECT 'x' AS a UNION ALL SELECT n FROM r) WHERE a = 1",
        ] {
            refuse(&connection, &format!("SELECT 1 FROM {rows}"))
                .unwrap_or_else(|error| panic!("{rows}: {error}"));
        }
    }

    #[test]
    fn what_may_have_made_an_answer_empty_is_named() {
        let connection = connection();
        let why = |condition: &str| {
            let sql = format!("SELECT * FROM {condition}");
            why_empty(&connection, &Program::of(&connection, &sql), &sql)
        };
        connection.execute_batch("INSERT INTO t VALUES ('a', 1, NULL), ('b', 2, 'x')").unwrap();
        for condition in [
            "r WHERE coalesce(id, n) = 111122223333",
            "r WHERE coalesce(n, id) = '3'",
            "r WHERE coalesce(n, id) IN ('3', '3', '3')",
            "t WHERE id NOT IN (SELECT state FROM t)",
        ] {
            assert_eq!(why(condition).len(), 1, "{condition}: {:?}", why(condition));
        }
        for condition in [
            "t WHERE id = 'a'",
            "t WHERE n = '2'",
            "t WHERE n = 1",
            "v WHERE lower(id) = 'abc'",
            "r WHERE substr(id, 1, 1) = '4'",
            "r WHERE CAST(id AS INTEGER) = 111122223333",
            "r WHERE length(id) = 123456789012",
            "t WHERE id NOT IN (SELECT id FROM t)",
            "t WHERE id NOT IN (SELECT o.state FROM t AS o WHERE o.id = t.id)",
            "t WHERE id IN (SELECT state FROM t)",
        ] {
            assert_eq!(why(condition), Vec::<String>::new(), "{condition}");
        }
    }
}
