//! Measures the cost of a year of history. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench history -- [size] [reading] [diff] [changes] [--days N] [--runs N]
//! ```
//!
//! Daily snapshots of 1,000 accounts and 60,000 assignments with 0.5 % of the rows of every resource changed. Measures
//! the size of the file compared with that of one snapshot, reading days long past, the diff of adjacent days compared
//! with EXCEPT over full copies of both, and the changes of access over the whole period.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/copies.rs"]
mod copies;
#[path = "support/days.rs"]
mod days;
#[path = "support/files.rs"]
mod files;
#[path = "support/questions.rs"]
mod questions;
mod support;

use std::io;
use std::path::Path;

use orgcensus::diff::text::{self, TextOptions};
use orgcensus::diff::{Diff, compare, compare_rows};
use orgcensus::output::Page;
use orgcensus::simulator::{Config, ReportDepth};
use orgcensus::store::Census;

use arguments::Arguments;
use copies::Copies;
use days::publish_days;
use files::{made, place};
use questions::Picks;
use support::census::{Maker, bytes};
use support::measure::{Report, median, ms};

fn main() {
    let arguments = Arguments::given();
    let (days, runs) = (arguments.number("--days", 365), arguments.number("--runs", 5));
    let marks: Vec<u32> = [2, 10, 180, 365].into_iter().filter(|day| *day <= days).collect();
    let mut report = Report::default();
    let path = made(&format!("year-{days}"), |path| publish_year(&mut report, path, days, &marks));
    let parts = ["size", "reading", "diff", "changes"];
    let asked = |part: &str| arguments.ask_for(part, &parts);
    if asked("size") {
        size(&mut report, &path, days);
    }
    if asked("reading") {
        reading(&mut report, &path, &marks, runs);
    }
    if asked("diff") {
        diffs(&mut report, &path, &marks, runs);
    }
    if asked("changes") {
        changes(&mut report, &path, runs);
    }
    report.about(serde_json::json!({"size": "medium", "days": days, "runs": runs}));
    report.write("history");
}

fn publish_year(report: &mut Report, path: &Path, days: u32, marks: &[u32]) {
    let maker = Maker::new(Config::medium(), ReportDepth::None);
    let published = publish_days(&maker, path, days, 5);
    let title = "history: the publish of a day in ms, the rows that changed in it, and the file after it";
    report.part(title, &["publish", "changed", "file MB", "of one day's"]);
    for day in [1].iter().chain(marks) {
        let (took, bytes, changed) = published[*day as usize - 1];
        let times = bytes as f64 / published[0].1 as f64;
        let values = [ms(took), changed as f64, bytes as f64 / 1e6, times];
        report.line(title, &format!("day {day}"), &values);
    }
}

/// Reports the bytes of the year's file by use, compared with those of a single snapshot.
fn size(report: &mut Report, path: &Path, days: u32) {
    let one = made("day-1", |path| {
        publish_days(&Maker::new(Config::medium(), ReportDepth::None), path, 1, 5);
    });
    let title = "history: bytes in MB";
    report.part(title, &["one day", "the year", "ratio"]);
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let mut line = |name: &str, one: u64, year: u64| {
        report.line(title, name, &[mb(one), mb(year), year as f64 / one as f64]);
    };
    line(&format!("{days} days, the file"), bytes(&one), bytes(path));
    let (one, year) = (copies::bytes_by_part(&one), copies::bytes_by_part(path));
    for (part, bytes) in year.iter().filter(|(_, bytes)| **bytes > 1_000_000) {
        line(part, one.get(part).copied().unwrap_or_default(), *bytes);
    }
}

fn reading(report: &mut Report, path: &Path, marks: &[u32], runs: usize) {
    let now = Census::open(path).expect("the census opens");
    let picks = Picks::of(&now);
    let title = "history: ms of processor time now, and how many times that as of other days";
    let columns: Vec<String> =
        std::iter::once("now".to_owned()).chain(marks.iter().map(|day| format!("day {day}"))).collect();
    report.part(title, &columns.iter().map(String::as_str).collect::<Vec<_>>());
    let past: Vec<Census> = marks.iter().map(|day| as_of(path, *day)).collect();
    let canned = questions::canned(&picks);
    for question in canned.iter().chain(&questions::ad_hoc(&picks)).chain(&questions::scans()) {
        let (latest, _) = median(runs, || question.ask(&now));
        let ratios = past.iter().map(|census| {
            let (time, _) = median(runs, || question.ask(census));
            time.as_secs_f64() / latest.as_secs_f64()
        });
        let values: Vec<f64> = std::iter::once(ms(latest)).chain(ratios).collect();
        report.line(title, &question.name, &values);
    }
}

fn as_of(path: &Path, day: u32) -> Census {
    let mut census = Census::open(path).expect("the census opens");
    census.answer_as_of(day.into()).expect("the day can be answered for");
    census
}

fn diffs(report: &mut Report, path: &Path, marks: &[u32], runs: usize) {
    let census = Census::open(path).expect("the census opens");
    let title =
        "history: the diff of a day with the one before, written as text, against EXCEPT over full copies";
    let columns =
        ["diff ms", "EXCEPT ms", "times faster", "rows that differ", "changes told", "µs a change told"];
    report.part(title, &columns);
    for access in [false, true] {
        for day in marks {
            let (from, to) = (i64::from(*day) - 1, i64::from(*day));
            let days = [&as_of(path, day - 1), &as_of(path, *day)];
            let copies = Copies::of(days, access, &place("copies"));
            let (except, differ) = median(1, || copies.except());
            let (ours, told) = median(runs, || {
                let diff = match access {
                    false => compare_rows(census.connection(), from, to),
                    true => compare(census.connection(), from, to),
                };
                let diff = diff.expect("two snapshots can be compared");
                write(&diff);
                // EXCEPT over paths does not see access whose policies changed, which can be most of the output.
                diff.changes.len() + diff.access_changes.len()
            });
            let name = format!("{} on day {day}", if access { "rows and access" } else { "rows" });
            let faster = except.as_secs_f64() / ours.as_secs_f64();
            let each = ms(ours) * 1_000.0 / told as f64;
            let values = [ms(ours), ms(except), faster, differ as f64, told as f64, each];
            report.line(title, &name, &values);
        }
    }
}

/// Measures the changes of access by week, by cause and by assignment.
fn changes(report: &mut Report, path: &Path, runs: usize) {
    let census = Census::open(path).expect("the census opens");
    let title =
        "history: ms of processor time to add up what changed of access, and the rows that are added up";
    report.part(title, &["ms", "rows"]);
    for (name, view, ways) in [
        ("by week, of access_change_causes", "access_change_causes", "users * assignments"),
        ("by week, of access_changes", "access_changes", "users"),
    ] {
        let question = questions::Question {
            name: name.to_owned(),
            sql: format!(
                "SELECT strftime('%Y-W%W', taken_at) AS week, change, sum({ways}) FROM {view} GROUP BY 1, 2"
            ),
            values: Vec::new(),
        };
        let (took, _) = median(runs, || question.ask(&census));
        let rows: i64 = census
            .connection()
            .query_row(&format!("SELECT count(*) FROM {view}"), [], |row| row.get(0))
            .expect("the view answers");
        report.line(title, name, &[ms(took), rows as f64]);
    }
}

fn write(diff: &Diff) {
    let mut nothing = io::sink();
    text::write(&mut Page::new(&mut nothing, false), diff, TextOptions::default())
        .expect("a sink takes everything");
}
