//! `--account`, `--ou`, `--tag` and the like: limits a canned query to the rows that concern one entity.

use super::super::diff::{NarrowingArgs, known_tags};
use super::QueryRequest;
use crate::error::{Error, Result};
use crate::model;
use crate::output::stderr;
use crate::query::{Header, Only, Span, TypedValues, bind, columns, narrow, prepare};
use crate::store::{Census, failed};

/// A question with its filters applied.
pub(super) struct Filtered {
    pub sql: String,
    pub header: Header,
    pub typed: TypedValues,
    /// The statement that counts the rows that may or may not belong to the answer.
    unknown: Option<String>,
}

/// Fails for filters on the user's own SQL, which contains its conditions itself (exit 2).
pub(super) fn refuse_own_sql(filters: &NarrowingArgs, question: &QueryRequest) -> Result<()> {
    let Some(filter) = filters.only().first().map(Only::option).filter(|_| question.name.is_none()) else {
        return Ok(());
    };
    Err(Error::usage(format!("--{filter} narrows canned queries and tables, and this is SQL of your own"))
        .hint("write it in the SQL: WHERE account_id = '111122223333'")
        .hint("or bind a name: WHERE account_id = :account, with -p account:account=prod"))
}

impl Filtered {
    /// Applies the filters to the question; without a filter, returns it unchanged. A filter that does not apply to the
    /// question's rows is an error (exit 2), and so is a tag that does not exist.
    pub fn new(
        filters: &NarrowingArgs,
        question: &QueryRequest,
        typed: &TypedValues,
        census: &Census,
        span: &Span,
    ) -> Result<Self> {
        let (sql, mut header, mut typed) = (question.sql.clone(), question.header.clone(), typed.clone());
        let filters = filters.only();
        if filters.is_empty() {
            return Ok(Self { sql, header, typed, unknown: None });
        }
        for filter in &filters {
            if let Only::Tag(tag) = filter {
                known_tags(tag, census, span)?;
            }
        }
        let columns = columns(&prepare(census, &sql)?.statement, &[])?;
        let name = question.name.as_deref().unwrap_or_default();
        let narrowed = narrow(census, name, &sql, &columns, &filters, span)?;
        for (parameter, text) in narrowed.parameters {
            typed.add(parameter.name.clone(), text);
            header.parameters.push(parameter);
        }
        Ok(Self { sql: narrowed.sql, header, typed, unknown: narrowed.unknown })
    }

    /// Warns of the number of omitted rows that may belong to the answer. `whose` stands in front.
    pub fn warn_of_unknown(
        &self,
        whose: &str,
        usage: Option<&str>,
        census: &Census,
        span: &Span,
    ) -> Result<()> {
        let Some(sql) = &self.unknown else { return Ok(()) };
        let mut prepared = prepare(census, sql)?;
        bind(&mut prepared, &self.header, usage, &self.typed, census, span)?;
        let count: i64 = {
            let mut rows = prepared.statement.raw_query();
            let row =
                rows.next().map_err(failed)?.ok_or_else(|| failed(rusqlite::Error::QueryReturnedNoRows))?;
            row.get(0).map_err(failed)?
        };
        if count > 0 {
            let rows = model::counted_rows("further_rows", count);
            stderr::warn(format!(
                "{whose}{rows} may belong to the answer: the OU or the tags of what they concern are unknown"
            ));
        }
        Ok(())
    }
}
