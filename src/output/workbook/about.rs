//! The first sheet: which snapshot answered what, and what it could not see.

use rust_xlsxwriter::Worksheet;

use super::cell::clipped;
use super::failed;
use super::sheet::{Sheet, Styles};
use crate::error::Result;

/// Name of the first sheet.
pub const NAME: &str = "About";

/// What a workbook says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it is about, which also names the sheet of an answer that has one.
    pub title: String,
    /// Time of the snapshot that answered, RFC 3339: the workbook is said to be of that time.
    pub created_at: String,
    /// Names and values, such as the organization's id.
    pub facts: Vec<(String, String)>,
    /// Tables below them, such as what was not seen.
    pub sections: Vec<Section>,
}

/// A small table with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub header: Vec<String>,
    /// Its rows, each with as many values as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl About {
    /// Adds a fact.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.facts.push((name.into(), value.into()));
    }

    /// Writes the sheet; `sheets` are the others, which are counted on it.
    pub(super) fn write(&self, sheet: &mut Worksheet, sheets: &[Sheet], styles: &Styles) -> Result<()> {
        let mut row = 0;
        let mut line = |values: &[&str], is_bold: bool| -> Result<()> {
            for (column, value) in (0..).zip(values) {
                let style =
                    if is_bold || (column == 0 && values.len() == 2) { &styles.header } else { &styles.text };
                sheet.write_string_with_format(row, column, clipped(value).0, style).map_err(failed)?;
            }
            row += 1;
            Ok(())
        };
        line(&[&self.title], true)?;
        line(&[], false)?;
        for (name, value) in &self.facts {
            line(&[name, value], false)?;
        }
        line(&[], false)?;
        line(&["sheet", "rows", "notes"], true)?;
        for one in sheets {
            line(&[&one.name, &one.rows.to_string(), &one.all_notes()], false)?;
        }
        for Section { title, header, rows } in &self.sections {
            line(&[], false)?;
            line(&[title], true)?;
            line(&header.iter().map(String::as_str).collect::<Vec<_>>(), true)?;
            for row in rows {
                line(&row.iter().map(String::as_str).collect::<Vec<_>>(), false)?;
            }
        }
        for (column, width) in [(0, 28), (1, 60), (2, 40), (3, 16), (4, 28)] {
            sheet.set_column_width(column, width).map_err(failed)?;
        }
        Ok(())
    }
}
