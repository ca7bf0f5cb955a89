//! No secret is written: not at any level of the log, and not where AWS echoes it.

use orgcensus::simulator::{Action, Config, Fault};

use crate::world::{World, small};

const SECRETS: [&str; 6] =
    ["external-42", "made-up", "simulated-secret", "simulated-session", "token-of-the-session", "Signature="];

#[track_caller]
fn assert_kept(stderr: &str) {
    for secret in SECRETS {
        assert!(!stderr.contains(secret), "{secret}: {stderr}");
    }
}

#[test]
fn at_any_level_of_the_log() {
    let world = World::of(Config { external_id: Some("external-42".to_owned()), ..small() });
    let role = format!("arn:aws:iam::{}:role/Census", world.simulator.management_account_id());
    let profiles = format!(
        "[profile census]\nrole_arn = {role}\nexternal_id = external-42\nsource_profile = base\n\
         [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = made-up\n\
         not a key at all = made-up\n"
    );
    let file = world.sandbox.path("aws-config");
    std::fs::write(&file, profiles).unwrap();
    let option = ["--assume-role", &role, "--external-id", "external-42"];
    let wrong = ["--assume-role", "arn:aws:iam::000000000000:role/X", "--external-id", "external-42"];
    for (arguments, exit) in [(&option[..], 0), (&["--profile", "census"], 0), (&wrong, 1)] {
        for level in
            ["trace", "aws_config=trace,hyper=trace", "orgcensus=trace,aws_smithy_runtime=trace,info"]
        {
            let mut command = world.command(&[&["collect", "--only", "groups", "-vvv"], arguments].concat());
            command
                .env("ORGCENSUS_LOG", level)
                .env("AWS_SESSION_TOKEN", "token-of-the-session")
                .env("AWS_CONFIG_FILE", &file);
            let ran = world.sandbox.ran(command.output().unwrap());
            assert_eq!(ran.exit, Some(exit), "{}", ran.stderr);
            assert_kept(&ran.stderr);
        }
    }
    // The program's own lines are still written.
    let mut command = world.command(&["collect", "--only", "groups"]);
    command.env("ORGCENSUS_LOG", "trace");
    let ran = world.sandbox.ran(command.output().unwrap());
    assert!(ran.stderr.contains("operation=identitystore:ListGroups"), "{}", ran.stderr);
}

#[test]
fn where_aws_echoes_it() {
    let world = World::of(small());
    let faults = world.simulator.faults();
    faults.add(Fault::on("*", Action::WrongSignature));
    let collect = |arguments: &[&str]| {
        let mut command = world.collect_command(arguments);
        command.env("AWS_SESSION_TOKEN", "token-of-the-session").env("ORGCENSUS_LOG", "trace");
        world.sandbox.ran(command.output().unwrap())
    };
    let ran = collect(&[]);
    assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("x-amz-security-token:***"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: the secret access key does not belong to the access key id"));
    assert_kept(&ran.stderr);
}
