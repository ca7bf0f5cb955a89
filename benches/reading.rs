//! How long reading takes, and what history costs. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench reading -- [large] [year] [double] [--days N] [--runs N]
//! ```
//!
//! - `large`: every canned query and what people type, of 5,000 accounts and 500,000 assignments, now and as of
//!   the first of two snapshots; the memory of the largest answer.
//! - `year`: daily snapshots with 0.5 % change: the file's size, and the cost of days long past.
//! - `double`: from 50,000 users and 500,000 memberships to twice as many.

#[path = "support/questions.rs"]
mod questions;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use orgcensus::simulator::{Config, ReportDepth, Size};
use orgcensus::store::Census;

use questions::{Picks, Question};
use support::census::{Maker, bytes};
use support::measure::{Report, Stopwatch, median, ms};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |name: &str, otherwise: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let (days, runs) = (number("--days", 365) as u32, number("--runs", 5));
    let parts = ["large", "year", "double"];
    let asked = |part: &str| {
        !arguments.iter().any(|one| parts.contains(&one.as_str())) || arguments.iter().any(|one| one == part)
    };
    let mut report = Report::default();
    if asked("large") {
        large(&mut report, runs);
    }
    if asked("year") {
        year(&mut report, days, runs);
    }
    if asked("double") {
        double(&mut report, runs);
    }
    report.write("reading");
}

/// The file of a census that is made once; delete `target/bench` to make it anew.
fn made(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let path = place(name);
    if !path.exists() {
        // Under another name until it is whole, so that an interrupted run leaves none.
        let partial = place(&format!("{name}.partial"));
        let _ = std::fs::remove_file(&partial);
        make(&partial);
        std::fs::rename(&partial, &path).expect("the census is moved within its folder");
    }
    path
}

fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder below target can be made");
    folder.join(format!("{name}.db"))
}

fn large(report: &mut Report, runs: usize) {
    let path = made("large", |path| {
        Maker::new(Config::large(), ReportDepth::Accounts).publish_days(path, 2, 5);
    });
    let now = Census::open(&path).expect("the census opens");
    let mut then = Census::open(&path).expect("the census opens");
    then.answer_as_of(1).expect("the first snapshot can be answered for");
    let picks = Picks::of(&now);
    let title = "large: ms of processor time, to the first row and to the last, and rows";
    report.part(title, &["now", "first row", "as of day 1", "ratio", "rows", "1000 rows/s"]);
    for question in questions::canned(&picks).iter().chain(&questions::ad_hoc(&picks)) {
        let (latest, (rows, first)) = median(runs, || question.read(&now));
        let (past, _) = median(runs, || question.ask(&then));
        let ratio = past.as_secs_f64() / latest.as_secs_f64();
        let rate = rows as f64 / ms(latest);
        report.line(title, &question.name, &[ms(latest), ms(first), ms(past), ratio, rows as f64, rate]);
    }
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

/// The most memory that the program ever had while it answered, in MB (Linux only).
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

fn year(report: &mut Report, days: u32, runs: usize) {
    let marks: Vec<u32> = [1, 10, 180, 365].into_iter().filter(|day| *day <= days).collect();
    let title = "year: the publish of the day in ms, and the file in MB after it";
    let path = made(&format!("year-{days}"), |path| {
        report.part(title, &["publish", "file"]);
        let published = Maker::new(Config::medium(), ReportDepth::None).publish_days(path, days, 5);
        for day in &marks {
            let (took, bytes) = published[*day as usize - 1];
            report.line(title, &format!("day {day}"), &[ms(took), bytes as f64 / 1e6]);
        }
    });
    println!("\n{days} snapshots: {:.1} MB", bytes(&path) as f64 / 1e6);
    let now = Census::open(&path).expect("the census opens");
    let picks = Picks::of(&now);
    let title = "year: ms of processor time now, and how many times that on other days";
    let columns: Vec<String> =
        std::iter::once("now".to_owned()).chain(marks.iter().map(|day| format!("day {day}"))).collect();
    report.part(title, &columns.iter().map(String::as_str).collect::<Vec<_>>());
    let past: Vec<Census> = marks
        .iter()
        .map(|day| {
            let mut census = Census::open(&path).expect("the census opens");
            census.answer_as_of((*day).into()).expect("the day can be answered for");
            census
        })
        .collect();
    for question in questions::ad_hoc(&picks).iter().chain(&questions::scans()) {
        let (latest, _) = median(runs, || question.ask(&now));
        let ratios = past.iter().map(|census| {
            let (time, _) = median(runs, || question.ask(census));
            time.as_secs_f64() / latest.as_secs_f64()
        });
        let values: Vec<f64> = std::iter::once(ms(latest)).chain(ratios).collect();
        report.line(title, &question.name, &values);
    }
    let title = "year: the diff of a day with the day before, in ms";
    report.part(title, &["ms"]);
    for day in marks.iter().filter(|day| **day > 1) {
        let (time, _) = median(runs, || {
            orgcensus::diff::compare(now.connection(), i64::from(*day) - 1, (*day).into())
                .expect("two snapshots can be compared")
        });
        report.line(title, &format!("day {day}"), &[ms(time)]);
    }
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
        let published = maker.publish_days(&path, 2, 0);
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

impl Question {
    /// Reads the whole answer; returns its rows.
    fn ask(&self, census: &Census) -> usize {
        self.read(census).0
    }

    /// Reads the whole answer; returns its rows, and how long the first one kept the processor.
    fn read(&self, census: &Census) -> (usize, Duration) {
        let watch = Stopwatch::start();
        let mut statement = census.connection().prepare(&self.sql).expect("the question is SQL");
        for (place, value) in &self.values {
            let index = statement.parameter_index(place).ok().flatten().expect("the parameter is its own");
            statement.raw_bind_parameter(index, value).expect("a text is bound");
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let (mut count, mut first) = (0, Duration::ZERO);
        while let Some(row) = rows.next().expect("the answer is read") {
            for column in 0..columns {
                std::hint::black_box(row.get_ref(column).expect("the column is there"));
            }
            count += 1;
            if count == 1 {
                first = watch.read();
            }
        }
        (count, first)
    }
}
