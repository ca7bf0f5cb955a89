//! Measures how well a collection uses AWS's quotas, and its cost on this machine. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench collecting -- [quota] [contended] [auto] [unthrottled] [forecast] [--size SIZE] [--rate FACTOR]
//! ```
//!
//! The program runs as users run it, against a simulated organization in a process of its own. The simulation's buckets
//! refill at FACTOR times AWS's rates (10 by default), with `--rate` to match.
//!
//! - `quota`: the calls compared with the smallest possible number, and the used part of the quota over time.
//! - `contended`: another client takes half of the bucket during the run, and releases it.
//! - `auto`: a quota that was raised to 60 calls per second, and `--rate sso-admin=auto` to find it.
//! - `forecast`: the predicted and the real cost of listing assignments, by shape of the organization.
//! - `unthrottled`: no quota limits the program: its memory and processor time.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/child.rs"]
mod child;
#[expect(dead_code, reason = "medians are for work within the bench")]
#[path = "support/measure.rs"]
mod measure;
#[path = "support/program.rs"]
mod program;
#[path = "support/simulation.rs"]
mod simulation;

use std::process::Command;
use std::time::Duration;

use orgcensus::simulator::Rates;
use serde_json::json;
use tempfile::TempDir;

use arguments::Arguments;
use child::{Running, Usage};
use measure::Report;
use simulation::{Ledger, Simulation};

/// The minimum duration of a call to AWS.
const LATENCY: Duration = Duration::from_millis(30);
const NONE: Duration = Duration::ZERO;

fn main() {
    if simulation::serve_if_asked() {
        return;
    }
    let arguments = Arguments::given();
    let factor = arguments.number("--rate", 10.0);
    let sizes = |otherwise: &[&str]| match arguments.text("--size") {
        Some(size) => vec![size.to_owned()],
        None => otherwise.iter().map(|size| (*size).to_owned()).collect(),
    };
    let parts = ["quota", "contended", "auto", "forecast", "unthrottled"];
    for part in parts.iter().filter(|part| arguments.ask_for(part, &parts)) {
        match *part {
            "quota" => sizes(&["small", "medium"]).iter().for_each(|size| quota(size, factor)),
            "contended" => sizes(&["medium"]).iter().for_each(|size| contended(size, factor)),
            "forecast" => forecast(),
            "auto" => sizes(&["medium"]).iter().for_each(|size| auto(size)),
            _ => sizes(&["large"]).iter().for_each(|size| unthrottled(size)),
        }
    }
}

/// Returns an empty folder on the disk of the builds, because `/tmp` is memory on many machines.
fn folder() -> TempDir {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench");
    std::fs::create_dir_all(target).expect("a folder below target can be made");
    tempfile::tempdir_in(target).expect("a folder below target/bench can be made")
}

fn began(part: &str, size: &str, about: serde_json::Value, columns: &[&str]) -> (Report, String) {
    let mut report = Report::default();
    report.about(about);
    let title = format!("{part}, {size}");
    report.part(&title, columns);
    (report, title)
}

/// Collects to the end.
fn collected(simulation: &mut Simulation, command: &mut Command) -> (Usage, Ledger) {
    let usage = Running::start(command).wait();
    assert_eq!(usage.exit, Some(0), "the collection failed: {command:?}");
    (usage, simulation.ledger())
}

