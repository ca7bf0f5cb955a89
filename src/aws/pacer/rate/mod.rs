//! Computes the rate of calls: pure arithmetic over the times of calls, answers and throttles.
//!
//! Nearly all of a published quota is used, and never more. A throttle means that less is available, because others use
//! the same quota, or because an unpublished quota is lower than assumed. The rate that AWS accepted just then is the
//! *saturation*. The rate drops below it, returns to it soon, stays there for a while, and then rises faster and
//! faster, in case more is available again. (The curve is that of CUBIC, RFC 9438.) The more often a rise is throttled
//! at the same saturation, the longer the stay.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The part of the quota at which to start, so that a bucket that others have emptied can fill.
const START: f64 = 0.95;
/// The part of the quota by which the rate then rises per second.
const RAMP_PER_SECOND: f64 = 0.02;
/// The part of the quota up to which it rises. It stays below the quota, so that jitter alone never empties the bucket.
const CLOSEST: f64 = 0.995;
/// The part of the saturation to which a throttle lowers the rate.
const AFTER_THROTTLE: f64 = 0.98;
/// The part of the saturation to which a burst of throttles lowers the rate.
const AFTER_BURST: f64 = 0.7;
/// The number of throttles within `BURST_WINDOW` that make a burst, if they are also `BURST_SHARE` of the calls.
const BURST: usize = 3;
/// The smallest part of the calls that makes a burst.
const BURST_SHARE: f64 = 0.01;
const BURST_WINDOW: Duration = Duration::from_secs(5);
/// The window over which the accepted calls are measured, once half of it has passed.
const GOODPUT_WINDOW: Duration = Duration::from_secs(3);
/// The relative difference below which two saturations count as equal.
const SAME: f64 = 0.1;
/// The seconds within which the saturation is reached again after a burst.
const RETURN: f64 = 3.0;
/// The seconds that the rate stays at a saturation at first, and the factor by which the stay grows each time the
/// saturation is confirmed.
const STAY: f64 = 3.0;
const STAY_GROWTH: f64 = 1.5;
/// The longest stay. Others who use a share of a published quota may release it at any time. An unpublished quota does
/// not change.
const LONGEST_STAY_OF_PUBLISHED: f64 = 10.0;
const LONGEST_STAY: f64 = 60.0;
/// The part of the quota that, times the cube of the seconds beyond the stay, is added to the rate.
const CURVE: f64 = 0.003;
/// The seconds without a throttle, at the full rate, after which the saturation is forgotten.
const FORGET: f64 = 20.0;
/// The rate in calls per second below which no throttle lowers the rate.
const FLOOR: f64 = 0.2;
/// The seconds between two adjustments of the rate.
const STEP: f64 = 0.1;
/// The delay of a call that may be made up by the next one: timers are late by a millisecond, and a busy machine by
/// more.
const CATCH_UP: Duration = Duration::from_millis(50);

/// The rates to try beyond the known rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    /// None: the rate is published.
    Never,
    /// Rises by this part of the rate per second, as long as nothing is throttled.
    Slowly(f64),
    /// Rises likewise. A throttle shows where the quota lies, and from then on the curve alone decides.
    Search(f64),
}

/// The current rate of one quota's calls.
#[derive(Debug)]
pub(super) struct AdaptiveRate {
    rate: f64,
    /// Nearly all of the quota, as far as it is known.
    known: f64,
    beyond: Beyond,
    /// The time when the next call is due.
    next: Instant,
    raised_at: Instant,
    limit: Option<Limit>,
    sent: VecDeque<Instant>,
    answers: VecDeque<Instant>,
    throttles: VecDeque<Instant>,
}

/// The result of the last throttle.
#[derive(Debug)]
struct Limit {
    at: Instant,
    /// The rate to which it dropped.
    from: f64,
    saturation: f64,
    /// The seconds that the rate stays at the saturation.
    stay: f64,
}

impl AdaptiveRate {
    /// Starts a little below a quota of this many calls per second.
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

    /// Returns the rate in calls per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Returns the time when the next call may be sent, which may be in the past.
    pub fn due(&mut self, now: Instant) -> Instant {
        self.raise(now);
        self.next
    }

    /// Records that a call is sent.
    pub fn sent(&mut self, now: Instant) {
        let on_time = now.checked_sub(CATCH_UP).map_or(self.next, |late| self.next.max(late));
        self.next = on_time + Duration::from_secs_f64(1.0 / self.rate);
        note(&mut self.sent, now, BURST_WINDOW);
    }

    /// Records that AWS accepted a call.
    pub fn answered(&mut self, now: Instant) {
        note(&mut self.answers, now, GOODPUT_WINDOW);
    }

    /// Records that AWS throttled a call that was sent at `sent`, with the pause it asked for, if any.
    pub fn throttled(&mut self, sent: Instant, retry_after: Option<Duration>, now: Instant) {
        if let Some(wait) = retry_after {
            self.next = self.next.max(now + wait);
        }
        // A call sent before the rate dropped proves nothing about the current rate.
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
        // A throttle does not raise a rate that is already below the floor.
        self.rate = dropped.max(FLOOR.min(self.rate));
        self.raised_at = now;
        self.limit = Some(Limit { at: now, from: self.rate, saturation, stay });
    }

    /// Returns the rate of calls that AWS has recently accepted, per second.
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
                // Only a rate that rose beyond the stay has tried again.
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

    /// Returns the rate after this many seconds of probing beyond the known rate.
    fn probed(&self, seconds: f64) -> f64 {
        match self.beyond {
            Beyond::Never => self.rate,
            Beyond::Slowly(part) | Beyond::Search(part) => self.rate * (1.0 + part * seconds),
        }
    }
}

impl Limit {
    /// Returns the rate this many seconds after the throttle: back to the saturation, a stay there, and beyond.
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
