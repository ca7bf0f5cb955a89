//! `report`: the page's relations are the census's access, gaps are told, and what is refused leaves no file.
//!
//! `tests/page` opens pages in a real browser.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

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
    assert_eq!(gaps, &serde_json::json!([["Membership", {"group_id": "g-devs"}]]));
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
        (&["orgcensus.db"], "belongs to"),
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
