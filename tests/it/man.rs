//! The manual pages.

use std::collections::BTreeSet;

use crate::docs::subcommands;
use crate::fixture::empty;

#[test]
fn of_the_program_goes_to_standard_output() {
    let ran = empty().run(&["man"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert!(ran.data().contains(".TH orgcensus 1"), "{}", ran.stdout);
    assert!(ran.data().contains("orgcensus\\-query(1)"), "{}", ran.stdout);
}

#[test]
fn each_command_has_one_in_a_folder() {
    let sandbox = empty();
    std::fs::create_dir(sandbox.path("man1")).unwrap();
    let ran = sandbox.run(&["man", "man1"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let pages: BTreeSet<String> = std::fs::read_dir(sandbox.path("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let help = sandbox.run(&["--help"]).stdout;
    let names = subcommands(&help);
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(pages.contains(&format!("orgcensus-{name}.1")), "{name}: {pages:?}");
    }
    assert!(pages.contains("orgcensus-snapshots-prune.1"), "{pages:?}");
    let query = std::fs::read_to_string(sandbox.path("man1/orgcensus-query.1")).unwrap();
    assert!(query.contains("\\-\\-during") && query.contains("Examples"), "{query}");
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let refusal = empty().run(&["man", "nowhere"]);
    assert_eq!(refusal.exit, Some(1));
    assert!(refusal.stderr.contains("error: cannot write manual pages into nowhere"), "{}", refusal.stderr);
    assert!(refusal.stderr.contains("hint: name a folder that exists"), "{}", refusal.stderr);
}
