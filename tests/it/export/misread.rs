//! An export that would be misread is refused, with the intended command.

use crate::fixture;

#[test]
fn what_would_be_misread_is_refused() {
    let sandbox = fixture::fuller_census();
    let refused = |arguments: &[&str], exit: i32, said: &str| {
        let ran = sandbox.run(&[&["export"], arguments].concat());
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(exit), ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    };
    refused(&["teraform"], 2, "did you mean terraform?");
    assert!(!sandbox.path("teraform").exists());
    // A single user with expanded groups would read as no user.
    let of_person = ["assignments-csv", "--expand-groups", "--user", "ana"];
    refused(&of_person, 2, "query user-access ana lists all that the user can reach");
    let direct = sandbox.run(&["export", "assignments-csv", "--user", "ana"]);
    assert!(direct.stderr.contains("for access through groups: "), "{}", direct.stderr);
    // A folder of another mask does not count as that of another organization.
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key.txt"]).exit, Some(0));
    assert_eq!(sandbox.run(&["export", "./teraform"]).exit, Some(0));
    refused(&["./teraform", "--mask", "key.txt"], 1, "have different masks");
    assert_eq!(sandbox.run(&["export", "shared", "--mask", "key.txt"]).exit, Some(0));
    refused(&["shared"], 1, "have different masks");
}

/// Options that a form passes over would be believed.
#[test]
fn what_would_be_passed_over_is_refused() {
    let sandbox = fixture::fuller_census();
    std::fs::write(sandbox.path("file"), "mine").unwrap();
    let api = ["identity-center-extensions", "sent", "--form", "api"];
    for (arguments, said) in [
        (&["lake", "--output", "x"][..], "--output x is for an answer, and these are tables"),
        (&["lake", "--format", "csv"], "--format does not apply to export"),
        (&["lake", "--force"], "--force is for a file that is there already"),
        (&["--flat", "x.db", "--force", "--output", "y"], "--output y is for an answer"),
        (&["terraform", "tf", "--force"], "--force does not apply to export terraform"),
        (&["cloudformation", "cf", "--output", "x"], "--output does not apply"),
        (&[&api[..], &["--at", "2", "--since", "4"]].concat(), "snapshot 4, which is newer than snapshot 2"),
        (&["assignments-csv", "people.json"], "people.json is named like json, and the form is csv"),
        (&["xlsx", "people.csv"], "people.csv is named like csv, and the form is xlsx"),
        (&["file"], "file is a file, not a folder"),
        (&["terraform", "file"], "file is a file, not a folder"),
    ] {
        let ran = sandbox.run(&[&["export"], arguments].concat());
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said) && ran.stderr.contains("hint: "), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["file", "orgcensus.db"]);
}

#[test]
fn an_unknown_tag_is_told() {
    let sandbox = fixture::fuller_census();
    for words in [&["lake"][..], &["--flat", "flat.db"], &["--ddl", "duckdb"]] {
        let ran = sandbox.run(&[&["export"], words, &["--tag-column", "Enviroment=environment"]].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let note = "note: no account was seen with a tag Enviroment, so the column environment is empty";
        assert!(ran.stderr.contains(note), "{}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn an_empty_folder_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = fixture::fuller_census();
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::create_dir(sandbox.path("open")).unwrap();
    std::fs::set_permissions(sandbox.path("open"), std::fs::Permissions::from_mode(0o750)).unwrap();
    for name in ["open", "new"] {
        assert_eq!(sandbox.run(&["export", "terraform", name]).exit, Some(0));
    }
    assert_eq!((mode("open"), mode("new")), (0o750, 0o700));
}

/// Nothing can be made in an account that the organization does not have.
#[test]
fn accounts_that_left_are_told() {
    let sandbox = fixture::census();
    let census = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    let account: String = census
        .query_row("SELECT account_id FROM account_assignments_versions WHERE valid_to IS NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    census.execute("UPDATE accounts_versions SET valid_to = 4 WHERE account_id = ?", [&account]).unwrap();
    for (form, file) in [("terraform", "skipped.csv"), ("cloudformation", "skipped.csv")] {
        let ran = sandbox.run(&["export", form, form]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let skipped = std::fs::read_to_string(sandbox.path(form).join(file)).unwrap();
        let line = skipped.lines().find(|line| line.contains(&account)).unwrap();
        assert!(line.ends_with("the account was not seen in the organization"), "{line}");
    }
}

#[test]
fn datasette_is_told_what_the_file_has() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["export", "--flat", "flat.db", "--datasette", "metadata.json"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let told = std::fs::read_to_string(sandbox.path("metadata.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let flat = rusqlite::Connection::open(sandbox.path("flat.db")).unwrap();
    let queries = told["databases"]["flat"]["queries"].as_object().unwrap();
    for (name, query) in queries {
        flat.prepare(query["sql"].as_str().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(queries.len() > 40, "{}", queries.len());
    let again = sandbox.run(&["export", "--flat", "flat2.db", "--datasette", "metadata.json"]);
    assert_eq!(again.exit, Some(2), "an existing file needs --force: {}", again.stderr);
}
