//! The unfinished collection that the next `collect` resumes, its messages, and the repeated calls. There is no prompt:
//! an unfinished collection that does not match is discarded with one line.

use std::collections::BTreeSet;
use std::time::Duration;

use orgcensus::simulator::{Call, Config, ReportDepth, Size, TruthOptions};
use orgcensus::store::Staging;
use rusqlite::Connection;

use crate::fixture::Ran;
use crate::world::{KEY, World, small};

const PAIRS: [&str; 4] = ["--assignments", "pairs", "--access-report", "root"];

fn truth() -> TruthOptions {
    TruthOptions { access_report: ReportDepth::Root, ..TruthOptions::default() }
}

/// Returns a world that is slow enough to be stopped half-way.
fn slow() -> World {
    World::of(Config { latency: Duration::from_millis(12), ..small() })
}

/// Begins to collect, and is killed half-way.
fn stop_half_way(world: &World) {
    world.simulator.calls().clear();
    let mut child = world.spawn(&PAIRS);
    world.wait_for_calls(60);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(world.sandbox.path("orgcensus.db.collecting").exists());
}

/// Opens the staging file, including its whole log, without the program under test.
fn staging(world: &World) -> Connection {
    let connection = Connection::open(world.sandbox.path("orgcensus.db.collecting")).unwrap();
    Staging::register_checksum(&connection).unwrap();
    connection
}

#[track_caller]
fn assert_resumed(ran: &Ran) {
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let line = ran.stderr.lines().find(|line| line.starts_with("resuming the collection begun at "));
    let line = line.unwrap_or_else(|| panic!("not resumed: {}", ran.stderr));
    let numbers = line.split_once(" ago: ").unwrap().1;
    let (done, left) = numbers.split_once(" tasks are done, ").unwrap();
    assert!(done.parse::<u32>().unwrap() > 0, "{line}");
    left.strip_suffix(" are left").unwrap().parse::<u32>().unwrap();
    assert!(line.contains(", last step "), "{line}");
}

#[track_caller]
fn assert_begun_anew(ran: &Ran, reason: &str) {
    assert_eq!(ran.exit, Some(0), "{reason}: {}", ran.stderr);
    assert!(!ran.stderr.contains("resuming"), "{reason}: {}", ran.stderr);
    let lines: Vec<_> =
        ran.stderr.lines().filter(|line| line.starts_with("discarding an unfinished collection: ")).collect();
    assert!(lines.len() == 1 && lines[0].contains(reason), "{reason}: {}", ran.stderr);
}

#[test]
fn whoever_the_caller_and_whichever_the_profile_it_goes_on() {
    let world = slow();
    std::fs::write(
        world.sandbox.path("credentials"),
        "[auditor]\naws_access_key_id = AKIAANOTHERPROFILE00\naws_secret_access_key = made-up\n",
    )
    .unwrap();
    let role = format!("arn:aws:iam::{}:role/audit/Census", world.simulator.management_account_id());
    let others: [&dyn Fn() -> Ran; 3] = [
        &|| {
            let mut command = world.collect_command(&PAIRS);
            command.env("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE0000");
            world.sandbox.ran(command.output().unwrap())
        },
        &|| {
            let mut command = world.collect_command(&[&PAIRS[..], &["--profile", "auditor"]].concat());
            command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
            command.env("AWS_SHARED_CREDENTIALS_FILE", world.sandbox.path("credentials"));
            world.sandbox.ran(command.output().unwrap())
        },
        &|| world.collect(&[&PAIRS[..], &["--assume-role", &role]].concat()),
    ];
    for (day, other) in others.into_iter().enumerate() {
        world.simulator.set_day(day as u32);
        stop_half_way(&world);
        assert_resumed(&other());
        world.assert_truth(day as u32, truth());
    }
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 3);
}

#[test]
fn credentials_that_end_in_mid_run_end_it_resumably() {
    let world = slow();
    let child = world.spawn(&PAIRS);
    world.wait_for_calls(60);
    world.simulator.expire_credentials(KEY);
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: the credentials expired"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: sign in again"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("made-up"), "{}", ran.stderr);
    assert!(world.sandbox.path("orgcensus.db.collecting").exists());
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 0);
    // Too early: still expired.
    let early = world.collect(&PAIRS);
    assert_eq!(early.exit, Some(5), "{}", early.stderr);
    assert!(early.stderr.contains("hint: sign in again"), "{}", early.stderr);
    assert!(world.sandbox.path("orgcensus.db.collecting").exists());
    world.simulator.renew_credentials(KEY);
    assert_resumed(&world.collect(&PAIRS));
    world.assert_truth(0, truth());
    assert_eq!(world.gaps(), []);
}

