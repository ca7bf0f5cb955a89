//! A story: one organization, collected repeatedly with faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use orgcensus::simulator::{Call, Caller, Config};

use super::chapter::Chapter;
use super::check::{self, Published};
use super::run::Run;
use super::staging::{self, Ended};
use super::tally::Tally;
use super::truths::{Day, Seen};
use crate::kill::{PREFLIGHT, sent};
use crate::world::{KEY, World, small};

/// A running story.
pub struct Story {
    random: Rng,
    world: World,
    is_management: bool,
    /// The approximate number of calls of a collection.
    calls: usize,
    days: BTreeMap<u32, Arc<Day>>,
    last: Option<Published>,
    /// The answers of every published snapshot.
    answers: Vec<Vec<String>>,
    /// The collection that was begun and not published.
    under_way: UnderWay,
}

/// A collection with its runs so far.
#[derive(Default)]
struct UnderWay {
    seen: Seen,
    /// True if a fault occurred that a retry does not solve.
    is_hidden: bool,
    /// The calls with a good answer.
    answered: BTreeSet<(String, String)>,
    /// The ended tasks in the staging, whose calls must not be repeated.
    ended: Vec<Ended>,
}

impl Story {
    pub fn of(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let config = config(&mut random);
        let is_management = config.caller == Caller::ManagementAccount;
        let world = World::of(config);
        Self {
            random,
            world,
            is_management,
            calls: 250,
            days: BTreeMap::new(),
            last: None,
            answers: Vec::new(),
            under_way: UnderWay::default(),
        }
    }

    /// Runs the story to its end. Panics if the census is wrong or lost something.
    pub fn tell(mut self, tally: &mut Tally, log: &mut String) {
        tally.stories += 1;
        let mut day = 0;
        for _ in 0..self.random.usize(5..9) {
            let ids = self.ids(day);
            let chapter = Chapter::draw(&mut self.random, day, self.calls, &ids, self.is_management);
            let _ = writeln!(log, "{chapter:#?}");
            self.tell_chapter(&chapter, tally, log);
            day = self.world.simulator.day() + self.random.u32(..3);
        }
        for (kind, number) in self.world.simulator.faults().kinds() {
            *tally.faults.entry(kind.to_owned()).or_default() += number;
        }
        for (index, then) in self.answers.iter().enumerate() {
            assert_eq!(
                check::answers(&self.world, index as u32 + 1),
                *then,
                "snapshot {} changed",
                index + 1
            );
        }
    }

    fn tell_chapter(&mut self, chapter: &Chapter, tally: &mut Tally, log: &mut String) {
        self.world.simulator.set_day(chapter.day);
        let faults = self.world.simulator.faults();
        for fault in &chapter.weather.faults {
            faults.add(fault.clone());
        }
        if let Some((seed, rate, actions)) = &chapter.weather.storm {
            faults.storm(*seed, *rate, actions);
        }
        let mut passes = chapter.weather.passes;
        for attempt in 0..=chapter.tries {
            let is_last = attempt == chapter.tries;
            if is_last && chapter.is_given_up {
                break;
            }
            if attempt > 0 && (is_last || chapter.clears_up) {
                self.world.simulator.faults().clear();
                passes = true;
            }
            let events = if attempt == 0 { &chapter.events[..] } else { &[] };
            let run = Run::of(&self.world, &chapter.arguments, events, tally);
            let _ = writeln!(log, "{} after {} calls:\n{}", run.end(), run.calls.len(), run.stderr);
            if self.settle(&run, chapter, passes, tally) {
                break;
            }
            self.world.simulator.renew_credentials(KEY);
        }
        self.world.simulator.faults().clear();
        self.world.simulator.renew_credentials(KEY);
    }

    /// Compares everything with the run. Returns true if it published.
    fn settle(&mut self, run: &Run, chapter: &Chapter, passes: bool, tally: &mut Tally) -> bool {
        tally.runs += 1;
        tally.calls += run.calls.len();
        *tally.ends.entry(run.end()).or_default() += 1;
        let (before, after) = (self.answers.len() as u32, check::sound(&self.world));
        assert!(after == before || after == before + 1, "from {before} to {after} snapshots");
        let is_published = after > before;
        if let Some(last) = self.answers.last() {
            assert_eq!(check::answers(&self.world, before), *last, "snapshot {before} changed");
        }
        run.assert_end(is_published);
        self.go_on(run, passes, tally);
        if !is_published {
            return false;
        }
        let under_way = std::mem::take(&mut self.under_way);
        let must_be_complete = !under_way.is_hidden && under_way.seen.days.len() == 1;
        let now = check::published(&self.world, after, self.last.as_ref(), under_way.seen, tally);
        self.assert_status(run, after, must_be_complete, tally);
        if let Some(last) = self.last.as_ref().filter(|_| chapter.is_diffed) {
            check::diff(&self.world, last, &now);
            tally.diffs += 1;
        }
        self.answers.push(check::answers(&self.world, after));
        self.last = Some(now);
        true
    }

