//! The canned queries: every file of `queries/`, embedded in the program, and those in a folder of the user.
//!
//! A new query is a new file; a test runs each of the program's own queries. A user's file has the same header. It is
//! read when its query is run or listed, so that an error in one file does not affect other queries. It cannot take the
//! name of one of the program's queries, so that such a name means the same for every user.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::header::{Header, Parameter};
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/queries");

/// The extension of a file that holds a query.
const EXTENSION: &str = "sql";

/// The maximum size of a file that is read as a query.
const LONGEST: u64 = 1 << 20;

/// A query that the census answers by name.
#[derive(Debug, Clone)]
pub struct CannedQuery {
    /// The file's name without `.sql`.
    pub name: String,
    /// The title, description, family and parameters, from the file's leading comments.
    pub header: Header,
    /// The whole file, including the header.
    pub sql: String,
}

impl CannedQuery {
    /// Returns the parameters in capitals, optional ones in brackets; empty if there are none.
    pub fn takes(&self) -> String {
        let shown = |parameter: &Parameter| match (parameter.name.to_uppercase(), &parameter.default) {
            (name, Some(_)) => format!("[{name}]"),
            (name, None) => name,
        };
        self.header.parameters.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// Returns the usage: the name and the parameters.
    pub fn usage(&self) -> String {
        format!("{} {}", self.name, self.takes()).trim_end().to_owned()
    }

    /// Returns the words after `orgcensus query` that run the query: its example, or its name if it needs no value.
    pub fn example(&self) -> Option<String> {
        let needs_none = || self.header.parameters.iter().all(|one| one.default.is_some());
        match &self.header.example {
            Some(values) => Some(format!("{} {values}", self.name)),
            None => needs_none().then(|| self.name.clone()),
        }
    }
}

/// Returns every canned query of the program, by name.
pub fn catalog() -> &'static [CannedQuery] {
    static CATALOG: OnceLock<Vec<CannedQuery>> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let mut queries: Vec<CannedQuery> = FILES.files().filter_map(canned_query).collect();
        queries.sort_by(|one, other| one.name.cmp(&other.name));
        queries
    })
}

fn canned_query(file: &'static include_dir::File<'static>) -> Option<CannedQuery> {
    let path = file.path();
    if path.extension()? != EXTENSION {
        return None;
    }
    let sql = file.contents_utf8()?;
    let header = Header::of_file(path, sql).expect("a test parses the header of every file in queries/");
    Some(CannedQuery { name: path.file_stem()?.to_str()?.to_owned(), header, sql: sql.to_owned() })
}

/// The queries that can be run by name: the program's, and those of a folder.
#[derive(Debug, Default)]
pub struct Catalog {
    folder: Option<PathBuf>,
}

impl Catalog {
    /// Adds the queries of the folder, if one is given; an empty path is no folder.
    pub fn with(folder: Option<&Path>) -> Self {
        Self { folder: folder.filter(|path| !path.as_os_str().is_empty()).map(Path::to_owned) }
    }

    /// Reads every query, by name. An unusable file of the folder is an error that names it.
    pub fn all(&self) -> Result<Vec<CannedQuery>> {
        let mut queries = catalog().to_vec();
        for (name, path) in self.files()? {
            queries.push(read(&name, &path)?);
        }
        queries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(queries)
    }

    /// Returns the query of this name, ignoring case.
    pub fn find(&self, name: &str) -> Result<CannedQuery> {
        let is_it = |other: &str| other.eq_ignore_ascii_case(name);
        let files = self.files()?;
        if let Some((name, path)) = files.iter().find(|(other, _)| is_it(other)) {
            return read(name, path);
        }
        if let Some(query) = catalog().iter().find(|query| is_it(&query.name)) {
            return Ok(query.clone());
        }
        let names = catalog().iter().map(|query| &query.name).chain(files.iter().map(|(name, _)| name));
        // sqlite3 and psql list tables by such words.
        let lists_tables = name
            .starts_with(['.', '\\'])
            .then(|| invocation::command("schema") + " lists the tables and views");
        Err(Error::unknown(format!("there is no query {name:?}"))
            .hint_if_any(lists_tables)
            .hint_if_any(did_you_mean(name, names.map(String::as_str)))
            .hint("orgcensus query --list shows the queries")
            .hint(format!(
                "SQL is one argument with white space in it: quote it, e.g. {}",
                invocation::command("query 'SELECT …'")
            )))
    }

    /// Returns the files of the folder by the names of their queries, in order. A file with another extension, or one
    /// that begins with a point as editors' own files do, is no query.
    fn files(&self) -> Result<Vec<(String, PathBuf)>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let failed = |error| {
            Error::usage(format!("cannot read the folder of queries {}", folder.display()))
                .caused_by(error)
                .hint("--queries or ORGCENSUS_QUERIES names a folder with files NAME.sql")
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension().is_some_and(|extension| extension == EXTENSION) && !name.starts_with('.') {
                files.push((name, path));
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Reads a user's query.
fn read(name: &str, path: &Path) -> Result<CannedQuery> {
    let unusable = |why: &str| Error::usage(format!("{} cannot be used: {why}", path.display()));
    let rename = "give the file another name";
    if catalog().iter().any(|query| query.name.eq_ignore_ascii_case(name)) {
        return Err(unusable(&format!("{name} is a query of the program")).hint(rename));
    }
    let is_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '_' | '.');
    if name.starts_with('-') || !name.chars().all(is_name) {
        return Err(unusable("a query's name has letters, digits, - and _ only").hint(rename));
    }
    // Opening a pipe would block for ever.
    let metadata = fs::metadata(path).map_err(|error| unusable("it cannot be read").caused_by(error))?;
    if !metadata.is_file() {
        return Err(unusable("it is not a file"));
    }
    if metadata.len() > LONGEST {
        return Err(unusable("it is longer than 1 MiB"));
    }
    let sql = fs::read_to_string(path).map_err(|error| unusable("it cannot be read").caused_by(error))?;
    // Some editors begin a file with a byte order mark.
    let sql = sql.strip_prefix('\u{feff}').unwrap_or(&sql).to_owned();
    let header = Header::of_file(path, &sql)?;
    Ok(CannedQuery { name: name.to_owned(), header, sql })
}
