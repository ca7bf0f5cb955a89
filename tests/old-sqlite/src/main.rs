//! Reads a copy of a census with an old SQLite, and holds every row of every table and view against what orgcensus
//! itself answers: `old-sqlite ORGCENSUS COPY`.

use std::process::Command;

use rusqlite::{Connection, OpenFlags, NO_PARAMS};

/// A view that orgcensus refuses to read in full. One snapshot of it is compared, which every copy has.
const TOO_LARGE: &str = "effective_access_by_snapshot";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, copy] = arguments.as_slice() else { panic!("usage: old-sqlite ORGCENSUS COPY") };
    assert_eq!(rusqlite::version(), "3.31.1");
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let strings = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let rows = statement.query_map(NO_PARAMS, |row| row.get(0)).unwrap();
        rows.map(|row| row.unwrap_or_else(|error| panic!("{sql}: {error}"))).collect()
    };
    assert_eq!(strings("PRAGMA integrity_check"), ["ok"]);
    let names = strings("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name");
    let mut rows = 0;
    for name in &names {
        let columns = strings(&format!("SELECT '\"' || name || '\"' FROM pragma_table_info('{name}')"));
        // A blob has no JSON, and hexadecimal digits need no quotes in CSV.
        let values: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let of_one = if name == TOO_LARGE { " WHERE snapshot_id = 2" } else { "" };
        let sql = format!("SELECT hex({}) AS row FROM \"{name}\"{of_one}", values.join(" || ',' || "));
        let mut found = strings(&sql);
        let ran =
            Command::new(program).args(["query", &sql, "--db", copy, "--format", "csv"]).output().unwrap();
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let answer = String::from_utf8(ran.stdout).unwrap();
        let mut expected: Vec<&str> = answer.lines().skip(1).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
        rows += found.len();
    }
    assert!(names.len() > 60 && rows > 1000, "{} tables and views with {rows} rows", names.len());
    println!("SQLite {} reads {copy}: {} tables and views, {rows} rows", rusqlite::version(), names.len());
}
