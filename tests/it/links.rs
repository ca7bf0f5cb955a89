//! The program's files, and links or other items that others may have put in their place.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use orgcensus::simulator::{Action, Fault};

use crate::fixture::{self, Ran, Sandbox};
use crate::kill::signal;
use crate::world::{World, small};

const PRECIOUS: &str = "precious: a key, or another database's pages";

/// The items in the place of a file.
const STAND_INS: [fn(&Path, &Path); 5] = [
    |victim, place| symlink(victim, place).unwrap(),
    |_, place| symlink("nowhere", place).unwrap(),
    |victim, place| fs::hard_link(victim, place).unwrap(),
    |_, place| assert!(Command::new("mkfifo").arg(place).status().unwrap().success()),
    |_, place| fs::create_dir(place).unwrap(),
];

fn remove(place: &Path) {
    let _ = fs::remove_file(place).or_else(|_| fs::remove_dir(place));
}

#[test]
fn no_command_writes_through_a_link() {
    let world = World::of(small());
    world.collect_day(0, &[]);
    let sandbox = &world.sandbox;
    let victim = sandbox.path("victim");
    fs::write(&victim, PRECIOUS).unwrap();
    for suffix in ["-wal", "-shm", "-journal", ".lock"] {
        let place = sandbox.path(&format!("orgcensus.db{suffix}"));
        for stand_in in STAND_INS {
            remove(&place);
            stand_in(&victim, &place);
            world.simulator.calls().clear();
            let collected = world.collect(&[]);
            assert_eq!(collected.exit, Some(1), "{suffix}: {}", collected.stderr);
            assert!(collected.stderr.contains(&format!("orgcensus.db{suffix}\"")), "{}", collected.stderr);
            assert!(collected.stderr.contains("caused by: it is a"), "{}", collected.stderr);
            assert!(collected.stderr.contains("hint: move it out of the way: mv "), "{}", collected.stderr);
            assert_eq!(world.simulator.calls().total(), 0, "{suffix}");
            for arguments in [&["snapshots", "prune", "1"][..], &["snapshots", "label", "1", "x"]] {
                let ran = sandbox.run(arguments);
                let takes_it = suffix != ".lock" || arguments[1] == "prune";
                assert_eq!(ran.exit == Some(0), !takes_it, "{suffix} {arguments:?}: {}", ran.stderr);
            }
            // Reading needs no log if there are no newer pages.
            let read = sandbox.run(&["query", "SELECT count(*) FROM users"]);
            assert!(read.exit == Some(0) || read.stderr.contains(suffix), "{suffix}: {}", read.stderr);
            assert_eq!(fs::read_to_string(&victim).unwrap(), PRECIOUS, "{suffix}");
            assert!(!sandbox.path("nowhere").exists(), "{suffix}");
        }
        remove(&place);
    }
    world.collect_day(1, &[]);
}

#[test]
fn an_unfinished_collection_is_never_a_link() {
    let world = World::of(small());
    world.collect_day(0, &[]);
    let victim = world.sandbox.path("victim");
    fs::write(&victim, PRECIOUS).unwrap();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let place = world.sandbox.path(&format!("orgcensus.db.collecting{suffix}"));
        // A folder cannot be deleted like a file, which is reported.
        for stand_in in &STAND_INS[..4] {
            stand_in(&victim, &place);
            let collected = world.collect(&[]);
            assert_eq!(collected.exit, Some(0), "{suffix}: {}", collected.stderr);
            assert_eq!(fs::read_to_string(&victim).unwrap(), PRECIOUS, "{suffix}");
            assert!(!world.sandbox.path("nowhere").exists() && !place.exists(), "{suffix}");
        }
    }
    fs::create_dir(world.sandbox.path("orgcensus.db.collecting")).unwrap();
    let refused = world.collect(&[]);
    assert_eq!(refused.exit, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("orgcensus.db.collecting"), "{}", refused.stderr);
}

#[test]
fn a_census_with_several_names_is_only_read() {
    let world = World::of(small());
    world.collect_day(0, &[]);
    fs::hard_link(world.sandbox.path("orgcensus.db"), world.sandbox.path("other.db")).unwrap();
    for name in ["orgcensus.db", "other.db"] {
        let refused = world.collect(&["--db", name]);
        assert_eq!(refused.exit, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("2 names (hard links)"), "{}", refused.stderr);
        world.run(&["query", "SELECT 1", "--db", name]).data();
    }
    fs::remove_file(world.sandbox.path("other.db")).unwrap();
    symlink("orgcensus.db", world.sandbox.path("other.db")).unwrap();
    assert_eq!(world.collect(&["--db", "other.db"]).exit, Some(0), "a link of one's own is a name");
}

