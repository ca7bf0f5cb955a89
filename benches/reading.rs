//! Measures the time of reading. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench reading -- [queries] [filters] [large] [double] [--runs N] [--only NAME]
//! ```
//!
//! - `queries`: every canned query, of 5,000 accounts and 500,000 assignments, now and as of the first of two
//!   snapshots. `--only` runs a single one.
//! - `filters`: the same for every canned query with every filter that applies to it.
//! - `large`: the same for typical questions; the memory of the largest answer.
//! - `double`: from 50,000 users and 500,000 memberships to twice as many.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/days.rs"]
mod days;
#[path = "support/files.rs"]
mod files;
#[path = "support/questions.rs"]
mod questions;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use orgcensus::document::privileges::Levels;
use orgcensus::model::Entity;
use orgcensus::query::{Only, Span, catalog, columns, narrow, prepare};
use orgcensus::simulator::{Config, ReportDepth, Size};
use orgcensus::store::Census;

use arguments::Arguments;
use days::publish_days;
use files::{made, place};
use questions::{Picks, Question};
use support::census::{Maker, bytes};
use support::measure::{Report, median, ms};

fn main() {
    let arguments = Arguments::given();
    let runs = arguments.number("--runs", 5);
    let parts = ["queries", "filters", "large", "double"];
    let asked = |part: &str| arguments.ask_for(part, &parts);
    let about = serde_json::json!({"runs": runs});
    let only = arguments.text("--only");
    let is_asked = |question: &Question| {
        only.is_none_or(|name| question.name.split(' ').next().is_some_and(|query| query == name))
    };
    if asked("queries") {
        let mut report = Report::default();
        let title = "canned queries: ms of processor time, to the first row and to the last, and rows";
        let canned =
            |picks: &Picks, _: &Census| questions::canned(picks).into_iter().filter(is_asked).collect();
        ask_large(&mut report, title, runs, canned);
        report.about(about.clone());
        report.write("queries");
    }
    if asked("filters") {
        let mut report = Report::default();
        let title = "filters: ms of processor time, to the first row and to the last, and rows";
        let filtered = |picks: &Picks, census: &Census| {
            let latest = census.snapshots().expect("the snapshots are read").pop().expect("there is one");
            let questions = filtered(picks, census, &Span::at(latest));
            questions.into_iter().filter(is_asked).collect()
        };
        ask_large(&mut report, title, runs, filtered);
        report.about(about.clone());
        report.write("filters");
    }
    if !asked("large") && !asked("double") {
        return;
    }
    let mut report = Report::default();
    if asked("large") {
        large(&mut report, runs);
    }
    if asked("double") {
        double(&mut report, runs);
    }
    report.about(about);
    report.write("reading");
}

fn large_census() -> PathBuf {
    made("large", |path| {
        publish_days(&Maker::new(Config::large(), ReportDepth::Accounts), path, 2, 5);
    })
}

/// Asks these questions of the large census, now and as of its first day.
fn ask_large(
    report: &mut Report,
    title: &str,
    runs: usize,
    questions: impl Fn(&Picks, &Census) -> Vec<Question>,
) {
    let path = large_census();
    let now = Census::open(&path).expect("the census opens");
    let mut then = Census::open(&path).expect("the census opens");
    then.answer_as_of(1).expect("the first snapshot can be answered for");
    report.part(title, &["now", "first row", "as of day 1", "ratio", "rows", "1000 rows/s"]);
    for question in questions(&Picks::of(&now), &now) {
        let (latest, (rows, first)) = median(runs, || question.read(&now));
        let (past, _) = median(runs, || question.ask(&then));
        let ratio = past.as_secs_f64() / latest.as_secs_f64();
        let rate = rows as f64 / ms(latest);
        report.line(title, &question.name, &[ms(latest), ms(first), ms(past), ratio, rows as f64, rate]);
    }
}

