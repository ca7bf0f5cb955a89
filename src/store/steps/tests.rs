//! Tests that the stored access changes equal those of every path written out, whatever was collected and pruned.

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::store::retention::tests::history::{Day, collect, day};
use crate::store::testing::{World, column, row, scope};
use crate::store::{Census, Database, schema};

/// The view before its rows were stored: it looks up every path again.
const WRITTEN_OUT: &str = include_str!("written_out.sql");

/// Returns every row as text, sorted.
fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let text = |row: &rusqlite::Row<'_>| {
        names
            .iter()
            .enumerate()
            .map(|(place, name)| format!("{name} {:?} ", row.get_ref_unwrap(place)))
            .collect()
    };
    let mut rows: Vec<String> =
        statement.query_map([], |row| Ok(text(row))).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

fn written_out(connection: &Connection) -> Vec<String> {
    rows(connection, &format!("(\n{WRITTEN_OUT}\n)"))
}

/// Returns the paths that were added, removed or changed, added up by cause.
fn sums(connection: &Connection, rows: &str) -> Vec<String> {
    column(
        connection,
        &format!("SELECT concat_ws(' ', snapshot_id, taken_at, change, cause, sum({rows})) AS told FROM {} GROUP BY
                  snapshot_id, taken_at, change, cause ORDER BY 1",
            if rows == "users" { "access_changes" } else { "access_change_causes" }),
    )
}

/// Returns a copy of the file without any step, as a reader opens it.
fn unfilled(world: &World, change: &str) -> Census {
    let path = world.path.with_extension("unfilled");
    world.database.connection().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    std::fs::copy(&world.path, &path).unwrap();
    Connection::open(&path).unwrap().execute_batch(change).unwrap();
    Census::open(&path).unwrap()
}

const NO_STEP: &str = "DELETE FROM access_change_causes_steps; DELETE FROM access_change_totals_steps;
    DELETE FROM derived_tables";

fn assert_kept(world: &World) {
    let connection = world.database.connection();
    assert!(!are_missing(connection).unwrap());
    let expected = written_out(connection);
    assert_eq!(rows(connection, "access_changes"), expected);
    assert_eq!(sums(connection, "users * assignments"), sums(connection, "users"));
    assert_eq!(differing(connection).unwrap(), []);
    let census = unfilled(world, NO_STEP);
    assert_eq!(rows(census.connection(), "access_changes"), expected);
    assert_eq!(differing(census.connection()).unwrap(), []);
    // Repeats the comparison as of an early snapshot.
    let first = snapshot_ids(connection).unwrap()[0] + 1;
    let mut census = world.census();
    census.answer_as_of(first).unwrap();
    let past = written_out(census.connection());
    assert_eq!(rows(census.connection(), "access_changes"), past, "--at {first}");
}

/// A day that is collected, or the kept snapshots to prune.
#[derive(Debug, Clone)]
enum Done {
    Collected(Day),
    Pruned(Vec<bool>),
}

