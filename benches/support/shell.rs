//! Imports the same rows with the `sqlite3` shell, to compare with a publish.
//!
//! There is one table per resource, with the resource's columns and its primary key, declared in the obvious way
//! (`CREATE TABLE users ("user_id" TEXT NOT NULL, …, PRIMARY KEY ("user_id"))`), and no further index. The CSV is
//! ordered by the key, which is the best case for an import. The import uses one transaction, with the journal, cache
//! and disk synchronization of a publish, and the journal is written back into the file at the end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use orgcensus::model::RESOURCES;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// The input of the import: CSV files, and the script that imports them.
pub struct Import {
    folder: PathBuf,
    script: String,
}

impl Import {
    /// Writes every row of a staging file as CSV into `folder`. Returns `None` if there is no shell, and the number of
    /// rows.
    pub fn of(staging: &Path, folder: &Path) -> (Option<Self>, usize) {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).expect("a folder can be made");
        let staging = Connection::open_with_flags(staging, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let staging = staging.expect("the staging can be read");
        let mut script = String::from(
            "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\nPRAGMA cache_size = -65536;\nBEGIN;\n",
        );
        let mut rows = 0;
        for spec in RESOURCES {
            let columns = columns(&staging, spec.name);
            let declared: Vec<String> =
                columns.iter().map(|(name, declared)| format!("\"{name}\" {declared}")).collect();
            let key: Vec<String> = spec.key.iter().map(|column| format!("\"{column}\"")).collect();
            script += &format!(
                "CREATE TABLE \"{name}\" ({}, PRIMARY KEY ({}));\n.import --csv {name}.csv {name}\n",
                declared.join(", "),
                key.join(", "),
                name = spec.name,
            );
            rows += write_csv(&staging, spec.name, &columns, &folder.join(format!("{}.csv", spec.name)));
        }
        script += "COMMIT;\nPRAGMA wal_checkpoint(TRUNCATE);\n";
        let shell = Command::new("sqlite3").arg("-version").stdout(Stdio::null()).status();
        let import = Self { folder: folder.to_owned(), script };
        (shell.is_ok_and(|status| status.success()).then_some(import), rows)
    }

    /// Imports into a new file. Returns the duration, the processor time and the file's size.
    pub fn run(&self) -> (Duration, Duration, u64) {
        let file = self.folder.join("imported.db");
        let _ = std::fs::remove_file(&file);
        let (wall, processor) = (Instant::now(), of_children());
        let mut child = Command::new("sqlite3")
            .args(["-batch", "-bail", "imported.db"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the shell runs");
        let mut input = child.stdin.take().expect("it was piped");
        input.write_all(self.script.as_bytes()).expect("the shell reads the script");
        drop(input);
        assert!(child.wait().expect("the shell ends").success(), "the import failed");
        (wall.elapsed(), of_children() - processor, std::fs::metadata(&file).map_or(0, |file| file.len()))
    }
}

/// Returns a resource's columns and their declarations, without the two columns of the staging itself.
fn columns(staging: &Connection, resource: &str) -> Vec<(String, String)> {
    let sql = "SELECT name, type || iif(\"notnull\", ' NOT NULL', '') FROM pragma_table_info(?1)
               WHERE name NOT IN ('task_id', 'whole') ORDER BY cid";
    let mut statement = staging.prepare(sql).expect("the pragma is known");
    let columns = statement.query_map([resource], |row| Ok((row.get(0)?, row.get(1)?)));
    columns.and_then(Iterator::collect).expect("the columns can be read")
}

fn write_csv(staging: &Connection, resource: &str, columns: &[(String, String)], path: &Path) -> usize {
    let mut csv = csv::Writer::from_path(path).expect("the CSV can be written");
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let sql = format!("SELECT {} FROM \"{resource}\"", names.join(", "));
    let mut statement = staging.prepare(&sql).expect("the rows can be read");
    let mut rows = statement.query([]).expect("the rows can be read");
    let mut written = 0;
    while let Some(row) = rows.next().expect("the rows can be read") {
        for column in 0..columns.len() {
            match row.get_ref(column).expect("the column is there") {
                ValueRef::Text(text) => csv.write_field(text),
                ValueRef::Integer(number) => csv.write_field(number.to_string()),
                _ => csv.write_field(""),
            }
            .expect("the CSV can be written");
        }
        csv.write_record(None::<&[u8]>).expect("the CSV can be written");
        written += 1;
    }
    csv.flush().expect("the CSV can be written");
    written
}

/// Returns the processor time of ended child processes, in ticks of 10 ms; zero if the system does not report it.
fn of_children() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
