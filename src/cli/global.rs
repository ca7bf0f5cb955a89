//! The options that stand before or after any command, and the files that they open. `parse` decides which of them a
//! command takes.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};

use super::config::{self, Setting};
use super::parse::DB;
use crate::aws::Secret;
use crate::error::{Error, Result};
use crate::output::stderr::{self, Color};
use crate::output::{CsvFor, Destination, DestinationOptions, Format, refuse_terminal, text};
use crate::store::{self, Census, Database, Staging, Upgrade, When};

/// The census if none is named.
const DEFAULT_DB: &str = "orgcensus.db";

/// The options that stand before or after any command.
#[derive(Debug, Args)]
pub struct GlobalOptions {
    /// The census, a SQLite file; query accepts several
    #[arg(
        id = "db",
        long = "db",
        global = true,
        value_name = "FILE",
        env = DB,
        default_value = DEFAULT_DB,
        help_heading = "Census"
    )]
    named: Vec<PathBuf>,

    /// The census, the first of several.
    #[arg(skip)]
    pub db: PathBuf,

    /// The further ones.
    #[arg(skip)]
    pub other_dbs: Vec<PathBuf>,

    /// The config file [default: orgcensus/config.toml in $XDG_CONFIG_HOME, else in ~/.config]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Config file")]
    pub config: Option<PathBuf>,

    /// Read no config file
    #[arg(long = "no-config", global = true, conflicts_with = "config", help_heading = "Config file")]
    pub ignores_config: bool,

    /// The organization of the config file, [organization.NAME], whose census and credentials are meant
    #[arg(
        id = "of_organization",
        long = config::ORGANIZATION,
        global = true,
        value_name = "NAME",
        help_heading = "Config file"
    )]
    pub organization: Option<String>,

    /// Where the values in use came from.
    #[arg(skip)]
    pub settings: Vec<Setting>,

    /// Answer as of a snapshot: an id, latest, latest-3, first, a label, a date, a time, 7d, "7 days ago",
    /// 2026-W47, 2026-Q3
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Census")]
    pub at: Option<String>,

    /// The profile of the AWS configuration to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "AWS credentials")]
    pub profile: Option<String>,

    /// The Region of the Identity Center instance [default: wherever it is found]
    #[arg(long, global = true, value_name = "REGION", help_heading = "AWS credentials")]
    pub region: Option<String>,

    /// Assume this role first
    #[arg(
        long,
        global = true,
        value_name = "ARN",
        value_parser = role_arn,
        help_heading = "AWS credentials"
    )]
    pub assume_role: Option<String>,

    /// The external id that the role's trust policy asks for
    #[arg(long, global = true, value_name = "ID", help_heading = "AWS credentials")]
    pub external_id: Option<Secret>,

    /// How data is written [default: table on a terminal, else csv; or what the file's extension says]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, help_heading = "Output")]
    pub format: Option<Format>,

    /// Write CSV that is safe to open in a spreadsheet: with a byte order mark, CRLF, and ' before text that begins
    /// with = + - @ TAB CR LF
    #[arg(long, global = true, value_name = "PROGRAM", value_enum, help_heading = "Output")]
    pub csv_for: Option<CsvFor>,

    /// Write the data to this file, readable by its owner only
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Replace the output file if it exists
    #[arg(long, global = true, help_heading = "Output")]
    pub force: bool,

    /// Show an answer that is taller than the terminal without a pager; ORGCENSUS_PAGER or PAGER names the pager
    #[arg(long, global = true, help_heading = "Output")]
    pub no_pager: bool,

    /// Print only warnings and errors besides the data
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,

    /// Log failed calls to standard error; -vv for every call
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        help_heading = "Output",
        hide_possible_values = false
    )]
    pub color: Color,
}

impl GlobalOptions {
    /// Sets the first named census as the one to use, and keeps the others.
    pub(super) fn settle_census(&mut self) {
        let mut named = std::mem::take(&mut self.named).into_iter();
        self.db = named.next().unwrap_or_else(|| PathBuf::from(DEFAULT_DB));
        self.other_dbs = named.collect();
    }

    /// Opens the file of `--output`, or standard output. Called before any work.
    pub fn destination(&self) -> Result<Destination> {
        let destination = self.destination_of(self.output.as_deref(), false)?;
        Ok(if self.no_pager { destination } else { destination.paged() })
    }

