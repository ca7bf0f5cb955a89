//! `query`: a canned query by name, or any SQL, as of any snapshot.

use std::io::{Read, Write};
use std::time::Duration;

use clap::Args;
use rusqlite::types::Value;

mod asked;
mod taken;

use super::evidence::{self, EvidenceArgs};
use super::snapshot_line::no_rows_in;
use super::{GlobalOptions, time_limit};
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::invocation;
use crate::output::{Destination, Format, RowWriter, stderr, write_error};
use crate::query::{
    CannedQuery, Header, Incomplete, Interruption, Judged, ResourcePages, TypedValues, Why, bind, catalog,
    columns, find, judge, lines, prepare, stream, why_empty,
};
use crate::store::Census;
use asked::Asked;

/// The arguments of `query`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus query --list                            what it answers by name
  orgcensus query user-access ana@example.com       a value by its place
  orgcensus query account-access -p account=prod    or by its name
  orgcensus query account-access prod --at 2026-09-30
                                                    as of the end of a past day
  orgcensus query user-access ana --during 2026-Q3  at any time of the quarter
  orgcensus query privileged-access --output admins.csv
                                                    into a file
  orgcensus query privileged-access --output admins.csv --evidence
                                                    and admins.csv.evidence.json
  orgcensus query \"SELECT user_name FROM users WHERE user_status = 'DISABLED'\"
  orgcensus query 'SELECT * FROM accounts WHERE name = :n' -p n=prod
  orgcensus query 'SELECT * FROM organization_tree WHERE depth > :n' -p n:number=2
  orgcensus query - < question.sql                  SQL from standard input
  orgcensus query --show user-access                SQL to start from

Values:
A user, account, group, permission set or OU is found in the snapshot that is asked: by id, name, display name or \
e-mail address, in this order, and each as it is, then without spaces at its ends, then ignoring case. The first match \
wins, and is told with its id where it is not exact. Nothing, or several things on one step, is an error (exit code 2): \
a misspelt name never reads as \"no access\".

In SQL of your own, text stands in single quotes: a name in double quotes is a column. A value is text, and takes the type of the column that it is compared with. An expression \
such as count(*) has no type to give: -p n=2 is then an error that asks for -p n:number=2. \
A day, month or quarter of type date stands for its beginning: -p since:date=2026-Q3 is the first of July.

Ranges:
With --during FROM TO, or one period such as --during 2026-Q3, the tables have whatever was alive in any snapshot from FROM to TO, one row for each version, \
and further columns with its bounds: it began after not_before and by first_seen_at, was last seen at last_seen_at \
and was gone by gone_at (empty: not by TO); valid_from and valid_to are the same as snapshot ids. In SQL of your own, \
join only what lived together: a.valid_from < coalesce(b.valid_to, 1e9) and the other way round; effective_access \
does so already. A state of one snapshot, such as organization_tree, is refused. A day, week, month or quarter alone is \
that period, from what held as it began; as one of two ends it stands for its end, so that 2026-Q2..2026-Q3 is all of \
the third quarter. A range that begins before the first snapshot begins with it.

Services:
last_authenticated_at is NULL when no attempt was seen in AWS's tracking period, and attempts include denied \
ones.")]
pub struct QueryArgs {
    /// The name of a canned query, SQL (anything with white space in it), or - for SQL from standard input
    #[arg(value_name = "NAME | SQL | -")]
    question: Option<String>,

    /// The canned query's values, in the order of --list
    #[arg(value_name = "VALUE")]
    values: Vec<String>,

    /// Give a parameter its value by name; in SQL of your own it is written :NAME and is text, or of the type
    /// that you say: number, date, user, account, group, permission_set, ou
    #[arg(short, long = "param", value_name = "NAME[:TYPE]=VALUE", help_heading = "Question")]
    param: Vec<String>,

    /// List the canned queries with what they take
    #[arg(long, conflicts_with_all = ["question", "show", "evidence"], help_heading = "Question")]
    list: bool,

