//! Measures the time and the resources of publishing, compared with an import by the `sqlite3` shell. See
//! `benches/README.md`.
//!
//! ```text
//! cargo bench --bench publishing -- [large] [double] [--runs N]
//! ```
//!
//! - `large`: 1.5 million rows with access reports: the first publish, an unchanged one, one with 0.5 % change.
//! - `double`: staging, publish and diff of 50,000 users, 500,000 memberships and 10,000 policies, with names and
//!   documents as long as AWS allows, and of twice as much of everything.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/shell.rs"]
mod shell;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use orgcensus::simulator::{Config, ReportDepth, Size};
use orgcensus::store::{ActivityStep, CallTotals, Census, Database, ShrinkLimit, Staging, Unfinished};

use arguments::Arguments;
use shell::Import;
use support::census::{ListedBy, Maker, bytes};
use support::churn;
use support::measure::{Report, Stopwatch, median, ms};

/// The listings of a collection: members by group, assignments by pair.
const AS_COLLECTED: ListedBy = &[
    ("group_memberships", &["group_id"]),
    ("permission_set_policies", &["permission_set_arn"]),
    ("provisioned_permission_sets", &["permission_set_arn"]),
    ("account_assignments", &["account_id", "permission_set_arn"]),
    ("service_last_accessed", &["entity_id"]),
    ("tags", &["resource_type", "resource_id"]),
];

fn main() {
    let arguments = Arguments::given();
    if let Some(path) = arguments.text("--publish") {
        return publish_alone(Path::new(path));
    }
    let runs = arguments.number("--runs", 3);
    let asked = |part: &str| arguments.ask_for(part, &["large", "double"]);
    let mut report = Report::default();
    if asked("large") {
        large(&mut report, runs);
    }
    if asked("double") {
        double(&mut report, runs);
    }
    report.about(serde_json::json!({"runs": runs}));
    report.write("publishing");
}

/// Returns an empty place for a census.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder below target can be made");
    let path = folder.join(format!("{name}.db"));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("{name}.db{suffix}")));
    }
    path
}

/// The cost of one publish, or of one import.
#[derive(Default)]
struct Cost {
    wall: Duration,
    processor: Duration,
    journal: f64,
    memory: f64,
    file: u64,
}

impl Cost {
    fn values(&self, of: Option<&Self>) -> [f64; 7] {
        let ratio = |time: fn(&Self) -> Duration| {
            of.map_or(f64::NAN, |other| time(self).as_secs_f64() / time(other).as_secs_f64())
        };
        [
            ms(self.wall),
            ratio(|cost| cost.wall),
            ms(self.processor),
            ratio(|cost| cost.processor),
            self.journal,
            self.memory,
            self.file as f64 / 1e6,
        ]
    }
}

fn large(report: &mut Report, runs: usize) {
    let config = Config::large();
    let size = Size { memberships: 500_000, ..config.size };
    let maker = Maker::new(Config { size, ..config }, ReportDepth::Accounts);
    let mut rows = maker.rows();
    let path = place("publishing");
    let mut database = maker.open(&path);
    let title = "large: 1.5 million rows, against an import by the sqlite3 shell";
    let columns = ["wall ms", "ratio", "CPU ms", "ratio", "journal MB", "memory MB", "file MB"];
    let mut imported = None;
    for (day, name) in ["publish, first", "publish, unchanged", "publish, 0.5 % changed"].iter().enumerate() {
        let day = day as u32;
        let changed = if day == 2 { churn::change(&mut rows, 5, day) } else { 0 };
        drop(maker.stage(&database, &rows, day, AS_COLLECTED));
        drop(database);
        if day == 0 {
            let (import, count) = Import::of(&Staging::path_beside(&path), &path.with_extension("csv"));
            println!("{count} rows");
            report.part(title, &columns);
            imported = import.map(|import| middle((0..runs).map(|_| imported_once(&import)).collect()));
            match &imported {
                Some(imported) => report.line(title, "sqlite3 .import", &imported.values(None)),
                None => println!("there is no sqlite3 shell here: nothing to compare with"),
            }
        }
        let before = Saved::of(&path);
        let costs = (0..runs).map(|_| {
            before.put_back();
            publish_in_a_process(&path)
        });
        let name = if changed > 0 { format!("{name} ({changed} rows)") } else { (*name).to_owned() };
        report.line(title, &name, &middle(costs.collect()).values(imported.as_ref()));
        database = maker.open(&path);
        Staging::discard(&database).expect("the staging is deleted");
    }
}

fn imported_once(import: &Import) -> Cost {
    let (wall, processor, file) = import.run();
    Cost { wall, processor, file, journal: f64::NAN, memory: f64::NAN }
}

/// Returns the cost with the median time.
fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_unstable_by_key(|cost| cost.processor);
    costs.swap_remove(costs.len() / 2)
}

/// A census and its staging before a publish.
struct Saved(Vec<(PathBuf, PathBuf)>);

impl Saved {
    fn of(path: &Path) -> Self {
        let copied = [path.to_owned(), Staging::path_beside(path)].map(|file| {
            let mut copy = file.clone().into_os_string();
            copy.push(".saved");
            std::fs::copy(&file, &copy).expect("the file can be copied");
            (file, PathBuf::from(copy))
        });
        Self(copied.into())
    }

    fn put_back(&self) {
        for (file, copy) in &self.0 {
            std::fs::copy(copy, file).expect("the file can be copied");
        }
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        for (_, copy) in &self.0 {
            let _ = std::fs::remove_file(copy);
        }
    }
}

