//! The output on a terminal: no control sequence and no invisible character, from any command and in any format.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use orgcensus::store::Database;
use rustix::fs::OFlags;
use rustix::pty::{self, OpenptFlags};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;

use crate::fixture::{self, Sandbox};

/// Every kind of character that is escaped.
const EVIL: &str = "a\u{1b}[31m\u{9b}2J\u{7f}\u{202e}\u{2066}\u{61c}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{85}\u{2028}\tb\r\nerror: forged";

/// Returns a census in which every text that people of an organization can write is [`EVIL`].
fn evil() -> Sandbox {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let connection = database.connection();
    for (table, columns) in [
        ("users_versions", &["user_name", "display_name", "primary_email", "title"][..]),
        ("groups_versions", &["display_name", "description"]),
        ("accounts_versions", &["name", "email"]),
        ("organizational_units_versions", &["name"]),
        ("permission_sets_versions", &["name", "description"]),
        ("permission_set_policies_versions", &["policy_name"]),
        ("gaps", &["error_message"]),
        ("snapshots", &["label"]),
        ("coverage", &["reason"]),
    ] {
        for column in columns {
            let sql = format!("UPDATE {table} SET {column} = {column} || ?1 WHERE {column} IS NOT NULL");
            connection.execute(&sql, [EVIL]).unwrap();
        }
    }
    let suspect = "UPDATE snapshots SET suspect = ?1 WHERE snapshot_id = 4";
    connection.execute(suspect, [EVIL]).unwrap();
    sandbox
}

/// Runs the binary with a terminal of this many columns as its standard output and error, and without a pager.
fn on_terminal(sandbox: &Sandbox, columns: u16, arguments: &[&str]) -> (Option<i32>, String) {
    with_pager(sandbox, (50, columns), arguments, &[("PAGER", "cat")])
}

/// Does the same with a terminal of this many rows and columns, and with variables that choose a pager.
fn with_pager(
    sandbox: &Sandbox,
    (rows, columns): (u16, u16),
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Option<i32>, String) {
    shown(sandbox, (rows, columns), arguments, variables, true)
}

/// Returns the answer alone on a terminal of this many columns, without the messages.
pub fn answer_on_terminal(sandbox: &Sandbox, columns: u16, arguments: &[&str]) -> (Option<i32>, String) {
    shown(sandbox, (50, columns), arguments, &[("PAGER", "cat")], false)
}

fn shown(
    sandbox: &Sandbox,
    (rows, columns): (u16, u16),
    arguments: &[&str],
    variables: &[(&str, &str)],
    with_words: bool,
) -> (Option<i32>, String) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let master = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&master).unwrap();
    pty::unlockpt(&master).unwrap();
    tcsetwinsize(&master, size).unwrap();
    let name = pty::ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(name)
        .unwrap();
    let mut master = File::from(master);
    let mut command = sandbox.command(arguments);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().copied())
        .stdout(Stdio::from(slave.try_clone().unwrap()))
        .stderr(if with_words { Stdio::from(slave.try_clone().unwrap()) } else { Stdio::null() });
    // Reading ends once no process has the other end open.
    drop(slave);
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut shown = Vec::new();
    let _ = master.read_to_end(&mut shown);
    let shown = String::from_utf8(shown).unwrap().replace("\r\n", "\n");
    (child.wait().unwrap().code(), shown)
}

#[test]
fn a_workbook_is_refused() {
    let (exit, shown) = on_terminal(&fixture::census(), 80, &["query", "users", "--format", "xlsx"]);
    assert_eq!(exit, Some(2));
    assert!(shown.contains("error: a workbook cannot be written to a terminal\n"), "{shown}");
    assert!(!shown.contains("PK"), "{shown}");
}

