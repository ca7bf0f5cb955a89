//! Censuses without AWS: the simulator's rows of a day, staged and published by the program's own code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, TimeDelta};
use orgcensus::model::{Completeness, RESOURCES, ResourceSpec, Row, Scope};
use orgcensus::simulator::{Config, ReportDepth, Simulator, TruthOptions};
use orgcensus::store::{
    ActivityStep, CallTotals, CollectionHeader, Database, Identity, NewTask, Outcome, ShrinkLimit, Staging,
};

use super::churn::{self, Rows};

/// A simulated organization that is published day after day into a file.
pub struct Maker {
    pub simulator: Simulator,
    reports: ReportDepth,
    /// The runtime that the simulator needs, although no client calls it.
    _runtime: tokio::runtime::Runtime,
}

impl Maker {
    /// Generates day 0. `reports` selects the entities with access reports.
    pub fn new(config: Config, reports: ReportDepth) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime needs only a thread");
        let simulator = {
            let _inside = runtime.enter();
            Simulator::start(config).expect("a port of 127.0.0.1 is free")
        };
        Self { simulator, reports, _runtime: runtime }
    }

    /// Opens the census at `path`, or creates it.
    pub fn open(&self, path: &Path) -> Database {
        let (mut database, _) = Database::open_or_create(path).expect("the census opens");
        let identity = Identity {
            organization_id: Some(self.simulator.organization_id()),
            instance_arn: Some(self.simulator.instance_arn()),
        };
        database.claim(&identity).expect("the census is the organization's");
        database
    }

    /// Returns every row of day 0.
    pub fn rows(&self) -> Rows {
        self.rows_on(0)
    }

    /// Returns every row of one of the simulator's own days.
    pub fn rows_on(&self, day: u32) -> Rows {
        RESOURCES.iter().map(|spec| (spec.name, self.rows_of(spec, day))).collect()
    }

    fn rows_of(&self, spec: &ResourceSpec, day: u32) -> Vec<Row> {
        let options = TruthOptions { access_report: self.reports, ..TruthOptions::default() };
        let rows = self.simulator.rows(day, spec.name, options);
        let row = |columns| Row { resource: spec.name, columns, completeness: Completeness::Full };
        rows.into_iter().map(row).collect()
    }

    /// Stages a whole day: every resource completely, in the listings given by `listed_by`.
    pub fn stage(&self, database: &Database, rows: &Rows, day: u32, listed_by: ListedBy) -> Staging {
        let mut staging = Staging::create(database, &self.header(day)).expect("a collection begins");
        staging.set_note("assignment_strategy", "pairs").expect("the choice is stored");
        let mut task_id = 0;
        for spec in RESOURCES {
            for listed in listings(spec.name, &rows[spec.name], listed_by).chunks(PAGES) {
                let tasks: Vec<NewTask> = listed.iter().map(|(scope, _)| task(scope)).collect();
                staging.add_tasks(tasks).expect("tasks are queued");
                let page = |(_, rows): &(Scope, Vec<&Row>)| {
                    task_id += 1;
                    let rows = rows.iter().copied().cloned().collect();
                    Outcome::Page {
                        task_id,
                        rows,
                        follow_ups: Vec::new(),
                        next_token: None,
                        left_out: None,
                        facts: Vec::new(),
                    }
                };
                let pages: Vec<Outcome> = listed.iter().map(page).collect();
                assert_eq!(staging.commit(&pages).expect("pages are staged"), []);
            }
        }
        staging
    }

    /// Publishes the staging and deletes it. Returns the duration of the publish.
    pub fn publish(&self, database: &mut Database, staging: &Staging, day: u32) -> Duration {
        let totals = CallTotals {
            api_calls: 0,
            throttled_calls: 0,
            completed_at: self.time(day, TimeDelta::minutes(30)),
        };
        let began = Instant::now();
        database
            .publish(staging, &totals, ShrinkLimit(100), ActivityStep::default())
            .expect("the snapshot is published");
        let took = began.elapsed();
        Staging::discard(database).expect("the staging is deleted");
        took
    }

    fn header(&self, day: u32) -> CollectionHeader {
        CollectionHeader {
            collection_id: format!("day {day}"),
            started_at: self.time(day, TimeDelta::zero()),
            organization_id: Some(self.simulator.organization_id()),
            instance_arn: Some(self.simulator.instance_arn()),
            identity_store_id: Some(self.simulator.identity_store_id()),
            region: Some(self.simulator.config().region.clone()),
            caller_arn: None,
            caller_user_id: None,
            label: None,
            selection: String::new(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn time(&self, day: u32, later: TimeDelta) -> String {
        let time = self.simulator.config().start + TimeDelta::days(day.into()) + later;
        time.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// The columns by which the rows of a resource are listed. A resource that is not named is one listing.
pub type ListedBy = &'static [(&'static str, &'static [&'static str])];

/// The number of listings that are staged at once. A collection commits as many as have arrived meanwhile.
const PAGES: usize = 32;

/// Returns the listings of a resource, each with its rows.
fn listings<'r>(resource: &str, rows: &'r [Row], listed_by: ListedBy) -> Vec<(Scope, Vec<&'r Row>)> {
    let columns = listed_by.iter().find(|(listed, _)| *listed == resource).map_or(&[][..], |(_, by)| by);
    let scope = |columns| Scope { resource: resource.to_owned(), columns };
    if columns.is_empty() {
        return vec![(scope(BTreeMap::new()), rows.iter().collect())];
    }
    let mut listed: BTreeMap<Scope, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let value = |column: &&str| ((*column).to_owned(), churn::text(row, column).to_owned());
        listed.entry(scope(columns.iter().map(value).collect())).or_default().push(row);
    }
    listed.into_iter().collect()
}

fn task(scope: &Scope) -> NewTask {
    NewTask {
        kind: format!("list_{}", scope.resource),
        body: scope.json(),
        lane: "bench".to_owned(),
        stage: "bench".to_owned(),
        priority: 0,
        covers: vec![scope.clone()],
        hides: Vec::new(),
    }
}

/// Returns the bytes of a census's file, including its journal.
pub fn bytes(path: &Path) -> u64 {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    size(path) + size(&PathBuf::from(journal))
}