    /// Print the SQL of a canned query
    #[arg(long, value_name = "NAME", conflicts_with_all = ["question", "evidence"], help_heading = "Question")]
    show: Option<String>,

    /// Give up after this time, e.g. 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = time_limit, help_heading = "Question")]
    timeout: Option<Duration>,

    /// Answer with all that was alive in any snapshot from FROM to TO [default: latest], also as FROM..TO; or in
    /// a day, week, month or quarter alone
    #[arg(
        long,
        num_args = 1..=2,
        value_names = ["FROM", "TO"],
        conflicts_with_all = ["at", "list", "show"],
        help_heading = "Census"
    )]
    during: Vec<String>,

    /// Fail (exit code 4) unless the snapshots saw every table that is read completely
    #[arg(long, help_heading = "Question")]
    require_complete: bool,

    /// Write the text of this column as JSON, in json and jsonl; columns that are declared as JSON are without it
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["list", "show"], help_heading = "Output")]
    json: Vec<String>,

    /// Write the values of one column, one a line, without a header and without quotes
    #[arg(long, conflicts_with_all = ["format", "csv_for", "list", "show", "json"], help_heading = "Output")]
    raw: bool,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// What is asked.
struct QueryRequest {
    /// Its SQL is written for that.
    asked: Asked,
    canned: Option<&'static CannedQuery>,
    header: Header,
    sql: String,
}

/// Answers the question.
pub fn run(args: QueryArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    if args.list {
        return list(global);
    }
    if let Some(name) = &args.show {
        return show(find(name)?, global);
    }
    let asked = Asked::of(&args, global)?;
    let question = question(args.question.as_deref(), asked)?;
    let usage = question.canned.map(CannedQuery::usage);
    let typed = TypedValues::new(&question.header, usage.as_deref(), &args.values, &args.param)?;
    let destination = global.destination()?;
    let census = global.open_census()?;
    let interruption = Interruption::watch(census.connection(), args.timeout)?;
    answer(&args, global, &question, &typed, census, &interruption, destination)
        .map_err(|error| interruption.explain(error))?;
    Ok(ExitStatus::Done)
}

fn answer(
    args: &QueryArgs,
    global: &GlobalOptions,
    question: &QueryRequest,
    typed: &TypedValues,
    mut census: Census,
    interruption: &Interruption,
    mut destination: Destination,
) -> Result<()> {
    let format = match args.raw {
        true => Format::Raw,
        false => global.format_for(&destination, Format::Csv)?,
    };
    let sidecar = args.evidence.open(global, &destination)?;
    let QueryRequest { asked, sql, .. } = question;
    let span = asked.answered_by(&mut census, sidecar.is_some())?;
    let pages = ResourcePages::read(census.connection())?;
    census.guard()?;
    let mut prepared = interruption.beyond(|| prepare(&census, sql))?;
    let columns = columns(&prepared.statement, &args.json)?;
    let usage = question.canned.map(CannedQuery::usage);
    let parameters = interruption
        .beyond(|| bind(&mut prepared, &question.header, usage.as_deref(), typed, &census, &span))?;
    for one in &parameters {
        tracing::info!("{} {:?} is {:?}", one.name, one.typed, one.value);
    }

    let reads = pages.read_by(&prepared.program, &parameters);
    let Judged { snapshots, incomplete } = judge(&census, &span, &reads)?;
    let not_covered = lines(&incomplete);
    if let Some(first) = incomplete.iter().map(Incomplete::first).min().filter(|_| args.require_complete) {
        return Err(Error::new(ErrorKind::Incomplete, not_covered.join("; ")).hint(format!(
            "{} lists what could not be seen",
            invocation::command(format_args!("snapshots show {first}"))
        )));
    }
    asked.say(&span);
    parameters.iter().filter_map(|one| one.echo.as_ref()).for_each(stderr::say);
    for line in not_covered {
        stderr::warn(format!("{line}: rows may be missing or old"));
    }
    let rows =
        stream(&census, sql, &mut prepared.statement, columns, interruption, format, &mut destination)?;
    let proved = evidence::Question {
        query: question.canned.map(|query| query.name),
        sql: Some(sql),
        parameters: &parameters,
    };
    evidence::finish(destination, sidecar, &census, &snapshots, &proved)?;
    // A count has one row, and may be zero.
    if rows <= 1 && question.canned.is_none() {
        why_empty(census.connection(), &prepared.program, sql).into_iter().for_each(stderr::warn);
    }
    match (rows, incomplete.as_slice()) {
        (0, []) => stderr::say(no_rows_in(&span)),
        (0, unseen) => stderr::warn(format!("{} {}", no_rows_in(&span), no_proof(unseen))),
        _ => {}
    }
    Ok(())
}

