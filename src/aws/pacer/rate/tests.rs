//! Tests of the adaptive rate against token buckets, in simulated time: a minute takes a millisecond.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

/// The seconds that a throttled caller waits before it gets in line again.
const BACKOFF: f64 = 0.2;

/// A service with one token bucket, and callers that always have another call to send.
struct Service<Q> {
    /// The calls per second that refill the bucket, by the second.
    quota: Q,
    /// The size of the bucket, in seconds' worth of calls.
    depth: f64,
    /// The round trip in seconds. Each half takes up to half as long again.
    round_trip: f64,
    callers: usize,
}

/// One call that arrived: its second, and true if it was accepted.
struct Call {
    at: f64,
    passed: bool,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    InLine,
    First,
    Arrives { sent: u64 },
    Answer { sent: u64, passed: bool },
}

impl<Q: Fn(f64) -> f64> Service<Q> {
    fn run(&self, seconds: f64, quota: f64, beyond: Beyond) -> Vec<Call> {
        let begun = Instant::now();
        let at = |nanos: u64| begun + Duration::from_nanos(nanos);
        let after = |nanos: u64, seconds: f64| nanos + (seconds * 1e9) as u64;
        let mut adaptive_rate = AdaptiveRate::new(quota, beyond, begun);
        let mut dice = fastrand::Rng::with_seed(7);
        let mut half_trip = || self.round_trip / 2.0 * (1.0 + dice.f64() / 2.0);
        let (mut tokens, mut filled, mut in_line) = (self.depth * (self.quota)(0.0), 0.0, 0);
        let mut calls = Vec::new();
        let mut events: BinaryHeap<_> = (0..self.callers).map(|_| Reverse((0, Event::InLine))).collect();
        while let Some(Reverse((now, event))) = events.pop() {
            let second = now as f64 / 1e9;
            if second >= seconds {
                break;
            }
            match event {
                Event::InLine => {
                    in_line += 1;
                    if in_line == 1 {
                        events.push(Reverse((now, Event::First)));
                    }
                }
                Event::First => {
                    let wait = adaptive_rate.due(at(now)).saturating_duration_since(at(now));
                    if !wait.is_zero() {
                        events.push(Reverse((after(now, wait.as_secs_f64()) + 1, Event::First)));
                        continue;
                    }
                    adaptive_rate.sent(at(now));
                    events.push(Reverse((after(now, half_trip()), Event::Arrives { sent: now })));
                    in_line -= 1;
                    if in_line > 0 {
                        events.push(Reverse((now, Event::First)));
                    }
                }
                Event::Arrives { sent } => {
                    let rate = (self.quota)(second);
                    tokens = (tokens + (second - filled) * rate).min((self.depth * rate).max(1.0));
                    filled = second;
                    let passed = tokens >= 1.0;
                    tokens -= f64::from(u8::from(passed));
                    calls.push(Call { at: second, passed });
                    events.push(Reverse((after(now, half_trip()), Event::Answer { sent, passed })));
                }
                Event::Answer { sent, passed } => {
                    if passed {
                        adaptive_rate.answered(at(now));
                    } else {
                        adaptive_rate.throttled(at(sent), None, at(now));
                    }
                    let pause = if passed { 0.0 } else { BACKOFF };
                    events.push(Reverse((after(now, pause), Event::InLine)));
                }
            }
        }
        calls
    }
}

/// Returns the accepted calls per second, and the throttled part.
fn between(calls: &[Call], from: f64, to: f64) -> (f64, f64) {
    let begin = calls.partition_point(|call| call.at < from);
    let window = &calls[begin..calls.partition_point(|call| call.at < to)];
    let passed = window.iter().filter(|call| call.passed).count() as f64;
    (passed / (to - from), 1.0 - passed / window.len() as f64)
}

