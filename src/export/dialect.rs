//! The SQL of a canned query in the dialect of another engine.
//!
//! Queries use the SQL that engines have in common. This module translates the rest: functions on times and JSON, and
//! lists in one text.

use super::ddl::Engine;
use crate::query::tokens::{Token, TokenKind, tokens};
use crate::query::{CannedQuery, ParameterType};

/// Returns the query with its defaults in place of its parameters; `None` if it is not portable or a parameter has no
/// default.
pub fn portable(query: &CannedQuery) -> Option<String> {
    let header = &query.header;
    let needs_none = header.parameters.iter().all(|parameter| parameter.default.is_some());
    if header.not_portable.is_some() || !needs_none {
        return None;
    }
    let time = |day: &str| format!("TIMESTAMP '{day} 00:00:00'");
    Some(filled(query, &time))
}

/// Returns the query for SQLite, with the existing defaults in place of its parameters.
pub fn with_defaults(query: &CannedQuery) -> String {
    filled(query, &|day| format!("'{day}'"))
}

fn filled(query: &CannedQuery, time: &dyn Fn(&str) -> String) -> String {
    let values = query.header.parameters.iter().filter_map(|parameter| {
        let value = parameter.default.as_deref()?;
        let written = match parameter.kind {
            ParameterType::Number => value.to_owned(),
            ParameterType::Date => time(value),
            ParameterType::Entity(_) | ParameterType::Place | ParameterType::Level | ParameterType::Text => {
                format!("'{}'", value.replace('\'', "''"))
            }
        };
        Some((format!(":{}", parameter.name), written))
    });
    let values: Vec<(String, String)> = values.collect();
    let lines = query.sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let sql: String = lines.flat_map(|line| [line, "\n"]).collect();
    let mut written = String::new();
    let mut end = 0;
    for token in tokens(&sql) {
        written += &sql[end..token.start];
        end = token.start + token.text.len();
        let value = values.iter().find(|(name, _)| token.kind == TokenKind::Word && token.text == name);
        written += value.map_or(token.text, |(_, value)| value);
    }
    // Other engines accept only a plain number as a limit.
    for (_, value) in &values {
        written = written.replace(&format!("LIMIT CAST({value} AS INTEGER)"), &format!("LIMIT {value}"));
    }
    written.trim_end().to_owned()
}

/// Returns the SQL in the engine's dialect.
pub fn translated(sql: &str, engine: Engine) -> String {
    let tokens = tokens(sql);
    Writer { sql, tokens: &tokens, engine: Some(engine) }.write(0, tokens.len())
}

/// Returns the SQL for SQLite before 3.44, which has no ORDER BY within `group_concat`.
pub fn for_older_sqlite(sql: &str) -> String {
    let tokens = tokens(sql);
    Writer { sql, tokens: &tokens, engine: None }.write(0, tokens.len())
}

/// Writes tokens, each after the white space before it.
struct Writer<'s> {
    sql: &'s str,
    tokens: &'s [Token<'s>],
    /// The engine; `None` for an older SQLite.
    engine: Option<Engine>,
}

