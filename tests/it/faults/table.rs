//! The table of `docs/faults.md` names the tests that prove it. They exist, in this folder or beside it.

use std::fs::read_to_string;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the tests named by the rows of the table, by row.
fn named() -> Vec<(String, Vec<String>)> {
    let page = read_to_string(root().join("docs/faults.md")).unwrap();
    let rows =
        page.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
            let last = cells.last().expect("a row has cells");
            let tests = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (row.to_owned(), tests)
        })
        .collect()
}

#[test]
fn every_row_names_tests_that_exist() {
    let rows = named();
    assert!(rows.len() > 15, "{rows:?}");
    for (row, tests) in rows {
        assert!(!tests.is_empty(), "no test backs this row: {row}");
        for test in tests {
            let (module, name) = test.rsplit_once("::").unwrap_or_else(|| panic!("`{test}` names no module"));
            let path = module.replace("::", "/");
            let files = [format!("tests/it/faults/{path}.rs"), format!("tests/it/{path}.rs")];
            let source = files.iter().find_map(|file| read_to_string(root().join(file)).ok());
            let source = source.unwrap_or_else(|| panic!("`{test}`: there is none of {files:?}"));
            let is_test = |attribute: &str| source.contains(&format!("{attribute}\nfn {name}() {{"));
            assert!(
                is_test("#[test]") || is_test("#[ignore = \"takes more than a minute\"]"),
                "`{test}` is no test"
            );
        }
    }
}
