//! Ctrl-C and SIGTERM, and the files that they must not leave behind half-written.
//!
//! A first signal is told to the work that asked for it ([`tell`]), which then ends in good order. Where none did,
//! and at a second signal, the process ends at once, its unfinished files removed and without a word: standard
//! error may be what it is stuck at. A collection, which writes no such file, waits for [`interrupted`].

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
    /// What the work looks at, as long as there is any.
    work: Weak<AtomicBool>,
    unfinished: Vec<PathBuf>,
}

/// From now on the first signal sets `interrupted`, as long as anybody holds it.
pub fn tell(interrupted: &Arc<AtomicBool>) -> Result<()> {
    let mut state = state();
    state.watch()?;
    state.work = Arc::downgrade(interrupted);
    Ok(())
}

/// Keeps a signal from ending the process as long as it is held, for what must happen as a whole. Nothing that
/// waits belongs here, nor the making or dropping of an [`Unfinished`].
#[must_use]
pub struct Held {
    _state: MutexGuard<'static, State>,
}

/// See [`Held`].
pub fn hold() -> Held {
    Held { _state: state() }
}

/// A file under a name that it is not to keep: dropped, or the process being ended, it is removed.
///
/// What a killed process leaves is removed by the next one that writes into the folder: an unfinished file is
/// locked as long as somebody is at it. (A file system without locks keeps it.)
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

/// Around eight hexadecimal digits, the name of an unfinished file: short, whatever the final one is.
const AROUND: (&str, &str) = (".orgcensus-", ".partial");

impl Unfinished {
    /// Makes the file in the folder of `beside`, readable by its owner only.
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
            // Another process may have taken it for a dead one's before it was locked.
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists() {
                continue;
            }
            state.unfinished.push(path.clone());
            return Ok((Self { path, _file: file.try_clone()? }, file));
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut state = state();
        state.unfinished.retain(|path| *path != self.path);
        // There is none if it was renamed.
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
    /// Watches for both signals until the process ends.
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

/// Ends the process at once, its unfinished files removed: for work that nothing else can end.
pub fn end(status: ExitStatus) -> ! {
    end_with(&state(), status)
}

/// The state stays held, so that no file takes its name any more.
fn end_with(state: &State, status: ExitStatus) -> ! {
    for path in &state.unfinished {
        let _ = fs::remove_file(path);
    }
    std::process::exit(status as i32)
}

/// Ends when the process is asked to: Ctrl-C, or a service manager's SIGTERM. Watches from its first poll on.
///
/// A second signal ends the process at once, whatever it is at: what is committed is kept by whatever end.
pub async fn interrupted() {
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
