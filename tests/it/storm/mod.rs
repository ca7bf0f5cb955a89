//! The fault storm: the census is never damaged and never wrong, with any faults.
//!
//! A *story* is a seed: a small organization, and a few chapters. A chapter is a collection through the real binary, on
//! one of the organization's days, with a random mix of faults, selections and strategies, changes of the day, and
//! signals. It is repeated until a snapshot is published, or given up. After every run the census is compared with the
//! truth (`check`).
//!
//! A story that fails is reported with its seed. The same world, days and faults can be repeated. The order of
//! concurrent calls cannot, so a race may take some attempts:
//!
//! ```sh
//! ORGCENSUS_STORM_SEED=17 cargo test --test it storm:: -- --nocapture
//! ```
//!
//! `ORGCENSUS_STORM_STORIES=2000` runs this many stories, from that seed (or 1) on.

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

/// The number of stories in every run of the tests.
const STORIES: u64 = 8;
/// The number of concurrent stories, which mostly wait for processes.
const TOLD_AT_ONCE: usize = 4;

fn asked(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Describes a failed story, and the command to repeat it.
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