/// Publishes the staging beside the census in a process of its own, so that the measured memory is that of the publish.
fn publish_in_a_process(path: &Path) -> Cost {
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
        .arg("--publish")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs");
    let mut journal = 0;
    let mut log = path.to_owned().into_os_string();
    log.push("-wal");
    while child.try_wait().expect("the process can be waited for").is_none() {
        journal = journal.max(std::fs::metadata(&log).map_or(0, |file| file.len()));
        std::thread::sleep(Duration::from_millis(1));
    }
    let said = child.wait_with_output().expect("the process can be waited for");
    assert!(said.status.success(), "the publish failed");
    let said = String::from_utf8(said.stdout).expect("it prints numbers");
    let numbers: Vec<f64> = said.split_whitespace().map(|one| one.parse().expect("a number")).collect();
    let [wall, processor, memory] = numbers[..] else { panic!("{said}") };
    Cost {
        wall: Duration::from_secs_f64(wall),
        processor: Duration::from_secs_f64(processor),
        journal: journal as f64 / 1e6,
        memory,
        file: bytes(path),
    }
}

/// Runs in that process: prints the elapsed time, the processor time and the process's peak memory.
fn publish_alone(path: &Path) {
    let (mut database, _) = Database::open_or_create(path).expect("the census opens");
    let Ok(Unfinished::Usable(staging)) = Staging::open(&database) else { panic!("nothing is staged") };
    let totals =
        CallTotals { api_calls: 0, throttled_calls: 0, completed_at: staging.header().started_at.clone() };
    let (wall, processor) = (Instant::now(), Stopwatch::start());
    database
        .publish(&staging, &totals, ShrinkLimit(100), ActivityStep::default())
        .expect("the snapshot is published");
    let (wall, processor) = (wall.elapsed(), processor.read());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: f64 = peak.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    println!("{} {} {}", wall.as_secs_f64(), processor.as_secs_f64(), peak / 1024.0);
}

fn double(report: &mut Report, runs: usize) {
    let measured = [1, 2].map(|times| doubled(times, runs));
    let title = "double: 50,000 users, 500,000 memberships, 10,000 policies, the longest names; then twice of everything";
    report.part(title, &["once", "twice", "ratio"]);
    for ((name, once), (_, twice)) in measured[0].iter().zip(&measured[1]) {
        report.line(title, name, &[*once, *twice, twice / once]);
    }
}

/// Returns the steps of three days, in ms of processor time: new, unchanged, and with 0.5 % changed.
fn doubled(times: usize, runs: usize) -> Vec<(String, f64)> {
    let medium = Config::medium().size;
    let size = Size {
        users: 50_000 * times,
        memberships: 500_000 * times,
        groups: 3_000 * times,
        accounts: medium.accounts * times,
        pairs: medium.pairs * times,
        assignments: medium.assignments * times,
        ..medium
    };
    let maker = Maker::new(Config { size, ..Config::medium() }, ReportDepth::Accounts);
    let mut rows = maker.rows();
    add_policies(&mut rows, 10_000 * times);
    lengthen(&mut rows);
    let path = place(&format!("doubling-{times}"));
    let mut database = maker.open(&path);
    let mut lines = Vec::new();
    for (day, name) in ["new", "unchanged", "0.5 % changed"].iter().enumerate() {
        if day == 2 {
            churn::change(&mut rows, 5, 2);
        }
        let (staged, staging) = median(1, || maker.stage(&database, &rows, day as u32, AS_COLLECTED));
        lines.push((format!("stage, {name}"), ms(staged)));
        let (published, _) = median(1, || maker.publish(&mut database, &staging, day as u32));
        lines.push((format!("publish, {name}"), ms(published)));
    }
    drop(database);
    lines.push(("file in MB".to_owned(), bytes(&path) as f64 / 1e6));
    let census = Census::open(&path).expect("the census opens");
    for (from, to) in [(1, 2), (2, 3)] {
        let (time, diff) = median(runs, || {
            orgcensus::diff::compare(census.connection(), from, to).expect("two snapshots can be compared")
        });
        let name =
            format!("diff, {} rows and {} ways to access", diff.changes.len(), diff.access_changes.len());
        lines.push((name, ms(time)));
    }
    lines
}

/// Adds this many policies, each with a document of the maximum length of a service control policy.
fn add_policies(rows: &mut churn::Rows, count: usize) {
    let sets = rows["permission_sets"].clone();
    let policies = rows.get_mut("permission_set_policies").expect("it is of the model");
    let mut policy = policies[0].clone();
    policy.columns.insert("kind".to_owned(), "customer_managed".into());
    for number in 0..count {
        let name = format!("bench-{number}");
        let document = format!(r#"{{"Statement":[{{"Effect":"Deny","Action":"*","Sid":"{name:x<5000}"}}]}}"#);
        let values = [
            ("permission_set_arn", churn::text(&sets[number % sets.len()], "permission_set_arn")),
            ("policy", &format!("/{name}")),
            ("policy_name", &name),
            ("document", &document),
        ];
        for (column, value) in values {
            policy.columns.insert(column.to_owned(), value.into());
        }
        policies.push(policy.clone());
    }
}

/// Extends names to the maximum that AWS allows, and keeps them distinct.
fn lengthen(rows: &mut churn::Rows) {
    let longest = [
        ("accounts", "name", 50),
        ("organizational_units", "name", 128),
        ("users", "user_name", 128),
        ("users", "display_name", 1_024),
        ("groups", "display_name", 1_024),
        ("groups", "description", 1_024),
        ("permission_sets", "description", 700),
    ];
    for (resource, column, characters) in longest {
        for row in rows.get_mut(resource).expect("it is of the model") {
            let padded = format!("{:x<characters$}", churn::text(row, column));
            row.columns.insert(column.to_owned(), padded.into());
        }
    }
}
