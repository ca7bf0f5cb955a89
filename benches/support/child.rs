//! Programs that are measured from outside: how long they took, and what they used.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A program that runs.
pub struct Running {
    child: Child,
    begun: Instant,
}

/// What it took from its start to its end.
pub struct Usage {
    pub exit: Option<i32>,
    pub wall: Duration,
    /// On processors, in user and system mode.
    pub cpu: Duration,
    /// The part of it in system mode.
    pub system: Duration,
    /// The most memory that it ever had, in MB.
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
        let usage = reap(&self.child, 0).expect("a wait without WNOHANG ends with the program");
        Usage { wall: self.begun.elapsed(), ..usage }
    }

    /// Waits for its end, and makes one when the time is over.
    pub fn wait_at_most(mut self, most: Duration) -> Usage {
        while self.begun.elapsed() < most {
            if let Some(usage) = reap(&self.child, libc::WNOHANG) {
                return Usage { wall: self.begun.elapsed(), ..usage };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().expect("a program that was not waited for can be killed");
        self.wait()
    }
}

/// What an ended child used; `None` while it runs, with WNOHANG.
fn reap(child: &Child, options: i32) -> Option<Usage> {
    let pid = libc::pid_t::try_from(child.id()).expect("the system gave the id");
    let mut status = 0;
    // SAFETY: `rusage` is plain numbers, for which all zeros are a value.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live variables of the types that wait4 writes; nobody else waits for it.
    let ended = unsafe { libc::wait4(pid, &raw mut status, options, &raw mut used) };
    assert!(ended >= 0, "waiting for a child failed: {}", std::io::Error::last_os_error());
    let time = |time: libc::timeval| Duration::from_secs_f64(time.tv_sec as f64 + time.tv_usec as f64 / 1e6);
    // Linux counts kilobytes, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
    (ended == pid).then(|| Usage {
        exit: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        wall: Duration::ZERO,
        cpu: time(used.ru_utime) + time(used.ru_stime),
        system: time(used.ru_stime),
        peak_mb: used.ru_maxrss as f64 * unit / 1e6,
    })
}
