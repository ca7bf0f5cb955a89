//! How long a call is waited for, and how often it is sent again.

use std::time::Duration;

/// The bounds of the one retry policy (see [`super::Aws::call`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// An attempt that takes longer is taken to hang: the slowest of these calls answer within a few seconds.
    pub attempt_timeout: Duration,
    /// How often a transient failure is tried in all.
    pub transients: u32,
    /// The same for time-outs, which have already cost the caller the time of one.
    pub timeouts: u32,
    /// How long a throttled call keeps coming back. Throttling ends when whoever uses the bucket stops.
    pub throttled_for: Duration,
    /// How many times shorter every wait for AWS is made. AWS needs seconds to recover; a simulator on loopback
    /// does not.
    pub haste: u32,
}

impl RetryPolicy {
    /// For a person who waits: no question takes longer than some ten seconds.
    pub const BRIEF: Self = Self {
        attempt_timeout: Duration::from_secs(5),
        transients: 3,
        timeouts: 2,
        throttled_for: Duration::from_secs(10),
        haste: 1,
    };

    /// The same, with everything so many times shorter; a busy machine still needs a moment for an answer.
    #[must_use]
    pub fn hurried(self, times: u32) -> Self {
        let attempt_timeout =
            (self.attempt_timeout / times).max(Duration::from_secs(3).min(self.attempt_timeout));
        Self { attempt_timeout, throttled_for: self.throttled_for / times, haste: self.haste * times, ..self }
    }

    /// How long to wait where AWS would be waited for so long.
    pub fn wait(self, time: Duration) -> Duration {
        time / self.haste
    }
}

impl Default for RetryPolicy {
    /// For a collection, where giving up leaves a gap: with the waits between them six tries take about ten
    /// seconds, and at a failure rate of 30% one call in 1,400 is lost.
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
