//! Each distinct policy, once, with its statements.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::Place;
use crate::digest::sha256;
use crate::document::{self, Statement, statements};
use crate::error::Result;
use crate::model::{Grammar, RESOURCES};
use crate::store::columns::{columns, versions_table};
use crate::store::file::{Doing, quoted};

/// Reads the policies that the tables lack, and removes those that no version holds any more.
pub(super) fn fill(connection: &Connection, place: Place) -> Result<()> {
    let wanted = texts(connection)?;
    let schema = place.schema();
    let write = || -> rusqlite::Result<()> {
        let known = ids(connection, schema)?;
        for id in known.iter().filter(|id| !wanted.contains_key(*id)) {
            forget(connection, schema, id)?;
        }
        for (id, (text, grammar)) in wanted.iter().filter(|(id, _)| !known.contains(*id)) {
            insert(connection, schema, id, text, *grammar)?;
        }
        Ok(())
    };
    write().doing("read the statements of policies")
}

/// Removes every policy: a program with other rules may have read it differently.
pub(super) fn forget_all(connection: &Connection, place: Place) -> Result<()> {
    let schema = place.schema();
    let delete = format!("DELETE FROM {schema}.policy_documents; DELETE FROM {schema}.document_statements");
    connection.execute_batch(&delete).doing("forget what policies say by other rules")
}

/// Returns the first table whose rows differ from the policies of the file.
pub(super) fn differs(connection: &Connection) -> Result<Option<&'static str>> {
    let wanted = texts(connection)?;
    let read = || -> rusqlite::Result<Option<&'static str>> {
        if ids(connection, "main")? != wanted.keys().cloned().collect() {
            return Ok(Some("policy_documents"));
        }
        for (id, (text, grammar)) in &wanted {
            let row = Row::of(text, *grammar);
            let same: bool = connection.query_row(
                "SELECT document = ?2 AND length = ?3 AND canonical_id = ?4 AND problem IS ?5
                 FROM main.policy_documents WHERE document_id = ?1",
                params![id, text, row.length, row.canonical_id, row.problem],
                |row| row.get(0),
            )?;
            if !same {
                return Ok(Some("policy_documents"));
            }
            let kept: Vec<Vec<rusqlite::types::Value>> = connection
                .prepare_cached(
                    "SELECT statement_index, sid, effect, action, not_action, resource, not_resource, principal, condition
                     FROM main.document_statements WHERE document_id = ?1 ORDER BY statement_index",
                )?
                .query_map([id], |row| (0..9).map(|column| row.get(column)).collect())?
                .collect::<rusqlite::Result<_>>()?;
            let due: Vec<Vec<rusqlite::types::Value>> =
                (0..).zip(&row.statements).map(|(index, statement)| values(index, statement)).collect();
            if kept != due {
                return Ok(Some("document_statements"));
            }
        }
        let strays: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM main.document_statements
                            WHERE document_id NOT IN (SELECT document_id FROM main.policy_documents))",
            [],
            |row| row.get(0),
        )?;
        Ok(strays.then_some("document_statements"))
    };
    read().doing("compare the statements of policies")
}

/// The stored values of a policy.
struct Row {
    length: i64,
    canonical_id: String,
    problem: Option<&'static str>,
    statements: Vec<Statement>,
}

impl Row {
    fn of(text: &str, grammar: Grammar) -> Self {
        let (statements, problem) = match statements(text) {
            Ok(statements) => (statements, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let length = text.chars().count() as i64;
        Self { length, canonical_id: document::hash(grammar, text), problem, statements }
    }
}

/// Returns every policy that a version holds, by its id.
fn texts(connection: &Connection) -> Result<BTreeMap<String, (String, Grammar)>> {
    let mut texts = BTreeMap::new();
    for spec in RESOURCES {
        for held in spec.documents.iter().filter(|held| held.grammar != Grammar::Json) {
            let table = versions_table(spec.name);
            if columns(connection, "main", &table)?.is_empty() {
                continue;
            }
            let (table, column) = (quoted(&table), quoted(held.column));
            let sql = format!("SELECT DISTINCT {column} FROM main.{table} WHERE {column} IS NOT NULL");
            let mut read = || -> rusqlite::Result<()> {
                let mut statement = connection.prepare(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let text = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
                    texts.entry(sha256(&text)).or_insert((text, held.grammar));
                }
                Ok(())
            };
            read().doing(&format!("read the documents of {}", spec.name))?;
        }
    }
    Ok(texts)
}

fn ids(connection: &Connection, schema: &str) -> rusqlite::Result<BTreeSet<String>> {
    let sql = format!("SELECT document_id FROM {schema}.policy_documents");
    connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect()
}

fn forget(connection: &Connection, schema: &str, id: &str) -> rusqlite::Result<()> {
    for table in ["policy_documents", "document_statements"] {
        let sql = format!("DELETE FROM {schema}.{table} WHERE document_id = ?1");
        connection.prepare_cached(&sql)?.execute([id])?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    schema: &str,
    id: &str,
    text: &str,
    grammar: Grammar,
) -> rusqlite::Result<()> {
    let row = Row::of(text, grammar);
    connection
        .prepare_cached(&format!("INSERT INTO {schema}.policy_documents VALUES (?1, ?2, ?3, ?4, ?5)"))?
        .execute(params![id, text, row.length, row.canonical_id, row.problem])?;
    let sql =
        format!("INSERT INTO {schema}.document_statements VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    let mut insert = connection.prepare_cached(&sql)?;
    for (index, statement) in (0..).zip(&row.statements) {
        let id = rusqlite::types::Value::Text(id.to_owned());
        insert.execute(rusqlite::params_from_iter(std::iter::once(id).chain(values(index, statement))))?;
    }
    Ok(())
}

/// Returns the columns of a statement that follow the policy's id.
fn values(index: i64, statement: &Statement) -> Vec<rusqlite::types::Value> {
    let list =
        |patterns: &Option<Vec<String>>| patterns.as_ref().map(|it| Value::from(it.clone()).to_string());
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let texts = [
        statement.sid.clone(),
        Some(statement.effect.clone()),
        list(&statement.action),
        list(&statement.not_action),
        list(&statement.resource),
        list(&statement.not_resource),
        json(&statement.principal),
        json(&statement.condition),
    ];
    let texts = texts.into_iter().map(|text| text.map_or(rusqlite::types::Value::Null, Into::into));
    std::iter::once(index.into()).chain(texts).collect()
}
