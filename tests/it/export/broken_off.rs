//! An export that is killed, or finds the disk full. A reader that follows the manifest reads one state, and the next
//! export completes it.

use std::process::{Command, Stdio};
use std::time::Instant;

use rusqlite::Connection;

use super::reader::Export;
use crate::fixture::{self, Sandbox};

/// Changes the source of every file of the newest day.
fn another_night(sandbox: &Sandbox, night: u32) {
    let census = Connection::open(sandbox.path("orgcensus.db")).unwrap();
    census
        .execute_batch(&format!(
            "UPDATE users_versions SET display_name = 'night {night}' WHERE valid_to IS NULL;
             UPDATE snapshots SET label = 'night {night}' WHERE snapshot_id = 4;"
        ))
        .unwrap();
}

/// Returns the night that the files of an export show, which must be the same for all.
fn night_of(export: &Export) -> String {
    let day = export.rows("users/snapshot_date=2026-04-10/data.parquet");
    let current =
        export.rows("users_history/data.parquet").into_iter().filter(|row| row["is_current"] == true);
    let mut names: Vec<String> =
        day.into_iter().chain(current).map(|row| row["display_name"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    let [night] = names.as_slice() else { panic!("several nights: {names:?}") };
    let snapshots = export.rows("snapshots/data.parquet");
    assert_eq!(snapshots[3]["label"].as_str().unwrap(), night, "and no other");
    night.clone()
}

#[test]
fn killed_at_any_moment_it_mixes_no_nights() {
    let sandbox = fixture::census();
    another_night(&sandbox, 0);
    let begun = Instant::now();
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    let whole = begun.elapsed();
    assert_eq!(night_of(&Export::open(&sandbox.path("lake"))), "night 0");
    let (mut without, mut kept, mut done) = (0, 0, 0);
    let nights: u32 = std::env::var("ORGCENSUS_EXPORT_KILLS").map_or(25, |kills| kills.parse().unwrap());
    for night in 1..=nights {
        another_night(&sandbox, night);
        let mut command = sandbox.command(&["export", "lake"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(night) / f64::from(nights)));
        let _ = child.kill();
        child.wait().unwrap();
        match Export::try_open(&sandbox.path("lake")) {
            // The files are being moved: none may be trusted.
            None => without += 1,
            Some(export) if night_of(&export) == format!("night {night}") => done += 1,
            Some(_) => kept += 1,
        }
    }
    assert!(kept > 0, "none was killed before its end: {without} {kept} {done}");
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    assert_eq!(night_of(&Export::open(&sandbox.path("lake"))), format!("night {nights}"));
    let staging = sandbox.path("lake").join("_orgcensus/staging");
    assert!(!staging.exists(), "nothing is left behind");
}

/// A kill between the first file's move and the manifest is rare, so the test creates that state.
#[test]
fn an_export_that_ended_while_files_moved_is_ended_by_the_next() {
    let sandbox = fixture::census();
    another_night(&sandbox, 1);
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    let own = sandbox.path("lake").join("_orgcensus");
    let before = std::fs::read(own.join("manifest.json")).unwrap();
    std::fs::rename(own.join("manifest.json"), own.join("pending.json")).unwrap();
    let users = sandbox.path("lake").join("users/snapshot_date=2026-04-10/data.parquet");
    let bytes = std::fs::read(&users).unwrap();
    // One file was not moved yet, and one is an older file of the same length.
    std::fs::remove_file(sandbox.path("lake").join("gaps/data.parquet")).unwrap();
    std::fs::write(&users, bytes.iter().rev().copied().collect::<Vec<_>>()).unwrap();
    let ran = sandbox.run(&["export", "lake"]);
    assert!(ran.stderr.contains("written: 2 "), "{}", ran.stderr);
    assert_eq!(std::fs::read(own.join("manifest.json")).unwrap(), before);
    assert_eq!(night_of(&Export::open(&sandbox.path("lake"))), "night 1");
    assert!(!own.join("pending.json").exists());
}

#[test]
fn a_full_disk_leaves_the_former_export() {
    let sandbox = fixture::census();
    another_night(&sandbox, 1);
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    another_night(&sandbox, 2);
    let whole = sandbox.command(&["export", "lake"]);
    // Files are limited to this many blocks of 512 bytes, so the write fails as on a full disk. SQLite needs 64 of them
    // to read; the manifest is larger than that.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 80; exec \"$@\"", "sh"]);
    limited.arg(whole.get_program()).args(whole.get_args()).env_clear().env("PATH", "/usr/bin:/bin");
    limited.current_dir(whole.get_current_dir().unwrap()).stdin(Stdio::null());
    let ran = sandbox.ran(limited.output().unwrap());
    assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot write the export to \"lake\""), "{}", ran.stderr);
    assert_eq!(night_of(&Export::open(&sandbox.path("lake"))), "night 1");
    assert!(!sandbox.path("lake").join("_orgcensus/staging").exists(), "nothing is left behind");
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    assert_eq!(night_of(&Export::open(&sandbox.path("lake"))), "night 2");
}

#[test]
fn two_exports_at_once_do_not_meet() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
    let lock = std::fs::File::open(sandbox.path("lake").join("_orgcensus/lock")).unwrap();
    lock.lock().unwrap();
    let ran = sandbox.run(&["export", "lake"]);
    assert_eq!(ran.exit, Some(1));
    assert!(ran.stderr.contains("another export writes to \"lake\""), "{}", ran.stderr);
    drop(lock);
    assert_eq!(sandbox.run(&["export", "lake"]).exit, Some(0));
}
