//! Queries of the user's own, in a folder.

use std::fs;
use std::os::unix::fs::symlink;

use crate::fixture::{self, Ran, Sandbox};

const GOOD: &str = "-- title: Accounts whose name has a text\n-- description: One row per account.\n\
    -- family: organization\n-- param text (text) = prod: part of the name\n\
    SELECT account_id FROM accounts WHERE name LIKE '%' || :text || '%' ORDER BY account_id\n";

/// Returns a census beside a folder `own` with these files.
fn with(files: &[(&str, &[u8])]) -> Sandbox {
    let sandbox = fixture::census();
    fs::create_dir(sandbox.path("own")).unwrap();
    for (name, text) in files {
        fs::write(sandbox.path("own").join(name), text).unwrap();
    }
    sandbox
}

fn ask(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run(&[&["query", "--queries", "own"], arguments].concat())
}

#[test]
fn join_the_catalog() {
    let sandbox = with(&[("mine.sql", GOOD.as_bytes()), (".mine.sql", b"x"), ("notes.txt", b"x")]);
    assert_eq!(ask(&sandbox, &["mine"]).data(), "account_id\n222222222222\n");
    assert_eq!(ask(&sandbox, &["MINE", "twin"]).data(), "account_id\n555555555555\n666666666666\n");
    assert_eq!(ask(&sandbox, &["mine", "-p", "text=twin"]), ask(&sandbox, &["mine", "twin"]));
    assert_eq!(ask(&sandbox, &["mine", "--during", "1..4", "twin"]).exit, Some(0));
    assert_eq!(ask(&sandbox, &["--show", "mine"]).data(), GOOD);
    let list = ask(&sandbox, &["--list", "--family", "organization", "--format", "table"]);
    assert!(
        list.data().contains("\n  mine [TEXT]                   Accounts whose name has a text\n"),
        "{list:?}"
    );
    let missing = ask(&sandbox, &["mines"]).refusal();
    assert!(missing.contains("hint: did you mean mine?"), "{missing}");
    let mut command = sandbox.command(&["query", "mine"]);
    let ran = sandbox.ran(command.env("ORGCENSUS_QUERIES", "own").output().unwrap());
    assert_eq!(ran, ask(&sandbox, &["mine"]));
    let mut command = sandbox.command(&["query", "user-groups", "ana"]);
    assert_eq!(sandbox.ran(command.env("ORGCENSUS_QUERIES", "").output().unwrap()).exit, Some(0));
}

#[test]
fn say_what_is_wrong_with_them() {
    let (head, late) =
        ("-- title: T\n-- description: D.\n", format!("{GOOD}-- param late (text): no parameter\n"));
    for (file, text, says) in [
        ("q.sql", &b""[..], "own/q.sql cannot be used, line 1: its header has no title"),
        ("q.sql", b"SELECT 1\n", "own/q.sql cannot be used, line 1: its header has no title"),
        ("q.sql", head.as_bytes(), "own/q.sql cannot be used, line 1: its header has no family"),
        (
            "q.sql",
            &[head.as_bytes(), b"-- family: persn\n"].concat(),
            "own/q.sql cannot be used, line 3: there is no family \"persn\"\nhint: did you mean person?",
        ),
        (
            "q.sql",
            b"-- title: T\n-- param who (person): x\n",
            "own/q.sql cannot be used, line 2: cannot read the parameter \"-- param who (person): x\"",
        ),
        ("q.sql", b"-- descripton: D.\n", "own/q.sql cannot be used, line 1: there is no \"descripton\""),
        ("q.sql", b"\xff\xfe", "own/q.sql cannot be used: it cannot be read\ncaused by: "),
        (
            "q w.sql",
            GOOD.as_bytes(),
            "own/q w.sql cannot be used: a query's name has letters, digits, - and _ only",
        ),
        ("-q.sql", GOOD.as_bytes(), "own/-q.sql cannot be used: a query's name has letters, "),
        (
            "q\u{1b}[2J.sql",
            GOOD.as_bytes(),
            "own/q\\u{1b}[2J.sql cannot be used: a query's name has letters, ",
        ),
        (
            "User-Access.sql",
            late.as_bytes(),
            "own/User-Access.sql cannot be used: User-Access is a query of the program",
        ),
    ] {
        let sandbox = with(&[(file, text)]);
        let refusal = ask(&sandbox, &["--list"]).refusal();
        assert!(refusal.starts_with(&format!("error: {says}")), "{refusal}");
        assert!(refusal.ends_with("exit 2"), "{refusal}");
        // It affects no other query.
        assert_eq!(ask(&sandbox, &["user-groups", "ana"]).exit, Some(0));
    }
    let sandbox = with(&[("user-access.sql", GOOD.as_bytes())]);
    let taken = ask(&sandbox, &["user-access", "ana"]).refusal();
    assert!(
        taken.contains("user-access is a query of the program\nhint: give the file another name"),
        "{taken}"
    );
}

#[test]
fn read_no_pipe_and_no_missing_folder() {
    let sandbox = with(&[]);
    symlink("/dev/zero", sandbox.path("own/zero.sql")).unwrap();
    symlink("nowhere", sandbox.path("own/gone.sql")).unwrap();
    fs::create_dir(sandbox.path("own/folder.sql")).unwrap();
    fs::write(sandbox.path("own/long.sql"), vec![b'-'; 2 << 20]).unwrap();
    for (name, why) in [
        ("zero", "it is not a file"),
        ("gone", "it cannot be read"),
        ("folder", "it is not a file"),
        ("long", "it is longer than 1 MiB"),
    ] {
        let refusal = ask(&sandbox, &[name]).refusal();
        assert!(refusal.starts_with(&format!("error: own/{name}.sql cannot be used: {why}")), "{refusal}");
    }
    let none = sandbox.run(&["query", "--queries", "nowhere", "user-groups", "ana"]).refusal();
    assert!(none.starts_with("error: cannot read the folder of queries nowhere\ncaused by: "), "{none}");
}

#[test]
fn cannot_write_or_be_several() {
    let head = "-- title: T\n-- description: D.\n-- family: use\n";
    for (sql, says) in [
        ("DELETE FROM snapshots", "only statements that read can be run"),
        ("ATTACH 'x.db' AS x", "only statements that read can be run"),
        ("SELECT 1; SELECT 2", "there are several statements"),
        ("", "there is no SQL to run"),
        ("SELECT nme FROM accounts", "no such column: nme"),
        ("SELECT :x AS x", ":x has no value"),
    ] {
        let sandbox = with(&[("q.sql", format!("{head}{sql}").as_bytes())]);
        let refusal = ask(&sandbox, &["q"]).refusal();
        assert!(refusal.starts_with(&format!("error: {says}")), "{refusal}");
    }
}
