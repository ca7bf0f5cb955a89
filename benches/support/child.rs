//! Programs that are measured from outside: their duration and resources.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use wait4::{ResUse, Wait4};

/// A running program.
pub struct Running {
    child: Child,
    begun: Instant,
}

/// The resources used from its start to its end.
pub struct Usage {
    pub exit: Option<i32>,
    pub wall: Duration,
    /// The processor time, in user and system mode.
    pub cpu: Duration,
    /// The part of it in system mode.
    pub system: Duration,
    /// The peak memory in MB.
    pub peak_mb: f64,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let begun = Instant::now();
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not run: {error}"));
        Self { child, begun }
    }

    /// Waits for its end.
    pub fn wait(self) -> Usage {
        let used = self.child.wait4().expect("nobody else waits for the program");
        Usage::of(used, self.begun)
    }

    /// Waits for its end, and kills it when the time is over.
    pub fn wait_at_most(mut self, most: Duration) -> Usage {
        while self.begun.elapsed() < most {
            if let Some(used) = self.child.try_wait4().expect("nobody else waits for the program") {
                return Usage::of(used, self.begun);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().expect("a program that was not waited for can be killed");
        self.wait()
    }
}

impl Usage {
    fn of(ended: ResUse, begun: Instant) -> Self {
        Self {
            exit: ended.status.code(),
            wall: begun.elapsed(),
            cpu: ended.rusage.utime + ended.rusage.stime,
            system: ended.rusage.stime,
            peak_mb: ended.rusage.maxrss as f64 / 1e6,
        }
    }
}
