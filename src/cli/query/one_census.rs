//! Asks one census: every step of an answer except for writing its rows.

use rusqlite::Statement;

use super::super::snapshot_line::no_rows_in;
use super::filters::Filtered;
use super::{QueryArgs, QueryRequest, no_proof};
use crate::error::Result;
use crate::invocation;
use crate::output::stderr;
use crate::query::{
    Bound, CannedQuery, Incomplete, Interruption, Judged, Program, Projection, ResourcePages, Span,
    TypedValues, bind, columns, judge, prepare, refuse_scan,
};
use crate::store::{Census, Snapshot, failed};

/// A census and its question.
pub(super) struct OneCensus<'q> {
    pub args: &'q QueryArgs,
    pub question: &'q QueryRequest,
    pub typed: &'q TypedValues,
    pub census: Census,
    pub interruption: &'q Interruption,
    /// The name that precedes messages, if several censuses are asked.
    pub name: String,
}

/// A question that is ready to be answered: its parameters are bound, and possible gaps were reported.
pub(super) struct Ready<'r, 'c> {
    pub census: &'c Census,
    pub sql: &'r str,
    pub statement: &'r mut Statement<'c>,
    pub program: &'r Program,
    pub wanted: Projection,
    pub parameters: &'r [Bound],
    /// Every snapshot that the answer depends on.
    pub snapshots: &'r [Snapshot],
}

/// The answer of a census.
pub(super) struct Answer {
    pub rows: u64,
    pub has_more: bool,
    /// The SQL that ran, filters included.
    pub sql: String,
    pub parameters: Vec<Bound>,
    pub program: Program,
    pub span: Span,
    /// Every snapshot that the answer depends on.
    pub snapshots: Vec<Snapshot>,
    pub incomplete: Vec<Incomplete>,
}

impl OneCensus<'_> {
    /// Prepares the answer, names its snapshot and the resources that were not seen completely, and passes it to
    /// `write`, which returns the number of rows and whether there are more. Then reports the rows for which the
    /// filters are undecided, and the related query. If the answer is `proved`, every snapshot is read.
    ///
    /// Fails if the question cannot be answered (exit 2), and if a required complete answer is not possible (exit 4).
    pub fn answer(
        &mut self,
        proved: bool,
        write: impl FnOnce(Ready<'_, '_>) -> Result<(u64, bool)>,
    ) -> Result<Answer> {
        let Self { args, question, typed, interruption, ref name, .. } = *self;
        let QueryRequest { asked, .. } = question;
        let span = asked.answered_by(&mut self.census, proved)?;
        let pages = ResourcePages::read(self.census.connection())?;
        self.census.guard()?;
        let census = &self.census;
        let filtered =
            interruption.beyond(|| Filtered::new(&args.narrowing, question, typed, census, &span))?;
        let Filtered { sql, header, typed, .. } = &filtered;
        let mut prepared = interruption.beyond(|| prepare(census, sql))?;
        let wanted = args.layout.projection(columns(&prepared.statement, &args.json)?)?;
        let usage = question.usage();
        let parameters =
            interruption.beyond(|| bind(&mut prepared, header, usage.as_deref(), typed, census, &span))?;
        for one in &parameters {
            tracing::info!("{} {:?} is {:?}", one.name, one.typed, one.value);
        }
        refuse_scan(sql, &prepared.program)?;
        let reads = pages.read_by(&prepared.program, &parameters);
        let Judged { snapshots, incomplete } = judge(census, &span, &reads)?;
        let not_covered = args.not_covered(&incomplete)?;
        asked.say(&span, name);
        let echoes = parameters.iter().filter_map(|one| one.echo.as_ref());
        echoes.for_each(|echo| stderr::say(format!("{name}{echo}")));
        for line in not_covered {
            stderr::warn(format!("{name}{line}: rows may be missing or old"));
        }
        let (statement, program) = (&mut prepared.statement, &prepared.program);
        let ready =
            Ready { census, sql, statement, program, wanted, parameters: &parameters, snapshots: &snapshots };
        let (rows, has_more) = write(ready)?;
        filtered.warn_of_unknown(name, usage.as_deref(), census, &span)?;
        let program = prepared.program;
        Ok(Answer { rows, has_more, sql: filtered.sql, parameters, program, span, snapshots, incomplete })
    }

    /// Reports that the answer has no rows, and warns if that is no proof.
    pub fn say_if_empty(&self, answer: &Answer) {
        if answer.rows > 0 || answer.has_more {
            return;
        }
        let none = format!("{}{}", self.name, no_rows_in(&answer.span));
        match answer.incomplete.as_slice() {
            [] => stderr::say(none),
            unseen => stderr::warn(format!("{none} {}", no_proof(unseen))),
        }
    }

    /// Reports the number of rows of the related query, which shows rows that this answer cannot.
    pub fn say_what_is_beside(&self, span: &Span) -> Result<()> {
        let Some((name, words)) = &self.question.header.beside else { return Ok(()) };
        let query: CannedQuery = self.args.catalog().find(name)?;
        let note = format!("note: {}{words}", self.name);
        if span.is_range() && query.header.not_during.is_some() {
            let list = invocation::command(format_args!("query {} --at WHEN", query.name));
            stderr::note(format!("{note}: not counted over a range ({list} lists those of a snapshot)"));
            return Ok(());
        }
        let sql = format!("SELECT count(*) FROM (\n{}\n)", query.sql);
        let count: i64 = self.census.connection().query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
        if count > 0 {
            let list = invocation::command(format_args!("query {}", query.name));
            stderr::note(format!("{note}: {count} ({list} lists them)"));
        }
        Ok(())
    }
}
