//! A sheet with rows: a bold header that stays visible, with filters.

use rusqlite::types::ValueRef;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::super::about::About;
use super::super::column::OutputColumn;
use super::cell::{Cell, is_time};
use super::failed;
use crate::amounts::{counted_as, plural};
use crate::error::Result;

/// The largest number of rows of a sheet, its header included.
const MOST_ROWS: u32 = 1_048_576;

/// The longest name of a sheet, in UTF-16 code units.
const LONGEST_NAME: usize = 31;

/// The characters that a sheet's name must not contain.
const REFUSED: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// The formats of cells.
pub struct Styles {
    pub header: Format,
    pub text: Format,
    /// Text that would become a formula if a user edited its cell without this mark.
    quoted: Format,
    time: Format,
    exact_time: Format,
}

impl Styles {
    pub fn new() -> Self {
        let text = Format::new().set_num_format("@");
        Self {
            header: text.clone().set_bold(),
            quoted: text.clone().set_quote_prefix(),
            text,
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            exact_time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000"),
        }
    }
}

/// A sheet, by its position in the workbook.
pub struct Sheet {
    /// The requested name.
    pub title: String,
    /// The name in the workbook.
    pub name: String,
    pub columns: Vec<OutputColumn>,
    /// The number of rows, without its header.
    pub rows: u32,
    /// The number of cells with a truncated text.
    cut: u32,
    notes: Vec<String>,
    /// Its position in the workbook.
    index: usize,
}

impl Sheet {
    /// Begins the sheet after the others, with its header.
    pub fn begin(
        book: &mut Workbook,
        (title, name): (String, String),
        columns: Vec<OutputColumn>,
        notes: Vec<String>,
        styles: &Styles,
    ) -> Result<Self> {
        let index = book.worksheets().len();
        let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(&name).map_err(failed)?;
        for (place, column) in (0..).zip(&columns) {
            let header = if is_time(column) { format!("{} (UTC)", column.name) } else { column.name.clone() };
            let width = u32::try_from(header.chars().count()).unwrap_or(u32::MAX).clamp(8, 36) + 4;
            sheet.set_column_width(place, width).map_err(failed)?;
            sheet.write_string_with_format(0, place, header, &styles.header).map_err(failed)?;
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        Ok(Self { title, name, columns, rows: 0, cut: 0, notes, index })
    }

    /// Returns true if no more row fits.
    pub fn is_full(&self) -> bool {
        self.rows + 1 == MOST_ROWS
    }

    /// Writes a row below the others.
    pub fn row(&mut self, book: &mut Workbook, values: &[ValueRef<'_>], styles: &Styles) -> Result<()> {
        self.rows += 1;
        let sheet = book.worksheet_from_index(self.index).map_err(failed)?;
        for ((place, column), value) in (0..).zip(&self.columns).zip(values) {
            let cell = Cell::of(*value, column);
            self.cut += u32::from(matches!(cell, Cell::Text(_, true)));
            write(sheet, self.rows, place, cell, styles)?;
        }
        Ok(())
    }

    /// Adds filters to the header.
    pub fn finish(&self, book: &mut Workbook) -> Result<()> {
        let Some(last) = u16::try_from(self.columns.len()).ok().and_then(|count| count.checked_sub(1)) else {
            return Ok(());
        };
        let sheet = book.worksheet_from_index(self.index).map_err(failed)?;
        sheet.autofilter(0, 0, self.rows, last).map(drop).map_err(failed)
    }

    /// Returns the notes about the sheet, in one line.
    pub fn all_notes(&self) -> String {
        let cut = (self.cut > 0).then(|| {
            let texts = counted_as(self.cut, "text is", "texts are");
            format!("{texts} longer than a cell can hold, and {} cut", plural(self.cut, "was", "were"))
        });
        self.notes.iter().cloned().chain(cut).collect::<Vec<_>>().join("; ")
    }
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: Cell<'_>, styles: &Styles) -> Result<()> {
    let written = match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(text, _) => {
            let is_quoted = text.starts_with(['=', '+', '-', '@', '\'']);
            let style = if is_quoted { &styles.quoted } else { &styles.text };
            sheet.write_string_with_format(row, column, text, style)
        }
        Cell::Number(number) => sheet.write_number(row, column, number),
        Cell::Boolean(is_true) => sheet.write_boolean(row, column, is_true),
        Cell::Time(days, false) => sheet.write_number_with_format(row, column, days, &styles.time),
        Cell::Time(days, true) => sheet.write_number_with_format(row, column, days, &styles.exact_time),
    };
    written.map(drop).map_err(failed)
}

/// Returns a title, and a sheet's name for it that is unique, short enough and without forbidden characters.
pub fn free_name(title: &str, others: &[Sheet]) -> (String, String) {
    let taken = |name: &str| {
        let is_it = |other: &str| other.to_lowercase() == name.to_lowercase();
        is_it(About::SHEET) || is_it("History") || others.iter().any(|other| is_it(&other.name))
    };
    let plain: String =
        title.chars().map(|one| if REFUSED.contains(&one) || one.is_control() { ' ' } else { one }).collect();
    let plain = plain.trim_matches(|one: char| one.is_whitespace() || one == '\'');
    let plain = if plain.is_empty() { "rows" } else { plain };
    let name = shortened(plain, LONGEST_NAME);
    if !taken(&name) {
        return (title.to_owned(), name);
    }
    let numbered = (2..).map(|number: u32| {
        let end = format!(" ({number})");
        shortened(plain, LONGEST_NAME - end.len()) + &end
    });
    let name = numbered.into_iter().find(|name| !taken(name)).expect("there are more numbers than sheets");
    (title.to_owned(), name)
}

fn shortened(text: &str, most: usize) -> String {
    let mut units = 0;
    let kept = text.chars().take_while(|one| {
        units += one.len_utf16();
        units <= most
    });
    kept.collect::<String>().trim_end_matches(|one: char| one.is_whitespace() || one == '\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Sheet {
        let name = name.to_owned();
        Sheet { title: name.clone(), name, columns: Vec::new(), rows: 0, cut: 0, notes: Vec::new(), index: 0 }
    }

    #[test]
    fn names_of_sheets_fit_and_differ() {
        for (title, expected) in [
            ("user-access", "user-access"),
            ("a/b [c]: d?*\\", "a b  c   d"),
            ("'quoted'", "quoted"),
            ("", "rows"),
            ("about", "about (2)"),
            ("history", "history (2)"),
            ("services-allowed-unused-by-anybody", "services-allowed-unused-by-anyb"),
        ] {
            assert_eq!(free_name(title, &[]), (title.to_owned(), expected.to_owned()));
        }
        let others = [named("User-Access"), named("user-access (2)")];
        assert_eq!(free_name("user-access", &others).1, "user-access (3)");
        let long = "x".repeat(40);
        let others = [named(&"x".repeat(31))];
        assert_eq!(free_name(&long, &others).1, format!("{} (2)", "x".repeat(27)));
    }
}
