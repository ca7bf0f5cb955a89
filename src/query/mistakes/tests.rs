//! Tests of refused and accepted SQL, by examples.

use rusqlite::Connection;

use super::*;
use crate::error::Result;
use crate::query::program::Program;

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

/// Checks a whole statement for mistakes.
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
        assert!(error.to_string().starts_with("state by itself is not a condition"), "{condition}: {error}");
    }
    for condition in ["lower(state)", "state || 'x'", "NOT substr(id, 1, 1)"] {
        let error = refuse(&connection, &format!("SELECT * FROM r WHERE {condition}")).unwrap_err();
        assert!(error.to_string().starts_with("a text by itself is not a condition"), "{condition}: {error}");
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
        "(state IN ('a', 'b')) IS NOT 0",
        "lower(state) IN ('a', 'b') OR state NOT IN ('a', 'b') AND id <> ''",
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
