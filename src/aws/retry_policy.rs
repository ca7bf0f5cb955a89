//! The time limits and the number of attempts of a call.

use std::time::Duration;

/// The limits of the one retry policy (see [`super::Aws::call`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The time limit of an attempt. The slowest of these calls answer within a few seconds.
    pub attempt_timeout: Duration,
    /// The number of attempts at a call with transient failures.
    pub transients: u32,
    /// The number of attempts at a call that times out, which has already cost the caller a time limit.
    pub timeouts: u32,
    /// The time for which a throttled call is retried. Throttling ends when the other users of the bucket stop.
    pub throttled_for: Duration,
    /// The factor by which every wait for AWS is shortened. AWS needs seconds to recover; a simulator on loopback does
    /// not.
    pub haste: u32,
}

impl RetryPolicy {
    /// The limits for interactive commands: no request takes longer than about ten seconds.
    pub const BRIEF: Self = Self {
        attempt_timeout: Duration::from_secs(5),
        transients: 3,
        timeouts: 2,
        throttled_for: Duration::from_secs(10),
        haste: 1,
    };

    /// Returns the policy with every time divided by this number. A busy machine still needs a moment for an answer.
    #[must_use]
    pub fn hurried(self, times: u32) -> Self {
        let attempt_timeout =
            (self.attempt_timeout / times).max(Duration::from_secs(3).min(self.attempt_timeout));
        Self { attempt_timeout, throttled_for: self.throttled_for / times, haste: self.haste * times, ..self }
    }

    /// Returns the time to wait instead of the given wait for AWS.
    pub fn wait(self, time: Duration) -> Duration {
        time / self.haste
    }
}

impl Default for RetryPolicy {
    /// Returns the limits for a collection, where giving up leaves a gap. With the waits between them, six attempts
    /// take about ten seconds. At a failure rate of 30%, one call in 1,400 is lost.
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(20),
            transients: 6,
            timeouts: 3,
            throttled_for: Duration::from_secs(5 * 60),
            haste: 1,
        }
    }
}
