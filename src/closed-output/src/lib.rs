//! Tells whether standard output was closed when the process began.
//!
//! Before `main`, the runtime opens the null device in place of a standard stream that is closed. Nothing tells that
//! one afterwards from a null device that a parent opened: many open it for reading and writing, as the runtime does.
//! So the stream is looked at before the runtime begins, which takes a function that the loader runs.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Run by the loader before `main`, where the platform has such a list.
// SAFETY: these sections are lists of functions without arguments, which the loader calls once each; arguments that it
// passes all the same are ignored by the calling convention.
#[used]
#[cfg_attr(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    unsafe(link_section = ".init_array")
)]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK: extern "C" fn() = look;

/// A descriptor that is closed cannot be duplicated. Nothing else happens here: the runtime is not up yet.
extern "C" fn look() {
    WAS_CLOSED.store(io::stdout().as_fd().try_clone_to_owned().is_err(), Ordering::Relaxed);
}

/// Returns whether standard output was closed when the process began.
pub fn was_closed() -> bool {
    WAS_CLOSED.load(Ordering::Relaxed)
}
