//! At which rate to call: pure arithmetic over the times of calls, answers and throttles.
//!
//! Nearly all of a published quota is used, and never more. A throttle says that less is available, because
//! others use the same quota, or because an unpublished quota is lower than guessed. How much AWS let through
//! just then is the *saturation*: the rate drops below it, comes back to it soon, stays there
//! for a while, and then rises faster and faster, in case there is more again. (The curve is that of CUBIC,
//! RFC 9438.) The more often a rise is throttled at the same saturation, the longer the stay.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Start at this part of the quota, so that a bucket that others have emptied can fill.
const START: f64 = 0.95;
/// From there rise by this part of the quota in a second …
const RAMP_PER_SECOND: f64 = 0.02;
/// … to this part, still below the quota, so that jitter alone never empties the bucket.
const CLOSEST: f64 = 0.995;
/// After a throttle: to this part of the saturation.
const AFTER_THROTTLE: f64 = 0.98;
/// After a burst of throttles: to this part of it.
const AFTER_BURST: f64 = 0.7;
/// A burst is so many throttles within `BURST_WINDOW` …
const BURST: usize = 3;
/// … if they are at least this part of the calls.
const BURST_SHARE: f64 = 0.01;
const BURST_WINDOW: Duration = Duration::from_secs(5);
/// What AWS lets through is measured over this window, once half of it has passed.
const GOODPUT_WINDOW: Duration = Duration::from_secs(3);
/// Saturations that differ by less than this part are the same.
const SAME: f64 = 0.1;
/// After a burst, the saturation is reached again within so many seconds.
const RETURN: f64 = 3.0;
/// How many seconds the rate stays at a saturation: at first, and how much longer each time it proves true.
const STAY: f64 = 3.0;
const STAY_GROWTH: f64 = 1.5;
/// The longest stay: where others have a share of a published quota they may give it back any time; a quota
/// that is not published stays what it is.
const LONGEST_STAY_OF_PUBLISHED: f64 = 10.0;
const LONGEST_STAY: f64 = 60.0;
/// Beyond the stay the rate rises by this part of the quota times the cube of the seconds.
const CURVE: f64 = 0.003;
/// So many seconds without a throttle, at the full rate, and the saturation is history.
const FORGET: f64 = 20.0;
/// A throttle lets no rate fall below this many calls a second.
const FLOOR: f64 = 0.2;
/// The rate is looked at so often.
const STEP: f64 = 0.1;
/// A call that was late by up to this makes the next one earlier: timers are late by a millisecond, and a busy
/// machine by more.
const CATCH_UP: Duration = Duration::from_millis(50);

/// What may be tried beyond the known rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    /// Nothing: the rate is published.
    Never,
    /// By this part of the rate in a second, as long as nothing is throttled.
    Slowly(f64),
    /// Likewise; and as a throttle tells where the quota lies, from then on the curve alone decides.
    Search(f64),
}

/// The rate of one quota's calls, as it is now.
#[derive(Debug)]
pub(super) struct AdaptiveRate {
    rate: f64,
    /// Nearly all of the quota, as far as it is known.
    known: f64,
    beyond: Beyond,
    /// When the next call is due.
    next: Instant,
    raised_at: Instant,
    limit: Option<Limit>,
    sent: VecDeque<Instant>,
    answers: VecDeque<Instant>,
    throttles: VecDeque<Instant>,
}

/// What the last throttle taught.
#[derive(Debug)]
struct Limit {
    at: Instant,
    /// The rate that it dropped to.
    from: f64,
    saturation: f64,
    /// For how many seconds the rate stays at the saturation.
    stay: f64,
}

