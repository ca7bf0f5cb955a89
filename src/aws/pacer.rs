//! What holds the calls to one quota at its rate.
//!
//! Calls are spaced evenly. The rate starts below the quota; a throttle drops it to just under what AWS let
//! through, a burst of throttles drops it further, and quiet time raises it again: to the old rate for a
//! published quota, slowly beyond it for an unpublished one, quickly for `--rate SERVICE=auto`.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::operation::Service;
use super::quota::{PaceOptions, Rate, quota_of};

/// Start here, below the published rate, so that the bucket never runs dry on jitter alone.
const HEADROOM: f64 = 0.95;
/// After one throttle: keep to this part of the goodput that was seen.
const AFTER_THROTTLE: f64 = 0.98;
/// After three throttles within `BURST_WINDOW`: drop to this part.
const AFTER_BURST: f64 = 0.7;
const BURST_WINDOW: Duration = Duration::from_secs(5);
/// Goodput is measured over this window.
const GOODPUT_WINDOW: Duration = Duration::from_secs(3);
/// Throttles this soon after a change of rate belong to calls that were already under way.
const SETTLE: Duration = Duration::from_millis(500);
/// Quiet time before the rate rises again.
const QUIET: Duration = Duration::from_secs(2);
/// How much the rate rises in a second of quiet, as a part of the ceiling, back to a rate that once held.
const RECOVERY_PER_SECOND: f64 = 0.05;
/// How much an unpublished quota is probed upward in a second: 2% a minute.
const PROBE_PER_SECOND: f64 = 0.02 / 60.0;
/// How much `auto` probes upward in a second: from 20 to 60 a second in 12 seconds.
const AUTO_PER_SECOND: f64 = 0.10;
/// No rate falls below this many calls a second.
const FLOOR: f64 = 0.2;
/// A call may start early by this much, so that timers of a millisecond do not cost throughput.
const BURST: Duration = Duration::from_millis(2);

/// Holds the calls of one quota at its rate; shared by every call to it.
#[derive(Debug)]
pub struct Pacer {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rate: f64,
    /// Where recovery ends and probing, if any, begins.
    ceiling: f64,
    probe_per_second: f64,
    next: Instant,
    raised_at: Instant,
    changed_at: Option<Instant>,
    throttles: VecDeque<Instant>,
    answers: VecDeque<Instant>,
}

impl Pacer {
    /// The pacer of a service's quota (or of one operation's, where each has its own).
    pub fn new(service: Service, options: &PaceOptions) -> Self {
        let quota = quota_of(service);
        let share = f64::from(options.share.unwrap_or(100)) / 100.0;
        let (per_second, probe_per_second) = match options.rates.get(&service) {
            Some(Rate::Fixed(per_second)) => (*per_second, 0.0),
            Some(Rate::Auto) => (quota.per_second, AUTO_PER_SECOND),
            None if quota.published => (quota.per_second, 0.0),
            None => (quota.per_second, PROBE_PER_SECOND),
        };
        // A share is a promise to others who use the same bucket: no probing beyond it.
        let probe_per_second = if share < 1.0 { 0.0 } else { probe_per_second };
        let rate = per_second * HEADROOM * share;
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                rate,
                ceiling: rate,
                probe_per_second,
                next: now,
                raised_at: now,
                changed_at: None,
                throttles: VecDeque::new(),
                answers: VecDeque::new(),
            }),
        }
    }

    /// Waits until the next call may be sent.
    pub async fn turn(&self) {
        let at = {
            let mut state = self.lock();
            let now = Instant::now();
            state.raise(now);
            let at = state.next.max(now);
            state.next = at + Duration::from_secs_f64(1.0 / state.rate);
            at
        };
        if at > Instant::now() + BURST {
            sleep_until(at - BURST).await;
        }
    }

    /// AWS let a call through.
    pub fn answered(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.answers.push_back(now);
        forget_before(&mut state.answers, now, GOODPUT_WINDOW);
    }

    /// AWS throttled a call, and may have said how long to wait.
    pub fn throttled(&self, retry_after: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(wait) = retry_after {
            state.next = state.next.max(now + wait);
        }
        state.throttles.push_back(now);
        forget_before(&mut state.throttles, now, BURST_WINDOW);
        if state.changed_at.is_some_and(|changed| now - changed < SETTLE) {
            return;
        }
        forget_before(&mut state.answers, now, GOODPUT_WINDOW);
        let goodput = state.answers.len() as f64 / GOODPUT_WINDOW.as_secs_f64();
        state.rate = if state.throttles.len() >= 3 {
            state.throttles.clear();
            state.rate * AFTER_BURST
        } else if goodput > 0.0 {
            state.rate.min(goodput.max(state.rate * AFTER_BURST)) * AFTER_THROTTLE
        } else {
            state.rate * AFTER_THROTTLE
        }
        .max(FLOOR);
        state.changed_at = Some(now);
        state.raised_at = now;
    }

    /// The rate of this moment, in calls a second: for estimates.
    pub fn rate(&self) -> f64 {
        self.lock().rate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is a few numbers that are whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn raise(&mut self, now: Instant) {
        let quiet = self.changed_at.is_none_or(|changed| now - changed >= QUIET);
        let seconds = (now - self.raised_at).as_secs_f64();
        if !quiet || seconds < 0.1 {
            return;
        }
        self.raised_at = now;
        if self.rate < self.ceiling {
            self.rate = self.ceiling.min(self.rate + self.ceiling * RECOVERY_PER_SECOND * seconds);
        } else if self.probe_per_second > 0.0 {
            self.rate *= 1.0 + self.probe_per_second * seconds;
            self.ceiling = self.rate;
        }
    }
}

fn forget_before(times: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    while times.front().is_some_and(|time| now - *time > window) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sso_admin(options: &PaceOptions) -> Pacer {
        Pacer::new(Service::SsoAdmin, options)
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_spaced_evenly_below_the_published_rate() {
        let pacer = sso_admin(&PaceOptions::default());
        let begun = Instant::now();
        for _ in 0..190 {
            pacer.turn().await;
            pacer.answered();
        }
        let rate = 189.0 / begun.elapsed().as_secs_f64();
        assert!((18.8..=19.3).contains(&rate), "{rate} calls a second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_leaves_the_rest_to_others() {
        let pacer = sso_admin(&PaceOptions { share: Some(50), ..PaceOptions::default() });
        assert!((pacer.rate() - 9.5).abs() < 0.01);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_slows_and_quiet_time_recovers_to_the_old_rate() {
        let pacer = sso_admin(&PaceOptions::default());
        for _ in 0..3 {
            pacer.throttled(None);
            tokio::time::advance(Duration::from_millis(600)).await;
        }
        assert!(pacer.rate() < 14.0, "{}", pacer.rate());
        for _ in 0..600 {
            pacer.turn().await;
            pacer.answered();
        }
        assert!((pacer.rate() - 19.0).abs() < 0.01, "{}", pacer.rate());
    }

    #[tokio::test(start_paused = true)]
    async fn auto_finds_a_raised_quota_within_half_a_minute() {
        let options = PaceOptions { rates: [(Service::SsoAdmin, Rate::Auto)].into(), share: None };
        let pacer = sso_admin(&options);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            pacer.turn().await;
            pacer.answered();
            if pacer.rate() >= 60.0 {
                return;
            }
        }
        panic!("still at {} a second", pacer.rate());
    }
}
