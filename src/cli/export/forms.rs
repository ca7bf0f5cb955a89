//! The forms of `export` besides the folder of tables.

use std::path::Path;

use clap::Subcommand;

use super::assignments::{self, AssignmentsArgs};
use super::folders::{self, ExtensionsArgs, FolderArgs};
use super::workbook::{self, WorkbookArgs};
use crate::cli::GlobalOptions;
use crate::error::{Error, ExitStatus, Result};

/// A form for another program.
#[derive(Debug, Subcommand)]
pub enum Form {
    /// Write canned queries as the sheets of a workbook
    #[command(after_help = "\
Examples:
  orgcensus export xlsx access.xlsx
  orgcensus export xlsx admins.xlsx --query administrator-groups \\
    --query unassigned-sets
  orgcensus export xlsx q3.xlsx --at 2026-Q3 --ou /Prod --query all-assignments

The first sheet says which snapshot answered, who took it, what it did not see, and its hash. Text is never a \
formula, ids keep their zeros, and times are in UTC.")]
    Xlsx(WorkbookArgs),

    /// Write assignments as rows, like AWS's published report scripts
    #[command(after_help = "\
Examples:
  orgcensus export assignments-csv assignments.csv
  orgcensus export assignments-csv --expand-groups --with-ids people.csv
  orgcensus export assignments-csv --at 2026-09-30 --account prod

A principal that was deleted has no name. One that was not seen is written \"(not seen: ID)\", because it may still exist.")]
    AssignmentsCsv(AssignmentsArgs),

    /// Write who has each permission set, as one JSON object
    #[command(after_help = "\
Examples:
  orgcensus export assignments-json assignments.json
  orgcensus export assignments-json --expand-groups | jq '.AdministratorAccess.Users'

A principal that was deleted is null. One that was not seen is \"(not seen: ID)\", because it may still exist.")]
    AssignmentsJson(AssignmentsArgs),

    /// Write Terraform of permission sets and assignments, with import blocks
    #[command(after_help = "\
Examples:
  orgcensus export terraform identity-center
  orgcensus export terraform sandbox --account sandbox

A permission set whose policies or tags were not seen is left out, because it would be created without them; \
skipped.csv lists it.")]
    Terraform(FolderArgs),

    /// Write CloudFormation templates, with what imports their resources
    #[command(
        name = "cloudformation",
        after_help = "\
Examples:
  orgcensus export cloudformation templates
  aws cloudformation create-change-set --change-set-type IMPORT \\
    --resources-to-import file://templates/permission-sets-0001.import.json \\
    --template-body file://templates/permission-sets-0001.json …

A permission set whose policies or tags were not seen is left out, because it would be created without them; \
skipped.csv lists it."
    )]
    CloudFormation(FolderArgs),

    /// Write the input of AWS's solution Identity Center Extensions
    #[command(after_help = "\
Examples:
  orgcensus export identity-center-extensions bucket --form s3
  orgcensus export identity-center-extensions bucket --form s3 --scopes
  orgcensus export identity-center-extensions changes --form api --since 7d

What the solution refuses (3.1.9), such as names with a space, stands in skipped.csv with its reason. Anything that \
merely was not seen is never deleted.")]
    IdentityCenterExtensions(ExtensionsArgs),
}

impl Form {
    /// Names `answer` as the file to write. Fails for a form that writes a folder.
    pub fn pin(&mut self, answer: &Path) -> Result<()> {
        match self {
            Self::Xlsx(args) => args.pin(answer),
            Self::AssignmentsCsv(args) | Self::AssignmentsJson(args) => args.pin(answer),
            Self::Terraform(_) | Self::CloudFormation(_) | Self::IdentityCenterExtensions(_) => {
                return Err(without_evidence());
            }
        }
        Ok(())
    }
}

/// Returns the error for an export of which no evidence is written.
pub fn without_evidence() -> Error {
    Error::usage("its command is an export that has no evidence")
}

/// Writes the form.
pub fn run(form: &Form, global: &GlobalOptions) -> Result<ExitStatus> {
    match form {
        Form::Xlsx(args) => workbook::run(args, global),
        Form::AssignmentsCsv(args) => assignments::csv(args, global),
        Form::AssignmentsJson(args) => assignments::json(args, global),
        Form::Terraform(args) => folders::terraform(args, global),
        Form::CloudFormation(args) => folders::cloudformation(args, global),
        Form::IdentityCenterExtensions(args) => folders::extensions(args, global),
    }
}

/// Returns the names of the forms.
pub fn names() -> Vec<String> {
    let command = Form::augment_subcommands(clap::Command::new("export"));
    command.get_subcommands().map(|form| form.get_name().to_owned()).collect()
}
