//! `snapshots copy`: all or some snapshots as one file, to hand to somebody.

use std::path::PathBuf;

use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::{file_size, resolve, say_answering};
use crate::error::{Error, Result};
use crate::output::stderr;
use crate::query::Interruption;
use crate::store::{Census, When};

/// The arguments of `snapshots copy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus snapshots copy backup.db                  all of it, as it is now
  orgcensus snapshots copy audit.db --at 2026-09-30   one date and no other
  orgcensus snapshots copy q3.db --at 2026-Q2 --at 2026-Q3 --mode 0640
  orgcensus query user-access ana --db audit.db       as on any census

The copy is one file, without a log beside it, as small as it can be, and holds nothing of what was pruned. With \
--at it holds nothing of other snapshots either: updated_at and updated_by, of which only the newest value is known, \
are left empty. A collection may be running meanwhile. SQLite reads it from version 3.31 (of 2020) on; a census needs \
3.37. Every command works on a copy, and collect makes it a census again.")]
pub struct CopyArgs {
    /// The new file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Copy only this snapshot; may be given several times [default: all]
    #[arg(long, value_name = "WHEN")]
    at: Vec<String>,

    /// Who may read it, as for chmod
    #[arg(long, value_name = "MODE", value_parser = mode, default_value = "0600")]
    mode: u32,
}

/// Copies the census.
pub fn run(args: &CopyArgs, global: &GlobalOptions) -> Result<()> {
    let whens = args.at.iter().map(|at| at.parse()).collect::<Result<Vec<When>>>()?;
    let destination = global.destination_of(Some(&args.file), true)?;
    let (Some(partial), Some(file)) = (destination.partial().map(ToOwned::to_owned), destination.path())
    else {
        return Err(Error::usage(format!("a copy is a file, and {} is none", args.file.display())));
    };
    let census = global.open_census()?;
    let kept = named(&census, &whens)?;
    let interruption = Interruption::watch(census.connection(), None)?;
    census
        .copy(&partial, (!kept.is_empty()).then_some(&kept), &|connection| interruption.attend(connection))
        .map_err(|error| interruption.explain(error))?;
    set_mode(&partial, args.mode)?;
    Census::make_room_for_copy(file)?;
    let size = file_size(&partial);
    let of = match kept.as_slice() {
        [] => "all snapshots".to_owned(),
        [one] => format!("snapshot {one}"),
        several => format!("{} snapshots", several.len()),
    };
    destination.finish()?;
    stderr::say(format!("copied {of} to {}{size}, mode {:04o}", args.file.display(), args.mode));
    Ok(())
}

/// The snapshots that are named, each once; the newest must be there where none is, so that a copy answers.
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

/// An octal mode; the owner must be able to read the file, and nobody to run it.
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
