//! The examples in README.md and `docs/` equal the program's output.

use std::fs::read_to_string;

use orgcensus::model::{RESOURCES, ResourceGroup};

use crate::fixture;
use crate::published::nights;

/// Returns the arguments and the output of the console block with this command.
fn shown(command: &str) -> (Vec<String>, String) {
    let readme = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let begin = format!("```console\n$ orgcensus {command}");
    let (_, block) = readme.split_once(&begin).unwrap_or_else(|| panic!("README shows no {command}"));
    let (rest, block) = block.split_once('\n').unwrap();
    let (output, _) = block.split_once("```").unwrap();
    let line = format!("{command}{rest}");
    (line.split_whitespace().map(str::to_owned).collect(), output.to_owned())
}

#[test]
fn the_worked_example_is_real() {
    let (arguments, output) = shown("diff 2026-Q2 2026-Q3");
    let sandbox = fixture::empty();
    nights::publish(&sandbox.path("quarter.db"));
    let ran = sandbox.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.data(), output);
    assert_eq!(ran.stderr, "", "both dates are the last nights of their quarters");
}

/// The statement by week in `docs/concepts.md` equals the sums over the paths themselves.
#[test]
fn access_by_week_is_what_its_paths_add_up_to() {
    let page = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/concepts.md")).unwrap();
    let statements = page.split("```sql\n").skip(1).filter_map(|block| Some(block.split_once("```")?.0));
    let [by_week] = statements
        .filter(|sql| sql.contains("access_change_causes"))
        .collect::<Vec<_>>()
        .try_into()
        .expect("the page has one such statement");
    let by_path =
        by_week.replace("access_change_causes", "access_changes").replace("users * assignments", "users");
    assert!(by_path.contains("sum(users)"), "{by_path}");
    let sandbox = fixture::empty();
    nights::publish(&sandbox.path("orgcensus.db"));
    let [by_week, by_path] = [by_week, &by_path].map(|sql| sandbox.run(&["query", sql]).data().to_owned());
    assert_eq!(by_week, by_path);
    assert!(by_week.lines().count() > 2, "{by_week}");
}

/// Returns the table of resources in `docs/resources.md`.
fn table_of_resources() -> String {
    let mut table = "| group | table | what it holds |\n| --- | --- | --- |\n".to_owned();
    for group in ResourceGroup::ALL {
        for spec in RESOURCES.iter().filter(|spec| spec.group == group) {
            table.push_str(&format!("| `{}` | `{}` | {} |\n", group.as_str(), spec.name, spec.description));
        }
    }
    table
}

#[test]
fn every_resource_is_in_the_table() {
    let page = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/resources.md")).unwrap();
    let from = page.find("| group |").unwrap();
    let table: String =
        page[from..].lines().take_while(|line| line.starts_with('|')).flat_map(|line| [line, "\n"]).collect();
    let expected = table_of_resources();
    assert!(table == expected, "the table of docs/resources.md is:\n{expected}");
}
