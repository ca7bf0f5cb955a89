//! Compares the snapshots, and writes the answer in the requested shape.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::super::GlobalOptions;
use super::narrowing::Narrowing;
use crate::diff::filter::Filter;
use crate::diff::steps::{self, Between};
use crate::diff::text::{self, AccessByCause, Extent, Grouping, TextOptions, Unchanged};
use crate::diff::{Diff, SnapshotFacts, compare, compare_rows, flat};
use crate::error::{Error, Result};
use crate::output::{About, Destination, Format, RowWriter, write_error};
use crate::store::Census;

/// The shape of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Markdown,
    /// One object: the contract for programs.
    Object,
    Rows(Format),
}

impl Shape {
    pub fn of(global: &GlobalOptions, destination: &Destination) -> Result<Self> {
        Ok(match global.format_said(destination)? {
            Some(Format::Json) => Self::Object,
            Some(Format::Markdown) => Self::Markdown,
            // A text file holds the text, unless a table is requested.
            None => Self::Text,
            Some(Format::Table) if global.format.is_none() => Self::Text,
            Some(format) => Self::Rows(format),
        })
    }

    /// Returns true if its details are grouped under headings.
    pub fn has_groups(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

/// The findings that decide the exit code.
#[derive(Debug, Default)]
pub struct Found {
    pub changes: bool,
    pub unknowns: bool,
}

/// The comparison, and the way to show it.
pub struct DiffRequest<'c> {
    pub census: &'c Census,
    pub from: i64,
    pub to: i64,
    /// True if `to` is the first snapshot, so that there is nothing to compare it with. The answer is then empty.
    pub is_first: bool,
    /// True if each adjacent pair of snapshots is compared, and not only these two.
    pub steps: bool,
    pub resources: Vec<String>,
    pub skip: Vec<String>,
    pub access: bool,
    pub narrowing: Narrowing,
    pub by: Grouping,
    pub extent: Extent,
    pub is_colored: bool,
    /// The options to repeat in a command that shows more of the answer.
    pub options: String,
}

/// The number of rows shown one by one for a resource that was not requested by name. More would hide the rest.
const ROWS: usize = 40;

impl DiffRequest<'_> {
    /// Describes the comparison in a workbook.
    pub fn tell(&self, about: &mut About) {
        let mut asked = vec![format!("snapshot {} with snapshot {}", self.from, self.to)];
        asked.extend(self.steps.then(|| "each with the one before".to_owned()));
        asked.extend(self.access.then(|| "access alone".to_owned()));
        about.fact("compared", asked.join(", "));
        for (name, values) in [("tables", &self.resources), ("left out", &self.skip)] {
            if !values.is_empty() {
                about.fact(name, values.join(", "));
            }
        }
        if !self.options.is_empty() {
            about.fact("filters", self.options.trim_start());
        }
    }

    /// Writes the answer.
    pub fn answer(&self, shape: Shape, destination: &mut Destination) -> Result<Found> {
        if matches!(shape, Shape::Object | Shape::Rows(Format::Jsonl)) {
            destination.speak_json();
        }
        match shape {
            Shape::Text => self.write_text(destination, |out, diff, options| {
                text::write(&mut out.page(self.is_colored), diff, options)
            }),
            Shape::Markdown => {
                self.write_text(destination, |out, diff, options| text::write_markdown(out, diff, options))
            }
            Shape::Object if self.steps => self.write_steps(destination),
            Shape::Object if self.is_first => {
                write_object(destination, &self.nothing()?)?;
                Ok(Found::default())
            }
            Shape::Object => self.each(|diff| write_object(destination, diff)),
            Shape::Rows(format) => {
                let mut writer = RowWriter::begin(format, flat::COLUMNS, destination)?;
                let found = self.each(|diff| flat::rows(diff).try_for_each(|row| writer.values(&row)))?;
                writer.finish()?;
                Ok(found)
            }
        }
    }

