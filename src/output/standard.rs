//! Standard output as it was handed to the process.
//!
//! Before `main`, the runtime opens the null device in place of a standard stream that is closed, and later its own
//! handle takes a descriptor that cannot be written for one that can: both would turn `>&-` into a success that wrote
//! nothing. So it is looked at before the runtime begins, and written to as a plain file.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Run by the loader before `main`, where the platform has such a list.
#[used]
#[cfg_attr(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    unsafe(link_section = ".init_array")
)]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK: extern "C" fn() = look;

/// A descriptor that is closed cannot be duplicated. Nothing else happens here: the runtime is not up yet.
extern "C" fn look() {
    WAS_CLOSED.store(duplicate().is_err(), Ordering::Relaxed);
}

fn duplicate() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// Returns standard output; `None` where it was closed when the process began.
pub(super) fn output() -> io::Result<Option<File>> {
    if WAS_CLOSED.load(Ordering::Relaxed) { Ok(None) } else { duplicate().map(Some) }
}
