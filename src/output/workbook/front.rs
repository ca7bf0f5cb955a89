//! Writes the first sheet: the snapshots that answered, and their gaps.

use rust_xlsxwriter::Worksheet;

use super::super::about::{About, Section};
use super::cell::clipped;
use super::failed;
use super::sheet::{Sheet, Styles};
use crate::error::Result;

/// Writes the sheet. `sheets` are the other sheets, which it lists with their numbers of rows.
pub fn write(about: &About, sheet: &mut Worksheet, sheets: &[Sheet], styles: &Styles) -> Result<()> {
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
    line(&[&about.title], true)?;
    line(&[], false)?;
    for (name, value) in &about.facts {
        line(&[name, value], false)?;
    }
    line(&[], false)?;
    line(&["sheet", "rows", "notes"], true)?;
    for one in sheets {
        line(&[&one.name, &one.rows.to_string(), &one.all_notes()], false)?;
    }
    for Section { title, header, rows } in &about.sections {
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