/// Returns the seconds until this many calls per second were accepted for two seconds; infinite for never.
fn reached(calls: &[Call], from: f64, rate: f64) -> f64 {
    (0..1000)
        .map(|step| from + f64::from(step) / 10.0)
        .find(|start| between(calls, *start, start + 2.0).0 >= rate)
        .map_or(f64::INFINITY, |start| start + 2.0 - from)
}

/// Runs a check with AWS's rate and ten times as much, and with buckets of a second and of a tenth.
fn each_bucket(mut check: impl FnMut(f64, f64)) {
    for quota in [20.0, 200.0] {
        for depth in [1.0, 0.1] {
            check(quota, depth);
        }
    }
}

#[test]
fn a_published_quota_is_used_up_and_never_exceeded() {
    each_bucket(|quota, depth| {
        let service = Service { quota: |_| quota, depth, round_trip: 0.06, callers: quota as usize };
        let calls = service.run(120.0, quota, Beyond::Never);
        let (used, throttled) = between(&calls, 0.0, 120.0);
        assert!((0.985..1.0).contains(&(used / quota)), "{used} of {quota}");
        assert_eq!(throttled, 0.0);
        let (used, _) = between(&calls, 0.0, 6.0);
        assert!(used / quota > 0.97, "{used} of {quota} in the first seconds");
    });
}

#[test]
fn what_others_take_is_left_to_them_and_what_they_give_back_is_used() {
    each_bucket(|quota, depth| {
        let halved = move |second| if (30.0..70.0).contains(&second) { quota / 2.0 } else { quota };
        let service = Service { quota: halved, depth, round_trip: 0.06, callers: quota as usize };
        let calls = service.run(120.0, quota, Beyond::Never);
        let (used, throttled) = between(&calls, 30.0, 70.0);
        assert!(used / quota > 0.4, "{used} of {} with depth {depth}", quota / 2.0);
        assert!(throttled < 0.05, "{throttled} of the calls with depth {depth}");
        let recovered = reached(&calls, 70.0, quota * 0.95);
        assert!(recovered < 18.0, "{recovered} s with depth {depth}");
        assert_eq!(between(&calls, 90.0, 120.0).1, 0.0);
    });
}

#[test]
fn a_search_finds_a_raised_quota_within_half_a_minute_and_holds_it() {
    each_bucket(|known, depth| {
        let quota = known * 3.0;
        let service = Service { quota: |_| quota, depth, round_trip: 0.06, callers: 64 };
        let calls = service.run(300.0, known, Beyond::Search(0.1));
        let found = reached(&calls, 0.0, quota * 0.95);
        assert!(found < 20.0, "{found} s with depth {depth}");
        let (used, throttled) = between(&calls, 30.0, 300.0);
        assert!(used / quota > 0.97, "{used} of {quota} with depth {depth}");
        assert!(throttled < 0.005, "{throttled} of the calls with depth {depth}");
    });
}

#[test]
fn a_quota_below_the_guess_is_found_and_kept_to() {
    for quota in [10.0, 100.0] {
        let service = Service { quota: |_| quota, depth: 1.0, round_trip: 0.06, callers: quota as usize };
        let calls = service.run(300.0, quota * 2.0, Beyond::Slowly(0.02 / 60.0));
        let (used, throttled) = between(&calls, 60.0, 300.0);
        assert!(used / quota > 0.95, "{used} of {quota}");
        assert!(throttled < 0.02, "{throttled} of the calls at {quota} a second");
    }
}

#[test]
fn a_throttle_raises_no_rate() {
    for quota in [0.05, 0.2, 1.0, 20.0] {
        let begun = Instant::now();
        let mut adaptive_rate = AdaptiveRate::new(quota, Beyond::Never, begun);
        let before = adaptive_rate.rate();
        adaptive_rate.sent(begun);
        adaptive_rate.throttled(begun, None, begun + Duration::from_secs(1));
        assert!(adaptive_rate.rate() <= before, "{} of {quota}", adaptive_rate.rate());
    }
}
