//! The lake: a folder of Parquet files with the state of each day, the history of every resource, and facts.
//!
//! `DIR/<table>/snapshot_date=YYYY-MM-DD/data.parquet` has the state of a day, and `DIR/<table>/data.parquet`
//! everything else. `days` finds the answering snapshot of each day, `folder` moves files to their places, and
//! `manifest` lists them.
//!
//! A file is written again only if its inputs changed.

mod days;
mod folder;
mod manifest;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use rusqlite::Connection;

use self::days::{Day, days};
use self::folder::{Folder, Staged};
use self::manifest::{ColumnEntry, CoverageEntry, DayEntry, FileEntry, Manifest, Owner, TableEntry};
use super::dataset::{Dataset, DatasetOptions, Layout, TagColumn, datasets, each_row};
use super::mask::{Mask, Privacy};
use super::parquet_file::ParquetFile;
use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::invocation;
use crate::store::{Census, Coverage, CoverageStatus, Identity, Watch};

/// The manifest's option with the name of the mask's key.
const MASK: &str = "mask";

/// The options of an export.
#[derive(Debug, Clone, Default)]
pub struct LakeOptions {
    /// The account tags that become columns.
    pub tag_columns: Vec<TagColumn>,
    /// Includes every column about natural persons, instead of the named minimum alone.
    pub all_columns: bool,
    /// Replaces names and ids by pseudonyms.
    pub mask: Option<Mask>,
    /// Writes every day of the views that show one snapshot, instead of the newest alone.
    pub daily: bool,
    /// Removes the days of snapshots that the census no longer has.
    pub mirror: bool,
}

impl LakeOptions {
    /// Returns the options that the files' content depends on, as the manifest records them.
    fn recorded(&self) -> BTreeMap<String, String> {
        let shown = |text: &str| match &self.mask {
            Some(mask) => mask.pseudonym(Privacy::Text, text),
            None => text.to_owned(),
        };
        let columns =
            self.tag_columns.iter().map(|tag| (format!("tag_column.{}", tag.name), shown(&tag.key)));
        let all = self.all_columns.then(|| ("all_columns".to_owned(), "true".to_owned()));
        let mask = self.mask.as_ref().map(|mask| (MASK.to_owned(), mask.name()));
        columns.chain(all).chain(mask).collect()
    }
}

/// The counts of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// Number of tables.
    pub tables: usize,
    /// Number of days.
    pub days: usize,
    /// Number of files.
    pub files: usize,
    /// Number of files that were written.
    pub written: usize,
    /// Number of bytes that were written.
    pub bytes: u64,
    /// Number of files that were removed.
    pub removed: usize,
    /// Number of days that the folder keeps although the census no longer has them.
    pub pruned_days: usize,
    /// The resources that the newest snapshot did not see completely.
    pub not_complete: Vec<String>,
}

/// Writes the census to the folder. Files whose inputs did not change stay as they are. Fails, and leaves the folder as
/// it was, if the folder belongs to another organization or the census has no snapshot.
pub fn write(
    census: &mut Census,
    folder: &Path,
    options: &LakeOptions,
    watch: Watch<'_>,
) -> Result<Exported> {
    let days = days(census)?;
    let Some(newest) = days.last().cloned() else {
        return Err(Error::unknown(format!("\"{}\" has no snapshot yet", census.path().display()))
            .hint(format!("take the first with: {}", invocation::command("collect"))));
    };
    let identity = census.identity()?.unwrap_or_else(|| Identity {
        organization_id: newest.snapshot.organization_id.clone(),
        instance_arn: newest.snapshot.instance_arn.clone(),
    });
    let owner = Owner::of(&identity, options.mask.as_ref());
    let mut folder = Folder::open(folder)?;
    // Under another key no pseudonym matches, not even that of the owner. So this check comes before that of the owner.
    if folder.found().is_some_and(|found| found.options.get(MASK) != options.recorded().get(MASK)) {
        return Err(Error::failed(
            "the folder and this export have different masks, or only one of them has a mask",
        )
        .hint("use one folder per mask, and another one without a mask"));
    }
    if let Some(found) = folder.found().filter(|found| !found.owner.is_same(&owner)) {
        return Err(Error::failed(format!(
            "the folder holds an export of {}, but this census is of {}",
            found.owner.words(),
            owner.words()
        ))
        .hint("use one folder per organization"));
    }
    watch(census.connection())?;
    let mut work = Work {
        options: options.recorded(),
        mask: options.mask.clone(),
        tables: BTreeMap::new(),
        staged: Vec::new(),
        exported: Exported { days: days.len(), ..Exported::default() },
        coverage: BTreeMap::new(),
        newest,
    };
    let datasets = datasets(
        census,
        &DatasetOptions {
            organization_id: identity.organization_id.clone(),
            tag_columns: options.tag_columns.clone(),
            all_columns: options.all_columns,
            is_masked: options.mask.is_some(),
        },
    )?;
    for dataset in &datasets {
        work.table(&mut folder, census, dataset, &days)?;
    }
    if options.daily {
        let views = datasets.iter().filter(|dataset| dataset.layout == Layout::Newest);
        work.daily_views(&mut folder, census, &views.map(Dataset::daily).collect::<Vec<_>>(), &days)?;
    }
    census.check_unwritten()?;
    let newest = census.coverage(work.newest.snapshot.snapshot_id)?;
    work.commit(&folder, owner, &days, options, newest)
}

