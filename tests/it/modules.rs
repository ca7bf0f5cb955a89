//! Every source file is part of a crate. A file without a `mod` is never compiled, and its tests never run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folders with sources, and the root files of their crates.
const FOLDERS: &[(&str, &[&str])] = &[
    ("src", &["lib.rs", "main.rs", "closed-output/src/lib.rs"]),
    ("tests/it", &["main.rs"]),
    ("tests/lock-calls/src", &["main.rs"]),
    ("tests/old-sqlite/src", &["main.rs"]),
    (
        "benches",
        &[
            "accounts.rs",
            "collecting.rs",
            "comparison.rs",
            "groups.rs",
            "history.rs",
            "publishing.rs",
            "reading.rs",
        ],
    ),
    ("examples", &["simulate.rs", "quarter/main.rs"]),
];

/// Returns every Rust file below a folder.
fn sources(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    found
}

/// Follows every `mod name;` of a file. `owns_folder` is true for a file whose modules are beside it.
fn reach(file: &Path, owns_folder: bool, reached: &mut BTreeSet<PathBuf>) {
    if !reached.insert(file.to_owned()) {
        return;
    }
    let text = std::fs::read_to_string(file).unwrap();
    let beside = file.parent().unwrap();
    let modules = if owns_folder { beside.to_owned() } else { file.with_extension("") };
    let mut path = None;
    for line in text.lines().map(str::trim) {
        if let Some(named) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            path = Some(named);
            continue;
        }
        let Some(name) = module(line) else { continue };
        if let Some(named) = path.take() {
            reach(&beside.join(named).canonicalize().unwrap(), true, reached);
            continue;
        }
        let (file, folder) = (modules.join(format!("{name}.rs")), modules.join(name).join("mod.rs"));
        match file.is_file() {
            true => reach(&file, false, reached),
            false => reach(&folder, true, reached),
        }
    }
}

/// Returns the name in `pub(crate) mod name;`.
fn module(line: &str) -> Option<&str> {
    let (visibility, name) = line.strip_suffix(';')?.split_once("mod ")?;
    let is_whole = visibility.is_empty() || (visibility.starts_with("pub") && visibility.ends_with(' '));
    (is_whole && name.chars().all(|one| one.is_alphanumeric() || one == '_')).then_some(name)
}

/// Returns the files of the folders that belong to no crate.
fn strays(root: &Path) -> Vec<PathBuf> {
    let root = root.canonicalize().unwrap();
    let (mut all, mut reached) = (BTreeSet::new(), BTreeSet::new());
    for (folder, crates) in FOLDERS {
        let folder = root.join(folder);
        if folder.is_dir() {
            all.extend(sources(&folder));
            for begins in *crates {
                reach(&folder.join(begins), true, &mut reached);
            }
        }
    }
    all.difference(&reached).map(|file| file.strip_prefix(&root).unwrap().to_owned()).collect()
}

#[test]
fn every_file_is_named() {
    assert_eq!(strays(Path::new(env!("CARGO_MANIFEST_DIR"))), Vec::<PathBuf>::new());
}

/// The files named by the code map exist, and there are at most two for each question.
#[test]
fn the_code_map_leads_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).unwrap();
    let (_, questions) = map.split_once("| question | files |").unwrap();
    let (questions, _) = questions.split_once("Invariants").unwrap();
    let questions: Vec<&str> = questions.lines().filter(|line| line.contains("? | ")).collect();
    assert_eq!(questions.len(), 5);
    for question in questions {
        let files: Vec<&str> = question.split('`').skip(1).step_by(2).collect();
        assert!((1..=2).contains(&files.len()), "{question}");
        files.iter().for_each(|file| assert!(root.join(file).is_file(), "{file}"));
    }
}

#[test]
fn a_stray_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("src/lib.rs", "mod one;\npub mod two;\n// mod three;\n#[path = \"odd/four.rs\"]\nmod other;\n");
    write("src/main.rs", "");
    write("src/closed-output/src/lib.rs", "");
    write("src/one.rs", "#[cfg(test)]\npub(crate) mod tests;\n");
    write("src/one/tests.rs", "");
    write("src/two/mod.rs", "mod inner;\n");
    write("src/two/inner.rs", "");
    write("src/odd/four.rs", "mod five;\n");
    write("src/odd/five.rs", "");
    assert_eq!(strays(folder.path()), Vec::<PathBuf>::new());
    let stray =
        ["src/three.rs", "src/one/test.rs", "src/two/tests/mod.rs", "src/tests.rs", "src/odd/four/six.rs"];
    stray.iter().for_each(|name| write(name, ""));
    let found: BTreeSet<PathBuf> = strays(folder.path()).into_iter().collect();
    assert_eq!(found, stray.iter().map(PathBuf::from).collect());
}
