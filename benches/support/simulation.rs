//! A simulated organization in a process of its own, so that it shares only the machine with the measured program. The
//! bench runs itself again as `serve SIZE MILLISECONDS`, and controls it by lines.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use orgcensus::model::RESOURCES;
use orgcensus::simulator::{
    Action, Call, Config, Fault, Rates, Service, Simulator, SsoAdminCalls, TruthOptions,
};
use serde::{Deserialize, Serialize};

/// The seconds of one entry of the timeline.
pub const STEP: f64 = 0.1;

/// The calls to the simulation, and the rows to find. Times are seconds since it started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ledger {
    pub now: f64,
    /// The calls by service, as in `--rate`.
    pub services: BTreeMap<String, Traffic>,
    pub operations: BTreeMap<String, usize>,
    /// The calls of each operation, by service.
    pub by_service: BTreeMap<String, BTreeMap<String, usize>>,
    /// The calls of sso-admin, by tenths of a second.
    pub timeline: Vec<Step>,
    /// The number of rows by resource, without access reports.
    pub rows: BTreeMap<String, usize>,
    /// The smallest number of sso-admin calls that can find them.
    pub needed: SsoAdminCalls,
}

/// The calls of one service.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Traffic {
    pub calls: usize,
    pub throttled: usize,
    pub first: f64,
    pub last: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub answered: usize,
    pub throttled: usize,
}

impl Traffic {
    pub fn answered(self) -> usize {
        self.calls - self.throttled
    }

    /// Returns the calls per second that were answered from the first to the last.
    pub fn rate(self) -> f64 {
        (self.answered() as f64 - 1.0) / (self.last - self.first)
    }

    pub fn throttled_percent(self) -> f64 {
        100.0 * self.throttled as f64 / self.calls as f64
    }
}

impl Ledger {
    pub fn sso_admin(&self) -> Traffic {
        self.services[Service::SsoAdmin.as_str()]
    }

    pub fn calls(&self) -> usize {
        self.services.values().map(|traffic| traffic.calls).sum()
    }

    pub fn throttled(&self) -> usize {
        self.services.values().map(|traffic| traffic.throttled).sum()
    }

    /// Returns the arrival time of the last call.
    pub fn last(&self) -> f64 {
        self.services.values().map(|traffic| traffic.last).fold(0.0, f64::max)
    }

    /// Returns sso-admin's calls between two times.
    pub fn between(&self, from: f64, to: f64) -> Traffic {
        let place = |time: f64| ((time / STEP).round() as usize).min(self.timeline.len());
        let steps = &self.timeline[place(from)..place(to)];
        let answered: usize = steps.iter().map(|step| step.answered).sum();
        let throttled = steps.iter().map(|step| step.throttled).sum();
        Traffic { calls: answered + throttled, throttled, first: from, last: to }
    }

    /// Returns the first time after which at least `rate` calls per second were answered for `window` seconds.
    pub fn first_at_rate(&self, from: f64, window: f64, rate: f64) -> Option<f64> {
        let steps = (from / STEP).ceil() as usize..self.timeline.len();
        let moments = steps.map(|step| step as f64 * STEP);
        let mut whole = moments.take_while(|moment| moment + window <= self.timeline.len() as f64 * STEP);
        whole.find(|moment| {
            self.between(*moment, moment + window).answered() as f64 >= (rate * window).floor()
        })
    }
}

/// A running simulation, which ends when dropped.
pub struct Simulation {
    process: Child,
    input: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    pub endpoint: String,
}

impl Simulation {
    /// Starts a simulation that never throttles. `size` is `small`, `medium` or `large`, a shape,
    /// `policies-N-M`: small, with N more policies and M applications, or `accounts-N-M`: small, with N accounts and M more
    /// roles in each.
    pub fn start(size: &str, latency: Duration) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a running program has a file"))
            .args(["serve", size, &latency.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the bench runs itself");
        let input = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let mut simulation = Self { process, input, answers, endpoint: String::new() };
        simulation.endpoint = simulation.answer();
        simulation
    }

    /// Throttles at these rates from now on. Returns the current time.
    pub fn throttle(&mut self, rates: Rates) -> f64 {
        let Rates { sso_admin, identity_store, organizations_operation, iam, .. } = rates;
        self.ask(&format!("throttle {sso_admin} {identity_store} {organizations_operation} {iam}"))
            .parse()
            .expect("it answers with the time")
    }

    /// Returns the calls so far.
    pub fn ledger(&mut self) -> Ledger {
        serde_json::from_str(&self.ask("ledger")).expect("it is written as it is read")
    }

    /// Gives an order, and returns its answer: `forget` the calls so far, serve another `day N` from now on, or `refuse` a
    /// session in every Nth account and never answer for one in another account.
    pub fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").expect("the simulation reads as long as it runs");
        self.answer()
    }