    fn write_text(
        &self,
        destination: &mut Destination,
        write: impl Fn(&mut Destination, &Diff, TextOptions<'_>) -> io::Result<()>,
    ) -> Result<Found> {
        let between = self.between()?;
        let (options, by, extent) = (self.options.clone(), self.by, self.extent);
        let rows = self.resources.is_empty().then_some(ROWS);
        let mut parts = Parts { destination, is_begun: false, unchanged: None };
        let steps = self.steps;
        let found = self.each(|diff| {
            if steps && !diff.has_changes() && !diff.has_unknowns() {
                parts.add_unchanged(diff);
                return Ok(());
            }
            let options = TextOptions { extent, by, between, rows, options: &options };
            write(parts.next()?, diff, options).map_err(write_error)
        })?;
        parts.finish()?;
        Ok(found)
    }

    fn write_steps(&self, destination: &mut Destination) -> Result<Found> {
        write!(destination, "{{\"steps\":[").map_err(write_error)?;
        let mut comma = "";
        let found = self.each(|diff| {
            writeln!(destination, "{}", std::mem::replace(&mut comma, ",")).map_err(write_error)?;
            serde_json::to_writer(&mut *destination, &Object::of(diff)).map_err(json_error)
        })?;
        writeln!(destination, "\n]}}").map_err(write_error)?;
        Ok(found)
    }

    /// Compares one pair after another, and passes each diff to `write`.
    fn each(&self, mut write: impl FnMut(&Diff) -> Result<()>) -> Result<Found> {
        let pairs = match self.steps {
            _ if self.is_first => Vec::new(),
            true => steps::pairs(self.census.connection(), self.from, self.to)?,
            false => vec![(self.from, self.to)],
        };
        let mut found = Found::default();
        for (from, to) in pairs {
            let diff = self.compare(from, to)?;
            found.changes |= diff.has_changes();
            found.unknowns |= diff.has_unknowns();
            write(&diff)?;
        }
        Ok(found)
    }

    /// Returns an empty diff, for programs that expect one object.
    fn nothing(&self) -> Result<Diff> {
        let facts = SnapshotFacts::read(self.census.connection(), self.to)?;
        Ok(Diff {
            from: facts.clone(),
            to: facts,
            changes: Vec::new(),
            access_changes: Vec::new(),
            recreations: Vec::new(),
            not_seen: BTreeMap::new(),
            limited: Vec::new(),
        })
    }

    fn compare(&self, from: i64, to: i64) -> Result<Diff> {
        let connection = self.census.connection();
        let filter = Filter {
            resources: self.resources.clone(),
            skip: self.skip.clone(),
            access: self.access,
            subjects: self.narrowing.subjects(connection, [from, to])?,
        };
        let compare = if filter.shows_access() { compare } else { compare_rows };
        let mut diff = compare(connection, from, to)?;
        filter.apply(connection, &mut diff)?;
        Ok(diff)
    }

    /// Returns the access that was gained and lost within the period, if the answer is about access and hides it.
    fn between(&self) -> Result<Between> {
        let shows_access = self.access || self.resources.is_empty();
        if self.steps || !shows_access {
            return Ok(Between::default());
        }
        let connection = self.census.connection();
        steps::came_and_went(connection, self.from, self.to, |step| self.narrowing.subjects(connection, step))
    }
}

/// The parts of a text, separated by empty lines. Consecutive steps without changes make one part.
struct Parts<'d> {
    destination: &'d mut Destination,
    is_begun: bool,
    /// The run of steps without changes that the next part ends.
    unchanged: Option<Unchanged>,
}

impl Parts<'_> {
    fn add_unchanged(&mut self, diff: &Diff) {
        let unchanged = self.unchanged.get_or_insert_with(|| Unchanged {
            from: diff.from.clone(),
            to: diff.to.clone(),
            steps: 0,
            activity: BTreeMap::new(),
            limited: BTreeSet::new(),
        });
        unchanged.limited.extend(diff.limited.iter().map(|one| one.resource));
        unchanged.to = diff.to.clone();
        unchanged.steps += 1;
        for (resource, rows) in diff.activity() {
            *unchanged.activity.entry(resource).or_default() += rows;
        }
    }

    /// Returns the destination of the next part.
    fn next(&mut self) -> Result<&mut Destination> {
        self.finish()?;
        self.separate()
    }

    /// Writes the run of steps without changes, if there is one.
    fn finish(&mut self) -> Result<()> {
        let Some(unchanged) = self.unchanged.take() else { return Ok(()) };
        text::write_unchanged(&mut self.separate()?.page(false), &unchanged).map_err(write_error)
    }

    fn separate(&mut self) -> Result<&mut Destination> {
        if std::mem::replace(&mut self.is_begun, true) {
            writeln!(self.destination).map_err(write_error)?;
        }
        Ok(self.destination)
    }
}

/// A diff as one object.
#[derive(Serialize)]
struct Object<'d> {
    #[serde(flatten)]
    diff: &'d Diff,
    access_by_cause: Vec<AccessByCause<'d>>,
}

impl<'d> Object<'d> {
    fn of(diff: &'d Diff) -> Self {
        Self { diff, access_by_cause: text::by_cause(&diff.access_changes, &diff.changes) }
    }
}

fn write_object(destination: &mut Destination, diff: &Diff) -> Result<()> {
    serde_json::to_writer_pretty(&mut *destination, &Object::of(diff)).map_err(json_error)?;
    writeln!(destination).map_err(write_error)
}

fn json_error(error: serde_json::Error) -> Error {
    write_error(error.into())
}
