//! `export xlsx`: writes several canned queries as one workbook.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::opened::{FormArgs, destination};
use crate::amounts::counted_as;
use crate::cli::GlobalOptions;
use crate::cli::about::about;
use crate::cli::evidence::{self, EvidenceArgs, Question};
use crate::error::{ExitStatus, Result};
use crate::export::source::Source;
use crate::export::workbook;
use crate::output::{Format, stderr};
use crate::query::{CannedQuery, Catalog};

/// The queries to write if none is named.
const QUERIES: [&str; 6] = [
    "privileged-access",
    "all-assignments",
    "direct-users",
    "orphan-assignments",
    "users-without-access",
    "accounts-by-people",
];

/// The arguments of `export xlsx`.
#[derive(Debug, Args)]
pub struct WorkbookArgs {
    /// The workbook
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// A canned query, as a sheet; may be given several times [default: privileged-access, all-assignments,
    /// direct-users, orphan-assignments, users-without-access and accounts-by-people]
    #[arg(long = "query", value_name = "NAME")]
    queries: Vec<String>,

    #[command(flatten)]
    form: FormArgs,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl WorkbookArgs {
    /// Names another file to write.
    pub fn pin(&mut self, answer: &Path) {
        answer.clone_into(&mut self.file);
    }
}

/// Writes the workbook.
pub fn run(args: &WorkbookArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let catalog = Catalog::with(None);
    let named: Vec<&str> = match args.queries.as_slice() {
        [] => QUERIES.to_vec(),
        queries => queries.iter().map(String::as_str).collect(),
    };
    let queries: Vec<CannedQuery> =
        named.into_iter().map(|name| catalog.find(name)).collect::<Result<_>>()?;
    let mut destination = destination(Some(&args.file), global, true, Format::Xlsx)?;
    let sidecar = args.evidence.open(global, &destination)?;
    let (mut census, snapshot) = args.form.open(global)?;
    let mut about = about("orgcensus", &census, std::slice::from_ref(&snapshot), &Question::default())?;
    let filters = args.form.narrowing.typed();
    if !filters.is_empty() {
        about.fact("filters", filters.trim_start());
    }
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    workbook::write(&source, &queries, about, &mut destination)?;
    args.form.judge(&source)?;
    let snapshots = std::slice::from_ref(source.snapshot());
    evidence::finish(destination, sidecar, source.census(), snapshots, &Question::default())?;
    let queries = counted_as(queries.len(), "query", "queries");
    stderr::say(format!("wrote {}: {queries}, xlsx", args.file.display()));
    Ok(ExitStatus::Done)
}