    fn answer(&mut self) -> String {
        self.answers.next().expect("the simulation answers every line").expect("its answer is text")
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The names of organizations that differ in the cost of listing assignments.
pub const SHAPES: [&str; 8] = [
    "few-groups",
    "many-groups",
    "huge-pairs",
    "everybody-in-everything",
    "no-repeated-rows",
    "direct-only",
    "empty-pairs",
    "short-pages",
];

/// Returns the organization of a shape: 3,000 pairs of 200 accounts and 40 permission sets, and up to 600 users and
/// groups.
fn shape(name: &str) -> Option<Config> {
    let mut config = Config { awkward: false, ..Config::small() };
    config.size.accounts = 200;
    config.size.pairs = 3_000;
    config.size.assignments = 6_000;
    config.size.memberships = 2_000;
    match name {
        "few-groups" => config.size.groups = 8,
        "many-groups" => config.size.groups = 200,
        "huge-pairs" => config.size.assignments = 60_000,
        "everybody-in-everything" => {
            (config.size.groups, config.size.memberships) = (12, 400 * 11);
        }
        "no-repeated-rows" => {
            (config.size.groups, config.size.memberships) = (12, 400 * 11);
            config.repeats_groups = false;
        }
        "direct-only" => (config.size.groups, config.size.memberships) = (6, 0),
        "empty-pairs" => (config.unassigned_pairs, config.size.assignments) = (2_000, 1_500),
        "short-pages" => config.short_pages = Some(30),
        _ => return None,
    }
    Some(config)
}

/// Returns the small organization with more policies and with as many applications as `policies-N-M` says.
fn with_policies(name: &str) -> Option<Config> {
    let (policies, applications) = name.strip_prefix("policies-")?.split_once('-')?;
    let mut config = Config { more_policies: policies.parse().ok()?, ..Config::small() };
    config.size.applications = applications.parse().ok()?;
    Some(config)
}

/// Returns the small organization with as many accounts, and as many more roles in each, as `accounts-N-M` says.
fn with_accounts(name: &str) -> Option<Config> {
    let (accounts, roles) = name.strip_prefix("accounts-")?.split_once('-')?;
    let mut config = Config { more_roles: roles.parse().ok()?, ..Config::small() };
    config.size.accounts = accounts.parse().ok()?;
    Some(config)
}

/// Runs the simulation if the bench's first argument requests it. Returns true if it did, after its end.
pub fn serve_if_asked() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [serve, size, milliseconds] = arguments.as_slice() else { return false };
    if serve != "serve" {
        return false;
    }
    let latency = Duration::from_millis(milliseconds.parse().expect("a number of milliseconds"));
    let config = match size.as_str() {
        "small" => Config::small(),
        "medium" => Config::medium(),
        "large" => Config::large(),
        other => shape(other)
            .or_else(|| with_policies(other))
            .or_else(|| with_accounts(other))
            .unwrap_or_else(|| panic!("no size `{other}`: small, medium or large")),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime needs only threads");
    let inside = runtime.enter();
    let simulator = Simulator::start(Config { latency, ..config }).expect("a port of 127.0.0.1 is free");
    let started = Instant::now();
    drop(inside);
    println!("{}", simulator.endpoint());
    for line in std::io::stdin().lines() {
        println!("{}", obey(&simulator, started, &line.expect("the bench writes text")));
    }
    true
}

fn obey(simulator: &Simulator, started: Instant, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["throttle", rates @ ..] => {
            let rates: Vec<f64> = rates.iter().map(|rate| rate.parse().expect("calls a second")).collect();
            let [sso_admin, identity_store, organizations_operation, iam] = rates[..] else {
                panic!("four rates, not `{line}`")
            };
            let rates = Rates { sso_admin, identity_store, organizations_operation, iam, ..Rates::default() };
            simulator.set_throttling(Some(rates));
            started.elapsed().as_secs_f64().to_string()
        }
        ["ledger"] => serde_json::to_string(&ledger(simulator, started.elapsed())).expect("plain numbers"),
        ["forget"] => {
            simulator.calls().clear();
            String::new()
        }
        ["refuse", every] => {
            let every: usize = every.parse().expect("a number of accounts");
            let accounts = simulator.rows(0, "accounts", TruthOptions::default());
            let ids = accounts.iter().filter_map(|row| row["account_id"].as_str());
            for (number, id) in ids.enumerate() {
                let action = match number % every {
                    0 => Action::Denied { kms_reason: None },
                    _ if number == every / 2 => Action::Hang,
                    _ => continue,
                };
                simulator.faults().add(Fault::on("AssumeRole", action).containing(id));
            }
            String::new()
        }
        ["day", day] => {
            simulator.set_day(day.parse().expect("the number of a day"));
            String::new()
        }
        _ => panic!("no order `{line}`"),
    }
}

fn ledger(simulator: &Simulator, now: Duration) -> Ledger {
    let calls = simulator.calls().all();
    let mut ledger = Ledger {
        now: now.as_secs_f64(),
        services: BTreeMap::new(),
        operations: BTreeMap::new(),
        by_service: BTreeMap::new(),
        timeline: Vec::new(),
        rows: BTreeMap::new(),
        needed: simulator.sso_admin_calls(0),
    };
    for call in &calls {
        ledger.enter(call);
    }
    for spec in RESOURCES.iter().filter(|spec| spec.name != "service_last_accessed") {
        let rows = simulator.rows(0, spec.name, TruthOptions::default()).len();
        ledger.rows.insert(spec.name.to_owned(), rows);
    }
    ledger
}

impl Ledger {
    fn enter(&mut self, call: &Call) {
        let at = call.at.as_secs_f64();
        let codes = ["ThrottlingException", "TooManyRequestsException", "Throttling"];
        let throttled = call.error_code.as_deref().is_some_and(|code| codes.contains(&code));
        let new = Traffic { first: at, ..Traffic::default() };
        let traffic = self.services.entry(call.service.as_str().to_owned()).or_insert(new);
        traffic.calls += 1;
        traffic.throttled += usize::from(throttled);
        // Calls are logged when they end.
        traffic.first = traffic.first.min(at);
        traffic.last = traffic.last.max(at);
        *self.operations.entry(call.operation.clone()).or_default() += 1;
        let of_service = self.by_service.entry(call.service.as_str().to_owned()).or_default();
        *of_service.entry(call.operation.clone()).or_default() += 1;
        if call.service == Service::SsoAdmin {
            let place = (at / STEP) as usize;
            let length = self.timeline.len().max(place + 1);
            self.timeline.resize(length, Step::default());
            let step = &mut self.timeline[place];
            if throttled { step.throttled += 1 } else { step.answered += 1 }
        }
    }
}
