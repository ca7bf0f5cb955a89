//! `demo`: a simulated organization, collected for three days over HTTP, and what can then be asked.

use std::path::Path;
use std::time::Duration;

use clap::{Args, Parser};

use super::progress::Printer;
use super::{Cli, GlobalOptions, runtime};
use crate::aws::{ConnectionOptions, FixedEndpoint, PaceOptions, Rate, Service};
use crate::collect::{ReportDepth, RunOptions, Selection, StrategyChoice, TakeOptions, Taken, take};
use crate::error::{Error, ExitStatus, Result};
use crate::output::words;
use crate::simulator::{Config, Simulator};
use crate::store::Census;

/// Where the demo's census goes: it touches nothing else.
const DATABASE: &str = "orgcensus-demo.db";
const DAYS: u32 = 3;

/// The arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
It needs no credentials and calls nobody: an organization is simulated on loopback, over AWS's own
protocols, and collected by the same code that collects a real one. The census of its three days is
orgcensus-demo.db in the working directory.")]
pub struct DemoArgs {}

/// Collects three days and shows what can be asked of them.
pub fn run(_args: DemoArgs, _global: &GlobalOptions) -> Result<ExitStatus> {
    let database = Path::new(DATABASE);
    let user = runtime()?.block_on(async {
        let simulator = Simulator::start(Config::demo())
            .map_err(|error| Error::failed("cannot open a port on loopback").caused_by(error))?;
        replace(database, &simulator.organization_id())?;
        words::say(format!("an organization is simulated at {}", simulator.endpoint()));
        for day in 0..DAYS {
            simulator.set_day(day);
            collect(database, &simulator, day).await?;
        }
        Ok::<_, Error>(())
    });
    user?;
    let name = somebody(database)?;
    for command in [
        vec!["snapshots"],
        vec!["query", "user-access", &name],
        vec!["query", "user-access", &name, "--at", "1"],
        vec!["diff", "1", "3"],
    ] {
        show(&command)?;
    }
    words::say("");
    words::say("try next:");
    for line in [
        "query --list",
        "query privileged-access",
        "query \"SELECT via, count(*) FROM effective_access GROUP BY via\" --at 2",
        "diff 2 3 --format json",
        "schema effective_access",
    ] {
        words::say(format!("  orgcensus --db {DATABASE} {line}"));
    }
    Ok(ExitStatus::Done)
}

async fn collect(database: &Path, simulator: &Simulator, day: u32) -> Result<()> {
    let fast = Rate::Fixed(100_000.0);
    let options = TakeOptions {
        database: database.to_owned(),
        connection: ConnectionOptions {
            pace: PaceOptions {
                rates: Service::ALL.into_iter().map(|service| (service, fast)).collect(),
                share: None,
            },
            endpoint: Some(FixedEndpoint { url: simulator.endpoint(), access_key_id: "demo".to_owned() }),
            ..ConnectionOptions::default()
        },
        selection: Selection::new(&[], &[], ReportDepth::Ous, StrategyChoice::Auto)?,
        instance_arn: None,
        label: Some(format!("day {} of the demo", day + 1)),
        restart: true,
        resume_within: Duration::ZERO,
        run: RunOptions { report_budget: Duration::from_secs(60), dry_run: false },
    };
    let mut printer = Printer::new(words::is_quiet());
    let taken = take(&options, &mut printer, super::collect::interrupted()).await?;
    printer.finish();
    match taken {
        Taken::Published(summary) => {
            let rows: i64 = summary.published.resources.iter().map(|outcome| outcome.rows).sum();
            let calls: u64 = summary.calls.values().sum();
            words::say(format!(
                "day {}: snapshot {}, {calls} calls, {rows} rows",
                day + 1,
                summary.published.snapshot_id
            ));
            Ok(())
        }
        Taken::Stopped(error) => Err(error),
        Taken::Counted => unreachable!("the demo is no dry run"),
    }
}

/// A former demo's census makes room; anybody else's file stays.
fn replace(database: &Path, organization_id: &str) -> Result<()> {
    if !database.exists() {
        return Ok(());
    }
    let foreign = || {
        Error::failed(format!("{} exists and is not the demo's", database.display()))
            .hint("run the demo in another folder")
    };
    let census = Census::open(database).map_err(|error| foreign().caused_by(error))?;
    let is_ours = census
        .snapshots()?
        .iter()
        .all(|snapshot| snapshot.organization_id.as_deref() == Some(organization_id));
    drop(census);
    if !is_ours {
        return Err(foreign());
    }
    for suffix in ["", "-wal", "-shm", ".collecting", ".collecting-wal", ".collecting-shm"] {
        let file = format!("{}{suffix}", database.display());
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::failed(format!("cannot replace {file}")).caused_by(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A user whose access changed between the first and the last day: what the demo asks about.
fn somebody(database: &Path) -> Result<String> {
    let census = Census::open(database)?;
    census
        .connection()
        .query_row(
            "SELECT u.user_name FROM users AS u
             WHERE u.user_name IS NOT NULL AND u.user_status = 'ENABLED'
             ORDER BY (SELECT count(DISTINCT m.valid_from) FROM group_memberships_versions AS m WHERE m.user_id = u.user_id) DESC,
                 (SELECT count(*) FROM group_memberships AS m WHERE m.user_id = u.user_id) DESC, u.user_name
             LIMIT 1",
            [],
            |row| row.get(0),
        )
        .map_err(crate::store::failed)
}

/// Shows a command and what it prints, by running it.
fn show(arguments: &[&str]) -> Result<()> {
    let quoted: Vec<_> = arguments
        .iter()
        .map(
            |argument| {
                if argument.contains(' ') { format!("\"{argument}\"") } else { (*argument).to_owned() }
            },
        )
        .collect();
    words::say("");
    words::say(format!("$ orgcensus --db {DATABASE} {}", quoted.join(" ")));
    let line = ["orgcensus", "--db", DATABASE, "--format", "table"].iter().chain(arguments);
    let cli =
        Cli::try_parse_from(line).map_err(|error| Error::usage("the demo's own command").caused_by(error))?;
    super::run(cli).map(drop)
}
