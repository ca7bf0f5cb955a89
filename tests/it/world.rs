//! A simulated organization, and the binary run against it over HTTP.
//!
//! The machine's own AWS configuration has no effect: the environment contains only the endpoint and made-up keys, and
//! the home folder does not exist.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use orgcensus::model::{RESOURCES, resource};
use orgcensus::simulator::{Config, Rows, Simulator, TruthOptions};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use crate::fixture::{self, Ran, Sandbox};

/// The access key of every call.
pub const KEY: &str = "AKIATESTTESTTESTTEST";

/// A running simulator, and a folder whose `orgcensus.db` is collected from it.
pub struct World {
    pub simulator: Simulator,
    pub sandbox: Sandbox,
    _runtime: Runtime,
}

/// Returns the awkward organization of 25 accounts, on day 0.
pub fn awkward() -> World {
    World::of(Config::default())
}

/// Returns an organization so small that a collection takes only a moment.
pub fn small() -> Config {
    let mut config = Config::default();
    config.size.accounts = 12;
    config.size.organizational_units = 5;
    config.size.users = 24;
    config.size.groups = 8;
    config.size.memberships = 60;
    config.size.permission_sets = 8;
    config.size.pairs = 40;
    config.size.assignments = 70;
    config.size.applications = 9;
    config.size.services = 8;
    config.short_pages = Some(6);
    config.access_report_duration = Duration::from_millis(1);
    config
}

impl World {
    pub fn of(config: Config) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let simulator = {
            let _guard = runtime.enter();
            Simulator::start(config).unwrap()
        };
        Self { simulator, sandbox: fixture::empty(), _runtime: runtime }
    }

    /// Returns the binary as a command, with the simulator's endpoint and keys in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command
            .env("HOME", self.sandbox.path("no-home"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", self.simulator.endpoint())
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", "made-up");
        command
    }

    /// Runs the binary.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.sandbox.ran(self.command(arguments).output().unwrap())
    }

    /// Returns `collect` with these arguments, as fast as the simulator answers.
    pub fn collect_command(&self, arguments: &[&str]) -> Command {
        let mut all = vec!["collect"];
        for rate in
            ["sso-admin=100000", "identitystore=100000", "organizations=100000", "iam=100000", "sts=100000"]
        {
            all.extend(["--rate", rate]);
        }
        all.extend(arguments);
        self.command(&all)
    }

    /// Collects.
    pub fn collect(&self, arguments: &[&str]) -> Ran {
        self.sandbox.ran(self.collect_command(arguments).output().unwrap())
    }

    /// Serves a day, and collects it without a gap.
    pub fn collect_day(&self, day: u32, arguments: &[&str]) -> Ran {
        self.simulator.set_day(day);
        let ran = self.collect(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        ran
    }

    /// Begins to collect.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.collect_command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until the simulator has answered this many calls in total.
    pub fn wait_for_calls(&self, calls: usize) {
        let begun = Instant::now();
        while self.simulator.calls().total() < calls {
            assert!(begun.elapsed() < Duration::from_secs(60), "there never were {calls} calls");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Opens the database without the program under test.
    pub fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.sandbox.path("orgcensus.db"), flags).unwrap()
    }

    /// Returns the answer of a statement on the database, without the program under test.
    pub fn select(&self, sql: &str) -> Rows {
        select(&self.database(), sql)
    }

    /// Returns the first column of the first row.
    pub fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Returns the program's rows of several tables and views for a snapshot, in one question.
    pub fn all_at(&self, views: &[String], snapshot_id: u32) -> BTreeMap<String, Rows> {
        let database = self.database();
        let mut columns: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut selects = Vec::new();
        for view in views {
            let statement = database.prepare(&format!("SELECT * FROM {view}")).unwrap();
            let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
            selects.push(format!(
                "SELECT '{view}' AS name, json_array({}) AS row FROM {view}",
                names.join(", ")
            ));
            columns.insert(view, names);
        }
        let sql = selects.join(" UNION ALL ");
        let ran = self.run(&["query", &sql, "--format", "json", "--at", &snapshot_id.to_string()]);
        let answer: Vec<Map<String, Value>> = serde_json::from_str(ran.data()).unwrap();
        let mut rows: BTreeMap<String, Rows> = views.iter().map(|view| (view.clone(), Rows::new())).collect();
        for found in answer {
            let name = found["name"].as_str().unwrap();
            let values: Vec<Value> = serde_json::from_str(found["row"].as_str().unwrap()).unwrap();
            let row = columns[name].iter().cloned().zip(values).collect();
            rows.get_mut(name).unwrap().push(row);
        }
        rows
    }

    /// Returns the diff of two snapshots as JSON.
    pub fn diff(&self, from: u32, to: u32) -> Value {
        let ran = self.run(&["diff", &from.to_string(), &to.to_string(), "--format", "json"]);
        serde_json::from_str(ran.data()).unwrap()
    }

    /// Returns the gaps of denials and failures in the latest snapshot: resource, scope, kind.
    pub fn gaps(&self) -> Vec<(String, String, String)> {
        let sql = "SELECT resource, scope, kind FROM gaps
                   WHERE snapshot_id = (SELECT max(snapshot_id) FROM snapshots) AND kind IN ('denied', 'failed')
                   ORDER BY resource, scope";
        let text = |row: &Map<String, Value>, column: &str| row[column].as_str().unwrap().to_owned();
        self.select(sql)
            .iter()
            .map(|row| (text(row, "resource"), text(row, "scope"), text(row, "kind")))
            .collect()
    }

    /// Asserts that the latest snapshot equals the simulator's truth, column by column.
    pub fn assert_truth(&self, day: u32, options: TruthOptions) {
        self.assert_truth_but(day, options, &[]);
    }

    /// Asserts the same for all tables except these.
    pub fn assert_truth_but(&self, day: u32, options: TruthOptions, but: &[&str]) {
        for spec in RESOURCES.iter().filter(|spec| !but.contains(&spec.name)) {
            let found = self.select(&format!("SELECT * FROM {}", spec.name));
            assert_same(spec.name, &found, &self.simulator.rows(day, spec.name, options));
        }
    }
}

