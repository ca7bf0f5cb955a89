//! `demo`: a simulated organization, collected for three days over HTTP, and what can then be asked.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::progress::Printer;
use super::{Cli, GlobalOptions, runtime};
use crate::aws::{ConnectionOptions, FixedEndpoint, PaceOptions, Rate, Service};
use crate::collect::{ReportDepth, RunOptions, Selection, StrategyChoice, TakeOptions, Taken, take};
use crate::diff::{self, AccessChangeKind};
use crate::error::{Error, ExitStatus, Result};
use crate::invocation;
use crate::output::stderr;
use crate::simulator::{Config, Simulator};
use crate::store::{Census, ShrinkLimit, data_files};

/// Where the demo's census goes: it touches nothing else.
pub(super) const DATABASE: &str = "orgcensus-demo.db";
const DAYS: u32 = 3;

/// The arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
It needs no credentials and calls nobody: an organization is simulated on loopback, over AWS's own \
protocols, and collected by the same code that collects a real one. The census of its three days is \
orgcensus-demo.db in the working directory.")]
pub struct DemoArgs {}

/// Collects three days and shows what can be asked of them.
pub fn run(_args: DemoArgs, _global: &GlobalOptions) -> Result<ExitStatus> {
    let database = Path::new(DATABASE);
    runtime()?.block_on(async {
        let simulator = Simulator::start(Config::demo())
            .map_err(|error| Error::failed("cannot open a port on loopback").caused_by(error))?;
        replace(database, &simulator.organization_id())?;
        stderr::say(format!("an organization is simulated at {}", simulator.endpoint()));
        for day in 0..DAYS {
            simulator.set_day(day);
            collect(database, &simulator, day).await?;
        }
        Ok::<_, Error>(())
    })?;
    let user = somebody(database)?;
    for command in [
        vec!["snapshots"],
        vec!["query", "user-access", &user],
        vec!["query", "user-access", &user, "--at", "1"],
        vec!["diff", "1", "3", "--access", "--user", &user],
    ] {
        show(&command)?;
    }
    stderr::say("");
    stderr::say("try next:");
    for line in [
        "diff 1 3",
        "query --list",
        "query privileged-access",
        "query \"SELECT via, count(*) FROM effective_access GROUP BY via\" --at 2",
        "diff 2 3 --format json",
        "schema effective_access",
    ] {
        stderr::say(format!("  {}", invocation::command(line)));
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
        shrink_limit: ShrinkLimit(100),
        run: RunOptions {
            report_budget: Duration::from_secs(60),
            details_budget: Duration::from_secs(60),
            dry_run: false,
            full_every: None,
        },
    };
    let mut printer = Printer::new(stderr::is_quiet()).silently();
    let taken = take(&options, &mut printer, crate::signals::interrupted()).await;
    printer.finish();
    match taken? {
        Taken::Published(summary) => {
            let rows: i64 = summary.published.resources.iter().map(|outcome| outcome.rows).sum();
            let calls: u64 = summary.calls.values().sum();
            stderr::say(format!(
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
    stderr::say(format!("replacing the former demo's {}", database.display()));
    for file in data_files(database) {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::failed(format!("cannot replace {}", file.display())).caused_by(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The user of the demo's questions: one who gained access between the first and the last day, with the
/// fewest ways to read.
fn somebody(database: &Path) -> Result<String> {
    let census = Census::open(database)?;
    let diff = diff::compare(census.connection(), 1, i64::from(DAYS))?;
    let ways_of = "SELECT count(*) FROM effective_access WHERE user_id = ?1";
    let mut fewest: Option<(i64, String)> = None;
    for change in diff.access_changes.iter().filter(|change| change.change == AccessChangeKind::Gained) {
        let Some(name) = &change.user_name else { continue };
        let ways: i64 = census
            .connection()
            .query_row(ways_of, [&change.user_id], |row| row.get(0))
            .map_err(crate::store::failed)?;
        if fewest.as_ref().is_none_or(|(least, _)| ways < *least) {
            fewest = Some((ways, name.to_string()));
        }
    }
    fewest.map(|(_, name)| name).ok_or_else(|| Error::failed("nobody gained access in the demo's three days"))
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
    stderr::say("");
    stderr::say(format!("$ {}", invocation::command(quoted.join(" "))));
    // Rows are shown as a table even where the demo is piped; a diff's own form is text.
    let format: &[&str] = if arguments[0] == "diff" { &[] } else { &["--format", "table"] };
    let line = ["orgcensus", "--db", DATABASE].iter().chain(format).chain(arguments);
    let cli = Cli::read(line.map(Into::into))
        .map_err(|error| Error::usage("the demo's own command").caused_by(error))?;
    super::run(cli).map(drop)
}