#[test]
fn what_was_asked_for_otherwise_or_is_too_old_is_begun_anew() {
    let world = slow();
    let differs = "it collects something else (--only, --skip, --access-report, --access-report-policies or --assignments differ)";
    for (arguments, reason) in [
        (&[&PAIRS[..], &["--restart"]].concat(), "--restart"),
        (&[&PAIRS[..], &["--resume-within", "0s"]].concat(), "old, and --resume-within says 0s"),
        (&[&PAIRS[..], &["--skip", "tags"]].concat(), differs),
        (&[&PAIRS[..], &["--only", "users"]].concat(), differs),
        (&vec!["--assignments", "pairs", "--access-report", "none"], differs),
        (&vec!["--assignments", "principals", "--access-report", "root"], differs),
    ] {
        stop_half_way(&world);
        assert_begun_anew(&world.collect(arguments), reason);
        assert!(!world.sandbox.path("orgcensus.db.collecting").exists());
    }
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 6);
    world.assert_truth(0, truth());
}

#[test]
fn what_cannot_be_gone_on_with_is_begun_anew() {
    let world = slow();
    let set = |sql: &str| staging(&world).execute_batch(sql).unwrap();
    let file = world.sandbox.path("orgcensus.db.collecting");
    let cut = |bytes: fn(Vec<u8>) -> Vec<u8>| {
        // Closing it writes its log back.
        set("UPDATE header SET throttled_calls = 0");
        std::fs::write(&file, bytes(std::fs::read(&file).unwrap())).unwrap();
    };
    let spoil: [(&dyn Fn(), &str); 8] = [
        (&|| set("UPDATE tasks SET body = '{}' WHERE task_id = 3"), "a task that this version does not know"),
        (&|| set("PRAGMA user_version = 99"), "another version's"),
        (&|| set("ALTER TABLE users ADD COLUMN from_the_future TEXT"), "another version's"),
        (&|| set("UPDATE header SET tool_version = '0.0.9'"), "version 0.0.9 began it"),
        (
            &|| set("UPDATE header SET organization_id = 'o-somebodyelse'"),
            "of another organization or instance",
        ),
        (
            &|| set("UPDATE header SET last_written_at = '2020-01-01T00:00:00Z'"),
            "old, and --resume-within says 6h",
        ),
        (&|| cut(|bytes| bytes[..bytes.len() / 2].to_vec()), "is damaged"),
        (&|| cut(|_| b"a text that is no database ".repeat(300)), "is not a SQLite database"),
    ];
    for (spoil, reason) in spoil {
        stop_half_way(&world);
        spoil();
        assert_begun_anew(&world.collect(&PAIRS), reason);
    }
    // A collection that had not begun yet has nothing to report.
    stop_half_way(&world);
    cut(|_| Vec::new());
    let ran = world.collect(&PAIRS);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("discarding") && !ran.stderr.contains("resuming"), "{}", ran.stderr);
    world.assert_truth(0, truth());
}

#[test]
fn a_flipped_byte_is_never_published() {
    let world = slow();
    let file = world.sandbox.path("orgcensus.db.collecting");
    let group = &world.simulator.rows(0, "groups", TruthOptions::default())[0];
    let text = |column: &str| group[column].as_str().unwrap().to_owned();
    // A disk error may hit a name, an id, a scope, a task, its state, a choice, a time, or bytes anywhere.
    let words = ["list_group_memberships", "\"group_id\"", "assignment_strategy", "USER", "done", "Z"];
    let mut spots: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    spots.extend([text("group_id").into_bytes(), text("display_name").into_bytes()]);
    let (mut found, mut noticed, mut mended) = (0, 0, 0);
    for round in 0..spots.len() + 4 {
        stop_half_way(&world);
        // Closing it writes its log back.
        staging(&world).execute_batch("UPDATE header SET throttled_calls = throttled_calls").unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        let place = match spots.get(round) {
            Some(spot) => bytes.windows(spot.len()).rposition(|window| window == spot),
            None => Some(bytes.len() / 5 * (round - spots.len()) + 777),
        };
        // It may not be listed yet.
        let Some(place) = place else { continue };
        found += usize::from(round < spots.len());
        bytes[place] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let mut ran = world.collect(&PAIRS);
        // An error that SQLite finds only while writing ends the run, and the next one begins again.
        if ran.exit == Some(5) && ran.stderr.contains("it begins anew") {
            ran = world.collect(&PAIRS);
        }
        assert_eq!(ran.exit, Some(0), "{round}: {}", ran.stderr);
        let is_mended = ran.stderr.contains("the unfinished collection is damaged: ");
        let is_anew = ran.stderr.contains("discarding an unfinished collection: ");
        noticed += usize::from(round < spots.len() && (is_mended || is_anew));
        mended += usize::from(is_mended);
        world.assert_truth(0, truth());
        std::fs::remove_file(world.sandbox.path("orgcensus.db")).unwrap();
    }
    // A flipped byte in an unused place has no effect.
    assert!(noticed + 2 >= found && found >= 4, "{noticed} of {found}, {mended} mended");
}