fn quota(size: &str, factor: f64) {
    let rates = Rates::default().scaled(factor);
    let mut simulation = Simulation::start(size, LATENCY);
    simulation.throttle(rates);
    let folder = folder();
    let mut collect = program::collect(&simulation.endpoint, folder.path());
    let (usage, ledger) = collected(&mut simulation, collect.args(program::times(factor)));
    let traffic = ledger.sso_admin();
    let (mut report, title) = began(
        "quota",
        size,
        json!({"size": size, "rates": format!("AWS's times {factor}"), "latency_ms": LATENCY.as_millis()}),
        &["value"],
    );
    let percent_over = |value: f64, least: f64| 100.0 * (value / least - 1.0);
    let at_rate = traffic.answered() as f64 / rates.sso_admin;
    let mut line = |name: &str, value: f64| report.line(&title, name, &[value]);
    line("sso-admin: calls", traffic.calls as f64);
    line("sso-admin: fewest calls that can tell", ledger.needed.fewest() as f64);
    line(
        "sso-admin: calls above the fewest, %",
        percent_over(traffic.calls as f64, ledger.needed.fewest() as f64),
    );
    line("sso-admin: quota used from first to last call, %", 100.0 * traffic.rate() / rates.sso_admin);
    line("sso-admin: throttled, %", traffic.throttled_percent());
    line("sso-admin: first call after the start, s", traffic.first - start_of(&ledger, &usage));
    line("sso-admin: end after its last call, s", ledger.now - traffic.last);
    line("wall, s", usage.wall.as_secs_f64());
    line(
        "wall above sso-admin's calls divided by its rate, %",
        percent_over(usage.wall.as_secs_f64(), at_rate),
    );
    line("all services: calls", ledger.calls() as f64);
    line("all services: throttled", ledger.throttled() as f64);
    for (service, traffic) in &ledger.services {
        report.line(
            &title,
            &format!("{service}: last call after the start, s"),
            &[traffic.last - start_of(&ledger, &usage)],
        );
    }
    report.write(&format!("collecting-quota-{size}"));
}

/// Returns the start of the program on the simulation's clock. The ledger is read right after its end.
fn start_of(ledger: &Ledger, usage: &Usage) -> f64 {
    ledger.now - usage.wall.as_secs_f64()
}

fn contended(size: &str, factor: f64) {
    let rates = Rates::default().scaled(factor);
    let half = Rates { sso_admin: rates.sso_admin / 2.0, ..rates };
    let mut simulation = Simulation::start(size, LATENCY);
    simulation.throttle(rates);
    let folder = folder();
    let mut collect = program::collect(&simulation.endpoint, folder.path());
    let running = Running::start(collect.args(program::times(factor)));
    let eight_seconds = Duration::from_secs(8);
    std::thread::sleep(eight_seconds);
    let taken = simulation.throttle(half);
    std::thread::sleep(eight_seconds);
    let given_back = simulation.throttle(rates);
    let usage = running.wait();
    assert_eq!(usage.exit, Some(0), "the collection failed: {collect:?}");
    let ledger = simulation.ledger();
    let traffic = ledger.sso_admin();
    let (before, during) = (ledger.between(taken - 4.0, taken), ledger.between(taken, given_back));
    let after = ledger.between(given_back, traffic.last);
    let (mut report, title) = began(
        "contended",
        size,
        json!({"size": size, "rates": format!("AWS's times {factor}, half of sso-admin's from second 8 to 16"),
               "latency_ms": LATENCY.as_millis()}),
        &["before", "during", "after"],
    );
    let per_second =
        |traffic: &simulation::Traffic| traffic.answered() as f64 / (traffic.last - traffic.first);
    let phases = [before, during, after];
    let left = [rates.sso_admin, half.sso_admin, rates.sso_admin];
    let used: Vec<f64> =
        phases.iter().zip(left).map(|(traffic, rate)| 100.0 * per_second(traffic) / rate).collect();
    report.line(&title, "calls answered a second, % of what was left", &used);
    report.line(&title, "throttled, %", &phases.map(simulation::Traffic::throttled_percent));
    let again = ledger.first_at_rate(given_back, 1.0, 0.95 * rates.sso_admin);
    let seconds = again.map_or(f64::NAN, |again| again - given_back);
    report.line(&title, "seconds until 95% of the full rate is used again", &[f64::NAN, f64::NAN, seconds]);
    report.write(&format!("collecting-contended-{size}"));
}

fn auto(size: &str) {
    const RAISED: f64 = 60.0;
    let minute = Duration::from_secs(60);
    let unlimited = 1e6;
    let mut simulation = Simulation::start(size, LATENCY);
    simulation.throttle(Rates {
        sso_admin: RAISED,
        identity_store: unlimited,
        organizations_operation: unlimited,
        iam: unlimited,
        ..Rates::default()
    });
    let folder = folder();
    let mut collect = program::collect(&simulation.endpoint, folder.path());
    // The last rate given for a service counts.
    collect.args(program::unpaced()).arg("--rate=sso-admin=auto");
    Running::start(&mut collect).wait_at_most(minute);
    let ledger = simulation.ledger();
    let traffic = ledger.sso_admin();
    let (mut report, title) = began(
        "auto",
        size,
        json!({"size": size, "rates": format!("sso-admin {RAISED} a second"),
               "latency_ms": LATENCY.as_millis(), "seconds": minute.as_secs()}),
        &["value"],
    );
    let found = ledger.first_at_rate(traffic.first, 2.0, 57.0);
    let mut line = |name: &str, value: f64| report.line(&title, name, &[value]);
    line(
        "seconds until 57 calls a second are answered",
        found.map_or(f64::NAN, |found| found - traffic.first),
    );
    line("throttled, %", traffic.throttled_percent());
    let last_seconds = ledger.between(traffic.last - 20.0, traffic.last);
    line("calls answered a second in the last 20 seconds", last_seconds.answered() as f64 / 20.0);
    line("throttled in the last 20 seconds, %", last_seconds.throttled_percent());
    report.write(&format!("collecting-auto-{size}"));
}

