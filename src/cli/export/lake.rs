//! `export DIR`: writes a folder of Parquet files.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::bytes;
use crate::error::{ExitStatus, Result};
use crate::export::dataset::TagColumn;
use crate::export::lake::{self, Exported, LakeOptions};
use crate::export::mask::Mask;
use crate::nearest::did_you_mean;
use crate::output::stderr;
use crate::query::Interruption;
use crate::store::Census;

/// The options of `export DIR`.
#[derive(Debug, Args)]
pub struct LakeArgs {
    /// Write every day of effective_access and other views of one snapshot too, as TABLE_daily
    #[arg(long)]
    daily: bool,

    /// Remove the days of snapshots that were pruned
    #[arg(long)]
    mirror: bool,
}

impl LakeArgs {
    /// Returns true if every day of the views is requested.
    pub fn daily(&self) -> bool {
        self.daily
    }

    /// Returns true if any of these options was typed.
    pub fn is_said(&self) -> bool {
        self.daily || self.mirror
    }
}

/// What the tables of any form have.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// Add the value of this tag of the account to effective_access, as the column NAME; may be given several times
    #[arg(long, value_name = "KEY=NAME", value_parser = tag_column)]
    pub tag_column: Vec<TagColumn>,

    /// Write every column about people too: phones, addresses, titles and the like
    #[arg(long)]
    pub all_columns: bool,

    /// Write pseudonyms in place of every name and id, by the key in this file
    #[arg(long, value_name = "KEYFILE")]
    mask: Option<PathBuf>,
}

impl TableArgs {
    /// Returns true if any of these options was typed.
    pub fn is_said(&self) -> bool {
        !self.tag_column.is_empty() || self.all_columns || self.mask.is_some()
    }

    /// Returns the key of the pseudonyms, if they are requested.
    pub fn mask(&self) -> Result<Option<Mask>> {
        self.mask.as_deref().map(Mask::read).transpose()
    }
}

/// Notes the tags of which no account ever had a value: their columns are empty.
pub fn note_unknown_tags(tables: &TableArgs, census: &Census) -> Result<()> {
    let keys = census.account_tag_keys()?;
    for TagColumn { key, name } in &tables.tag_column {
        if !keys.contains(key) {
            stderr::note(format!(
                "note: no account was seen with a tag {key}, so the column {name} is empty"
            ));
            if let Some(hint) = did_you_mean(key, keys.iter().map(String::as_str)) {
                stderr::note(format!("hint: {hint}"));
            }
        }
    }
    Ok(())
}

/// Writes the folder.
pub fn run(folder: &Path, args: &LakeArgs, tables: &TableArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let options = LakeOptions {
        daily: args.daily,
        mirror: args.mirror,
        tag_columns: tables.tag_column.clone(),
        all_columns: tables.all_columns,
        mask: tables.mask()?,
    };
    let mut census = global.open_census()?;
    note_unknown_tags(tables, &census)?;
    let interruption = Interruption::watch(census.connection(), None)?;
    let exported = lake::write(&mut census, folder, &options, &|connection| interruption.attend(connection))
        .map_err(|error| interruption.explain(error))?;
    say(folder, &exported);
    Ok(ExitStatus::Done)
}

fn say(folder: &Path, exported: &Exported) {
    let Exported { tables, days, files, written, bytes: size, removed, pruned_days, not_complete } = exported;
    let name = folder.display();
    stderr::say(format!(
        "{name}: {tables} tables, days: {days}, files: {files}, written: {written} ({}), removed: {removed}",
        bytes(*size)
    ));
    if *pruned_days > 0 {
        stderr::note(format!(
            "note: days in {name} that the census no longer has: {pruned_days}; --mirror removes them"
        ));
    }
    if !not_complete.is_empty() {
        stderr::warn(format!(
            "the newest snapshot did not see all of: {}; the manifest says so for each table and day",
            not_complete.join(", ")
        ));
    }
}

/// Parses a tag and the name of its column: `Environment=environment`.
fn tag_column(typed: &str) -> Result<TagColumn, String> {
    let Some((key, name)) = typed.rsplit_once('=') else {
        return Err("write KEY=NAME, e.g. Environment=environment".to_owned());
    };
    let is_plain = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'_';
    if key.is_empty()
        || !name.starts_with(|one: char| one.is_ascii_lowercase())
        || !name.bytes().all(is_plain)
    {
        return Err(
            "a column's name has small letters, digits and _, e.g. Environment=environment".to_owned()
        );
    }
    Ok(TagColumn { key: key.to_owned(), name: name.to_owned() })
}