/// An export that is running.
struct Work {
    options: BTreeMap<String, String>,
    mask: Option<Mask>,
    tables: BTreeMap<String, TableEntry>,
    staged: Vec<Staged>,
    exported: Exported,
    /// The coverage of each snapshot that was read so far.
    coverage: BTreeMap<i64, Vec<Coverage>>,
    newest: Day,
}

impl Work {
    /// Writes every file of the table.
    fn table(&mut self, folder: &mut Folder, census: &Census, dataset: &Dataset, days: &[Day]) -> Result<()> {
        self.list(dataset);
        match dataset.layout {
            Layout::Daily | Layout::DailyView => {
                for day in days {
                    self.file(folder, census, dataset, day, daily_place(dataset, day))?;
                }
            }
            Layout::Newest | Layout::All => {
                let newest = self.newest.clone();
                self.file(folder, census, dataset, &newest, format!("{}/data.parquet", dataset.name))?;
            }
        }
        Ok(())
    }

    /// Writes the files of the views that have to be built for each day.
    fn daily_views(
        &mut self,
        folder: &mut Folder,
        census: &mut Census,
        views: &[Dataset],
        days: &[Day],
    ) -> Result<()> {
        views.iter().for_each(|view| self.list(view));
        for day in days {
            // Building the views costs more than checking that none of them is needed.
            if views.iter().any(|view| self.kept(folder, view, day, &daily_place(view, day)).is_none()) {
                census.answer_as_of(day.snapshot.snapshot_id)?;
            }
            for view in views {
                self.file(folder, census, view, day, daily_place(view, day))?;
            }
        }
        Ok(())
    }

    /// Adds the table to the manifest.
    fn list(&mut self, dataset: &Dataset) {
        let column = |field: &super::dataset::Field| ColumnEntry {
            name: field.name.clone(),
            r#type: field.kind.as_str().to_owned(),
            description: field.description.clone(),
        };
        let entry = TableEntry {
            description: dataset.description.clone(),
            columns: dataset.fields.iter().map(column).collect(),
            files: BTreeMap::new(),
        };
        self.tables.insert(dataset.name.clone(), entry);
    }

    /// Returns the folder's entry of the file if the inputs are unchanged and the folder still has it.
    fn kept(&self, folder: &Folder, dataset: &Dataset, day: &Day, place: &str) -> Option<FileEntry> {
        let found = folder.found()?.tables.get(&dataset.name)?.files.get(place)?;
        (found.made_from == self.made_from(dataset, day) && folder.has(place, found)).then(|| found.clone())
    }

    /// Writes a file of the table, unless the folder has it with the same inputs.
    fn file(
        &mut self,
        folder: &mut Folder,
        census: &Census,
        dataset: &Dataset,
        day: &Day,
        place: String,
    ) -> Result<()> {
        let entry = match self.kept(folder, dataset, day, &place) {
            Some(entry) => entry,
            None => {
                let found =
                    folder.found().and_then(|found| found.tables.get(&dataset.name)?.files.get(&place));
                let found = found.filter(|entry| folder.has(&place, entry)).map(|entry| entry.sha256.clone());
                let made_from = self.made_from(dataset, day);
                let not_complete = self.not_complete(census, dataset, day)?;
                let (staged, rows, sha256, bytes) = write_file(
                    folder,
                    census.connection(),
                    dataset,
                    day,
                    &place,
                    self.mask.as_ref(),
                    &not_complete,
                )?;
                if found.is_some_and(|found| found == sha256) {
                    folder.discard(&staged)?;
                } else {
                    self.exported.written += 1;
                    self.exported.bytes += bytes;
                    self.staged.push(staged);
                }
                FileEntry {
                    snapshot_id: day.snapshot.snapshot_id,
                    rows,
                    bytes,
                    sha256,
                    made_from,
                    not_complete,
                }
            }
        };
        let table = self.tables.get_mut(&dataset.name).expect("the table is listed before its files");
        table.files.insert(place, entry);
        Ok(())
    }

    /// Returns a digest of the inputs of a table's file.
    fn made_from(&self, dataset: &Dataset, day: &Day) -> String {
        let rows = match dataset.layout {
            // Such a file depends on the snapshot's own rows alone.
            Layout::Daily => day.snapshot_hash.as_ref().unwrap_or(&day.history),
            Layout::DailyView | Layout::Newest | Layout::All => &day.history,
        };
        let options = serde_json::to_string(&self.options).expect("a map of texts is always JSON");
        let program = env!("CARGO_PKG_VERSION");
        sha256(format!("{}\n{program}\n{options}\n{}\n{rows}", manifest::VERSION, day.date))
    }