/// Only the calls whose staged rows are damaged are repeated.
#[test]
fn only_what_is_damaged_is_asked_again() {
    let world = slow();
    let forge = |sql: &str| {
        let connection = staging(&world);
        connection.execute_batch(sql).unwrap();
    };
    let mut mended = 0;
    for (table, column, operations) in [
        ("groups", "display_name", &["ListGroups"][..]),
        ("users", "user_name", &["ListUsers"]),
        ("accounts", "name", &["ListAccounts"]),
        ("permission_sets", "name", &["ListPermissionSets", "DescribePermissionSet"]),
    ] {
        stop_half_way(&world);
        let file = world.sandbox.path("orgcensus.db.collecting");
        forge("PRAGMA wal_checkpoint(TRUNCATE)");
        // A name that a task contains too (PowerUser, in the ARN of a policy) would damage data that cannot be
        // requested again.
        let of_no_task = format!(
            "SELECT {column} FROM {table} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM tasks WHERE instr(body, {column}))
             AND NOT EXISTS (SELECT 1 FROM task_scopes WHERE instr(scope, {column})) LIMIT 1"
        );
        let value: Option<String> = staging(&world).query_row(&of_no_task, [], |row| row.get(0)).ok();
        let Some(value) = value else { continue };
        mended += 1;
        let done: BTreeSet<String> = ["list_users", "list_groups", "list_accounts"]
            .into_iter()
            .filter(|kind| {
                let left = "SELECT NOT EXISTS (SELECT 1 FROM tasks WHERE kind = ?1 AND state = 'open')";
                staging(&world).query_row(left, [kind], |row| row.get(0)).unwrap()
            })
            .map(|kind| kind.replace("list_users", "ListUsers").replace("list_groups", "ListGroups"))
            .map(|kind| kind.replace("list_accounts", "ListAccounts"))
            .collect();
        let mut bytes = std::fs::read(&file).unwrap();
        let mut places: Vec<usize> = Vec::new();
        for place in 0..bytes.len() - value.len() {
            if bytes[place..].starts_with(value.as_bytes()) {
                places.push(place);
            }
        }
        places.iter().for_each(|place| bytes[*place] ^= 1);
        std::fs::write(&file, bytes).unwrap();
        world.simulator.calls().clear();
        let ran = world.collect(&PAIRS);
        assert_eq!(ran.exit, Some(0), "{table}: {}", ran.stderr);
        assert!(ran.stderr.contains("the unfinished collection is damaged: "), "{table}: {}", ran.stderr);
        let asked: BTreeSet<_> =
            world.simulator.calls().all().into_iter().map(|call| call.operation).collect();
        assert!(operations.iter().all(|operation| asked.contains(*operation)), "{table}: {asked:?}");
        for other in done.iter().filter(|done| !operations.contains(&done.as_str())) {
            assert!(!asked.contains(other), "{table}: {other} was asked again: {}", ran.stderr);
        }
        world.assert_truth(0, truth());
        std::fs::remove_file(world.sandbox.path("orgcensus.db")).unwrap();
    }
    assert!(mended > 1, "how far a collection came decides how much of it there was to spoil");
}

#[test]
fn a_label_given_to_the_run_that_ends_it_is_the_snapshots() {
    let world = slow();
    stop_half_way(&world);
    assert_resumed(&world.collect(&[&PAIRS[..], &["--label", "after the audit"]].concat()));
    assert_eq!(world.select("SELECT label FROM snapshots")[0]["label"], "after the audit");
}

/// Returns the number of calls that both runs sent.
fn repeated(killed: &[Call], resumed: &[Call]) -> usize {
    let before: BTreeSet<_> =
        killed.iter().map(|call| (call.operation.as_str(), call.body.as_str())).collect();
    // A report's job is polled until it has ended.
    let asked: BTreeSet<_> = resumed
        .iter()
        .filter(|call| call.operation != "GetOrganizationsAccessReport")
        .map(|call| (call.operation.as_str(), call.body.as_str()))
        .collect();
    asked.into_iter().filter(|call| before.contains(call)).count()
}

#[test]
fn a_resumed_collection_repeats_under_two_percent_of_the_calls() {
    let size = Size {
        accounts: 60,
        users: 150,
        groups: 40,
        memberships: 600,
        permission_sets: 40,
        pairs: 700,
        assignments: 1_200,
        ..small().size
    };
    let world = World::of(Config { size, latency: Duration::from_millis(10), short_pages: None, ..small() });
    // The calls in flight are lost. Their number depends on the pace, which is near AWS's own here.
    let mut child = world.spawn(&[&PAIRS[..], &["--rate", "sso-admin=30"]].concat());
    world.wait_for_calls(400);
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let killed = world.simulator.calls().all();
    world.simulator.calls().clear();
    assert_resumed(&world.collect(&PAIRS));
    let resumed = world.simulator.calls().all();
    let (repeated, total) = (repeated(&killed, &resumed), killed.len() + resumed.len());
    let percent = 100.0 * repeated as f64 / total as f64;
    println!("{} calls, killed, {} more: {repeated} repeated, {percent:.2} %", killed.len(), resumed.len());
    assert!(total > 1_000 && percent < 2.0, "{percent:.2} % of {total} calls were repeated");
    world.assert_truth(0, truth());
}
