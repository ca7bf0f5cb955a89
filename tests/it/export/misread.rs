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
    assert!(direct.stderr.contains("for what comes through groups: "), "{}", direct.stderr);
    // A folder of another mask does not count as that of another organization.
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key.txt"]).exit, Some(0));
    assert_eq!(sandbox.run(&["export", "./teraform"]).exit, Some(0));
    refused(&["./teraform", "--mask", "key.txt"], 1, "with another mask than this");
    assert_eq!(sandbox.run(&["export", "shared", "--mask", "key.txt"]).exit, Some(0));
    refused(&["shared"], 1, "with another mask than this");
}
