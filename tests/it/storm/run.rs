//! One run of `collect`, with the events during it.

use std::fs::File;
use std::process::Child;
use std::time::{Duration, Instant};

use orgcensus::simulator::{Action, Call};

use super::chapter::Event;
use super::tally::Tally;
use crate::kill::signal;
use crate::world::{KEY, World};

/// The time limit of any run.
const LONGEST: Duration = Duration::from_secs(180);
/// The factor by which `collect` retries and gives up sooner, because a simulator does not need seconds.
const HASTE: &str = "10";

/// The result of one run.
#[derive(Debug)]
pub struct Run {
    pub exit: Option<i32>,
    pub stderr: String,
    pub calls: Vec<Call>,
    /// The served days.
    pub days: Vec<u32>,
    signalled: bool,
    expired: bool,
}

impl Run {
    /// Runs `collect` once, with the events during it.
    pub fn of(world: &World, arguments: &[String], events: &[(usize, Event)], tally: &mut Tally) -> Self {
        let simulator = &world.simulator;
        simulator.calls().clear();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = world.sandbox.path("stderr");
        let mut child = world
            .collect_command(&arguments)
            .env("ORGCENSUS_HASTE", HASTE)
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let (mut days, mut signalled, mut expired) = (vec![simulator.day()], false, false);
        let begun = Instant::now();
        let mut coming = events.iter();
        let mut next = coming.next();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < LONGEST, "it hangs: {}", std::fs::read_to_string(&log).unwrap());
            match next {
                Some((calls, event)) if simulator.calls().total() >= *calls => {
                    match *event {
                        Event::Turn(day) => {
                            simulator.set_day(day);
                            days.push(day);
                            tally.days_turned += 1;
                        }
                        Event::Expire => {
                            simulator.expire_credentials(KEY);
                            expired = true;
                        }
                        Event::Signal(name, after) => {
                            std::thread::sleep(Duration::from_millis(after));
                            signalled |= strike(&mut child, name);
                        }
                    }
                    next = coming.next();
                }
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        // A call that the simulator began to answer is logged a moment later.
        std::thread::sleep(simulator.config().latency + Duration::from_millis(5));
        let stderr = std::fs::read_to_string(&log).unwrap();
        Self { exit: status.code(), stderr, calls: simulator.calls().all(), days, signalled, expired }
    }

    /// Returns the end in a word.
    pub fn end(&self) -> String {
        self.exit.map_or("killed".to_owned(), |exit| format!("exit {exit}"))
    }

    /// Asserts that the end has its reason.
    pub fn assert_end(&self, is_published: bool) {
        let struck = |kinds: &[Action]| {
            self.calls.iter().filter_map(|call| call.fault.as_ref()).any(|fault| kinds.contains(fault))
        };
        match self.exit {
            Some(0 | 4) => assert!(is_published),
            Some(130) | None => assert!(self.signalled),
            Some(5) => assert!(
                self.expired
                    || struck(&[
                        Action::ExpiredCredentials,
                        Action::Reset,
                        Action::TruncatedBody,
                        Action::Hang
                    ]),
                "nothing stops it"
            ),
            // Nothing can be collected without the instance, or if the census cannot be identified.
            Some(1) => assert!(
                ["ListInstances", "no Identity Center instance", "see no organization"]
                    .iter()
                    .any(|reason| self.stderr.contains(reason)),
                "it failed"
            ),
            Some(other) => panic!("exit {other}"),
        }
        assert!(is_published || !matches!(self.exit, Some(0 | 4)));
    }
}

/// Sends a signal. Returns true if the process was still running.
fn strike(child: &mut Child, name: &str) -> bool {
    let lives = child.try_wait().unwrap().is_none();
    if lives {
        signal(child, name);
    }
    lives
}