/// Returns every canned query with every filter that applies to it, and with the count of the rows that may or may not
/// belong to the answer.
fn filtered(picks: &Picks, census: &Census, span: &Span) -> Vec<Question> {
    let mut questions = Vec::new();
    for query in catalog() {
        let prepared = prepare(census, &query.sql).expect("a canned query is SQL");
        let answer = columns(&prepared.statement, &[]).expect("its columns have names");
        for filter in filters(picks) {
            // A filter that does not apply is refused.
            let Ok(narrowed) =
                narrow(census, &query.name, &query.sql, &answer, std::slice::from_ref(&filter), span)
            else {
                continue;
            };
            let added = narrowed.parameters.iter().map(|(parameter, _)| parameter);
            let values = picks.values(query.header.parameters.iter().chain(added));
            let name = format!("{} --{}", query.name, filter.option());
            let unknown = narrowed.unknown.map(|sql| Question {
                name: format!("{name}, unknown"),
                sql,
                values: values.clone(),
            });
            questions.extend([Question { name, sql: narrowed.sql, values }].into_iter().chain(unknown));
        }
    }
    questions
}

/// Returns the filters, about the picks.
fn filters(picks: &Picks) -> Vec<Only> {
    let entity = |(entity, text): (Entity, &String)| Only::Entity(entity, text.clone());
    let entities = [
        (Entity::Account, &picks.account),
        (Entity::Ou, &picks.ou),
        (Entity::User, &picks.user),
        (Entity::Group, &picks.group),
        (Entity::PermissionSet, &picks.permission_set),
        (Entity::Application, &picks.application),
    ];
    let tag = format!("{}={}", picks.tag[0], picks.tag[1]);
    entities.map(entity).into_iter().chain([Only::Tag(tag), Only::Privileged(Levels::default())]).collect()
}

fn large(report: &mut Report, runs: usize) {
    let title = "large: ms of processor time, to the first row and to the last, and rows";
    ask_large(report, title, runs, |picks, _| questions::ad_hoc(picks));
    let path = large_census();
    let title = "large: an answer written by the program: peak memory in MB, and seconds that it took";
    report.part(title, &["peak MB", "seconds"]);
    let million = "SELECT * FROM effective_access LIMIT 1000000";
    for (format, sql) in [
        ("csv", "SELECT 1"),
        ("csv", million),
        ("jsonl", million),
        ("json", million),
        ("markdown", million),
        ("table", million),
        ("csv", "SELECT * FROM effective_access"),
    ] {
        let began = Instant::now();
        let peak = peak_memory(&path, sql, format);
        report.line(title, &format!("{format}: {sql}"), &[peak, began.elapsed().as_secs_f64()]);
    }
}

/// Returns the program's peak memory while it answered, in MB (Linux only).
fn peak_memory(path: &Path, sql: &str, format: &str) -> f64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_orgcensus"))
        .args(["query", sql, "--format", format, "--db"])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait().expect("the program can be waited for").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1024.0);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    peak
}

fn double(report: &mut Report, runs: usize) {
    let size = |times: usize| Size {
        users: 50_000 * times,
        memberships: 500_000 * times,
        groups: 3_000 * times,
        ..Config::medium().size
    };
    let measured = [1, 2].map(|times| {
        let path = place(&format!("double-{times}"));
        let _ = std::fs::remove_file(&path);
        let maker = Maker::new(Config { size: size(times), ..Config::medium() }, ReportDepth::None);
        let published = publish_days(&maker, &path, 2, 0);
        let census = Census::open(&path).expect("the census opens");
        let picks = Picks::of(&census);
        let mut lines = vec![
            ("publish, first".to_owned(), ms(published[0].0)),
            ("publish, unchanged".to_owned(), ms(published[1].0)),
            ("file in MB".to_owned(), bytes(&path) as f64 / 1e6),
        ];
        for question in questions::ad_hoc(&picks).iter().chain(&questions::scans()) {
            lines.push((question.name.clone(), ms(median(runs, || question.ask(&census)).0)));
        }
        lines
    });
    let title = "double: users and memberships 50,000 and 500,000, then twice that";
    report.part(title, &["once", "twice", "ratio"]);
    for ((name, once), (_, twice)) in measured[0].iter().zip(&measured[1]) {
        report.line(title, name, &[*once, *twice, twice / once]);
    }
}
