//! The fault storm: whatever goes wrong, the census is never damaged and never lies.
//!
//! A *story* is a seed: a small organization, and a few chapters. A chapter is a collection through the real
//! binary, on one of the organization's days, with a drawn mix of faults, selections and strategies, days that
//! turn, and signals in the middle; it is run again until something is published, or given up. After every run
//! the census is held against the truth (`check`).
//!
//! A story that fails is told with its seed. The same world, days and faults come again; the order of calls that
//! are under way together does not, so that a race may take some tries:
//!
//! ```sh
//! ORGCENSUS_STORM_SEED=17 cargo test --test it storm:: -- --nocapture
//! ```
//!
//! `ORGCENSUS_STORM_STORIES=2000` tells so many, from that seed (or 1) on.

mod chapter;
mod check;
mod run;
mod staging;
mod story;
mod tally;
mod truths;
mod weather;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::story::Story;
use self::tally::Tally;

/// How many stories every run of the tests tells.
const STORIES: u64 = 8;
/// Stories mostly wait for each other's processes.
const TOLD_AT_ONCE: usize = 4;

fn asked(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// What became of a story that failed, and how to tell it again.
fn failure(seed: u64, log: &str, reason: &dyn Any) -> String {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    let reason = text.or(reason.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
    format!(
        "{log}story {seed} failed: {reason}\nto tell it again:\n  \
         ORGCENSUS_STORM_SEED={seed} cargo test --test it storm:: -- --nocapture"
    )
}

#[test]
fn no_storm_makes_it_lie_or_lose() {
    let seed = asked("ORGCENSUS_STORM_SEED");
    let stories = asked("ORGCENSUS_STORM_STORIES").unwrap_or(if seed.is_some() { 1 } else { STORIES });
    let first = seed.unwrap_or(1);
    let next = AtomicU64::new(first);
    let (tally, failed) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..TOLD_AT_ONCE.min(stories as usize) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + stories {
                        break;
                    }
                    let (mut told, mut log) = (Tally::default(), String::new());
                    let end = catch_unwind(AssertUnwindSafe(|| Story::of(seed).tell(&mut told, &mut log)));
                    tally.lock().unwrap().add(&told);
                    if let Err(reason) = end {
                        println!("{}", failure(seed, &log, &*reason));
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    println!("{}", tally.into_inner().unwrap());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "the stories of these seeds failed: {failed:?}");
}
