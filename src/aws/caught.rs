//! Turns panics of the SDK into errors. It panics on some values that it cannot put into a request, and a value from
//! outside must never end the program like this.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Once;
use std::task::Poll;

/// A panic of the SDK. Its message is dropped, because it may repeat the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

/// Waits for a future of the SDK. A panic in it becomes an error and prints nothing.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    silence();
    let mut future = pin!(future);
    poll_fn(|context| {
        IS_SILENT.set(true);
        // A future that panicked is never polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        IS_SILENT.set(false);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

thread_local! {
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Silences the panic messages of caught futures in this process.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_SILENT.get() {
                print(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let late = async {
            tokio::task::yield_now().await;
            "a value that cannot be sent".parse::<u8>().unwrap()
        };
        assert_eq!(caught(late).await, Err(Panicked));
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
