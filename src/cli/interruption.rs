//! Ctrl-C and SIGTERM while something is collected.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::ExitStatus;

/// Ends when the process is asked to: Ctrl-C, or a service manager's SIGTERM. Watches from its first poll on.
///
/// A second signal ends the process at once, whatever it is at: what is committed is kept by whatever end.
pub(super) async fn interrupted() {
    let watched = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupts), Ok(mut terminations)) = watched else {
        // Without a handler the process ends at once, which the staging survives just as well.
        return std::future::pending().await;
    };
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        one_of(&mut interrupts, &mut terminations).await;
        // Nobody listens while a snapshot is published; that is seconds, and then it is done.
        let _ = tell.send(());
        one_of(&mut interrupts, &mut terminations).await;
        // Without a word: standard error may be what it is stuck at.
        std::process::exit(ExitStatus::Interrupted as i32);
    });
    if told.await.is_err() {
        std::future::pending().await
    }
}

async fn one_of(interrupts: &mut Signal, terminations: &mut Signal) {
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = terminations.recv() => {}
    }
}