impl Writer<'_> {
    /// Writes the tokens of `begin..end`.
    fn write(&self, begin: usize, end: usize) -> String {
        let mut written = String::new();
        let mut at = begin;
        while at < end {
            let token = &self.tokens[at];
            let call = (token.kind == TokenKind::Word).then(|| self.call(at)).flatten();
            let word = (token.kind == TokenKind::Word).then(|| self.word(at)).flatten();
            let gap = if at == begin { "" } else { self.gap(at) };
            if let Some((text, next)) = call {
                written = written + gap + &text;
                at = next;
            } else {
                match word {
                    // A word that is left out also drops the white space before it.
                    Some("") => {}
                    Some(word) => written = written + gap + word,
                    None => written = written + gap + token.text,
                }
                at += 1;
            }
        }
        written
    }

    fn gap(&self, at: usize) -> &str {
        let before = &self.tokens[at - 1];
        &self.sql[before.start + before.text.len()..self.tokens[at].start]
    }

    fn word(&self, at: usize) -> Option<&'static str> {
        let token = &self.tokens[at];
        let follows = |word: &str| at > 0 && self.tokens[at - 1].is(word);
        match self.engine? {
            Engine::Duckdb => None,
            _ if token.is("MATERIALIZED") && follows("AS") => Some(""),
            Engine::Spark if token.is("TEXT") && follows("AS") => Some("STRING"),
            Engine::Athena | Engine::Trino if token.is("TEXT") && follows("AS") => Some("varchar"),
            Engine::Athena | Engine::Trino | Engine::Spark | Engine::Snowflake => None,
        }
    }

    /// Returns the engine's form of the call that begins at `at`, and the position of the next token; `None` if the
    /// form is the same, or if no call begins there.
    fn call(&self, at: usize) -> Option<(String, usize)> {
        if !self.tokens.get(at + 1)?.is("(") {
            return None;
        }
        let mut depth = 0;
        let mut starts = vec![at + 2];
        let mut close = at + 1;
        for (place, token) in self.tokens.iter().enumerate().skip(at + 1) {
            close = place;
            if token.is("(") {
                depth += 1;
            } else if token.is(")") {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            } else if token.is(",") && depth == 1 {
                starts.push(place + 1);
            }
        }
        let ends = starts.iter().skip(1).map(|start| start - 1).chain([close]);
        let ranges: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
        let name = self.tokens[at].text.to_ascii_lowercase();
        if name == "group_concat" {
            return self.list(&ranges).map(|list| (list, close + 1));
        }
        let first = self.tokens.get(at + 2)?.text;
        let template = template(self.engine?, &name, first)?;
        let mut text = template.to_owned();
        for (place, (begin, end)) in ranges.iter().enumerate() {
            text = text.replace(&format!("{{{place}}}"), &self.write(*begin, *end));
        }
        let mut next = close + 1;
        if text.contains("{alias}") {
            // The alias of `json_each(…) AS name`.
            text = text.replace("{alias}", self.tokens.get(close + 2)?.text);
            next = close + 3;
        }
        Some((text, next))
    }

    /// Returns `group_concat(text, sign ORDER BY …)` in the form of the SQL standard.
    fn list(&self, ranges: &[(usize, usize)]) -> Option<String> {
        let [text, (sign, end)] = ranges else { return None };
        if self.engine == Some(Engine::Duckdb) {
            return None;
        }
        let ordered = (*sign..*end).find(|place| self.tokens[*place].is("ORDER"));
        let text = self.write(text.0, text.1);
        let order = match ordered {
            Some(order) => self.write(order, *end),
            None => format!("ORDER BY {text}"),
        };
        let sign = self.write(*sign, ordered.unwrap_or(*end));
        if self.engine.is_none() {
            return Some(format!("group_concat({text}, {sign})"));
        }
        Some(format!("listagg({text}, {sign}) WITHIN GROUP ({order})"))
    }
}

