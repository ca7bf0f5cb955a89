//! Ctrl-C and SIGTERM while an answer is written to a file.

use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::Duration;

use crate::fixture::{self, Sandbox};
use crate::kill::signal;

/// Returns a standard error whose writer blocks until it is read, and its reader.
fn stuck() -> (OwnedFd, UnixStream) {
    let (mut writer, reader) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    for piece in [4096, 1] {
        while writer.write(&vec![b'.'; piece]).map_err(|error| error.kind()) != Err(ErrorKind::WouldBlock) {}
    }
    writer.set_nonblocking(false).unwrap();
    (writer.into(), reader)
}

fn has_partial(sandbox: &Sandbox) -> bool {
    sandbox.files().iter().any(|name| name.ends_with(".partial"))
}

/// Returns a command that blocks with its file unfinished.
fn stuck_command(sandbox: &Sandbox, arguments: &[&str]) -> (Child, UnixStream) {
    let (stderr, reader) = stuck();
    let mut child = sandbox.command(arguments).stderr(stderr).spawn().unwrap();
    while !has_partial(sandbox) {
        assert_eq!(child.try_wait().unwrap(), None, "{arguments:?} is not stuck");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, reader)
}

#[test]
fn whatever_writes_a_file_leaves_no_half_of_it() {
    let sandbox = fixture::census();
    for arguments in [
        &["diff", "1", "2", "--format", "json", "--output", "out"][..],
        &["history", "ana", "--format", "csv", "--output", "out", "--evidence"],
        &["snapshots", "show", "1", "--format", "json", "--output", "out"],
        &["snapshots", "verify", "--format", "csv", "--output", "out"],
        &["--at", "1", "--output", "out"],
    ] {
        for name in ["INT", "TERM"] {
            let (mut child, _stuck) = stuck_command(&sandbox, arguments);
            signal(&child, name);
            assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?} {name}");
            assert_eq!(sandbox.files(), ["orgcensus.db"], "{arguments:?} {name}");
        }
    }
}

#[test]
fn what_would_end_in_good_order_but_is_stuck_is_ended_by_another_signal() {
    let sandbox = fixture::census();
    for arguments in [
        &["query", "user-access", "ana", "--output", "out", "--evidence"][..],
        &["snapshots", "copy", "out", "--at", "1"],
    ] {
        let (mut child, _stuck) = stuck_command(&sandbox, arguments);
        let exit = loop {
            signal(&child, "INT");
            std::thread::sleep(Duration::from_millis(5));
            if let Some(exit) = child.try_wait().unwrap() {
                break exit;
            }
        };
        assert_eq!(exit.code(), Some(130), "{arguments:?}");
        assert_eq!(sandbox.files(), ["orgcensus.db"], "{arguments:?}");
    }
}