    /// Adds the run to the current collection, or begins another.
    fn go_on(&mut self, run: &Run, passes: bool, tally: &mut Tally) {
        let resumes = run.stderr.contains("resuming the collection begun at");
        if !resumes && run.stderr.contains("discarding an unfinished collection") {
            self.under_way = UnderWay::default();
        }
        self.under_way.is_hidden |= !passes;
        if resumes {
            tally.resumed += 1;
            tally.calls_of_resumed += run.calls.len();
            tally.repeated += self.repeated(run);
        }
        let well = run.calls.iter().filter(|call| call.status == 200 && call.fault.is_none());
        self.under_way.answered.extend(well.map(sent));
        self.under_way.ended = staging::ended(&self.world);
        for day in &run.days {
            let truth = self.day(*day);
            self.under_way.seen.days.insert(*day, truth);
        }
        let units: Vec<(String, String)> = self
            .under_way
            .seen
            .days
            .values()
            .flat_map(|day| day.rows["organizational_units"].values())
            .map(|held| {
                let text = |column: &str| held.row[column].as_str().unwrap_or_default().to_owned();
                (text("ou_id"), text("entity_path"))
            })
            .collect();
        for call in &run.calls {
            self.under_way.seen.claims.hear(call, &units);
        }
    }

    /// Returns the number of repeated calls that had a good answer before: only the calls in flight when the run ended.
    fn repeated(&self, run: &Run) -> usize {
        for call in &run.calls {
            let ended = self.under_way.ended.iter().find(|ended| ended.is_of(call));
            assert!(ended.is_none(), "asked again: {call:?}, though {ended:?}");
        }
        let asked: BTreeSet<_> = run.calls.iter().filter(|call| !is_repeatable(call)).map(sent).collect();
        asked.intersection(&self.under_way.answered).count()
    }

    /// Asserts that the run's report equals the snapshot.
    fn assert_status(&self, run: &Run, snapshot_id: u32, must_be_complete: bool, tally: &mut Tally) {
        let sql = format!("SELECT status, suspect FROM snapshots WHERE snapshot_id = {snapshot_id}");
        let snapshot = &self.world.select(&sql)[0];
        let is_complete = snapshot["status"] == "complete";
        tally.complete += usize::from(is_complete);
        let exit = if is_complete && snapshot["suspect"].is_null() { 0 } else { 4 };
        assert!(run.exit.is_none_or(|found| found == exit), "exit {:?} for {snapshot:?}", run.exit);
        assert!(is_complete || !must_be_complete, "nothing lasting was wrong, but it is {snapshot:?}");
    }

    fn day(&mut self, day: u32) -> Arc<Day> {
        let simulator = &self.world.simulator;
        self.days.entry(day).or_insert_with(|| Arc::new(Day::of(simulator, day))).clone()
    }

    /// Returns ids of a day that requests may name.
    fn ids(&mut self, day: u32) -> Vec<String> {
        let truth = self.day(day);
        [
            ("accounts", "account_id"),
            ("organizational_units", "ou_id"),
            ("groups", "group_id"),
            ("users", "user_id"),
            ("permission_sets", "permission_set_arn"),
        ]
        .into_iter()
        .flat_map(|(resource, column)| {
            let rows = truth.rows[resource].values();
            rows.map(move |held| held.row[column].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        })
        .collect()
    }
}

/// A report's job is polled until it has ended, and belongs to the run that began it.
fn is_repeatable(call: &Call) -> bool {
    PREFLIGHT.contains(&call.operation.as_str()) || call.operation.contains("AccessReport")
}

fn config(random: &mut Rng) -> Config {
    let mut config = small();
    config.seed = random.u64(..);
    config.size.accounts = random.usize(8..12);
    config.size.organizational_units = random.usize(3..6);
    config.size.users = random.usize(8..20);
    config.size.groups = random.usize(4..8);
    config.size.memberships = random.usize(20..50);
    config.size.permission_sets = random.usize(3..7);
    config.size.pairs = random.usize(8..24);
    config.size.assignments = random.usize(16..40);
    config.size.services = random.usize(2..6);
    config.changes_per_day = random.usize(2..14);
    config.short_pages = [Some(2), Some(3), Some(5), Some(8), None][random.usize(..5)];
    config.paths = random.u32(..6) > 0;
    config.empty_pages = random.bool();
    config.service_control_policies = random.u32(..12) > 0;
    if random.u32(..8) == 0 {
        config.caller = Caller::DelegatedAdministrator;
    }
    config.latency = Duration::from_millis(random.u64(..6));
    config
}
