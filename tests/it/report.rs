//! `report`: the page's relations are the census's access, gaps are told, and what is refused leaves no file.
//!
//! `tests/page` opens pages in a real browser.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use orgcensus::report::{Limits, Page, Report, ReportRequest};
use orgcensus::store::Census;
use serde_json::Value;

use crate::export;
use crate::fixture::{self, Sandbox};

/// A path of access: user, account, permission set, group.
type Path = (String, String, String, Option<String>);

fn page(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(&[&["report", "--force", "page.html"], arguments].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    fs::read_to_string(sandbox.path("page.html")).unwrap()
}

fn relations(page: &str) -> Value {
    let (_, json) = page.split_once("<script type=\"application/json\" id=\"relations\">").unwrap();
    serde_json::from_str(json.split_once("</script>").unwrap().0).unwrap()
}

/// Joins the relations as the page's script does.
fn joined(relations: &Value) -> BTreeSet<Path> {
    let place = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let id = |kind: &str, at: usize| relations[kind][at][0].as_str().unwrap().to_owned();
    let exists = |person: usize| relations["people"][person][5] == 0;
    let (assignments, members) = (&relations["assignments"], &relations["members"]);
    let column = |table: &Value, name: &str| -> Vec<usize> {
        table[name].as_array().unwrap().iter().map(place).collect()
    };
    let (account, set) = (column(assignments, "account"), column(assignments, "set"));
    let (is_group, principal) = (column(assignments, "group"), column(assignments, "principal"));
    let (group, person) = (column(members, "group"), column(members, "person"));
    let mut found = BTreeSet::new();
    for row in 0..account.len() {
        let mut add = |person: usize, group: Option<usize>| {
            if exists(person) {
                let group = group.map(|group| id("groups", group));
                found.insert((
                    id("people", person),
                    id("accounts", account[row]),
                    id("sets", set[row]),
                    group,
                ));
            }
        };
        if is_group[row] == 0 {
            add(principal[row], None);
            continue;
        }
        for member in (0..group.len()).filter(|member| group[*member] == principal[row]) {
            add(person[member], Some(principal[row]));
        }
    }
    found
}

fn access(sandbox: &Sandbox, at: &str) -> BTreeSet<Path> {
    let sql = "SELECT user_id, account_id, permission_set_arn, group_id FROM effective_access";
    let ran = sandbox.run(&["query", sql, "--format", "json", "--at", at]);
    let rows: Vec<Value> = serde_json::from_str(ran.data()).unwrap();
    let text = |row: &Value, column: &str| row[column].as_str().map(ToOwned::to_owned);
    rows.iter()
        .map(|row| {
            let of = |column| text(row, column).unwrap();
            (of("user_id"), of("account_id"), of("permission_set_arn"), text(row, "group_id"))
        })
        .collect()
}

/// A page of snapshot 2, compared with the first, that may have no more than this; and the warnings.
fn limited(sandbox: &Sandbox, limits: Limits) -> (Page, Vec<String>) {
    let mut census = Census::open(&sandbox.path("orgcensus.db")).unwrap();
    let mut snapshots = census.snapshots().unwrap().into_iter();
    let (baseline, at) = (snapshots.next(), snapshots.next().unwrap());
    let request = ReportRequest { at, baseline, narrowed: None, production: None, mask: None, limits };
    let (report, warnings) = Report::read(&mut census, request, false).unwrap();
    (report.page(&[]), warnings)
}

/// The text of every file in the folder.
fn sources(folder: &std::path::Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() })
        .collect()
}

#[test]
fn joins_to_effective_access_at_every_snapshot() {
    let sandbox = fixture::fuller_census();
    for at in ["1", "2", "3", "4"] {
        let expected = access(&sandbox, at);
        assert!(!expected.is_empty());
        assert_eq!(joined(&relations(&page(&sandbox, &["--at", at]))), expected, "{at}");
    }
}

