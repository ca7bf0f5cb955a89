//! Standard output as it was handed to the process.
//!
//! Before `main`, the runtime opens the null device in place of a standard stream that is closed, and later its own
//! handle takes a descriptor that cannot be written for one that can: both would turn `>&-` into a success that wrote
//! nothing. So it is looked at before the runtime begins (`closed-output`), and written to as a plain file.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Returns standard output; `None` where it was closed when the process began.
pub(super) fn output() -> io::Result<Option<File>> {
    if closed_output::was_closed() {
        return Ok(None);
    }
    io::stdout().as_fd().try_clone_to_owned().map(|output| Some(File::from(output)))
}