#[test]
fn a_long_answer_is_paged_and_no_other() {
    let sandbox = fixture::census();
    let pager = sandbox.path("pager");
    std::fs::write(&pager, "#!/bin/sh\necho \"PAGED $* $LESS\"\nexec cat\n").unwrap();
    std::fs::set_permissions(&pager, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let own = format!("{} -a", pager.display());
    let rows = |number: u32| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {number}) SELECT i FROM n"
        )
    };
    let shown = |number: u32, arguments: &[&str], variables: &[(&str, &str)]| {
        let question = rows(number);
        let (exit, shown) =
            with_pager(&sandbox, (20, 80), &[&["query", question.as_str()], arguments].concat(), variables);
        assert_eq!(exit, Some(0), "{shown}");
        let is_whole =
            shown.lines().filter(|line| line.trim().parse::<u32>().is_ok()).count() == number as usize;
        (shown.contains("PAGED -a FRX"), is_whole, shown)
    };
    let is = |(paged, whole, shown): (bool, bool, String), expected: (bool, bool)| {
        assert_eq!((paged, whole), expected, "{shown}");
        shown
    };
    let by = |name: &'static str| [(name, own.as_str())];
    let long = is(shown(60, &[], &by("PAGER")), (true, true));
    assert!(long.ends_with("60 rows\n"), "what is said afterwards waits for the pager: {long}");
    is(shown(5, &[], &by("PAGER")), (false, true));
    is(shown(60, &["--no-pager"], &by("PAGER")), (false, true));
    is(shown(60, &[], &by("ORGCENSUS_PAGER")), (true, true));
    is(shown(60, &[], &[("ORGCENSUS_PAGER", ""), ("PAGER", &own)]), (false, true));
    is(shown(60, &[], &[("ORGCENSUS_PAGER", "cat"), ("PAGER", &own)]), (false, true));
    is(shown(60, &[], &[("TERM", "dumb"), ("PAGER", &own)]), (false, true));
    is(shown(60, &["--output", "x.csv"], &by("PAGER")), (false, false));
    is(shown(60, &["--format", "jsonl", "--limit", "3"], &by("PAGER")), (false, false));

    // A pager that cannot be started is reported, and no output is lost.
    let missing = is(shown(60, &[], &[("PAGER", "/nowhere/pager")]), (false, true));
    assert!(missing.contains("warning: cannot start the pager /nowhere/pager: "), "{missing}");
    assert!(
        !is(shown(60, &[], &[("PATH", "/nowhere")]), (false, true)).contains("warning"),
        "nobody chose less"
    );
    // A pager that is left early is not an error.
    let (exit, early) = with_pager(
        &sandbox,
        (20, 80),
        &["query", &rows(200_000), "--format", "csv"],
        &[("PAGER", "head -n 3")],
    );
    assert_eq!(exit, Some(0), "{early}");
    assert!(!early.contains("error") && early.lines().count() < 10, "{early}");
    let changes = with_pager(&sandbox, (4, 80), &["diff", "1", "4", "--exit-code"], &[("PAGER", "true")]);
    assert_eq!(changes.0, Some(3), "{}", changes.1);
    // Only a terminal has a pager.
    let mut piped = sandbox.command(&["query", &rows(60)]);
    let piped = sandbox.ran(piped.env("PAGER", &own).output().unwrap());
    assert!(!piped.stdout.contains("PAGED"), "{}", piped.stdout);
}

#[test]
fn a_database_is_not_shown_on_a_terminal() {
    let sandbox = fixture::census();
    for name in ["-", "/dev/stdout"] {
        let (exit, shown) = on_terminal(&sandbox, 120, &["snapshots", "copy", name]);
        assert_eq!(exit, Some(2));
        assert!(shown.starts_with("error: a copy cannot be written to a terminal\nhint: "), "{shown}");
        assert!(shown.contains("snapshots copy - | gzip > FILE.gz"), "{shown}");
    }
}

