//! Credentials that expire while a collection runs.

use orgcensus::simulator::{Action, Call, Fault};

use crate::gaps::{ARGUMENTS, DAY, after_day_0, assert_survived, everything};
use crate::world::KEY;

#[test]
fn that_end_in_mid_run() {
    let world = after_day_0();
    let before = world.select("SELECT * FROM account_assignments_history");
    world.simulator.faults().add(Fault::on("*", Action::ExpiredCredentials).from_call(80));
    let ended = world.collect(&ARGUMENTS);
    assert_eq!(ended.exit, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: the credentials expired"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: sign in again"), "{}", ended.stderr);
    assert!(ended.stderr.contains("it resumes where it stopped"), "{}", ended.stderr);
    assert!(world.sandbox.path("orgcensus.db.collecting").exists());
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 1);
    assert_eq!(world.select("SELECT * FROM account_assignments_history"), before);
    let answered: Vec<_> = world.simulator.calls().all();
    // Another session with another key. The answers to the first session are not requested again.
    world.simulator.faults().clear();
    world.simulator.expire_credentials(KEY);
    world.simulator.calls().clear();
    let mut command = world.collect_command(&ARGUMENTS);
    command.env("AWS_ACCESS_KEY_ID", "ASIANEWNEWNEWNEWNEWN").env("AWS_SESSION_TOKEN", "renewed");
    let resumed = world.sandbox.ran(command.output().unwrap());
    assert!(resumed.stderr.contains("resuming the collection begun at "), "{}", resumed.stderr);
    let preflight = ["GetCallerIdentity", "DescribeOrganization", "ListInstances"];
    // Half of an answer: without the version that it names, nothing of the policy can be stored.
    let halves = ["GetPolicy"];
    let undisturbed = after_day_0();
    undisturbed.simulator.calls().clear();
    undisturbed.collect(&ARGUMENTS);
    let needed = undisturbed.simulator.calls().all();
    let resumed_calls = world.simulator.calls().all();
    let well = |calls: &[Call], call: &Call| {
        let same = |other: &&Call| {
            other.status == 200 && (&other.operation, &other.body) == (&call.operation, &call.body)
        };
        calls.iter().filter(same).count()
    };
    let again = resumed_calls.iter().filter(|call| {
        let before = well(&answered, call);
        !preflight.iter().chain(&halves).any(|other| *other == call.operation)
            && before > 0
            // Several resources list the users and roles of IAM by the same call.
            && before + well(&resumed_calls, call) > well(&needed, call)
    });
    // Answers that arrived after the expiry are kept, too.
    assert_eq!(again.map(|call| &*call.operation).collect::<Vec<_>>(), [""; 0]);
    assert_survived(&world, &resumed);
    world.assert_truth(DAY, everything());
}
