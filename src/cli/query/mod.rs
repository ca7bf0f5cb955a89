//! `query`: runs a canned query by name, or any SQL, as of any snapshot.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use clap::{Args, ValueHint};

mod asked;
mod filters;
mod layout;
mod list;
mod one_census;
mod several;
mod taken;

use super::about::about;
use super::diff::NarrowingArgs;
use super::evidence::{self, EvidenceArgs};
use super::{GlobalOptions, time_limit};
use crate::amounts::plural;
use crate::document::privileges::Levels;
use crate::error::{Error, ErrorKind, ExitStatus, Result};
use crate::invocation;
use crate::output::{About, Destination, Format, stderr, write_error};
use crate::query::{
    CannedQuery, Catalog, Family, Header, Incomplete, Interruption, ParameterType, TypedValues, Why, catalog,
    lines, stream, why_empty,
};
use crate::store::{Census, Snapshot};
use asked::Asked;
use filters::refuse_own_sql;
use layout::{LayoutArgs, rows_in_words};
use one_census::{Answer, OneCensus, Ready};

/// The environment variable that names the folder of queries.
const QUERIES: &str = "ORGCENSUS_QUERIES";

/// The arguments of `query`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus query --list                            what it answers by name
  orgcensus query --list --family person            only of one family
  orgcensus query user-access ana@example.com       a value by its place
  orgcensus query account-access -p account=prod    or by its name
  orgcensus query account-access prod --at 2026-09-30
                                                    as of the end of a past day
  orgcensus query user-access ana --during 2026-Q3  at any time of the quarter
  orgcensus query privileged-access --output admins.csv
                                                    into a file
  orgcensus query user-access ana --columns account_name,permission_set_name
                                                    only some columns
  orgcensus query privileged-access -x              each row as lines
  orgcensus query privileged-access --output admins.csv --evidence
                                                    and admins.csv.evidence.json
  orgcensus query \"SELECT user_name FROM users WHERE user_status = 'DISABLED'\"
  orgcensus query 'SELECT * FROM accounts WHERE name = :n' -p n=prod
  orgcensus query 'SELECT * FROM organization_tree WHERE depth > :n' -p n:number=2
  orgcensus query - < question.sql                  SQL from standard input
  orgcensus query --show user-access                SQL to start from
  orgcensus query --queries ~/queries my-question   one of your own folder
  orgcensus query privileged-access --db a.db --db b.db
                                                    of several organizations

Values:
A user, account, group, permission set or OU is found in the snapshot that is asked: by id, name, display name or \
e-mail address, in this order; each exactly, then without surrounding spaces, then ignoring case. The first match \
wins; if it is not exact, the answer names it with its id. No match, or several at one step, is an error (exit code \
2): \
a misspelt name never reads as \"no access\".

In SQL of your own, text stands in single quotes: a name in double quotes is a column. A value is text, and takes the type of the column that it is compared with. An expression \
such as count(*) has no type to give: -p n=2 is then an error that asks for -p n:number=2. \
A day, month or quarter of type date stands for its beginning: -p since:date=2026-Q3 is the first of July.

Ranges:
With --during FROM TO, or one period such as --during 2026-Q3, the tables have everything that existed in any snapshot from FROM to TO, one row for each version, \
and further columns with its bounds: it began after not_before and by first_seen_at, was last seen at last_seen_at \
and was gone by gone_at (empty: not by TO); valid_from and valid_to are the same as snapshot ids. In SQL of your own, \
join only rows that existed at the same time: a.valid_from < coalesce(b.valid_to, 1e9) and the other way round; effective_access \
does so already. A state of one snapshot, such as organization_tree, is refused. A day, week, month or quarter alone \
is that period, beginning with what existed at its start; as one of two ends it stands for its end, so that 2026-Q2..2026-Q3 is all of \
the third quarter. A range that begins before the first snapshot begins with it.

Your own queries:
Each file NAME.sql in the folder of --queries or ORGCENSUS_QUERIES is a query of that name, if its first lines are \
comments as --show prints them: -- title: …, -- description: …, -- family: …, and -- param NAME (TYPE): … for each value. \
No file may have the name of a query of the program.

Several organizations:
With --db several times, each census is asked by itself, and the rows are joined below a first column organization_id.  \
A statement counts, sums and orders within one organization at a time. A census that cannot answer is an error that \
names it; the exit code is then the worst of all, and no file is written.

Services:
last_authenticated_at is NULL when no attempt was seen in AWS's tracking period, and attempts include denied \
ones.")]
pub struct QueryArgs {
    /// The name of a canned query or of a table, SQL (anything with white space in it), or - for SQL from standard
    /// input
    #[arg(value_name = "NAME | SQL | -")]
    question: Option<String>,

