//! Compares the program with other tools, on the same simulated organization. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench comparison -- [--size SIZE] [--rate FACTOR]
//! ```
//!
//! Each tool has a fresh simulation whose calls take 30 ms: once with AWS's quotas times FACTOR (1 by default), once
//! without quotas. The other tools are installed from `comparison/requirements.txt` into `target/bench`.

#[expect(dead_code, reason = "it has no parts to choose from")]
#[path = "support/arguments.rs"]
mod arguments;
#[expect(dead_code, reason = "no tool is ended early")]
#[path = "support/child.rs"]
mod child;
#[expect(dead_code, reason = "medians are for work within the bench")]
#[path = "support/measure.rs"]
mod measure;
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "quotas are not looked at by the second")]
#[path = "support/simulation.rs"]
mod simulation;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use orgcensus::simulator::Rates;
use serde_json::{Value, json};

use arguments::Arguments;
use child::{Running, Usage};
use measure::Report;
use simulation::{Ledger, Simulation};

/// The minimum duration of a call to AWS.
const LATENCY: Duration = Duration::from_millis(30);
const TOOLS: [Tool; 5] = [
    Tool::Orgcensus(&["--assignments", "principals"]),
    // With users and groups, so that it may list by principal.
    Tool::Orgcensus(&[
        "--assignments",
        "principals",
        "--only=account_assignments",
        "--only=users",
        "--only=groups",
    ]),
    Tool::Orgcensus(&["--assignments", "pairs"]),
    Tool::KnowledgeCenter,
    Tool::AwsSsoUtil,
];
const COLUMNS: [&str; 9] = [
    "wall, s",
    "times ours",
    "sso-admin",
    "all calls",
    "throttled",
    "CPU, s",
    "peak MB",
    "assignments",
    "of",
];

fn main() {
    if simulation::serve_if_asked() {
        return;
    }
    let arguments = Arguments::given();
    let size = arguments.text("--size").unwrap_or("small").to_owned();
    let factor = arguments.number("--rate", 1.0);
    let python = python();
    let mut report = Report::default();
    report.about(json!({
        "size": size, "rates": format!("AWS's times {factor}"), "latency_ms": LATENCY.as_millis(),
        "versions": versions(&python),
    }));
    for quota in [Some(factor), None] {
        let title = match quota {
            Some(factor) => format!("{size}, AWS's quotas times {factor}"),
            None => format!("{size}, no quotas"),
        };
        report.part(&title, &COLUMNS);
        let mut ours = None;
        for tool in TOOLS {
            let run = tool.run(&python, &size, quota);
            let ours = *ours.get_or_insert(run.usage.wall);
            report.line(&title, tool.name().trim_end(), &run.values(ours));
        }
    }
    report.write(&format!("comparison-{size}"));
}

#[derive(Clone, Copy)]
enum Tool {
    /// This program, with further arguments.
    Orgcensus(&'static [&'static str]),
    KnowledgeCenter,
    AwsSsoUtil,
}

/// The result of a tool.
struct Run {
    usage: Usage,
    ledger: Ledger,
    /// The number of different assignments that it named.
    found: usize,
}

impl Tool {
    fn name(self) -> String {
        match self {
            Self::Orgcensus(arguments) => format!("orgcensus collect {}", arguments.join(" ")),
            Self::KnowledgeCenter => "Knowledge Center script".to_owned(),
            Self::AwsSsoUtil => "aws-sso-util admin assignments".to_owned(),
        }
    }

    fn run(self, python: &Path, size: &str, quota: Option<f64>) -> Run {
        let mut simulation = Simulation::start(size, LATENCY);
        if let Some(factor) = quota {
            simulation.throttle(Rates::default().scaled(factor));
        }
        let folder = tempfile::tempdir_in(target()).expect("a folder below target/bench can be made");
        let rows = folder.path().join("assignments.csv");
        let mut command = self.command(python, &simulation.endpoint, folder.path(), quota);
        command.stdout(File::create(&rows).expect("a file in an empty folder can be made"));
        let usage = Running::start(&mut command).wait();
        assert_eq!(usage.exit, Some(0), "{} failed", self.name());
        let ledger = simulation.ledger();
        if matches!(self, Self::Orgcensus(_)) {
            export(folder.path(), &rows);
        }
        let text = std::fs::read_to_string(&rows).expect("the tool wrote text");
        let found = text.lines().skip(1).collect::<BTreeSet<_>>().len();
        Run { usage, ledger, found }
    }

    fn command(self, python: &Path, endpoint: &str, folder: &Path, quota: Option<f64>) -> Command {
        let mut command = Command::new(python);
        match self {
            Self::Orgcensus(arguments) => {
                let mut command = program::collect(endpoint, folder);
                // No other tool makes access reports, and the simulator makes them faster than AWS.
                command.args(["--access-report", "none"]).args(arguments);
                command.args(quota.map_or_else(program::unpaced, program::times));
                return command;
            }
            Self::KnowledgeCenter => command.arg(source("knowledge_center.py")),
            // Without names, like the script: it requests assignments and nothing else.
            Self::AwsSsoUtil => command.arg(python.with_file_name("aws-sso-util")).args([
                "admin",
                "assignments",
                "--no-lookup-names",
            ]),
        };
        program::pointed_at(endpoint, &mut command);
        command
    }
}

impl Run {
    fn values(&self, ours: Duration) -> [f64; 9] {
        let wall = self.usage.wall.as_secs_f64();
        [
            wall,
            wall / ours.as_secs_f64(),
            self.ledger.sso_admin().calls as f64,
            self.ledger.calls() as f64,
            self.ledger.throttled() as f64,
            self.usage.cpu.as_secs_f64(),
            self.usage.peak_mb,
            self.found as f64,
            self.ledger.rows["account_assignments"] as f64,
        ]
    }
}

/// Writes the collected assignments in the other tools' form.
fn export(folder: &Path, rows: &Path) {
    let sql = "SELECT account_id, permission_set_arn, principal_type, principal_id FROM account_assignments";
    let status = Command::new(env!("CARGO_BIN_EXE_orgcensus"))
        .args(["query", sql, "--format", "csv", "--quiet", "--db"])
        .arg(folder.join("orgcensus.db"))
        .stdout(File::create(rows).expect("a file in our own folder can be made"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "what was collected can be read");
}

fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder below target can be made");
    folder
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/comparison").join(name)
}

/// Returns the Python with the other tools, installed once.
fn python() -> PathBuf {
    let venv = target().join("venv");
    let python = venv.join("bin/python");
    let run = |command: &mut Command| {
        assert!(command.status().is_ok_and(|status| status.success()), "failed: {command:?}");
    };
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    // Has no effect if everything is installed.
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&python).args(pip).arg(source("requirements.txt")));
    python
}

fn versions(python: &Path) -> Value {
    let output = Command::new(python).arg("--version").output().expect("the venv has a Python");
    let pinned = std::fs::read_to_string(source("requirements.txt")).expect("it was just installed from");
    let version = |package: &str| {
        let mut packages = pinned.lines().filter_map(|line| line.split_once("=="));
        packages.find(|(name, _)| *name == package).map(|(_, version)| version.to_owned())
    };
    json!({
        "orgcensus": env!("CARGO_PKG_VERSION"),
        "boto3": version("boto3"),
        "aws-sso-util": version("aws-sso-util"),
        "python": String::from_utf8_lossy(&output.stdout).trim().trim_start_matches("Python "),
    })
}
