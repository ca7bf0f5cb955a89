//! The source of an interchange form: statements on one snapshot with filters, and the part of what they read that the
//! snapshot did not see.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rusqlite::Row;
use serde_json::json;

use crate::amounts::counted;
use crate::error::{Error, ErrorKind, Result};
use crate::invocation;
use crate::model::{ResourceSpec, resource};
use crate::output::OutputColumn;
use crate::query::{
    Bound, CannedQuery, Header, Incomplete, Interruption, Judged, Only, ResourcePages, Span, TypedValues,
    bind, columns, judge, lines, narrow, prepare,
};
use crate::store::{Census, Record, Snapshot, SnapshotGaps, failed, parse_scope};

/// A census that answers as of one snapshot, with the filters on its rows.
pub struct Source<'c> {
    census: &'c Census,
    span: Span,
    only: Vec<Only>,
    pages: ResourcePages,
    interruption: Interruption,
    found: RefCell<Found>,
}

/// A statement with the name that an error uses if a filter cannot narrow it.
struct Asked<'a> {
    what: &'a str,
    sql: &'a str,
    header: &'a Header,
    only: &'a [Only],
    /// True if unseen data that the statement reads is reported.
    is_judged: bool,
}

/// A statement before its first row.
pub struct Begun<'a> {
    /// The columns of the statement.
    pub columns: &'a [OutputColumn],
    /// The values of its parameters.
    pub bound: &'a [Bound],
    /// Lines about data that the statement reads and the snapshot did not see completely.
    pub not_covered: Vec<String>,
}

/// The unseen data of the statements so far.
#[derive(Debug, Default)]
struct Found {
    /// The resources that the snapshot did not see completely.
    incomplete: Vec<Incomplete>,
    /// The number of rows for which the filters cannot be decided.
    unknown: i64,
}

impl<'c> Source<'c> {
    /// Creates a source from a census that already answers as of this snapshot. `only` narrows the rows of
    /// [`Source::narrowed`].
    pub fn new(census: &'c mut Census, snapshot: Snapshot, only: Vec<Only>) -> Result<Self> {
        let pages = ResourcePages::read(census.connection())?;
        census.guard()?;
        let census = &*census;
        let interruption = Interruption::watch(census.connection(), None)?;
        Ok(Self { census, span: Span::at(snapshot), only, pages, interruption, found: RefCell::default() })
    }