/// What an empty answer does not mean: who asks about access must not read it as "no access".
fn no_proof(incomplete: &[Incomplete]) -> String {
    let names: Vec<_> = incomplete.iter().map(|one| one.resource).collect();
    let were = if names.len() == 1 { "was" } else { "were" };
    let all_are = |why: Why| incomplete.iter().all(|one| one.is_only(why));
    let seen = if all_are(Why::NotCollected) {
        "not collected"
    } else if all_are(Why::Limited) {
        "asked for in parts only"
    } else {
        "not completely seen"
    };
    format!("does not mean that there are none: {} {were} {seen}", names.join(", "))
}

fn question(typed: Option<&str>, asked: Asked) -> Result<QueryRequest> {
    let sql = match typed {
        None => {
            return Err(Error::usage("there is nothing to answer")
                .hint("orgcensus query --list shows the canned queries")
                .hint(format!("{} runs any SQL", invocation::command("query 'SELECT …'"))));
        }
        Some("-") => {
            let mut sql = String::new();
            std::io::stdin()
                .read_to_string(&mut sql)
                .map_err(|error| Error::failed("cannot read SQL from standard input").caused_by(error))?;
            sql
        }
        Some(text) if text.contains(char::is_whitespace) || text.is_empty() => text.trim_start().to_owned(),
        Some(name) => {
            let canned = find(name).map_err(|error| of_a_table(name, error))?;
            let sql = asked.sql(canned.name, &canned.header, canned.sql)?;
            return Ok(QueryRequest { asked, canned: Some(canned), header: canned.header.clone(), sql });
        }
    };
    let header = Header::parse(&sql)?;
    let sql = asked.sql("this question", &header, &sql)?;
    Ok(QueryRequest { asked, canned: None, header, sql })
}

/// Who gives a table's name wants its rows.
fn of_a_table(name: &str, error: Error) -> Error {
    let tables = Census::blank().and_then(|census| census.tables()).unwrap_or_default();
    match tables.iter().find(|table| table.name.eq_ignore_ascii_case(name)) {
        Some(table) => Error::unknown(format!("{} is a table, not a query", table.name))
            .hint(format!(
                "{} shows its rows",
                invocation::command(format_args!("query \"SELECT * FROM {}\"", table.name))
            ))
            .hint(format!("orgcensus schema {} describes it", table.name)),
        None => error,
    }
}

fn list(global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    let columns = ["query", "values", "title", "during"];
    let mut writer = RowWriter::begin(format, columns, &mut destination)?;
    for query in catalog() {
        let during = if query.header.not_during.is_none() { "yes" } else { "no" };
        let text = |text: &str| Value::Text(text.to_owned());
        let takes = Some(query.takes()).filter(|takes| !takes.is_empty());
        let takes = takes.map_or(Value::Null, Value::Text);
        writer.values(&[text(query.name), takes, text(&query.header.title), text(during)])?;
    }
    writer.finish()?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn show(query: &CannedQuery, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    destination.write_all(query.sql.as_bytes()).map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}
