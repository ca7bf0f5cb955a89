//! Asks several censuses: each answers on its own connection, and the rows are joined under `organization_id`.

use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;

use super::super::global::db_option;
use super::layout::rows_in_words;
use super::one_census::{OneCensus, Ready};
use super::{Answered, GlobalOptions, QueryArgs, QueryRequest};
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::invocation;
use crate::output::{Destination, Format, OutputColumn, RowWriter, stderr};
use crate::query::{Interruption, Projection, TypedValues, Walk};
use crate::store::Census;

/// The first column, with the organization of a row.
const WHOSE: &str = "organization_id";

/// Asks every census, writes the rows of those that answer, and reports why the others do not.
pub(super) fn answer(
    args: &QueryArgs,
    global: &GlobalOptions,
    question: &QueryRequest,
    typed: &TypedValues,
    mut destination: Destination,
) -> Result<Answered> {
    refuse(args, global)?;
    let format = args.format(global, &destination)?;
    if format == Format::Xlsx {
        return Err(Error::usage("a workbook cannot hold the answers of several censuses")
            .hint("query each census by itself, or use --format csv --csv-for excel"));
    }
    if args.layout.wide {
        destination.widen();
    }
    let file = destination.path().map(|path| path.display().to_string());
    let is_read_now = destination.is_terminal();
    let Outcome { status, rows, has_more } =
        ask_each(args, global, question, typed, format, &mut destination)?;
    question.say_what_is_not_weighed();
    match file {
        // An existing output file is always complete.
        Some(_) if status != ExitStatus::Done => return Ok(Answered { status, rows }),
        Some(file) => {
            destination.finish()?;
            stderr::say(format!("wrote {file}: {}, {}", rows_in_words(rows, has_more), format.name()));
        }
        None => {
            destination.finish()?;
            if is_read_now || has_more {
                stderr::say(rows_in_words(rows, has_more));
            }
        }
    }
    Ok(Answered { status, rows })
}

/// The outcome of asking all censuses.
struct Outcome {
    status: ExitStatus,
    rows: u64,
    has_more: bool,
}

fn ask_each(
    args: &QueryArgs,
    global: &GlobalOptions,
    question: &QueryRequest,
    typed: &TypedValues,
    format: Format,
    destination: &mut Destination,
) -> Result<Outcome> {
    let mut joined = Joined {
        destination: Some(destination),
        writer: None,
        format,
        first: None,
        left: args.layout.limit.unwrap_or(u64::MAX),
        has_more: false,
        is_told: false,
        asked: Vec::new(),
    };
    let mut status = ExitStatus::Done;
    for db in std::iter::once(&global.db).chain(&global.other_dbs) {
        let asked = invocation::meaning(db_option(db), || joined.ask(db, args, global, question, typed));
        match asked {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::BrokenPipe) => {
                return Err(error);
            }
            Err(error) => {
                let error = error.within(&db.display().to_string());
                stderr::print_error(&error);
                status = worse(status, error.exit_status());
            }
        }
    }
    let has_more = joined.has_more;
    let rows = joined.writer.map_or(Ok(0), RowWriter::finish)?;
    Ok(Outcome { status, rows, has_more })
}

/// Fails for options that have no meaning for several censuses.
fn refuse(args: &QueryArgs, global: &GlobalOptions) -> Result<()> {
    if args.evidence.is_wanted() {
        return Err(Error::usage("--evidence is only for one census")
            .hint("query each census by itself: --db FILE --output FILE --evidence"));
    }
    if args.raw {
        return Err(Error::usage(format!(
            "--raw is only for one census: rows of several begin with {WHOSE}"
        ))
        .hint("leave out --raw, or ask one census"));
    }
    let mut known: Vec<PathBuf> = Vec::new();
    for db in std::iter::once(&global.db).chain(&global.other_dbs) {
        let real = std::fs::canonicalize(db).unwrap_or_else(|_| db.clone());
        if known.contains(&real) {
            return Err(
                Error::usage(format!("{} is named twice", db.display())).hint("name each census once")
            );
        }
        known.push(real);
    }
    Ok(())
}

