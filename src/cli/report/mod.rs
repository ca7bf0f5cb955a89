//! `report`: the census as one HTML page for people who do not open a terminal.
//!
//! `subject` which snapshots are compared, and what the page is narrowed to · here the files are written.

mod subject;

use std::io::Write;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};

use clap::{Args, ValueHint};

use super::GlobalOptions;
use super::snapshot_line::{bytes, say_answering};
use crate::amounts::counted_as;
use crate::error::{Error, ExitStatus, Result};
use crate::export::mask::Mask;
use crate::output::{Destination, stderr, write_error};
use crate::report::{Limits, Narrowed, Page, Part, Report};

/// The arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus report access.html                 the latest snapshot
  orgcensus report --open access.html          and show it in the browser
  orgcensus report --at 2026-Q3 --since 2026-Q2 q3.html
  orgcensus report --production /Workloads/Prod access.html
  orgcensus report --production Environment=prod access.html
  orgcensus report --ou /Workloads/Prod --account sandbox some.html
  orgcensus report --split ou access.html      and one page for each OU
  orgcensus export --new-mask-key key.txt      then, with pseudonyms:
  orgcensus report --mask key.txt access.html

The page is one file that loads nothing and sends nothing: it opens without a network. It names people and what they \
reach: send it as you would send that list. What a snapshot did not see is told first, and a number that it may change \
reads \"≥ n\".

A page of more than 25 MB has the first screen alone: narrow it, or split it.")]
pub struct ReportArgs {
    /// The page
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,

    #[command(flatten)]
    subject: subject::SubjectArgs,

    /// Write pseudonyms in place of names and ids, by the key in this file (export --new-mask-key)
    #[arg(long, value_name = "KEYFILE", help_heading = "What to show")]
    mask: Option<PathBuf>,

    /// Write a page for each OU that has accounts too, beside this one
    #[arg(long, value_name = "WHAT", value_parser = ["ou"])]
    split: Option<String>,

    /// Show the page in the browser
    #[arg(long)]
    open: bool,

    /// Fail (exit code 4) unless the snapshot saw everything that the page is made of completely
    #[arg(long)]
    require_complete: bool,
}

/// Writes the page.
pub fn run(args: ReportArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    if let Some(extension) =
        args.file.extension().filter(|one| !["html", "htm"].iter().any(|it| one.eq_ignore_ascii_case(it)))
    {
        return Err(Error::usage(format!("a page is HTML, and not .{}", extension.to_string_lossy()))
            .hint("orgcensus report access.html")
            .hint("orgcensus query NAME --output FILE writes a table in the format of the file's name"));
    }
    let mask = args.mask.as_deref().map(Mask::read).transpose()?;
    let destination = global.destination_of(Some(&args.file), true)?;
    if destination.path().is_none() {
        return Err(Error::usage("a page needs a file of its own").hint("orgcensus report access.html"));
    }
    let mut census = global.open_census()?;
    let request = args.subject.resolve(&mut census, global, mask)?;
    say_answering("", &request.at, global.at()?.as_ref());
    if let Some(baseline) = &request.baseline {
        say_answering("compared with ", baseline, args.subject.since()?.as_ref());
    }
    let is_masked = request.mask.is_some();
    let (report, warnings) = Report::read(&mut census, request, args.require_complete)?;
    warnings.into_iter().for_each(stderr::warn);
    let parts = match args.split {
        Some(_) => parts(&report, &args.file, global)?,
        None => Vec::new(),
    };
    let named: Vec<Part> = parts.iter().map(|(part, ..)| part.clone()).collect();
    let page = report.page(&named);
    for (part, narrowed, destination) in parts {
        let page = report.part(&narrowed);
        say_too_large(&page, &part.title);
        write(&page, destination)?;
    }
    say_too_large(&page, &args.file.display().to_string());
    let size = bytes(page.html.len() as u64);
    write(&page, destination)?;
    let pages = match named.len() {
        0 => String::new(),
        some => format!(", and {}", counted_as(some, "page of an OU", "pages of OUs")),
    };
    stderr::say(format!("wrote {}: {size}{pages}", args.file.display()));
    if !is_masked {
        stderr::note("note: the page names people and what they reach; --mask KEYFILE writes pseudonyms");
    }
    if args.open {
        open(&args.file);
    }
    Ok(ExitStatus::Done)
}

/// The page of each OU that has accounts: what it is, and where it is written.
fn parts(report: &Report, file: &Path, global: &GlobalOptions) -> Result<Vec<(Part, Narrowed, Destination)>> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for (ou, accounts) in report.accounts_by_ou() {
        let (id, title) = match &ou {
            Some(ou) => (report.id(&ou.id), report.title(ou)),
            None => ("no-ou".to_owned(), "not known".to_owned()),
        };
        let path = file.with_file_name(format!("{stem}.{id}.html"));
        let destination = global.destination_of(Some(&path), true)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = Part { file: name, title: title.clone(), accounts: accounts.len() };
        found.push((
            part,
            Narrowed { before: accounts.clone(), accounts, words: format!("OU {title}") },
            destination,
        ));
    }
    Ok(found)
}

fn write(page: &Page, mut destination: Destination) -> Result<()> {
    destination.write_all(page.html.as_bytes()).map_err(write_error)?;
    destination.finish()
}

fn say_too_large(page: &Page, what: &str) {
    if let Some(size) = page.too_large {
        stderr::warn(too_large(what, size));
    }
}

/// Returns the warning that a page is without relations, which have `size` bytes, and how to narrow it.
fn too_large(what: &str, size: usize) -> String {
    format!(
        "{what} has no table and no pages of people: with them it would have {}, and browsers take long to open more \
         than {}; --ou or --account narrow it, and --split ou writes a page for each OU",
        bytes(size as u64),
        bytes(Limits::default().bytes as u64)
    )
}

/// Opens the file with the opener of the desktop. If that fails, the page is written all the same: a note says so.
fn open(file: &Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // An absolute path is never parsed as an option.
    let file = absolute(file).unwrap_or_else(|_| file.to_owned());
    // The browser outlives this program, and must not write to its terminal.
    let started = Command::new(opener)
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started {
        stderr::note(format!("note: cannot open {} with {opener}: {error}", file.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_large_a_page_says_how_to_narrow_or_split() {
        let words = too_large("OU Root/Prod", 31_000_000);
        for part in ["OU Root/Prod has no table", "31 MB", "25 MB", "--ou", "--account", "--split ou"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
}