    /// The canned query's values, in the order of --list
    #[arg(value_name = "VALUE")]
    values: Vec<String>,

    /// Give a parameter its value by name; in SQL of your own it is written :NAME and is text, or of the type
    /// that you say: number, date, user, account, group, permission_set, ou
    #[arg(short, long = "param", value_name = "NAME[:TYPE]=VALUE", help_heading = "Question")]
    param: Vec<String>,

    /// List the canned queries by family, with what they take
    #[arg(long, conflicts_with_all = ["question", "show", "evidence"], help_heading = "Question")]
    list: bool,

    /// List only those of a family: person, account, permission-set, group, application, hygiene, change, use,
    /// organization, evidence or steps
    #[arg(
        long,
        value_name = "FAMILY",
        conflicts_with_all = ["question", "show", "evidence", "during", "json", "raw"],
        help_heading = "Question"
    )]
    family: Option<String>,

    /// A folder with queries of your own, one in each file NAME.sql
    #[arg(
        long,
        value_name = "DIR",
        env = QUERIES,
        hide_env_values = true,
        // An empty one is none.
        value_parser = OsStringValueParser::new().map(PathBuf::from),
        value_hint = ValueHint::DirPath,
        help_heading = "Question"
    )]
    queries: Option<PathBuf>,

    /// Print the SQL of a canned query
    #[arg(long, value_name = "NAME", conflicts_with_all = ["question", "evidence"], help_heading = "Question")]
    show: Option<String>,

    /// Give up after this time, e.g. 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = time_limit, help_heading = "Question")]
    timeout: Option<Duration>,

    /// Answer with everything that existed in any snapshot from FROM to TO [default: latest], also as FROM..TO; or in
    /// a day, week, month or quarter alone
    #[arg(
        long,
        num_args = 1..=2,
        value_names = ["FROM", "TO"],
        conflicts_with_all = ["at", "list", "show"],
        help_heading = "Census"
    )]
    during: Vec<String>,

    /// Fail (exit code 4) unless the snapshots completely saw every table that the query reads
    #[arg(long, help_heading = "Question")]
    require_complete: bool,

    /// Write the text of this column as JSON, in json and jsonl; columns that are declared as JSON need no --json
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["list", "show"], help_heading = "Output")]
    json: Vec<String>,

    /// Write the values of one column, one per line, without a header and without quotes
    #[arg(long, conflicts_with_all = ["format", "csv_for", "list", "show", "json"], help_heading = "Output")]
    raw: bool,

    #[command(flatten)]
    narrowing: NarrowingArgs,

    #[command(flatten)]
    layout: LayoutArgs,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// The question to answer.
struct QueryRequest {
    /// The time of the question, which its SQL already includes.
    asked: Asked,
    canned: Option<CannedQuery>,
    /// The name of the canned query or table; `None` for the user's own SQL.
    name: Option<String>,
    header: Header,
    sql: String,
}

impl QueryRequest {
    /// Returns the usage of the canned query, if it is one.
    fn usage(&self) -> Option<String> {
        self.canned.as_ref().map(CannedQuery::usage)
    }

    /// Mentions the conditions that the answer does not take into account.
    fn say_what_is_not_weighed(&self) {
        if let Some(words) = &self.header.not_weighed {
            stderr::note(format!("note: not weighed: {words}"));
        }
    }
}

impl QueryArgs {
    /// Returns the arguments that run a canned query with these values, and no options.
    pub fn of(query: &str, values: Vec<String>) -> Self {
        Self {
            question: Some(query.to_owned()),
            values,
            param: Vec::new(),
            list: false,
            family: None,
            queries: None,
            show: None,
            timeout: None,
            during: Vec::new(),
            require_complete: false,
            json: Vec::new(),
            raw: false,
            narrowing: NarrowingArgs::default(),
            layout: LayoutArgs::default(),
            evidence: EvidenceArgs::default(),
        }
    }

    /// Changes the arguments to ask the same question as of this snapshot, or over the range if it was asked over one.
    /// Returns true for a range. `sql` replaces SQL from standard input.
    pub fn pin(&mut self, from: i64, to: i64, sql: Option<&str>) -> bool {
        if let (Some("-"), Some(sql)) = (self.question.as_deref(), sql) {
            self.question = Some(format!("\n{sql}"));
        }
        let is_range = !self.during.is_empty();
        if is_range {
            self.during = vec![format!("{from}..{to}")];
        }
        is_range
    }

