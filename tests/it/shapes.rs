//! The shapes of the output: formats, files, and the characters that never reach a terminal.
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::fixture;

const AWKWARD: &str =
    "SELECT user_name, display_name, primary_email, 7 AS seven, 0.5 AS half, x'00ff' AS blob,
    '' AS empty, 'a|b<c' AS pipe, 'x,y' AS seven FROM users WHERE user_id = 'u-eve'";

#[test]
fn awkward_values_in_every_format() {
    let sandbox = fixture::census();
    for format in ["table", "csv", "json", "jsonl", "markdown"] {
        let ran = sandbox.run(&["query", AWKWARD, "--format", format]);
        // A snapshot file contains the escape character unchanged.
        assert_snapshot!(format!("awkward_{format}"), ran.data().replace('\u{1b}', "<ESC>"));
        if matches!(format, "table" | "markdown") {
            assert!(!ran.stdout.contains('\u{1b}'), "{format}");
        }
        if matches!(format, "json" | "jsonl") {
            let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let row = if format == "json" { &value[0] } else { &value };
            assert_eq!(row["display_name"], "\u{1b}[31mEve\nsecond line");
            assert_eq!(row["primary_email"], serde_json::Value::Null);
            assert_eq!(row["seven_2"], "x,y");
        }
        if format == "csv" {
            let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(&row[0], "=cmd|' /C calc'!A0");
            assert_eq!(&row[1], "\u{1b}[31mEve\nsecond line");
        }
    }
}

#[test]
fn no_rows_are_an_empty_answer_in_every_format() {
    let sandbox = fixture::census();
    let empty = |format| {
        let ran = sandbox.run(&["query", "SELECT user_id, title FROM users WHERE 0", "--format", format]);
        ran.data().to_owned()
    };
    assert_eq!(empty("csv"), "user_id,title\n");
    assert_eq!(empty("json"), "[]\n");
    assert_eq!(empty("jsonl"), "");
    assert_eq!(empty("markdown"), "| user_id | title |\n| --- | --- |\n");
    assert!(empty("table").starts_with("user_id"));
}

