//! Holds the calls to one quota at its rate.
//!
//! Calls wait in line and are spaced evenly; [`rate`] computes the rate.

mod rate;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::rate::{AdaptiveRate, Beyond};
use super::operation::Service;
use super::quota::{PaceOptions, Rate, quota_of};

/// The upward probing of an unpublished quota per second: 2% per minute.
const PROBE_PER_SECOND: f64 = 0.02 / 60.0;
/// The upward probing of `auto` per second: from 20 to 60 calls per second takes 12 seconds.
const AUTO_PER_SECOND: f64 = 0.10;

/// Holds the calls of one quota at its rate; shared by every call to it.
#[derive(Debug)]
pub struct Pacer {
    /// Held by the first call in line until it is due, so that a change of the rate takes effect at once.
    line: tokio::sync::Mutex<()>,
    /// Held by a call that lets others go ahead: only one of these stands in the line itself.
    behind: tokio::sync::Mutex<()>,
    adaptive_rate: Mutex<AdaptiveRate>,
}

impl Pacer {
    /// Returns the pacer of a service's quota (or of one operation's, if each has its own).
    pub fn new(service: Service, options: &PaceOptions) -> Self {
        let quota = quota_of(service);
        let share = f64::from(options.share.unwrap_or(100)) / 100.0;
        let (per_second, beyond) = match options.rates.get(&service) {
            Some(Rate::Fixed(per_second)) => (*per_second, Beyond::Never),
            Some(Rate::Auto) => (quota.per_second, Beyond::Search(AUTO_PER_SECOND)),
            None if quota.published => (quota.per_second, Beyond::Never),
            None => (quota.per_second, Beyond::Slowly(PROBE_PER_SECOND)),
        };
        // A share is a promise to others who use the same bucket, so it is never exceeded.
        let beyond = if share < 1.0 { Beyond::Never } else { beyond };
        let adaptive_rate = AdaptiveRate::new(per_second * share, beyond, Instant::now().into_std());
        Self {
            line: tokio::sync::Mutex::new(()),
            behind: tokio::sync::Mutex::new(()),
            adaptive_rate: Mutex::new(adaptive_rate),
        }
    }

    /// Waits in line until a call may be sent. Calls that are `ahead` go before the others. Returns the moment of
    /// sending.
    pub async fn turn(&self, ahead: bool) -> Instant {
        let _behind = if ahead { None } else { Some(self.behind.lock().await) };
        let _first_in_line = self.line.lock().await;
        loop {
            let due = {
                let mut adaptive_rate = self.adaptive_rate();
                let now = Instant::now();
                let due = Instant::from_std(adaptive_rate.due(now.into_std()));
                if due <= now {
                    adaptive_rate.sent(now.into_std());
                    return now;
                }
                due
            };
            sleep_until(due).await;
        }
    }

    /// Records that AWS accepted a call.
    pub fn answered(&self) {
        self.adaptive_rate().answered(Instant::now().into_std());
    }

    /// Records that AWS throttled a call that was sent at `sent`, with the pause it asked for, if any.
    pub fn throttled(&self, sent: Instant, retry_after: Option<Duration>) {
        self.adaptive_rate().throttled(sent.into_std(), retry_after, Instant::now().into_std());
    }

    /// Returns the current rate in calls per second, for estimates.
    pub fn rate(&self) -> f64 {
        self.adaptive_rate().rate()
    }

    fn adaptive_rate(&self) -> MutexGuard<'_, AdaptiveRate> {
        // A panic elsewhere cannot leave these few numbers half-written.
        self.adaptive_rate.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut last = None;
        for _ in 0..400 {
            let sent = pacer.turn(false).await;
            pacer.answered();
            if let Some(last) = last.replace(sent) {
                let apart = (sent - last).as_millis();
                assert!((48..=54).contains(&apart), "{apart} ms apart");
            }
        }
        let rate = 399.0 / begun.elapsed().as_secs_f64();
        assert!((19.6..20.0).contains(&rate), "{rate} calls a second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_leaves_the_rest_to_others() {
        let pacer = sso_admin(&PaceOptions { share: Some(50), ..PaceOptions::default() });
        for _ in 0..300 {
            pacer.turn(false).await;
        }
        assert!((9.8..10.0).contains(&pacer.rate()), "{}", pacer.rate());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_aws_asks_for_holds_the_whole_line() {
        let pacer = sso_admin(&PaceOptions::default());
        let sent = pacer.turn(false).await;
        pacer.throttled(sent, Some(Duration::from_secs(4)));
        let (second, third) = tokio::join!(pacer.turn(false), pacer.turn(false));
        assert!(second.min(third) - sent >= Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_others_wait_for_go_ahead() {
        let pacer = sso_admin(&PaceOptions::default());
        let late = async {
            tokio::task::yield_now().await;
            pacer.turn(true).await
        };
        let (_, first, second, third, ahead) =
            tokio::join!(pacer.turn(false), pacer.turn(false), pacer.turn(false), pacer.turn(false), late);
        assert!(first < ahead && ahead < second && second < third);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_costs_nobody_a_turn() {
        let pacer = sso_admin(&PaceOptions::default());
        let first = pacer.turn(false).await;
        assert!(tokio::time::timeout(Duration::from_millis(10), pacer.turn(false)).await.is_err());
        assert!(pacer.turn(false).await - first < Duration::from_millis(60));
    }
}