    /// Returns the format of the answer.
    fn format(&self, global: &GlobalOptions, destination: &Destination) -> Result<Format> {
        match self.layout.format() {
            _ if self.raw => Ok(Format::Raw),
            Some(format) => Ok(format),
            None => global.format_for(destination, Format::Csv),
        }
    }

    /// Returns the description of the answer for a workbook.
    fn about(
        &self,
        request: &QueryRequest,
        census: &Census,
        snapshots: &[Snapshot],
        question: &evidence::Question<'_>,
    ) -> Result<About> {
        let title = request.name.as_deref().unwrap_or("answer");
        let mut about = about(title, census, snapshots, question)?;
        let filters = self.narrowing.typed();
        if !filters.is_empty() {
            about.fact("filters", filters.trim_start());
        }
        if let Some(limit) = self.layout.limit {
            about.fact("limit", format!("at most {limit} rows"));
        }
        Ok(about)
    }

    /// Describes the resources that were not seen completely. Fails if a complete answer is required.
    fn not_covered(&self, incomplete: &[Incomplete]) -> Result<Vec<String>> {
        let lines = lines(incomplete);
        match incomplete.iter().map(Incomplete::first).min().filter(|_| self.require_complete) {
            None => Ok(lines),
            Some(first) => Err(Error::new(ErrorKind::Incomplete, lines.join("; ")).hint(format!(
                "{} lists what could not be seen",
                invocation::command(format_args!("snapshots show {first}"))
            ))),
        }
    }

    /// Returns the queries that can be asked by name.
    fn catalog(&self) -> Catalog {
        Catalog::with(self.queries.as_deref())
    }
}

/// Lists the program's queries and families for shell completion. Other words are valid too.
pub(super) fn with_names(command: clap::Command) -> clap::Command {
    let named = |query: &'static CannedQuery| PossibleValue::new(&*query.name).help(&*query.header.title);
    let family = |family: Family| PossibleValue::new(family.name()).help(family.title());
    // In place, because an argument that is replaced by name moves behind the others.
    command.mut_args(|argument| match argument.get_id().as_str() {
        "question" | "show" => argument.value_parser(catalog().iter().map(named).collect::<Vec<_>>()),
        "family" => argument.value_parser(Family::ALL.map(family)),
        _ => argument,
    })
}

/// Returns lines of a fish script that complete the names of queries, because its generator completes only options.
pub(super) fn fish_names() -> String {
    let line = |query: &CannedQuery| {
        let title = query.header.title.replace('\'', "\\'");
        let is_query = "__fish_orgcensus_using_subcommand query";
        format!("complete -c orgcensus -n \"{is_query}\" -f -a \"{}\" -d '{title}'\n", query.name)
    };
    catalog().iter().map(line).collect()
}

/// Answers the question, or lists or shows the canned queries.
pub fn run(args: QueryArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    if args.list || args.family.is_some() {
        return list(&args, global);
    }
    if let Some(name) = &args.show {
        return show(&args.catalog().find(name)?, global);
    }
    Ok(ask(&args, global)?.status)
}

/// The outcome of a question.
pub(super) struct Answered {
    /// The exit status of the process.
    pub status: ExitStatus,
    /// The number of rows of the answer.
    pub rows: u64,
}

/// Answers the question.
pub(super) fn ask(args: &QueryArgs, global: &GlobalOptions) -> Result<Answered> {
    let asked = Asked::of(args, global)?;
    let question = question(args.question.as_deref(), asked, &args.catalog())?;
    refuse_own_sql(&args.narrowing, &question)?;
    let usage = question.usage();
    // A query about privileged access takes the levels as a parameter.
    let takes_levels = question.header.parameters.iter().any(|one| one.kind == ParameterType::Level);
    let levels = args.narrowing.levels().filter(|levels| takes_levels && *levels != Levels::default());
    let level = levels.map(|levels| format!("level={}", levels.as_str()));
    let by_name: Vec<String> = args.param.iter().cloned().chain(level).collect();
    let typed = TypedValues::new(&question.header, usage.as_deref(), &args.values, &by_name)?;
    let destination = global.destination()?;
    if !global.other_dbs.is_empty() {
        return several::answer(args, global, &question, &typed, destination);
    }
    let census = global.open_census()?;
    let interruption = Interruption::watch(census.connection(), args.timeout)?;
    let (question, typed) = (&question, &typed);
    let one = OneCensus { args, question, typed, census, interruption: &interruption, name: String::new() };
    let rows = answer(one, global, destination).map_err(|error| interruption.explain(error))?;
    Ok(Answered { status: ExitStatus::Done, rows })
}

