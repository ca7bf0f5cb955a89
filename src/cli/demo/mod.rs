//! `demo`: simulates an organization over ninety nights, collects the last one over HTTP, and shows a tour of
//! questions.
//!
//! - `nights`: the snapshots of the earlier nights. `tour`: the questions.

mod nights;
mod tour;

use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use clap::Args;

use super::progress::Printer;
use super::{GlobalOptions, runtime};
use crate::aws::{ConnectionOptions, FixedEndpoint, PaceOptions, Rate, Service};
use crate::collect::{ReportDepth, RunOptions, Selection, StrategyChoice, TakeOptions, Taken, take};
use crate::error::{Error, ExitStatus, Result};
use crate::output::stderr;
use crate::simulator::{Config, Simulator};
use crate::store::{ActivityStep, Census, ShrinkLimit, Snapshot, data_files};

/// The file of the demo's census. The demo changes no other file.
pub(super) const DATABASE: &str = "orgcensus-demo.db";
/// The number of nights, with a snapshot each.
const NIGHTS: u32 = 90;
/// The hour in UTC of all snapshots except the last.
const HOUR: i64 = 2;

/// The arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
It needs no credentials and does not call AWS: an organization is simulated on this machine, over AWS's own protocols, \
and its last night is collected by the same code that collects a real one. The eighty-nine nights \
before are written under their dates. The census is orgcensus-demo.db in the working directory; it is marked \
synthetic, and collect refuses it.")]
pub struct DemoArgs {}

/// Builds the census of the nights, and shows the tour.
pub fn run(_args: DemoArgs, _global: &GlobalOptions) -> Result<ExitStatus> {
    let database = Path::new(DATABASE);
    runtime()?.block_on(async {
        // The moment of the last night must be in the past.
        let midnight = (Utc::now() - TimeDelta::hours(HOUR)).date_naive().and_time(chrono::NaiveTime::MIN);
        let start = midnight.and_utc() + TimeDelta::hours(HOUR) - TimeDelta::days(i64::from(NIGHTS) - 1);
        let simulator = Simulator::start(Config { start, ..Config::demo() })
            .map_err(|error| Error::failed("cannot open a port on loopback").caused_by(error))?;
        replace(database, &simulator.organization_id())?;
        stderr::say(format!(
            "{NIGHTS} nights of a simulated organization, the last one served at {}",
            simulator.endpoint()
        ));
        nights::publish(database, &simulator, NIGHTS - 1, label)?;
        simulator.set_day(NIGHTS - 1);
        collect(database, &simulator).await
    })?;
    tour::show(database)?;
    Ok(ExitStatus::Done)
}

/// Returns the label of a night's snapshot. One per month has a label.
fn label(night: u32) -> Option<String> {
    (night % 30 == 29).then(|| format!("month {} of the demo", night / 30 + 1))
}

/// Collects the last night with calls, like any collection.
async fn collect(database: &Path, simulator: &Simulator) -> Result<()> {
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
        selection: Selection::new(&[], &[], ReportDepth::Ous, StrategyChoice::Pairs)?,
        instance_arn: None,
        label: label(NIGHTS - 1),
        restart: true,
        resume_within: Duration::ZERO,
        shrink_limit: ShrinkLimit(100),
        activity_step: ActivityStep::default(),
        run: RunOptions {
            report_budget: Duration::from_secs(60),
            details_budget: Duration::from_secs(60),
            policies_budget: Duration::from_secs(60),
            dry_run: false,
            full_every: None,
        },
        synthetic: true,
    };
    let mut printer = Printer::new(stderr::is_quiet()).silently();
    let taken = take(&options, &mut printer, crate::signals::interrupted()).await;
    printer.finish();
    match taken? {
        Taken::Published(summary) => {
            let rows: i64 = summary.published.resources.iter().map(|outcome| outcome.rows).sum();
            let calls: u64 = summary.calls.values().sum();
            stderr::say(format!("snapshot {}: {calls} calls, {rows} rows", summary.published.snapshot_id));
            Ok(())
        }
        Taken::Stopped(error) => Err(error),
        Taken::Counted => unreachable!("the demo is no dry run"),
    }
}

/// Removes the census of an earlier demo. Any other file stays, and so does a demo's census that was changed.
fn replace(database: &Path, organization_id: &str) -> Result<()> {
    if !database.exists() {
        return Ok(());
    }
    let kept = |why: &str| {
        Error::failed(format!("{} is left alone: {why}", database.display()))
            .hint("move it away, or run the demo in another folder")
    };
    let census = Census::open(database).map_err(|error| kept("it is not the demo's").caused_by(error))?;
    let snapshots = census.snapshots()?;
    let is_ours =
        |one: &Snapshot| one.is_synthetic() && one.organization_id.as_deref() == Some(organization_id);
    if !snapshots.iter().all(is_ours) {
        return Err(kept("it is not the demo's"));
    }
    for (night, (id, snapshot)) in (0..).zip((1..).zip(&snapshots)) {
        if snapshot.snapshot_id != id {
            return Err(kept(&format!("snapshot {id} was pruned")));
        }
        if snapshot.label != label(night) {
            let label = snapshot.label.as_deref().unwrap_or_default();
            return Err(kept(&format!("somebody labelled snapshot {id} {label:?}")));
        }
    }
    census.verify().map_err(|error| kept("somebody changed it since the demo wrote it").caused_by(error))?;
    drop(census);
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