/// Returns the engine's form of a call of SQLite's function, with `{0}` for its first argument; `None` if the form is
/// the same. `first` is the first token of the first argument.
fn template(engine: Engine, name: &str, first: &str) -> Option<&'static str> {
    use Engine::{Athena, Duckdb, Snowflake, Spark, Trino};
    Some(match (name, engine) {
        ("json_extract", Duckdb) => "json_extract_string({0}, {1})",
        ("json_extract", Spark) => "get_json_object({0}, {1})",
        ("json_extract", Athena | Trino) => "json_extract_scalar({0}, {1})",
        ("json_extract", Snowflake) => "json_extract_path_text({0}, substr({1}, 3))",
        ("json_valid", Spark) => "(get_json_object({0}, '$') IS NOT NULL)",
        ("json_valid", Athena | Trino) => "(try(json_parse({0})) IS NOT NULL)",
        ("json_valid", Snowflake) => "(try_parse_json({0}) IS NOT NULL)",
        ("json_each", Duckdb) => "(SELECT unnest(from_json({0}, '[\"VARCHAR\"]')) AS value) AS {alias}",
        ("json_each", Spark) => "LATERAL explode(from_json({0}, 'array<string>')) AS {alias}(value)",
        ("json_each", Athena | Trino) => {
            "UNNEST(transform(CAST(json_parse({0}) AS array(json)), e -> coalesce(json_extract_scalar(e, '$'), json_format(e)))) AS {alias}(value)"
        }
        ("json_each", Snowflake) => {
            "LATERAL (SELECT f.value::varchar AS value FROM TABLE(flatten(input => parse_json({0}))) AS f) AS {alias}"
        }
        ("unixepoch", Duckdb) => "(epoch_ms({0}) // 1000)",
        ("unixepoch", Spark) => "unix_seconds({0})",
        ("unixepoch", Athena | Trino) => "floor(to_unixtime({0}))",
        ("unixepoch", Snowflake) => "date_part(epoch_second, {0})",
        ("strftime", Duckdb) => "strftime({1} AT TIME ZONE 'UTC', {0})",
        ("strftime", Spark) if first == "'%w'" => "CAST(dayofweek({1}) - 1 AS STRING)",
        ("strftime", Spark) => "date_format({1}, 'HH')",
        ("strftime", Athena | Trino) if first == "'%w'" => "CAST(day_of_week({1}) % 7 AS varchar)",
        ("strftime", Athena | Trino) => "date_format({1}, {0})",
        ("strftime", Snowflake) if first == "'%w'" => "CAST(dayofweek({1}) AS varchar)",
        ("strftime", Snowflake) => "to_char({1}, 'HH24')",
        ("instr", Athena | Trino) => "strpos({0}, {1})",
        ("instr", Snowflake) => "charindex({1}, {0})",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::query::catalog;

    #[test]
    fn functions_have_the_names_of_the_engine() {
        let sql = "SELECT json_extract(f, '$.a.b'), group_concat(p, '; ' ORDER BY p), CAST(NULL AS TEXT)\nFROM t, json_each(t.l) AS n";
        assert_eq!(
            translated(sql, Engine::Duckdb),
            sql.replace("json_extract(", "json_extract_string(").replace(
                "json_each(t.l) AS n",
                "(SELECT unnest(from_json(t.l, '[\"VARCHAR\"]')) AS value) AS n"
            )
        );
        assert_eq!(
            translated(sql, Engine::Spark),
            "SELECT get_json_object(f, '$.a.b'), listagg(p, '; ') WITHIN GROUP (ORDER BY p), CAST(NULL AS STRING)\nFROM t, LATERAL explode(from_json(t.l, 'array<string>')) AS n(value)"
        );
        assert_eq!(
            translated("WITH a AS MATERIALIZED (SELECT lower(instr(x, (y))))", Engine::Trino),
            "WITH a AS (SELECT lower(strpos(x, (y))))"
        );
        assert_eq!(for_older_sqlite(sql), sql.replace(" ORDER BY p", ""));
    }

    #[test]
    fn few_queries_are_not_portable() {
        let refused: Vec<_> = catalog()
            .iter()
            .filter(|query| query.header.not_portable.is_some())
            .map(|query| &query.name)
            .collect();
        assert!((1..=3).contains(&refused.len()), "{refused:?}");
        assert!(catalog().iter().filter_map(portable).count() > 40);
    }

    /// Every function that engines lack is translated, or the query is marked as not portable.
    #[test]
    fn portable_queries_call_what_engines_have() {
        const COMMON: [&str; 16] = [
            "cast",
            "coalesce",
            "count",
            "exists",
            "in",
            "length",
            "lower",
            "max",
            "min",
            "nullif",
            "replace",
            "row_number",
            "substr",
            "sum",
            "trim",
            "upper",
        ];
        let mut called = BTreeSet::new();
        for (query, sql) in catalog().iter().filter_map(|query| Some((&query.name, portable(query)?))) {
            let tokens = tokens(&sql);
            for pair in tokens.windows(2).filter(|pair| pair[0].kind == TokenKind::Word && pair[1].is("(")) {
                called.insert((pair[0].text.to_ascii_lowercase(), query.clone()));
            }
        }
        let is_keyword = |name: &str| {
            [
                "as",
                "from",
                "materialized",
                "where",
                "and",
                "or",
                "not",
                "then",
                "when",
                "else",
                "on",
                "join",
                "by",
                "over",
                "select",
                "union",
                "case",
            ]
            .contains(&name)
        };
        let unknown: Vec<_> = called
            .iter()
            .filter(|(name, _)| !COMMON.contains(&name.as_str()) && !is_keyword(name))
            .filter(|(name, _)| name != "group_concat" && template(Engine::Spark, name, "").is_none())
            .collect();
        assert!(unknown.iter().all(|(name, _)| name == "instr"), "{unknown:?}");
        assert!(called.len() > 20);
    }
}
