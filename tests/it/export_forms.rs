//! The forms of `export` for other programs, on the fixture's census. `tests/interchange` reads them with those
//! programs.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::fixture::{self, Sandbox};

fn read(sandbox: &Sandbox, path: &str) -> String {
    std::fs::read_to_string(sandbox.path(path)).unwrap()
}

#[test]
fn assignments_as_rows() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["export", "assignments-csv"]);
    assert!(
        ran.data().lines().count() > 5
            && ran.data().split_terminator("\r\n").count() == ran.data().lines().count()
    );
    assert_snapshot!("assignments_csv", ran.all().replace('\r', ""));
    let people = ["export", "assignments-csv", "--expand-groups", "--with-ids", "--at", "3"];
    assert_snapshot!("assignments_csv_of_people", sandbox.run(&people).all().replace('\r', ""));
}

#[test]
fn assignments_as_an_object() {
    let sandbox = fixture::census();
    assert_snapshot!("assignments_json", sandbox.run(&["export", "assignments-json"]).all());
    let one =
        sandbox.run(&["export", "assignments-json", "--account", "prod", "--with-ids", "--expand-groups"]);
    assert_snapshot!("assignments_json_of_people", one.all());
}

/// The snapshot lacks the members of a group, so an export that must be complete writes nothing.
#[test]
fn only_all_of_it_will_do() {
    let sandbox = fixture::census();
    let asked = ["export", "assignments-csv", "people.csv", "--expand-groups", "--require-complete", "--at"];
    let ran = sandbox.run(&[&asked[..], &["3"]].concat());
    assert_eq!((ran.exit, sandbox.path("people.csv").exists()), (Some(4), false), "{}", ran.stderr);
    assert!(ran.stderr.contains("group_memberships (denied, 1 gap)"), "{}", ran.stderr);
    assert_eq!(sandbox.run(&[&asked[..], &["4"]].concat()).exit, Some(0));
}

#[test]
fn resources_of_terraform() {
    let sandbox = fixture::fuller_census();
    let ran = sandbox.run(&["export", "terraform", "tf"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_snapshot!("terraform_sets", read(&sandbox, "tf/permission_sets.tf"));
    let assignments = read(&sandbox, "tf/assignments_0001.tf");
    let [resources, imports] = ["resource \"", "import {"].map(|block| assignments.matches(block).count());
    assert_eq!((resources, imports), (11, 11));
    // The account left the organization.
    let skipped = read(&sandbox, "tf/skipped.csv");
    assert!(skipped.contains("777777777777 ReadOnly USER u-sam2,the account was not seen"), "{skipped}");
    assert!(assignments.contains("\n  id = \"u-carl,USER,222222222222,AWS_ACCOUNT,"), "{assignments}");
    let mode = std::fs::metadata(sandbox.path("tf/versions.tf")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// The tags were not collected, and a set without its tags is not complete.
#[test]
fn a_set_of_which_something_was_not_seen_is_left_out() {
    let sandbox = fixture::census();
    for form in [&["terraform"][..], &["cloudformation"], &["identity-center-extensions", "--form", "s3"]] {
        let ran = sandbox.run(&[&["export"], form, &[form[0]]].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("permission sets: 0, "), "{}", ran.stderr);
        assert!(ran.stderr.contains("skipped.csv lists what was left out"), "{}", ran.stderr);
        let skipped = read(&sandbox, &format!("{}/skipped.csv", form[0]));
        assert_eq!(skipped.matches(",its tags were not seen").count(), 3, "{skipped}");
    }
}

#[test]
fn what_the_extensions_take() {
    let sandbox = fixture::fuller_census();
    let ran = sandbox.run(&["export", "identity-center-extensions", "out", "--form", "api"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_snapshot!(
        "extensions_api",
        format!("{}--- skipped\n{}", read(&sandbox, "out/api.jsonl"), read(&sandbox, "out/skipped.csv"))
    );
}

#[test]
fn folders_are_new_and_files_are_named_once() {
    let sandbox = fixture::census();
    std::fs::write(sandbox.path("file"), "kept").unwrap();
    std::fs::create_dir(sandbox.path("full")).unwrap();
    std::fs::write(sandbox.path("full/kept"), "kept").unwrap();
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    for (folder, exit) in [("file", 2), ("full", 2), ("nowhere/new", 1), ("empty", 0)] {
        let ran = sandbox.run(&["export", "terraform", folder]);
        assert_eq!(ran.exit, Some(exit), "{folder}: {}", ran.stderr);
        assert!(
            exit == 0 || ran.stderr.contains("hint: ") || ran.stderr.contains("caused by: "),
            "{}",
            ran.stderr
        );
    }
    assert_eq!((read(&sandbox, "file"), read(&sandbox, "full/kept")), ("kept".to_owned(), "kept".to_owned()));
    let twice = sandbox.run(&["export", "assignments-csv", "a.csv", "--output", "b.csv"]);
    assert!(twice.refusal().starts_with("error: two files are named"), "{}", twice.stderr);
    assert_eq!(sandbox.files(), ["empty", "file", "full", "orgcensus.db"]);
    let unknown = sandbox.run(&["export", "terraform", "tf", "--account", "nowhere"]);
    assert_eq!((unknown.exit, sandbox.path("tf").exists()), (Some(2), false));
}

#[test]
fn several_queries_in_a_workbook() {
    let sandbox = fixture::census();
    for (arguments, exit) in [
        (&["export", "xlsx", "all.xlsx"][..], 0),
        (&["export", "xlsx", "all.xlsx"], 2),
        (&["export", "xlsx", "all.xlsx", "--force", "--query", "unassigned-sets"], 0),
        (&["export", "xlsx", "one.xlsx", "--query", "user-access"], 2),
        (&["export", "xlsx", "one.xlsx", "--query", "no-such"], 2),
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.exit, Some(exit), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["all.xlsx", "orgcensus.db"]);
}
