//! `export assignments-csv` and `assignments-json`: the reports of AWS's published scripts.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::opened::{FormArgs, destination};
use crate::amounts::counted;
use crate::cli::GlobalOptions;
use crate::cli::evidence::{self, EvidenceArgs, Question, Sidecar};
use crate::error::{Error, ExitStatus, Result};
use crate::export::assignments::{AssignmentOptions, NotNamed, object, write_rows};
use crate::export::source::Source;
use crate::invocation;
use crate::output::text::shell_word;
use crate::output::{Destination, Format, stderr, write_error};

/// The arguments of both.
#[derive(Debug, Args)]
pub struct AssignmentsArgs {
    /// The file [default: standard output]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// Name every person who has an assignment; a group without members keeps its row
    #[arg(long)]
    expand_groups: bool,

    /// Add the ids of principals and permission sets, and e-mail addresses
    #[arg(long)]
    with_ids: bool,

    #[command(flatten)]
    form: FormArgs,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl AssignmentsArgs {
    /// Names another file to write.
    pub fn pin(&mut self, answer: &Path) {
        self.file = Some(answer.to_owned());
    }

    /// Fails for a single user with expanded groups, because assignments are filtered before the members of groups are
    /// named.
    fn check(&self) -> Result<()> {
        let Some(user) = self.form.user().filter(|_| self.expand_groups) else { return Ok(()) };
        let all = invocation::command(format_args!("query user-access {}", shell_word(&user)));
        Err(Error::usage(
            "--user selects only assignments to the user, so there are no groups for --expand-groups to expand",
        )
        .hint(format!("{all} lists all that the user can reach"))
        .hint("or leave out --user, and choose by the column User"))
    }

    fn options(&self) -> AssignmentOptions {
        AssignmentOptions { expand_groups: self.expand_groups, with_ids: self.with_ids }
    }
}

/// Writes a row for each assignment.
pub fn csv(args: &AssignmentsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    args.check()?;
    let mut destination = destination(args.file.as_ref(), global, false, Format::Csv)?;
    let sidecar = args.evidence.open(global, &destination)?;
    let (mut census, snapshot) = args.form.open(global)?;
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    let format = if global.csv_for.is_some() { Format::CsvForExcel } else { Format::CsvCrlf };
    let (rows, not_named) = write_rows(&source, args.options(), format, &mut destination)?;
    let said = counted(rows, "row");
    finish(args, &source, &not_named, (destination, sidecar), &said)
}

/// Writes one object.
pub fn json(args: &AssignmentsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    args.check()?;
    let mut destination = destination(args.file.as_ref(), global, false, Format::Json)?;
    let sidecar = args.evidence.open(global, &destination)?;
    let (mut census, snapshot) = args.form.open(global)?;
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    let (object, not_named) = object(&source, args.options())?;
    destination.speak_json();
    serde_json::to_writer_pretty(&mut destination, &object)
        .map_err(std::io::Error::from)
        .and_then(|()| writeln!(destination))
        .map_err(write_error)?;
    let sets = object.as_object().map_or(0, serde_json::Map::len);
    let said = counted(sets, "permission set");
    finish(args, &source, &not_named, (destination, sidecar), &said)
}

fn finish(
    args: &AssignmentsArgs,
    source: &Source<'_>,
    not_named: &NotNamed,
    (destination, sidecar): (Destination, Option<Sidecar>),
    said: &str,
) -> Result<ExitStatus> {
    args.form.judge(source)?;
    not_named.lines().into_iter().for_each(stderr::warn);
    let path = destination.path().map(|path| path.display().to_string());
    let snapshots = std::slice::from_ref(source.snapshot());
    evidence::finish(destination, sidecar, source.census(), snapshots, &Question::default())?;
    if let Some(path) = path {
        stderr::say(format!("wrote {path}: {said}"));
    }
    Ok(ExitStatus::Done)
}