#[test]
fn an_answer_ends_with_the_number_of_its_rows() {
    let sandbox = fixture::census();
    let shown = |arguments: &[&str]| on_terminal(&sandbox, 80, &[&["query"], arguments].concat()).1;
    let users = "SELECT user_name FROM users ORDER BY 1";
    let all = shown(&[users]);
    let rows: usize = all
        .trim_end()
        .rsplit('\n')
        .next()
        .and_then(|line| line.strip_suffix(" rows"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(rows > 2, "{all}");
    assert!(
        shown(&[users, "--limit", "1"])
            .ends_with("\nthe first row; there are more, which --limit leaves out\n")
    );
    let limit = rows.to_string();
    assert!(shown(&[users, "--limit", &limit]).ends_with(&format!("\n{rows} rows\n")), "no row is left out");
    // A reader is told about omitted rows, and gets only the rows.
    let piped = sandbox.run(&["query", users, "--limit", "2"]);
    assert_eq!(piped.data().lines().count(), 3);
    assert!(
        piped.stderr.ends_with("the first 2 rows; there are more, which --limit leaves out\n"),
        "{}",
        piped.stderr
    );
    assert!(!sandbox.run(&["query", users]).stderr.contains("rows"));
}

#[test]
fn an_answer_is_laid_out_as_it_is_asked_for() {
    let sandbox = fixture::census();
    let shown = |arguments: &[&str]| {
        on_terminal(&sandbox, 60, &[&["query", "user-access", "ana"], arguments].concat())
    };
    let (_, narrow) = shown(&[]);
    let said = narrow.replace("\n  ", " ");
    assert!(said.contains("columns left out: ") && said.contains("-x or --wide"), "{narrow}");
    let (_, wide) = shown(&["--wide"]);
    assert!(!wide.contains("left out") && wide.lines().any(|line| line.chars().count() > 60), "{wide}");
    let (_, vertical) = shown(&["-x"]);
    assert!(
        vertical.contains("\npermission_set_name  ") && vertical.contains("\n\naccount_name "),
        "{vertical}"
    );
    let of_two = ["--columns", "permission_set_name,account_name"];
    let csv = sandbox.run(&[&["query", "user-access", "ana"], of_two.as_slice()].concat());
    assert!(csv.data().starts_with("permission_set_name,account_name\n"), "{}", csv.stdout);
    let (exit, refused) = shown(&["--columns", "permission_set"]);
    assert_eq!(exit, Some(2));
    let refused = refused.replace("\n  ", " ");
    assert!(refused.contains("did you mean permission_set_arn or permission_set_name?"), "{refused}");
    for both in
        [["-x", "--format=csv"], ["-x", "--wide"], ["--limit=1", "--evidence"], ["--limit=0", "--quiet"]]
    {
        assert_eq!(shown(&both).0, Some(2), "{both:?}");
    }
}

#[test]
fn a_person_reads_short_times_and_a_program_whole_ones() {
    let sandbox = fixture::census();
    let sql = "SELECT taken_at FROM snapshots ORDER BY snapshot_id LIMIT 1";
    let (_, shown) = on_terminal(&sandbox, 80, &["query", sql]);
    assert!(shown.contains("\n2026-01-10 02:00\n"), "{shown}");
    for format in ["csv", "json", "table"] {
        let data = sandbox.run(&["query", sql, "--format", format]);
        assert!(data.data().contains("2026-01-10T02:00:00Z"), "{format}: {}", data.stdout);
    }
}

#[track_caller]
fn assert_shown(arguments: &[&str], shown: &str) {
    let hidden = |one: char| one != '\n' && EVIL.contains(one) && !matches!(one, ' '..='~');
    assert!(!shown.contains(hidden), "{arguments:?}: {shown:?}");
    let forged = shown.lines().find(|line| line.starts_with("error: forged"));
    assert_eq!(forged, None, "{arguments:?}: {shown}");
}

#[test]
fn no_command_lets_a_name_through() {
    let sandbox = evil();
    let name = format!("ana{EVIL}");
    let (label, upper) = (format!("label {EVIL}"), name.to_uppercase());
    let column = format!("SELECT 1 AS \"{EVIL}\", user_name FROM users");
    let commands: Vec<Vec<&str>> = vec![
        vec![],
        vec!["query", "user-access", &name],
        vec!["query", "user-access", &upper],
        vec!["query", "account-access", "prod\u{1b}"],
        vec!["query", &column],
        vec!["query", EVIL],
        vec!["query", "SELECT 1 FROM \u{1b}[2J\u{202e}x"],
        vec!["query", "SELECT \u{9b}x\nFROM users"],
        vec!["query", "user-access", "-p", EVIL],
        vec!["query", "user-access", "ana", "--at", EVIL],
        vec!["query", "SELECT user_id FROM users WHERE 0", "--at", &label],
        vec!["history", &name],
        vec!["history", EVIL],
        vec!["history", "u-ana"],
        vec!["history", "222222222222", "-v"],
        vec!["diff", "1", "4"],
        vec!["diff", "1", "4", "--by", "user"],
        vec!["diff", "1", "4", "--steps"],
        vec!["diff", "1", "4", "--user", EVIL],
        vec!["diff", "1", "4", "--tag", "a=\u{1b}"],
        vec!["diff", "1", "4", "--resource", EVIL],
        vec!["diff", "1", "4", "--user", &name, "-v"],
        vec!["snapshots"],
        vec!["snapshots", "show", "3"],
        vec!["snapshots", "show", "4", "--evidence"],
        vec!["schema", EVIL],
        vec!["snapshots", "copy", "x\u{1b}/y.db"],
        vec!["--db", "\u{1b}[2Jx.db", "query", "--list"],
        vec!["--db", "\u{1b}[2Jx.db"],
        vec!["query", "SELECT 1", "--output", "\u{9b}/x.csv"],
        vec!["query", "SELECT 1", "--format", EVIL],
        vec!["--bogus\u{1b}\nerror: forged"],
    ];
    for arguments in &commands {
        let (_, shown) = on_terminal(&sandbox, 200, &[&arguments[..], &["--color", "never"]].concat());
        assert_shown(arguments, &shown);
        assert!(!shown.is_empty(), "{arguments:?}");
    }
    for question in [
        &["query", "user-access", &name][..],
        &["query", &column],
        &["query", "permission-set-policies"],
        &["diff", "1", "4"],
        &["diff", "1", "4", "--steps"],
        &["history", "u-eve"],
        &["snapshots"],
        &["snapshots", "show", "3"],
        &["snapshots", "show", "4", "--evidence"],
        &["schema"],
    ] {
        for format in ["table", "csv", "json", "jsonl", "markdown"] {
            for columns in [40, 200] {
                let arguments = [question, &["--quiet", "--format", format]].concat();
                let (_, shown) = on_terminal(&sandbox, columns, &arguments);
                assert_shown(&arguments, &shown);
            }
        }
        let (_, shown) = on_terminal(&sandbox, 120, &[question, &["--csv-for", "excel"]].concat());
        assert_shown(question, &shown);
    }
}

#[test]
fn colour_is_ours_alone() {
    let sandbox = evil();
    for arguments in [&["diff", "1", "4", "--color", "always"][..], &["history", EVIL, "--color", "always"]] {
        let (_, shown) = on_terminal(&sandbox, 200, arguments);
        let mut plain = shown.clone();
        for code in ["0", "1", "2", "31", "32", "33", "35", "1;31", "1;33", "1;36"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_ne!(plain, shown);
        assert_shown(arguments, &plain);
    }
}

#[test]
fn json_is_the_same_on_a_terminal() {
    let sandbox = evil();
    for question in [
        &["query", "SELECT * FROM users", "--at", "2"][..],
        &["diff", "1", "2"],
        &["diff", "1", "3", "--steps"],
        &["snapshots", "show", "2", "--evidence"],
        &["history", "u-eve", "--at", "2"],
    ] {
        let arguments = [question, &["--quiet", "--format", "json"]].concat();
        let (exit, shown) = on_terminal(&sandbox, 80, &arguments);
        assert_eq!(exit, Some(0), "{shown}");
        let piped = sandbox.run(&arguments).stdout;
        let [shown, piped]: [Value; 2] = [&shown, &piped].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(shown, piped, "{question:?}");
    }
}

#[test]
fn in_files_data_stay_exact() {
    let sandbox = evil();
    let sql = "SELECT display_name FROM users WHERE user_id = 'u-ana'";
    let name = format!("Ana Núñez{EVIL}");
    let json: Value = serde_json::from_str(sandbox.run(&["query", sql, "--format", "json"]).data()).unwrap();
    assert_eq!(json[0]["display_name"], *name);
    let raw = sandbox.run(&["query", sql, "--format", "csv"]);
    assert!(raw.data().contains(&name), "{}", raw.stdout);
    sandbox.run(&["query", sql, "--output", "ana.jsonl"]).data();
    let line: Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path("ana.jsonl")).unwrap()).unwrap();
    assert_eq!(line["display_name"], *name);
}

#[test]
fn two_names_never_look_the_same() {
    let sandbox = fixture::census();
    for (one, other) in [
        ("char(97, 0x200b, 98)", "'ab'"),
        ("char(97, 0x200b, 98)", "'a\\u{200b}b'"),
        ("char(97, 0x61c, 98)", "char(97, 98)"),
        ("'a '", "'a'"),
        ("char(97, 10, 98)", "'a\\nb'"),
        ("char(97, 0xa0, 98)", "'a b'"),
        ("char(97, 0xfe0f)", "'a'"),
        ("char(97, 0x3164)", "'a'"),
    ] {
        for format in ["table", "markdown", "csv", "json"] {
            let shown = |value: &str| {
                let sql = format!("SELECT {value} AS name");
                on_terminal(&sandbox, 80, &["query", &sql, "--format", format, "--quiet"]).1
            };
            assert_ne!(shown(one), shown(other), "{one} and {other} as {format}");
        }
    }
}

#[test]
fn a_narrow_terminal_breaks_no_id() {
    let sandbox = fixture::census();
    let sql = "SELECT account_id, permission_set_arn, principal_type, principal_id FROM account_assignments";
    for columns in [20, 40, 80] {
        let (_, shown) = on_terminal(&sandbox, columns, &["query", sql]);
        assert!(shown.contains("111111111111"), "{shown}");
        let arns = shown.matches("arn:aws:sso").count();
        assert_eq!(arns, shown.matches("arn:aws:sso:::permissionSet/ssoins-1/ps-").count(), "{shown}");
    }
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10001)
                SELECT i, i * i AS square, 'user-' || i AS name FROM n";
    for columns in [20, 80] {
        let (_, shown) = on_terminal(&sandbox, columns, &["query", long, "--format", "table"]);
        assert!(shown.lines().any(|line| line.contains("10000") && line.contains("100000000")), "{columns}");
    }
    let piped = sandbox.run(&["query", long, "--format", "table"]);
    let last = piped.data().lines().last().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(last, ["10001", "100020001", "user-10001"]);
}