    /// Returns the coverage of the table's resources that the snapshot did not see completely.
    fn not_complete(&mut self, census: &Census, dataset: &Dataset, day: &Day) -> Result<Vec<CoverageEntry>> {
        let snapshot_id = day.snapshot.snapshot_id;
        let coverage = match self.coverage.entry(snapshot_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(census.coverage(snapshot_id)?),
        };
        let concerns = |one: &&Coverage| {
            one.status != CoverageStatus::Complete
                && dataset.resources.iter().any(|spec| spec.name == one.resource)
        };
        let is_masked = self.mask.is_some();
        Ok(coverage.iter().filter(concerns).map(|one| CoverageEntry::of(one, is_masked)).collect())
    }

    fn commit(
        mut self,
        folder: &Folder,
        owner: Owner,
        days: &[Day],
        options: &LakeOptions,
        newest: Vec<Coverage>,
    ) -> Result<Exported> {
        let mut gone = Vec::new();
        let mut entries: BTreeMap<String, DayEntry> =
            days.iter().map(|day| (day.date.to_string(), of_day(day))).collect();
        if let Some(found) = folder.found() {
            // The files of pruned days cannot be written again with other options.
            let keeps =
                !options.mirror && found.options == self.options && found.version == manifest::VERSION;
            for (name, table) in &found.tables {
                for (place, entry) in &table.files {
                    let is_kept = self.tables.get(name).is_some_and(|table| table.files.contains_key(place));
                    let is_pruned_day = place.contains("/snapshot_date=") && self.tables.contains_key(name);
                    if is_kept {
                        continue;
                    }
                    match self.tables.get_mut(name) {
                        Some(table) if is_pruned_day && keeps => {
                            table.files.insert(place.clone(), entry.clone());
                        }
                        _ => gone.push(place.clone()),
                    }
                }
            }
            for day in found.days.iter().filter(|_| keeps) {
                if !entries.contains_key(&day.snapshot_date) {
                    self.exported.pruned_days += 1;
                    entries.insert(day.snapshot_date.clone(), day.clone());
                }
            }
        }
        let manifest = Manifest {
            version: manifest::VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            owner,
            options: self.options,
            days: entries.into_values().collect(),
            tables: self.tables,
        };
        if folder.found() != Some(&manifest) || !folder.is_settled() {
            folder.commit(&manifest, &self.staged, &gone)?;
        }
        self.exported.tables = manifest.tables.len();
        self.exported.files = manifest.tables.values().map(|table| table.files.len()).sum();
        self.exported.removed = gone.len();
        let not_complete = newest.into_iter().filter(|one| one.status != CoverageStatus::Complete);
        self.exported.not_complete = not_complete.map(|one| one.resource).collect();
        Ok(self.exported)
    }
}

fn daily_place(dataset: &Dataset, day: &Day) -> String {
    format!("{}/snapshot_date={}/data.parquet", dataset.name, day.date)
}

fn of_day(day: &Day) -> DayEntry {
    DayEntry {
        snapshot_date: day.date.to_string(),
        snapshot_id: day.snapshot.snapshot_id,
        taken_at: day.snapshot.taken_at.clone(),
        completed_at: day.snapshot.completed_at.clone(),
        status: day.snapshot.status.as_str().to_owned(),
        snapshot_hash: day.snapshot_hash.clone(),
    }
}

/// Writes the table's rows of the day to a staged file. Returns the number of rows, the hash and the number of bytes.
fn write_file(
    folder: &mut Folder,
    connection: &Connection,
    dataset: &Dataset,
    day: &Day,
    place: &str,
    mask: Option<&Mask>,
    not_complete: &[CoverageEntry],
) -> Result<(Staged, u64, String, u64)> {
    let (staged, file) = folder.stage(place)?;
    let broken = |error: parquet::errors::ParquetError| folder.failed(std::io::Error::other(error));
    let mut parquet =
        ParquetFile::begin(file, &dataset.fields, notes(dataset, not_complete)).map_err(broken)?;
    let snapshot_id = (dataset.layout == Layout::Daily).then_some(day.snapshot.snapshot_id);
    each_row(connection, dataset, snapshot_id, mask, |cells| parquet.row(cells).map_err(broken))?;
    let (rows, file) = parquet.finish().map_err(broken)?;
    let (sha256, bytes) = folder.seal(&staged, &file)?;
    Ok((staged, rows, sha256, bytes))
}

/// Returns the notes that a file contains besides its rows.
fn notes(dataset: &Dataset, not_complete: &[CoverageEntry]) -> Vec<(String, String)> {
    let json = |value: serde_json::Result<String>| value.expect("texts are always JSON");
    let columns: serde_json::Map<String, serde_json::Value> =
        dataset.fields.iter().map(|field| (field.name.clone(), field.description.clone().into())).collect();
    let mut notes = vec![
        ("orgcensus.table".to_owned(), dataset.name.clone()),
        ("orgcensus.description".to_owned(), dataset.description.clone()),
        ("orgcensus.columns".to_owned(), json(serde_json::to_string(&columns))),
    ];
    if !not_complete.is_empty() {
        notes.push(("orgcensus.not_complete".to_owned(), json(serde_json::to_string(not_complete))));
    }
    notes
}