/// Returns the answer of a statement.
pub fn select(database: &Connection, sql: &str) -> Rows {
    let mut statement = database.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement
        .query_map([], |row| {
            let value = |index| match row.get_ref_unwrap(index) {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap().into(),
                ValueRef::Blob(_) => panic!("no table has blobs"),
            };
            Ok(names.iter().enumerate().map(|(index, name)| (name.clone(), value(index))).collect())
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// Asserts that two tables have the same rows, in any order.
#[track_caller]
pub fn assert_same(what: &str, found: &Rows, expected: &Rows) {
    let (found, expected) = (counted(found), counted(expected));
    let few = |rows: &BTreeMap<String, i32>, others: &BTreeMap<String, i32>| {
        let only = rows.iter().filter(|(row, count)| others.get(*row) != Some(count));
        only.map(|(row, _)| row.as_str()).take(3).collect::<Vec<_>>().join("\n  ")
    };
    assert!(
        found == expected,
        "{what}: {} rows instead of {}\nonly found:\n  {}\nonly expected:\n  {}",
        found.values().sum::<i32>(),
        expected.values().sum::<i32>(),
        few(&found, &expected),
        few(&expected, &found)
    );
}

fn counted(rows: &Rows) -> BTreeMap<String, i32> {
    let mut counted = BTreeMap::new();
    for row in rows {
        *counted.entry(plain(row)).or_default() += 1;
    }
    counted
}

/// The view columns with ids of documents, which follow from the documents (`statements` has a test of its own).
fn document_ids() -> &'static [String] {
    static IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        RESOURCES.iter().flat_map(|spec| spec.documents).filter_map(|held| held.id_column()).collect()
    });
    &IDS
}

/// Returns a row as text: columns sorted, booleans as SQLite stores them.
pub fn plain(row: &Map<String, Value>) -> String {
    let sorted: BTreeMap<&String, Value> = row
        .iter()
        .filter(|(column, _)| !document_ids().contains(column))
        .map(|(column, value)| {
            let value = value.as_bool().map_or_else(|| value.clone(), |truth| i32::from(truth).into());
            (column, value)
        })
        .collect();
    serde_json::to_string(&sorted).unwrap()
}

/// Returns the rows without the columns that the resource declares volatile.
pub fn lasting(name: &str, rows: &Rows) -> Rows {
    let volatile = resource(name).map_or(&[][..], |spec| spec.volatile);
    let keep = |row: &Map<String, Value>| {
        row.iter()
            .filter(|(column, _)| !volatile.contains(&column.as_str()))
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect()
    };
    rows.iter().map(keep).collect()
}
