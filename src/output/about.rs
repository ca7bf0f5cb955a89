//! What a file with an answer says of the answer: which snapshot it is of, and what that did not see.

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
    /// The name of the sheet that shows it.
    pub const SHEET: &str = "About";

    /// Adds a fact.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.facts.push((name.into(), value.into()));
    }
}