/// Runs at a rate at which an automatic full pass takes too long, so that the strategies are compared.
fn forecast() {
    const RATE: &str = "--rate=sso-admin=300";
    let title = "forecast of the calls that list assignments, and the truth";
    let mut report = Report::default();
    report.about(json!({"pairs": 3_000, "sso_admin_calls_a_second": 300}));
    let columns = ["pairs from", "to", "truth", "principals from", "to", "truth", "sso-admin calls"];
    report.part(title, &columns);
    for shape in simulation::SHAPES {
        let mut simulation = Simulation::start(shape, NONE);
        let folder = folder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_orgcensus"));
        command.args(["collect", "--only=account_assignments,users,group_memberships", RATE, "--db"]);
        command.arg(folder.path().join("orgcensus.db")).env("ORGCENSUS_HASTE", "100");
        command.args(["--rate=identitystore=2000", "--rate=organizations=2000"]);
        let ran = program::pointed_at(&simulation.endpoint, &mut command).output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{shape}: {said}");
        let line = said.lines().find(|line| line.starts_with("assignments: ")).expect("the forecast is said");
        let (pairs, principals) = line.split_once(") or ").expect("both strategies are forecast");
        let ([from, to], [principals_from, principals_to]) = (calls_said(pairs), calls_said(principals));
        let ledger = simulation.ledger();
        let calls = ledger.sso_admin().calls as f64;
        let (truth, by_principals) = (ledger.needed.by_pairs as f64, ledger.needed.by_principals as f64);
        report.line(title, shape, &[from, to, truth, principals_from, principals_to, by_principals, calls]);
    }
    report.write("collecting-forecast");
}

/// Returns the range of calls in text such as `(280 to 310 calls, …`.
fn calls_said(text: &str) -> [f64; 2] {
    let (before, _) = text.split_once(" calls").expect("calls are forecast");
    let said = before.rsplit_once('(').map_or(before, |(_, said)| said);
    let numbers: Vec<f64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    [numbers[0], numbers[numbers.len() - 1]]
}

fn unthrottled(size: &str) {
    let mut simulation = Simulation::start(size, NONE);
    let folder = folder();
    let mut collect = program::collect(&simulation.endpoint, folder.path());
    // Reports come one after another, at the simulator's own speed.
    collect.args(program::unpaced()).args(["--access-report", "none"]);
    let (usage, ledger) = collected(&mut simulation, &mut collect);
    let (mut report, title) = began(
        "unthrottled",
        size,
        json!({"size": size, "latency_ms": 0, "access_reports": "none"}),
        &["value"],
    );
    let calls = ledger.calls() as f64;
    let rows: usize = ledger.rows.values().sum();
    let mut line = |name: &str, value: f64| report.line(&title, name, &[value]);
    line("calls", calls);
    line("rows", rows as f64);
    line("wall, s", usage.wall.as_secs_f64());
    line("wall from the start to the last call, s", ledger.last() - start_of(&ledger, &usage));
    line("wall after the last call (publish), s", ledger.now - ledger.last());
    line("calls a second until the last", calls / (ledger.last() - start_of(&ledger, &usage)));
    line("processor time, s", usage.cpu.as_secs_f64());
    line("processor time in system mode, s", usage.system.as_secs_f64());
    line("processor time a call, µs", usage.cpu.as_secs_f64() * 1e6 / calls);
    line("processor time a row, µs", usage.cpu.as_secs_f64() * 1e6 / rows as f64);
    line("peak memory, MB", usage.peak_mb);
    report.write(&format!("collecting-unthrottled-{size}"));
}
