//! The forms of `export` that write a folder: Terraform, CloudFormation, and the input of Identity Center Extensions.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::opened::FormArgs;
use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::{resolve, say_answering};
use crate::error::{Error, ExitStatus, Result};
use crate::export::extensions::{self, Interface, State};
use crate::export::folder::Folder;
use crate::export::source::Source;
use crate::export::terraform::Written;
use crate::export::{cloudformation, terraform};
use crate::output::stderr;
use crate::store::{Snapshot, When};

/// The arguments of `export terraform` and `export cloudformation`.
#[derive(Debug, Args)]
pub struct FolderArgs {
    /// The folder, which is new or empty
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,

    #[command(flatten)]
    form: FormArgs,
}

/// The arguments of `export identity-center-extensions`.
#[derive(Debug, Args)]
pub struct ExtensionsArgs {
    /// The folder, which is new or empty
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,

    /// The way by which the solution takes its input
    #[arg(long = "form", value_name = "FORM", value_enum)]
    interface: Interface,

    /// Link the root, OUs and tags of accounts in place of single accounts, where that gives exactly the assignments
    #[arg(long)]
    scopes: bool,

    /// Write only what changed since that snapshot, with --form api
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,

    #[command(flatten)]
    form: FormArgs,
}

/// Writes Terraform resources and import blocks.
pub fn terraform(args: &FolderArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    write(args, global, terraform::write)
}

/// Writes templates, and lists of the resources that they import.
pub fn cloudformation(args: &FolderArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    write(args, global, cloudformation::write)
}

fn write(
    args: &FolderArgs,
    global: &GlobalOptions,
    write: impl FnOnce(&Source<'_>, &Folder) -> Result<Written>,
) -> Result<ExitStatus> {
    let folder = Folder::begin(&args.folder)?;
    let (mut census, snapshot) = args.form.open(global)?;
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    let Written { permission_sets, assignments, skipped } = write(&source, &folder)?;
    args.form.judge(&source)?;
    folder.finish()?;
    let path = args.folder.display();
    stderr::say(format!("wrote {path}: permission sets: {permission_sets}, assignments: {assignments}"));
    warn_of_skipped(&args.folder, skipped);
    Ok(ExitStatus::Done)
}

/// Writes the input of Identity Center Extensions.
pub fn extensions(args: &ExtensionsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    if args.since.is_some() && args.interface == Interface::S3 {
        return Err(Error::usage("--since is only for --form api")
            .hint("--form api --since WHEN")
            .hint("the solution revokes what is removed from its bucket: sync this folder to the bucket"));
    }
    let folder = Folder::begin(&args.folder)?;
    let (mut census, snapshot) = args.form.open(global)?;
    let to = snapshot.clone();
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    let state = extensions::state(&source, args.interface, args.scopes)?;
    args.form.judge(&source)?;
    let since = args.since.as_deref().map(|typed| earlier(args, global, typed, &to)).transpose()?;
    let written = extensions::write(&state, since.as_ref(), args.interface, &folder)?;
    folder.finish()?;
    let extensions::Written { permission_sets, links, skipped, in_management_account } = written;
    let path = args.folder.display();
    stderr::say(format!("wrote {path}: permission sets: {permission_sets}, links: {links}"));
    if in_management_account > 0 {
        stderr::note(format!(
            "note: left out, because the solution cannot manage the management account: {in_management_account} \
            assignments there"
        ));
    }
    warn_of_skipped(&args.folder, skipped);
    Ok(ExitStatus::Done)
}

/// Returns the state in an earlier snapshot.
fn earlier(args: &ExtensionsArgs, global: &GlobalOptions, typed: &str, to: &Snapshot) -> Result<State> {
    let when: When = typed.parse()?;
    let mut census = global.open_census()?;
    let snapshot = resolve(&census, &when)?;
    if snapshot.snapshot_id > to.snapshot_id {
        let (since, to) = (snapshot.snapshot_id, to.snapshot_id);
        return Err(Error::usage(format!(
            "--since names snapshot {since}, which is newer than snapshot {to}"
        ))
        .hint("name the older one with --since, and the newer one with --at"));
    }
    census.answer_as_of(snapshot.snapshot_id)?;
    args.form.check(&census, &snapshot)?;
    say_answering("since ", &snapshot, Some(&when));
    let source = Source::new(&mut census, snapshot, args.form.narrowing.only())?;
    let state = extensions::state(&source, args.interface, args.scopes)?;
    args.form.judge(&source)?;
    Ok(state)
}

fn warn_of_skipped(folder: &std::path::Path, skipped: u64) {
    if skipped > 0 {
        let file = folder.join("skipped.csv");
        stderr::warn(format!(
            "not everything could be written: {} lists what was left out, with the reasons ({skipped})",
            file.display()
        ));
    }
}
