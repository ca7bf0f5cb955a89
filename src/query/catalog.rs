//! The canned queries: every file of `queries/`, embedded in the program.
//!
//! Adding a query is adding a file; a test runs each of them.

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::header::{Header, Parameter};
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/queries");

/// A question that the census answers by name.
#[derive(Debug)]
pub struct CannedQuery {
    /// The file's name without `.sql`.
    pub name: &'static str,
    /// Title, description and parameters, from the file's leading comments.
    pub header: Header,
    /// The whole file, header included.
    pub sql: &'static str,
}

impl CannedQuery {
    /// What it takes, in capitals, with what may be left out in brackets; empty where it takes nothing.
    pub fn takes(&self) -> String {
        let shown = |parameter: &Parameter| match (parameter.name.to_uppercase(), &parameter.default) {
            (name, Some(_)) => format!("[{name}]"),
            (name, None) => name,
        };
        self.header.parameters.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// How to call it: the name and what it takes.
    pub fn usage(&self) -> String {
        format!("{} {}", self.name, self.takes()).trim_end().to_owned()
    }
}

/// Every canned query, by name.
pub fn catalog() -> &'static [CannedQuery] {
    static CATALOG: OnceLock<Vec<CannedQuery>> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let mut queries: Vec<CannedQuery> = FILES.files().filter_map(canned_query).collect();
        queries.sort_by_key(|query| query.name);
        queries
    })
}

/// The canned query of this name, ignoring case.
pub fn find(name: &str) -> Result<&'static CannedQuery> {
    if let Some(query) = catalog().iter().find(|query| query.name.eq_ignore_ascii_case(name)) {
        return Ok(query);
    }
    Err(Error::unknown(format!("there is no query {name:?}"))
        .hint_if_any(did_you_mean(name, catalog().iter().map(|query| query.name)))
        .hint("orgcensus query --list shows the queries")
        .hint(format!(
            "SQL is one argument with white space in it: quote it, e.g. {}",
            invocation::command("query 'SELECT …'")
        )))
}

fn canned_query(file: &'static include_dir::File<'static>) -> Option<CannedQuery> {
    let path = file.path();
    if path.extension()? != "sql" {
        return None;
    }
    let sql = file.contents_utf8()?;
    let header = Header::parse(sql).expect("a test parses the header of every file in queries/");
    Some(CannedQuery { name: path.file_stem()?.to_str()?, header, sql })
}
