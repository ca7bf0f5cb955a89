//! The description of an answer in its file: the snapshot that answered, and its gaps.

/// The description that a workbook contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The title, which also names the sheet of a single answer.
    pub title: String,
    /// The time of the snapshot that answered, RFC 3339. It becomes the workbook's own time.
    pub created_at: String,
    /// Names and values, such as the organization's id.
    pub facts: Vec<(String, String)>,
    /// The tables that follow, such as the gaps.
    pub sections: Vec<Section>,
}

/// A small table with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows, each with as many values as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl About {
    /// The name of the sheet with the description.
    pub const SHEET: &str = "About";

    /// Adds a fact.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.facts.push((name.into(), value.into()));
    }
}