impl AdaptiveRate {
    /// Begins a little below a quota of so many calls a second.
    pub fn new(quota: f64, beyond: Beyond, now: Instant) -> Self {
        Self {
            rate: quota * START,
            known: quota * CLOSEST,
            beyond,
            next: now,
            raised_at: now,
            limit: None,
            sent: VecDeque::new(),
            answers: VecDeque::new(),
            throttles: VecDeque::new(),
        }
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// When the next call may be sent; it may be past.
    pub fn due(&mut self, now: Instant) -> Instant {
        self.raise(now);
        self.next
    }

    /// A call is sent.
    pub fn sent(&mut self, now: Instant) {
        let on_time = now.checked_sub(CATCH_UP).map_or(self.next, |late| self.next.max(late));
        self.next = on_time + Duration::from_secs_f64(1.0 / self.rate);
        note(&mut self.sent, now, BURST_WINDOW);
    }

    /// AWS let a call through.
    pub fn answered(&mut self, now: Instant) {
        note(&mut self.answers, now, GOODPUT_WINDOW);
    }

    /// AWS throttled a call that was sent at `sent`; it may have said how long to wait.
    pub fn throttled(&mut self, sent: Instant, retry_after: Option<Duration>, now: Instant) {
        if let Some(wait) = retry_after {
            self.next = self.next.max(now + wait);
        }
        // What was sent before the rate dropped says nothing of the rate now.
        if self.limit.as_ref().is_some_and(|limit| sent < limit.at) {
            return;
        }
        note(&mut self.throttles, now, BURST_WINDOW);
        let is_burst = self.throttles.len() >= BURST
            && self.throttles.len() as f64 >= BURST_SHARE * self.sent.len() as f64;
        let saturation = self.goodput(now).min(self.rate);
        let stay = self.stay_at(saturation, now);
        if is_burst {
            self.throttles.clear();
        }
        let dropped = saturation * if is_burst { AFTER_BURST } else { AFTER_THROTTLE };
        // A rate that is slower than that to begin with is not raised by a throttle.
        self.rate = dropped.max(FLOOR.min(self.rate));
        self.raised_at = now;
        self.limit = Some(Limit { at: now, from: self.rate, saturation, stay });
    }

    /// What AWS has lately let through, in calls a second.
    fn goodput(&mut self, now: Instant) -> f64 {
        forget_before(&mut self.answers, now, GOODPUT_WINDOW);
        match self.answers.front().map(|first| now - *first) {
            Some(window) if window >= GOODPUT_WINDOW / 2 => self.answers.len() as f64 / window.as_secs_f64(),
            _ => self.rate,
        }
    }

    fn stay_at(&self, saturation: f64, now: Instant) -> f64 {
        let longest = if self.beyond == Beyond::Never { LONGEST_STAY_OF_PUBLISHED } else { LONGEST_STAY };
        match &self.limit {
            Some(limit) if (saturation - limit.saturation).abs() <= limit.saturation * SAME => {
                // Only what rose beyond the stay has tried again.
                let tried_again = (now - limit.at).as_secs_f64() >= limit.stay;
                (limit.stay * if tried_again { STAY_GROWTH } else { 1.0 }).min(longest)
            }
            _ => STAY,
        }
    }

    fn raise(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.raised_at).as_secs_f64();
        if seconds < STEP {
            return;
        }
        self.raised_at = now;
        let Some(limit) = &self.limit else {
            self.rate = if self.rate < self.known {
                (self.rate + self.known * RAMP_PER_SECOND * seconds).min(self.known)
            } else {
                self.probed(seconds)
            };
            return;
        };
        let since = (now - limit.at).as_secs_f64();
        let curve = limit.curve(since, self.known);
        self.rate = match self.beyond {
            Beyond::Search(_) => self.rate.max(curve),
            _ if self.rate >= self.known => self.probed(seconds),
            _ => self.rate.max(curve.min(self.known)),
        };
        let is_over = !matches!(self.beyond, Beyond::Search(_)) && self.rate >= self.known;
        if is_over && since >= FORGET {
            self.limit = None;
        }
    }

    /// The rate after so many seconds of probing beyond what is known.
    fn probed(&self, seconds: f64) -> f64 {
        match self.beyond {
            Beyond::Never => self.rate,
            Beyond::Slowly(part) | Beyond::Search(part) => self.rate * (1.0 + part * seconds),
        }
    }
}

impl Limit {
    /// The rate so many seconds after the throttle: back to the saturation, there for a while, and beyond.
    fn curve(&self, since: f64, known: f64) -> f64 {
        let saturation = (self.saturation * AFTER_THROTTLE).max(self.from);
        let missing = (1.0 - since / RETURN).max(0.0).powi(3);
        let beyond = (since - self.stay).max(0.0).powi(3);
        saturation - (saturation - self.from) * missing + known.max(self.saturation) * CURVE * beyond
    }
}

fn note(times: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    times.push_back(now);
    forget_before(times, now, window);
}

fn forget_before(times: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    while times.front().is_some_and(|time| now.saturating_duration_since(*time) > window) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests;
