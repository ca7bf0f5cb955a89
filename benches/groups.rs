//! Measures the cost of each group of resources in an organization with many policies and applications. See
//! `benches/README.md`.
//!
//! ```text
//! cargo bench --bench groups -- [calls] [questions] [--policies N] [--applications N] [--runs N]
//! ```
//!
//! The program runs as users run it, against a simulated organization in a process of its own that never throttles.
//!
//! - `calls`: the calls of each group alone, the seconds that they take at AWS's quotas, and the program's own time.
//! - `questions`: every canned query that reads policies or applications, and the statements of policies as a whole, now
//!   and as of the first of two days.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/child.rs"]
#[expect(dead_code, reason = "programs end by themselves here")]
mod child;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "no quota limits this bench")]
mod program;
#[path = "support/questions.rs"]
#[expect(dead_code, reason = "only canned queries are asked here")]
mod questions;
#[path = "support/simulation.rs"]
#[expect(dead_code, reason = "no time line is read here")]
mod simulation;
#[expect(dead_code, reason = "censuses are collected here, not made")]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use orgcensus::aws::{Service, quota_of};
use orgcensus::model::{DERIVED_VIEWS, RESOURCES, ResourceGroup, ResourceSpec};
use orgcensus::store::Census;
use serde_json::json;

use arguments::Arguments;
use child::{Running, Usage};
use questions::{Picks, Question};
use simulation::Simulation;
use support::measure::{Report, median, ms};

/// The groups that the questions are about.
const ASKED: [ResourceGroup; 2] = [ResourceGroup::Policies, ResourceGroup::Applications];

fn main() {
    if simulation::serve_if_asked() {
        return;
    }
    let arguments = Arguments::given();
    let policies: usize = arguments.number("--policies", 1_000);
    let applications: usize = arguments.number("--applications", 2_000);
    let runs = arguments.number("--runs", 5);
    let parts = ["calls", "questions"];
    let mut report = Report::default();
    let mut simulation = Simulation::start(&format!("policies-{policies}-{applications}"), Duration::ZERO);
    if arguments.ask_for("calls", &parts) {
        calls(&mut report, &mut simulation);
    }
    if arguments.ask_for("questions", &parts) {
        questions(&mut report, &mut simulation, runs);
    }
    report.about(json!({"size": "small", "policies": policies, "applications": applications, "runs": runs}));
    report.write(&format!("groups-{policies}"));
}

/// Collects into a folder, with no limit of time for what is read beside the rest. Returns what the program used.
fn collect(simulation: &Simulation, folder: &Path, options: &[&str]) -> Usage {
    let mut command = program::collect(&simulation.endpoint, folder);
    command
        .args(program::unpaced())
        .args(["--policies-budget", "1h", "--applications-budget", "1h"])
        .args(options);
    let usage = Running::start(&mut command).wait();
    assert_eq!(usage.exit, Some(0), "the collection failed: {command:?}");
    usage
}

fn calls(report: &mut Report, simulation: &mut Simulation) {
    let title = "calls of each group alone";
    report.part(title, &["calls", "seconds at quotas", "wall, s", "processor, s", "MB"]);
    for group in ResourceGroup::ALL {
        // Each report takes AWS seconds, whatever the program does.
        if group == ResourceGroup::AccessReport {
            continue;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        simulation.ask("forget");
        let usage = collect(simulation, folder.path(), &["--only", group.as_str()]);
        let made = simulation.ledger().by_service;
        let calls: usize = made.values().flat_map(BTreeMap::values).sum();
        let values = [usage.wall.as_secs_f64(), usage.cpu.as_secs_f64(), usage.peak_mb];
        report.line(title, group.as_str(), &[&[calls as f64, seconds(&made)][..], &values].concat());
    }
}

/// Returns the seconds that calls take at the program's rates, whose quotas are used side by side.
fn seconds(calls: &BTreeMap<String, BTreeMap<String, usize>>) -> f64 {
    let of_service = |service: Service| {
        let quota = quota_of(service);
        let made = calls.get(service.name()).into_iter().flat_map(BTreeMap::values).copied();
        let counted: usize = if quota.per_operation { made.max().unwrap_or_default() } else { made.sum() };
        counted as f64 / quota.per_second
    };
    Service::ALL.map(of_service).into_iter().fold(0.0, f64::max)
}

fn questions(report: &mut Report, simulation: &mut Simulation, runs: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for day in 0..2 {
        simulation.ask(&format!("day {day}"));
        collect(simulation, folder.path(), &["--access-report", "none"]);
    }
    let path = folder.path().join("orgcensus.db");
    let now = Census::open(&path).expect("the census opens");
    let mut then = Census::open(&path).expect("the census opens");
    then.answer_as_of(1).expect("the first snapshot can be answered for");
    let title = "questions: ms of processor time, and rows";
    report.part(title, &["now", "as of day 1", "ratio", "rows"]);
    for question in asked(&Picks::of(&now)) {
        let (latest, rows) = median(runs, || question.ask(&now));
        let (past, _) = median(runs, || question.ask(&then));
        let ratio = past.as_secs_f64() / latest.as_secs_f64();
        report.line(title, &question.name, &[ms(latest), ms(past), ratio, rows as f64]);
    }
}

/// Returns the canned queries that read a table of the asked groups, and views of statements as a whole.
fn asked(picks: &Picks) -> Vec<Question> {
    let is_asked = |spec: &ResourceSpec| ASKED.contains(&spec.group);
    let resources = RESOURCES.iter().copied().filter(|spec| is_asked(spec)).map(|spec| spec.name);
    let views = DERIVED_VIEWS.iter().filter(|view| view.resources().iter().any(|spec| is_asked(spec)));
    let tables: Vec<&str> = resources.chain(views.clone().map(|view| view.name)).collect();
    let reads = |question: &Question| {
        let mut words = question.sql.split(|one: char| !one.is_alphanumeric() && one != '_');
        words.any(|word| tables.contains(&word.trim_end_matches("_history")))
    };
    let whole = views.map(|view| {
        let sql = format!("SELECT * FROM {}", view.name);
        Question { name: sql.clone(), sql, values: Vec::new() }
    });
    questions::canned(picks).into_iter().filter(reads).chain(whole).collect()
}