    /// Opens the file at `path`, or standard output. With `only_file`, a pipe or a device is an error. A file that
    /// belongs to the census or to another database is refused.
    pub fn destination_of(&self, path: Option<&Path>, only_file: bool) -> Result<Destination> {
        if let Some((file, database)) = path.and_then(|file| Some((file, store::database_of(file)?))) {
            return Err(Error::usage(format!("{} belongs to {}", file.display(), database.display()))
                .hint("name another file"));
        }
        let censuses = std::iter::once(&self.db).chain(&self.other_dbs);
        let protected: Vec<PathBuf> = censuses.flat_map(|db| store::files(db)).collect();
        Destination::open(DestinationOptions { path, force: self.force, protected: &protected, only_file })
    }

    /// Returns the requested format, or the one of the output file's extension, or a table on a terminal, or
    /// `otherwise`. An unknown extension is an error, so that `report.pdf` never contains CSV.
    pub fn format_for(&self, destination: &Destination, otherwise: Format) -> Result<Format> {
        let fit = if destination.is_terminal() { Format::Table } else { otherwise };
        Ok(self.format_said(destination)?.unwrap_or(fit))
    }

    /// Returns the requested format, or the one of the output file's extension; `None` if there is neither.
    pub fn format_said(&self, destination: &Destination) -> Result<Option<Format>> {
        let said = match (self.format, destination.path()) {
            (None, Some(path)) => Format::of_file(path)?,
            (said, _) => said,
        };
        if said == Some(Format::Xlsx) {
            refuse_terminal(destination)?;
        }
        match (self.csv_for, said) {
            (None, said) => Ok(said),
            (Some(CsvFor::Excel), None | Some(Format::Csv)) => Ok(Some(Format::CsvForExcel)),
            (Some(_), Some(other)) => {
                Err(Error::usage(format!("--csv-for is only for CSV, not for {}", other.name()))
                    .hint("leave out --csv-for, or say --format csv"))
            }
        }
    }

    /// Opens the census for reading.
    pub fn open_census(&self) -> Result<Census> {
        self.open_one(&self.db)
    }

    /// Opens one of several censuses for reading.
    pub fn open_one(&self, db: &Path) -> Result<Census> {
        let census = Census::open(db)?;
        if census.is_newer()? {
            stderr::note(format!(
                "note: a newer orgcensus wrote {}: what this version does not know is not shown",
                db.display()
            ));
        }
        Ok(census)
    }

    /// Opens the census for changes. First announces the upgrade that an older file needs.
    pub fn open_to_change(&self) -> Result<Database> {
        if let Some(upgrade) = Upgrade::due(&self.db) {
            stderr::say(format!("{}: {upgrade}", self.db.display()));
        }
        Database::open_existing(&self.db)
    }

    /// Returns the value of `--at`, if given.
    pub fn at(&self) -> Result<Option<When>> {
        self.at.as_deref().map(str::parse).transpose()
    }

    /// Returns the file of an unfinished collection: `<db>.collecting`.
    pub fn staging_path(&self) -> PathBuf {
        Staging::path_beside(&self.db)
    }
}

/// Returns the option that makes any command use the census at `db`; `None` if it would without.
pub(super) fn db_option(db: &Path) -> Option<String> {
    let named = std::env::var_os(DB).filter(|name| !name.is_empty());
    let default = || config::default_db().unwrap_or_else(|| PathBuf::from(DEFAULT_DB));
    let is_meant_anyway = db == named.map_or_else(default, PathBuf::from);
    (!is_meant_anyway).then(|| text::shell_option("--db", &db.to_string_lossy()))
}

/// Checks the ARN of a role, in any partition. Any other value would fail later, with a less clear message.
fn role_arn(typed: &str) -> Result<String, String> {
    match is_iam_arn(typed, &["role/"]) {
        true => Ok(typed.to_owned()),
        false => Err("a role's ARN reads arn:aws:iam::111122223333:role/NAME".to_owned()),
    }
}

/// Returns true for the ARN of something that IAM has of one of these kinds, such as `role/`.
pub(super) fn is_iam_arn(typed: &str, kinds: &[&str]) -> bool {
    let parts: Vec<&str> = typed.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return false };
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty()))
}