#[test]
fn a_file_is_whole_private_and_of_the_kind_that_its_name_says() {
    let sandbox = fixture::census();
    let sql = "SELECT user_id FROM users WHERE user_id = 'u-ana'";
    assert_eq!(sandbox.run(&["query", sql, "--output", "one.json"]).data(), "");
    assert_eq!(std::fs::read_to_string(sandbox.path("one.json")).unwrap(), "[\n{\"user_id\":\"u-ana\"}\n]\n");
    let mode = std::fs::metadata(sandbox.path("one.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    sandbox.run(&["query", sql, "--output", "one.json", "--format", "csv", "--force"]).data();
    assert_eq!(std::fs::read_to_string(sandbox.path("one.json")).unwrap(), "user_id\nu-ana\n");
    assert_eq!(sandbox.files(), ["one.json", "orgcensus.db"]);
    assert_eq!(sandbox.run(&["query", sql, "--output", "-"]).data(), "user_id\nu-ana\n");
    assert_eq!(sandbox.run(&["query", sql, "--output", "/dev/null"]).data(), "");
}

#[test]
fn a_million_rows_stream_and_a_reader_may_leave() {
    use std::io::Read;
    use std::process::Stdio;
    let sandbox = fixture::census();
    let sql =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) SELECT i FROM n";
    for format in ["csv", "json", "jsonl", "markdown", "table"] {
        let mut command = sandbox.command(&["query", sql, "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut beginning = [0; 4096];
        stdout.read_exact(&mut beginning).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{format}: {stderr}");
    }
}

#[test]
fn a_spreadsheet_gets_a_file_of_its_own() {
    let sandbox = fixture::census();
    let sql = "SELECT '=1+1' AS \"=a\", '+1' AS b, '-1' AS c, '@x' AS d, char(9) || 'x' AS e, char(13) AS f,
        char(10) AS g, -5 AS h, 'plain, é' AS i, NULL AS j";
    let run = |more: &[&str]| sandbox.run(&[&["query", sql, "--force"], more].concat());
    let read = |name: &str| std::fs::read_to_string(sandbox.path(name)).unwrap();
    let excel = run(&["--csv-for", "excel", "--output", "x.csv", "--evidence"]);
    assert!(!excel.stderr.contains("warning"), "{}", excel.stderr);
    assert_eq!(
        read("x.csv"),
        "\u{feff}'=a,b,c,d,e,f,g,h,i,j\r\n'=1+1,'+1,'-1,'@x,'\tx,\"'\r\",\"'\n\",-5,\"plain, é\",\r\n"
    );
    let evidence: serde_json::Value = serde_json::from_str(&read("x.csv.evidence.json")).unwrap();
    assert_eq!(evidence["file"]["csv_for"]["program"], "excel");
    // The bytes of the plain format do not change, and a file with such cells causes one warning.
    let plain = run(&["--output", "plain.csv", "--evidence"]);
    assert_eq!(plain.stderr.matches("warning: ").count(), 1, "{}", plain.stderr);
    assert!(plain.stderr.contains("--csv-for excel"), "{}", plain.stderr);
    assert_eq!(read("plain.csv"), "=a,b,c,d,e,f,g,h,i,j\n=1+1,+1,-1,@x,\tx,\"\r\",\"\n\",-5,\"plain, é\",\n");
    assert!(!read("plain.csv.evidence.json").contains("csv_for"));
    // A pipe is not a file, and a file without such cells is safe.
    assert!(!run(&["--format", "csv"]).stderr.contains("warning"));
    let safe = sandbox.run(&["query", "SELECT 'a' AS a, -1 AS b", "--output", "safe.csv"]);
    assert!(!safe.stderr.contains("warning"), "{}", safe.stderr);
    let mut redirected = sandbox.command(&["query", sql]);
    redirected.stdout(std::fs::File::create(sandbox.path("redirected.csv")).unwrap());
    let redirected = String::from_utf8(redirected.output().unwrap().stderr).unwrap();
    assert!(redirected.contains("--csv-for excel"), "{redirected}");
    for (arguments, exit) in [
        (&["--csv-for", "excel", "--format", "csv"][..], 0),
        (&["--csv-for", "excel"], 0),
        (&["--csv-for", "excel", "--format", "json"], 2),
        (&["--csv-for", "excel", "--output", "x.md"], 2),
        (&["--csv-for", "lotus"], 2),
    ] {
        assert_eq!(run(arguments).exit, Some(exit), "{arguments:?}");
    }
    for command in [&["diff", "1", "2"][..], &["history", "ana"], &["snapshots"], &["schema"]] {
        let ran = sandbox.run(&[command, &["--csv-for", "excel"]].concat());
        assert!(ran.data().starts_with('\u{feff}') && ran.stdout.ends_with("\r\n"), "{command:?}");
    }
    assert_eq!(sandbox.run(&["collect", "--csv-for", "excel"]).exit, Some(2));
}

#[test]
fn markdown_makes_nothing_of_a_cell() {
    let sandbox = fixture::census();
    for (value, cell) in [
        (r#"{"Action":"*","Resource":"*"}"#, r#"{"Action":"\*","Resource":"\*"}"#),
        ("[x](https://a.example)", "`[x](https://a.example)`"),
        ("![x](y)", "!\\[x\\](y)"),
        ("`code`", "\\`code\\`"),
        ("<b>&amp;", "&lt;b>&amp;amp;"),
        ("__init__ ~~x~~", "\\_\\_init\\_\\_ \\~\\~x\\~\\~"),
        ("see www.a.example", "see `www.a.example`"),
        ("@octocat and ana@example.com", "`@octocat` and `ana@example.com`"),
        ("a|b", "a\\|b"),
        ("fixes #12", "fixes `#12`"),
    ] {
        let sql = format!("SELECT '{value}' AS cell");
        let ran = sandbox.run(&["query", &sql, "--format", "markdown"]);
        assert_eq!(ran.data(), format!("| cell |\n| --- |\n| {cell} |\n"), "{value}");
    }
    let header = sandbox.run(&["query", "SELECT 1 AS \"@octocat|*x*\"", "--format", "markdown"]);
    assert!(header.data().starts_with("| `@octocat\\|*x*` |\n"), "{}", header.stdout);
}
