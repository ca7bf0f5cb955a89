//! Medians of several runs, printed as a table and stored as JSON.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// The minimum duration of a measurement. A system counts processor time in ticks, so short work is repeated.
const LEAST: Duration = Duration::from_millis(60);

/// Returns the processor time of `work`, as the median of `runs`, so that other programs on the machine have little
/// effect. If the system does not report it, returns the elapsed time.
pub fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..runs.max(1) {
        let watch = Stopwatch::start();
        let mut repeated = 0;
        while repeated == 0 || watch.wall.elapsed() < LEAST {
            last = Some(work());
            repeated += 1;
        }
        times.push(watch.read() / repeated);
    }
    times.sort_unstable();
    (times[times.len() / 2], last.expect("it ran at least once"))
}

/// Measures processor time, or the elapsed time if the system does not report it.
pub struct Stopwatch {
    wall: Instant,
    processor: Option<Duration>,
}

impl Stopwatch {
    /// Begins to measure.
    pub fn start() -> Self {
        Self { wall: Instant::now(), processor: on_processor() }
    }

    /// Returns the time since the start.
    pub fn read(&self) -> Duration {
        match (self.processor, on_processor()) {
            (Some(before), Some(after)) => after - before,
            _ => self.wall.elapsed(),
        }
    }
}

/// Returns the processor time of the main thread.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// A table that is printed line by line and stored.
#[derive(Default)]
pub struct Report(Map<String, Value>);

impl Report {
    /// Begins a part of the table.
    pub fn part(&mut self, title: &str, columns: &[&str]) {
        println!(
            "\n{title}\n{:<58}{}",
            "",
            columns.iter().map(|name| format!("{name:>14}")).collect::<String>()
        );
        self.0.insert(title.to_owned(), json!({"columns": columns, "lines": []}));
    }

    /// Adds a line to a part.
    pub fn line(&mut self, title: &str, name: &str, values: &[f64]) {
        let short: String = name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(57).collect();
        let printed =
            |value: &f64| if value.is_nan() { format!("{:>14}", "-") } else { format!("{value:>14.1}") };
        println!("{short:<58}{}", values.iter().map(printed).collect::<String>());
        let lines = &mut self.0[title]["lines"];
        lines.as_array_mut().expect("the part was begun").push(json!({"name": name, "values": values}));
    }

    /// Records beside the tables the subject, the build and the date.
    pub fn about(&mut self, what: Value) {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let date = chrono::Utc::now().format("%Y-%m-%d").to_string();
        self.0.insert("about".to_owned(), json!({"of": what, "profile": profile, "date": date}));
    }

    /// Writes the results to `benches/results/<name>.json`.
    pub fn write(self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results");
        std::fs::create_dir_all(&folder).expect("the folder of results can be made");
        let text = serde_json::to_string_pretty(&Value::Object(self.0)).expect("a map of strings is JSON");
        std::fs::write(folder.join(format!("{name}.json")), text + "\n").expect("the results can be written");
    }
}

/// Returns milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