/// The owner of a folder may name a census in it by a link, but must not choose where another user's file is created.
#[test]
fn a_link_to_no_file_is_ones_own() {
    let world = World::of(small());
    let folder = world.sandbox.path("theirs");
    fs::create_dir(&folder).unwrap();
    let link = folder.join("orgcensus.db");
    symlink("../elsewhere.db", &link).unwrap();
    // Only root can change a file's owner.
    let is_given = chown(&folder, Some(1234), None).is_ok()
        && std::os::unix::fs::lchown(&link, Some(1234), None).is_ok();
    world.simulator.calls().clear();
    let ran = world.collect(&["--db", "theirs/orgcensus.db", "--access-report", "none"]);
    if is_given {
        assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("a symbolic link of user 1234 that leads to no file"), "{}", ran.stderr);
        assert!(!world.sandbox.path("elsewhere.db").exists());
        assert_eq!(world.simulator.calls().total(), 0);
        fs::rename(&link, folder.join("other")).unwrap();
        symlink("../elsewhere.db", &link).unwrap();
        let own = world.collect(&["--db", "theirs/orgcensus.db", "--access-report", "none"]);
        assert_eq!(own.exit, Some(0), "{}", own.stderr);
    }
    assert!(link.is_symlink() && world.sandbox.path("elsewhere.db").is_file());
}

#[test]
fn outputs_keep_away_from_the_census() {
    let sandbox = fixture::census();
    fs::write(sandbox.path("else.db"), "another database").unwrap();
    for output in [
        "orgcensus.db-wal",
        "orgcensus.db-shm",
        "orgcensus.db-journal",
        "orgcensus.db.lock",
        "orgcensus.db.collecting",
        "orgcensus.db.collecting-wal",
        "orgcensus.db.collecting-journal",
        "./orgcensus.db-journal",
        "else.db-wal",
        "else.db-shm",
        "else.db-journal",
    ] {
        for arguments in [
            &["query", "SELECT 1", "--output", output, "--force"][..],
            &["query", "SELECT 1", "--output", output],
            &["diff", "1", "2", "--output", output, "--force"],
            &["snapshots", "copy", output, "--force"],
        ] {
            let refused = sandbox.run(arguments).refusal();
            assert!(
                refused.contains("belongs to") && refused.ends_with("exit 2"),
                "{arguments:?}: {refused}"
            );
        }
    }
    assert_eq!(sandbox.files(), ["else.db", "orgcensus.db"]);
}

#[test]
fn nothing_waits_for_a_pipe() {
    let sandbox = fixture::census();
    for name in ["pipe", "answer.evidence.json"] {
        assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
    }
    for arguments in [
        &["snapshots", "copy", "pipe"][..],
        &["snapshots", "copy", "pipe", "--force"],
        &["snapshots", "copy", "/dev/null", "--force"],
        &["query", "SELECT 1", "--output", "answer", "--evidence"],
        &["query", "SELECT 1", "--output", "answer", "--evidence", "--force"],
    ] {
        let refused = sandbox.run(arguments).refusal();
        assert!(refused.contains("is a pipe or a device, not a file"), "{arguments:?}: {refused}");
    }
    assert_eq!(sandbox.files(), ["answer.evidence.json", "orgcensus.db", "pipe"]);
}