fn histories() -> impl Strategy<Value = Vec<Done>> {
    let done = prop_oneof![
        3 => day().prop_map(Done::Collected),
        1 => proptest::collection::vec(proptest::bool::ANY, 8).prop_map(Done::Pruned),
    ];
    proptest::collection::vec(done, 2..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn kept_as_written_out((first, second, history) in (day(), day(), histories())) {
        let mut world = World::new();
        collect(&mut world, &first);
        collect(&mut world, &second);
        for done in history {
            match done {
                Done::Collected(day) => collect(&mut world, &day),
                Done::Pruned(goes) => {
                    let ids = snapshot_ids(world.database.connection()).unwrap();
                    let gone: Vec<i64> =
                        ids.iter().zip(goes).filter(|(_, goes)| *goes).map(|(id, _)| *id).collect();
                    if gone.len() < ids.len() {
                        world.database.prune(&gone).unwrap();
                    }
                }
            }
            assert_kept(&world);
        }
    }
}

/// Returns a world of three snapshots: a user joins a group with two assignments, and leaves it.
fn three() -> World {
    let mut world = World::claimed();
    for is_in in [false, true, false] {
        let members = match is_in {
            true => vec![row("group_memberships", &[("group_id", "g"), ("user_id", "u")])],
            false => vec![],
        };
        let assigned = |account| {
            let columns = [("account_id", account), ("permission_set_arn", "p")];
            row(
                "account_assignments",
                &[&columns[..], &[("principal_type", "GROUP"), ("principal_id", "g")]].concat(),
            )
        };
        let rows = [
            vec![row("users", &[("user_id", "u")]), row("groups", &[("group_id", "g")])],
            members,
            vec![assigned("a1"), assigned("a2")],
        ]
        .concat();
        let all =
            ["users", "groups", "group_memberships", "account_assignments"].map(|name| scope(name, &[]));
        world.collect().listed(&all, rows).publish();
    }
    world
}

const CAUSES: &str =
    "SELECT concat_ws(' ', snapshot_id, change, cause, users, assignments) FROM access_change_causes";

#[test]
fn a_cause_is_one_row() {
    let world = three();
    let told = ["2 gained membership_added 1 2", "3 lost membership_removed 1 2"];
    assert_eq!(world.column(CAUSES), told);
    assert_eq!(column(unfilled(&world, NO_STEP).connection(), CAUSES), told);
    assert_eq!(rows(world.database.connection(), "access_changes").len(), 4);
}

#[test]
fn columns_are_the_same_kept_or_not() {
    let columns = |connection: &Connection| {
        connection.prepare("SELECT * FROM access_change_causes").unwrap().column_names().join(", ")
    };
    let world = three();
    assert_eq!(columns(world.database.connection()), columns(unfilled(&world, NO_STEP).connection()));
}

#[test]
fn a_filling_goes_on_where_it_was_ended() {
    let mut world = three();
    let partly = "UPDATE derived_tables SET through = 2;
                  DELETE FROM access_change_causes_steps WHERE snapshot_id > 2;
                  DELETE FROM access_change_totals_steps WHERE snapshot_id > 2";
    let expected = world.column(CAUSES);
    assert_eq!(column(unfilled(&world, partly).connection(), CAUSES), expected);
    world.database.connection().execute_batch(partly).unwrap();
    // A publish does not skip missing earlier steps, and pruning rebuilds only existing ones.
    world.collect().listed(&[scope("users", &[])], vec![row("users", &[("user_id", "u")])]).publish();
    assert!(are_missing(world.database.connection()).unwrap());
    world.database.prune(&[1]).unwrap();
    assert_eq!(column(world.census().connection(), CAUSES), expected[1..]);
    assert_eq!(world.census().verify().unwrap().links.len(), 4);
    let mut told = Vec::new();
    world.database.fill(|done, all| told.push((done, all))).unwrap();
    // The views are filled one after the other.
    assert_eq!(told, [(0, 2), (1, 2), (0, 2), (1, 2)]);
    assert!(views::permanent_are_current(world.database.connection()).unwrap());
    assert_eq!(world.column(CAUSES), expected[1..]);
    world.database.fill(|_, _| panic!("nothing is missing")).unwrap();
}

#[test]
fn an_older_file_answers_and_is_filled() {
    let mut world = three();
    let expected = world.column(CAUSES);
    schema::downgrade(world.database.connection(), 3);
    assert_eq!(column(world.census().connection(), CAUSES), expected);
    (world.database, _) = Database::open_or_create(&world.path).unwrap();
    assert_eq!(world.column(CAUSES), expected);
    world.database.fill(|_, _| {}).unwrap();
    assert_eq!(world.column("SELECT count(*) || '' FROM access_change_causes_steps"), ["2"]);
    assert_eq!(world.column(CAUSES), expected);
    assert_kept(&world);
}

#[test]
fn a_copy_of_chosen_snapshots_has_its_own_steps() {
    let world = three();
    let copied = |kept: Option<&[i64]>, from: Census| {
        let path = world.path.with_extension("copied");
        std::fs::write(&path, "").unwrap();
        from.copy(&path, kept, &|_| Ok(())).unwrap();
        let census = Census::open(&path).unwrap();
        census.verify().unwrap();
        assert!(!are_missing(census.connection()).unwrap());
        column(census.connection(), CAUSES)
    };
    let whole = world.column(CAUSES);
    assert_eq!(copied(None, world.census()), whole);
    assert_eq!(copied(None, unfilled(&world, NO_STEP)), whole);
    assert_eq!(copied(Some(&[2, 3]), world.census()), whole[1..]);
    assert_eq!(copied(Some(&[2]), world.census()), <[&str; 0]>::default());
    assert_eq!(
        copied(Some(&[1, 3]), world.census()),
        <[&str; 0]>::default(),
        "the net of both days is nothing"
    );
}

#[test]
fn verify_names_what_was_changed() {
    let world = three();
    for (change, says) in [
        (
            "UPDATE access_change_causes_steps SET users = 2 WHERE snapshot_id = 2",
            "snapshot 2 is not as it was published",
        ),
        (
            "DELETE FROM access_change_causes_steps WHERE snapshot_id = 3",
            "snapshot 3 is not as it was published",
        ),
        (
            "INSERT INTO access_change_causes_steps SELECT * FROM access_change_causes_steps",
            "snapshot 2 is not",
        ),
        ("UPDATE access_change_causes_steps SET snapshot_id = 1", "snapshot 1 is not"),
        ("UPDATE access_change_causes_steps SET group_id = NULL WHERE snapshot_id = 3", "snapshot 3 is not"),
        ("UPDATE derived_tables SET through = 2", "snapshot 3 is not"),
    ] {
        let error = unfilled(&world, change).verify().unwrap_err().to_string();
        assert!(error.starts_with(says) && error.contains("access_change_causes_steps"), "{change}: {error}");
    }
    // The file has views of another program. The stored rows can still be verified.
    let views = "DROP VIEW users_changes; CREATE VIEW users_changes AS SELECT 1 AS one";
    let census = unfilled(&world, views);
    assert!(!census.verify().unwrap().views_are_current);
    assert_eq!(
        rows(census.connection(), "users_changes").len(),
        rows(world.database.connection(), "users_changes").len()
    );
}
