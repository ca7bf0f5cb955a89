//! The documentation fits the program: its links lead somewhere, and its reference pages are what the program says.
//!
//! `ORGCENSUS_WRITE_DOCS=1 cargo test --test it docs::` writes the reference pages anew.

use std::collections::BTreeSet;
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};

use crate::fixture::{Sandbox, census, empty};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the project.
fn pages() -> Vec<PathBuf> {
    let mut folders = vec![root().to_owned()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let is_others = name.starts_with("target") || name == "node_modules" || name == ".git";
            if path.is_dir() && !is_others {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The lines of a page that are not inside a fenced block.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fence && !is_fenced
    })
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter_map(|line| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| title.trim().to_lowercase())
    });
    let kept = |letter: &char| letter.is_alphanumeric() || "-_ ".contains(*letter);
    headings.map(|title| title.chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// The targets of a page's links.
fn links(page: &str) -> Vec<String> {
    let without_code: String =
        prose(page).map(|line| line.split('`').step_by(2).collect::<Vec<_>>().join("code") + "\n").collect();
    let targets = without_code.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.map(str::to_owned).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for page in pages() {
        let text = read_to_string(&page).unwrap();
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if !anchor.is_empty() {
                let anchors = anchors(&read_to_string(&target).unwrap());
                assert!(anchors.contains(anchor), "{}: {link} is none of {anchors:?}", page.display());
            }
        }
    }
    assert!(count > 50, "{count} links");
}

/// Every page of `docs/` can be found from its index.
#[test]
fn the_index_has_every_page() {
    let index = read_to_string(root().join("docs/README.md")).unwrap();
    let linked: BTreeSet<String> = links(&index).into_iter().collect();
    let mut pages: BTreeSet<String> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "README.md")
        .collect();
    pages.retain(|page| !linked.contains(page));
    assert!(pages.is_empty(), "docs/README.md has no link to {pages:?}");
}

