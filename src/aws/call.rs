//! Sends one request: the pacer, the count, the classification and the one retry policy.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::{Instant, sleep};

use super::caught::{Panicked, caught};
use super::clients::Aws;
use super::failure::{CallFailure, FailureClass};
use super::operation::Operation;

impl Aws {
    /// Sends a request until it has a final answer. It waits for the pacer of its quota, and retries after a throttle
    /// or a transient failure, but not after any other answer. It sends nothing once calls are ended (see
    /// [`Aws::end_calls`]).
    ///
    /// `send` builds and sends the request. It is called once per attempt.
    pub async fn call<T, E, F>(
        &self,
        operation: Operation,
        mut send: impl FnMut() -> F,
    ) -> Result<T, CallFailure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let pacer = self.pacer(operation);
        let retry_policy = self.retry_policy();
        let begun = Instant::now();
        let mut attempts = 0;
        let mut transients = 0;
        loop {
            let Some(sent) = self.unless_ended(pacer.turn(self.is_ahead())).await else {
                return Err(CallFailure::not_sent(operation, attempts));
            };
            attempts += 1;
            self.count(operation);
            let mut failure = match caught(send()).await {
                Ok(Ok(answer)) => {
                    pacer.answered();
                    tracing::debug!(%operation, attempts, "answered");
                    return Ok(answer);
                }
                Ok(Err(error)) => CallFailure::of(operation, &error),
                Err(Panicked) => CallFailure::sdk_panicked(operation),
            };
            failure.attempts = attempts;
            failure.message = self.without_secrets(failure.message);
            failure.retry_after = failure.retry_after.map(|time| retry_policy.wait(time));
            match failure.class {
                // Often the expected answer: there is no such boundary, or no report yet.
                FailureClass::Answered => {
                    tracing::debug!(%operation, attempts, failure.code, failure.message, "answered");
                }
                _ => tracing::info!(%operation, attempts, failure.code, failure.message, "call failed"),
            }
            let again = match failure.class {
                FailureClass::Throttled => {
                    self.count_throttle();
                    // Caps the pause of the shared pacer at this caller's own deadline.
                    pacer.throttled(
                        sent,
                        failure.retry_after.map(|wait| wait.min(retry_policy.throttled_for)),
                    );
                    begun.elapsed() + failure.retry_after.unwrap_or_default() < retry_policy.throttled_for
                }
                FailureClass::Transient | FailureClass::Unreachable => {
                    transients += 1;
                    let timed_out = failure.code == "Timeout";
                    transients < if timed_out { retry_policy.timeouts } else { retry_policy.transients }
                }
                FailureClass::Denied
                | FailureClass::Expired
                | FailureClass::ClockSkewed
                | FailureClass::Misconfigured
                | FailureClass::Answered => {
                    pacer.answered();
                    false
                }
            };
            let wait = failure.retry_after.unwrap_or_else(|| retry_policy.wait(backoff(attempts)));
            if !again || self.unless_ended(sleep(wait)).await.is_none() {
                return Err(failure);
            }
        }
    }
}

/// Returns half of a doubling bound (0.2 s, 0.4 s … 10 s), plus a random part of the other half.
/// Source: AWS Architecture Blog, "Exponential Backoff And Jitter" ("Equal Jitter").
fn backoff(attempts: u32) -> Duration {
    let bound = (0.1 * f64::from(2_u32.saturating_pow(attempts.min(20)))).min(10.0);
    Duration::from_secs_f64(bound * (0.5 + fastrand::f64() / 2.0))
}
