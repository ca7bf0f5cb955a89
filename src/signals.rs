//! Ctrl-C and SIGTERM, and the unfinished files that they must not leave behind.
//!
//! The first signal is passed to the work that registered for it ([`tell`]), which then ends in an orderly way. If none
//! did, and at a second signal, the process ends at once. It removes its unfinished files and prints nothing, because
//! writing to standard error may be where it hangs. A collection, which writes no such file, waits for [`interrupted`].

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::{Error, ExitStatus, Result};
use crate::plain_file;

static STATE: Mutex<State> =
    Mutex::new(State { is_watching: false, work: Weak::new(), unfinished: Vec::new() });

struct State {
    is_watching: bool,
    /// The flag that the running work polls, while there is any.
    work: Weak<AtomicBool>,
    unfinished: Vec<PathBuf>,
}

/// Makes the first signal set `interrupted` from now on, while the flag is alive.
pub fn tell(interrupted: &Arc<AtomicBool>) -> Result<()> {
    let mut state = state();
    state.watch()?;
    state.work = Arc::downgrade(interrupted);
    Ok(())
}

/// Keeps a signal from ending the process while it is held, for steps that must not be split. Do not wait while holding
/// it, and do not create or drop an [`Unfinished`].
#[must_use]
pub struct Held {
    _state: MutexGuard<'static, State>,
}

/// Keeps signals from ending the process. See [`Held`].
pub fn hold() -> Held {
    Held { _state: state() }
}

/// A file under a temporary name. It is removed when this value is dropped, or when the process ends.
///
/// The files of a killed process are removed by the next process that writes into the folder. An unfinished file is
/// locked while its process runs. (On a file system without locks it stays.)
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

/// The name of an unfinished file around its eight hexadecimal digits: short, even if the final name is long.
const AROUND: (&str, &str) = (".orgcensus-", ".partial");

impl Unfinished {
    /// Creates the file in the folder of `beside`, readable by its owner only.
    pub fn create(beside: &Path) -> io::Result<(Self, File)> {
        let folder =
            beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sweep(folder);
        let mut state = state();
        state.watch().map_err(io::Error::other)?;
        loop {
            let (before, after) = AROUND;
            let path = folder.join(format!("{before}{:08x}{after}", fastrand::u32(..)));
            let file = match plain_file::create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            // Before the lock was taken, another process may have removed the file as that of a killed process.
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists() {
                continue;
            }
            state.unfinished.push(path.clone());
            return Ok((Self { path, _file: file.try_clone()? }, file));
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut state = state();
        state.unfinished.retain(|path| *path != self.path);
        // A renamed file no longer exists here.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the unfinished files of processes that were killed.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(AROUND.0)?.strip_suffix(AROUND.1));
        let is_ours = digits.is_some_and(|it| it.len() == 8 && it.bytes().all(|one| one.is_ascii_hexdigit()))
            && entry.metadata().is_ok_and(|found| plain_file::is_own(&found));
        if is_ours
            && let Ok(file) = plain_file::open_existing(&entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Watches both signals until the process ends.
    fn watch(&mut self) -> Result<()> {
        if self.is_watching {
            return Ok(());
        }
        let cannot = |error: io::Error| Error::failed("cannot watch for signals").caused_by(error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(cannot)?;
        let (mut interrupts, mut terminations) = {
            let _context = runtime.enter();
            let terminations = signal(SignalKind::terminate()).map_err(cannot)?;
            (signal(SignalKind::interrupt()).map_err(cannot)?, terminations)
        };
        let watching = move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupts.recv() => {}
                        _ = terminations.recv() => {}
                    }
                    heed();
                }
            });
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(watching).map_err(cannot)?;
        self.is_watching = true;
        Ok(())
    }
}

fn heed() {
    let state = state();
    let work = state.work.upgrade();
    if work.is_some_and(|interrupted| !interrupted.swap(true, Ordering::Relaxed)) {
        return;
    }
    end_with(&state, ExitStatus::Interrupted);
}

/// Ends the process at once and removes its unfinished files, for work that cannot be stopped otherwise.
pub fn end(status: ExitStatus) -> ! {
    end_with(&state(), status)
}

/// The state stays locked, so that no unfinished file can be renamed any more.
fn end_with(state: &State, status: ExitStatus) -> ! {
    for path in &state.unfinished {
        let _ = fs::remove_file(path);
    }
    std::process::exit(status as i32)
}

/// Completes when the process is asked to end: by Ctrl-C, or by SIGTERM from a service manager. Watches from its first
/// poll on.
///
/// A second signal ends the process at once. Committed data survives that.
pub async fn interrupted() {
    let watched = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupts), Ok(mut terminations)) = watched else {
        // Without a handler a signal ends the process at once, which the staging survives as well.
        return std::future::pending().await;
    };
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        one_of(&mut interrupts, &mut terminations).await;
        // Nobody listens while a snapshot is published. That takes seconds, and then the process ends anyway.
        let _ = tell.send(());
        one_of(&mut interrupts, &mut terminations).await;
        // Prints nothing, because writing to standard error may be where the process hangs.
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
