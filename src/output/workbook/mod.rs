//! Workbooks for spreadsheets (`.xlsx`), written row by row, with a first sheet that names the source of the rows.
//!
//! Text stays text, so that no formula runs and an id keeps its leading zeros. Times are spreadsheet dates, which have
//! no time zone: their header says UTC. The bytes depend only on the census and the question: the workbook's own time
//! is that of its snapshot.

mod cell;
mod front;
mod sheet;
mod sink;

pub use sink::WorkbookSink;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use self::sheet::{Sheet, Styles};
use super::about::About;
use super::column::OutputColumn;
use super::destination::Destination;
use crate::error::{Error, Result};

use rusqlite::types::ValueRef;

/// A workbook with a sheet that describes it, and any number of sheets with rows, one after another.
pub struct WorkbookWriter<'d> {
    book: Workbook,
    about: About,
    styles: Styles,
    /// The finished sheets, and the one that is being written.
    sheets: Vec<Sheet>,
    destination: &'d mut Destination,
}

impl<'d> WorkbookWriter<'d> {
    /// Begins a workbook with this description. A terminal is refused (exit 2).
    pub fn begin(about: About, destination: &'d mut Destination) -> Result<Self> {
        refuse_terminal(destination)?;
        destination.require_open()?;
        let mut book = Workbook::new();
        let properties = DocProperties::new()
            .set_title(&about.title)
            .set_author(concat!("orgcensus ", env!("CARGO_PKG_VERSION")))
            .set_creation_datetime(&created(&about)?);
        book.set_properties(&properties);
        book.add_worksheet().set_name(About::SHEET).map_err(failed)?;
        Ok(Self { book, about, styles: Styles::new(), sheets: Vec::new(), destination })
    }

    /// Begins a sheet for the rows that follow. `notes` are lines about it for the first sheet.
    pub fn sheet(&mut self, name: &str, columns: &[OutputColumn], notes: Vec<String>) -> Result<()> {
        let name = sheet::free_name(name, &self.sheets);
        let sheet = Sheet::begin(&mut self.book, name, columns.to_vec(), notes, &self.styles)?;
        self.sheets.push(sheet);
        Ok(())
    }

    /// Writes a row to the current sheet. When a sheet is full, another with a similar name continues it.
    pub fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let current = self.sheets.last().expect("a sheet is begun before its rows");
        if current.is_full() {
            let (name, columns) = (current.title.clone(), current.columns.clone());
            let name = sheet::free_name(&name, &self.sheets);
            let next = Sheet::begin(&mut self.book, name, columns, Vec::new(), &self.styles)?;
            self.sheets.push(next);
        }
        let current = self.sheets.last_mut().expect("there is one");
        current.row(&mut self.book, values, &self.styles)
    }

    /// Writes the first sheet, and the whole workbook to its destination.
    pub fn finish(&mut self) -> Result<()> {
        for sheet in &self.sheets {
            sheet.finish(&mut self.book)?;
        }
        let first = self.book.worksheet_from_index(0).map_err(failed)?;
        front::write(&self.about, first, &self.sheets, &self.styles)?;
        self.book.save_to_writer(&mut *self.destination).map_err(failed)
    }
}

/// Fails if the workbook would be written to a terminal (exit 2).
pub fn refuse_terminal(destination: &Destination) -> Result<()> {
    if destination.is_terminal() {
        return Err(Error::usage("a workbook cannot be written to a terminal")
            .hint("write it to a file: --output access.xlsx"));
    }
    Ok(())
}

/// Returns the time for the workbook's properties. Without one, the library would take the current time.
fn created(about: &About) -> Result<ExcelDateTime> {
    let time = chrono::DateTime::parse_from_rfc3339(&about.created_at).map_or(0, |time| time.timestamp());
    ExcelDateTime::from_timestamp(time).or_else(|_| ExcelDateTime::from_timestamp(0)).map_err(failed)
}

/// Converts a failure of the library, mostly a full disk, because its input is checked before.
fn failed(error: XlsxError) -> Error {
    match error {
        XlsxError::IoError(error) => super::write_error(error),
        XlsxError::ZipError(_) => Error::failed("cannot write the workbook").caused_by(error),
        other => Error::failed("cannot make the workbook").caused_by(other),
    }
}
