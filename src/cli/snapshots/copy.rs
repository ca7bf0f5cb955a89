//! `snapshots copy`: copies all or some snapshots into one file, to pass on.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::range::Range;
use crate::cli::snapshot_line::{file_size, resolve, say_answering};
use crate::error::{Error, ErrorKind, Result};
use crate::invocation;
use crate::output::{Destination, stderr, write_error};
use crate::query::{Interruption, Span};
use crate::signals::Unfinished;
use crate::store::{Census, When};

/// The arguments of `snapshots copy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots copy backup.db                  all of it, as it is now
  orgcensus snapshots copy audit.db --at 2026-09-30   one date and no other
  orgcensus snapshots copy q3.db --at 2026-Q2 --at 2026-Q3 --mode 0640
  orgcensus snapshots copy q3.db --during 2026-Q3     all of a quarter
  orgcensus snapshots copy - | gzip > backup.db.gz    to another program
  orgcensus query user-access ana --db audit.db       as on any census

The copy is one file, without a log beside it, as small as it can be, and holds nothing of what was pruned. With \
--at or --during it holds nothing of other snapshots either: updated_at and updated_by, of which only the newest value is known, \
are left empty. A collection may be running meanwhile. SQLite reads it from version 3.31 (of 2020) on; a census needs \
3.37. Every command works on a copy, and collect makes it a census again.

With - the copy is written whole to a file in the folder for temporary files (TMPDIR), which only you can read, before \
its first byte is passed on; a reader that does not read to its end is an error.")]
pub struct CopyArgs {
    /// The new file; - for standard output, which must not be a terminal
    #[arg(value_name = "FILE | -")]
    file: PathBuf,

    /// Copy only this snapshot; may be given several times [default: all]
    #[arg(long, value_name = "WHEN")]
    at: Vec<String>,

    /// Copy only the snapshots from FROM to TO [default: latest], written as FROM..TO; or of a day, week, month or
    /// quarter alone, with the snapshot before it, which shows the state at its start
    #[arg(long, value_name = "FROM..TO", conflicts_with = "at")]
    during: Option<String>,

    /// The file mode, as for chmod [default: 0600]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    mode: Option<u32>,
}

/// The default mode of a copy.
const PRIVATE: u32 = 0o600;

/// Copies the census.
pub fn run(args: &CopyArgs, global: &GlobalOptions) -> Result<()> {
    let wanted = Wanted::of(args)?;
    let destination = global.destination_of(Some(&args.file), true)?;
    let (Some(partial), Some(file)) = (destination.partial().map(ToOwned::to_owned), destination.path())
    else {
        return stream(args, &wanted, global, destination);
    };
    let mode = args.mode.unwrap_or(PRIVATE);
    let of = write(&wanted, global, &partial)?;
    set_mode(&partial, mode)?;
    Census::make_room_for_copy(file)?;
    let size = file_size(&partial);
    destination.finish()?;
    stderr::say(format!("copied {of} to {}{size}, mode {mode:04o}", args.file.display()));
    Ok(())
}

/// Copies the census to standard output. It is written completely to a temporary file first, so that a failed copy
/// sends nothing.
fn stream(args: &CopyArgs, wanted: &Wanted, global: &GlobalOptions, mut to: Destination) -> Result<()> {
    if to.is_terminal() {
        return Err(Error::usage("a copy cannot be written to a terminal")
            .hint(format!("name a file: {}", invocation::command("snapshots copy FILE")))
            .hint(format!("or pass it on: {}", invocation::command("snapshots copy - | gzip > FILE.gz"))));
    }
    if args.mode.is_some() {
        return Err(Error::usage("--mode does not apply to standard output")
            .hint("leave out --mode, or name a file in place of -"));
    }
    to.require_open()?;
    let folder = std::env::temp_dir();
    let cannot_make = |error| {
        Error::failed(format!("cannot make a temporary file in {}", folder.display()))
            .caused_by(error)
            .hint("name another folder with TMPDIR")
    };
    // Any name in the folder will do: the temporary file gets its own name beside it.
    let (whole, _) = Unfinished::create(&folder.join("copy")).map_err(cannot_make)?;
    let of = write(wanted, global, whole.path())?;
    let size = file_size(whole.path());
    let unreadable =
        |error| Error::failed("cannot read the temporary file of the copy again").caused_by(error);
    let mut written = File::open(whole.path()).map_err(unreadable)?;
    let streamed = std::io::copy(&mut written, &mut to).map_err(write_error).and_then(|_| to.finish());
    streamed.map_err(|error| match error.kind() {
        // Unlike rows, half a database is useless.
        ErrorKind::BrokenPipe => Error::failed("the reader closed the pipe before the copy was complete")
            .hint("what it received is not a database: run the command again"),
        _ => error,
    })?;
    stderr::say(format!("copied {of} to standard output{size}"));
    Ok(())
}

