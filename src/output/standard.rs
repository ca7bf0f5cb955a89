//! Standard output as the process received it.
//!
//! Before `main`, the runtime opens the null device in place of a closed standard stream, and later its own handle
//! treats a descriptor that is not writable as writable. Both would turn `>&-` into a success that wrote nothing. So it
//! is checked before the runtime begins (`closed-output`), and written to as a plain file.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Returns standard output; `None` if it was closed when the process began.
pub(super) fn output() -> io::Result<Option<File>> {
    if closed_output::was_closed() {
        return Ok(None);
    }
    io::stdout().as_fd().try_clone_to_owned().map(|output| Some(File::from(output)))
}