#[test]
fn is_private_and_loads_nothing() {
    let sandbox = fixture::census();
    let page = page(&sandbox, &[]);
    assert_eq!(fs::metadata(sandbox.path("page.html")).unwrap().permissions().mode() & 0o777, 0o600);
    let (head, _) = page.split_once("</head>").unwrap();
    let policy = head.split_once("<head>").unwrap().1;
    assert!(
        policy.starts_with("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
    );
    for word in ["noindex", "no-referrer"] {
        assert!(head.contains(word), "{word}");
    }
    for word in [" src=", " style=", " onclick=", "href=\"http", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_gap_is_told_first_and_counts_are_at_least() {
    let sandbox = fixture::census();
    let complete = page(&sandbox, &["--at", "2"]);
    assert!(complete.contains("✓ Complete") && !complete.contains("INCOMPLETE"));
    let partial = page(&sandbox, &["--at", "3"]);
    let (strip, sentences) = partial.split_once("<main").unwrap();
    assert!(strip.contains("INCOMPLETE") && strip.contains("group_memberships"));
    let (sentences, _) = sentences.split_once("</section>").unwrap();
    assert_eq!(sentences.matches("≥ ").count(), 4, "{sentences}");
    assert!(sentences.contains("not collected"));
    let gaps = &relations(&partial)["gaps"];
    assert_eq!(gaps, &serde_json::json!([["Membership", {"group": "g-devs"}]]));
}

#[test]
fn an_incomplete_snapshot_is_refused_where_asked() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["report", "--at", "3", "--require-complete", "page.html"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("group_memberships"), "{}", ran.stderr);
    assert_eq!(sandbox.files(), ["orgcensus.db"]);
    // A gap of the snapshot before is none of this one.
    for at in ["2", "4"] {
        let ran = sandbox.run(&["report", "--force", "--at", at, "--require-complete", "page.html"]);
        assert_eq!(ran.exit, Some(0), "{at} {}", ran.stderr);
    }
}

#[test]
fn narrowed_it_has_nothing_of_other_accounts() {
    let sandbox = fixture::fuller_census();
    for (arguments, accounts) in [
        (&["--account", "prod"][..], &["222222222222"][..]),
        (&["--ou", "/Production"], &["222222222222", "333333333333"]),
        (
            &["--ou", "/Production", "--account", "555555555555"],
            &["222222222222", "333333333333", "555555555555"],
        ),
    ] {
        let relations = relations(&page(&sandbox, &[&["--at", "2"], arguments].concat()));
        let expected: BTreeSet<Path> = access(&sandbox, "2")
            .into_iter()
            .filter(|(_, account, ..)| accounts.contains(&account.as_str()))
            .collect();
        assert_eq!(joined(&relations), expected, "{arguments:?}");
        let named: BTreeSet<&str> =
            relations["accounts"].as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect();
        assert_eq!(named, accounts.iter().copied().collect(), "{arguments:?}");
    }
}

#[test]
fn masked_it_has_no_text_of_the_organization() {
    let sandbox = fixture::fuller_census();
    assert_eq!(sandbox.run(&["export", "--new-mask-key", "key"]).exit, Some(0));
    let plain = page(&sandbox, &["--at", "3", "--since", "1", "--production", "Production"]);
    let masked =
        page(&sandbox, &["--at", "3", "--since", "1", "--production", "Production", "--mask", "key"]);
    let texts = export::masked::texts(&sandbox);
    let has = |page: &str, text: &str| page.contains(text);
    // The page's own words, which some names are too.
    let own = sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src/report").as_ref());
    let found: Vec<&String> = texts.iter().filter(|text| has(&masked, text) && !has(&own, text)).collect();
    assert!(texts.iter().filter(|text| has(&plain, text)).count() > 20);
    assert_eq!(found, Vec::<&String>::new());
    let (plain, masked) = (relations(&plain), relations(&masked));
    assert_eq!(joined(&plain).len(), joined(&masked).len());
}

#[test]
fn one_page_for_each_ou() {
    let sandbox = fixture::fuller_census();
    let ran = sandbox.run(&["report", "--split", "ou", "--at", "2", "page.html"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let files = sandbox.files();
    let mut of_parts = BTreeSet::new();
    for file in files.iter().filter(|file| file.starts_with("page.") && *file != "page.html") {
        of_parts.extend(joined(&relations(&fs::read_to_string(sandbox.path(file)).unwrap())));
    }
    assert_eq!(of_parts, access(&sandbox, "2"));
    // Nothing is overwritten unasked, and then nothing is written.
    fs::remove_file(sandbox.path("page.html")).unwrap();
    assert_eq!(sandbox.run(&["report", "--split", "ou", "--at", "2", "page.html"]).exit, Some(2));
    assert!(!sandbox.path("page.html").exists());
}

#[test]
fn what_is_wrong_is_named_and_leaves_no_file() {
    let sandbox = fixture::census();
    for (arguments, words) in [
        (&["--ou", "Prodution", "page.html"][..], "did you mean"),
        (&["--account", "prood", "page.html"], "did you mean"),
        (&["--production", "Env=prod", "page.html"], "unknown is not absent"),
        (&["--at", "2", "--since", "3", "page.html"], "not before"),
        (&["--mask", "nowhere", "page.html"], "--new-mask-key"),
        (&["-"], "needs a file"),
        (&["orgcensus.db"], "a page is HTML"),
        (&["--split", "accounts", "page.html"], "ou"),
        (&[], "FILE"),
    ] {
        let ran = sandbox.run(&[&["report"], arguments].concat());
        assert!(matches!(ran.exit, Some(1 | 2)), "{arguments:?} {ran:?}");
        assert!(ran.stderr.contains(words), "{arguments:?} {}", ran.stderr);
        assert!(
            ran.stderr.contains("hint:") || arguments.is_empty() || arguments[0] == "--split",
            "{}",
            ran.stderr
        );
        assert_eq!(sandbox.files(), ["orgcensus.db"], "{arguments:?}");
    }
}

#[test]
fn the_first_snapshot_has_nothing_to_compare_with() {
    let sandbox = fixture::census();
    let page = page(&sandbox, &["--at", "1"]);
    assert!(page.contains("no earlier snapshot") && !page.contains("No change of access was seen"));
}

#[test]
fn without_relations_the_first_screen_is_whole() {
    let sandbox = fixture::fuller_census();
    let (whole, _) = limited(&sandbox, Limits::default());
    assert_eq!(whole.too_large, None);
    let size = whole.html.split_once("id=\"relations\">").unwrap().1.split_once("</script>").unwrap().0.len();
    // At the limit it is whole, and one byte above it is not.
    let (largest, _) = limited(&sandbox, Limits { bytes: size, ..Limits::default() });
    assert_eq!(largest.html, whole.html);
    let (page, _) = limited(&sandbox, Limits { bytes: size - 1, ..Limits::default() });
    assert_eq!(page.too_large, Some(size));
    assert!(!page.html.contains("<script") && !page.html.contains("id=\"search\""));
    assert!(page.html.contains("--split ou") && page.html.contains("too many paths for one page"));
    // Numbers, changes, the matrix and what was seen are those of the whole page, without links to rows.
    let text = |html: &str, id: &str| {
        let section = html.split_once(&format!("<section id=\"{id}\"")).unwrap().1;
        let section = section.split_once("</section>").unwrap().0;
        section.split('<').skip(1).filter_map(|tag| Some(tag.split_once('>')?.1)).collect::<String>()
    };
    for id in ["sentences", "changes", "matrix", "completeness", "method"] {
        assert!(!text(&page.html, id).is_empty());
        assert_eq!(text(&page.html, id), text(&whole.html, id), "{id}");
    }
    let links = page.html.matches("href=\"#").count();
    assert_eq!(page.html.matches("href=\"#table").count() + page.html.matches("href=\"#person").count(), 0);
    assert!(links > 0);
}

#[test]
fn too_many_changes_are_not_told_as_none() {
    let sandbox = fixture::fuller_census();
    let (whole, _) = limited(&sandbox, Limits::default());
    assert!(whole.html.contains("by cause</h2>"));
    let (page, warnings) = limited(&sandbox, Limits { changes: 0, ..Limits::default() });
    let changes =
        page.html.split_once("<section id=\"changes\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(changes.contains("More than 0 changes of access") && changes.contains("--since"), "{changes}");
    assert!(!changes.contains("No change of access was seen") && !changes.contains("<li"), "{changes}");
    assert!(warnings.iter().any(|warning| warning.contains("more than 0 changes of access")), "{warnings:?}");
    // Everything else is as it was.
    let after = |html: &str| html.split_once("<section id=\"matrix\"").unwrap().1.to_owned();
    assert_eq!(after(&page.html), after(&whole.html));
}

#[test]
fn no_element_has_an_attribute_twice() {
    let sandbox = fixture::fuller_census();
    let page = page(&sandbox, &["--at", "3", "--since", "1"]);
    let (html, _) = page.split_once("<script").unwrap();
    assert!(html.contains("class=\"count shade"));
    for tag in html.split('<').filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
        for attribute in [" class=\"", " href=\"", " id=\""] {
            assert!(tag.matches(attribute).count() < 2, "<{tag}>");
        }
    }
}

/// The program that opens a file as the desktop does.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

#[test]
fn open_gives_the_page_to_the_desktop() {
    let sandbox = fixture::census();
    // Reading the pipe waits for the opener, which outlives the program.
    let (folder, pipe) = (sandbox.path("bin"), sandbox.path("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(&folder).unwrap();
    let opener = folder.join(OPENER);
    fs::write(&opener, format!("#!/bin/sh\nprintf '%s' \"$*\" > '{}'\n", pipe.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(&["report", "--open", "-page.html"]);
    // A name that begins as an option does is a file's all the same.
    command.args(["--db", "orgcensus.db"]).env("PATH", &folder);
    let ran = sandbox.ran(command.output().unwrap());
    assert!(ran.exit == Some(2) && ran.stderr.contains("-p"), "{ran:?}");
    let mut command = sandbox.command(&["report", "--open", "--", "-page.html"]);
    command.env("PATH", &folder);
    let ran = sandbox.ran(command.output().unwrap());
    assert!(ran.exit == Some(0) && !ran.stderr.contains("cannot open"), "{ran:?}");
    let opened = fs::read_to_string(&pipe).unwrap();
    assert_eq!(opened, fs::canonicalize(sandbox.path("-page.html")).unwrap().display().to_string());
}

#[test]
fn a_missing_opener_is_a_note() {
    let sandbox = fixture::census();
    fs::create_dir(sandbox.path("bin")).unwrap();
    let mut command = sandbox.command(&["report", "--open", "page.html"]);
    command.env("PATH", sandbox.path("bin"));
    let ran = sandbox.ran(command.output().unwrap());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let note = ran.stderr.lines().find(|line| line.contains(OPENER)).unwrap();
    assert!(note.starts_with("note: cannot open ") && note.contains("page.html"), "{note}");
    assert!(fs::read_to_string(sandbox.path("page.html")).unwrap().ends_with("</html>"));
}

#[test]
fn production_is_every_reading_of_a_tag() {
    let sandbox = fixture::fuller_census();
    // In `a=b=c`, the key is `a` or `a=b`: each reading has an account of its own.
    let database = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    let tag = |account: &str, key: &str, value: &str| {
        let sql = "INSERT INTO tags_versions (resource_type, resource_id, key, value, valid_from)
                   VALUES ('account', ?1, ?2, ?3, 1)";
        database.execute(sql, (account, key, value)).unwrap();
    };
    tag("222222222222", "a", "b=c");
    tag("333333333333", "a=b", "c");
    tag("444444444444", "a", "b");
    let relations = relations(&page(&sandbox, &["--at", "2", "--production", "a=b=c"]));
    let accounts = relations["accounts"].as_array().unwrap();
    let production: BTreeSet<&str> =
        accounts.iter().filter(|one| one[5] == 1).map(|one| one[0].as_str().unwrap()).collect();
    assert_eq!(production, BTreeSet::from(["222222222222", "333333333333"]));
}