/// The worked example of a question in CONTRIBUTING.md is one that the program takes.
#[test]
fn the_example_of_a_question_is_answered() {
    let page = read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, section) = page.split_once("## Add a question\n").unwrap();
    let (_, block) = section.split_once("```sql\n").unwrap();
    let (query, _) = block.split_once("```").unwrap();
    let sandbox = census();
    std::fs::create_dir(sandbox.path("own")).unwrap();
    write(sandbox.path("own/lonely-groups.sql"), query).unwrap();
    let ran = sandbox.run(&["query", "--queries", "own", "lonely-groups", "--format", "jsonl"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let by_hand = "SELECT display_name AS group_name, group_id FROM groups WHERE group_id NOT IN (SELECT group_id FROM group_memberships) ORDER BY 1, 2";
    assert_eq!(ran.data(), sandbox.run(&["query", by_hand, "--format", "jsonl"]).data());
    assert!(!ran.data().is_empty());
}

/// A generated page is what the program says now.
fn assert_generated(page: &str, expected: &str) {
    let path = root().join(page);
    if std::env::var_os("ORGCENSUS_WRITE_DOCS").is_some() {
        write(&path, expected).unwrap();
    }
    let is_same = read_to_string(&path).is_ok_and(|text| text == expected);
    assert!(is_same, "{page} is out of date: ORGCENSUS_WRITE_DOCS=1 cargo test --test it docs::");
}

/// A part of a help page: its heading, and its options or lines.
struct Section {
    heading: String,
    blocks: Vec<String>,
}

/// The sections of a help page; the first has no heading.
fn sections(help: &str) -> Vec<Section> {
    let mut sections = vec![Section { heading: String::new(), blocks: Vec::new() }];
    for line in help.lines() {
        let is_heading = line.ends_with(':') && !line.starts_with(' ');
        if is_heading {
            sections.push(Section { heading: line.to_owned(), blocks: Vec::new() });
            continue;
        }
        let section = sections.last_mut().expect("there is one from the beginning");
        let begins =
            line.trim_start().starts_with('-') && line.starts_with("  ") && !line.starts_with("         ");
        if begins || section.blocks.is_empty() {
            section.blocks.push(String::new());
        }
        let block = section.blocks.last_mut().expect("pushed above");
        block.push_str(line.trim_end());
        block.push('\n');
    }
    sections
}

/// The help of a command, without the options that `common` has just the same.
fn help_without(help: &str, common: &[Section]) -> String {
    let is_common = |block: &str| {
        let is_option = block.trim_start().starts_with('-');
        let blocks = || common.iter().flat_map(|section| &section.blocks);
        is_option && blocks().any(|other| other.trim() == block.trim())
    };
    let mut text = String::new();
    for section in sections(help) {
        let blocks: Vec<&String> = section.blocks.iter().filter(|block| !is_common(block)).collect();
        if blocks.iter().any(|block| !block.trim().is_empty()) {
            text.push_str(&section.heading);
            text.push('\n');
            blocks.iter().for_each(|block| text.push_str(block));
        }
    }
    text.trim().to_owned()
}

fn help(sandbox: &Sandbox, command: &[&str]) -> String {
    let ran = sandbox.run(&[command, &["--help"]].concat());
    assert_eq!(ran.exit, Some(0), "{command:?}: {}", ran.stderr);
    ran.stdout
}

/// The commands that a help page lists.
pub fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = rows.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

fn add_commands(page: &mut String, sandbox: &Sandbox, command: &[&str], common: &[Section]) {
    let help = help(sandbox, command);
    page.push_str(&format!(
        "\n## orgcensus {}\n\n```text\n{}\n```\n",
        command.join(" "),
        help_without(&help, common)
    ));
    for name in subcommands(&help) {
        add_commands(page, sandbox, &[command, &[name.as_str()]].concat(), common);
    }
}

#[test]
fn the_command_line_is_in_the_reference() {
    let sandbox = empty();
    let top = help(&sandbox, &[]);
    let mut page = format!(
        "# Command line\n\n<!-- Written by tests/it/docs.rs. -->\n\nThe help of every command. Options that several commands share are described \
         once, in the first block; `orgcensus COMMAND --help` shows those that a command takes.\n\n```text\n{}\n```\n",
        top.trim()
    );
    let common = sections(&top);
    let names = subcommands(&top);
    assert!(names.len() > 10, "{names:?}");
    for name in &names {
        add_commands(&mut page, &sandbox, &[name], &common);
    }
    assert_generated("docs/cli.md", &page);
}

/// The views that each resource has, which have its columns.
const OF_EACH_RESOURCE: [&str; 4] = ["_versions", "_history", "_by_snapshot", "_changes"];

#[test]
fn the_tables_are_in_the_reference() {
    let sandbox = census();
    let ran = sandbox.run(&["schema", "--all", "--format", "markdown"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let mut parts = ran.stdout.split("\n## ");
    let mut page = format!(
        "{}\n<!-- Written by tests/it/docs.rs. -->\n\nEach resource has three more views with its columns: `NAME_history` (every version, with its \
         bounds), `NAME_by_snapshot` and `NAME_changes`: see [concepts](concepts.md). `orgcensus schema --all` describes these too.\n",
        parts.next().unwrap()
    );
    let mut tables = 0;
    for part in parts {
        let name = part.lines().next().unwrap();
        let is_derived = OF_EACH_RESOURCE.iter().any(|suffix| {
            name.strip_suffix(suffix).is_some_and(|name| ran.stdout.contains(&format!("\n## {name}\n")))
        });
        let is_access = name.starts_with("effective_access") || name.starts_with("privileged");
        if !is_derived || is_access {
            tables += 1;
            page.push_str(&format!("\n## {}\n", part.trim()));
        }
    }
    assert!(tables > 40, "{tables}");
    assert_generated("docs/schema.md", &page);
}