fn answer(mut one: OneCensus<'_>, global: &GlobalOptions, mut destination: Destination) -> Result<u64> {
    let OneCensus { args, question, interruption, .. } = one;
    let format = args.format(global, &destination)?;
    if args.layout.wide {
        destination.widen();
    }
    let sidecar = args.evidence.open(global, &destination)?;
    let query = question.canned.as_ref().map(|query| query.name.as_str());
    let answer = one.answer(sidecar.is_some(), |ready| {
        let Ready { census, sql, statement, wanted, parameters, snapshots, .. } = ready;
        if format == Format::Xlsx {
            let proved = evidence::Question { query, sql: Some(sql), parameters };
            destination.describe(args.about(question, census, snapshots, &proved)?);
        }
        stream(census, sql, statement, wanted, interruption, format, &mut destination)
    })?;
    let census = &one.census;
    let Answer { rows, has_more, .. } = answer;
    let written = destination.path().map(|path| path.display().to_string());
    let is_read_now = destination.is_terminal();
    let proved = evidence::Question { query, sql: Some(&answer.sql), parameters: &answer.parameters };
    evidence::finish(destination, sidecar, census, &answer.snapshots, &proved)?;
    // A count has one row, and may be zero.
    if rows <= 1 && question.canned.is_none() {
        why_empty(census.connection(), &answer.program, &answer.sql).into_iter().for_each(stderr::warn);
    }
    one.say_if_empty(&answer);
    if has_more || (is_read_now && rows > 0) {
        stderr::say(rows_in_words(rows, has_more));
    }
    if let Some(path) = written {
        let rows = rows_in_words(rows, has_more);
        stderr::say(format!("wrote {path}: {rows}, {}", format.name()));
    }
    one.question.say_what_is_not_weighed();
    one.say_what_is_beside(&answer.span)?;
    Ok(rows)
}

/// Returns a warning that an empty answer is no proof. A question about access must not be read as "no access".
fn no_proof(incomplete: &[Incomplete]) -> String {
    let names: Vec<_> = incomplete.iter().map(|one| one.resource).collect();
    let were = plural(names.len(), "was", "were");
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

fn question(typed: Option<&str>, asked: Asked, catalog: &Catalog) -> Result<QueryRequest> {
    let (name, sql) = match typed {
        None => {
            return Err(Error::usage("there is no query to run")
                .hint("orgcensus query --list shows the canned queries")
                .hint(format!("{} runs any SQL", invocation::command("query 'SELECT …'"))));
        }
        Some("-") => {
            let mut sql = String::new();
            std::io::stdin()
                .read_to_string(&mut sql)
                .map_err(|error| Error::failed("cannot read SQL from standard input").caused_by(error))?;
            (None, sql)
        }
        Some(text) if text.contains(char::is_whitespace) || text.is_empty() => {
            (None, text.trim_start().to_owned())
        }
        Some(name) => match (catalog.find(name), table_named(name)) {
            (Ok(canned), _) => {
                let sql = asked.sql(&canned.name, &canned.header, &canned.sql)?;
                let (name, header) = (Some(canned.name.clone()), canned.header.clone());
                return Ok(QueryRequest { asked, name, header, canned: Some(canned), sql });
            }
            (Err(error), Some(table)) if error.kind() == ErrorKind::UnknownName => {
                let sql = format!("SELECT * FROM {table}");
                stderr::say(format!("{table} is a table: {sql}"));
                (Some(table), sql)
            }
            (Err(error), _) => return Err(error),
        },
    };
    let header = Header::parse(&sql)?;
    let sql = asked.sql("this question", &header, &sql)?;
    Ok(QueryRequest { asked, name, canned: None, header, sql })
}

/// Returns the table or view with this name, ignoring case, spelled like the names of queries. Its rows are an answer.
fn table_named(name: &str) -> Option<String> {
    let name = name.replace('-', "_");
    let tables = Census::blank().and_then(|census| census.tables()).unwrap_or_default();
    tables.into_iter().map(|table| table.name).find(|table| table.eq_ignore_ascii_case(&name))
}

fn list(args: &QueryArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let family = args.family.as_deref().map(Family::named).transpose()?;
    let queries = args.catalog().all()?;
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    list::write(&queries, family, format, &mut destination)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn show(query: &CannedQuery, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    destination.write_all(query.sql.as_bytes()).map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn help_names_every_family() {
        let command = parse::command();
        let query = command.find_subcommand("query").expect("there is one");
        let family = query.get_arguments().find(|one| one.get_id() == "family").expect("there is one");
        let help = family.get_help().map(ToString::to_string).unwrap_or_default();
        let [all @ .., last] = Family::ALL.map(Family::name);
        assert!(help.contains(&format!("{} or {last}", all.join(", "))), "{help}");
    }
}