#[test]
fn what_a_killed_command_left_is_removed() {
    let sandbox = fixture::census();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let partials = || sandbox.files().into_iter().filter(|name| name.ends_with(".partial")).count();
    let spawn = |output: &str| {
        let before = partials();
        let child = sandbox.command(&["query", endless, "--output", output]).spawn().unwrap();
        while partials() == before {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child
    };
    let (mut killed, mut at_work) = (spawn("one"), spawn("two"));
    signal(&killed, "KILL");
    killed.wait().unwrap();
    assert_eq!(partials(), 2);
    sandbox.run(&["query", "SELECT 1", "--output", "three"]).data();
    assert_eq!(partials(), 1, "the other command's is left alone");
    signal(&at_work, "KILL");
    at_work.wait().unwrap();
    assert_eq!(sandbox.run(&["snapshots", "copy", "copy.db"]).exit, Some(0));
    assert_eq!(sandbox.files(), ["copy.db", "orgcensus.db", "three"]);
}

#[test]
fn what_others_added_to_a_census_is_not_written_to() {
    let world = World::of(small());
    world.collect_day(0, &[]);
    for (adds, named) in [
        ("CREATE TRIGGER t AFTER INSERT ON snapshots BEGIN DELETE FROM gaps; END", "trigger t"),
        ("CREATE TRIGGER u INSTEAD OF INSERT ON users BEGIN DELETE FROM gaps; END", "trigger u"),
        ("CREATE TABLE mine (x)", "table mine"),
        ("CREATE VIRTUAL TABLE mine USING fts5(x)", "table mine"),
        ("DROP TRIGGER gap_columns_of_a_gap", "trigger gap_columns_of_a_gap"),
        ("ALTER TABLE gaps ADD COLUMN mine TEXT", "table gaps"),
    ] {
        let path = world.sandbox.path("orgcensus.db");
        fs::copy(&path, world.sandbox.path("changed.db")).unwrap();
        let changed = rusqlite::Connection::open(world.sandbox.path("changed.db")).unwrap();
        changed.execute_batch(adds).unwrap();
        drop(changed);
        world.simulator.calls().clear();
        for ran in [
            world.collect(&["--db", "changed.db"]),
            world.run(&["snapshots", "label", "1", "x", "--db", "changed.db"]),
        ] {
            assert_eq!(ran.exit, Some(1), "{adds}: {}", ran.stderr);
            assert!(ran.stderr.contains(&format!("error: {named} of ")), "{adds}: {}", ran.stderr);
            assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        }
        assert_eq!(world.simulator.calls().total(), 0);
    }
    let own = rusqlite::Connection::open(world.sandbox.path("orgcensus.db")).unwrap();
    own.execute_batch("CREATE INDEX mine ON users_versions (title); ANALYZE").unwrap();
    drop(own);
    assert_eq!(world.collect(&[]).exit, Some(0), "an index only helps to find");
}

const OWNER: u32 = 61_001;
const COLLEAGUE: u32 = 61_002;
const GROUP: u32 = 61_000;

/// Runs the command as another user, who can reach the program beside the census. Only root can do that.
fn as_user(sandbox: &Sandbox, command: &Command, user: u32) -> Ran {
    let program = sandbox.path("program");
    if !program.exists() {
        fs::copy(command.get_program(), &program).unwrap();
        fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut other = Command::new(program);
    other.args(command.get_args()).env_clear().current_dir(sandbox.path(""));
    other.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    sandbox.ran(other.uid(user).gid(GROUP).output().unwrap())
}

#[test]
fn a_colleagues_log_is_named_before_the_first_call() {
    let world = World::of(small());
    world.collect_day(0, &[]);
    let sandbox = &world.sandbox;
    let (census, log) = (sandbox.path("orgcensus.db"), sandbox.path("orgcensus.db-wal"));
    let is_root = fs::metadata(&census).unwrap().uid() == 0;
    let collect = || match is_root {
        true => as_user(sandbox, &world.collect_command(&[]), OWNER),
        false => world.collect(&[]),
    };
    if is_root {
        fs::set_permissions(sandbox.path(""), PermissionsExt::from_mode(0o777)).unwrap();
        for file in [&census, &sandbox.path("orgcensus.db.lock")] {
            chown(file, Some(OWNER), Some(GROUP)).unwrap();
        }
        fs::set_permissions(&census, PermissionsExt::from_mode(0o640)).unwrap();
        let asked = as_user(sandbox, &sandbox.command(&["query", "SELECT 1"]), COLLEAGUE);
        assert_eq!(asked.exit, Some(0), "{}", asked.stderr);
        assert_eq!(fs::metadata(&log).unwrap().uid(), COLLEAGUE);
    } else {
        // Without root, a file without write access stands for another user's file.
        fs::write(&log, "").unwrap();
        fs::set_permissions(&log, PermissionsExt::from_mode(0o440)).unwrap();
    }
    world.simulator.calls().clear();
    world.simulator.faults().add(Fault::on("GetCallerIdentity", Action::Denied { kms_reason: None }));
    let refused = collect();
    assert_eq!(refused.exit, Some(1), "{}", refused.stderr);
    assert_eq!(world.simulator.calls().total(), 0);
    let begins = "error: \"orgcensus.db-wal\" cannot be used\ncaused by: it belongs to user ";
    assert!(refused.stderr.starts_with(begins), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: that user's query left it; take it over"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("nobody has the census open: rm -f \"orgcensus.db-wal\""),
        "{}",
        refused.stderr
    );
    world.simulator.faults().clear();
    // Newer pages would be lost.
    fs::write(&log, "pages").unwrap();
    assert!(!collect().stderr.contains("rm -f"));
    // The suggested command solves the problem.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(sandbox.path(&format!("orgcensus.db{suffix}")));
    }
    let collected = collect();
    assert_eq!(collected.exit, Some(0), "{}", collected.stderr);
}