/// Returns the more severe exit status.
fn worse(one: ExitStatus, other: ExitStatus) -> ExitStatus {
    let rank = |status| match status {
        ExitStatus::Done => 0,
        ExitStatus::Changed => 1,
        ExitStatus::Incomplete => 2,
        ExitStatus::Usage => 3,
        ExitStatus::Resumable => 4,
        ExitStatus::Failed => 5,
        ExitStatus::Interrupted => 6,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// Writes the rows of all censuses as they arrive.
struct Joined<'d> {
    /// The destination, until the writer begins.
    destination: Option<&'d mut Destination>,
    writer: Option<RowWriter<'d>>,
    format: Format,
    /// The census that answered first, and the names of its columns.
    first: Option<(PathBuf, Vec<String>)>,
    /// The number of rows still wanted.
    left: u64,
    has_more: bool,
    /// Set when the scope of an aggregate was mentioned.
    is_told: bool,
    /// The organization of each census that was asked, with its file.
    asked: Vec<(String, PathBuf)>,
}

impl Joined<'_> {
    fn ask(
        &mut self,
        db: &Path,
        args: &QueryArgs,
        global: &GlobalOptions,
        question: &QueryRequest,
        typed: &TypedValues,
    ) -> Result<()> {
        let census = global.open_one(db)?;
        let interruption = Interruption::watch(census.connection(), args.timeout)?;
        let name = format!("{}: ", db.display());
        let one = OneCensus { args, question, typed, census, interruption: &interruption, name };
        self.answer(db, one).map_err(|error| interruption.explain(error))
    }

    fn answer(&mut self, db: &Path, mut one: OneCensus<'_>) -> Result<()> {
        let whose = whose(&one.census, db)?;
        if let Some((_, other)) = self.asked.iter().find(|(organization, _)| *organization == whose) {
            stderr::warn(format!(
                "{} and {} are of one organization, {whose}: its rows are there twice",
                other.display(),
                db.display()
            ));
        }
        self.asked.push((whose.clone(), db.to_owned()));
        let interruption = one.interruption;
        let answer = one.answer(false, |ready| {
            let Ready { census, sql, statement, program, wanted, .. } = ready;
            self.require_columns(db, &wanted)?;
            if program.aggregates() && !std::mem::replace(&mut self.is_told, true) {
                stderr::note("note: counts and sums are per organization");
            }
            let before = self.left;
            let (format, destination, writer) = (self.format, &mut self.destination, &mut self.writer);
            let begin = || {
                if let Some(destination) = destination.take() {
                    let columns = std::iter::once(OutputColumn::from(WHOSE)).chain(wanted.columns);
                    *writer = Some(RowWriter::begin(format, columns, destination)?);
                }
                writer.as_mut().ok_or_else(|| Error::failed("the output could not be begun"))
            };
            let walk = Walk { places: &wanted.places, left: &mut self.left, interruption };
            let (_, has_more) = walk.rows(census, sql, statement, begin, |writer, row| {
                let values: Vec<ValueRef<'_>> =
                    std::iter::once(ValueRef::Text(whose.as_bytes())).chain(row.iter().copied()).collect();
                writer.row(&values)
            })?;
            Ok((before - self.left, has_more))
        })?;
        self.has_more |= answer.has_more;
        one.census.check_unwritten()?;
        one.say_if_empty(&answer);
        one.say_what_is_beside(&answer.span)
    }

    /// Fails if the columns differ from those of the earlier census. A census of an older version may have fewer.
    fn require_columns(&mut self, db: &Path, wanted: &Projection) -> Result<()> {
        let names: Vec<String> = wanted.columns.iter().map(|column| column.name.clone()).collect();
        if names.iter().any(|name| name == WHOSE) {
            return Err(Error::usage(format!("the answer has a column {WHOSE} of its own"))
                .hint(format!("rename it, {WHOSE} AS id, or choose others with --columns")));
        }
        let Some((first, known)) = &self.first else {
            self.first = Some((db.to_owned(), names));
            return Ok(());
        };
        if *known == names {
            return Ok(());
        }
        let only = |these: &[String], those: &[String]| {
            let only: Vec<_> = these.iter().filter(|name| !those.contains(name)).cloned().collect();
            if only.is_empty() { "none of its own".to_owned() } else { only.join(", ") }
        };
        Err(Error::failed(format!(
            "its answer has other columns than that of {}: {} here, {} there",
            first.display(),
            only(&names, known),
            only(known, &names)
        ))
        .hint("name the columns that both have: --columns a,b, or in the statement"))
    }
}

/// Returns the first value of a census's rows: its organization, or its instance if only that is known.
fn whose(census: &Census, db: &Path) -> Result<String> {
    let identity = census.identity()?;
    let known = identity.and_then(|identity| identity.organization_id.or(identity.instance_arn));
    Ok(known.unwrap_or_else(|| db.display().to_string()))
}