    /// Returns the census.
    pub fn census(&self) -> &'c Census {
        self.census
    }

    /// Returns the answering snapshot.
    pub fn snapshot(&self) -> &Snapshot {
        self.span.to()
    }

    /// Returns true if there are filters.
    pub fn is_narrowed(&self) -> bool {
        !self.only.is_empty()
    }

    /// Passes every row of the statement to `each`.
    pub fn all(&self, sql: &str, mut each: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        let asked = Asked { what: "", sql, header: &Header::default(), only: &[], is_judged: true };
        self.ask(asked, |_| Ok(()), |(), row| each(row))
    }

    /// Passes every row of a statement that reads histories to `each`. Unseen data of earlier snapshots is not
    /// reported. The caller must read the same rows with [`Source::all`] too, which reports the unseen data of this
    /// snapshot.
    pub fn since(&self, sql: &str, mut each: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        let asked = Asked { what: "", sql, header: &Header::default(), only: &[], is_judged: false };
        self.ask(asked, |_| Ok(()), |(), row| each(row))
    }

    /// Passes the rows that the filters keep to `each`. A filter that does not apply to the statement's rows is an
    /// error that names the form `what` (exit 2).
    pub fn narrowed(
        &self,
        what: &str,
        sql: &str,
        mut each: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.narrowed_into(what, sql, || Ok(()), |(), row| each(row))
    }

    /// Passes the rows that the filters keep to the value that `begin` creates. `begin` is called only after the
    /// filters proved valid.
    pub fn narrowed_into<T>(
        &self,
        what: &str,
        sql: &str,
        begin: impl FnOnce() -> Result<T>,
        each: impl FnMut(&mut T, &Row<'_>) -> Result<()>,
    ) -> Result<T> {
        let asked = Asked { what, sql, header: &Header::default(), only: &self.only, is_judged: true };
        self.ask(asked, |_| begin(), each)
    }

    /// Passes the columns of a canned query to `begin`, and then the rows that the filters keep to `each`. A query
    /// without a value for a parameter is an error (exit 2).
    pub fn canned<T>(
        &self,
        query: &CannedQuery,
        begin: impl FnOnce(Begun<'_>) -> Result<T>,
        each: impl FnMut(&mut T, &Row<'_>) -> Result<()>,
    ) -> Result<T> {
        let asked = Asked {
            what: &query.name,
            sql: &query.sql,
            header: &query.header,
            only: &self.only,
            is_judged: true,
        };
        self.ask(asked, begin, each)
    }

    fn ask<T>(
        &self,
        asked: Asked<'_>,
        begin: impl FnOnce(Begun<'_>) -> Result<T>,
        mut each: impl FnMut(&mut T, &Row<'_>) -> Result<()>,
    ) -> Result<T> {
        let (mut header, mut typed) = (asked.header.clone(), TypedValues::default());
        let (mut sql, mut unknown) = (asked.sql.to_owned(), None);
        if !asked.only.is_empty() {
            let columns = columns(&prepare(self.census, &sql)?.statement, &[])?;
            let narrowed = narrow(self.census, asked.what, &sql, &columns, asked.only, &self.span)?;
            for (parameter, text) in narrowed.parameters {
                typed.add(parameter.name.clone(), text);
                header.parameters.push(parameter);
            }
            (sql, unknown) = (narrowed.sql, narrowed.unknown);
        }
        let mut prepared = prepare(self.census, &sql)?;
        let bound = bind(&mut prepared, &header, None, &typed, self.census, &self.span)?;
        let reads = self.pages.read_by(&prepared.program, &bound);
        let Judged { incomplete, .. } = judge(self.census, &self.span, &reads)?;
        let columns = columns(&prepared.statement, &[])?;
        let mut begun = begin(Begun { columns: &columns, bound: &bound, not_covered: lines(&incomplete) })?;
        let mut rows = prepared.statement.raw_query();
        while let Some(row) = self.interruption.beyond(|| rows.next()).map_err(|error| self.stopped(error))? {
            each(&mut begun, row)?;
            self.interruption.check()?;
        }
        if asked.is_judged {
            self.found.borrow_mut().incomplete.extend(incomplete);
        }
        if let Some(sql) = unknown {
            let mut prepared = prepare(self.census, &sql)?;
            bind(&mut prepared, &header, None, &typed, self.census, &self.span)?;
            let mut rows = prepared.statement.raw_query();
            let count = rows.next().map_err(failed)?.map_or(Ok(0), |row| row.get(0)).map_err(failed)?;
            let unknown = &mut self.found.borrow_mut().unknown;
            *unknown = count.max(*unknown);
        }
        Ok(begun)
    }

    fn stopped(&self, error: rusqlite::Error) -> Error {
        self.interruption.explain(failed(error))
    }

    /// Returns lines about the unseen data of the statements so far. With `require_complete`, such data is an error
    /// (exit 4).
    pub fn not_covered(&self, require_complete: bool) -> Result<Vec<String>> {
        self.census.check_unwritten()?;
        let found = self.found.borrow();
        let mut seen = BTreeSet::new();
        let incomplete: Vec<Incomplete> =
            found.incomplete.iter().filter(|one| seen.insert(one.resource)).cloned().collect();
        let mut told: Vec<String> = lines(&incomplete)
            .into_iter()
            .map(|line| format!("{line}: rows may be missing or old"))
            .collect();
        if found.unknown > 0 {
            told.push(format!(
                "{} may belong to what was asked for: the OU or the tags of what they concern are unknown",
                counted(found.unknown.unsigned_abs(), "further row")
            ));
        }
        if require_complete && !told.is_empty() {
            let show = invocation::command(format_args!("snapshots show {}", self.snapshot().snapshot_id));
            return Err(Error::new(ErrorKind::Incomplete, told.join("; "))
                .hint(format!("{show} lists what could not be seen")));
        }
        Ok(told)
    }

    /// Returns the unseen part of the resource in the snapshot.
    pub fn unseen(&self, resource_name: &str) -> Result<Unseen> {
        let spec = resource(resource_name).expect("the forms name resources that there are");
        let gaps = SnapshotGaps::read(self.census.connection(), self.snapshot().snapshot_id, spec.name)?;
        Ok(Unseen { spec, gaps })
    }
}

/// The unseen part of a resource in a snapshot.
pub struct Unseen {
    spec: &'static ResourceSpec,
    gaps: SnapshotGaps,
}

impl Unseen {
    /// Decides whether a row with these values may exist that the snapshot did not see.
    pub fn may_hide(&self, values: &[(&str, &str)]) -> Result<bool> {
        let object: serde_json::Map<_, _> =
            values.iter().map(|(column, value)| ((*column).to_owned(), json!(value))).collect();
        let row: Record = parse_scope(&serde_json::Value::Object(object).to_string())?;
        let agrees = |scope: &Record| {
            let names_one = values.iter().any(|(column, _)| scope.contains_key(column));
            names_one && scope.iter().all(|(column, value)| row.get(column).is_none_or(|own| own == value))
        };
        debug_assert!(
            values.iter().all(|(column, _)| self.spec.columns.iter().any(|one| one.name == *column))
        );
        // A gap may be wider than the values, or narrower.
        Ok(self.gaps.hides(&row)
            || self
                .gaps
                .gaps()
                .iter()
                .any(|gap| agrees(&gap.scope) && gap.scope.iter().count() > values.len()))
    }
}