/// Writes the copy into the empty file. Returns a description of its snapshots.
fn write(wanted: &Wanted, global: &GlobalOptions, file: &Path) -> Result<String> {
    let census = global.open_census()?;
    let kept = match wanted {
        Wanted::Named(whens) => named(&census, whens)?,
        Wanted::Range(range) => within(&census, range)?,
    };
    let interruption = Interruption::watch(census.connection(), None)?;
    census
        .copy(file, (!kept.is_empty()).then_some(&kept), &|connection| interruption.attend(connection))
        .map_err(|error| interruption.explain(error))?;
    Ok(match kept.as_slice() {
        [] => "all snapshots".to_owned(),
        [one] => format!("snapshot {one}"),
        several => format!("{} snapshots", several.len()),
    })
}

/// The requested snapshots.
enum Wanted {
    /// These snapshots, or all if none is named.
    Named(Vec<When>),
    /// The snapshots of a range.
    Range(Range),
}

impl Wanted {
    fn of(args: &CopyArgs) -> Result<Self> {
        match &args.during {
            Some(range) => Range::with_beginning(range, None).map(Self::Range),
            None => args.at.iter().map(|at| at.parse()).collect::<Result<_>>().map(Self::Named),
        }
    }
}

/// Returns every snapshot from one end of the range to the other.
fn within(census: &Census, range: &Range) -> Result<Vec<i64>> {
    // A range with a beginning needs no snapshot before its end.
    let (from, to) = range.resolve(census, |_, to| Ok(to.clone()))?;
    let span = Span::during(census, &from, &to)?;
    say_answering("from ", &from, range.from());
    say_answering("to ", &to, Some(range.to()));
    Ok(span.snapshots().iter().map(|one| one.snapshot_id).collect())
}

/// Returns the named snapshots, each once. Without a name the census must have a snapshot, so that the copy can answer.
fn named(census: &Census, whens: &[When]) -> Result<Vec<i64>> {
    let mut kept = Vec::new();
    if whens.is_empty() {
        say_answering("up to ", &resolve(census, &When::LATEST)?, None);
    }
    for when in whens {
        let snapshot = resolve(census, when)?;
        say_answering("", &snapshot, Some(when));
        if !kept.contains(&snapshot.snapshot_id) {
            kept.push(snapshot.snapshot_id);
        }
    }
    Ok(kept)
}

fn set_mode(file: &std::path::Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode))
        .map_err(|error| Error::failed(format!("cannot give the copy the mode {mode:04o}")).caused_by(error))
}

/// Parses an octal mode. The owner must be able to read the file, and nobody to execute it.
fn mode(typed: &str) -> Result<u32, String> {
    match u32::from_str_radix(typed, 8) {
        Ok(mode) if mode & !0o666 == 0 && mode & 0o400 != 0 => Ok(mode),
        Ok(_) => {
            Err("the owner must be able to read it, and nobody to execute it: 0600, 0640 or 0644".to_owned())
        }
        Err(_) => Err("a mode is octal: 0600, 0640 or 0644".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_and_its_owner_reads() {
        assert_eq!((mode("0640"), mode("600"), mode("0444")), (Ok(0o640), Ok(0o600), Ok(0o444)));
        for typed in ["0755", "0200", "u+r", "", "0689", "100600", "-1"] {
            assert!(mode(typed).is_err(), "{typed}");
        }
    }
}
