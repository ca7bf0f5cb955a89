//! Measures a collection of the IAM of many accounts by a role. See `benches/README.md`.
//!
//! ```text
//! cargo bench --bench accounts -- [--accounts N] [--roles N]
//! ```
//!
//! The program runs as users run it, against a simulated organization in a process of its own. A role is refused in 3 % of
//! the accounts, and in one account the service does not answer. Two nights are collected, the second a day later.

#[path = "support/arguments.rs"]
#[expect(dead_code, reason = "it has no parts")]
mod arguments;
#[path = "support/child.rs"]
#[expect(dead_code, reason = "programs end by themselves here")]
mod child;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "no quota limits this bench")]
mod program;
#[path = "support/simulation.rs"]
#[expect(dead_code, reason = "no time line is read here")]
mod simulation;
#[expect(dead_code, reason = "censuses are collected here, not made")]
mod support;

use std::time::Duration;

use serde_json::json;

use arguments::Arguments;
use child::Running;
use simulation::Simulation;
use support::census::bytes;
use support::measure::Report;

/// One account of so many refuses.
const REFUSES: usize = 33;

fn main() {
    if simulation::serve_if_asked() {
        return;
    }
    let arguments = Arguments::given();
    let accounts: usize = arguments.number("--accounts", 5_000);
    let roles: usize = arguments.number("--roles", 300);
    let mut simulation = Simulation::start(&format!("accounts-{accounts}-{roles}"), Duration::ZERO);
    simulation.ask(&format!("refuse {REFUSES}"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("orgcensus.db");
    let mut report = Report::default();
    let title = "IAM of every account";
    report.part(title, &["calls", "wall, s", "processor, s", "peak MB", "file MB", "growth %"]);
    let mut before = 0.0;
    for night in 0..2 {
        simulation.ask(&format!("day {night}"));
        simulation.ask("forget");
        let mut command = program::collect(&simulation.endpoint, folder.path());
        command.args(program::unpaced()).args(["--only", "@iam", "--iam-role", "OrgCensus"]);
        let usage = Running::start(&mut command).wait();
        assert_eq!(usage.exit, Some(4), "accounts refuse: {command:?}");
        let size = bytes(&file) as f64 / 1e6;
        let growth = if night == 0 { f64::NAN } else { 100.0 * (size - before) / before };
        let used = [usage.wall.as_secs_f64(), usage.cpu.as_secs_f64(), usage.peak_mb, size, growth];
        let calls = simulation.ledger().by_service.values().flat_map(|made| made.values()).sum::<usize>();
        report.line(title, &format!("night {}", night + 1), &[&[calls as f64][..], &used].concat());
        before = size;
    }
    report.about(json!({"accounts": accounts, "roles": roles, "refused": format!("1 of {REFUSES}")}));
    report.write(&format!("accounts-{accounts}"));
}
